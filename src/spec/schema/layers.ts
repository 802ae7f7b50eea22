// Owns the options of every layer. Names and defaults follow TensorFlow.js; shapes are `../shapes.ts`'s.
import {
  boolean,
  choice,
  defaultFrom,
  type Fields,
  integer,
  list,
  type ObjectOf,
  optional,
  pair,
  real,
  reference,
  required,
  type Typed,
  text,
  type UnionOf,
  type VariantsKind,
  variant,
  variants,
  withDefault,
} from './fields';
import { activation, activationTexts, initializer } from './initializers';

const size = integer({ min: 1 });
const index = integer({ min: -8, max: 7 });
/** Of windows: what they span, (size − 1) · dilation + 1, and its sum with the input stay below 2³¹. */
const span = integer({ min: 1, max: 32_768 });

const name = optional(text, 'Its name, unique in the net. Default: its type and a count, such as `dense_1`.');
const manyInputs = {
  name,
  inputs: required(
    list('list of layer names', text, 2),
    'Names of the layers whose outputs it takes, at least two; `data` is the data.',
  ),
};
const oneInput = {
  name,
  inputs: optional(
    list('list of layer names', text, 1, 1),
    'Name of the layer whose output it takes; `data` is the data. Default: the layer before it.',
  ),
};
const trainable = withDefault(
  boolean,
  true,
  'Whether training changes its parameters; its gradients are shown all the same.',
);
const biased = {
  useBias: withDefault(boolean, true, 'Whether it adds a bias to each unit.'),
  biasInitializer: withDefault(initializer, 'zeros', 'What the biases start from.'),
};
const kernelInitializer = withDefault(initializer, 'glorotUniform', 'What the weights start from.');
const activated = withDefault(activation, 'linear', 'Function that its outputs pass through.');
const units = required(size, 'How many units: size of its output.');

const padding = withDefault(
  choice('padding', {
    valid: 'None: the output is smaller than the input.',
    same: 'Zeros around the input, so that with strides of 1 the output is as large.',
  }),
  'valid',
  'What is done at the borders.',
);
const causalPadding = withDefault(
  choice('padding', {
    valid: 'None: the output is shorter than the input.',
    same: 'Zeros at both ends, so that with strides of 1 the output is as long.',
    causal: 'Zeros at the start alone, so that no output sees what comes later.',
  }),
  'valid',
  'What is done at the ends.',
);
const pool1d = {
  ...oneInput,
  poolSize: withDefault(span, 2, 'Time steps that become one.'),
  strides: defaultFrom(span, 'poolSize', 'Distance from one window to the next. Default: `poolSize`.'),
  padding,
};
const pool2d = {
  ...oneInput,
  poolSize: withDefault(pair(span), 2, 'Height and width of the window that becomes one.'),
  strides: defaultFrom(pair(span), 'poolSize', 'Distance from one window to the next. Default: `poolSize`.'),
  padding,
};
const conv2d = {
  kernelSize: required(pair(span), 'Height and width of the window; one number for both.'),
  strides: withDefault(pair(span), 1, 'Distance from one window to the next.'),
  padding,
  dilationRate: withDefault(pair(span), 1, 'Distance between the points of a window.'),
  activation: activated,
};

const scaled = {
  center: withDefault(boolean, true, 'Whether it adds a learned offset `beta`.'),
  scale: withDefault(boolean, true, 'Whether it multiplies by a learned `gamma`.'),
  betaInitializer: withDefault(initializer, 'zeros', 'What `beta` starts from.'),
  gammaInitializer: withDefault(initializer, 'ones', 'What `gamma` starts from.'),
  trainable,
};
const epsilon = (value: number) =>
  withDefault(real({ exclusiveMin: 0 }), value, 'Added to the variance before the root.');

const { softmax: _, ...elementwiseTexts } = activationTexts;
const cellActivation = choice('activation of a cell', elementwiseTexts);
const recurrent = {
  ...oneInput,
  units: required(size, 'How many units: size of its state.'),
  activation: withDefault(cellActivation, 'tanh', 'Function that the new state passes through.'),
  useBias: biased.useBias,
  kernelInitializer,
  recurrentInitializer: withDefault(initializer, 'orthogonal', 'What the weights from state to state start from.'),
  biasInitializer: biased.biasInitializer,
  returnSequences: withDefault(
    boolean,
    false,
    'Whether it answers its state at every time step, or at the last alone.',
  ),
  goBackwards: withDefault(boolean, false, 'Whether it reads the sequence from its end.'),
  trainable,
};
const recurrentActivation = withDefault(
  cellActivation,
  'hardSigmoid',
  'Function that the gates pass through. Keras 3 and PyTorch have `sigmoid`.',
);

