// Owns the IDX format of the MNIST files (http://yann.lecun.com/exdb/mnist): two zero bytes, a type, the number of
// dimensions, each as a big-endian uint32, then the numbers, big-endian, last dimension fastest. Gzip or not. The header
// is checked against what is there before memory is taken. Leaves splits and scaling to `samples.ts`.
import {
  DATA_CODES,
  type DataContext,
  DataError,
  type FileReader,
  type FoundFile,
  findFile,
  MOST_FILE_BYTES,
  readFound,
} from './files';
import { gunzip, isGzip } from './gunzip';
import type { RawSamples, SourceShape } from './samples';

type Numbers = RawSamples['inputs'];

const TYPES: Readonly<Record<number, { readonly bytes: number; readonly make: (n: number) => Numbers }>> = {
  8: { bytes: 1, make: (n) => new Uint8Array(n) },
  9: { bytes: 1, make: (n) => new Int8Array(n) },
  11: { bytes: 2, make: (n) => new Int16Array(n) },
  12: { bytes: 4, make: (n) => new Int32Array(n) },
  13: { bytes: 4, make: (n) => new Float32Array(n) },
  14: { bytes: 8, make: (n) => new Float64Array(n) },
};
const UNSIGNED_BYTE = 8;
const FLOAT = 13;
const MOST_DIMENSIONS = 4;
const LONGEST_HEADER = 4 + 4 * MOST_DIMENSIONS;
/** Deflate makes at most 1,032 bytes of one (RFC 1951: 258 bytes of two bits). */
const MOST_RATIO = 1032;
/** Compressed bytes that hold a header: a stored block, of up to 64 KiB, comes out when it is complete. */
const PEEK_BYTES = 2 ** 17;

export interface IdxHeader {
  readonly type: number;
  readonly dimensions: readonly number[];
  readonly headerBytes: number;
  /** Header and numbers together. */
  readonly totalBytes: number;
}

/** Paths of one pair of files, with the properties of the spec that name them. */
export interface IdxPair {
  readonly images: string;
  readonly labels: string;
  /** Such as ['data', 'test']. */
  readonly field: readonly string[];
}

const sizeHint = 'Get the file again, or write it with its true sizes.';

function damaged(file: FoundFile, why: string): DataError {
  return new DataError(DATA_CODES.idx, `“${file.name}” ${why}.`, sizeHint, file.field);
}

/**
 * Reads a header from the file's first bytes, decompressed.
 * @throws DataError NS307 where it is none
 */
function parseHeader(start: Uint8Array, file: FoundFile): IdxHeader {
  if (start.length < 4) throw damaged(file, `is cut short at byte ${start.length}, within the header of an IDX file`);
  if (start[0] !== 0 || start[1] !== 0) {
    const magic = [...start.subarray(0, 4)].map((b) => b.toString(16).padStart(2, '0')).join(' ');
    throw damaged(file, `is no IDX file: it begins with ${magic}, not with 00 00`);
  }
  const type = start[2]!;
  const rank = start[3]!;
  const known = TYPES[type];
  if (!known)
    throw damaged(
      file,
      `has numbers of type 0x${type.toString(16).padStart(2, '0')} (byte 2), which IDX does not know`,
    );
  if (rank < 1 || rank > MOST_DIMENSIONS)
    throw damaged(file, `has ${rank} dimensions (byte 3), and 1 to ${MOST_DIMENSIONS} are read`);
  const headerBytes = 4 + 4 * rank;
  if (start.length < headerBytes) {
    throw damaged(file, `is cut short at byte ${start.length}, within its header of ${headerBytes} bytes`);
  }
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const empty = dimensions.indexOf(0);
  if (empty >= 0) throw damaged(file, `is empty: its size number ${empty + 1} (byte ${4 + 4 * empty}) is 0`);
  // At most (2³²)⁴ · 8: exact enough as a double to be compared, and never overflowing.
  const totalBytes = headerBytes + dimensions.reduce((a, b) => a * b, known.bytes);
  return { type, dimensions, headerBytes, totalBytes };
}

