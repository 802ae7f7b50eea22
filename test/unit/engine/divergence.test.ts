import assert from 'node:assert/strict';
import { test } from 'node:test';
import { divergedSentence, type NonFinite } from '../../../src/engine/divergence';
import type { Dataset } from '../../../src/spec/dataset';
import { randomData, type SpecParts, trainer } from './networks';

const dense = (units: number, activation = 'linear', more: object = {}) => ({
  type: 'dense',
  units,
  activation,
  ...more,
});
const constant = (value: number, more: object = {}) => ({ kernelInitializer: { type: 'constant', value }, ...more });

/** Four batches of four samples of five features, in order, some of it changed. */
function data(change: (inputs: Float32Array, targets: Float32Array) => void = () => {}): Dataset {
  const set = randomData({ inputShape: [5], count: 16 });
  change(set.train.inputs, set.train.targets as Float32Array);
  return set;
}
const training = { batchSize: 4, steps: 40 };

interface Case {
  readonly parts: SpecParts;
  readonly data: Dataset;
  /** The step that goes wrong, and what of it. */
  readonly step: number;
  readonly bad: NonFinite;
}
const CASES: Record<string, Case> = {
  'in the forward pass': {
    parts: { layers: [dense(6, 'relu', constant(0.1)), dense(1)], optimizer: 'adam', training, shuffle: false },
    // The third batch.
    data: data((inputs) => inputs.fill(Number.POSITIVE_INFINITY, 40, 60)),
    step: 3,
    bad: { tensor: 'the output of dense_1', layer: 'dense_1', phase: 'forward' },
  },
  'in the loss': {
    parts: { layers: [dense(6, 'tanh'), dense(1)], optimizer: 'rmsprop', training, shuffle: false },
    data: data((_, targets) => targets.fill(Number.NEGATIVE_INFINITY, 8, 12)),
    step: 3,
    bad: { tensor: 'the loss', phase: 'forward' },
  },
  'in the backward pass alone': {
    // Nothing reaches the large weights on the way forward. On the way back there is something from the third batch on.
    parts: {
      layers: [dense(3, 'linear', { kernelInitializer: 'zeros' }), dense(4, 'linear', constant(3e38))],
      optimizer: { type: 'sgd', momentum: 0.9 },
      training,
      shuffle: false,
    },
    data: wide(data((_, targets) => targets.fill(0, 0, 8).fill(10, 8))),
    step: 3,
    bad: { tensor: 'the gradient by the output of dense_1', layer: 'dense_1', phase: 'backward' },
  },
  "in a parameter's gradient alone": {
    parts: {
      layers: [dense(3, 'tanh', { kernelInitializer: 'zeros' }), dense(1, 'linear', constant(1e15))],
      optimizer: 'adagrad',
      training,
      shuffle: false,
    },
    data: data((inputs, targets) => {
      inputs.fill(1e30, 40, 60);
      targets.fill(0, 0, 8).fill(10, 8);
    }),
    step: 3,
    bad: { tensor: 'the gradient by the kernel of dense_1', layer: 'dense_1', phase: 'backward' },
  },
  'in the update alone': {
    parts: {
      layers: [dense(6, 'tanh'), dense(1)],
      optimizer: { type: 'sgd', learningRate: 1e38 },
      training,
      shuffle: false,
    },
    data: data((_, targets) => targets.fill(1e6, 0, 4)),
    step: 1,
    bad: { tensor: 'the kernel of dense_1', layer: 'dense_1', phase: 'update' },
  },
  'in what the optimizer keeps': {
    // The square of a gradient of 1e30 is beyond float32, the gradient and what is left of the step are not.
    parts: { layers: [dense(1, 'linear', { useBias: false })], optimizer: 'adam', training, shuffle: false },
    data: data((inputs, targets) => {
      inputs.fill(1e15, 40, 60);
      targets.fill(1e15, 8, 12);
    }),
    step: 3,
    bad: { tensor: 'what the optimizer keeps for the kernel of dense_1', layer: 'dense_1', phase: 'update' },
  },
};

/** Targets of four numbers, all alike. */
function wide(set: Dataset): Dataset {
  const targets = Float32Array.from({ length: 4 * set.train.count }, (_, i) => set.train.targets[i >> 2]!);
  return { ...set, targetShape: [4], train: { ...set.train, targets } };
}

