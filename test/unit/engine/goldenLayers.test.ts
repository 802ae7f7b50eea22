import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wasmFlavours } from '../../../src/engine/kernels/wasm';
import type { Trainer } from '../../../src/engine/trainer';
import type { Dataset, Samples } from '../../../src/spec/dataset';
import { plainLayers } from '../../../src/spec/schema/layers';
import layers from '../../golden/layers.json';
import { relativeDistance, trainer } from './networks';

/** How far from PyTorch's float64 an arena's precision may be, relative to a tensor's norm. */
const TOLERANCES = { float32: 1e-4, float64: 1e-9 } as const;
const RUNS = [
  ...wasmFlavours().map((flavour) => ['float32', flavour] as const),
  ['float32', 'reference'],
  ['float64', 'reference'],
] as const;
type Run = (typeof RUNS)[number];

type Tensors = Readonly<Record<string, readonly number[]>>;
/** Of one layer: ‖outputGradient‖, backwardFactor (null at the data), mean and standard deviation of its output. */
type Flow = readonly [gradient: number, backwardFactor: number | null, mean: number, std: number];
interface GoldenBatch {
  readonly loss: number;
  readonly output: readonly number[];
  readonly inputGradient: readonly number[];
  readonly gradients: Tensors;
  readonly flow: Readonly<Record<string, Flow>>;
  readonly times: Tensors;
}
interface GoldenTraining {
  readonly learningRate: number;
  readonly steps: number;
  readonly losses: readonly number[];
  readonly states: Tensors;
  readonly testInputs: readonly number[];
  readonly testTargets: readonly number[];
  readonly testLoss: number;
}
/** As `layers.py` writes it: inputs, targets that are no labels, and parameters in units of 1/1024. */
interface GoldenCase {
  readonly name: string;
  readonly layers: readonly { readonly type: string; readonly name: string; readonly layers?: readonly object[] }[];
  readonly loss: string;
  readonly inputShape: readonly number[];
  readonly targetShape: readonly number[];
  readonly classes: number | null;
  readonly batch: number;
  readonly watch: string;
  readonly inputs: readonly number[];
  readonly targets: readonly number[];
  readonly parameters: Tensors;
  readonly batches: readonly GoldenBatch[];
  readonly training?: GoldenTraining;
}
const CASES = layers.cases as unknown as readonly GoldenCase[];

const inUnits = (values: readonly number[]) => Float32Array.from(values, (v) => v / 1024);

function dataOf(golden: GoldenCase): Dataset {
  const { inputShape, targetShape, training } = golden;
  const features = inputShape.reduce((a, b) => a * b, 1);
  const samples = (inputs: readonly number[], targets: readonly number[]): Samples => ({
    count: inputs.length / features,
    inputs: inUnits(inputs),
    targets: golden.classes === null ? inUnits(targets) : Int32Array.from(targets),
  });
  return {
    inputShape,
    targetKind: golden.classes === null ? 'values' : 'classes',
    targetShape,
    ...(golden.classes === null ? {} : { classes: golden.classes }),
    train: samples(golden.inputs, golden.targets),
    test: samples(training?.testInputs ?? [], training?.testTargets ?? []),
  };
}

function trainerOf(golden: GoldenCase, [precision, kernels]: Run): Trainer {
  const parts = {
    layers: golden.layers,
    loss: golden.loss,
    shuffle: false,
    optimizer: { type: 'sgd', learningRate: golden.training?.learningRate ?? 0.1 },
    training: { batchSize: golden.batch, precision, steps: golden.training?.steps ?? 1 },
  };
  const net = trainer(parts, dataOf(golden), { kernels, mode: golden.training ? 'train' : 'gradients' });
  const names = net.parameters().map(({ name }) => name);
  assert.equal(net.kernelName, kernels);
  assert.deepEqual(names.sort(), Object.keys(golden.parameters).sort());
  for (const [name, values] of Object.entries(golden.parameters)) net.setParameter(name, inUnits(values));
  return net;
}

function near(actual: number, expected: number, tolerance: number, what: string, scale = Math.abs(expected)): void {
  assert.ok(Math.abs(actual - expected) <= tolerance * scale, `${what}: ${actual}, PyTorch has ${expected}`);
}

/** @param scale of what is 0 itself, such as the gradient by a bias before a normalization: rounding leaves a trace there */
function tensorNear(
  actual: ArrayLike<number>,
  expected: readonly number[],
  tolerance: number,
  what: string,
  scale = 0,
): void {
  if (expected.every((v) => v === 0)) {
    assert.equal(actual.length, expected.length);
    const trace = Math.hypot(...Array.from(actual));
    assert.ok(trace <= tolerance * scale, `${what} is ${trace}, not 0`);
    return;
  }
  const distance = relativeDistance(actual, expected);
  assert.ok(distance < tolerance, `${what} is off by ${distance}`);
}

