// Owns samples in NumPy files: which array is what, and what its numbers mean to the loss. Numbers stay as they are, bytes
// too: a token or a pixel. The format is `numpyFormat.ts`'s, archives are `zip.ts`'s; splits and scaling `samples.ts`'s.
import { splitCounts } from '../spec/dataShape';
import type { DataShape } from '../spec/network';
import type { DataSpec, LossName } from '../spec/schema';
import { wantsClasses } from './csv';
import { DATA_CODES, type DataContext, DataError, findFile, readFound } from './files';
import { type NumpyBytes, type NumpyHeader, readHeader, readNumbers } from './numpyFormat';
import { checkTotal, type RawSamples, type SourceShape } from './samples';
import { readEntry, zipEntries } from './zip';

type NumpySpec = Extract<DataSpec, { source: 'npy' | 'npz' }>;

/** Target files up to this size are read in whole when only the shape is asked for: some ten milliseconds. */
const MOST_LABEL_BYTES = 4 * 2 ** 20;
/** Greatest label, so that all are int32 and one more is too. */
const MOST_LABEL = 2 ** 31 - 2;

interface Pair {
  readonly x: NumpyBytes;
  readonly y: NumpyBytes;
  readonly xHeader: NumpyHeader;
  readonly yHeader: NumpyHeader;
}

/** Reads inputs and targets. @throws DataError */
export function loadNumpy(
  data: NumpySpec,
  loss: LossName,
  context: DataContext,
): { shape: SourceShape; samples: RawSamples } {
  const pair = openPair(data, context);
  const { x, xHeader } = pair;
  const inputShape = sampleShape(xHeader);
  checkTotal(
    xHeader.shape[0]!,
    inputShape.reduce((a, b) => a * b, 1),
    x.field,
  );
  const target = wantsClasses(loss) ? readLabels(pair) : readValues(pair);
  const inputs = readNumbers(x, xHeader, false);
  checkFinite(inputs, x);
  const { targets, ...rest } = target;
  return { shape: { inputShape, ...rest }, samples: { count: xHeader.shape[0]!, inputs, scale: 1, targets } };
}

/**
 * What the headers tell; small targets are read in whole, which tells the classes.
 * @param loss decides between labels and numbers; without it nothing is said about the target
 * @throws DataError
 */
export function peekNumpy(data: NumpySpec, context: DataContext, loss?: LossName): DataShape {
  const pair = openPair(data, context);
  const all = pair.xHeader.shape[0]!;
  const counts = splitCounts(Math.min(all, data.limit ?? all), data.testSplit);
  const shape: DataShape = { inputShape: sampleShape(pair.xHeader), ...counts };
  if (loss === undefined) return shape;
  if (!wantsClasses(loss)) return { ...shape, targetKind: 'values', targetShape: sampleShape(pair.yHeader) };
  const targets: DataShape = { targetKind: 'classes', targetShape: labelShape(pair.yHeader) };
  if (pair.y.bytes > MOST_LABEL_BYTES) return { ...shape, ...targets };
  return { ...shape, ...targets, classes: readLabels(pair).classes };
}

/** Finds both arrays and reads their headers. */
function openPair(data: NumpySpec, context: DataContext): Pair {
  const [x, y] = data.source === 'npy' ? twoFiles(data, context) : oneArchive(data, context);
  const xHeader = readHeader(x);
  const yHeader = readHeader(y);
  if (xHeader.shape[0] !== yHeader.shape[0]) {
    const [inputs, targets] = [xHeader, yHeader].map(({ shape }) => shape[0]!.toLocaleString('en'));
    throw new DataError(
      DATA_CODES.labels,
      `${y.name} has ${targets} targets, and ${x.name} ${inputs} samples.`,
      'Name the two arrays that belong together; the first axis numbers the samples.',
      y.field,
    );
  }
  return { x, y, xHeader, yHeader };
}

