import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors';
import { gradientReport } from '../../../src/engine/gradientReport';
import { RING_STEPS, Trainer } from '../../../src/engine/trainer';
import { analyzeSpec } from '../../../src/spec/analyze';
import type { Dataset } from '../../../src/spec/dataset';
import { network, randomData, relativeDistance, type SpecParts, trainer } from './networks';

const dense = (units: number, activation = 'linear', more: object = {}) => ({
  type: 'dense',
  units,
  activation,
  ...more,
});
const kernels = ['auto', 'reference'] as const;

/** The record of a step of the last run, by names. */
function report(net: Trainer, step: number) {
  const record = new Float64Array(net.layout.width);
  net.readRecord(step, record);
  return { record, ...gradientReport(record, net.layout, net.batchSize) };
}

/** All numbers that a training leaves behind: records of every step and the weights. */
function trace(
  parts: SpecParts,
  data: Dataset,
  chunk: number,
  seed: number,
  choice: (typeof kernels)[number],
): number[] {
  const net = trainer({ ...parts, seed }, data, { kernels: choice });
  const numbers: number[] = [];
  const record = new Float64Array(net.layout.width);
  while (net.step < net.totalSteps) {
    const before = net.step;
    const done = net.run(chunk);
    assert.ok(done > 0);
    for (let step = before + 1; step <= net.step; step++) {
      net.readRecord(step, record);
      numbers.push(...record);
    }
  }
  for (const { values } of net.parameters()) numbers.push(...values);
  return numbers;
}

const deep = (times: number, units: number) => [{ type: 'repeat', times, layers: [dense(units, 'sigmoid')] }, dense(3)];
const firstLayerNorm = (net: Trainer) => gradientReport(net.gradients(0), net.layout, net.batchSize).layers[0]!;

