import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OP } from '../../../../src/engine/kernels/contract';
import { assertClose, fastKernels, normals, onEvery, padded, Rig, roundUp8 } from './rig';

interface Case {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly batch: number;
  readonly repeat?: number;
  readonly triangle?: number;
  readonly transposeA?: boolean;
  readonly scale?: number;
}

const LEFT_ALONE = 7.5;

/** A lies [repeat][M][K] or [repeat][K][M], B [K][repeat][N], C [M][repeat][N + 1]; a column of C stays as it is. */
function check(options: Case): void {
  const { M, N, K, batch, repeat = 1, triangle = 0, transposeA = false, scale = 0.5 } = options;
  const ld = roundUp8(batch);
  const a = normals(repeat * M * K * ld, 'a');
  const b = normals(repeat * K * N * ld, 'b');
  const wanted = (i: number, k: number): boolean => (triangle === 2 ? k <= i : triangle === 3 ? k >= i : true);
  const [rsa, csa] = transposeA ? [1, M] : [K, 1];
  for (let q = 0; q < repeat; q++) {
    for (let i = 0; i < M; i++) {
      for (let k = 0; k < K; k++) {
        if (!wanted(i, k)) a.fill(0, (q * M * K + i * rsa + k * csa) * ld, (q * M * K + i * rsa + k * csa + 1) * ld);
      }
    }
  }
  const expected: number[] = [];
  const checked: boolean[] = [];
  for (let i = 0; i < M; i++) {
    for (let q = 0; q < repeat; q++) {
      for (let j = 0; j <= N; j++) {
        for (let column = 0; column < ld; column++) {
          let sum = 0;
          for (let k = 0; k < K && j < N; k++) {
            const x = a[(q * M * K + i * rsa + k * csa) * ld + column]!;
            sum += scale * x * b[(k * repeat * N + q * N + j) * ld + column]!;
          }
          expected.push(j < N ? sum : LEFT_ALONE);
          checked.push(triangle !== 1 || j === N || j <= i);
        }
      }
    }
  }
  onEvery(
    (rig) => {
      const at = { a: rig.floats(a), b: rig.floats(b), c: rig.floats(Array(expected.length).fill(LEFT_ALONE)) };
      const strides = [rsa, csa, repeat * N, 1, repeat * (N + 1), 1, M * K, N, N + 1];
      rig.batch(batch);
      const factor = rig.floats([scale]);
      rig.record(OP.columnProduct, repeat, M, N, K, at.a, at.b, at.c, factor, ld, triangle, rig.ints(strides));
      rig.run();
      return rig.read(at.c, expected.length);
    },
    (actual, oracle, name) => {
      const what = `${name} ${JSON.stringify(options)}`;
      const chosen = (values: readonly number[]): number[] => values.filter((_, i) => checked[i]);
      assertClose(chosen(actual), chosen(expected), 3e-6, what);
      assertClose(chosen(oracle), chosen(expected), 1e-7, `the oracle of ${what}`);
    },
  );
}

for (const [M, N, K] of [
  [1, 1, 1],
  [3, 17, 1],
  [17, 3, 5],
  [4, 2, 8],
  [5, 5, 5],
  [8, 6, 300],
] as const) {
  test(`columnProduct ${M}×${N}×${K}, batch 1, 3 and 17, A as it is and turned, repeated`, () => {
    for (const batch of [1, 3, 17]) {
      for (const transposeA of [false, true]) {
        check({ M, N, K, batch, transposeA });
        check({ M, N, K, batch, transposeA, repeat: 3, scale: 1 });
      }
    }
  });
}

test('columnProduct leaves out the half that is 0 or not wanted', () => {
  for (const triangle of [1, 2, 3]) {
    for (const size of [1, 3, 8, 17]) {
      check({ M: size, N: triangle === 1 ? size : 3, K: triangle === 1 ? 5 : size, batch: 3, triangle, repeat: 2 });
    }
  }
  // More than is packed at once.
  for (const triangle of [2, 3]) check({ M: 270, N: 1, K: 270, batch: 3, triangle });
});

test('columnProduct makes what is below 2^−100 exactly 0', () => {
  for (const kernels of fastKernels()) {
    const rig = new Rig(kernels);
    const ones = rig.floats([1, 1, 1, 1, 2 ** -105, 1, 1, 0]);
    const small = rig.floats([2 ** -99, 2 ** -101, -(2 ** -101), Number.NaN, 1, -(2 ** -120), 2 ** -100, 1]);
    const c = rig.floats(Array(8).fill(3));
    const strides = rig.ints([1, 1, 1, 1, 1, 1, 0, 0, 0]);
    rig.record(OP.columnProduct, 1, 1, 1, 1, ones, small, c, rig.floats([1]), 8, 0, strides);
    rig.run();
    assert.deepEqual(rig.read(c, 8).map(Math.abs), [2 ** -99, 0, 0, Number.NaN, 0, 0, 2 ** -100, 0], kernels.name);
  }
});

for (const units of [1, 3, 8, 17]) {
  test(`softmax over ${units} scores, causal or not, large scores among them`, () => {
    for (const causal of [0, 1]) {
      for (const scale of [1, 1e4]) {
        for (const batch of [1, 5, 16]) {
          const ld = roundUp8(batch);
          const rows = 2 * units * units;
          onEvery(
            (rig) => {
              rig.batch(batch);
              const h = rig.floats(normals(rows * ld, 'scores', scale));
              rig.record(OP.softmax, 2 * units, units, h, ld, -1, causal);
              rig.run();
              return rig.read(h, rows * ld);
            },
            (actual, expected, name) => {
              assertClose(actual, expected, 3e-6, `${name}, causal ${causal}, scores ${scale}`);
              for (let k = 0; k < rows; k++) {
                const masked = causal === 1 && k % units > Math.floor(k / units) % units;
                if (masked) assert.deepEqual(actual.slice(k * ld, (k + 1) * ld), Array(ld).fill(0), `${name} row ${k}`);
              }
            },
          );
        }
      }
    }
  });
}

for (const [scale, what] of [
  [1, 'as it is'],
  [1e-20, 'brought back to magnitude 1'],
  [1e25, 'brought back from far above'],
] as const) {
  test(`the gradient by masked scores without statistics, ${what}`, () => {
    for (const batch of [1, 3, 17]) {
      const [ld, units, groups] = [roundUp8(batch), 5, 10];
      const count = groups * units * ld;
      onEvery(
        (rig) => {
          rig.batch(batch);
          const h = rig.floats(normals(count, 'scores'));
          const dh = rig.floats(padded(groups * units, ld, batch, 'dh', scale));
          const exponents = rig.ints([-7, 99]);
          rig.record(OP.softmax, groups, units, h, ld, -1, 1);
          rig.record(OP.softmaxBackward, groups, units, dh, dh, h, ld, exponents, exponents + 1, -1, 1);
          rig.run();
          return { dz: rig.read(dh, count), exponent: rig.readInts(exponents + 1, 1)[0]! };
        },
        (actual, expected, name) => {
          assert.equal(actual.exponent, expected.exponent, name);
          assertClose(actual.dz, expected.dz, 2e-6, name);
          const largest = Math.max(...actual.dz.map(Math.abs));
          if (scale !== 1) assert.ok(largest >= 1 && largest < 2, `${name}: ${largest}`);
          else assert.equal(actual.exponent, -7, name);
          for (const [k, dz] of actual.dz.entries()) if (k % ld >= batch) assert.equal(dz, 0, `${name}: padding`);
        },
      );
    }
  });
}
