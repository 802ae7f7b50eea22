// Owns bounded decompression of gzip, the format by fflate: never more bytes come out than the caller wants to see.
import { Gunzip } from 'fflate';

/** Compressed bytes taken at a time: what comes out of one such piece (at most 1,032 times as much) is held at once. */
const PIECE_BYTES = 16_384;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Decompresses piece by piece into `take`, until that answers false or the data ends.
 * @param partial `bytes` is only the beginning of a file: that it ends early is no fault
 * @throws Error where the data is not gzip, is damaged, or ends early
 */
export function gunzip(bytes: Uint8Array, take: (piece: Uint8Array) => boolean, partial = false): void {
  let wanted = true;
  const stream = new Gunzip((piece) => {
    if (wanted) wanted = take(piece);
  });
  for (let at = 0; at < bytes.length && wanted; at += PIECE_BYTES) {
    const end = Math.min(bytes.length, at + PIECE_BYTES);
    stream.push(bytes.subarray(at, end), end === bytes.length && !partial);
  }
}