for (const choice of kernels) {
  test(`the gradient of 50 sigmoid layers is true, not 0 (${choice})`, () => {
    const parts = { layers: deep(50, 20), loss: 'softmaxCrossEntropy', training: { batchSize: 16 } };
    const data = randomData({ inputShape: [6], classes: 3, count: 16 });
    const exact = firstLayerNorm(
      trainer({ ...parts, training: { batchSize: 16, precision: 'float64' } }, data, { mode: 'gradients' }),
    );
    const { parameters, outputGradient, cumulative } = firstLayerNorm(
      trainer(parts, data, { kernels: choice, mode: 'gradients' }),
    );
    const l2 = parameters.kernel!.l2!;
    assert.ok(l2 > 1e-36 && l2 < 1e-26, `l2 is ${l2}`);
    for (const measure of ['l2', 'rms', 'std', 'min', 'max'] as const) {
      const expected = exact.parameters.kernel![measure]!;
      assert.ok(Math.abs(parameters.kernel![measure]! / expected - 1) < 1e-3, measure);
    }
    assert.ok(Math.abs(outputGradient.l2! / exact.outputGradient.l2! - 1) < 1e-3);
    assert.ok(Math.abs(cumulative! / exact.cumulative! - 1) < 1e-3);
    assert.equal(parameters.kernel!.zeroFraction, 0);
  });

  test(`a gradient of 1e-200 is shown as such, and the optimizer's underflow is counted (${choice})`, () => {
    const parts = { layers: deep(320, 8), loss: 'softmaxCrossEntropy', training: { batchSize: 8, steps: 2 } };
    const data = randomData({ inputShape: [6], classes: 3, count: 8 });
    const exactParts = { ...parts, training: { batchSize: 8, precision: 'float64' } };
    const exact = firstLayerNorm(trainer(exactParts, data, { mode: 'gradients' })).parameters.kernel!;
    const net = trainer(parts, data, { kernels: choice });
    assert.equal(net.run(2), 2);
    const kernel = report(net, 1).layers[0]!.parameters.kernel!;
    assert.ok(exact.l2! > 1e-250 && exact.l2! < 1e-150, `float64 has ${exact.l2}`);
    assert.ok(Math.abs(kernel.l2! / exact.l2! - 1) < 5e-3, `${kernel.l2} for ${exact.l2}`);
    assert.equal(kernel.underflowFraction, 1);
    assert.equal(kernel.updateRatio, 0);
    const units = net.unitGradient('dense_1/1', 'kernel');
    assert.ok(Math.abs(Math.hypot(...units.map((u) => u / kernel.l2!)) - 1) < 0.05, 'unit norms make up the whole');
    const { positive, negative, firstPower } = net.gradientHistogram('dense_1/1', 'kernel');
    const counted = [...positive, ...negative].reduce((a, b) => a + b);
    assert.ok(counted > 0.9 * 48 && firstPower < -500, `${counted} entries from 2^${firstPower} on`);
    const values = net.parameterGradients()[0]!.values;
    assert.ok(values.every((v) => v !== 0 && Math.abs(v) < 1e-140));
  });

  test(`a gradient that explodes beyond float32 is true (${choice})`, () => {
    // Inputs of 0 keep every activation at 0, where tanh has slope 1: only the way back grows.
    const one = randomData({ inputShape: [6], count: 8 });
    const data = { ...one, train: { ...one.train, inputs: new Float32Array(48) } };
    const large = { kernelInitializer: { type: 'randomNormal', stddev: 60 } };
    const layers = [{ type: 'repeat', times: 30, layers: [dense(8, 'tanh', large)] }, dense(1, 'linear', large)];
    const exactParts = { layers, training: { batchSize: 8, precision: 'float64' } };
    const exact = firstLayerNorm(trainer(exactParts, data, { mode: 'gradients' })).parameters.bias!;
    const net = trainer({ layers, training: { batchSize: 8 } }, data, { kernels: choice });
    const bias = firstLayerNorm(net).parameters.bias!;
    assert.ok(exact.l2! > 1e50, `float64 has ${exact.l2}`);
    assert.ok(Math.abs(bias.l2! / exact.l2! - 1) < 1e-4, `${bias.l2} for ${exact.l2}`);
    assert.equal(bias.nonFinite, 0);
    net.run(5);
    assert.equal(net.diverged, true, 'the update is beyond float32');
    assert.deepEqual([net.step, net.nonFinite?.layer, net.nonFinite?.phase], [1, 'dense_1/1', 'update']);
  });

  test(`the same seed gives the same bits, however the steps are divided; another seed others (${choice})`, () => {
    const parts: SpecParts = {
      layers: [dense(9, 'tanh'), { type: 'dropout', rate: 0.25 }, dense(7, 'gelu'), dense(3)],
      loss: 'softmaxCrossEntropy',
      optimizer: { type: 'adam', learningRate: 0.01 },
      training: { batchSize: 4, steps: 17 },
    };
    const data = randomData({ inputShape: [5], classes: 3, count: 11 });
    const once = trace(parts, data, 17, 3, choice);
    assert.deepEqual(trace(parts, data, 17, 3, choice), once);
    assert.deepEqual(trace(parts, data, 5, 3, choice), once);
    assert.notDeepEqual(trace(parts, data, 17, 4, choice), once);
  });
}

test('float32 kernels train like the reference', () => {
  const parts: SpecParts = {
    layers: [
      { type: 'flatten' },
      dense(33, 'relu', { kernelInitializer: 'heNormal' }),
      { type: 'residual', layers: [dense(17, 'tanh'), dense(33, 'silu')] },
      { type: 'dropout', rate: 0.2 },
      dense(5),
    ],
    loss: 'softmaxCrossEntropy',
    optimizer: { type: 'sgd', learningRate: 0.05, momentum: 0.9 },
    training: { batchSize: 13, epochs: 4, clipNorm: 2 },
  };
  const data = randomData({ inputShape: [7, 5], classes: 5, count: 50, testCount: 21 });
  const [fast, slow] = kernels.map((choice) => trainer(parts, data, { kernels: choice }));
  assert.ok(fast && slow);
  assert.match(fast.kernelName, /^wasm/);
  assert.equal(slow.kernelName, 'reference');
  assert.equal(fast.totalSteps, 16);
  assert.equal(fast.run(100), 16);
  slow.run(100);
  for (const [k, { values, name }] of fast.parameters().entries()) {
    assert.ok(relativeDistance(values, slow.parameters()[k]!.values) < 1e-4, name);
  }
  const [a, b] = [report(fast, 15).record, report(slow, 15).record];
  for (const [k, value] of a.entries()) {
    const same = Number.isNaN(value) ? Number.isNaN(b[k]!) : Math.abs(value - b[k]!) <= 2e-3 * Math.abs(b[k]!) + 2e-5;
    assert.ok(same, `column ${k}: ${value} and ${b[k]}`);
  }
  assert.ok(Math.abs(fast.evaluate()!.loss / slow.evaluate()!.loss - 1) < 1e-4);
});