/** Every layer that computes something itself. */
export const plainLayers = {
  dense: variant(
    'Every output is a weighted sum of all inputs, plus a bias, through an activation. Works on the last axis.',
    {
      ...oneInput,
      units,
      activation: activated,
      ...biased,
      kernelInitializer,
      trainable,
    },
  ),
  activation: variant('Applies a function to every number.', {
    ...oneInput,
    activation: required(activation, 'The function.'),
  }),
  dropout: variant(
    'Sets a random share of its inputs to 0 in training and scales up the rest (Srivastava et al. 2014).',
    {
      ...oneInput,
      rate: required(real({ min: 0, exclusiveMax: 1 }), 'The share.'),
    },
  ),
  flatten: variant('Makes one row of numbers of each sample.', oneInput),
  reshape: variant('Gives the same numbers another shape.', {
    ...oneInput,
    targetShape: required(
      list('list of sizes', integer({ min: -1 }), 1, 8),
      'The shape without the batch; one size may be −1, which stands for what is left.',
    ),
  }),
  embedding: variant('Replaces each whole number by a learned vector.', {
    ...oneInput,
    inputDim: required(size, 'How many different numbers: one more than the largest.'),
    outputDim: required(size, 'Length of the vectors.'),
    embeddingsInitializer: withDefault(initializer, 'randomUniform', 'What the vectors start from.'),
    trainable,
  }),
  add: variant('Adds its inputs, which have the same shape.', manyInputs),
  concatenate: variant('Joins its inputs along one axis.', {
    ...manyInputs,
    axis: withDefault(index, -1, 'The axis, counted from 0 without the batch; −1 is the last.'),
  }),
  multiply: variant('Multiplies its inputs, which have the same shape, number by number.', manyInputs),
  conv1d: variant('Slides small kernels along a sequence.', {
    ...oneInput,
    filters: required(size, 'How many kernels: channels of its output.'),
    kernelSize: required(span, 'Time steps that a kernel sees.'),
    strides: withDefault(span, 1, 'Distance from one window to the next.'),
    padding: causalPadding,
    dilationRate: withDefault(span, 1, 'Distance between the points of a window.'),
    activation: activated,
    ...biased,
    kernelInitializer,
    trainable,
  }),
  conv2d: variant('Slides small kernels over an image.', {
    ...oneInput,
    filters: required(size, 'How many kernels: channels of its output.'),
    ...conv2d,
    ...biased,
    kernelInitializer,
    trainable,
  }),
  depthwiseConv2d: variant('Slides kernels over each channel of an image by itself.', {
    ...oneInput,
    ...conv2d,
    depthMultiplier: withDefault(size, 1, 'Outputs of each channel.'),
    ...biased,
    depthwiseInitializer: kernelInitializer,
    trainable,
  }),
  maxPooling1d: variant('The largest of each window of a sequence.', pool1d),
  maxPooling2d: variant('The largest of each window of an image.', pool2d),
  averagePooling1d: variant('The mean of each window of a sequence.', pool1d),
  averagePooling2d: variant('The mean of each window of an image.', pool2d),
  globalAveragePooling1d: variant('The mean over all time steps, channel by channel.', oneInput),
  globalAveragePooling2d: variant('The mean over the whole image, channel by channel.', oneInput),
  globalMaxPooling2d: variant('The largest of the whole image, channel by channel.', oneInput),
  batchNormalization: variant('Brings each channel to mean 0 and variance 1 over the batch (Ioffe & Szegedy 2015).', {
    ...oneInput,
    momentum: withDefault(real({ min: 0, max: 1 }), 0.99, 'How much the running mean and variance keep of themselves.'),
    epsilon: epsilon(0.001),
    ...scaled,
    movingMeanInitializer: withDefault(initializer, 'zeros', 'What the running mean starts from.'),
    movingVarianceInitializer: withDefault(initializer, 'ones', 'What the running variance starts from.'),
  }),
  layerNormalization: variant('Brings the last axis of each sample to mean 0 and variance 1 (Ba et al. 2016).', {
    ...oneInput,
    epsilon: epsilon(0.001),
    ...scaled,
  }),
  rmsNormalization: variant('Divides the last axis of each sample by its root mean square (Zhang & Sennrich 2019).', {
    ...oneInput,
    epsilon: epsilon(1e-6),
    scale: scaled.scale,
    gammaInitializer: scaled.gammaInitializer,
    trainable,
  }),
  groupNormalization: variant('Brings groups of channels of each sample to mean 0 and variance 1 (Wu & He 2018).', {
    ...oneInput,
    groups: withDefault(size, 32, 'How many groups; must divide the channels.'),
    epsilon: epsilon(0.001),
    ...scaled,
  }),
  simpleRNN: variant('A recurrent layer: its state goes back into itself at every time step.', recurrent),
  lstm: variant(
    'Recurrent, with a memory cell behind gates, so that gradients survive time (Hochreiter & Schmidhuber 1997).',
    {
      ...recurrent,
      recurrentActivation,
      unitForgetBias: withDefault(boolean, true, 'Whether the biases of the forget gates start from 1.'),
    },
  ),
  gru: variant('Recurrent, with two gates and no cell of its own (Cho et al. 2014).', {
    ...recurrent,
    recurrentActivation,
    resetAfter: withDefault(boolean, true, 'Whether the reset gate acts after the product with the recurrent weights.'),
  }),
  multiHeadAttention: variant('Self-attention: every time step looks at all others (Vaswani et al. 2017).', {
    ...oneInput,
    numHeads: required(size, 'How many heads.'),
    keyDim: required(size, 'Size of the queries and keys of a head.'),
    valueDim: defaultFrom(size, 'keyDim', 'Size of the values of a head. Default: `keyDim`.'),
    causal: withDefault(boolean, false, 'Whether a time step sees itself and what comes before alone.'),
    dropout: withDefault(
      real({ min: 0, exclusiveMax: 1 }),
      0,
      'Share of the attention weights that is set to 0 in training.',
    ),
    ...biased,
    kernelInitializer,
    trainable,
  }),
  positionalEmbedding: variant('Adds a learned vector to each position of a sequence.', {
    ...oneInput,
    embeddingsInitializer: withDefault(initializer, 'randomUniform', 'What the vectors start from.'),
    trainable,
  }),
} satisfies Record<string, { doc: string; fields: Fields }>;

