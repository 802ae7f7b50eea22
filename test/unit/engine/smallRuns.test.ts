// Small records done in one go are to give the very bits that they give one by one: weights, gradients, exponents and
// every statistic, whatever the sizes, the batch, the activation and the rule.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random';
import { ACTIVATION_CODE, FLOAT_HEAD, INT_HEAD, RECORD_LENGTH, SMALL } from '../../../src/engine/kernels/contract';
import { createWasmKernels, wasmFlavours } from '../../../src/engine/kernels/wasm';
import { lossPlan } from '../../../src/engine/losses';
import { type CompiledNetwork, compileNetwork } from '../../../src/engine/plan';
import { arenaAllocator } from '../../../src/engine/planBuilder';
import type { Dataset } from '../../../src/spec/dataset';
import { type Network, network, type SpecParts } from './networks';

const BYTES = { floats: 1 << 20, ints: 1 << 18, stats: 1 << 17 };
const STEPS = 3;

function data(features: number, outputs: number, count: number): Dataset {
  const random = new Random(3, 'data');
  const numbers = (n: number) => Float32Array.from({ length: n }, () => random.normal());
  const train = { count, inputs: numbers(count * features), targets: numbers(count * outputs) };
  const test = { count: 0, inputs: new Float32Array(0), targets: new Float32Array(0) };
  return { inputShape: [features], targetKind: 'values', targetShape: [outputs], classes: undefined, train, test };
}

interface Case {
  readonly sizes: readonly number[];
  readonly batch: number;
  /** Of the steps' samples, so many are true ones; default: all. */
  readonly present?: number;
  readonly activation?: string;
  readonly useBias?: boolean;
  readonly optimizer?: SpecParts['optimizer'];
  readonly training?: object;
  /** Standard deviation of the weights. */
  readonly spread?: number;
  readonly rate?: number;
}

const networkOf = ({
  sizes,
  batch,
  activation = 'tanh',
  useBias = true,
  optimizer = 'sgd',
  training,
}: Case): Network => {
  const units = sizes.slice(1);
  const layers = units.map((n, i) => ({
    ...{ type: 'dense', units: n, useBias },
    activation: i < units.length - 1 ? activation : 'linear',
  }));
  const parts = { layers, optimizer, training: { batchSize: batch, steps: STEPS, ...training } };
  return network(parts, data(sizes[0]!, sizes.at(-1)!, batch));
};

/** Some steps on one batch, in one go where `together`; all memory after them, and how many runs the plan has. */
function run(c: Case, flavour: 'wasm-simd' | 'wasm-relaxed-simd', together: boolean) {
  const { graph, spec, dataset } = networkOf(c);
  const kernels = createWasmKernels(BYTES, flavour);
  const { arena } = kernels;
  const loss = lossPlan(spec.loss, graph.layers[graph.output]!.outputShape, dataset);
  const options = { graph, spec, loss, dataset, batchSize: c.batch, kinds: ['train'] as const };
  const compiled: CompiledNetwork = compileNetwork(options, arenaAllocator(arena));
  const plan = compiled.plans.train!;
  let runs = 0;
  for (let k = 0; k < plan.count; k++) {
    const at = plan.start + k * RECORD_LENGTH;
    if (!(arena.ints[at]! & SMALL)) continue;
    runs++;
    if (!together) arena.ints[at]! &= SMALL - 1;
  }
  arena.floats.set(dataset.train.inputs, compiled.train.inputs);
  arena.floats.set(dataset.train.targets, compiled.train.targets);
  const random = new Random(5, 'weights');
  for (const { weights, rows, columns } of compiled.parameters) {
    for (let i = 0; i < rows * columns; i++) arena.floats[weights + i] = random.normal() * (c.spread ?? 0.5);
  }
  const present = c.present ?? c.batch;
  arena.ints[INT_HEAD.batch] = present;
  const samples = arena.allocateInts(present);
  for (let j = 0; j < present; j++) arena.ints[samples + j] = (j * 7) % c.batch;
  arena.ints[INT_HEAD.samples] = samples;
  const heads = {
    learningRate: c.rate ?? 0.05,
    inverseBatch: 1 / present,
    biasCorrection1: 0.1,
    biasCorrection2: 0.001,
  };
  for (const [name, value] of Object.entries(heads)) arena.floats[FLOAT_HEAD[name as keyof typeof heads]] = value;
  const length = compiled.raw.length;
  const stats = arena.allocateStats(length * STEPS);
  for (let step = 0; step < STEPS; step++) kernels.runOnce(plan.start, plan.count, stats + step * length);
  const words = new Set(Array.from({ length: plan.count }, (_, k) => plan.start + k * RECORD_LENGTH));
  const end = arena.usedBytes;
  return {
    runs,
    statistics: arena.stats.slice(stats, stats + length * STEPS),
    weights: compiled.parameters.map((p) => arena.floats.slice(p.weights, p.weights + p.rows * p.columns)),
    exponents: compiled.parameters.map((p) => arena.ints[p.exponent]!),
    memory: arena.ints.slice(0, end >> 2).map((word, at) => (words.has(at) ? 0 : word)),
  };
}

