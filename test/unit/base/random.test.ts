import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random';

test('equal seeds and streams give equal numbers, others do not', () => {
  const draw = (seed: number, stream: string) =>
    Array.from({ length: 8 }, () => new Random(seed, stream).uint32()).concat();
  assert.deepEqual(draw(1, 'a'), draw(1, 'a'));
  assert.notDeepEqual(draw(1, 'a'), draw(2, 'a'));
  assert.notDeepEqual(draw(1, 'a'), draw(1, 'b'));
  assert.notDeepEqual(draw(1, 'a'), draw(1 + 2 ** 32, 'a'), 'the upper half of a seed counts');
});

test('uniform and normal numbers have the moments of their distributions', () => {
  const n = 200_000;
  const random = new Random(3, 'moments');
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const u = random.uniform();
    assert.ok(u > 0 && u < 1);
    sum += u;
    squares += u * u;
  }
  // Five standard errors: 5·√(1/12/n) and 5·√(4/45/n).
  assert.ok(Math.abs(sum / n - 1 / 2) < 0.0033);
  assert.ok(Math.abs(squares / n - 1 / 3) < 0.0034);
  let mean = 0;
  let variance = 0;
  let fourth = 0;
  let lagged = 0;
  let before = 0;
  for (let i = 0; i < n; i++) {
    const z = random.normal();
    mean += z / n;
    variance += (z * z) / n;
    fourth += z ** 4 / n;
    lagged += (z * before) / n;
    before = z;
  }
  assert.ok(Math.abs(mean) < 0.0112);
  assert.ok(Math.abs(variance - 1) < 0.0159);
  assert.ok(Math.abs(fourth - 3) < 0.11);
  assert.ok(Math.abs(lagged) < 0.0112);
});

test('shuffle keeps every element', () => {
  const items = Int32Array.from({ length: 100 }, (_, i) => i);
  const shuffled = new Random(1, 'shuffle').shuffle(items.slice());
  assert.notDeepEqual(shuffled, items);
  assert.deepEqual(shuffled.slice().sort(), items);
});
