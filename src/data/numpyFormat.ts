// Owns NumPy's .npy format, versions 1.0 to 3.0 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html):
// the bytes 93 "NUMPY", version, length of the header, a header in Python's notation, the numbers. The header is
// checked against the bytes that are there before memory is taken; pickled objects are never read. Where the bytes come
// from is the caller's, what the numbers mean `numpy.ts`'s.
import { DATA_CODES, DataError } from './files';

/** An array's bytes, wherever they lie. */
export interface NumpyBytes {
  /** What messages call it, such as `“x.npy”`. */
  readonly name: string;
  /** The property of the spec that names it. */
  readonly field: readonly string[];
  readonly bytes: number;
  /** The first `maxBytes`, all where there are fewer. @throws DataError */
  read(maxBytes?: number): Uint8Array;
}

export interface NumpyHeader {
  readonly type: NumpyType;
  /** At least one axis, none of them empty. */
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  readonly headerBytes: number;
  readonly count: number;
}

interface NumpyType {
  readonly kind: 'b' | 'u' | 'i' | 'f';
  readonly bytes: number;
  readonly littleEndian: boolean;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** As NumPy's own reader: more text than this is no plain array's (`max_header_size`). */
const LONGEST_HEADER = 10_000;
/** Magic, version, and the longest length field; then the header. */
export const PEEK_BYTES = 12 + LONGEST_HEADER;
const MOST_AXES = 8;
const SIZES: Readonly<Record<NumpyType['kind'], readonly number[]>> = {
  b: [1],
  u: [1, 2, 4, 8],
  i: [1, 2, 4, 8],
  f: [2, 4, 8],
};

function damaged(from: NumpyBytes, why: string): DataError {
  const hint = 'Write it again with `numpy.save` or `numpy.savez`.';
  return new DataError(DATA_CODES.numpy, `${from.name} ${why}.`, hint, from.field);
}

/**
 * Reads and checks a header: what it promises is what is there.
 * @throws DataError NS311
 */
export function readHeader(from: NumpyBytes): NumpyHeader {
  const start = from.read(PEEK_BYTES);
  if (!MAGIC.every((byte, i) => start[i] === byte)) {
    const shown = [...start.subarray(0, 6)].map((b) => b.toString(16).padStart(2, '0')).join(' ');
    throw damaged(from, `is no NumPy array: it begins with ${shown || 'nothing'}, not with 93 4e 55 4d 50 59`);
  }
  const cut = (end: number) => damaged(from, `is cut short at byte ${start.length}, within its header of ${end} bytes`);
  if (start.length < 8) throw cut(10);
  const version = start[6]!;
  if (version < 1 || version > 3) throw damaged(from, `is of version ${version}.${start[7]!}, and 1.0 to 3.0 are read`);
  const textAt = version === 1 ? 10 : 12;
  if (start.length < textAt) throw cut(textAt);
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST_HEADER) {
    throw damaged(from, `has a header of ${count(length)} bytes, and at most ${count(LONGEST_HEADER)} are read`);
  }
  const headerBytes = textAt + length;
  if (start.length < headerBytes) throw cut(headerBytes);
  const encoding = version === 3 ? 'utf-8' : 'latin1';
  const text = new TextDecoder(encoding).decode(start.subarray(textAt, headerBytes));
  const { type, shape, fortranOrder } = parseHeader(text, from);
  const total = shape.reduce((a, b) => a * b, 1);
  const header = { type, shape, fortranOrder, headerBytes, count: total };
  const wanted = headerBytes + total * type.bytes;
  if (wanted !== from.bytes) {
    const what = from.bytes < wanted ? 'is cut short' : 'is too long';
    const promise = `${describe(header)}, ${count(wanted)} bytes with the header`;
    throw damaged(from, `${what}: its header says ${promise}, and it has ${count(from.bytes)}`);
  }
  return header;
}

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`: any order, either quote. */
function parseHeader(text: string, from: NumpyBytes): Pick<NumpyHeader, 'type' | 'shape' | 'fortranOrder'> {
  const entry = /\s*(['"])(\w+)\1\s*:\s*(?:(['"])(.*?)\3|(True|False)|\(([\d\sL,]*)\))\s*(?:,|(?=\}))/y;
  const values = new Map<string, string>();
  const begin = /^\s*\{/.exec(text);
  const wrong = () => damaged(from, `has a header that is none: ${shortened(text.trim())}`);
  if (!begin) throw wrong();
  entry.lastIndex = begin[0].length;
  let at = entry.lastIndex;
  for (let match = entry.exec(text); match; match = entry.exec(text)) {
    const [, , key, , string, truth, tuple] = match;
    if (values.has(key!)) throw wrong();
    values.set(key!, string !== undefined ? `'${string}` : truth !== undefined ? truth : `(${tuple!}`);
    at = entry.lastIndex;
  }
  if (/^\s*(['"])descr\1\s*:\s*\[/.test(text.slice(at))) throw otherType(from, 'records with several fields');
  if (!/^\s*\}\s*$/.test(text.slice(at)) || values.size !== 3) throw wrong();
  const descr = values.get('descr');
  const order = values.get('fortran_order');
  const shape = values.get('shape');
  if (!descr?.startsWith("'") || !shape?.startsWith('(')) throw wrong();
  if (order !== 'True' && order !== 'False') throw wrong();
  return {
    type: parseType(descr.slice(1), from),
    shape: parseShape(shape.slice(1), from, wrong),
    fortranOrder: order === 'True',
  };
}

const OTHER_TYPES: Readonly<Record<string, string>> = {
  O: 'Python objects, which are never read',
  c: 'complex numbers',
  S: 'texts',
  U: 'texts',
  a: 'texts',
  M: 'dates',
  m: 'spans of time',
  V: 'raw bytes or records',
};

function parseType(descr: string, from: NumpyBytes): NumpyType {
  const match = /^([<>|=]?)([a-zA-Z])(\d{0,4})/.exec(descr);
  const [, order, kind = '', digits] = match ?? [];
  const bytes = Number(digits);
  const sizes = kind in SIZES ? SIZES[kind as NumpyType['kind']] : undefined;
  if (sizes?.includes(bytes) && match?.[0] === descr) {
    // `=` is the writing machine's own order, and hardly any is big-endian.
    return { kind: kind as NumpyType['kind'], bytes, littleEndian: order !== '>' };
  }
  throw otherType(from, OTHER_TYPES[kind] ?? `numbers of type “${shortened(descr)}”`);
}

function otherType(from: NumpyBytes, what: string): DataError {
  return new DataError(
    DATA_CODES.numpy,
    `${from.name} holds ${what}.`,
    'Save an array of bool, integer or float numbers: `array.astype("float32")`; classes as numbers from 0, such as `numpy.unique(labels, return_inverse=True)[1]`.',
    from.field,
  );
}

function parseShape(text: string, from: NumpyBytes, wrong: () => DataError): number[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.at(-1) === '') parts.pop();
  if (parts.length === 0) throw damaged(from, 'is a single number: it has no axis of samples');
  if (parts.length > MOST_AXES) throw damaged(from, `has ${parts.length} axes, and at most ${MOST_AXES} are read`);
  // Python 2 wrote long integers with an L.
  if (!parts.every((part) => /^\d{1,15}L?$/.test(part))) throw wrong();
  const shape = parts.map((part) => Number.parseInt(part, 10));
  const empty = shape.indexOf(0);
  if (empty >= 0) throw damaged(from, `is empty: its axis ${empty} has size 0`);
  return shape;
}

