import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NORMALIZATION_CODE, OP } from '../../../../src/engine/kernels/contract';
import { assertClose, fastKernels, normals, onEvery, padded, Rig, referenceKernels, roundUp8 } from './rig';

const { batch: BATCH, moving: MOVING, sample: SAMPLE, rootMeanSquare: RMS } = NORMALIZATION_CODE;

interface Case {
  readonly kind: number;
  readonly channels: number;
  readonly positions: number;
  readonly groups?: number;
  readonly columns: number;
  /** Inputs: mean and standard deviation. */
  readonly mean?: number;
  readonly stddev?: number;
  readonly plain?: boolean;
  readonly gradientScale?: number;
  readonly epsilon?: number;
}

/** Forward and backward; padding of the input holds numbers that must not count. */
function program(rig: Rig, of: Case) {
  const { kind, channels, positions, columns, mean = 0, stddev = 1 } = of;
  const ld = roundUp8(columns);
  const rows = channels * positions;
  const groups = of.groups ?? 0;
  const sets = groups || positions;
  const X = rig.floats(normals(rows * ld, 'x', stddev).map((v) => v + mean));
  const H = rig.floats(new Float32Array(rows * ld));
  const dH = rig.floats(padded(rows, ld, columns, 'dh', of.gradientScale ?? 1));
  const dX = rig.floats(new Float32Array(rows * ld).fill(9));
  const gamma = of.plain ? -1 : rig.floats(normals(channels, 'gamma').map((v) => v + 1));
  const beta = of.plain ? -1 : rig.floats(normals(channels, 'beta'));
  const moving = [rig.floats(normals(channels, 'mm')), rig.floats(normals(channels, 'mv').map((v) => v * v))];
  const savedCount = kind === BATCH || kind === MOVING ? 4 * channels : 3 * sets * ld;
  const saved = rig.floats(new Float32Array(savedCount));
  const [dGamma, dBeta] = [rig.floats(new Float32Array(channels)), rig.floats(new Float32Array(channels))];
  const e = rig.ints([3, 77]);
  rig.batch(columns);
  const epsilon = rig.floats([of.epsilon ?? 1e-3]);
  rig.record(OP.normalize, kind, channels, positions, groups, X, H, gamma, beta, saved, epsilon, ld, ...moving);
  if (kind !== MOVING) {
    const ends = [dGamma, dBeta, ld, e, e + 1];
    rig.record(OP.normalizeBackward, kind, channels, positions, groups, dH, dX, X, gamma, saved, ...ends);
  }
  if (kind === BATCH) rig.record(OP.movingAverage, channels, saved, ...moving, rig.floats([0.9]));
  rig.run();
  const byChannel = kind === BATCH || kind === MOVING;
  const [inverses, count] = byChannel ? [saved + 2 * channels, channels] : [saved + 2 * sets * ld, sets * ld];
  const exponent = rig.readInts(e + 1, 1)[0]!;
  const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));
  const truly = (at: number) => rig.read(at, rows * ld).filter((_, k) => k % ld < columns);
  return {
    h: truly(H),
    dX: truly(dX),
    padding: rig.read(dX, rows * ld).filter((_, k) => k % ld >= columns),
    dGamma: rig.read(dGamma, channels),
    dBeta: rig.read(dBeta, channels),
    exponent,
    // What dX would be without the parts that are taken off: where nearly all of it goes, rounding is relative to this.
    whole: largest(rig.read(dH, rows * ld)) * largest(rig.read(inverses, count)) * 2 ** (3 - exponent),
    moving: moving.map((at) => rig.read(at, channels)),
  };
}

function compare(of: Case, tolerance = 3e-6): void {
  onEvery(
    (rig) => program(rig, of),
    (a, x, name) => {
      const what = `${name} ${JSON.stringify(of)}`;
      assertClose(a.h, x.h, tolerance, `h of ${what}`);
      assertClose([...a.dX, x.whole], [...x.dX, x.whole], tolerance, `dX of ${what}`);
      assertClose(a.dGamma, x.dGamma, tolerance, `dγ of ${what}`);
      assertClose(a.dBeta, x.dBeta, tolerance, `dβ of ${what}`);
      assert.equal(a.exponent, x.exponent, what);
      if (of.kind !== MOVING)
        assert.ok(
          a.padding.every((v) => v === 0),
          `padding of ${what}`,
        );
      for (const k of [0, 1]) assertClose(a.moving[k]!, x.moving[k]!, tolerance, `moving of ${what}`);
    },
  );
}

