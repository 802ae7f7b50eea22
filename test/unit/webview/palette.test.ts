import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRamp, fromOklab, parseHex, RAMPS, toOklab } from '../../../webview/palette';
import { themeKind, withAlpha } from '../../../webview/theme';

test('OKLab and back is the same colour', () => {
  for (const stops of [RAMPS.dark, RAMPS.light].flatMap((r) => [...r.sequential, ...r.diverging])) {
    assert.deepEqual(fromOklab(toOklab(parseHex(stops))), [...parseHex(stops)]);
  }
  // White and a known colour, from the definition's own table.
  const [l, a, b] = toOklab([255, 255, 255]);
  assert.ok(Math.abs(l - 1) < 1e-3 && Math.abs(a) < 1e-3 && Math.abs(b) < 1e-3);
});

test('a ramp begins and ends with its stops, and passes through each', () => {
  const { sequential } = RAMPS.dark;
  const ramp = createRamp(sequential);
  assert.equal(ramp.css(0), 'rgb(44, 28, 69)');
  assert.equal(ramp.css(1), 'rgb(237, 244, 147)');
  assert.equal(ramp.css(-3), ramp.css(0));
  assert.equal(ramp.css(7), ramp.css(1));
  sequential.forEach((stop, i) => {
    const seen = /rgb\((\d+), (\d+), (\d+)\)/
      .exec(ramp.css(i / 8))!
      .slice(1)
      .map(Number);
    assert.ok(
      parseHex(stop).every((c, k) => Math.abs(c - seen[k]!) <= 2),
      `${stop} against ${seen}`,
    );
  });
});

test('lightness of the sequential ramps is monotone: up on dark, down on light', () => {
  for (const [stops, sign] of [
    [RAMPS.dark.sequential, 1],
    [RAMPS.light.sequential, -1],
  ] as const) {
    const { pixels } = createRamp(stops);
    let before = Number.NEGATIVE_INFINITY;
    for (const p of pixels) {
      const light = sign * toOklab([p & 255, (p >> 8) & 255, (p >> 16) & 255])[0];
      assert.ok(light >= before - 0.004, 'a darker shade after a lighter one');
      before = Math.max(before, light);
    }
  }
});

test('pixels are opaque and the same colours as CSS', () => {
  const ramp = createRamp(RAMPS.light.diverging);
  const p = ramp.pixel(0.5);
  assert.equal(p >>> 24, 255);
  assert.equal(ramp.css(0.5), `rgb(${p & 255}, ${(p >> 8) & 255}, ${(p >> 16) & 255})`);
});

test('the kind of a theme: high contrast light carries both classes of high contrast', () => {
  const kind = (...names: string[]): string => themeKind({ contains: (name) => names.includes(name) });
  assert.equal(kind('vscode-dark'), 'dark');
  assert.equal(kind('vscode-light'), 'light');
  assert.equal(kind('vscode-high-contrast'), 'highContrastDark');
  assert.equal(kind('vscode-high-contrast', 'vscode-high-contrast-light'), 'highContrastLight');
  assert.equal(kind(), 'dark');
});

test('opacity on every form of colour that themes write', () => {
  assert.equal(withAlpha('#ffffff', 0.5), 'rgba(255, 255, 255, 0.5)');
  assert.equal(withAlpha('#fff', 0.5), 'rgba(255, 255, 255, 0.5)');
  assert.equal(withAlpha('#29292980', 0.5), 'rgba(41, 41, 41, 0.251)');
  assert.equal(withAlpha('rgb(1, 2, 3)', 0.1), 'rgba(1, 2, 3, 0.1)');
  assert.equal(withAlpha('rgba(1, 2, 3, 0.5)', 0.5), 'rgba(1, 2, 3, 0.25)');
  assert.equal(withAlpha('tomato', 0.5), 'tomato');
});