/** The header alone. @throws DataError NS301, NS302, NS303, NS307 */
export function peekIdx(name: string, field: readonly string[], context: DataContext): IdxHeader {
  const file = findFile(name, field, context);
  const start = readFound(file, context.files, PEEK_BYTES);
  if (!isGzip(start)) return checkedPlain(parseHeader(start, file), file);
  const head = new Uint8Array(LONGEST_HEADER);
  let have = 0;
  unpack(file, start, file.bytes > start.length, (piece) => {
    const part = piece.subarray(0, head.length - have);
    head.set(part, have);
    have += part.length;
    return have < head.length;
  });
  return checkedPacked(parseHeader(head.subarray(0, have), file), file);
}

function checkedPlain(header: IdxHeader, file: FoundFile): IdxHeader {
  if (header.totalBytes === file.bytes) return header;
  const short = file.bytes < header.totalBytes;
  throw damaged(
    file,
    `${short ? 'is cut short' : 'is too long'}: its header says ${describe(header)}, ${count(header.totalBytes)} bytes, and it has ${count(file.bytes)}`,
  );
}

function checkedPacked(header: IdxHeader, file: FoundFile): IdxHeader {
  if (header.totalBytes > MOST_FILE_BYTES) {
    throw new DataError(
      DATA_CODES.size,
      `“${file.name}” says that it holds ${describe(header)}, ${count(header.totalBytes)} bytes, and at most ${count(MOST_FILE_BYTES)} are read.`,
      'Take a part of it.',
      file.field,
    );
  }
  if (header.totalBytes > file.bytes * MOST_RATIO) {
    throw damaged(file, `says that it holds ${describe(header)}, more than its ${count(file.bytes)} bytes can`);
  }
  return header;
}

/** All numbers of a file. @throws DataError */
function readIdx(file: FoundFile, files: FileReader): { header: IdxHeader; numbers: Numbers } {
  const bytes = readFound(file, files);
  if (!isGzip(bytes)) {
    const header = checkedPlain(parseHeader(bytes.subarray(0, LONGEST_HEADER), file), { ...file, bytes: bytes.length });
    return { header, numbers: decode(bytes.subarray(header.headerBytes), header) };
  }
  const head = new Uint8Array(LONGEST_HEADER);
  let have = 0;
  let header: IdxHeader | undefined;
  let body: Uint8Array | undefined;
  let filled = 0;
  unpack(file, bytes, false, (piece) => {
    let rest = piece;
    if (!header || !body) {
      // How long the header is stands in its fourth byte.
      const headerBytes = () => (have < 4 ? 4 : 4 + 4 * Math.min(head[3]!, MOST_DIMENSIONS));
      while (rest.length > 0 && have < headerBytes()) {
        head[have++] = rest[0]!;
        rest = rest.subarray(1);
      }
      if (have < headerBytes()) return true;
      header = checkedPacked(parseHeader(head.subarray(0, have), file), file);
      body = new Uint8Array(header.totalBytes - header.headerBytes);
    }
    if (rest.length > body.length - filled) {
      throw damaged(
        file,
        `is too long: its header says ${describe(header)}, ${count(header.totalBytes)} bytes, and more follow`,
      );
    }
    body.set(rest, filled);
    filled += rest.length;
    return true;
  });
  if (!header || !body) {
    parseHeader(head.subarray(0, have), file);
    throw damaged(file, 'ends within its header');
  }
  if (filled < body.length) {
    throw damaged(
      file,
      `is cut short: its header says ${describe(header)}, ${count(header.totalBytes)} bytes, and it holds ${count(header.headerBytes + filled)}`,
    );
  }
  return { header, numbers: decode(body, header) };
}

