import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { UserError } from '../../../../src/base/errors';
import * as contract from '../../../../src/engine/kernels/contract';
import { createReferenceKernels } from '../../../../src/engine/kernels/reference';
import { createWasmKernels, enableRelaxedSimd, wasmFlavours } from '../../../../src/engine/kernels/wasm';
import { fastKernels, normals, Rig, referenceKernels } from './rig';

const { ACTIVATION_CODE, HEAD_LENGTH, LOSS_CODE, NORMALIZATION_CODE, OP, OPTIMIZER_CODE, PARAMETER_RAW, STEP_RAW } =
  contract;

/** Linear regression of 5 features by 8 samples, one layer: what runSteps needs, and no more. */
function regression(rig: Rig) {
  const [features, batch] = [5, 8];
  const data = rig.floats(normals(batch * features, 'data'));
  const targets = rig.floats(normals(batch, 'targets'));
  const X = rig.floats(new Float32Array(features * batch));
  const T = rig.floats(new Float32Array(batch));
  const Y = rig.floats(new Float32Array(batch));
  const dY = rig.floats(new Float32Array(batch));
  const W = rig.floats(normals(features, 'w'));
  const G = rig.floats(new Float32Array(features));
  const hyper = rig.floats(new Float32Array(8));
  const one = rig.floats([1]);
  const e = rig.ints([0]);
  rig.record(OP.gather, X, features, data, batch);
  rig.record(OP.gather, T, 1, targets, batch);
  rig.record(OP.gemm, 1, batch, features, W, features, 1, X, batch, 1, Y, batch, 0, 1, 0);
  rig.record(OP.loss, LOSS_CODE.meanSquaredError, 1, 1, Y, T, dY, batch, 0, one);
  rig.record(OP.gemm, 1, features, batch, dY, batch, 1, X, 1, batch, G, features, 0, 1, 0);
  rig.record(OP.update, ...[OPTIMIZER_CODE.sgd, 1, features, W, G, -1, -1, hyper, e, STEP_RAW.length, -1, 0]);
  const count = rig.records.length;
  // One layer without statistics of its own; one parameter. All up to the loss is before the split.
  const watch = rig.ints([4, 0, 0, 0, 0, 0, 0, 1, STEP_RAW.length, 24]);
  return { W, targets, watch, count, plan: rig.plan() };
}

function train(rig: Rig, steps: number, rate: number, poison = false, careful = false) {
  const network = regression(rig);
  const length = STEP_RAW.length + PARAMETER_RAW.length;
  const stats = rig.stats(length * steps);
  const samples = rig.ints([3, 1, 4, 0, 5, 2, 7, 6]);
  const ints = rig.ints(Array.from({ length: steps }, () => [8, samples, 0, 0, 0, 0, 0, 0]).flat());
  const floats = rig.floats(Array.from({ length: steps }, () => [rate, 1 / 8, 0, 0, 0, 0, 0, 1]).flat());
  if (poison) rig.kernels.arena.floats[network.targets] = Number.NaN;
  const { plan, count, watch } = network;
  const ran = rig.kernels.runSteps(plan, count, steps, ints, floats, stats, length, watch, careful);
  const losses = Array.from({ length: steps }, (_, k) => rig.readStats(stats + k * length, 1)[0]!);
  return { ran, losses, weights: rig.read(network.W, 5), stats: rig.readStats(stats, length * steps) };
}

const implementations = (): (() => Rig)[] => [
  () => new Rig(referenceKernels('float32')),
  ...fastKernels().map((_, k) => () => new Rig(fastKernels()[k]!)),
];

test('runSteps trains: the loss falls, step by step the same as the reference', () => {
  const oracle = train(new Rig(referenceKernels('float64')), 50, 0.1);
  for (const make of implementations()) {
    const result = train(make(), 50, 0.1);
    assert.equal(result.ran, 50);
    assert.ok(result.losses[49]! < 0.5 * result.losses[0]!);
    result.losses.forEach((loss, k) => {
      assert.ok(Math.abs(loss - oracle.losses[k]!) < 1e-5, `step ${k}: ${loss}`);
    });
  }
});

test('the same run twice gives the same bits', () => {
  for (const make of implementations()) {
    const [a, b] = [train(make(), 30, 0.1), train(make(), 30, 0.1)];
    assert.deepEqual(a.weights, b.weights);
    assert.deepEqual(a.stats, b.stats);
  }
});

test('runSteps stops in the middle of a step that is not finite, its weights untouched', () => {
  for (const make of implementations()) {
    const weights = normals(5, 'w');
    const poisoned = train(make(), 10, 0.1, true);
    assert.equal(poisoned.ran, 0, 'NaN in the data');
    assert.deepEqual(poisoned.weights, [...weights]);
    const diverging = train(make(), 400, 30);
    assert.ok(diverging.ran > 2 && diverging.ran < 400, `${diverging.ran}`);
    assert.ok(diverging.losses.slice(0, diverging.ran).every(Number.isFinite));
    assert.ok(diverging.weights.every(Number.isFinite));
    const careful = train(make(), 10, 0.1, false, true);
    assert.equal(careful.ran, 0);
    assert.deepEqual(careful.weights, [...weights]);
  }
});

test('relaxed SIMD is asked for only where validation fails, and plain SIMD runs without it', () => {
  let asked = 0;
  enableRelaxedSimd();
  const flavours = wasmFlavours(() => {
    asked++;
  });
  assert.ok(flavours.includes('wasm-simd'));
  assert.equal(asked, flavours.includes('wasm-relaxed-simd') ? 0 : 1);
});

test('memory that the machine has not is refused in words', () => {
  const bytes = { floats: 2 ** 52, ints: 0, stats: 0 };
  assert.throws(() => createReferenceKernels(bytes, 'float64'), UserError);
  for (const flavour of wasmFlavours()) assert.throws(() => createWasmKernels(bytes, flavour), UserError);
});

test('the copy of the contract inside the WebAssembly says the same', () => {
  const text = readFileSync('src/engine/kernels/assembly/contract.ts', 'utf8');
  const namespaces: Record<string, Readonly<Record<string, number>>> = {
    Op: OP,
    Activation: ACTIVATION_CODE,
    Normalization: NORMALIZATION_CODE,
    RecurrentKind: contract.RECURRENT_KIND,
    Loss: LOSS_CODE,
    Optimizer: OPTIMIZER_CODE,
    Watch: contract.WATCH,
    SmallRun: contract.SMALL_RUN,
  };
  for (const [name, codes] of Object.entries(namespaces)) {
    const body = text.match(new RegExp(`namespace ${name} \\{([^}]*)\\}`))?.[1] ?? '';
    const copy = Object.fromEntries([...body.matchAll(/const (\w+): i32 = (\d+);/g)].map((m) => [m[1], Number(m[2])]));
    assert.deepEqual(copy, { ...codes }, name);
  }
  assert.match(text, new RegExp(`RECORD_LENGTH: i32 = ${contract.RECORD_LENGTH};`));
  assert.match(text, new RegExp(`LAST_DERIVATIVE_FROM_OUTPUT: i32 = ${contract.LAST_DERIVATIVE_FROM_OUTPUT};`));
  assert.match(text, new RegExp(`HEAD_LENGTH: i32 = ${HEAD_LENGTH};`));
  assert.match(text, new RegExp(`SMALL: i32 = ${contract.SMALL};`));
});
