// Owns zip archives as far as data comes in them: the list of entries and their bytes, stored or deflated (the latter by
// fflate), checked against size and CRC-32. Every length is checked against the file before memory is taken, and never
// more comes out than the archive's list promises. Format: PKWARE's APPNOTE 6.3; no encryption, one file.
import { Inflate } from 'fflate';
import { DATA_CODES, DataError, type FileReader, type FoundFile, MOST_FILE_BYTES, readFound } from './files';

export interface ZipEntry {
  readonly name: string;
  /** Once unpacked. */
  readonly bytes: number;
  readonly packedBytes: number;
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  /** Where its local header begins. */
  readonly offset: number;
}

const END = { signature: 0x06054b50, bytes: 22, longestComment: 65_535 } as const;
const CENTRAL = { signature: 0x02014b50, bytes: 46 } as const;
const LOCAL = { signature: 0x04034b50, bytes: 30 } as const;
const STORED = 0;
const DEFLATED = 8;
/** Stands for a size that is in the entry's ZIP64 field. */
const ELSEWHERE = 0xffffffff;
const ZIP64_FIELD = 1;
/** Deflate makes at most 1,032 bytes of one (RFC 1951: 258 bytes of two bits). */
const MOST_RATIO = 1032;
/** Compressed bytes taken at a time, which bounds what is held beside the result. */
const PIECE_BYTES = 16_384;

function damaged(file: FoundFile, why: string, hint = 'Write it again with `numpy.savez`.'): DataError {
  return new DataError(DATA_CODES.archive, `“${file.name}” ${why}.`, hint, file.field);
}

/**
 * What an archive's list at its end says, its entries in order.
 * @throws DataError NS312 where it is none or damaged
 */
export function zipEntries(file: FoundFile, files: FileReader): ZipEntry[] {
  const tailAt = Math.max(0, file.bytes - END.bytes - END.longestComment);
  const tail = readFound(file, files, END.bytes + END.longestComment, tailAt);
  const view = viewOf(tail);
  let at = tail.length - END.bytes;
  while (at >= 0 && view.getUint32(at, true) !== END.signature) at--;
  if (at < 0) throw damaged(file, 'is no zip archive, or is cut short: the list of its entries is not there');
  const count = view.getUint16(at + 10, true);
  const size = view.getUint32(at + 12, true);
  const start = view.getUint32(at + 16, true);
  if (start + size > tailAt + at || count * CENTRAL.bytes > size) {
    throw damaged(file, 'is damaged: the list of its entries does not lie where its end says');
  }
  const list = readFound(file, files, size, start);
  const entries: ZipEntry[] = [];
  for (let k = 0, from = 0; k < count; k++) {
    const { entry, next } = centralEntry(list, from, file);
    entries.push(entry);
    from = next;
  }
  return entries;
}

function centralEntry(list: Uint8Array, from: number, file: FoundFile): { entry: ZipEntry; next: number } {
  const broken = () => damaged(file, `is damaged: the list of its entries is wrong at its byte ${from}`);
  if (from + CENTRAL.bytes > list.length) throw broken();
  const view = viewOf(list);
  if (view.getUint32(from, true) !== CENTRAL.signature) throw broken();
  const nameBytes = view.getUint16(from + 28, true);
  const extraBytes = view.getUint16(from + 30, true);
  const extraAt = from + CENTRAL.bytes + nameBytes;
  const next = extraAt + extraBytes + view.getUint16(from + 32, true);
  if (next > list.length) throw broken();
  const sizes = [view.getUint32(from + 24, true), view.getUint32(from + 20, true), view.getUint32(from + 42, true)];
  // What does not fit there stands, in this order, in a field of its own.
  for (let field = extraAt; field + 4 <= extraAt + extraBytes; ) {
    const length = view.getUint16(field + 2, true);
    const end = field + 4 + length;
    if (end > extraAt + extraBytes) throw broken();
    if (view.getUint16(field, true) === ZIP64_FIELD) {
      let value = field + 4;
      for (const [k, size] of sizes.entries()) {
        if (size !== ELSEWHERE) continue;
        if (value + 8 > end) throw broken();
        sizes[k] = view.getUint32(value, true) + view.getUint32(value + 4, true) * 2 ** 32;
        value += 8;
      }
    }
    field = end;
  }
  const [bytes, packedBytes, offset] = sizes as [number, number, number];
  return {
    entry: {
      name: new TextDecoder().decode(list.subarray(from + CENTRAL.bytes, extraAt)),
      bytes,
      packedBytes,
      method: view.getUint16(from + 10, true),
      encrypted: (view.getUint16(from + 8, true) & 1) === 1,
      crc: view.getUint32(from + 16, true),
      offset,
    },
    next,
  };
}