function twoFiles(data: Extract<NumpySpec, { source: 'npy' }>, context: DataContext): [NumpyBytes, NumpyBytes] {
  const bytesOf = (key: 'x' | 'y'): NumpyBytes => {
    const field = ['data', key];
    const file = findFile(data[key], field, context);
    return {
      name: `“${file.name}”`,
      field,
      bytes: file.bytes,
      read: (maxBytes) => readFound(file, context.files, maxBytes),
    };
  };
  return [bytesOf('x'), bytesOf('y')];
}

function oneArchive(data: Extract<NumpySpec, { source: 'npz' }>, context: DataContext): [NumpyBytes, NumpyBytes] {
  const file = findFile(data.path, ['data', 'path'], context);
  const entries = zipEntries(file, context.files);
  const bytesOf = (key: 'x' | 'y'): NumpyBytes => {
    const field = ['data', key];
    // Of several by one name, NumPy takes the last.
    const entry = entries.filter(({ name }) => name === `${data[key]}.npy`).at(-1);
    if (!entry) {
      const has = entries
        .slice(0, 20)
        .map(({ name }) => `“${name.replace(/\.npy$/, '').slice(0, 40)}”`)
        .join(', ');
      throw new DataError(
        DATA_CODES.column,
        `“${file.name}” has no array “${data[key]}”: it has ${has || 'none'}.`,
        `Name one of its arrays in \`${key}\`, or save it as \`numpy.savez(path, x=…, y=…)\`.`,
        field,
      );
    }
    return {
      name: `“${data[key]}” in “${file.name}”`,
      field,
      bytes: entry.bytes,
      read: (maxBytes) => readEntry(entry, { ...file, field }, context.files, maxBytes),
    };
  };
  return [bytesOf('x'), bytesOf('y')];
}

/** Without the axis of samples; plain numbers are vectors of one. */
function sampleShape({ shape }: NumpyHeader): readonly number[] {
  return shape.length === 1 ? [1] : shape.slice(1);
}

/** A last axis of size 1 adds nothing: labels as a column. */
function labelShape({ shape }: NumpyHeader): readonly number[] {
  return shape.slice(1, shape.at(-1) === 1 ? -1 : undefined);
}

function readLabels({ y, yHeader }: Pair) {
  const numbers = readNumbers(y, yHeader, true);
  const targets = new Int32Array(numbers.length);
  const each = numbers.length / yHeader.shape[0]!;
  let largest = 0;
  for (let i = 0; i < numbers.length; i++) {
    const label = numbers[i]!;
    if (!Number.isInteger(label) || label < 0 || label > MOST_LABEL) {
      throw new DataError(
        DATA_CODES.labels,
        `${y.name} has the label ${label} for sample ${Math.floor(i / each)}, and this loss takes whole numbers from 0.`,
        'Number the classes from 0, such as by `numpy.unique(labels, return_inverse=True)[1]`; for numbers to predict, use `meanSquaredError`.',
        y.field,
      );
    }
    targets[i] = label;
    largest = Math.max(largest, label);
  }
  return { targetKind: 'classes', targetShape: labelShape(yHeader), classes: largest + 1, targets } as const;
}

function readValues({ y, yHeader }: Pair) {
  const targetShape = sampleShape(yHeader);
  checkTotal(
    yHeader.shape[0]!,
    targetShape.reduce((a, b) => a * b, 1),
    y.field,
  );
  const numbers = readNumbers(y, yHeader, false);
  checkFinite(numbers, y);
  return { targetKind: 'values', targetShape, targets: Float32Array.from(numbers) } as const;
}

function checkFinite(numbers: ArrayLike<number>, from: NumpyBytes): void {
  for (let i = 0; i < numbers.length; i++) {
    if (Number.isFinite(numbers[i]!)) continue;
    throw new DataError(
      DATA_CODES.numpy,
      `${from.name} has ${numbers[i]} at place ${i.toLocaleString('en')} in single precision, which no network can take.`,
      'Replace what is not finite, such as by `numpy.nan_to_num`, or scale the numbers down.',
      from.field,
    );
  }
}