test('the steps of the factor ladder lead from each layer to the one before it', () => {
  const layers = [{ type: 'repeat', times: 4, layers: [dense(6, 'tanh')] }, { type: 'dropout', rate: 0.3 }, dense(2)];
  const net = trainer({ layers, training: { batchSize: 11 } }, randomData({ inputShape: [5], targetShape: [2] }));
  assert.equal(net.run(1), 1);
  const all = report(net, 1).layers;
  for (let l = 1; l < all.length; l++) {
    const [before, after] = [all[l - 1]!, all[l]!];
    const step = after.weightFactor! * before.activationFactor!;
    const ratio = before.outputGradient.l2! / after.outputGradient.l2!;
    assert.ok(Math.abs(step / ratio - 1) < 1e-5, `${after.name}: ${step} and ${ratio}`);
    assert.ok(Math.abs(before.cumulative! / after.cumulative! / ratio - 1) < 1e-9);
    assert.ok(Math.abs(after.backwardFactor! / (after.weightFactor! * after.activationFactor!) - 1) < 1e-12);
  }
  assert.equal(all.at(-1)!.cumulative, 1);
  assert.equal(all[0]!.backwardFactor, undefined, 'training does not go back to the data');
  const measured = gradientReport(net.gradients(0), net.layout, net.batchSize);
  assert.ok(measured.layers[0]!.backwardFactor! > 0);
});

test('the factor of a layer that shares its input is its own, not its neighbours’', () => {
  const layers = [
    dense(6, 'tanh', { name: 'a' }),
    dense(1, 'linear', { name: 'b', inputs: ['a'] }),
    dense(1, 'linear', { name: 'c', inputs: ['a'] }),
    { type: 'add', name: 'sum', inputs: ['b', 'c'] },
  ];
  const net = trainer({ layers, training: { batchSize: 11 } }, randomData({ inputShape: [5] }));
  const kernels = Object.fromEntries(net.parameters().map(({ name, values }) => [name, Math.hypot(...values)]));
  net.run(1);
  const all = report(net, 1).layers;
  // One unit: ∂L/∂a = w ∂L/∂z for every sample, so that the norms' ratio is ‖w‖.
  for (const k of [1, 2]) {
    const expected = kernels[`${all[k]!.name}/kernel`]!;
    assert.ok(Math.abs(all[k]!.weightFactor! / expected - 1) < 1e-5);
  }
  assert.equal(all[3]!.weightFactor, Math.SQRT2);
});

test('updateRatio is what was applied, and a frozen layer keeps its weights but shows its gradient', () => {
  const layers = [dense(6, 'tanh', { trainable: false }), dense(4, 'tanh'), dense(1)];
  const optimizer = { type: 'sgd', learningRate: 0.3, weightDecay: 0.1 };
  for (const training of [
    { batchSize: 11, steps: 3 },
    { batchSize: 11, steps: 3, clipNorm: 0.01 },
  ]) {
    const net = trainer({ layers, optimizer, training }, randomData({ inputShape: [5] }));
    net.run(1);
    const before = net.parameters();
    net.run(1);
    const after = net.parameters();
    const [frozen, free] = report(net, 2).layers;
    assert.deepEqual(after[0]!.values, before[0]!.values);
    assert.ok(frozen!.parameters.kernel!.l2! > 0);
    assert.equal(frozen!.parameters.kernel!.updateRatio, 0);
    const ratio = relativeDistance(after[2]!.values, before[2]!.values);
    assert.ok(Math.abs(free!.parameters.kernel!.updateRatio! / ratio - 1) < 1e-4);
  }
});

test('every sample is seen once an epoch, in another order each, the last batch short', () => {
  const parts = { layers: [dense(1, 'linear', { useBias: false })], training: { batchSize: 4, epochs: 2 } };
  const count = 10;
  const one = randomData({ inputShape: [1], count });
  const data = { ...one, train: { ...one.train, inputs: Float32Array.from({ length: count }, (_, i) => i + 1) } };
  const net = trainer(parts, data);
  assert.equal(net.stepsPerEpoch, 3);
  assert.equal(net.totalSteps, 6);
  const batches = [0, 1, 2].map((k) => [...net.batch(k).inputs]);
  assert.deepEqual(
    batches.map((b) => b.length),
    [4, 4, 2],
  );
  const seen = batches.flat();
  assert.notDeepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    [...data.train.inputs],
  );
  assert.deepEqual(net.batch(2).inputShape, [2, 1]);
  // What the steps saw is what `batch` says: the output's mean is the batch's mean times the weight.
  const weight = net.parameters()[0]!.values[0]!;
  const mean = report(trained(net, 1), 1).layers[0]!.activation.mean!;
  assert.ok(Math.abs(mean / ((weight * batches[0]!.reduce((a, b) => a + b)) / 4) - 1) < 1e-6);
  assert.throws(() => net.batch(3), UserError);
});