function unpack(file: FoundFile, bytes: Uint8Array, partial: boolean, take: (piece: Uint8Array) => boolean): void {
  try {
    gunzip(bytes, take, partial);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw damaged(file, `cannot be decompressed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function decode(body: Uint8Array, header: IdxHeader): Numbers {
  const { bytes, make } = TYPES[header.type]!;
  const n = body.length / bytes;
  if (header.type === UNSIGNED_BYTE) return body;
  const numbers = make(n);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let i = 0; i < n; i++) {
    if (bytes === 1) numbers[i] = view.getInt8(i);
    else if (bytes === 2) numbers[i] = view.getInt16(2 * i);
    else if (bytes === 8) numbers[i] = view.getFloat64(8 * i);
    else numbers[i] = header.type === FLOAT ? view.getFloat32(4 * i) : view.getInt32(4 * i);
  }
  return numbers;
}

/** Shape of one image: a picture without a channel axis gets one. */
export function imageShape(dimensions: readonly number[]): number[] {
  const shape = dimensions.slice(1);
  if (shape.length === 0) return [1];
  return shape.length === 2 ? [...shape, 1] : shape;
}

/** Whether a file can be one of labels: whole numbers in one row. @throws DataError NS308 */
export function checkLabels(header: IdxHeader, images: IdxHeader, pair: IdxPair): void {
  const field = [...pair.field, 'labels'];
  if (header.dimensions.length !== 1 || header.type >= FLOAT) {
    throw new DataError(
      DATA_CODES.labels,
      `“${pair.labels}” is no file of labels: it holds ${describe(header)}${header.type >= FLOAT ? ' of fractions' : ''}.`,
      'Name a file with one whole number a sample.',
      field,
    );
  }
  if (header.dimensions[0] === images.dimensions[0]) return;
  throw new DataError(
    DATA_CODES.labels,
    `“${pair.labels}” has ${count(header.dimensions[0]!)} labels, and “${pair.images}” ${count(images.dimensions[0]!)} images.`,
    'Name the two files that belong together.',
    field,
  );
}

/** Reads the labels of a pair. @throws DataError NS308 where one of them is below 0, and what reading throws */
export function loadLabels(pair: IdxPair, context: DataContext): { targets: Int32Array; classes: number } {
  const field = [...pair.field, 'labels'];
  const { header, numbers } = readIdx(findFile(pair.labels, field, context), context.files);
  const targets = Int32Array.from(numbers);
  let largest = 0;
  for (let i = 0; i < targets.length; i++) {
    const label = targets[i]!;
    if (label < 0) {
      const byte = header.headerBytes + i * TYPES[header.type]!.bytes;
      throw new DataError(
        DATA_CODES.labels,
        `“${pair.labels}” has the label ${label} for sample ${i} (byte ${byte}), and labels count from 0.`,
        'Number the classes from 0.',
        field,
      );
    }
    largest = Math.max(largest, label);
  }
  return { targets, classes: largest + 1 };
}

/** Reads a pair of files: bytes become 0…1, other numbers stay as they are. @throws DataError */
export function loadIdx(pair: IdxPair, context: DataContext): { shape: SourceShape; samples: RawSamples } {
  const { images, labels } = pair;
  // Both headers first: a wrong pair is told before the images are read.
  const imagesHeader = peekIdx(images, [...pair.field, 'images'], context);
  checkLabels(peekIdx(labels, [...pair.field, 'labels'], context), imagesHeader, pair);
  const { targets, classes } = loadLabels(pair, context);
  const file = findFile(images, [...pair.field, 'images'], context);
  const { header, numbers } = readIdx(file, context.files);
  if (header.type >= FLOAT) checkFinite(numbers, header, file);
  const samples: RawSamples = {
    count: header.dimensions[0]!,
    inputs: numbers,
    scale: header.type === UNSIGNED_BYTE ? 1 / 255 : 1,
    targets,
  };
  const shape: SourceShape = {
    inputShape: imageShape(header.dimensions),
    targetKind: 'classes',
    targetShape: [],
    classes,
  };
  return { shape, samples };
}

function checkFinite(numbers: Numbers, header: IdxHeader, file: FoundFile): void {
  for (let i = 0; i < numbers.length; i++) {
    if (Number.isFinite(Math.fround(numbers[i]!))) continue;
    throw damaged(
      file,
      `has ${numbers[i]} at byte ${header.headerBytes + i * TYPES[header.type]!.bytes}, which no network can take`,
    );
  }
}

/** `2,000×28×28 numbers`. */
function describe(header: IdxHeader): string {
  return `${header.dimensions.map(count).join('×')} numbers`;
}

function count(n: number): string {
  return n.toLocaleString('en');
}