for (const kernels of ['auto', 'reference'] as const) {
  for (const [name, { parts, data, step, bad }] of Object.entries(CASES)) {
    test(`what is not finite ${name} stops the run before it does harm (${kernels})`, () => {
      const net = trainer(parts, data, { kernels });
      assert.equal(net.run(40), step);
      assert.deepEqual([net.step, net.diverged, net.nonFinite], [step, true, bad]);
      assert.equal(net.run(1), 0);
      const record = new Float64Array(net.layout.width);
      net.readRecord(step, record);
      assert.equal(record[0], step);
      const shorter = trainer({ ...parts, training: { ...training, steps: Math.max(1, step - 1) } }, data, { kernels });
      if (step > 1) assert.equal(shorter.run(40), step - 1);
      assert.equal(shorter.diverged, false);
      assert.deepEqual(net.parameters(), shorter.parameters());
    });
  }

  test(`a rate far too large ends with the weights of the last good step (${kernels})`, () => {
    const layers = [dense(6, 'relu'), dense(6, 'relu'), dense(1)];
    const parts = { layers, optimizer: { type: 'sgd', learningRate: 1e25 }, training: { batchSize: 4, steps: 100 } };
    const make = () => trainer(parts, randomData({ inputShape: [5], count: 12 }), { kernels });
    const net = make();
    const done = net.run(100);
    assert.ok(done > 1 && done < 10 && net.diverged && net.nonFinite, `${done} steps`);
    const good = make();
    assert.equal(good.run(done - 1), done - 1);
    assert.deepEqual(net.parameters(), good.parameters());
    assert.ok(net.parameters().every(({ values }) => values.every(Number.isFinite)));
  });

  test(`a net of large numbers trains on, step by step the same as ever (${kernels})`, () => {
    // Beyond what is taken for calm, so each step is supervised, but far from float32's end.
    const parts = {
      layers: [dense(6, 'relu', constant(1e6)), dense(1)],
      optimizer: { type: 'sgd', learningRate: 1e-20 },
    };
    const net = trainer({ ...parts, training: { batchSize: 4, steps: 12 } }, data(), { kernels });
    assert.equal(net.run(12), 12);
    assert.equal(net.nonFinite, undefined);
  });
}

test('weights that are not finite are found in the output of their layer', () => {
  const net = trainer({ layers: [dense(3, 'tanh'), dense(2), dense(1)] }, randomData({ inputShape: [4] }));
  net.setParameter('dense_2/bias', [1, Number.NaN]);
  const bad = { tensor: 'the output of dense_2', layer: 'dense_2', phase: 'forward' };
  net.gradients(0);
  assert.deepEqual(net.nonFinite, bad);
  assert.equal(net.run(5), 1);
  assert.deepEqual([net.diverged, net.nonFinite], [true, bad]);
});

test('the moving averages of batch normalization are those of the last good step too', () => {
  const parts = {
    layers: [dense(4), { type: 'batchNormalization' }, dense(1)],
    optimizer: 'adam',
    training,
    shuffle: false,
  };
  const set = data((_, targets) => targets.fill(Number.NEGATIVE_INFINITY, 8, 12));
  const [net, shorter] = [trainer(parts, set), trainer(parts, set)];
  assert.equal(net.run(40), 3);
  shorter.run(2);
  assert.deepEqual(net.parameters(), shorter.parameters());
  const moving = net.parameters().find(({ name }) => name.endsWith('movingMean'))!;
  assert.ok(moving.values.some((v) => v !== 0));
});

test('the sentence names tensor, pass, step and what is kept', () => {
  const bad: NonFinite = { tensor: 'the output of dense_3', layer: 'dense_3', phase: 'forward' };
  const what = 'the output of dense_3 is not finite (forward pass).';
  assert.equal(divergedSentence(bad, 212), `Step 212 diverged: ${what} The weights of step 211 are kept.`);
  assert.equal(divergedSentence(bad, 1), `Step 1 diverged: ${what} The initial weights are kept.`);
  assert.equal(divergedSentence(bad, 0), `At initialization ${what}`);
});

test('data as large as prices or pixels are calm: no step of them has to be supervised', () => {
  const large = data((inputs) => {
    for (let i = 0; i < inputs.length; i++) inputs[i] = 255 + 10_000 * Math.abs(inputs[i]!);
  });
  const parts = { layers: [dense(6, 'relu', constant(1e-6)), dense(1)], optimizer: 'adam', training, shuffle: false };
  const net = trainer(parts, large);
  net.run(3);
  assert.equal(net.diverged, false);
  assert.equal(net.supervisedSteps, 0);
});