function trained(net: Trainer, steps: number): Trainer {
  assert.equal(net.run(steps), steps);
  return net;
}

test('dropout keeps the mean, drops its share, changes every step, and is absent from evaluation', () => {
  const one = randomData({ inputShape: [400], count: 64, testCount: 16 });
  const ones = (count: number) => ({
    count,
    inputs: new Float32Array(count * 400).fill(1),
    targets: new Float32Array(count),
  });
  const data = { ...one, train: ones(64), test: ones(16) };
  const layers = [{ type: 'dropout', rate: 0.3 }, dense(1, 'linear', { kernelInitializer: 'ones', trainable: false })];
  const net = trainer({ layers, training: { batchSize: 64, steps: 2 } }, data);
  trained(net, 2);
  const [first, second] = [report(net, 1), report(net, 2)];
  const { mean, zeroFraction } = first.layers[0]!.activation;
  // 25,600 draws: the share's standard deviation is 0.003.
  assert.ok(Math.abs(zeroFraction! - 0.3) < 0.015, `${zeroFraction}`);
  assert.ok(Math.abs(mean! - 1) < 0.02, `${mean}`);
  assert.notEqual(first.loss, second.loss);
  assert.ok(Math.abs(net.evaluate()!.loss - 400 ** 2) < 1);
});

test('evaluation takes every test sample once, however many a batch holds', () => {
  const parts = { layers: [dense(3)], loss: 'softmaxCrossEntropy', training: { batchSize: 4 } };
  const data = randomData({ inputShape: [5], classes: 3, count: 6, testCount: 10 });
  const whole = trainer({ ...parts, training: { batchSize: 10 } }, { ...data, train: data.test, test: data.test });
  const expected = whole.evaluate()!;
  const actual = trainer(parts, data).evaluate()!;
  assert.ok(Math.abs(actual.loss - expected.loss) < 1e-6);
  assert.ok(Math.abs(actual.metric - expected.metric) < 1e-12);
  assert.equal(trainer(parts, { ...data, test: { ...data.test, count: 0 } }).evaluate(), undefined);
});

test('a run ends at its last step, and no call does more than the ring holds', () => {
  const parts = { layers: [dense(1)], training: { batchSize: 4, steps: RING_STEPS + 10 } };
  const net = trainer(parts, randomData({ inputShape: [2], count: 12 }));
  assert.equal(net.run(10_000), RING_STEPS);
  assert.equal(net.run(10_000), 10);
  assert.equal(net.run(10_000), 0);
  assert.equal(net.step, net.totalSteps);
  assert.throws(() => net.lossOf(1));
  assert.ok(Number.isFinite(net.lossOf(net.step)));
});

test('parameters go out and in as TensorFlow.js lays them out', () => {
  const net = trainer({ layers: [dense(2)] }, randomData({ inputShape: [3], targetShape: [2] }), { mode: 'gradients' });
  assert.deepEqual(
    net.parameters().map(({ name, shape }) => [name, shape]),
    [
      ['dense_1/kernel', [3, 2]],
      ['dense_1/bias', [2]],
    ],
  );
  net.setParameter('dense_1/kernel', [1, 2, 3, 4, 5, 6]);
  assert.deepEqual([...net.parameters()[0]!.values], [1, 2, 3, 4, 5, 6]);
  assert.throws(() => net.setParameter('dense_1/kernel', [1]));
  assert.throws(() => net.setParameter('dense_9/kernel', [1]));
  assert.equal(net.run(5), 0, 'a trainer for gradients does not train');
});

