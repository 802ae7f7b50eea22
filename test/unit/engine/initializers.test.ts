import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors';
import { Random } from '../../../src/base/random';
import { initialize } from '../../../src/engine/initializers';
import type { InitializerSpec } from '../../../src/spec/schema';

const [IN, OUT] = [200, 120];
const kernel = { shape: [IN, OUT], fanIn: IN, fanOut: OUT };
const draw = (initializer: InitializerSpec, tensor = kernel) =>
  initialize(initializer, tensor, new Random(4, 'init/a/kernel'));

function moments(values: Float64Array) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  return { mean, variance, largest: values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) };
}

/** Variances by Keras's documentation, and where the distribution ends. */
const CASES: readonly [InitializerSpec, variance: number, end: number][] = [
  [{ type: 'glorotUniform' }, 2 / (IN + OUT), Math.sqrt(6 / (IN + OUT))],
  [{ type: 'glorotNormal' }, 2 / (IN + OUT), (2 * Math.sqrt(2 / (IN + OUT))) / 0.8796256610342398],
  [{ type: 'heUniform' }, 2 / IN, Math.sqrt(6 / IN)],
  [{ type: 'heNormal' }, 2 / IN, (2 * Math.sqrt(2 / IN)) / 0.8796256610342398],
  [{ type: 'leCunUniform' }, 1 / IN, Math.sqrt(3 / IN)],
  [{ type: 'leCunNormal' }, 1 / IN, (2 * Math.sqrt(1 / IN)) / 0.8796256610342398],
  [{ type: 'varianceScaling', scale: 3, mode: 'fanOut', distribution: 'uniform' }, 3 / OUT, Math.sqrt(9 / OUT)],
  [
    { type: 'varianceScaling', scale: 3, mode: 'fanAvg', distribution: 'normal' },
    6 / (IN + OUT),
    Number.POSITIVE_INFINITY,
  ],
  [{ type: 'randomUniform', minval: -0.2, maxval: 0.2 }, 0.04 / 3, 0.2],
  [{ type: 'randomNormal', mean: 0, stddev: 0.5 }, 0.25, Number.POSITIVE_INFINITY],
  [{ type: 'truncatedNormal', mean: 0, stddev: 0.5 }, 0.25 * 0.8796256610342398 ** 2, 1],
];
for (const [initializer, variance, end] of CASES) {
  const mode = 'mode' in initializer ? ` (${initializer.mode})` : '';
  test(`${initializer.type}${mode} has the variance and the bounds that Keras gives it`, () => {
    const actual = moments(draw(initializer));
    // 24,000 draws: 3 % is three standard deviations of a normal's variance.
    assert.ok(Math.abs(actual.variance / variance - 1) < 0.03, `variance ${actual.variance}, not ${variance}`);
    assert.ok(Math.abs(actual.mean) < 4 * Math.sqrt(variance / (IN * OUT)));
    assert.ok(actual.largest <= end);
    if (Number.isFinite(end)) assert.ok(actual.largest > 0.98 * end);
  });
}

for (const shape of [
  [30, 12],
  [12, 30],
  [3, 4, 9],
]) {
  test(`orthogonal ${shape.join('×')} has orthogonal rows or columns of length gain`, () => {
    const values = draw({ type: 'orthogonal', gain: 2 }, { shape, fanIn: 0, fanOut: 0 });
    const columns = shape.at(-1)!;
    const rows = values.length / columns;
    const tall = rows >= columns;
    const [count, length] = tall ? [columns, rows] : [rows, columns];
    const at = (vector: number, k: number) => values[tall ? k * columns + vector : vector * columns + k]!;
    for (let a = 0; a < count; a++) {
      for (let b = 0; b <= a; b++) {
        let dot = 0;
        for (let k = 0; k < length; k++) dot += at(a, k) * at(b, k);
        assert.ok(Math.abs(dot - (a === b ? 4 : 0)) < 1e-10, `${a}·${b} = ${dot}`);
      }
    }
  });
}

test('constants and the identity are what they say', () => {
  assert.ok(draw({ type: 'zeros' }).every((v) => v === 0));
  assert.ok(draw({ type: 'ones' }).every((v) => v === 1));
  assert.ok(draw({ type: 'constant', value: -3 }).every((v) => v === -3));
  const identity = draw({ type: 'identity', gain: 2 }, { shape: [2, 3], fanIn: 2, fanOut: 3 });
  assert.deepEqual([...identity], [2, 0, 0, 0, 2, 0]);
});

test('equal streams give equal values, others others', () => {
  const values = (stream: string) => [...initialize({ type: 'heNormal' }, kernel, new Random(4, stream))];
  assert.deepEqual(values('init/a/kernel'), values('init/a/kernel'));
  assert.notDeepEqual(values('init/b/kernel'), values('init/a/kernel'));
});

test('what cannot be is said in words', () => {
  const vector = { shape: [5], fanIn: 5, fanOut: 5 };
  for (const type of ['orthogonal', 'identity'] as const)
    assert.throws(() => draw({ type, gain: 1 }, vector), UserError);
  assert.throws(() => draw({ type: 'lsuv' }), UserError);
});
