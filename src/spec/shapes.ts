// Owns the shape of what each layer answers and of what it learns, given the shapes it takes. Putting layers together
// is `network` building in `build.ts`; how a fault is worded is `shapeFaults.ts`'s; whether the whole fits the targets is
// `output.ts`'s.
import type { ParameterInfo } from './network';
import type { InitializerSpec, PlainLayerSpec } from './schema';
import {
  axisFault,
  concatenateFault,
  elementwiseFault,
  groupsFault,
  rankFault,
  reshapeFault,
  type Shape,
  type ShapeFault,
  type Taker,
  windowFault,
} from './shapeFaults';

/** Without the batch, as everywhere in this file. */
export interface LayerShapes {
  readonly outputShape: Shape;
  readonly parameters: readonly ParameterInfo[];
}

type LayerOf<T extends PlainLayerSpec['type']> = Extract<PlainLayerSpec, { type: T }>;

/**
 * @param taker the layer's name and inputs; the names are for what is said of a fault
 * @returns the shapes, or why there are none
 */
export function layerShapes(layer: PlainLayerSpec, taker: Taker): LayerShapes | ShapeFault {
  const x = taker.inputs[0]!.shape;
  switch (layer.type) {
    case 'dense':
      return dense(layer, x);
    case 'activation':
    case 'dropout':
      return same(x);
    case 'flatten':
      return { outputShape: [product(x)], parameters: [] };
    case 'reshape':
      return reshape(layer, taker);
    case 'embedding': {
      const kernel = [layer.inputDim, layer.outputDim];
      return {
        outputShape: [...x, layer.outputDim],
        parameters: [parameter('embeddings', kernel, layer.embeddingsInitializer, layer.trainable, { unitAxes: -1 })],
      };
    }
    case 'add':
    case 'multiply':
      return elementwise(taker);
    case 'concatenate':
      return concatenate(layer, taker);
    case 'conv1d':
    case 'conv2d':
    case 'depthwiseConv2d':
      return convolution(layer, taker);
    case 'maxPooling1d':
    case 'averagePooling1d':
    case 'maxPooling2d':
    case 'averagePooling2d':
      return pooling(layer, taker);
    case 'globalAveragePooling1d':
      return ofRank(taker, 2) ?? same(x.slice(-1));
    case 'globalAveragePooling2d':
    case 'globalMaxPooling2d':
      return ofRank(taker, 3) ?? same(x.slice(-1));
    case 'batchNormalization':
    case 'layerNormalization':
    case 'rmsNormalization':
    case 'groupNormalization':
      return normalization(layer, taker);
    case 'simpleRNN':
    case 'lstm':
    case 'gru':
      return recurrent(layer, taker);
    case 'multiHeadAttention':
      return attention(layer, taker);
    case 'positionalEmbedding': {
      const parameters = [parameter('embeddings', x, layer.embeddingsInitializer, layer.trainable, { unitAxes: -1 })];
      return ofRank(taker, 2) ?? { outputShape: x, parameters };
    }
  }
}

export function product(shape: Shape): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Keras's fans: the last two sizes, each times the receptive field before them; a vector's are its length. */
function fans(shape: Shape): { fanIn: number; fanOut: number } {
  const [fanIn = 1, fanOut = fanIn] = shape.slice(-2);
  const field = product(shape.slice(0, -2));
  return { fanIn: fanIn * field, fanOut: fanOut * field };
}

function parameter(
  name: string,
  shape: Shape,
  initializer: InitializerSpec,
  trainable: boolean,
  more: Partial<ParameterInfo> = {},
): ParameterInfo {
  return { name, shape, initializer, ...fans(shape), trainable, ...more };
}

function same(shape: Shape): LayerShapes {
  return { outputShape: shape, parameters: [] };
}

/** Kernel, then bias where there is one. */
function weights(
  layer: { useBias: boolean; biasInitializer: InitializerSpec; trainable: boolean },
  kernel: ParameterInfo,
  biasShape: Shape,
): ParameterInfo[] {
  if (!layer.useBias) return [kernel];
  return [kernel, parameter('bias', biasShape, layer.biasInitializer, layer.trainable)];
}