const SIZES = [
  [1, 1],
  [3, 1],
  [17, 3],
  [5, 17],
  [130, 2],
] as const;
const COLUMNS = [1, 3, 8, 17];

for (const [name, kind] of Object.entries(NORMALIZATION_CODE)) {
  test(`normalization by ${name} is the reference's on odd sizes`, () => {
    for (const [channels, positions] of SIZES) {
      for (const columns of COLUMNS) {
        compare({ kind, channels, positions, columns });
        compare({ kind, channels, positions, columns, plain: true });
      }
    }
  });
}

test('group normalization is the reference’s on odd sizes', () => {
  for (const [channels, groups] of [
    [1, 1],
    [6, 3],
    [6, 6],
    [140, 2],
  ] as const) {
    for (const positions of [1, 3, 17]) {
      for (const columns of COLUMNS) compare({ kind: SAMPLE, channels, groups, positions, columns });
    }
  }
});

test('a mean a thousand times the deviation costs no digits beyond those of the inputs', () => {
  for (const kind of [BATCH, SAMPLE]) {
    const groups = kind === SAMPLE ? 2 : 0;
    for (const positions of [1, 50]) {
      compare({ kind, channels: 64, positions, columns: 30, mean: 100, stddev: 0.1, epsilon: 1e-5 }, 4e-6);
    }
    if (groups) compare({ kind, channels: 64, positions: 20, groups, columns: 7, mean: -1e4, stddev: 1 }, 4e-6);
  }
});

test('huge and tiny deviations move into the exponent, and nothing is lost', () => {
  for (const kind of [BATCH, SAMPLE, RMS]) {
    for (const stddev of [1e-15, 1e-5, 1e8, 1e15]) {
      const of = { kind, channels: 9, positions: 2, columns: 5, stddev, gradientScale: 1e-8, epsilon: 1e-12 };
      compare(of, 1e-5);
      const { exponent, dX } = program(new Rig(referenceKernels('float64')), of);
      if (stddev > 1e4 || stddev < 1e-4) assert.notEqual(exponent, 3);
      assert.ok(Math.max(...dX.map(Math.abs)) > 1e-12);
    }
  }
});

test('the moving averages get the biased variance, and plain loops give the same numbers', () => {
  const [channels, columns] = [3, 5];
  for (const kernels of [referenceKernels('float32'), ...fastKernels()]) {
    const of = { kind: BATCH, channels, positions: 1, columns, plain: true };
    const { moving, h } = program(new Rig(kernels), of);
    const x = normals(channels * 8, 'x');
    const [mm, mv] = [normals(channels, 'mm'), normals(channels, 'mv')];
    for (let u = 0; u < channels; u++) {
      const values = Array.from(x.subarray(u * 8, u * 8 + columns));
      const mean = values.reduce((a, b) => a + b, 0) / columns;
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / columns;
      assert.ok(Math.abs(moving[0]![u]! - (0.9 * mm[u]! + 0.1 * mean)) < 1e-6);
      assert.ok(Math.abs(moving[1]![u]! - (0.9 * mv[u]! ** 2 + 0.1 * variance)) < 1e-6);
      for (const [j, v] of values.entries()) {
        assert.ok(Math.abs(h[u * columns + j]! - (v - mean) / Math.sqrt(variance + 1e-3)) < 1e-5);
      }
    }
  }
});

test('a batch of one, and equal numbers, have no variance and make no NaN', () => {
  for (const kind of [BATCH, SAMPLE, RMS]) {
    onEvery(
      (rig) => program(rig, { kind, channels: 4, positions: 1, columns: 1, stddev: 0, mean: 7 }),
      ({ h, dX }, _, name) => assert.ok([...h, ...dX].every(Number.isFinite), name),
    );
  }
});
