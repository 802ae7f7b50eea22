// Owns the options of losses, optimizers, schedules and the training loop. Update rules are the engine's; names follow
// TensorFlow.js, rules and defaults of optimizers PyTorch.
import {
  boolean,
  choice,
  integer,
  object,
  optional,
  real,
  required,
  type ValueOf,
  variant,
  variants,
  withDefault,
} from './fields';

export const loss = choice('loss', {
  meanSquaredError: 'Mean of the squared differences. For values.',
  meanAbsoluteError: 'Mean of the absolute differences. For values.',
  huber: 'Squared for differences up to 1, absolute beyond: less moved by outliers. For values.',
  softmaxCrossEntropy:
    'Cross-entropy of the softmax of the outputs (logits) against class labels: one output unit a class, no softmax in the net.',
  binaryCrossEntropy:
    'Cross-entropy of the sigmoid of the one output (a logit) against two classes: no sigmoid in the net.',
  hinge: 'max(0, 1 − y · output) with y = ±1 for two classes: one output unit.',
});

const unitInterval = real({ min: 0, exclusiveMax: 1 });
const notNegative = real({ min: 0 });
const above0 = real({ exclusiveMin: 0 });
const rate = (value: number) => withDefault(notNegative, value, 'How far a step goes along the gradient.');
const decay = (value: number) =>
  withDefault(notNegative, value, 'Pulls each weight towards 0 in every step, in this proportion.');
const epsilon = (value: number) =>
  withDefault(above0, value, 'Keeps the division from blowing up where gradients are near 0.');
const beta1 = withDefault(unitInterval, 0.9, 'How much the running mean of gradients keeps of itself.');
const beta2 = (value: number) =>
  withDefault(unitInterval, value, 'How much the running mean of squared gradients keeps of itself.');

export const optimizer = variants(
  'optimizer',
  'type',
  {
    sgd: variant('Stochastic gradient descent, with momentum if wanted.', {
      learningRate: rate(0.01),
      momentum: withDefault(unitInterval, 0, 'How much of the last step is carried on.'),
      nesterov: withDefault(
        boolean,
        false,
        'Whether the gradient is taken ahead of the momentum (Nesterov); needs `momentum`.',
      ),
      weightDecay: decay(0),
    }),
    rmsprop: variant('Divides each gradient by a running root mean square of itself.', {
      learningRate: rate(0.01),
      rho: withDefault(unitInterval, 0.99, 'How much the running mean keeps of itself (alpha in PyTorch).'),
      momentum: withDefault(unitInterval, 0, 'How much of the last step is carried on.'),
      epsilon: epsilon(1e-8),
      weightDecay: decay(0),
    }),
    adagrad: variant('Divides each gradient by the root of the sum of all its squares so far.', {
      learningRate: rate(0.01),
      epsilon: epsilon(1e-10),
      weightDecay: decay(0),
    }),
    adadelta: variant('Like RMSProp, with steps measured by the running size of earlier steps.', {
      learningRate: rate(1),
      rho: withDefault(unitInterval, 0.9, 'How much the running means keep of themselves.'),
      epsilon: epsilon(1e-6),
      weightDecay: decay(0),
    }),
    adam: variant(
      'Running means of gradient and squared gradient (Kingma & Ba 2015): every weight gets steps of like size.',
      {
        learningRate: rate(0.001),
        beta1,
        beta2: beta2(0.999),
        epsilon: epsilon(1e-8),
        weightDecay: decay(0),
      },
    ),
    adamw: variant('Adam with weight decay apart from the gradient (Loshchilov & Hutter 2019).', {
      learningRate: rate(0.001),
      beta1,
      beta2: beta2(0.999),
      epsilon: epsilon(1e-8),
      weightDecay: decay(0.01),
    }),
    nadam: variant('Adam with Nesterov momentum (Dozat 2016).', {
      learningRate: rate(0.002),
      beta1,
      beta2: beta2(0.999),
      epsilon: epsilon(1e-8),
      momentumDecay: withDefault(notNegative, 0.004, 'How fast the momentum grows to `beta1`.'),
      weightDecay: decay(0),
    }),
    lion: variant('Steps by the sign of a running mean (Chen et al. 2023): all of the same size.', {
      learningRate: rate(0.0001),
      beta1,
      beta2: withDefault(
        unitInterval,
        0.99,
        'How much the running mean of gradients that is kept for later keeps of itself.',
      ),
      weightDecay: decay(0),
    }),
  },
  true,
);

