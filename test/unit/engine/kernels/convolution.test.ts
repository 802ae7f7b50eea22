import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GEOMETRY, OP, PACKED_ROWS, POOL_CODE } from '../../../../src/engine/kernels/contract';
import { assertClose, normals, onEvery, padded, type Rig, roundUp8 } from './rig';

type Pair = readonly [number, number];
interface Windows {
  readonly input: Pair;
  readonly channels: number;
  readonly filters: number;
  readonly kernel: Pair;
  readonly stride?: Pair;
  readonly dilation?: Pair;
  /** Cells before and after, together: `before` is half of it. */
  readonly pad?: Pair;
  readonly multiplier?: number;
  readonly batch: number;
}

interface Sizes {
  readonly geometry: readonly number[];
  readonly inputs: number;
  readonly outputs: number;
  readonly filters: number;
  readonly window: number;
  readonly packed: number;
}

function sizesOf(w: Windows): Sizes {
  const stride = w.stride ?? [1, 1];
  const dilation = w.dilation ?? [1, 1];
  const pad = w.pad ?? [0, 0];
  const multiplier = w.multiplier ?? 0;
  const out = [0, 1].map(
    (k) => Math.floor((w.input[k]! + pad[k]! - (w.kernel[k]! - 1) * dilation[k]! - 1) / stride[k]!) + 1,
  );
  assert.ok(out.every((n) => n > 0));
  const filters = multiplier > 0 ? w.channels * multiplier : w.filters;
  const cells = w.kernel[0] * w.kernel[1];
  const geometry = Array<number>(GEOMETRY.length).fill(0);
  const before = pad.map((p) => Math.floor(p / 2));
  const values = [...w.input, w.channels, ...out, filters, ...w.kernel, ...stride, ...dilation, ...before, multiplier];
  for (const [k, value] of values.entries()) geometry[k] = value;
  const groups = (n: number) => Math.ceil(n / PACKED_ROWS) * PACKED_ROWS;
  return {
    geometry,
    inputs: w.input[0] * w.input[1],
    outputs: out[0]! * out[1]!,
    filters,
    window: multiplier > 0 ? cells : cells * w.channels,
    packed: cells * Math.max(groups(filters) * w.channels, groups(w.channels) * filters),
  };
}

/** What nobody may leave as it is. */
const UNTOUCHED = 7e7;
const untouched = (rig: Rig, count: number) => rig.floats(new Float32Array(count).fill(UNTOUCHED));

function checkConvolution(w: Windows): void {
  const { geometry, inputs, outputs, filters, window, packed } = sizesOf(w);
  const ld = roundUp8(w.batch);
  onEvery(
    (rig) => {
      rig.batch(w.batch);
      const g = rig.ints(geometry);
      // The padding of an activation may hold anything.
      const x = rig.floats(normals(inputs * w.channels * ld, 'x'));
      const kernel = rig.floats(normals(filters * window, 'w'));
      const dy = rig.floats(padded(outputs * filters, ld, w.batch, 'dy'));
      const room = rig.floats(normals(packed, 'room'));
      const y = untouched(rig, outputs * filters * ld);
      const dw = untouched(rig, filters * window);
      const taps = (window * filters) / w.channels;
      rig.record(OP.convolution, outputs, filters, window, g, x, kernel, y, room, ld);
      rig.record(OP.convolutionKernelGradient, outputs, filters, window, g, x, dy, dw, ld);
      // Over x, to spare memory.
      rig.record(OP.convolutionInputGradient, inputs, w.channels, taps, g, dy, kernel, x, room, ld);
      rig.run();
      return {
        y: rig.read(y, outputs * filters * ld),
        dx: rig.read(x, inputs * w.channels * ld),
        dw: rig.read(dw, filters * window),
      };
    },
    (actual, expected, name) => {
      const what = `${name} ${JSON.stringify(w)}`;
      assertClose(actual.y, expected.y, 2e-6, `${what} y`);
      assertClose(actual.dx, expected.dx, 2e-6, `${what} dx`);
      assertClose(actual.dw, expected.dw, 2e-6, `${what} dw`);
    },
  );
}