const layerReference: Typed<never, VariantsKind | ReturnType<typeof reference>> = reference(() => layer);
const inner = required(list('list of layers', layerReference), 'The layers in it, in order.');

/** Layers that stand for others and are gone once the graph is expanded. */
export const compositeLayers = {
  repeat: variant('The same layers several times, one after the other, each time with parameters of their own.', {
    ...oneInput,
    times: required(size, 'How many times.'),
    layers: inner,
  }),
  residual: variant('Adds its input to what its layers make of it: x + scale · F(x) (He et al. 2016).', {
    ...oneInput,
    layers: inner,
    shortcut: withDefault(
      choice('shortcut', {
        identity: 'The input as it is; its shape must be that of the output.',
        projection: 'The input through a dense layer without activation, for where the shape changes.',
      }),
      'identity',
      'How the input gets past the layers.',
    ),
    scale: withDefault(real(), 1, 'What the output of the layers is multiplied by before it is added.'),
  }),
};

export const layer: VariantsKind = variants('layer', 'type', { ...plainLayers, ...compositeLayers });
export const layerList = list('list of layers', layerReference);

export type PlainLayerSpec = UnionOf<typeof plainLayers, 'type'>;
export interface RepeatSpec extends Omit<ObjectOf<(typeof compositeLayers)['repeat']['fields']>, 'layers'> {
  readonly type: 'repeat';
  readonly layers: readonly LayerSpec[];
}
export interface ResidualSpec extends Omit<ObjectOf<(typeof compositeLayers)['residual']['fields']>, 'layers'> {
  readonly type: 'residual';
  readonly layers: readonly LayerSpec[];
}
export type LayerSpec = PlainLayerSpec | RepeatSpec | ResidualSpec;
