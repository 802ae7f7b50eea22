import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ACTIVATION_CODE,
  ACTIVATION_RAW,
  GRADIENT_RAW,
  LAST_DERIVATIVE_FROM_OUTPUT,
  OP,
} from '../../../../src/engine/kernels/contract';
import { activate, derivative } from '../../../../src/engine/kernels/reference/activations';
import type { Rig } from './rig';
import { assertClose, fastKernels, normals, onEvery, padded, Rig as RigClass, roundUp8 } from './rig';

const NAMES = Object.keys(ACTIVATION_CODE) as (keyof typeof ACTIVATION_CODE)[];
const SHAPES = [
  { units: 1, positions: 1, batch: 1 },
  { units: 3, positions: 1, batch: 5 },
  { units: 7, positions: 2, batch: 8 },
  { units: 17, positions: 1, batch: 33 },
  { units: 3, positions: 5, batch: 30 },
  { units: 40, positions: 1, batch: 64 },
  { units: 70, positions: 1, batch: 61 },
] as const;

/** Runs biasActivation, then activationBackward, and reads everything they wrote. */
function layer(rig: Rig, code: number, units: number, positions: number, batch: number, scale: number) {
  const ld = roundUp8(batch);
  const rows = units * positions;
  rig.batch(batch);
  const alpha = rig.floats([0.3]);
  const bias = rig.floats(normals(units, 'bias', scale / 2));
  const Z = rig.floats(padded(rows, ld, batch, 'z', scale));
  const H = rig.floats(new Float32Array(rows * ld));
  const dH = rig.floats(padded(rows, ld, batch, 'dh'));
  const dZ = rig.floats(new Float32Array(rows * ld));
  const e = rig.ints([-40, 0]);
  const s = rig.stats(ACTIVATION_RAW.length + GRADIENT_RAW.length);
  const Y = code <= LAST_DERIVATIVE_FROM_OUTPUT ? H : Z;
  rig.record(OP.biasActivation, units, positions, Z, H, bias, code, alpha, ld, s);
  rig.record(
    OP.activationBackward,
    units,
    positions,
    dH,
    dZ,
    Y,
    code,
    alpha,
    ld,
    e,
    e + 1,
    s + ACTIVATION_RAW.length,
    1,
  );
  rig.run();
  const columns = (at: number): number[] => rig.read(at, rows * ld).filter((_, k) => k % ld < batch);
  return {
    z: columns(Z),
    h: columns(H),
    dZ: rig.read(dZ, rows * ld),
    forward: rig.readStats(s, ACTIVATION_RAW.length),
    backward: rig.readStats(s + ACTIVATION_RAW.length, GRADIENT_RAW.length),
    exponent: rig.readInts(e + 1, 1),
  };
}

for (const name of NAMES) {
  test(`${name}: bias, activation, derivative and statistics agree with float64`, () => {
    for (const { units, positions, batch } of SHAPES) {
      const count = units * positions * batch;
      onEvery(
        (rig) => layer(rig, ACTIVATION_CODE[name], units, positions, batch, 1),
        (a, x, kernels) => {
          const what = `${kernels} ${name} ${units}×${positions}×${batch}`;
          assertClose(a.z, x.z, 2e-7, `${what} z`);
          assertClose(a.h, x.h, 2e-6, `${what} h`);
          assertClose(a.dZ, x.dZ, 3e-6, `${what} dZ`);
          assert.deepEqual(a.exponent, x.exponent, what);
          const f = (k: number): [number, number] => [a.forward[k]!, x.forward[k]!];
          const [pivot, expectedPivot] = f(ACTIVATION_RAW.pivot);
          // Sums by another pivot are compared through the moments that they stand for.
          const mean = (r: number[]): number => r[ACTIVATION_RAW.pivot]! + r[ACTIVATION_RAW.sum]! / count;
          const variance = (r: number[]): number =>
            r[ACTIVATION_RAW.sumOfSquares]! / count - (r[ACTIVATION_RAW.sum]! / count) ** 2;
          assert.ok(Math.abs(pivot - expectedPivot) <= 2e-6 * (1 + Math.abs(expectedPivot)), what);
          assert.ok(Math.abs(mean(a.forward) - mean(x.forward)) < 2e-6, `${what} mean`);
          assert.ok(Math.abs(variance(a.forward) - variance(x.forward)) < 1e-5, `${what} variance`);
          for (const k of [ACTIVATION_RAW.zeros, ACTIVATION_RAW.saturated, ACTIVATION_RAW.deadUnits]) {
            assert.equal(...f(k), `${what} count ${k}`);
          }
          const g = (k: number): [number[], number[]] => [[a.backward[k]!], [x.backward[k]!]];
          const l1 = Math.sqrt(count * x.backward[GRADIENT_RAW.sumOfSquares]!);
          assert.ok(Math.abs(a.backward[0]! - x.backward[0]!) <= 3e-6 * l1 + 1e-30, `${what} sum`);
          for (const k of [GRADIENT_RAW.sumOfSquares, GRADIENT_RAW.min, GRADIENT_RAW.max]) {
            assertClose(...g(k), 1e-5, `${what} gradient ${k}`);
          }
          assertClose(...g(GRADIENT_RAW.incomingSumOfSquares), 2e-6, `${what} incoming`);
          for (const k of [GRADIENT_RAW.zeros, GRADIENT_RAW.nonFinite, GRADIENT_RAW.exponent]) {
            assertClose(...g(k), 0, `${what} gradient ${k}`);
          }
        },
      );
    }
  });
}