test('accuracy counts right predictions, meanAbsoluteError the distance', () => {
  const data = randomData({ inputShape: [3], classes: 3, count: 9 });
  const inputs = new Float32Array(27);
  for (let i = 0; i < 9; i++) inputs[i * 3 + ((data.train.targets[i]! + (i < 3 ? 1 : 0)) % 3)] = 5;
  const layers = [dense(3, 'linear', { kernelInitializer: 'identity' })];
  const right = { ...data, train: { ...data.train, inputs } };
  const net = trainer({ layers, loss: 'softmaxCrossEntropy', training: { batchSize: 9 } }, right);
  assert.equal(net.layout.metric, 'accuracy');
  trained(net, 1);
  assert.ok(Math.abs(net.metricOf(1) - 6 / 9) < 1e-12);
});

test('a network that the machine has no memory for is refused in words', () => {
  const dataset = randomData({ inputShape: [2] });
  const text = JSON.stringify({
    netspec: 1,
    data: { source: 'blobs' },
    layers: [dense(1_000_000), dense(10_000_000), dense(1)],
    loss: 'meanSquaredError',
  });
  const dataShape = { inputShape: [2], targetKind: 'values', targetShape: [1], classes: undefined } as const;
  const { spec, graph } = analyzeSpec(text, { dataShape, memoryLimitBytes: 1e18 });
  assert.ok(spec && graph);
  for (const choice of kernels) {
    assert.throws(() => Trainer.create({ spec, graph, dataset, kernels: choice }), UserError);
  }
});

test('a seed given to the trainer goes before the spec’s', () => {
  const parts = { layers: [dense(1)] };
  const data = randomData({ inputShape: [2] });
  const own = network(parts, data);
  const weights = (seed?: number) => [
    ...Trainer.create({ ...own, ...(seed === undefined ? {} : { seed }) }).parameters()[0]!.values,
  ];
  assert.deepEqual(weights(1), weights());
  assert.notDeepEqual(weights(2), weights());
});

test('signal propagates as mean field theory says: a sigmoid layer passes back 0.2048 of the gradient', () => {
  // σw² = σb² = 1: √χ = 0.2048 at the fixed point (Schoenholz et al. 2017), reached after two layers.
  const layer = dense(200, 'sigmoid', {
    kernelInitializer: { type: 'randomNormal', stddev: Math.sqrt(1 / 200) },
    biasInitializer: { type: 'randomNormal', stddev: 1 },
  });
  const layers = [{ type: 'repeat', times: 8, layers: [layer] }, dense(10)];
  const data = randomData({ inputShape: [200], classes: 10, count: 32 });
  let sum = 0;
  let count = 0;
  for (const seed of [1, 2, 3, 4]) {
    const net = trainer({ layers, loss: 'softmaxCrossEntropy', seed }, data, { mode: 'gradients' });
    const all = gradientReport(net.gradients(0), net.layout, net.batchSize).layers;
    for (let l = 2; l < 7; l++) {
      sum += Math.log(all[l]!.outputGradient.l2! / all[l + 1]!.outputGradient.l2!);
      count++;
    }
  }
  const factor = Math.exp(sum / count);
  assert.ok(Math.abs(factor / 0.2048 - 1) < 0.04, `${factor}`);
});

test('inputs that only the first weights, all 0, hide are looked at before the first step', () => {
  const data = randomData({ inputShape: [3], count: 8 });
  data.train.inputs.fill(3e38);
  data.train.targets.fill(10);
  const net = trainer({ layers: [dense(1, 'linear', { kernelInitializer: 'zeros' })], training: { steps: 3 } }, data);
  assert.equal(net.run(3), 1);
  assert.ok(net.diverged);
  assert.ok(
    net.parameters().every(({ values }) => values.every((v) => v === 0)),
    'the initial weights are kept',
  );
});

test('a step allocates nothing: 10,000 of them leave the heap as it was', () => {
  const layers = [dense(8, 'tanh'), { type: 'dropout', rate: 0.1 }, dense(8, 'tanh'), dense(1)];
  const parts = { layers, optimizer: 'adam', training: { batchSize: 16, steps: 60_000 } };
  const net = trainer(parts, randomData({ inputShape: [2], count: 4096 }));
  const steps = (wanted: number) => {
    for (let done = 0; done < wanted; ) done += net.run(wanted - done);
  };
  // Long enough for the compilers to be done with it.
  steps(10_000);
  // The least of a few, since others allocate as well: the test runner does.
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const before = process.memoryUsage().heapUsed;
    steps(10_000);
    const grown = process.memoryUsage().heapUsed - before;
    // A collection in between would hide what was allocated; it makes the difference negative.
    if (grown >= 0) least = Math.min(least, grown);
  }
  assert.ok(least < 256 * 1024, `${least} bytes`);
});
