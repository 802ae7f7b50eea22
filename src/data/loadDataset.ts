// Owns the choice of the source that a spec names. Each source stands in a file of its own.

import { assertNever } from '../base/errors';
import type { Dataset } from '../spec/dataset';
import type { Spec } from '../spec/schema';
import { loadCsv } from './csv';
import { DATA_CODES, type DataContext, DataError } from './files';
import { loadIdx } from './idx';
import { loadNumpy } from './numpy';
import { makeTaught } from './randomTeacher';
import { arrange } from './samples';
import { makeAdding, makeCopy } from './sequences';
import { makeSamples } from './synthetic';

/** The shipped digits, in the data folder. */
export const DIGITS = {
  train: ['mnist-train-2000-images-idx3-ubyte.gz', 'mnist-train-2000-labels-idx1-ubyte.gz'],
  test: ['mnist-test-500-images-idx3-ubyte.gz', 'mnist-test-500-labels-idx1-ubyte.gz'],
} as const;

/**
 * Makes or reads all samples of a spec: the same spec, seed and files give the same bits.
 * @throws DataError with an NS3xx code, the place in the file, and the property of the spec that named it
 */
export function loadDataset(spec: Spec, context: DataContext): Dataset {
  const { data, seed } = spec;
  switch (data.source) {
    case 'spiral':
    case 'moons':
    case 'circles':
    case 'blobs':
    case 'xor':
    case 'parity':
    case 'sine': {
      const { shape, samples } = makeSamples(data, seed);
      return arrange(data, seed, shape, samples);
    }
    case 'mnist': {
      // The digits are ours, wherever the spec lies.
      const shipped = { ...context, folder: context.dataFolder };
      const field = ['data', 'source'];
      const train = loadIdx({ images: DIGITS.train[0], labels: DIGITS.train[1], field }, shipped);
      const test = loadIdx({ images: DIGITS.test[0], labels: DIGITS.test[1], field }, shipped);
      return arrange(data, seed, train.shape, train.samples, test.samples);
    }
    case 'csv': {
      const { shape, samples } = loadCsv(data, spec.loss, context);
      return arrange(data, seed, shape, samples);
    }
    case 'idx': {
      const train = loadIdx({ images: data.images, labels: data.labels, field: ['data'] }, context);
      if (!data.test) return arrange(data, seed, train.shape, train.samples);
      const test = loadIdx({ ...data.test, field: ['data', 'test'] }, context);
      if (test.shape.inputShape.join() !== train.shape.inputShape.join()) {
        throw new DataError(
          DATA_CODES.idx,
          `The test images are ${test.shape.inputShape.join('×')}, and the training images ${train.shape.inputShape.join('×')}.`,
          'Name the test images of the same set.',
          ['data', 'test', 'images'],
        );
      }
      // A class may be missing from either part.
      const shape = { ...train.shape, classes: Math.max(train.shape.classes ?? 0, test.shape.classes ?? 0) };
      return arrange(data, seed, shape, train.samples, test.samples);
    }
    case 'adding': {
      const { shape, samples } = makeAdding(data, seed);
      return arrange(data, seed, shape, samples);
    }
    case 'copy': {
      const { shape, samples } = makeCopy(data, seed);
      return arrange(data, seed, shape, samples);
    }
    case 'randomTeacher': {
      const { shape, samples } = makeTaught(data, seed);
      return arrange(data, seed, shape, samples);
    }
    case 'npy':
    case 'npz': {
      const { shape, samples } = loadNumpy(data, spec.loss, context);
      return arrange(data, seed, shape, samples);
    }
    default:
      return assertNever(data);
  }
}