function compareFlow(net: Trainer, record: Float64Array, golden: GoldenBatch, tolerance: number): void {
  for (const layer of net.layout.layers) {
    const flow = golden.flow[layer.name];
    // Below a layer of whole numbers nothing comes back, and PyTorch says nothing.
    if (!flow) assert.equal(record[layer.outputGradient], 0, `gradient of ${layer.name}, where there is none`);
    else {
      const [gradient, backwardFactor, mean, std] = flow;
      near(record[layer.outputGradient]!, gradient, tolerance, `outputGradient of ${layer.name}`);
      if (backwardFactor !== null) {
        near(record[layer.flow]!, backwardFactor, tolerance, `backwardFactor of ${layer.name}`, backwardFactor || 1);
      }
      const scale = Math.hypot(mean, std);
      near(record[layer.activationStats]!, mean, tolerance, `mean of ${layer.name}`, scale);
      near(record[layer.activationStats + 1]!, std, tolerance, `standard deviation of ${layer.name}`, scale);
    }
    const times = golden.times[layer.name];
    assert.equal(layer.timeGradient?.steps, times?.length, `time steps of ${layer.name}`);
    if (!layer.timeGradient || !times) continue;
    const { offset, steps } = layer.timeGradient;
    const largest = Math.max(...times);
    for (let t = 0; t < steps; t++) {
      near(record[offset + t]!, times[t]!, tolerance, `gradient of ${layer.name} at time step ${t}`, largest);
    }
  }
}

function compareBatch(net: Trainer, golden: GoldenCase, index: number, tolerance: number): void {
  const batch = golden.batches[index]!;
  const record = net.gradients(index);
  tensorNear(net.outputOf(golden.watch), batch.output, tolerance, `output of ${golden.watch}`);
  near(record[1]!, batch.loss, tolerance, 'loss');
  const gradients = net.parameterGradients();
  const largest = Math.max(0, ...Object.values(batch.gradients).map((values) => Math.hypot(...values)));
  tensorNear(net.inputGradient(), batch.inputGradient, tolerance, 'gradient by the data', largest);
  assert.deepEqual(gradients.map(({ name }) => name).sort(), Object.keys(batch.gradients).sort());
  for (const { name, values } of gradients) {
    tensorNear(values, batch.gradients[name]!, tolerance, `gradient of ${name}`, largest);
  }
  compareFlow(net, record, batch, tolerance);
  near(net.lossAt(index), batch.loss, tolerance, 'loss alone');
}

function compareTraining(net: Trainer, golden: GoldenTraining, tolerance: number): void {
  assert.equal(net.run(golden.steps), golden.steps);
  for (const [k, loss] of golden.losses.entries()) near(net.lossOf(k + 1), loss, tolerance, `loss of step ${k + 1}`);
  for (const { name, values } of net.parameters()) {
    const expected = golden.states[name];
    if (expected) tensorNear(values, expected, tolerance, `${name} after ${golden.steps} steps`);
  }
  near(net.evaluate()!.loss, golden.testLoss, tolerance, 'loss at inference');
}

for (const golden of CASES) {
  for (const run of RUNS) {
    test(`${golden.name} agrees with PyTorch (${run.join(', ')})`, () => {
      const net = trainerOf(golden, run);
      const tolerance = TOLERANCES[run[0]];
      for (const index of golden.batches.keys()) compareBatch(net, golden, index, tolerance);
      if (golden.training) compareTraining(net, golden.training, tolerance);
    });
  }
}

test('every layer of the language is among the cases, with every option that changes its arithmetic', () => {
  // What names, starts and freezes a layer changes nothing of how it computes.
  const others = /^(name|inputs|trainable|unitForgetBias|\w*Initializer)$/;
  const written = new Map<string, Set<string>>();
  const visit = (list: readonly object[]): void => {
    for (const layer of list) {
      const { type, layers: inner } = layer as { type: string; layers?: readonly object[] };
      const options = written.get(type) ?? new Set();
      for (const option of Object.keys(layer)) options.add(option);
      written.set(type, options);
      visit(inner ?? []);
    }
  };
  for (const golden of CASES) visit(golden.layers);
  for (const [type, { fields }] of Object.entries(plainLayers)) {
    assert.ok(written.has(type), type);
    for (const field of Object.keys(fields)) {
      if (!others.test(field)) assert.ok(written.get(type)!.has(field), `${field} of ${type}`);
    }
  }
});
