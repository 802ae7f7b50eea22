import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gutterIcon, HEAT_STEPS, heatColour, heatStep } from '../../../src/extension/heat';
import { heatLines } from '../../../src/extension/heatLines';
import { RAMPS } from '../../../webview/palette';
import { opened, shrinking } from './predictions';

test('the stops are the panel’s', () => {
  for (const theme of ['dark', 'light'] as const) {
    const stops = HEAT_STEPS.filter((s) => typeof s === 'number').map((s) => heatColour(s, theme));
    assert.deepEqual(stops, RAMPS[theme].sequential);
  }
});

test('a step is a decade of the gradient, hatched below eight and red from ten times on', () => {
  const steps = [1, 0.5, 0.2, 1e-4, 1e-8, 3e-9, 1e-30, 0, 3, 10, Number.POSITIVE_INFINITY, Number.NaN].map(heatStep);
  assert.deepEqual(steps, [8, 8, 7, 4, 0, 'vanished', 'vanished', 'vanished', 8, 'exploded', 'exploded', undefined]);
});

test('every step has an icon of its own in both themes', () => {
  const icons = HEAT_STEPS.flatMap((step) => [gutterIcon(step, 'dark'), gutterIcon(step, 'light')]);
  assert.equal(new Set(icons).size, icons.length);
  for (const icon of icons) {
    const svg = Buffer.from(icon.replace('data:image/svg+xml;base64,', ''), 'base64').toString();
    assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" .*<\/svg>$/);
  }
});

test('lines have the step of the innermost layer, those of a repeat the farthest one’s', () => {
  const text = `{ "netspec": 1, "data": { "source": "spiral" }, "layers": [
{ "type": "repeat", "times": 4, "layers": [
  { "type": "dense",
    "units": 8 } ] },
{ "type": "residual", "layers": [
  { "type": "dense", "units": 8 }
] },
{ "type": "dense", "units": 2 } ],
"loss": "softmaxCrossEntropy", "optimizer": "sgd", "training": { "epochs": 1 } }`;
  const { graph } = opened(text);
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length - 1;
  const lines = heatLines(graph, shrinking(graph, 0.1), [], lineOf);
  // Cumulative: 1e-6 … 1e-3 of the repeat, 1e-2 within the residual, 1e-1 its own sum, 1.
  assert.deepEqual(
    [...lines].sort((a, b) => a[0] - b[0]),
    [
      [2, 2],
      [3, 2],
      [4, 7],
      [5, 6],
      [6, 7],
      [7, 8],
    ],
  );
  const inserted = heatLines(
    graph,
    shrinking(graph, 0.1),
    [{ start: 0, removed: 0, added: 1 }],
    (o) => lineOf(o - 1) + 1,
  );
  assert.deepEqual([...inserted.keys()].sort(), [3, 4, 5, 6, 7, 8]);
});