/** Where φ or φ′ is near 0 by cancellation, the error is bounded by this much of the larger parts instead. */
const ABSOLUTE: Partial<Record<string, number>> = { gelu: 5e-7, silu: 5e-7, mish: 5e-7, selu: 2e-7 };

for (const name of NAMES) {
  test(`${name}: relative error at most 1e-6 over the whole range`, () => {
    const code = ACTIVATION_CODE[name];
    const zs: number[] = [];
    for (let z = -60; z <= 60; z += 0.0371) zs.push(Math.fround(z), Math.fround(z * 1e-3), Math.fround(z * 1e-9));
    while (zs.length % 8) zs.push(0.5);
    for (const kernels of fastKernels()) {
      const rig = new RigClass(kernels);
      rig.batch(zs.length);
      const alpha = rig.floats([0.5]);
      const Z = rig.floats(zs);
      const H = rig.floats(new Float32Array(zs.length));
      const dZ = rig.floats(new Float32Array(zs.length).fill(1));
      const e = rig.ints([0]);
      const ld = zs.length;
      rig.record(OP.biasActivation, 1, 1, Z, H, -1, code, alpha, ld, -1);
      const Y = code <= LAST_DERIVATIVE_FROM_OUTPUT ? H : Z;
      rig.record(OP.activationBackward, 1, 1, dZ, dZ, Y, code, alpha, ld, e, e, -1, 0);
      rig.run();
      const h = rig.read(H, ld);
      const d = rig.read(dZ, ld);
      zs.forEach((z, k) => {
        const expected = activate(code, z, 0.5);
        const tiny = Math.abs(expected) < 2 ** -99;
        const error = Math.abs(h[k]! - expected);
        const near = name === 'hardSigmoid' ? 1e-7 : 0;
        assert.ok(
          tiny || error <= Math.max(near, 1e-6 * Math.abs(expected)),
          `${kernels.name} φ(${z}) = ${h[k]}, not ${expected}`,
        );
        const y = code <= LAST_DERIVATIVE_FROM_OUTPUT ? h[k]! : z;
        const slope = derivative(code, y, 0.5);
        const slopeError = Math.abs(d[k]! - slope);
        const allowed = Math.max(1e-6 * Math.abs(slope), ABSOLUTE[name] ?? 0);
        assert.ok(
          Math.abs(slope) < 2 ** -99 || slopeError <= allowed,
          `${kernels.name} φ′ at ${z}: ${d[k]}, not ${slope}`,
        );
        assert.ok(name !== 'tanh' || Math.abs(h[k]!) <= 1, 'tanh stays within ±1');
      });
    }
  });
}

for (const name of NAMES) {
  test(`${name}: values and slopes stay right as far out as float32 goes`, () => {
    const code = ACTIVATION_CODE[name];
    const zs = Array.from({ length: 72 }, (_, k) => Math.fround((k % 2 ? 1.3 : -1.3) * 10 ** (1 + (k >> 1))));
    const ld = zs.length;
    for (const kernels of fastKernels()) {
      const rig = new RigClass(kernels);
      rig.batch(ld);
      const alpha = rig.floats([0.5]);
      const Z = rig.floats(zs);
      const H = rig.floats(new Float32Array(ld));
      const dZ = rig.floats(new Float32Array(ld).fill(1));
      const e = rig.ints([0, 0]);
      rig.record(OP.biasActivation, 1, 1, Z, H, -1, code, alpha, ld, -1);
      const Y = code <= LAST_DERIVATIVE_FROM_OUTPUT ? H : Z;
      rig.record(OP.activationBackward, 1, 1, dZ, dZ, Y, code, alpha, ld, e, e + 1, -1, 0);
      rig.run();
      const h = rig.read(H, ld);
      const d = rig.read(dZ, ld);
      zs.forEach((z, k) => {
        // e^x is held above the denormals, so that x times it is not quite 0 far to the left.
        const floor = 1e-6 + 2e-38 * Math.abs(z);
        const expected = activate(code, z, 0.5);
        const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.abs(b) + floor;
        assert.ok(near(h[k]!, expected), `${kernels.name} φ(${z}) = ${h[k]}, not ${expected}`);
        const slope = derivative(code, code <= LAST_DERIVATIVE_FROM_OUTPUT ? h[k]! : z, 0.5);
        assert.ok(near(d[k]!, slope), `${kernels.name} φ′(${z}) = ${d[k]}, not ${slope}`);
        if (name === 'tanh') assert.equal(d[k], 0, `${kernels.name} tanh is saturated at ${z}`);
      });
    }
  });
}

