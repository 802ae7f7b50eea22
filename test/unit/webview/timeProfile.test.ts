import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timePath } from '../../../webview/views/timeProfile';

/** The points of a path, without the marks that make a lone point visible. */
const points = (path: string) =>
  [...path.matchAll(/[ML]([\d.-]+) ([\d.-]+)/g)].map((m) => [Number(m[1]), Number(m[2])]);

test('a gradient that fades by equal factors into the past is a straight line', () => {
  const line = points(timePath(Float64Array.of(1e-200, 1e-100, 1)));
  assert.deepEqual(line, [
    [0, 34],
    [120, 18],
    [240, 2],
  ]);
});

test('time steps without a gradient are gaps', () => {
  const path = timePath(Float64Array.of(0, 1, Number.NaN, 10, 10));
  assert.equal(path.match(/M/g)?.length, 2);
  assert.deepEqual(
    points(path).map(([x]) => x),
    [60, 180, 240],
  );
  assert.equal(timePath(Float64Array.of(0, 0)), '');
});

test('a gradient that hardly changes is drawn flat, and a single time step is a point', () => {
  const [first, second] = points(timePath(Float64Array.of(1, 1.001)));
  assert.ok(Math.abs(first![1]! - second![1]!) < 0.1);
  assert.equal(points(timePath(Float64Array.of(3))).length, 1);
});