const CASES: Readonly<Record<string, Omit<Windows, 'batch'>>> = {
  'one cell, one channel': { input: [1, 1], channels: 1, filters: 1, kernel: [1, 1] },
  'one channel, borders all round': { input: [9, 7], channels: 1, filters: 8, kernel: [5, 5], pad: [4, 4] },
  'odd channels and filters': { input: [5, 6], channels: 3, filters: 7, kernel: [3, 2], pad: [2, 1] },
  'many channels, as they come': { input: [6, 5], channels: 17, filters: 9, kernel: [3, 3] },
  'a kernel as large as the input': { input: [5, 4], channels: 3, filters: 17, kernel: [5, 4] },
  'a kernel larger than the input': { input: [2, 3], channels: 2, filters: 3, kernel: [5, 7], pad: [4, 6] },
  'a point': { input: [4, 5], channels: 17, filters: 3, kernel: [1, 1] },
  strides: { input: [9, 8], channels: 3, filters: 5, kernel: [3, 3], stride: [2, 3], pad: [1, 2] },
  'strides larger than the kernel': { input: [9, 8], channels: 2, filters: 5, kernel: [2, 1], stride: [3, 2] },
  dilation: { input: [9, 8], channels: 3, filters: 5, kernel: [3, 2], dilation: [2, 3], pad: [4, 3] },
  'dilation and strides': { input: [9, 9], channels: 2, filters: 4, kernel: [3, 3], dilation: [2, 2], stride: [2, 2] },
  'a sequence': { input: [17, 1], channels: 5, filters: 6, kernel: [4, 1], pad: [3, 0] },
  'a dilated sequence': { input: [17, 1], channels: 5, filters: 6, kernel: [3, 1], dilation: [3, 1], pad: [6, 0] },
  'each channel by itself': { input: [6, 7], channels: 5, filters: 0, kernel: [3, 3], pad: [2, 2], multiplier: 1 },
  'each channel thrice, with strides': {
    ...{ input: [7, 6], channels: 3, filters: 0, kernel: [3, 2], stride: [2, 2], pad: [2, 1], multiplier: 3 },
  },
  'each channel, dilated': {
    ...{ input: [7, 6], channels: 3, filters: 0, kernel: [2, 3], dilation: [3, 2], pad: [0, 4], multiplier: 2 },
  },
};
for (const [name, windows] of Object.entries(CASES)) {
  test(`convolution and its gradients: ${name}`, () => {
    for (const batch of [1, 3, 17, 40]) checkConvolution({ ...windows, batch });
  });
}

test('convolutions whose taps do not fit the table are added up in parts', () => {
  // 24 · 24 dilated taps are as many runs of their own.
  const taps = { input: [48, 48], kernel: [24, 24], dilation: [2, 2], pad: [2, 1] } as const;
  checkConvolution({ ...taps, channels: 2, filters: 3, batch: 2 });
  const many = { input: [36, 36], kernel: [34, 34] } as const;
  checkConvolution({ ...many, channels: 2, filters: 0, multiplier: 1, batch: 2 });
});
test('convolutions whose rows do not fit the scratch space are done in parts, or in place', () => {
  checkConvolution({ input: [3, 100], channels: 128, filters: 2, kernel: [3, 3], pad: [2, 2], batch: 9 });
  checkConvolution({ input: [2, 20_000], channels: 1, filters: 1, kernel: [2, 3], stride: [1, 4], batch: 9 });
  checkConvolution({ input: [300, 43], channels: 3, filters: 1, kernel: [3, 3], batch: 9 });
});

