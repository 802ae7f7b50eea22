import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOSS_CODE, OP, STEP_RAW } from '../../../../src/engine/kernels/contract';
import type { Rig } from './rig';
import { assertClose, fastKernels, onEvery, padded, Rig as RigClass, roundUp8 } from './rig';

const NAMES = Object.keys(LOSS_CODE) as (keyof typeof LOSS_CODE)[];

function run(rig: Rig, kind: number, units: number, positions: number, batch: number, scale: number) {
  const ld = roundUp8(batch);
  const rows = units * positions;
  rig.batch(batch);
  const Y = rig.floats(padded(rows, ld, ld, 'y', scale));
  const values = padded(rows, ld, batch, 't');
  if (kind === LOSS_CODE.binaryCrossEntropy || kind === LOSS_CODE.hinge)
    values.forEach((t, k) => {
      values[k] = t > 0 ? 1 : 0;
    });
  const T =
    kind === LOSS_CODE.softmaxCrossEntropy
      ? rig.ints(Array.from({ length: positions * ld }, (_, k) => (k * 5 + 1) % units))
      : rig.floats(values);
  const dY = rig.floats(new Float32Array(rows * ld).fill(7));
  const share = rig.floats([1 / positions]);
  const s = rig.stats(2 * STEP_RAW.length);
  rig.record(OP.loss, kind, units, positions, Y, T, dY, ld, s, share);
  // Evaluation: the same numbers, no gradient.
  rig.record(OP.loss, kind, units, positions, Y, T, -1, ld, s + STEP_RAW.length, share);
  rig.run();
  return { stats: rig.readStats(s, 2 * STEP_RAW.length), dY: rig.read(dY, rows * ld) };
}

for (const name of NAMES) {
  test(`${name}: value, gradient and count of right ones agree with float64`, () => {
    for (const [units, positions, batch] of [
      [1, 1, 1],
      [3, 1, 5],
      [10, 2, 33],
      [7, 3, 8],
      [17, 1, 64],
    ] as const) {
      for (const scale of [0.5, 20]) {
        onEvery(
          (rig) => run(rig, LOSS_CODE[name], units, positions, batch, scale),
          (a, x, kernels) => {
            const what = `${kernels} ${name} ${units}×${positions}×${batch} · ${scale}`;
            // One class: the loss is 0 but for rounding.
            if (units > 1 || name !== 'softmaxCrossEntropy') {
              assertClose([a.stats[0]!], [x.stats[0]!], 1e-6, what);
              assertClose(a.dY, x.dY, 1e-6, `${what} dY`);
            }
            assertClose([a.stats[1]!], [x.stats[1]!], 1e-6, `${what} correct`);
            assert.deepEqual(a.stats.slice(0, 2), a.stats.slice(2), `${what} evaluation`);
            a.dY.forEach((v, k) => {
              assert.ok(k % roundUp8(batch) < batch || v === 0, `${what} padding`);
            });
          },
        );
      }
    }
  });
}

test('a loss of NaN is NaN', () => {
  for (const name of NAMES) {
    for (const kernels of fastKernels()) {
      const rig = new RigClass(kernels);
      rig.batch(8);
      const Y = rig.floats(new Float32Array(16).fill(Number.NaN));
      const T = name === 'softmaxCrossEntropy' ? rig.ints(new Int32Array(8)) : rig.floats(new Float32Array(16));
      const share = rig.floats([1]);
      const s = rig.stats(STEP_RAW.length);
      rig.record(OP.loss, LOSS_CODE[name], 2, 1, Y, T, -1, 8, s, share);
      rig.run();
      assert.ok(Number.isNaN(rig.readStats(s, 1)[0]!), `${kernels.name} ${name}`);
    }
  }
});
