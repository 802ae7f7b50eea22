import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NonFinite } from '../../../src/engine/divergence';
import { divergedSentence } from '../../../src/engine/divergence';
import type { Dataset } from '../../../src/spec/dataset';
import { randomData, type SpecParts, trainer } from './networks';

const dense = (units: number, activation = 'linear', more: object = {}) => ({
  type: 'dense',
  units,
  activation,
  ...more,
});
const adam = { type: 'adam', learningRate: 1e-3 };

interface Case {
  readonly parts: SpecParts;
  readonly data: Dataset;
  /** The step that goes wrong, and what of it. */
  readonly step: number;
  readonly bad: NonFinite;
}

/** Four batches of four, in order; one of them with something that only then goes wrong. */
const data = (change: (inputs: Float32Array, targets: Float32Array) => void = () => {}): Dataset => {
  const set = randomData({ inputShape: [5], count: 16 });
  change(set.train.inputs, set.train.targets as Float32Array);
  return set;
};
const training = { batchSize: 4, steps: 40 };
const common = { shuffle: false, optimizer: adam, training };

const CASES: Record<string, Case> = {
  'in the forward pass': {
    // The third batch has an input whose product with a weight is beyond float32.
    parts: { ...common, layers: [dense(6, 'relu', { kernelInitializer: 'ones' }), dense(1)] },
    data: data((inputs) => inputs.fill(3e38, 40, 60)),
    step: 3,
    bad: { tensor: 'the output of dense_1', layer: 'dense_1', phase: 'forward' },
  },
  'in the loss': {
    parts: { ...common, layers: [dense(6, 'tanh'), dense(1)] },
    data: data((_, targets) => targets.fill(Number.POSITIVE_INFINITY, 8, 12)),
    step: 3,
    bad: { tensor: 'the loss', phase: 'forward' },
  },
  'in the backward pass alone': {
    // The loss of a target is infinite at 1e38 in float32 but the outputs are not; hinge has no square.
    parts: {
      ...common,
      loss: 'hinge',
      layers: [
        dense(3, 'linear', { kernelInitializer: { type: 'constant', value: 3e38 }, trainable: false }),
        dense(1),
      ],
    },
    data: data((inputs) => inputs.fill(0)),
    step: 1,
    bad: { tensor: 'the gradient by the output of dense_1', layer: 'dense_1', phase: 'backward' },
  },
};
void CASES;
void divergedSentence;
test('probe', () => {
  for (const [name, { parts, data: d }] of Object.entries(CASES)) {
    const net = trainer(parts, d);
    net.run(40);
    console.log(name, net.step, net.diverged, JSON.stringify(net.nonFinite), net.step ? net.lossOf(net.step) : 0);
  }
});
