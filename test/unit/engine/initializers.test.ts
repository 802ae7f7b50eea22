import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors';
import { Random } from '../../../src/base/random';
import { initialize } from '../../../src/engine/initializers';
import { orthonormalizeFast, wasmFlavours } from '../../../src/engine/kernels/wasm';
import { orthonormalize, vectorStride } from '../../../src/engine/orthonormal';
import type { InitializerSpec } from '../../../src/spec/schema';

const TRUNCATED = 0.87962566103423978;

interface Tensor {
  readonly shape: readonly number[];
  readonly fanIn: number;
  readonly fanOut: number;
}
const kernel: Tensor = { shape: [200, 120], fanIn: 200, fanOut: 120 };
const TENSORS: Readonly<Record<string, Tensor>> = {
  dense: kernel,
  convolution: { shape: [3, 3, 16, 32], fanIn: 144, fanOut: 288 },
  odd: { shape: [17, 3], fanIn: 17, fanOut: 3 },
  'of one unit': { shape: [7, 1], fanIn: 7, fanOut: 1 },
  vector: { shape: [13], fanIn: 13, fanOut: 13 },
};
const draw = (initializer: InitializerSpec, tensor = kernel, stream = 'init/a/kernel') =>
  initialize(initializer, tensor, new Random(4, stream));

/** As many numbers as make a variance certain to a percent or so, of as many tensors as that takes. */
function drawMany(initializer: InitializerSpec, tensor: Tensor): Float64Array {
  const size = tensor.shape.reduce((a, b) => a * b, 1);
  const times = Math.ceil(40_000 / size);
  const values = new Float64Array(times * size);
  for (let k = 0; k < times; k++) values.set(draw(initializer, tensor, `init/${k}`), k * size);
  return values;
}

function moments(values: Float64Array) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  return { mean, variance, largest: values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) };
}

/** The variance that the docstring of `initialize` states, and where the distribution ends, in deviations. */
interface Stated {
  readonly initializer: InitializerSpec;
  readonly variance: (tensor: Tensor) => number;
  readonly end?: number;
}
const UNIFORM_END = Math.sqrt(3);
const NORMAL_END = 2 / TRUNCATED;
const glorot = ({ fanIn, fanOut }: Tensor) => 2 / (fanIn + fanOut);
const he = ({ fanIn }: Tensor) => 2 / fanIn;
const leCun = ({ fanIn }: Tensor) => 1 / fanIn;
const scaling = (mode: 'fanIn' | 'fanOut' | 'fanAvg', distribution: 'normal' | 'uniform' | 'truncatedNormal') =>
  ({ type: 'varianceScaling', scale: 3, mode, distribution }) as const;
const STATED: readonly Stated[] = [
  { initializer: { type: 'glorotUniform' }, variance: glorot, end: UNIFORM_END },
  { initializer: { type: 'glorotNormal' }, variance: glorot, end: NORMAL_END },
  { initializer: { type: 'heUniform' }, variance: he, end: UNIFORM_END },
  { initializer: { type: 'heNormal' }, variance: he, end: NORMAL_END },
  { initializer: { type: 'leCunUniform' }, variance: leCun, end: UNIFORM_END },
  { initializer: { type: 'leCunNormal' }, variance: leCun, end: NORMAL_END },
  { initializer: scaling('fanIn', 'truncatedNormal'), variance: ({ fanIn }) => 3 / fanIn, end: NORMAL_END },
  { initializer: scaling('fanOut', 'uniform'), variance: ({ fanOut }) => 3 / fanOut, end: UNIFORM_END },
  { initializer: scaling('fanAvg', 'normal'), variance: ({ fanIn, fanOut }) => 6 / (fanIn + fanOut), end: NORMAL_END },
  { initializer: { type: 'randomUniform', minval: -0.2, maxval: 0.2 }, variance: () => 0.04 / 3, end: UNIFORM_END },
  { initializer: { type: 'randomNormal', mean: 0, stddev: 0.5 }, variance: () => 0.25 },
  {
    initializer: { type: 'truncatedNormal', mean: 0, stddev: 0.5 },
    variance: () => 0.25 * TRUNCATED ** 2,
    end: NORMAL_END,
  },
];
for (const { initializer, variance, end } of STATED) {
  const mode = 'mode' in initializer ? ` (${initializer.mode})` : '';
  test(`${initializer.type}${mode} has the variance and the bounds that it states, whatever the shape`, () => {
    for (const [name, tensor] of Object.entries(TENSORS)) {
      const values = drawMany(initializer, tensor);
      const actual = moments(values);
      const stated = variance(tensor);
      // 40,000 draws: 3 % is four standard deviations of a normal's variance.
      assert.ok(Math.abs(actual.variance / stated - 1) < 0.03, `${name}: variance ${actual.variance}, not ${stated}`);
      assert.ok(Math.abs(actual.mean) < 4 * Math.sqrt(stated / values.length), name);
      if (end === undefined) continue;
      assert.ok(actual.largest <= end * Math.sqrt(stated) * (1 + 1e-12), name);
      assert.ok(actual.largest > 0.98 * end * Math.sqrt(stated), name);
    }
  });
}