function checkPool(w: Windows, kind: number): void {
  const { geometry, inputs, outputs } = sizesOf({ ...w, filters: w.channels });
  const ld = roundUp8(w.batch);
  const cells = w.kernel[0] * w.kernel[1];
  // Few different numbers, so that the largest is often there more than once.
  const values = normals(inputs * w.channels * ld, 'x').map((x) => Math.round(2 * x));
  onEvery(
    (rig) => {
      rig.batch(w.batch);
      const g = rig.ints(geometry);
      const x = rig.floats(values);
      const dy = rig.floats(padded(outputs * w.channels, ld, w.batch, 'dy'));
      const y = untouched(rig, outputs * w.channels * ld);
      const dx = untouched(rig, inputs * w.channels * ld);
      const winner = kind === POOL_CODE.max ? untouched(rig, outputs * w.channels * ld) : -1;
      rig.record(OP.pool, outputs, w.channels, cells, kind, g, x, y, winner, ld);
      rig.record(OP.poolBackward, outputs, w.channels, cells, kind, g, dy, dx, winner, ld);
      rig.run();
      return {
        y: rig.read(y, outputs * w.channels * ld),
        dx: rig.read(dx, inputs * w.channels * ld),
        winner: winner < 0 ? [] : rig.read(winner, outputs * w.channels * ld),
      };
    },
    (actual, expected, name) => {
      const what = `${name} ${kind} ${JSON.stringify(w)}`;
      assertClose(actual.y, expected.y, 1e-6, `${what} y`);
      assertClose(actual.dx, expected.dx, 1e-6, `${what} dx`);
      assert.deepEqual(actual.winner, expected.winner, what);
    },
  );
}

const POOLS: Readonly<Record<string, Omit<Windows, 'batch' | 'filters'>>> = {
  'side by side': { input: [6, 8], channels: 3, kernel: [2, 2], stride: [2, 2] },
  overlapping: { input: [7, 6], channels: 3, kernel: [3, 3], pad: [2, 2] },
  'overlapping with strides': { input: [7, 8], channels: 1, kernel: [3, 4], stride: [2, 3], pad: [2, 3] },
  'with gaps': { input: [8, 7], channels: 5, kernel: [2, 1], stride: [3, 2] },
  'of the whole': { input: [5, 7], channels: 17, kernel: [5, 7] },
  'of a sequence': { input: [17, 1], channels: 3, kernel: [3, 1], stride: [2, 1], pad: [1, 0] },
};
for (const [name, windows] of Object.entries(POOLS)) {
  test(`pooling windows ${name}, the largest and the mean`, () => {
    for (const batch of [1, 3, 17]) {
      for (const kind of [POOL_CODE.max, POOL_CODE.average]) checkPool({ ...windows, filters: 0, batch }, kind);
    }
  });
}

test('NaN is larger than everything, and its gradient goes to it', () => {
  const geometry = sizesOf({ input: [4, 1], channels: 1, filters: 1, kernel: [4, 1], batch: 8 }).geometry;
  onEvery(
    (rig) => {
      rig.batch(8);
      const x = rig.floats(Array.from({ length: 32 }, (_, k) => (k === 8 ? Number.NaN : k % 8 === 1 ? -Infinity : k)));
      const dy = rig.floats([1, 2, 3, 4, 5, 6, 7, 8]);
      const [y, winner, dx] = [untouched(rig, 8), untouched(rig, 8), untouched(rig, 32)];
      const g = rig.ints(geometry);
      rig.record(OP.pool, 1, 1, 4, POOL_CODE.max, g, x, y, winner, 8);
      rig.record(OP.poolBackward, 1, 1, 4, POOL_CODE.max, g, dy, dx, winner, 8);
      rig.run();
      return [...rig.read(y, 8), ...rig.read(winner, 8), ...rig.read(dx, 32)];
    },
    (actual, expected) => {
      assert.deepEqual(actual, expected);
      assert.deepEqual(actual.slice(0, 3), [Number.NaN, -Infinity, 26]);
      assert.deepEqual(actual.slice(8, 11), [1, 0, 3]);
    },
  );
});
