import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kernels } from '../../../../src/engine/kernels/contract';
import { ACTIVATION_CODE, GRADIENT_RAW, OP } from '../../../../src/engine/kernels/contract';
import { fastKernels, normals, Rig, referenceKernels } from './rig';

const LAYERS = 60;
const UNITS = 16;
const LD = 16;

/** A backward chain: dH of a layer is Wᵀ times dZ of the one behind it; `gain` sets what a layer multiplies by. */
function chain(
  kernels: Kernels,
  gain: number,
  normalize: boolean,
): { norms: number[]; last: number[]; flushed: boolean } {
  const rig = new Rig(kernels);
  rig.batch(LD);
  const weights = rig.floats(normals(UNITS * UNITS, 'chain', gain / Math.sqrt(UNITS)));
  const h = rig.floats(new Float32Array(UNITS * LD).fill(0.5));
  const s = rig.stats(LAYERS * GRADIENT_RAW.length);
  const e = rig.ints(new Int32Array(LAYERS + 1));
  let dZ = rig.floats(normals(UNITS * LD, 'loss'));
  for (let l = 0; l < LAYERS; l++) {
    const next = rig.floats(new Float32Array(UNITS * LD));
    rig.record(OP.gemm, UNITS, LD, UNITS, weights, 1, UNITS, dZ, LD, 1, next, LD, 0, 1, 0);
    const at = s + l * GRADIENT_RAW.length;
    const code = ACTIVATION_CODE.sigmoid;
    rig.record(
      OP.activationBackward,
      ...[UNITS, 1, next, next, h, code, rig.none, LD, e + l, e + l + 1, at, normalize ? 1 : 0],
    );
    dZ = next;
  }
  rig.run();
  const norms: number[] = [];
  for (let l = 0; l < LAYERS; l++) {
    const raw = rig.readStats(s + l * GRADIENT_RAW.length, GRADIENT_RAW.length);
    norms.push(Math.sqrt(raw[GRADIENT_RAW.sumOfSquares]!) * 2 ** raw[GRADIENT_RAW.exponent]!);
  }
  const exponent = rig.readInts(e + LAYERS, 1)[0]!;
  const last = rig.read(dZ, UNITS * LD).map((v) => v * 2 ** exponent);
  return { norms, last, flushed: last.every((v) => v === 0) };
}

const implementations = (): Kernels[] => [referenceKernels('float32'), ...fastKernels()];

test('a vanishing chain of 60 layers keeps its true norms, far below float32', () => {
  const oracle = chain(referenceKernels('float64'), 0.4, true);
  assert.ok(oracle.norms[LAYERS - 1]! < 1e-55 && oracle.norms[LAYERS - 1]! > 1e-70, `${oracle.norms[LAYERS - 1]}`);
  for (const kernels of implementations()) {
    const { norms } = chain(kernels, 0.4, true);
    norms.forEach((norm, l) => {
      const error = Math.abs(norm / oracle.norms[l]! - 1);
      assert.ok(error < 1e-5, `${kernels.name} layer ${l}: ${norm}, not ${oracle.norms[l]}`);
    });
  }
});

test('an exploding chain does too', () => {
  const oracle = chain(referenceKernels('float64'), 60, true);
  assert.ok(oracle.norms[LAYERS - 1]! > 1e60, `${oracle.norms[LAYERS - 1]}`);
  for (const kernels of implementations()) {
    chain(kernels, 60, true).norms.forEach((norm, l) => {
      assert.ok(Math.abs(norm / oracle.norms[l]! - 1) < 1e-5, `${kernels.name} layer ${l}: ${norm}`);
    });
  }
});

test('where nothing underflows, normalization changes no bit', () => {
  for (const kernels of [() => referenceKernels('float32'), ...fastKernels().map((_, k) => () => fastKernels()[k]!)]) {
    // A factor of about 2^−1 a layer crosses 2^−32, and ends far above 2^−100.
    const scaled = chain(kernels(), 1.6, true);
    const plain = chain(kernels(), 1.6, false);
    assert.deepEqual(scaled.last, plain.last);
    assert.ok(Math.abs(scaled.last[0]!) < 2 ** -32);
  }
});

test('without normalization the chain ends in exact zeros, not in denormals', () => {
  for (const kernels of implementations()) assert.ok(chain(kernels, 0.4, false).flushed, kernels.name);
});