function dense(layer: LayerOf<'dense'>, x: Shape): LayerShapes {
  const kernel = parameter('kernel', [x.at(-1) ?? 1, layer.units], layer.kernelInitializer, layer.trainable);
  return { outputShape: [...x.slice(0, -1), layer.units], parameters: weights(layer, kernel, [layer.units]) };
}

function reshape(layer: LayerOf<'reshape'>, taker: Taker): LayerShapes | ShapeFault {
  const total = product(taker.inputs[0]!.shape);
  const known = product(layer.targetShape.filter((s) => s > 0));
  const fits = layer.targetShape.includes(-1) ? total % known === 0 : total === known;
  if (!fits) return reshapeFault(taker, layer.targetShape);
  return same(layer.targetShape.map((s) => (s === -1 ? total / known : s)));
}

function elementwise(taker: Taker): LayerShapes | ShapeFault {
  const [first] = taker.inputs;
  const other = taker.inputs.find(({ shape }) => !sameShape(shape, first!.shape));
  return other ? elementwiseFault(taker, other) : same(first!.shape);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((s, i) => s === b[i]);
}

function concatenate(layer: LayerOf<'concatenate'>, taker: Taker): LayerShapes | ShapeFault {
  const first = taker.inputs[0]!.shape;
  const axis = layer.axis < 0 ? layer.axis + first.length : layer.axis;
  if (axis < 0 || axis >= first.length) return axisFault(taker, layer.axis);
  const other = taker.inputs.find(
    ({ shape }) => shape.length !== first.length || shape.some((size, i) => i !== axis && size !== first[i]),
  );
  if (other) return concatenateFault(taker, axis, other);
  const joined = taker.inputs.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  return same(first.map((s, i) => (i === axis ? joined : s)));
}

function ofRank(taker: Taker, rank: number): ShapeFault | undefined {
  return taker.inputs[0]!.shape.length === rank ? undefined : rankFault(taker, rank);
}

interface Window {
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
}

/**
 * How many windows fit along one axis; TensorFlow's rule. A window reaches over (size − 1) · dilation + 1 places; those
 * that are padded begin at every `stride`th place there is.
 */
function windows(length: number, { size, stride, dilation }: Window, padding: 'valid' | 'same' | 'causal'): number {
  if (padding !== 'valid') return Math.ceil(length / stride);
  const reach = (size - 1) * dilation + 1;
  return length < reach ? 0 : Math.floor((length - reach) / stride) + 1;
}

function convolution(layer: LayerOf<'conv1d' | 'conv2d' | 'depthwiseConv2d'>, taker: Taker): LayerShapes | ShapeFault {
  const x = taker.inputs[0]!.shape;
  const rank = ofRank(taker, layer.type === 'conv1d' ? 2 : 3);
  if (rank) return rank;
  const size = [layer.kernelSize].flat();
  const stride = [layer.strides].flat();
  const dilation = [layer.dilationRate].flat();
  const places = size.map((s, i) =>
    windows(x[i]!, { size: s, stride: stride[i]!, dilation: dilation[i]! }, layer.padding),
  );
  if (places.includes(0)) return windowFault(taker, 'kernelSize', size, dilation);
  const channels = x.at(-1)!;
  if (layer.type === 'depthwiseConv2d') {
    const shape = [...size, channels, layer.depthMultiplier];
    const kernel = parameter('depthwiseKernel', shape, layer.depthwiseInitializer, layer.trainable, { unitAxes: 2 });
    const outputs = channels * layer.depthMultiplier;
    return { outputShape: [...places, outputs], parameters: weights(layer, kernel, [outputs]) };
  }
  const kernel = parameter('kernel', [...size, channels, layer.filters], layer.kernelInitializer, layer.trainable);
  return { outputShape: [...places, layer.filters], parameters: weights(layer, kernel, [layer.filters]) };
}

type Pooling = LayerOf<'maxPooling1d' | 'averagePooling1d' | 'maxPooling2d' | 'averagePooling2d'>;
function pooling(layer: Pooling, taker: Taker): LayerShapes | ShapeFault {
  const x = taker.inputs[0]!.shape;
  const rank = ofRank(taker, layer.type.endsWith('1d') ? 2 : 3);
  if (rank) return rank;
  const size = [layer.poolSize].flat();
  const stride = [layer.strides].flat();
  const places = size.map((s, i) => windows(x[i]!, { size: s, stride: stride[i]!, dilation: 1 }, layer.padding));
  if (!places.includes(0)) return same([...places, x.at(-1)!]);
  return windowFault(
    taker,
    'poolSize',
    size,
    size.map(() => 1),
  );
}

