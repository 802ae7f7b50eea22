import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../src/base/random';
import { OP } from '../../../../src/engine/kernels/contract';
import { assertClose, normals, onEvery, padded, roundUp8 } from './rig';

test('lookup and its gradient are the reference’s on odd sizes', () => {
  for (const [positions, width, rows, columns] of [
    [1, 1, 1, 1],
    [3, 17, 5, 3],
    [17, 8, 300, 17],
    [2, 7, 3, 30],
  ] as const) {
    onEvery(
      (rig) => {
        const ld = roundUp8(columns);
        const random = new Random(3, 'numbers');
        const X = rig.floats(Array.from({ length: positions * ld }, () => random.below(rows)));
        const table = rig.floats(normals(rows * width, 'table'));
        const H = rig.floats(new Float32Array(positions * width * ld));
        const dH = rig.floats(padded(positions * width, ld, columns, 'dh'));
        const dTable = rig.floats(new Float32Array(rows * width).fill(9));
        rig.batch(columns);
        rig.record(OP.lookup, positions, width, rows, X, table, H, ld);
        rig.record(OP.lookupGradient, positions, width, rows, X, dH, dTable, ld);
        rig.run();
        return { h: rig.read(H, positions * width * ld), gradient: rig.read(dTable, rows * width) };
      },
      (a, x, name) => {
        assertClose(a.h, x.h, 0, `${name} ${positions}×${width}`);
        assertClose(a.gradient, x.gradient, 1e-6, `${name} ${positions}×${width}`);
      },
    );
  }
});

test('numbers outside of the table, fractions and NaN stay within it', () => {
  const numbers = [-1, -1e30, 2.9, 3, 1e30, Number.NaN, Number.POSITIVE_INFINITY, 1];
  const expected = [0, 0, 2, 2, 2, 0, 2, 1];
  onEvery(
    (rig) => {
      const X = rig.floats(numbers);
      const table = rig.floats([10, 11, 12]);
      const H = rig.floats(new Float32Array(8));
      const around = rig.floats(new Float32Array(64).fill(5));
      rig.batch(8);
      rig.record(OP.lookup, 1, 1, 3, X, table, H, 8);
      rig.record(OP.lookupGradient, 1, 1, 3, X, rig.floats(new Float32Array(8).fill(1)), around + 16, 8);
      rig.run();
      return { h: rig.read(H, 8), around: rig.read(around, 64) };
    },
    ({ h, around }, _, name) => {
      assert.deepEqual(
        h,
        expected.map((n) => 10 + n),
        name,
      );
      assert.deepEqual(around.slice(16, 19), [3, 1, 4], name);
      assert.ok(
        around.every((v, k) => v === 5 || (k >= 16 && k < 19)),
        name,
      );
    },
  );
});