function assertSame(c: Case, runs: number): void {
  for (const flavour of wasmFlavours()) {
    const [together, apart] = [run(c, flavour, true), run(c, flavour, false)];
    const what = `${flavour} ${JSON.stringify(c)}`;
    assert.equal(together.runs, runs, what);
    assert.deepEqual(together.statistics, apart.statistics, what);
    assert.deepEqual(together.weights, apart.weights, what);
    // Statistics, gradients, norms of units and what the optimizer keeps are in there as well.
    assert.ok(Buffer.from(together.memory.buffer).equals(Buffer.from(apart.memory.buffer)), what);
    assert.ok(
      together.weights.every((w) => w.every(Number.isFinite)),
      what,
    );
  }
}

/** Layers have a run forward and one for their update; all but the first one have another on the way back. */
const runsOf = (layers: number) => 3 * layers - 1;

test('small layers of any size, in any batch, give the same bits in one go', () => {
  for (const batch of [1, 5, 16, 32]) {
    for (const sizes of [
      [1, 1, 1],
      [2, 8, 8, 1],
      [3, 17, 1, 3],
      [17, 3, 17],
      [1, 3],
      [16, 16, 16, 4],
    ]) {
      assertSame({ sizes, batch }, runsOf(sizes.length - 1));
    }
  }
  assertSame({ sizes: [2, 8, 8, 1], batch: 16, present: 5 }, 8);
  assertSame({ sizes: [5, 3, 3], batch: 32, present: 1, activation: 'relu' }, 5);
});

test('with every activation', () => {
  for (const activation of Object.keys(ACTIVATION_CODE)) assertSame({ sizes: [3, 9, 5, 2], batch: 13, activation }, 8);
});

test('with every rule, clipping of values and decay, large and tiny rates', () => {
  const rules = ['rmsprop', 'adagrad', 'adadelta', 'adam', 'adamw', 'nadam', 'lion'];
  const sizes = [3, 8, 5];
  for (const type of rules) assertSame({ sizes, batch: 16, optimizer: { type } }, 5);
  assertSame({ sizes, batch: 16, optimizer: { type: 'sgd', momentum: 0.9 } }, 5);
  assertSame({ sizes, batch: 16, optimizer: { type: 'sgd', momentum: 0.9, nesterov: true } }, 5);
  assertSame({ sizes, batch: 16, optimizer: { type: 'sgd', weightDecay: 0.01 } }, 5);
  assertSame({ sizes, batch: 16, training: { clipValue: 0.01 } }, 5);
  assertSame({ sizes, batch: 16, rate: 2 ** -22 }, 5);
  assertSame({ sizes, batch: 16, rate: 1.5 }, 5);
  assertSame({ sizes, batch: 16, useBias: false }, 5);
});

test('where updates wait for clipping by norm, forward and backward runs are left', () => {
  assertSame({ sizes: [3, 8, 5], batch: 16, training: { clipNorm: 0.1 } }, 3);
});

test('where gradients vanish, explode or are all 0', () => {
  const sizes = [2, 8, 8, 8, 8, 8, 8, 8, 1];
  const vanishing: Case = { sizes, batch: 16, spread: 1e-6 };
  assertSame(vanishing, runsOf(8));
  for (const flavour of wasmFlavours()) {
    const { exponents } = run(vanishing, flavour, true);
    assert.ok(Math.min(...exponents) < -32, `${exponents}`);
  }
  assertSame({ sizes, batch: 16, spread: 40, rate: 1e-30, activation: 'linear' }, runsOf(8));
  assertSame({ sizes, batch: 16, spread: 0 }, runsOf(8));
});

test('layers that are not small have no runs, and neither have plans that threads share', () => {
  assertSame({ sizes: [64, 64, 1], batch: 64 }, 0);
  assertSame({ sizes: [256, 256, 2, 2], batch: 16 }, 0);
});
