// Owns the estimate of what a network takes, made before anything is allocated.
import type { DataShape, Graph, GraphLayer } from './network';
import type { OptimizerSpec, Spec } from './schema';
import { product } from './shapes';

/** Layers whose output is their input under another name. */
const ALIASES: ReadonlySet<string> = new Set(['flatten', 'reshape']);
/** Their slope is computed from the output, so that the pre-activation need not be kept. */
const FROM_OUTPUT: ReadonlySet<string> = new Set(
  'linear relu tanh sigmoid leakyRelu elu selu softplus softsign hardSigmoid hardTanh relu6 softmax'.split(' '),
);

/** Steps that are prepared and recorded at once. */
const STEPS_IN_HAND = 256;

export interface MemoryEstimate {
  readonly bytes: number;
  /** By what it is for; the sum is `bytes`. */
  readonly parameters: number;
  readonly values: number;
  readonly data: number;
  /** Bytes of each layer, parameters and values, in the order of the graph. */
  readonly layers: readonly number[];
}

/** @returns bytes of the whole, for training with all that is recorded */
export function estimateMemory(graph: Graph, spec: Spec, dataShape: DataShape): number {
  return memoryOf(graph, spec, dataShape).bytes;
}

export function memoryOf(graph: Graph, spec: Spec, dataShape: DataShape): MemoryEstimate {
  const element = spec.training.precision === 'float64' ? 8 : 4;
  // A batch is never larger than what there is to train on.
  const batch = Math.min(spec.training.batchSize, dataShape.trainSamples ?? Number.POSITIVE_INFINITY);
  const columns = Math.ceil(batch / 8) * 8;
  const copies = 2 + optimizerStates(spec.optimizer);
  let parameters = 0;
  const output = graph.layers[graph.output]!;
  // The batch and its gradient, the loss's gradient and targets, and which samples each of the steps in hand takes.
  let values = columns * (element * 2 * (product(graph.inputShape) + product(output.outputShape)) + 4 * STEPS_IN_HAND);
  const consumers = new Uint32Array(graph.layers.length);
  for (const { inputs } of graph.layers) for (const i of inputs) if (i >= 0) consumers[i]!++;
  const layers = graph.layers.map((layer) => {
    const own = layer.parameters.reduce((n, p) => n + product(p.shape) * (p.trainable ? copies : 2), 0) * element;
    // Who is taken by several gets a gradient from each before they are merged.
    const merged = consumers[layer.index]! > 1 ? consumers[layer.index]! : 0;
    const stored = element * columns * product(layer.outputShape) * (keptValues(layer) + merged);
    parameters += own;
    values += stored;
    return own + stored;
  });
  // As made or read, as arranged, and again where the engine reads its batches from.
  const kept = (dataShape.trainSamples ?? 0) + (dataShape.testSamples ?? 0);
  const made = 'samples' in spec.data ? spec.data.samples : kept;
  const sample = product(graph.inputShape) + product(dataShape.targetShape ?? []);
  const data = sample * (4 * made + (4 + element) * kept);
  return { bytes: parameters + values + data, parameters, values, data, layers };
}

/** Numbers that the update rule keeps beside each weight. */
export function optimizerStates(optimizer: OptimizerSpec): 0 | 1 | 2 {
  switch (optimizer.type) {
    case 'sgd':
      return optimizer.momentum > 0 ? 1 : 0;
    case 'rmsprop':
      return optimizer.momentum > 0 ? 2 : 1;
    case 'adagrad':
    case 'lion':
      return 1;
    case 'adadelta':
    case 'adam':
    case 'adamw':
    case 'nadam':
      return 2;
  }
}

/** How many tensors of the output's size are kept: h, its gradient, z where its slope needs it, gates and scores. */
function keptValues({ spec, inputShapes }: GraphLayer): number {
  if (ALIASES.has(spec.type)) return 0;
  const own = 2 + ('activation' in spec && !FROM_OUTPUT.has(spec.activation) ? 1 : 0);
  switch (spec.type) {
    case 'simpleRNN':
    case 'lstm':
    case 'gru': {
      const steps = inputShapes[0]?.[0] ?? 1;
      // States; gates, with both sides of a GRU that resets after the product; cells or what was reset.
      const sides = spec.type === 'simpleRNN' ? own - 1 : spec.type === 'lstm' ? 5 : spec.resetAfter ? 6 : 4;
      const outputs = (spec.returnSequences ? 1 : 0) + (spec.returnSequences && spec.goBackwards ? 1 : 0);
      // Once for the whole sequence: zeros, gradients that go from one time step to the next, that of a last state.
      const once = spec.type === 'lstm' ? 5 : 4;
      const planes = steps * (1 + sides + outputs) + once;
      return spec.returnSequences ? planes / steps : planes;
    }
    case 'multiHeadAttention': {
      const [steps = 1, features = 1] = inputShapes[0] ?? [];
      const heads = spec.numHeads * (2 * spec.keyDim + 2 * spec.valueDim + steps);
      return own + (2 * heads) / features;
    }
    default:
      return own;
  }
}