/**
 * All numbers, row-major whatever their order in the file; bytes stay bytes.
 * @param exact float64 instead of float32 for what is wider than a byte
 * @throws DataError what reading throws
 */
export function readNumbers(
  from: NumpyBytes,
  header: NumpyHeader,
  exact: boolean,
): Uint8Array | Float32Array | Float64Array {
  const { type, shape, fortranOrder, headerBytes, count: total } = header;
  const all = from.read();
  // The file may have changed since its header was read.
  if (all.length !== headerBytes + total * type.bytes) throw damaged(from, 'has changed while it was read');
  const body = all.subarray(headerBytes);
  const isByte = type.kind === 'b' || (type.kind === 'u' && type.bytes === 1);
  if (isByte && (!fortranOrder || shape.length === 1)) return body;
  const numbers = isByte ? new Uint8Array(total) : exact ? new Float64Array(total) : new Float32Array(total);
  const get = reader(type, new DataView(body.buffer, body.byteOffset, body.byteLength));
  if (!fortranOrder) {
    for (let i = 0; i < total; i++) numbers[i] = get(i);
    return numbers;
  }
  // The file's order is that of the array: the first axis runs fastest. `to` is that element's place in row-major order.
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const index = shape.map(() => 0);
  let to = 0;
  for (let i = 0; i < total; i++) {
    numbers[to] = get(i);
    for (let axis = 0; axis < shape.length; axis++) {
      to += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      to -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return numbers;
}

function reader({ kind, bytes, littleEndian }: NumpyType, view: DataView): (i: number) => number {
  switch (`${kind}${bytes}`) {
    case 'i1':
      return (i) => view.getInt8(i);
    case 'i2':
      return (i) => view.getInt16(2 * i, littleEndian);
    case 'i4':
      return (i) => view.getInt32(4 * i, littleEndian);
    case 'u2':
      return (i) => view.getUint16(2 * i, littleEndian);
    case 'u4':
      return (i) => view.getUint32(4 * i, littleEndian);
    case 'f2':
      return (i) => fromHalf(view.getUint16(2 * i, littleEndian));
    case 'f4':
      return (i) => view.getFloat32(4 * i, littleEndian);
    case 'f8':
      return (i) => view.getFloat64(8 * i, littleEndian);
    case 'i8':
    case 'u8': {
      const high = littleEndian ? 4 : 0;
      const signed = kind === 'i';
      // The high half times 2³² is exact, so that the sum is rounded once.
      return (i) => {
        const upper = signed ? view.getInt32(8 * i + high, littleEndian) : view.getUint32(8 * i + high, littleEndian);
        return upper * 2 ** 32 + view.getUint32(8 * i + 4 - high, littleEndian);
      };
    }
    default:
      return (i) => view.getUint8(i);
  }
}

/** IEEE 754 binary16. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** `2,000×28×28 numbers of 4 bytes`. */
function describe({ shape, type }: Pick<NumpyHeader, 'shape' | 'type'>): string {
  return `${shape.map(count).join('×')} numbers of ${type.bytes} byte${type.bytes === 1 ? '' : 's'}`;
}

function count(n: number): string {
  return n.toLocaleString('en');
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
