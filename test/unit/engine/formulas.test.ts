import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTIVATIONS, erf } from '../../../src/engine/activations';
import { HISTOGRAM_BINS, histogram } from '../../../src/engine/histogram';
import { commonNorm, normRatio, normValue, scaleByPower } from '../../../src/engine/powers';
import { learningRateAt } from '../../../src/engine/schedules';

for (const [name, { value, derivative, maxDerivative, saturates, rectifies }] of Object.entries(ACTIVATIONS)) {
  test(`${name}: its derivative is that of its value, and as large as stated`, () => {
    let largest = 0;
    for (let z = -8.0137; z < 8; z += 0.0371) {
      const h = 1e-5;
      const difference = (value(z + h) - value(z - h)) / (2 * h);
      assert.ok(Math.abs(difference - derivative(z)) < 1e-8, `at ${z}`);
    }
    for (let z = -20; z <= 20; z += 1e-3) largest = Math.max(largest, Math.abs(derivative(z)));
    assert.ok(largest <= maxDerivative + 1e-7 && largest > 0.999 * maxDerivative, `${largest} of ${maxDerivative}`);
    assert.equal(rectifies, value(-40) === 0 && derivative(-40) === 0 && value(5) === 5);
    const flat = [-40, 40].every((z) => derivative(z) < 0.05 * maxDerivative);
    assert.equal(saturates, flat && !rectifies);
  });
}

test('erf is right to the last digits', () => {
  // Abramowitz & Stegun, table 7.1, and DLMF 7.
  const known: readonly [number, number][] = [
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.6, 0.9997639655834707],
    [3.5, 0.9999992569016276],
  ];
  for (const [x, expected] of known) {
    assert.ok(Math.abs(erf(x) - expected) < 4e-16, `erf ${x} is ${erf(x)}`);
    assert.equal(erf(-x), -erf(x));
  }
  assert.equal(erf(0), 0);
  assert.equal(erf(9), 1);
});

test('powers of two are applied without underflow or overflow on the way', () => {
  assert.equal(scaleByPower(3, 4), 48);
  assert.equal(scaleByPower(2 ** 600, -1600), 2 ** -1000);
  assert.equal(scaleByPower(2 ** -600, 1600), 2 ** 1000);
  assert.equal(scaleByPower(1, -5000), 0);
  assert.equal(scaleByPower(-1, 5000), Number.NEGATIVE_INFINITY);
  assert.ok(Number.isNaN(scaleByPower(Number.NaN, 3)));
  assert.equal(scaleByPower(0, 5000), 0);
  const [tiny, huge] = [
    { sumOfSquares: 9, exponent: -3000 },
    { sumOfSquares: 16, exponent: -3000 },
  ];
  assert.equal(normRatio(tiny, huge), 0.75);
  assert.deepEqual(commonNorm([tiny, huge]), { sumOfSquares: 25, exponent: -3000 });
  assert.equal(normValue(commonNorm([{ sumOfSquares: 9, exponent: 1 }, { sumOfSquares: 4, exponent: 2 }, tiny])), 10);
  assert.equal(normValue(commonNorm([])), 0);
  assert.ok(Number.isNaN(normRatio({ sumOfSquares: 0, exponent: 0 }, { sumOfSquares: 0, exponent: 0 })));
});

test('a histogram counts by power of two and sign, zeros and what lies outside apart', () => {
  const values = Float64Array.of(
    1,
    -1,
    1.99,
    2,
    0,
    -0,
    2 ** -48,
    2 ** -49,
    2 ** 16,
    -(2 ** 15),
    Number.NaN,
    0.75,
    Infinity,
  );
  const h = histogram(values, -300);
  assert.equal(h.firstPower, -348);
  assert.equal(h.positive.length, HISTOGRAM_BINS);
  assert.equal(h.positive[48], 2);
  assert.equal(h.positive[49], 1);
  assert.equal(h.positive[47], 1);
  assert.equal(h.positive[0], 1);
  assert.equal(h.negative[48], 1);
  assert.equal(h.negative[63], 1);
  assert.deepEqual([h.zeros, h.underflow, h.overflow, h.nan], [2, 1, 2, 1]);
  const counted = [...h.positive, ...h.negative].reduce((a, b) => a + b, 0);
  assert.equal(counted + h.zeros + h.underflow + h.overflow + h.nan, values.length);
});

test('warm-up rises in a line and puts the schedule off', () => {
  const schedule = { type: 'step', stepSize: 2, gamma: 0.1, warmup: 4 } as const;
  const rates = Array.from({ length: 9 }, (_, step) => learningRateAt(schedule, 1, step, 9));
  const expected = [0.25, 0.5, 0.75, 1, 1, 1, 0.1, 0.1, 0.01];
  for (const [k, rate] of rates.entries()) assert.ok(Math.abs(rate - expected[k]!) < 1e-12, `step ${k}: ${rate}`);
});

test('schedules stay finite in trainings of one step and past the end', () => {
  const cosine = { type: 'cosine', minLearningRate: 0, warmup: 0 } as const;
  const oneCycle = { type: 'oneCycle', pctStart: 0.3, divFactor: 25, finalDivFactor: 1e4, warmup: 0 } as const;
  for (const schedule of [cosine, oneCycle]) {
    for (const total of [1, 2, 3]) {
      for (let step = 0; step < 6; step++) {
        const rate = learningRateAt(schedule, 1, step, total);
        assert.ok(rate >= 0 && rate <= 1, `${schedule.type} ${step} of ${total}: ${rate}`);
      }
    }
  }
});
