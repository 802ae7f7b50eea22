// Owns the options of every data source. Reading and making the samples is the data room's.
import {
  boolean,
  choice,
  column,
  integer,
  list,
  object,
  optional,
  real,
  required,
  text,
  type ValueOf,
  variant,
  variants,
  withDefault,
} from './fields';

const normalization = choice('normalization', {
  none: 'As they are.',
  standard: 'Each feature to mean 0 and standard deviation 1, by the training samples alone.',
  minmax: 'Each feature to 0…1, by the training samples alone.',
});
const splitBounds = real({ min: 0, exclusiveMax: 1 });
const positive = integer({ min: 1 });

const common = {
  normalize: withDefault(normalization, 'none', 'How the inputs are scaled.'),
  shuffle: withDefault(
    boolean,
    true,
    'Whether samples are put in a random order, made from the seed, before the split and in every epoch.',
  ),
  limit: optional(
    positive,
    'Takes at most so many samples (of the training set, where the source has a test set of its own).',
  ),
};
const split = {
  testSplit: withDefault(splitBounds, 0.2, 'Share of the samples that is kept for testing.'),
};
const ownTest = {
  testSplit: optional(
    splitBounds,
    "Share of the training samples that is kept for testing, in place of the source's own test set.",
  ),
};
const made = {
  samples: withDefault(positive, 1000, 'How many samples are made, training and test together.'),
  noise: withDefault(real({ min: 0 }), 0.1, 'Standard deviation of the normal noise that the samples carry.'),
};
const arms = integer({ min: 2, max: 1000 });
const length = integer({ min: 2 });
/** Of a randomTeacher, whose last layer has a row a class or output. */
const answers = { max: 65_536 };

export const data = variants('data source', 'source', {
  spiral: variant('Points in the plane on arms wound round each other, one class an arm.', {
    ...made,
    classes: withDefault(arms, 2, 'How many arms.'),
    ...split,
    ...common,
  }),
  moons: variant('Points in the plane on two half circles that reach into each other: 2 classes.', {
    ...made,
    ...split,
    ...common,
  }),
  circles: variant('Points in the plane on a circle within a circle: 2 classes.', { ...made, ...split, ...common }),
  blobs: variant('Normal clouds of points in the plane, one class a cloud.', {
    ...made,
    classes: withDefault(arms, 2, 'How many clouds.'),
    ...split,
    ...common,
  }),
  xor: variant('Points of a square, labelled by whether the signs of their coordinates differ: 2 classes.', {
    ...made,
    ...split,
    ...common,
  }),
  parity: variant(
    'Rows of bits, each 0 or 1 with equal odds and with noise, labelled by whether the number of ones is odd: 2 classes.',
    {
      ...made,
      bits: withDefault(integer({ min: 2 }), 8, 'How many bits a sample has.'),
      ...split,
      ...common,
    },
  ),
  sine: variant('Regression: the sine of one number.', { ...made, ...split, ...common }),
  adding: variant(
    'Regression on sequences: a step is a number from 0…1 and a mark, which is 1 at one step of each half and 0 elsewhere; the target is the sum of the two marked numbers, with noise (Hochreiter & Schmidhuber 1997). Always answering 1 has a squared error of 1/6.',
    {
      ...made,
      length: withDefault(length, 20, 'Time steps of a sequence: its shape is length × 2.'),
      ...split,
      ...common,
    },
  ),
  copy: variant(
    'Sequences to be repeated: random symbols, then one step with the mark “repeat”, then blanks, in which the symbols are to be said again in their order. A sample has 2 · length + 1 steps and a label a step, so the output has that many steps and symbols + 1 units: 0 while there is nothing to say, then the symbols, numbered from 1.',
    {
      ...made,
      noise: withDefault(
        real({ min: 0 }),
        0.1,
        'Standard deviation of the normal noise on the inputs; without `oneHot` there is none.',
      ),
      length: withDefault(length, 20, 'How many symbols are to be repeated.'),
      symbols: withDefault(integer({ min: 2 }), 8, 'How many different symbols.'),
      oneHot: withDefault(
        boolean,
        true,
        'Whether a step is a row of symbols + 2 numbers, 1 for what it is and 0 elsewhere: blank, the symbols, “repeat”. Otherwise it is that place’s number, for an `embedding` with `inputDim` symbols + 2.',
      ),
      ...split,
      ...common,
    },
  ),
  randomTeacher: variant(
    'Standard-normal inputs, labelled by a fixed random network of two layers, made from the seed: the source for benchmarks. Its answers have mean 0 and variance 1, and carry the noise; with `classes`, the largest is the label.',
    {
      ...made,
      features: optional(positive, 'Numbers of a sample, where it is a vector.'),
      inputShape: optional(list('list of sizes', positive, 1, 4), 'Shape of a sample, such as `[32, 32, 3]`.'),
      classes: optional(integer({ min: 2, ...answers }), 'How many classes the teacher tells apart.'),
      outputs: optional(integer({ min: 1, ...answers }), 'How many numbers the teacher answers, for regression.'),
      ...split,
      ...common,
    },
    [
      { fields: ['features', 'inputShape'], required: true },
      { fields: ['classes', 'outputs'], required: true },
    ],
  ),
  mnist: variant('Handwritten digits, 28×28×1, values 0…1: 2,000 to train and 500 to test, shipped with Gradoscope.', {
    ...ownTest,
    ...common,
  }),
  csv: variant('A table in a text file, one sample a row.', {
    path: required(text, 'The file, relative to the spec.'),
    features: optional(
      list('list of columns', column),
      'Columns that go in, by name or by number from 0. Default: all but the target.',
    ),
    target: optional(column, 'Column to be predicted, by name or by number from 0. Default: the last.'),
    delimiter: optional(text, 'What separates the cells. Default: found out from the file.'),
    ...split,
    ...common,
  }),
  idx: variant('Images and labels in the format of the MNIST files, gzipped or not.', {
    images: required(text, 'File of the images, relative to the spec.'),
    labels: required(text, 'File of the labels, relative to the spec.'),
    test: optional(
      object('test set', {
        images: required(text, 'File of the test images, relative to the spec.'),
        labels: required(text, 'File of the test labels, relative to the spec.'),
      }),
      'A test set of its own.',
    ),
    testSplit: optional(
      splitBounds,
      'Share of the samples that is kept for testing. Default: 0.2 where there is no `test`.',
    ),
    ...common,
  }),
  npy: variant('Two NumPy files, one for the inputs and one for the targets; the first axis numbers the samples.', {
    x: required(text, 'File of the inputs, relative to the spec.'),
    y: required(
      text,
      'File of the targets, relative to the spec. For losses on classes: whole numbers from 0, one a sample or one a time step.',
    ),
    ...split,
    ...common,
  }),
  npz: variant('A NumPy archive, as `numpy.savez` writes it, with an array for the inputs and one for the targets.', {
    path: required(text, 'The archive, relative to the spec.'),
    x: withDefault(text, 'x', 'Name of the array of inputs.'),
    y: withDefault(text, 'y', 'Name of the array of targets; see `npy`.'),
    ...split,
    ...common,
  }),
});

export type DataSpec = ValueOf<typeof data>;
