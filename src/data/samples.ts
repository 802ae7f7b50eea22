// Owns what happens to samples between a source and training: shuffle, limit, split, normalization. Leaves reading and
// making them to the sources.
import { Random } from '../base/random';
import { splitCounts } from '../spec/dataShape';
import type { Dataset, Samples } from '../spec/dataset';
import type { DataSpec } from '../spec/schema';
import { DATA_CODES, DataError } from './files';

/** All samples of a source, in its own order, still in the numbers that it has. */
export interface RawSamples {
  readonly count: number;
  /** Sample-major, row-major. */
  readonly inputs: Float32Array | Float64Array | Uint8Array | Int8Array | Int16Array | Int32Array;
  /** What an input is multiplied by: 1/255 brings bytes to 0…1. */
  readonly scale: number;
  /** `product(targetShape)` a sample: labels of classes (integers) or numbers. */
  readonly targets: Int32Array | Float32Array;
}

/** What a source is, beside its samples. */
export interface SourceShape {
  readonly inputShape: readonly number[];
  readonly targetKind: 'classes' | 'values';
  readonly targetShape: readonly number[];
  readonly classes?: number;
}

/** Numbers of all inputs together: 2 GiB as float32. */
const MOST_VALUES = 2 ** 29;
/** Of a source that has a test set of its own elsewhere, and here none. */
export const DEFAULT_TEST_SPLIT = 0.2;

/** @throws DataError NS303 where so many samples would not fit */
export function checkTotal(count: number, valuesEach: number, field: readonly string[]): void {
  if (count * valuesEach <= MOST_VALUES) return;
  const gib = (count * valuesEach * 4) / 2 ** 30;
  throw new DataError(
    DATA_CODES.size,
    `${count.toLocaleString('en')} samples of ${valuesEach.toLocaleString('en')} numbers take ${gib.toFixed(1)} GiB, and at most 2 GiB are taken.`,
    'Take fewer samples, with `limit` where they come from a file.',
    field,
  );
}

/**
 * Shuffles (by the seed), limits, splits and normalizes. Statistics for normalization come from the training part alone.
 * @param ownTest the source's own test set; with it, `testSplit` takes its place only where the spec says so
 * @throws DataError NS309 where nothing is left to train on, NS303 where it is too much
 */
export function arrange(
  data: DataSpec,
  seed: number,
  shape: SourceShape,
  all: RawSamples,
  ownTest?: RawSamples,
): Dataset {
  if (all.count === 0) {
    throw new DataError(DATA_CODES.samples, 'The data has no samples.', 'Name a file that has some.', ['data']);
  }
  const order = new Uint32Array(all.count).map((_, i) => i);
  if (data.shuffle) new Random(seed, 'data/shuffle').shuffle(order);
  const chosen = order.subarray(0, Math.min(all.count, data.limit ?? all.count));
  const features = shape.inputShape.reduce((a, b) => a * b, 1);
  checkTotal(chosen.length + (ownTest?.count ?? 0), features, ['data']);
  const useOwn = ownTest !== undefined && data.testSplit === undefined;
  const held = useOwn ? 0 : splitCounts(chosen.length, data.testSplit ?? DEFAULT_TEST_SPLIT).testSamples;
  const sizes = { features, targets: shape.targetShape.reduce((a, b) => a * b, 1) };
  const train = gather(all, chosen.subarray(0, chosen.length - held), sizes);
  const test = useOwn
    ? gather(
        ownTest,
        new Uint32Array(ownTest.count).map((_, i) => i),
        sizes,
      )
    : gather(all, chosen.subarray(chosen.length - held), sizes);
  normalize(data.normalize, train, test, features);
  return { ...shape, train, test };
}

/** @param sizes how many inputs and targets a sample has */
function gather(raw: RawSamples, order: Uint32Array, sizes: { features: number; targets: number }): Samples {
  const { features, targets: each } = sizes;
  const inputs = new Float32Array(order.length * features);
  const count = order.length * each;
  const targets = raw.targets instanceof Int32Array ? new Int32Array(count) : new Float32Array(count);
  for (let k = 0; k < order.length; k++) {
    const from = order[k]! * features;
    for (let f = 0; f < features; f++) inputs[k * features + f] = raw.inputs[from + f]! * raw.scale;
    for (let t = 0; t < each; t++) targets[k * each + t] = raw.targets[order[k]! * each + t]!;
  }
  return { count: order.length, inputs, targets };
}

/**
 * Scales the inputs of both parts in place, feature by feature. A feature that is the same in all training samples
 * becomes 0 there (there is nothing to scale it by) and keeps its distance elsewhere.
 */
function normalize(kind: DataSpec['normalize'], train: Samples, test: Samples, features: number): void {
  if (kind === 'none') return;
  for (let f = 0; f < features; f++) {
    let smallest = Infinity;
    let largest = -Infinity;
    let sum = 0;
    for (let i = f; i < train.inputs.length; i += features) {
      const x = train.inputs[i]!;
      smallest = Math.min(smallest, x);
      largest = Math.max(largest, x);
      sum += x;
    }
    let shift = smallest;
    let width = largest - smallest;
    if (kind === 'standard' && width > 0) {
      shift = sum / train.count;
      let squares = 0;
      for (let i = f; i < train.inputs.length; i += features) squares += (train.inputs[i]! - shift) ** 2;
      width = Math.sqrt(squares / train.count);
    }
    if (!(width > 0)) width = 1;
    for (const part of [train, test]) {
      for (let i = f; i < part.inputs.length; i += features) part.inputs[i] = (part.inputs[i]! - shift) / width;
    }
  }
}
