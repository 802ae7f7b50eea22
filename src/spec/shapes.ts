// Owns the shape of what each layer answers and of what it learns, given the shapes it takes. Putting layers together
// is `network` building in `build.ts`; whether the whole fits the targets is `output.ts`'s.
import type { ProblemCode } from './codes';
import { formatCount, shapeText } from './format';
import type { ParameterInfo } from './network';
import type { InitializerSpec, PlainLayerSpec } from './schema';

export type Shape = readonly number[];

/** Without the batch, as everywhere in this file. */
export interface LayerShapes {
  readonly outputShape: Shape;
  readonly parameters: readonly ParameterInfo[];
}

/** Why a layer cannot take what it is given. */
export interface ShapeFault {
  readonly code: ProblemCode;
  /** Field to blame; `type` where it is none in particular. */
  readonly field: string;
  readonly message: string;
  readonly hint: string;
}

type LayerOf<T extends PlainLayerSpec['type']> = Extract<PlainLayerSpec, { type: T }>;

/**
 * @param inputs one shape an input, at least one
 * @returns the shapes, or why there are none
 */
export function layerShapes(layer: PlainLayerSpec, inputs: readonly Shape[]): LayerShapes | ShapeFault {
  const x = inputs[0]!;
  switch (layer.type) {
    case 'dense':
      return dense(layer, x);
    case 'activation':
    case 'dropout':
      return same(x);
    case 'flatten':
      return { outputShape: [product(x)], parameters: [] };
    case 'reshape':
      return reshape(layer, x);
    case 'embedding': {
      const kernel = [layer.inputDim, layer.outputDim];
      return {
        outputShape: [...x, layer.outputDim],
        parameters: [parameter('embeddings', kernel, layer.embeddingsInitializer, layer.trainable, { unitAxes: -1 })],
      };
    }
    case 'add':
    case 'multiply':
      return elementwise(layer.type, inputs);
    case 'concatenate':
      return concatenate(layer, inputs);
    case 'conv1d':
    case 'conv2d':
    case 'depthwiseConv2d':
      return convolution(layer, x);
    case 'maxPooling1d':
    case 'averagePooling1d':
    case 'maxPooling2d':
    case 'averagePooling2d':
      return pooling(layer, x);
    case 'globalAveragePooling1d':
      return rankFault(layer.type, x, 2) ?? { outputShape: x.slice(-1), parameters: [] };
    case 'globalAveragePooling2d':
    case 'globalMaxPooling2d':
      return rankFault(layer.type, x, 3) ?? { outputShape: x.slice(-1), parameters: [] };
    case 'batchNormalization':
    case 'layerNormalization':
    case 'rmsNormalization':
    case 'groupNormalization':
      return normalization(layer, x);
    case 'simpleRNN':
    case 'lstm':
    case 'gru':
      return recurrent(layer, x);
    case 'multiHeadAttention':
      return attention(layer, x);
    case 'positionalEmbedding': {
      const parameters = [parameter('embeddings', x, layer.embeddingsInitializer, layer.trainable, { unitAxes: -1 })];
      return rankFault(layer.type, x, 2) ?? { outputShape: x, parameters };
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

function reshape(layer: LayerOf<'reshape'>, x: Shape): LayerShapes | ShapeFault {
  const total = product(x);
  const known = product(layer.targetShape.filter((s) => s > 0));
  const open = layer.targetShape.includes(-1);
  if (open ? total % known !== 0 : total !== known) {
    return {
      code: 'NS206',
      field: 'targetShape',
      message: `The input ${shapeText(x)} has ${formatCount(total)} values; ${open ? `they cannot be dealt out in parts of ${formatCount(known)}` : `${shapeText(layer.targetShape)} has ${formatCount(known)}`}.`,
      hint: 'Choose sizes whose product is that of the input; one of them may be −1.',
    };
  }
  return same(layer.targetShape.map((s) => (s === -1 ? total / known : s)));
}

function elementwise(type: string, inputs: readonly Shape[]): LayerShapes | ShapeFault {
  const other = inputs.find((s) => !sameShape(s, inputs[0]!));
  if (!other) return same(inputs[0]!);
  return {
    code: 'NS204',
    field: 'inputs',
    message: `\`${type}\` takes inputs of one shape, but these are ${shapeText(inputs[0]!)} and ${shapeText(other)}.`,
    hint: 'Bring them to one shape, by a dense layer for instance, or use `concatenate`.',
  };
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((s, i) => s === b[i]);
}

function concatenate(layer: LayerOf<'concatenate'>, inputs: readonly Shape[]): LayerShapes | ShapeFault {
  const first = inputs[0]!;
  const axis = layer.axis < 0 ? layer.axis + first.length : layer.axis;
  if (axis < 0 || axis >= first.length) {
    const message = `There is no axis ${layer.axis} in ${shapeText(first)}.`;
    return { code: 'NS209', field: 'axis', message, hint: `Use −1 for the last, or 0 to ${first.length - 1}.` };
  }
  const other = inputs.find((s) => s.length !== first.length || s.some((size, i) => i !== axis && size !== first[i]));
  if (other) {
    const message = `Inputs may differ in axis ${axis} alone, but these are ${shapeText(first)} and ${shapeText(other)}.`;
    return { code: 'NS204', field: 'inputs', message, hint: 'Bring the other axes to one size.' };
  }
  const joined = inputs.reduce((sum, s) => sum + s[axis]!, 0);
  return same(first.map((s, i) => (i === axis ? joined : s)));
}

const RANK_WORDS: Readonly<Record<number, string>> = {
  2: 'a sequence (time × features)',
  3: 'an image (height × width × channels)',
};

function rankFault(type: string, x: Shape, rank: number): ShapeFault | undefined {
  if (x.length === rank) return undefined;
  const hint =
    x.length === 1 || x.length > rank ? 'Put a `reshape` before it.' : 'Put a `reshape` before it that adds an axis.';
  return { code: 'NS205', field: 'type', message: `\`${type}\` takes ${RANK_WORDS[rank]}, not ${shapeText(x)}.`, hint };
}

interface Window {
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
}

/** How many windows fit along one axis; TensorFlow's rule. */
function windows(length: number, { size, stride, dilation }: Window, padding: 'valid' | 'same' | 'causal'): number {
  if (padding !== 'valid') return Math.ceil(length / stride);
  return Math.max(0, Math.ceil((length - (size - 1) * dilation) / stride));
}

function tooSmall(field: string, x: Shape, size: Shape): ShapeFault {
  const message = `A window of ${shapeText(size)} does not fit into ${shapeText(x.slice(0, -1))}: nothing would be left.`;
  return { code: 'NS207', field, message, hint: 'Use a smaller window, or `"padding": "same"`.' };
}

function convolution(layer: LayerOf<'conv1d' | 'conv2d' | 'depthwiseConv2d'>, x: Shape): LayerShapes | ShapeFault {
  const rank = rankFault(layer.type, x, layer.type === 'conv1d' ? 2 : 3);
  if (rank) return rank;
  const size = [layer.kernelSize].flat();
  const stride = [layer.strides].flat();
  const dilation = [layer.dilationRate].flat();
  const places = size.map((s, i) =>
    windows(x[i]!, { size: s, stride: stride[i]!, dilation: dilation[i]! }, layer.padding),
  );
  if (places.includes(0)) return tooSmall('kernelSize', x, size);
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
function pooling(layer: Pooling, x: Shape): LayerShapes | ShapeFault {
  const rank = rankFault(layer.type, x, layer.type.endsWith('1d') ? 2 : 3);
  if (rank) return rank;
  const size = [layer.poolSize].flat();
  const stride = [layer.strides].flat();
  const places = size.map((s, i) => windows(x[i]!, { size: s, stride: stride[i]!, dilation: 1 }, layer.padding));
  return places.includes(0) ? tooSmall('poolSize', x, size) : same([...places, x.at(-1)!]);
}

type Normalization = LayerOf<'batchNormalization' | 'layerNormalization' | 'rmsNormalization' | 'groupNormalization'>;
function normalization(layer: Normalization, x: Shape): LayerShapes | ShapeFault {
  const channels = [x.at(-1) ?? 1];
  if (layer.type === 'groupNormalization' && channels[0]! % layer.groups !== 0) {
    const message = `${layer.groups} groups do not divide the ${channels[0]} channels of ${shapeText(x)}.`;
    return { code: 'NS209', field: 'groups', message, hint: 'Choose a number of groups that divides the channels.' };
  }
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
function recurrent(layer: LayerOf<'simpleRNN' | 'lstm' | 'gru'>, x: Shape): LayerShapes | ShapeFault {
  const rank = rankFault(layer.type, x, 2);
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

function attention(layer: LayerOf<'multiHeadAttention'>, x: Shape): LayerShapes | ShapeFault {
  const rank = rankFault(layer.type, x, 2);
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
