// Owns what can be told of a spec's data without reading its files in full: enough for the editor to check the graph.
// Sources that are known from the spec alone are the spec room's (`knownDataShape`); this looks into files.
import { splitCounts } from '../spec/dataShape';
import type { Dataset } from '../spec/dataset';
import type { DataShape } from '../spec/network';
import type { DataSpec, LossName } from '../spec/schema';
import { peekCsv } from './csv';
import type { DataContext } from './files';
import { checkLabels, type IdxHeader, type IdxPair, imageShape, loadLabels, peekIdx } from './idx';
import { peekNumpy } from './numpy';
import { DEFAULT_TEST_SPLIT } from './samples';

/** Label files up to this size are read in whole, which tells the classes: some ten milliseconds. */
const MOST_LABEL_BYTES = 4 * 2 ** 20;

/**
 * Reads headers and first rows; unknown fields are absent. Sources without files answer {}.
 * @param loss decides whether a table's target is labels or numbers; without it nothing is said about it
 * @throws DataError as loadDataset would, for what can be seen
 */
export function peekDataShape(data: DataSpec, context: DataContext, loss?: LossName): DataShape {
  if (data.source === 'csv') return peekCsv(data, context, loss);
  if (data.source === 'npy' || data.source === 'npz') return peekNumpy(data, context, loss);
  if (data.source !== 'idx') return {};
  const pair = { images: data.images, labels: data.labels, field: ['data'] };
  const images = peekIdx(pair.images, ['data', 'images'], context);
  const labels = peekIdx(pair.labels, ['data', 'labels'], context);
  checkLabels(labels, images, pair);
  let classes = peekClasses(labels, pair, context);
  let ownTest: number | undefined;
  if (data.test) {
    const testPair = { ...data.test, field: ['data', 'test'] };
    const testImages = peekIdx(testPair.images, ['data', 'test', 'images'], context);
    const testLabels = peekIdx(testPair.labels, ['data', 'test', 'labels'], context);
    checkLabels(testLabels, testImages, testPair);
    const testClasses = peekClasses(testLabels, testPair, context);
    classes = classes && testClasses && Math.max(classes, testClasses);
    ownTest = testImages.dimensions[0];
  }
  const all = images.dimensions[0]!;
  const count = Math.min(all, data.limit ?? all);
  const shape: DataShape = {
    inputShape: imageShape(images.dimensions),
    targetKind: 'classes',
    targetShape: [],
    ...(classes === undefined ? {} : { classes }),
  };
  if (ownTest !== undefined && data.testSplit === undefined) {
    return { ...shape, trainSamples: count, testSamples: ownTest };
  }
  return { ...shape, ...splitCounts(count, data.testSplit ?? DEFAULT_TEST_SPLIT) };
}

/** Undefined where there are so many labels that reading them takes time. */
function peekClasses(labels: IdxHeader, pair: IdxPair, context: DataContext): number | undefined {
  return labels.totalBytes > MOST_LABEL_BYTES ? undefined : loadLabels(pair, context).classes;
}

/** The same for a dataset that was read: all fields known. */
export function shapeOfDataset(dataset: Dataset): DataShape {
  const { inputShape, targetKind, targetShape, classes, train, test } = dataset;
  return { inputShape, targetKind, targetShape, classes, trainSamples: train.count, testSamples: test.count };
}