/**
 * The first `maxBytes` of an entry, unpacked; of a whole one the checksum is held too.
 * @throws DataError NS303 where it is too large, NS312 where it is damaged or cannot be unpacked
 */
export function readEntry(entry: ZipEntry, file: FoundFile, files: FileReader, maxBytes = entry.bytes): Uint8Array {
  const name = `“${shortened(entry.name)}”`;
  checkEntry(entry, name, file);
  const head = readFound(file, files, LOCAL.bytes, entry.offset);
  const view = viewOf(head);
  if (head.length < LOCAL.bytes || view.getUint32(0, true) !== LOCAL.signature) {
    throw damaged(file, `is damaged: ${name} is not where its list says, at byte ${entry.offset}`);
  }
  const start = entry.offset + LOCAL.bytes + view.getUint16(26, true) + view.getUint16(28, true);
  if (start + entry.packedBytes > file.bytes) throw damaged(file, `is cut short within ${name}`);
  const whole = maxBytes >= entry.bytes;
  const wanted = whole ? entry.bytes : maxBytes;
  if (entry.method === STORED) {
    const bytes = readFound(file, files, wanted, start);
    if (whole) checkSum(bytes, entry, name, file);
    return bytes;
  }
  // A header comes out of this much, unless a block is longer; then all of it is read.
  const packed = readFound(file, files, whole ? entry.packedBytes : Math.min(entry.packedBytes, maxBytes * 8), start);
  const bytes = inflate(packed, wanted, whole, name, file);
  if (whole) checkSum(bytes, entry, name, file);
  else if (bytes.length < wanted) return readEntry(entry, file, files).subarray(0, wanted);
  return bytes;
}

function checkEntry(entry: ZipEntry, name: string, file: FoundFile): void {
  if (entry.encrypted) throw damaged(file, `has ${name} encrypted`, 'Save it without a password.');
  if (entry.method !== STORED && entry.method !== DEFLATED) {
    const hint = 'Write it with `numpy.savez` or `numpy.savez_compressed`.';
    throw damaged(file, `has ${name} packed by method ${entry.method}, and stored and deflated ones are read`, hint);
  }
  if (entry.bytes > MOST_FILE_BYTES) {
    throw new DataError(
      DATA_CODES.size,
      `${name} in “${file.name}” has ${Math.ceil(entry.bytes / 2 ** 20).toLocaleString('en')} MiB, and at most ${MOST_FILE_BYTES / 2 ** 20} MiB are read.`,
      'Take a part of it.',
      file.field,
    );
  }
  const most = entry.method === STORED ? entry.packedBytes : entry.packedBytes * MOST_RATIO;
  if (entry.packedBytes > file.bytes || entry.bytes > most) {
    throw damaged(file, `is damaged: ${name} says that it holds ${entry.bytes} bytes, more than it can`);
  }
}

/** @returns `wanted` bytes, fewer only where not `whole` */
function inflate(packed: Uint8Array, wanted: number, whole: boolean, name: string, file: FoundFile): Uint8Array {
  const bytes = new Uint8Array(wanted);
  let filled = 0;
  let more = false;
  const stream = new Inflate((piece) => {
    const part = piece.subarray(0, wanted - filled);
    bytes.set(part, filled);
    filled += part.length;
    more ||= part.length < piece.length;
  });
  try {
    for (let at = 0; at < packed.length && !more && (whole || filled < wanted); at += PIECE_BYTES) {
      const end = Math.min(packed.length, at + PIECE_BYTES);
      stream.push(packed.subarray(at, end), whole && end === packed.length);
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw damaged(file, `is damaged: ${name} cannot be unpacked: ${why}`);
  }
  if (whole && (more || filled < wanted)) {
    throw damaged(file, `is damaged: ${name} holds ${more ? 'more' : 'less'} than the ${wanted} bytes that it says`);
  }
  return bytes.subarray(0, filled);
}

let table: Uint32Array | undefined;

function checkSum(bytes: Uint8Array, entry: ZipEntry, name: string, file: FoundFile): void {
  // CRC-32 of ISO 3309, reflected, polynomial 0xedb88320.
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
  });
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  if ((crc ^ 0xffffffff) >>> 0 !== entry.crc) throw damaged(file, `is damaged: the checksum of ${name} is wrong`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