const warmup = withDefault(
  integer({ min: 0 }),
  0,
  'Steps over which the learning rate first rises in a straight line.',
);
export const schedule = variants(
  'schedule',
  'type',
  {
    constant: variant('The same learning rate throughout.', { warmup }),
    step: variant('Multiplies the learning rate by `gamma` after every `stepSize` steps.', {
      stepSize: required(integer({ min: 1 }), 'After how many training steps.'),
      gamma: withDefault(above0, 0.1, 'What the learning rate is multiplied by.'),
      warmup,
    }),
    exponential: variant('Multiplies the learning rate by `gamma` after every step.', {
      gamma: withDefault(above0, 0.999, 'What the learning rate is multiplied by.'),
      warmup,
    }),
    cosine: variant('Lowers the learning rate along half a cosine, down to `minLearningRate` at the last step.', {
      minLearningRate: withDefault(notNegative, 0, 'Where it ends.'),
      warmup,
    }),
    oneCycle: variant(
      "Up to the optimizer's learning rate, then down far below where it began, in cosines (Smith 2018).",
      {
        pctStart: withDefault(real({ exclusiveMin: 0, exclusiveMax: 1 }), 0.3, 'Share of the steps in which it rises.'),
        divFactor: withDefault(above0, 25, 'The highest learning rate divided by the first.'),
        finalDivFactor: withDefault(above0, 10000, 'The first learning rate divided by the last.'),
        warmup,
      },
    ),
  },
  true,
);

const pretrainingCommon = {
  epochs: withDefault(integer({ min: 1 }), 5, 'Passes over the training samples for each layer.'),
  learningRate: withDefault(notNegative, 0.1, 'How far a step goes.'),
  batchSize: optional(integer({ min: 1 }), "Samples a step. Default: the training's."),
};
export const pretraining = variants(
  'pretraining',
  'type',
  {
    rbm: variant(
      'Each layer first as a restricted Boltzmann machine, by contrastive divergence (Hinton et al. 2006).',
      {
        ...pretrainingCommon,
        momentum: withDefault(unitInterval, 0.5, 'How much of the last step is carried on.'),
        gibbsSteps: withDefault(integer({ min: 1 }), 1, 'Steps of Gibbs sampling (the k of CD-k).'),
      },
    ),
    autoencoder: variant('Each layer first learns to rebuild its own input (Bengio et al. 2007).', {
      ...pretrainingCommon,
    }),
    denoisingAutoencoder: variant(
      'Each layer first learns to rebuild its input from a damaged copy (Vincent et al. 2008).',
      {
        ...pretrainingCommon,
        corruption: withDefault(unitInterval, 0.3, 'Share of the inputs that is set to 0.'),
      },
    ),
  },
  true,
);

const precision = choice('precision', {
  float32: 'Single precision: fast.',
  float64: 'Double precision: for checking gradients.',
});
export const training = object(
  'training settings',
  {
    batchSize: withDefault(integer({ min: 1 }), 32, 'Samples a step.'),
    epochs: optional(integer({ min: 1 }), 'Passes over the training samples. Default: 5, where `steps` is not given.'),
    steps: optional(integer({ min: 1 }), 'Training steps, instead of `epochs`.'),
    schedule: withDefault(schedule, 'constant', 'How the learning rate changes over the training.'),
    clipNorm: optional(
      above0,
      'Scales all gradients down together where their common norm exceeds this (Pascanu et al. 2013).',
    ),
    clipValue: optional(above0, 'Cuts every entry of a gradient to ± this.'),
    adaptiveClip: optional(
      above0,
      "Clips each unit's gradient to this share of the norm of its weights (Brock et al. 2021; 0.01 is usual).",
    ),
    pretraining: optional(
      pretraining,
      'Trains greedily layer by layer before backpropagation, as deep nets were trained in 2006.',
    ),
    recordEvery: withDefault(integer({ min: 1 }), 1, 'Records the gradients of every so many steps.'),
    evaluateEvery: optional(
      integer({ min: 1 }),
      'Evaluates on the test samples after so many steps. Default: after each epoch and at the end.',
    ),
    precision: withDefault(precision, 'float32', 'Numbers that the net is computed in.'),
  },
  [{ fields: ['epochs', 'steps'], required: false, fill: { field: 'epochs', value: 5 } }],
);

export type LossName = ValueOf<typeof loss>;
export type OptimizerSpec = ValueOf<typeof optimizer>;
export type ScheduleSpec = ValueOf<typeof schedule>;
export type PretrainingSpec = ValueOf<typeof pretraining>;
export type TrainingSpec = ValueOf<typeof training>;
