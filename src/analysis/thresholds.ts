// Owns every threshold by which a symptom is judged: its default, its unit and where the default comes from. The editor's
// settings (`gradoscope.thresholds.…`) and their descriptions come from this table; a test holds package.json to it.

export interface Threshold {
  readonly default: number;
  readonly min: number;
  readonly max?: number;
  /** What the number is; one sentence. */
  readonly doc: string;
  /** Paper, tool or measurement that the default comes from. */
  readonly source: string;
}

export const THRESHOLDS = {
  vanishingFactor: {
    default: 0.75,
    min: 0,
    max: 1,
    doc: 'Gradients vanish where the depth-normalized factor of a layer is below this, and learning suffers (`learningImbalance`).',
    source: 'our measurement: Glorot with ReLU has 0.71 a layer, healthy nets have 0.8 and more',
  },
  explodingFactor: {
    default: 1.35,
    min: 1,
    doc: 'Gradients explode where the depth-normalized factor of a layer is above this, and learning suffers (`learningImbalance`).',
    source: 'our measurement: SELU with LeCun has 1.04 a layer, weights twice too large have 1.4 and more',
  },
  learningImbalance: {
    default: 5,
    min: 1,
    doc: 'How many times faster, by update ratio, the last layer may learn than the first (vanishing), or the first than the last (exploding).',
    source: 'our measurement: Nielsen’s 784-30-30-10 with sigmoid has 8; healthy nets with so small a factor have 1',
  },
  vanishingShare: {
    default: 0.1,
    min: 0,
    max: 1,
    doc: 'Gradients vanish or explode, whatever the factor of a layer, only where the first layer gets less than this share of the last one’s, or more than its reciprocal.',
    source: 'our measurement: Nielsen’s 784-30-30-10 with sigmoid has 0.05, healthy shallow nets have 0.2 and more',
  },
  vanishingReach: {
    default: 1e-3,
    min: 0,
    max: 1,
    doc: 'Gradients vanish, whatever the factor of a layer, where less than this share of the last layer’s reaches the first.',
    source: 'AutoTrainer (norm of the first layer’s gradient ÷ the last’s below 1e-3)',
  },
  explodingReach: {
    default: 70,
    min: 1,
    doc: 'Gradients explode, whatever the factor of a layer, where more than this many times the last layer’s reaches the first.',
    source: 'AutoTrainer (norm of a layer’s gradient ÷ the next above 70)',
  },
  timeFactor: {
    default: 0.5,
    min: 0,
    max: 1,
    doc: 'Gradients vanish through time where a time step multiplies them by less than this, and little is left of them (`timeReach`).',
    source:
      'our measurement over 50 steps: simple tanh 0.92, LSTM 0.77, GRU 0.63; with sigmoid, or weights too small, 0.3 and less',
  },
  timeReach: {
    default: 1e-4,
    min: 0,
    max: 1,
    doc: 'Gradients vanish through time where less than this share of the last time step’s reaches the first.',
    source: 'our measurement',
  },
  epsilonMargin: {
    default: 1,
    min: 0,
    doc: 'An adaptive optimizer makes up for small gradients until they are below this many times its `epsilon`.',
    source: 'Kingma & Ba 2015: the step is m ÷ (√v + ε), half as long where √v is ε',
  },
  deadFraction: {
    default: 0.7,
    min: 0,
    max: 1,
    doc: 'Share of a layer’s units of the ReLU family that may answer 0 to every sample of a batch.',
    source:
      'AutoTrainer (70 %); SageMaker Debugger has 50 %, which deep healthy ReLU nets reach, since their samples grow alike',
  },
  saturatedFraction: {
    default: 0.5,
    min: 0,
    max: 1,
    doc: 'Share of a layer’s outputs that may lie where the activation is flat (slope below 5 % of the steepest).',
    source: 'SageMaker Debugger (50 % of a layer)',
  },
  varianceRatio: {
    default: 10,
    min: 1,
    doc: 'How many times larger the variance of the signal may become, or smaller, from the first hidden layer to the last.',
    source: 'SageMaker Debugger (poor weight initialization: variance ratio > 10)',
  },
  activationRmsLow: {
    default: 0.01,
    min: 0,
    doc: 'Initial weights are too small where the root mean square of what enters an activation is below this.',
    source:
      'our measurement; TheDeepChecker wants an activation std of 0.5 at least, which healthy sigmoid nets have not',
  },
  activationRmsHigh: {
    default: 10,
    min: 0,
    doc: 'Initial weights are too large where the root mean square of what enters an activation is above this.',
    source: 'our measurement; TheDeepChecker wants an activation std of 2 at most, which healthy residual nets exceed',
  },
  unitSpread: {
    default: 1e-6,
    min: 0,
    max: 1,
    doc: 'Units are clones where their gradients differ by less than this share of the largest.',
    source: 'float32: sums of the same numbers in another order differ by about 1e-7',
  },
  updateRatioHigh: {
    default: 0.1,
    min: 0,
    doc: 'Steps are too large where they change a kernel by more than this share of itself (‖Δw‖ ÷ ‖w‖).',
    source: 'TheDeepChecker (log10 of the update ratio above −1); CS231n wants about 1e-3',
  },
  updateRatioExtreme: {
    default: 0.2,
    min: 0,
    doc: 'Steps are too large where they change the typical kernel by more than this share of itself, whatever the loss does at first.',
    source:
      'our measurement: 39 healthy specs of the benchmark have 0.11 at most, and with a rate 100 times too large 0.24 or more',
  },
  lossRise: {
    default: 2,
    min: 1,
    doc: 'Steps are too large where they change a kernel by more than `updateRatioHigh` and the first few make the loss so many times larger.',
    source: 'our measurement: it rises by 15 % at most in 39 healthy specs of the benchmark',
  },
  updateRatioLow: {
    default: 1e-3,
    min: 0,
    doc: 'Steps are too small where a typical one changes no kernel by more than this share of itself (‖Δw‖ ÷ ‖w‖), and all of them do not reach far (`weightReach`).',
    source: 'CS231n wants about 1e-3; TheDeepChecker warns below 1e-4',
  },
  weightReach: {
    default: 0.5,
    min: 0,
    doc: 'Steps are too small where they are (`updateRatioLow`), and all of them together, each in the same direction, change no kernel by more than this share of itself.',
    source:
      'our measurement: 39 healthy specs of the benchmark have 2.2 or more, and with a rate 1,000 times too small 0.4 at most',
  },
  lossDecrease: {
    default: 0.05,
    min: 0,
    max: 1,
    doc: 'Share of its first value by which the loss must have gone down after `lossPatience` steps.',
    source: 'our choice; SageMaker Debugger warns where a loss goes down by less than 0.1 % in 10 steps',
  },
  lossPatience: {
    default: 200,
    min: 1,
    doc: 'Training steps before a loss that does not go down, or does not settle, is spoken of.',
    source: 'our choice',
  },
  oscillation: {
    default: 0.3,
    min: 0,
    doc: 'How far the loss may swing in the second half of a run (10th to 90th percentile, without its trend), as a share of what it began with, of equal odds, or of its level there.',
    source: 'our measurement: nets that train well have 0.16 at most, those with steps much too large 0.3 to 2',
  },
  lossExplosion: {
    default: 10,
    min: 1,
    doc: 'How many times what it began with the loss may have become by the end of a run.',
    source: 'our measurement: steps too large leave it at 20 to 300 times that, or not finite',
  },
  overfittingRise: {
    default: 0.1,
    min: 0,
    doc: 'Share by which the loss on held-out samples may rise above its lowest while that on training samples falls.',
    source: 'SageMaker Debugger (Overfit: ratio threshold 0.1)',
  },
  signalToNoise: {
    default: 0.1,
    min: 0,
    doc: 'The gradient of a batch is mostly noise where its mean over batches is below this many of its deviations.',
    source: 'our choice; McCandlish et al. 2018 take the batch at which both are equal for the critical one',
  },
  noisyBatch: {
    default: 8,
    min: 0,
    doc: 'Batches of more samples than this are not blamed for the noise of their gradient.',
    source: 'our choice: near a minimum every batch is mostly noise (McCandlish et al. 2018), and most are no fault',
  },
  inputRmsHigh: {
    default: 10,
    min: 0,
    doc: 'A feature of the data is too large where its root mean square is above this.',
    source: 'LeCun et al. 1998 want mean 0 and variance 1; ten times that is our choice',
  },
  inputRmsLow: {
    default: 0.01,
    min: 0,
    doc: 'The data is too small where the root mean square of all its features is below this.',
    source: 'LeCun et al. 1998 want mean 0 and variance 1; a hundredth of that is our choice',
  },
  inputOffset: {
    default: 10,
    min: 0,
    doc: 'A feature of the data is off centre where its mean is more than this many of its standard deviations from 0.',
    source: 'LeCun et al. 1998 want mean 0; ten deviations is our choice',
  },
  normalizationCount: {
    default: 4,
    min: 2,
    doc: 'Fewest numbers that batch normalization may take mean and variance of, for each channel.',
    source: 'of two numbers it makes ±1 whatever they are; Wu & He 2018 lose 10 points of accuracy with 2 images',
  },
  dropoutRate: {
    default: 0.5,
    min: 0,
    max: 1,
    doc: 'Largest rate of a dropout just before the output layer that is no warning.',
    source: 'Srivastava et al. 2014: 0.5 is close to the best for hidden units',
  },
  bottleneckUnits: {
    default: 1,
    min: 0,
    doc: 'A hidden layer is a bottleneck where it has this many units or fewer.',
    source: 'through one unit the gradients of all samples are multiples of one direction',
  },
} as const satisfies Record<string, Threshold>;

export type ThresholdName = keyof typeof THRESHOLDS;
export type Thresholds = Readonly<Record<ThresholdName, number>>;

/** The table's defaults with what somebody set instead; nonsense (not a number, out of bounds) leaves the default. */
export function thresholdsFrom(values: Readonly<Record<string, unknown>> = {}): Thresholds {
  const entries = Object.entries(THRESHOLDS).map(([name, threshold]: [string, Threshold]) => {
    const value = values[name];
    const { min, max = Number.POSITIVE_INFINITY } = threshold;
    return [name, typeof value === 'number' && value >= min && value <= max ? value : threshold.default];
  });
  return Object.fromEntries(entries) as Thresholds;
}