type Normalization = LayerOf<'batchNormalization' | 'layerNormalization' | 'rmsNormalization' | 'groupNormalization'>;
function normalization(layer: Normalization, taker: Taker): LayerShapes | ShapeFault {
  const x = taker.inputs[0]!.shape;
  const channels = [x.at(-1) ?? 1];
  if (layer.type === 'groupNormalization' && channels[0]! % layer.groups !== 0) return groupsFault(taker, layer.groups);
  const parameters: ParameterInfo[] = [];
  if (layer.scale) parameters.push(parameter('gamma', channels, layer.gammaInitializer, layer.trainable));
  if (layer.type !== 'rmsNormalization' && layer.center) {
    parameters.push(parameter('beta', channels, layer.betaInitializer, layer.trainable));
  }
  if (layer.type === 'batchNormalization') {
    const state = { isState: true } as const;
    parameters.push(parameter('movingMean', channels, layer.movingMeanInitializer, false, state));
    parameters.push(parameter('movingVariance', channels, layer.movingVarianceInitializer, false, state));
  }
  return { outputShape: x, parameters };
}

const GATES = { simpleRNN: 1, lstm: 4, gru: 3 } as const;
function recurrent(layer: LayerOf<'simpleRNN' | 'lstm' | 'gru'>, taker: Taker): LayerShapes | ShapeFault {
  const x = taker.inputs[0]!.shape;
  const rank = ofRank(taker, 2);
  if (rank) return rank;
  const columns = GATES[layer.type] * layer.units;
  const parameters = [
    parameter('kernel', [x.at(-1)!, columns], layer.kernelInitializer, layer.trainable),
    parameter('recurrentKernel', [layer.units, columns], layer.recurrentInitializer, layer.trainable),
  ];
  if (layer.useBias) {
    // With the reset after the product, input and recurrent side have biases of their own.
    const shape = layer.type === 'gru' && layer.resetAfter ? [2, columns] : [columns];
    // Gates are i, f, c, o.
    const forget = layer.type === 'lstm' && layer.unitForgetBias;
    const ones = forget ? { ones: { from: layer.units, to: 2 * layer.units } } : {};
    parameters.push(parameter('bias', shape, layer.biasInitializer, layer.trainable, { unitAxes: 0, ...ones }));
  }
  return { outputShape: layer.returnSequences ? [x[0]!, layer.units] : [layer.units], parameters };
}

function attention(layer: LayerOf<'multiHeadAttention'>, taker: Taker): LayerShapes | ShapeFault {
  const x = taker.inputs[0]!.shape;
  const rank = ofRank(taker, 2);
  if (rank) return rank;
  const features = x.at(-1)!;
  const { numHeads, keyDim, valueDim, trainable } = layer;
  const parameters: ParameterInfo[] = [];
  const push = (name: string, kernel: Shape, bias: Shape, unitAxes: number, fanIn: number, fanOut: number): void => {
    // Each is a dense layer whose inputs or outputs happen to be written as heads × size: fans are the dense layer's.
    const more = { fanIn, fanOut, unitAxes };
    parameters.push(parameter(`${name}Kernel`, kernel, layer.kernelInitializer, trainable, more));
    if (layer.useBias) {
      parameters.push(parameter(`${name}Bias`, bias, layer.biasInitializer, trainable, { unitAxes: 0 }));
    }
  };
  push('query', [features, numHeads, keyDim], [numHeads, keyDim], 2, features, numHeads * keyDim);
  push('key', [features, numHeads, keyDim], [numHeads, keyDim], 2, features, numHeads * keyDim);
  push('value', [features, numHeads, valueDim], [numHeads, valueDim], 2, features, numHeads * valueDim);
  push('output', [numHeads, valueDim, features], [features], 1, numHeads * valueDim, features);
  return { outputShape: x, parameters };
}
