// Owns the safetensors format (https://github.com/huggingface/safetensors): named tensors to bytes and back. A file is a
// little-endian uint64, the length of a JSON header, the header, then the tensors' bytes. Leaves files to its callers.
import { UserError } from '../../base/errors';

export type TensorData = Float32Array | Float64Array | Int32Array;

export interface Tensor {
  /** `<layer>/<parameter>`, or what the file names it. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: TensorData;
}

const DTYPES = { F32: 4, F64: 8, I32: 4 } as const;
type Dtype = keyof typeof DTYPES;
/** The format's own bound on its header. */
const MOST_HEADER_BYTES = 100_000_000;
const METADATA = '__metadata__';

/**
 * Lays tensors out one behind the other, in their order.
 * @param metadata text about the file, under the format's `__metadata__`
 * @throws Error where a name occurs twice or a shape does not fit its data
 */
export function writeSafetensors(tensors: readonly Tensor[], metadata?: Readonly<Record<string, string>>): Uint8Array {
  const header: Record<string, unknown> = {};
  if (metadata) header[METADATA] = metadata;
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    if (name === METADATA || Object.hasOwn(header, name)) throw new Error(`tensor name ${name} cannot be used`);
    if (product(shape) !== data.length) throw new Error(`${name}: ${data.length} numbers for shape ${shape.join('×')}`);
    // Wide elements first would keep alignment; a mixed file is aligned by its reader, which copies.
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + offset);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(text, 8);
  let at = 8 + headerLength;
  for (const { data } of tensors) {
    bytes.set(littleEndian(data), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads the tensors of a file, checking every length against the bytes that are there. F32, F64 and I32 are known.
 * @throws UserError that names the file (`source`) and what is wrong with it
 */
export function readSafetensors(bytes: Uint8Array, source: string): Tensor[] {
  const fail = (why: string): never => {
    throw new UserError(`${source} is not a safetensors file that can be read: ${why}.`, 'Save the weights again.');
  };
  if (bytes.length < 8) return fail(`it has ${bytes.length} bytes, fewer than its header's length takes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const declared = view.getBigUint64(0, true);
  if (declared > BigInt(Math.min(MOST_HEADER_BYTES, bytes.length - 8))) {
    return fail(`its header is said to have ${declared} bytes, and ${bytes.length - 8} follow`);
  }
  const begin = 8 + Number(declared);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, begin)));
  } catch {
    return fail('its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return fail('its header is no object');
  const tensors: Tensor[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === METADATA) continue;
    const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
    if (typeof dtype !== 'string' || !Object.hasOwn(DTYPES, dtype)) {
      return fail(`tensor ${name} has type ${JSON.stringify(dtype)}, and only F32, F64 and I32 are known`);
    }
    if (!isSizes(shape)) return fail(`tensor ${name} has no shape`);
    if (!isSizes(offsets) || offsets.length !== 2) return fail(`tensor ${name} has no place`);
    const [from, to] = offsets as [number, number];
    const size = DTYPES[dtype as Dtype];
    if (to > bytes.length - begin || to - from !== product(shape) * size) {
      return fail(`tensor ${name} of shape [${shape.join(', ')}] does not fit bytes ${from} to ${to}`);
    }
    tensors.push({
      name,
      shape,
      data: typed(dtype as Dtype, new Uint8Array(bytes.subarray(begin + from, begin + to))),
    });
  }
  return tensors;
}

function dtypeOf(data: TensorData): Dtype {
  if (data instanceof Float32Array) return 'F32';
  return data instanceof Float64Array ? 'F64' : 'I32';
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function littleEndian(data: TensorData): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return HOST_IS_LITTLE_ENDIAN ? bytes : swapped(bytes.slice(), data.BYTES_PER_ELEMENT);
}

/** @param own bytes that nobody else holds, at the start of their buffer */
function typed(dtype: Dtype, own: Uint8Array): TensorData {
  if (!HOST_IS_LITTLE_ENDIAN) swapped(own, DTYPES[dtype]);
  if (dtype === 'F32') return new Float32Array(own.buffer);
  return dtype === 'F64' ? new Float64Array(own.buffer) : new Int32Array(own.buffer);
}

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  for (let i = 0; i < bytes.length; i += size) bytes.subarray(i, i + size).reverse();
  return bytes;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