test('NaN and infinity go through every activation, never become 0', () => {
  for (const name of NAMES) {
    for (const kernels of fastKernels()) {
      const rig = new RigClass(kernels);
      rig.batch(8);
      const Z = rig.floats([1, Number.NaN, 2, 3, 4, 5, 6, 7]);
      const s = rig.stats(ACTIVATION_RAW.length);
      rig.record(OP.biasActivation, 1, 1, Z, Z, -1, ACTIVATION_CODE[name], rig.none, 8, s);
      rig.run();
      assert.ok(Number.isNaN(rig.read(Z, 2)[1]!), `${kernels.name} ${name}`);
      assert.ok(Number.isNaN(rig.readStats(s, 2)[1]!), `${kernels.name} ${name} statistics`);
    }
  }
});

test('statistics survive magnitudes whose squares float32 cannot hold, and variances far below the mean', () => {
  for (const [scale, offset] of [
    [1e-25, 0],
    [1e25, 0],
    [1e-3, 50],
  ] as const) {
    onEvery(
      (rig) => {
        rig.batch(16);
        const values = normals(64, 'far', scale).map((x) => x + offset);
        const H = rig.floats(values);
        const e = rig.ints([5]);
        const s = rig.stats(ACTIVATION_RAW.length + GRADIENT_RAW.length);
        const at = s + ACTIVATION_RAW.length;
        rig.record(OP.biasActivation, 4, 1, H, H, -1, ACTIVATION_CODE.linear, rig.none, 16, s);
        rig.record(OP.activationBackward, 4, 1, H, H, H, ACTIVATION_CODE.linear, rig.none, 16, e, e, at, 0);
        rig.run();
        return rig.readStats(s, ACTIVATION_RAW.length + GRADIENT_RAW.length);
      },
      (actual, expected, name) => assertClose(actual, expected, 1e-4, `${name} ${scale} ${offset}`, true),
    );
  }
});

test('softmax and its backward pass', () => {
  for (const [groups, units, batch] of [
    [1, 10, 8],
    [3, 5, 5],
    [2, 1, 33],
  ] as const) {
    onEvery(
      (rig) => {
        const ld = roundUp8(batch);
        const rows = groups * units;
        rig.batch(batch);
        const H = rig.floats(padded(rows, ld, batch, 'z', 3));
        const dH = rig.floats(padded(rows, ld, batch, 'dh'));
        const e = rig.ints([3, 0]);
        const s = rig.stats(ACTIVATION_RAW.length + GRADIENT_RAW.length);
        rig.record(OP.softmax, groups, units, H, ld, s);
        rig.record(OP.softmaxBackward, groups, units, dH, dH, H, ld, e, e + 1, s + ACTIVATION_RAW.length, 1);
        rig.run();
        return {
          h: rig.read(H, rows * ld).filter((_, k) => k % ld < batch),
          dZ: rig.read(dH, rows * ld),
          forward: rig.readStats(s, ACTIVATION_RAW.length),
          backward: rig.readStats(s + ACTIVATION_RAW.length + 1, GRADIENT_RAW.length - 1),
          e: rig.readInts(e + 1, 1),
        };
      },
      (a, x, name) => {
        const what = `${name} softmax ${groups}×${units}×${batch}`;
        assertClose(a.h, x.h, 1e-6, what);
        // One unit: dz is 0 but for rounding.
        if (units > 1) assertClose(a.dZ, x.dZ, 2e-6, `${what} dZ`);
        if (units > 1) assertClose(a.forward, x.forward, 1e-5, `${what} forward`);
        if (units > 1) assertClose(a.backward, x.backward, 1e-5, `${what} backward`);
      },
    );
  }
});

test('a NaN goes through every activation, forward and backward', () => {
  for (const name of NAMES) {
    for (const kernels of fastKernels()) {
      const rig = new RigClass(kernels);
      rig.batch(8);
      const alpha = rig.floats([0.5]);
      const values = [1, Number.NaN, 1, 1, 1, 1, 1, 1];
      const Z = rig.floats(values);
      const H = rig.floats(new Float32Array(8));
      const dH = rig.floats(values);
      const dZ = rig.floats(new Float32Array(8));
      const e = rig.ints([0]);
      const s = rig.stats(GRADIENT_RAW.length);
      const Y = ACTIVATION_CODE[name] <= LAST_DERIVATIVE_FROM_OUTPUT ? H : Z;
      rig.record(OP.biasActivation, 1, 1, Z, H, -1, ACTIVATION_CODE[name], alpha, 8, -1);
      rig.record(OP.activationBackward, 1, 1, dH, dZ, Y, ACTIVATION_CODE[name], alpha, 8, e, e, s, 1);
      rig.run();
      const what = `${kernels.name} ${name}`;
      assert.ok(Number.isNaN(rig.read(H, 8)[1]), `${what} forward`);
      assert.ok(Number.isNaN(rig.read(dZ, 8)[1]), `${what} backward`);
      assert.equal(rig.readStats(s, GRADIENT_RAW.length)[GRADIENT_RAW.nonFinite], 1, `${what} counted`);
    }
  }
});
