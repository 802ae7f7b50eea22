import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  detrended,
  mannKendall,
  medianOf,
  quantileOf,
  robustDeviation,
  theilSenSlope,
  thinnedTo,
  turningShare,
} from '../../../src/analysis/trend';
import { Random } from '../../../src/base/random';

const noise = (n: number, seed: number): number[] => {
  const random = new Random(seed, 'test/trend');
  return Array.from({ length: n }, () => random.normal());
};

test('quantiles lie between neighbours, and infinities do not make them NaN', () => {
  assert.equal(quantileOf([1, 2, 4], 0.5), 2);
  assert.equal(quantileOf([1, 2], 0.25), 1.25);
  assert.equal(quantileOf([1, Infinity, Infinity], 0.75), Infinity);
  assert.equal(medianOf([3, Number.NaN, 1]), 2);
  assert.ok(Number.isNaN(medianOf([])));
});

test("Mann and Kendall's figure is that of their formula, with ties too", () => {
  // S = 10 pairs rising of 10; variance 5 · 4 · 15 ÷ 18.
  assert.ok(Math.abs(mannKendall([1, 2, 3, 4, 5]) - 9 / Math.sqrt(300 / 18)) < 1e-12);
  // One tie of two: S = 9; variance (300 − 2 · 1 · 9) ÷ 18.
  assert.ok(Math.abs(mannKendall([1, 2, 2, 4, 5]) - 8 / Math.sqrt(282 / 18)) < 1e-12);
  assert.equal(mannKendall([7, 7, 7, 7, 7]), 0);
  assert.equal(mannKendall([3, 2, 1]), 0);
});

test('noise has no trend 98 times of 100, and a slope of a fifth of a deviation over 60 points has one', () => {
  const beyond = Array.from({ length: 400 }, (_, seed) => Math.abs(mannKendall(noise(60, seed)))).filter(
    (z) => z > 2.33,
  );
  assert.ok(beyond.length < 400 * 0.04, `${beyond.length} of 400`);
  assert.ok(mannKendall(noise(60, 1).map((v, i) => v - 0.2 * i)) < -2.33);
});

test('a line under noise and single far points is found and taken away', () => {
  const values = noise(80, 5).map((v, i) => 0.1 * v + 0.5 * i + (i % 20 === 3 ? 50 : 0));
  assert.ok(Math.abs(theilSenSlope(values) - 0.5) < 0.01);
  const rest = detrended(values);
  assert.ok(Math.abs(medianOf(rest)) < 1e-9);
  assert.ok(robustDeviation(rest) < 0.2, 'four of eighty points do not make the spread');
});

test('thinning takes means of groups; turns are counted', () => {
  assert.deepEqual(thinnedTo([1, 3, 5, 7, 9], 3), [2, 6, 9]);
  assert.deepEqual(thinnedTo([1, 2], 3), [1, 2]);
  assert.equal(turningShare([0, 1, 0, 1, 0]), 1);
  assert.equal(turningShare([4, 3, 2, 1]), 0);
});
