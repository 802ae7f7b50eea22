// Owns what a layer keeps of a batch while it trains, beside its parameters: a mirror of what the files in the engine's
// `layers` ask memory for, held to them by a test. What the whole takes is `memory.ts`'s.
import type { GraphLayer } from './network';
import { product } from './shapes';

export interface LayerMemory {
  /** Numbers kept for every sample of a batch: the output, what the way back needs of the way there, gradients. */
  readonly values: number;
  /** Numbers kept once, whatever the batch. */
  readonly constants: number;
  /** Operations of one way through the layer, roughly. */
  readonly operations: number;
  /** Time steps that are measured one by one. */
  readonly timeSteps: number;
}

/** Their slope is computed from the output, so that the pre-activation need not be kept. */
const FROM_OUTPUT: ReadonlySet<string> = new Set(
  'linear relu tanh sigmoid leakyRelu elu selu softplus softsign hardSigmoid hardTanh relu6 softmax'.split(' '),
);
/** Filters that a convolution's kernel is packed by. */
const PACKED_FILTERS = 4;
/** Numbers that a normalization keeps of each channel or group. */
const BATCH_MOMENTS = 4;
const SAMPLE_MOMENTS = 3;

/**
 * A layer's gradient by its input is kept where it is not the gradient by its output, overwritten. That gradient itself
 * is the one that the layer behind it keeps.
 */
export function layerMemory(layer: GraphLayer): LayerMemory {
  const { spec, inputShapes, outputShape } = layer;
  const output = product(outputShape);
  const input = product(inputShapes[0]!);
  const activated = 'activation' in spec && !FROM_OUTPUT.has(spec.activation) ? 2 * output : output;
  const keeps = (values: number, more: Partial<LayerMemory> = {}): LayerMemory => ({
    values,
    constants: 0,
    operations: 2,
    timeSteps: 0,
    ...more,
  });
  switch (spec.type) {
    case 'flatten':
    case 'reshape':
      return keeps(0);
    case 'activation':
      // Its pre-activation is its input.
      return keeps(output);
    case 'positionalEmbedding':
      return keeps(output);
    case 'dense':
      return keeps(activated + input);
    case 'dropout':
      return keeps(2 * output);
    case 'add': {
      // One input gets the gradient itself, the others copies.
      const copied = inputShapes.findIndex((_, k) => (layer.coefficients?.[k] ?? 1) === 1) >= 0 ? 1 : 0;
      return keeps(output * (1 + inputShapes.length - copied));
    }
    case 'concatenate':
    case 'multiply':
      return keeps(output + inputShapes.reduce((sum, shape) => sum + product(shape), 0));
    case 'embedding':
      return keeps(output + input + 1);
    case 'conv1d':
    case 'conv2d': {
      const [channels, cells] = [inputShapes[0]!.at(-1)!, product([spec.kernelSize].flat())];
      const packed = (n: number) => Math.ceil(n / PACKED_FILTERS) * PACKED_FILTERS;
      const constants = cells * Math.max(packed(spec.filters) * channels, packed(channels) * spec.filters);
      return keeps(activated + input, { constants });
    }
    case 'depthwiseConv2d':
      return keeps(activated + input);
    case 'maxPooling1d':
    case 'maxPooling2d':
    case 'globalMaxPooling2d':
      // With it, which cell of each window was the largest.
      return keeps(2 * output + input);
    case 'averagePooling1d':
    case 'averagePooling2d':
    case 'globalAveragePooling1d':
    case 'globalAveragePooling2d':
      return keeps(output + input);
    case 'batchNormalization':
      return keeps(2 * output, { constants: BATCH_MOMENTS * outputShape.at(-1)! });
    case 'groupNormalization':
      return keeps(2 * output + SAMPLE_MOMENTS * spec.groups);
    case 'layerNormalization':
    case 'rmsNormalization':
      return keeps(2 * output + SAMPLE_MOMENTS * (output / outputShape.at(-1)!));
    case 'simpleRNN':
    case 'lstm':
    case 'gru':
      return recurrent(spec, inputShapes[0]!);
    case 'multiHeadAttention': {
      const [steps = 1] = outputShape;
      const { numHeads, keyDim, valueDim, dropout } = spec;
      const projected = steps * numHeads * (2 * keyDim + valueDim);
      const context = steps * numHeads * valueDim;
      const weights = numHeads * steps * steps;
      // Queries, keys, values, context and weights with their gradients; the weights that dropout leaves; the input's
      // gradient and one part of it.
      return keeps(2 * (projected + context + weights) + (dropout > 0 ? weights : 0) + output + 2 * input, {
        operations: 12,
      });
    }
  }
}

type RecurrentSpec = Extract<GraphLayer['spec'], { type: 'simpleRNN' | 'lstm' | 'gru' }>;

function recurrent(spec: RecurrentSpec, [steps = 1, features = 1]: readonly number[]): LayerMemory {
  const { type, units, returnSequences, goBackwards } = spec;
  const gates = { simpleRNN: 1, lstm: 4, gru: 3 }[type];
  const resetsBefore = type === 'gru' && !spec.resetAfter;
  // Of every step the state; the gates, which become their gradients; and the cell, or a GRU's recurrent side of the gates.
  const kept = { simpleRNN: 2, lstm: 6, gru: resetsBefore ? 5 : 7 }[type];
  const preActivation = type === 'simpleRNN' && !FROM_OUTPUT.has(spec.activation) ? 1 : 0;
  const turned = returnSequences && goBackwards ? 1 : 0;
  // The first state, and what is carried from step to step.
  const carried = { simpleRNN: 2, lstm: 4, gru: resetsBefore ? 4 : 3 }[type];
  return {
    values: steps * (units * (kept + preActivation + turned) + features) + units * carried,
    constants: gates * units,
    operations: steps * (resetsBefore ? 4 : 2) + 3,
    timeSteps: steps,
  };
}