test('orthogonal, its start in lsuv, and the identity have the mean square that they state, exactly', () => {
  for (const [name, tensor] of Object.entries(TENSORS)) {
    if (tensor.shape.length < 2) continue;
    const columns = tensor.shape.at(-1)!;
    const size = tensor.shape.reduce((a, b) => a * b, 1);
    const longer = Math.max(columns, size / columns);
    for (const [initializer, gain] of [
      [{ type: 'orthogonal', gain: 1.5 }, 1.5],
      [{ type: 'identity', gain: 0.5 }, 0.5],
      [{ type: 'lsuv' }, 1],
    ] as const) {
      const squares = draw(initializer, tensor).reduce((a, b) => a + b * b, 0);
      assert.ok(Math.abs(squares / size / (gain ** 2 / longer) - 1) < 1e-12, `${initializer.type}, ${name}`);
    }
  }
});

test('orthogonal draws from all directions alike: an entry has mean 0 and the stated variance over seeds', () => {
  for (const [shape, longer] of [
    [[5, 3], 5],
    [[4, 4], 4],
  ] as const) {
    const first = Float64Array.from({ length: 4000 }, (_, k) => {
      return draw({ type: 'orthogonal', gain: 1 }, { shape, fanIn: 0, fanOut: 0 }, `seed/${k}`)[0]!;
    });
    const { mean, variance } = moments(first);
    assert.ok(Math.abs(mean) < 4 * Math.sqrt(1 / longer / 4000), `${mean}`);
    assert.ok(Math.abs(variance * longer - 1) < 0.08, `${variance}`);
  }
});

test('large matrices are made orthonormal in WebAssembly with the bits of the plain loops, in every build', () => {
  for (const [count, length] of [
    [1, 9],
    [33, 33],
    [37, 1025],
    [70, 600],
    [129, 129],
  ] as const) {
    const random = new Random(2, `${count}`);
    const stride = vectorStride(length);
    const plain = new Float64Array(count * stride);
    for (let i = 0; i < plain.length; i++) if (i % stride < length) plain[i] = random.normal();
    const fast = wasmFlavours().map((flavour) => {
      const copy = plain.slice();
      assert.ok(orthonormalizeFast(copy, count, stride, flavour));
      return copy;
    });
    orthonormalize(plain, count, stride);
    for (const copy of fast) assert.deepEqual(copy, plain);
    for (const [a, b] of [
      [0, 0],
      [count - 1, count - 1],
      [count - 1, 0],
      [count >> 1, count - 1],
    ] as const) {
      let dot = 0;
      for (let k = 0; k < length; k++) dot += plain[a * stride + k]! * plain[b * stride + k]!;
      assert.ok(Math.abs(dot - (a === b ? 1 : 0)) < 1e-11, `${a}·${b} = ${dot}`);
    }
  }
});

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
});
