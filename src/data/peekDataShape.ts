// Owns what can be told of a spec's data without reading its files in full: enough for the editor to check the graph.
// Sources that are known from the spec alone are the spec room's (`knownDataShape`); this looks into files.
import { splitCounts } from '../spec/dataShape';
import type { Dataset } from '../spec/dataset';
import type { DataShape } from '../spec/network';
import type { DataSpec, LossName } from '../spec/schema';
import { peekCsv } from './csv';
import type { DataContext } from './files';
import { checkLabels, imageShape, loadLabels, peekIdx } from './idx';
import { DEFAULT_TEST_SPLIT } from './samples';

/**
 * Reads headers and first rows; unknown fields are absent. Sources without files answer {}.
 * @param loss decides whether a table's target is labels or numbers; without it nothing is said about it
 * @throws DataError as loadDataset would, for what can be seen
 */
export function peekDataShape(data: DataSpec, context: DataContext, loss?: LossName): DataShape {
  if (data.source === 'csv') return peekCsv(data, context, loss);
  if (data.source !== 'idx') return {};
  const pair = { images: data.images, labels: data.labels, field: ['data'] };
  const images = peekIdx(pair.images, ['data', 'images'], context);
  const labels = peekIdx(pair.labels, ['data', 'labels'], context);
  checkLabels(labels, images, pair);
  let classes = loadLabels(pair, context).classes;
  let ownTest: number | undefined;
  if (data.test) {
    const testPair = { ...data.test, field: ['data', 'test'] };
    const testImages = peekIdx(testPair.images, ['data', 'test', 'images'], context);
    checkLabels(peekIdx(testPair.labels, ['data', 'test', 'labels'], context), testImages, testPair);
    classes = Math.max(classes, loadLabels(testPair, context).classes);
    ownTest = testImages.dimensions[0];
  }
  const all = images.dimensions[0]!;
  const count = Math.min(all, data.limit ?? all);
  const shape: DataShape = {
    inputShape: imageShape(images.dimensions),
    targetKind: 'classes',
    targetShape: [],
    classes,
  };
  if (ownTest !== undefined && data.testSplit === undefined) {
    return { ...shape, trainSamples: count, testSamples: ownTest };
  }
  return { ...shape, ...splitCounts(count, data.testSplit ?? DEFAULT_TEST_SPLIT) };
}

/** The same for a dataset that was read: all fields known. */
export function shapeOfDataset(dataset: Dataset): DataShape {
  const { inputShape, targetKind, targetShape, classes, train, test } = dataset;
  return { inputShape, targetKind, targetShape, classes, trainSamples: train.count, testSamples: test.count };
}
