import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OP } from '../../../../src/engine/kernels/contract';
import { assertClose, normals, onEvery, padded, type Rig, roundUp8 } from './rig';

function program(rig: Rig, rows: number, columns: number, scales: readonly number[]) {
  const ld = roundUp8(columns);
  const places = scales.map((scale, k) => rig.floats(normals(rows * ld, `x${k}`, scale)));
  const inputs = rig.ints(places);
  const H = rig.floats(new Float32Array(rows * ld));
  const dH = rig.floats(padded(rows, ld, columns, 'dh'));
  const e = rig.ints([-5, ...scales.map(() => 99)]);
  rig.batch(columns);
  rig.record(OP.multiply, rows * ld, inputs, scales.length, H);
  const gradients = scales.map((_, k) => {
    const dX = rig.floats(new Float32Array(rows * ld).fill(9));
    rig.record(OP.multiplyGradient, rows, inputs, scales.length, k, dH, dX, ld, e, e + 1 + k);
    return dX;
  });
  rig.run();
  return {
    h: rig.read(H, rows * ld).filter((_, k) => k % ld < columns),
    gradients: gradients.map((at) => rig.read(at, rows * ld)),
    exponents: rig.readInts(e + 1, scales.length),
  };
}

test('products of inputs and their gradients are the reference’s on odd sizes', () => {
  for (const rows of [1, 3, 17]) {
    for (const columns of [1, 3, 17]) {
      for (const scales of [
        [1, 1],
        [1, 2, 0.5],
      ]) {
        onEvery(
          (rig) => program(rig, rows, columns, scales),
          (a, x, name) => {
            assertClose(a.h, x.h, 1e-6, name);
            for (const [k, gradient] of a.gradients.entries()) assertClose(gradient, x.gradients[k]!, 1e-6, name);
            assert.deepEqual(a.exponents, x.exponents, name);
          },
        );
      }
    }
  }
});

test('gradients by factors far from 1 move into the exponent', () => {
  onEvery(
    (rig) => program(rig, 3, 5, [1e-25, 1e25, 1]),
    (a, x, name) => {
      assert.deepEqual(a.exponents, x.exponents, name);
      assert.ok(a.exponents[0]! > 60 && a.exponents[1]! < -60, `${a.exponents}`);
      for (const [k, gradient] of a.gradients.entries()) {
        assertClose(gradient, x.gradients[k]!, 1e-6, name);
        assert.ok(gradient.some((v) => Math.abs(v) > 1e-3));
      }
    },
  );
});
