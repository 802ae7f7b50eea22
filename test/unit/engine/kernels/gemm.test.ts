import { test } from 'node:test';
import { OP } from '../../../../src/engine/kernels/contract';
import { assertClose, normals, onEvery } from './rig';

interface Case {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly accumulate: boolean;
}

function check(c: Case, repeat = 1, padC = 3): void {
  const { M, N, K } = c;
  const lda = (c.transposeA ? M : K) + 1;
  const ldb = (c.transposeB ? K : N) + 2;
  const ldc = N + padC;
  const sizeA = lda * (c.transposeA ? K : M);
  const sizeB = ldb * (c.transposeB ? N : K);
  const sizeC = ldc * M;
  onEvery(
    (rig) => {
      const a = rig.floats(normals(sizeA * repeat, 'a'));
      const b = rig.floats(normals(sizeB * repeat, 'b'));
      const out = rig.floats(normals(sizeC * repeat, 'c'));
      const strides = rig.ints([sizeA, sizeB, sizeC]);
      const [rsa, csa] = c.transposeA ? [1, lda] : [lda, 1];
      const [rsb, csb] = c.transposeB ? [1, ldb] : [ldb, 1];
      rig.record(OP.gemm, M, N, K, a, rsa, csa, b, rsb, csb, out, ldc, c.accumulate ? 1 : 0, repeat, strides);
      rig.run();
      return rig.read(out, sizeC * repeat);
    },
    // What lies between the rows of C is compared too: it must not have been touched.
    (actual, expected, name) => assertClose(actual, expected, 3e-6, `${name} ${JSON.stringify(c)} × ${repeat}`),
  );
}

const SIZES = [
  [1, 1, 1],
  [1, 8, 3],
  [3, 17, 7],
  [4, 8, 4],
  [5, 24, 16],
  [7, 3, 33],
  [17, 7, 8],
  [33, 40, 65],
  [10, 128, 256],
  [65, 9, 300],
  [100, 1030, 5],
] as const;

for (const [M, N, K] of SIZES) {
  test(`gemm ${M}×${N}×${K}, all strides, added or not`, () => {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        for (const accumulate of [false, true]) check({ M, N, K, transposeA, transposeB, accumulate });
      }
    }
  });
}

test('gemm of two columns without a gap: a weight gradient of the plane', () => {
  for (const M of [1, 2, 5, 8]) {
    check({ M, N: 2, K: 16, transposeA: false, transposeB: true, accumulate: false }, 1, 0);
  }
});

test('gemm repeats with strides', () => {
  check({ M: 5, N: 16, K: 12, transposeA: false, transposeB: false, accumulate: false }, 3);
  check({ M: 6, N: 5, K: 8, transposeA: false, transposeB: true, accumulate: false }, 4, 0);
  check({ M: 9, N: 11, K: 40, transposeA: true, transposeB: true, accumulate: true }, 2);
});

test('gemm over positions: weights that stay, and gradients summed over all of them', () => {
  for (const [M, N, K, repeat] of [
    [3, 8, 5, 2],
    [17, 16, 33, 7],
    [40, 16, 400, 5],
    [33, 17, 16, 20],
    [9, 5, 300, 2],
  ] as const) {
    for (const mode of [0, 1, 2, 3]) {
      // Modes 2 and 3 sum over the repeats; the others leave A where it is.
      const sums = mode >= 2;
      const sizes = [M * K, K * N, M * N] as const;
      const steps = sums ? [sizes[0], sizes[1], 0] : [0, sizes[1], sizes[2]];
      onEvery(
        (rig) => {
          const a = rig.floats(normals(sizes[0] * (sums ? repeat : 1), 'a'));
          const b = rig.floats(normals(sizes[1] * repeat, 'b'));
          const count = sizes[2] * (sums ? 1 : repeat);
          const c = rig.floats(normals(count + 8, 'c'));
          const [rsb, csb] = sums ? [1, K] : [N, 1];
          rig.record(OP.gemm, M, N, K, a, K, 1, b, rsb, csb, c, N, mode, repeat, rig.ints(steps));
          rig.run();
          return rig.read(c, count + 8);
        },
        (actual, expected, name) =>
          assertClose(actual, expected, 5e-6, `${name} ${M}×${N}×${K} × ${repeat} mode ${mode}`),
      );
    }
  }
});
