// Owns how engine memory is given out: front to back, 64-byte aligned, zeroed, never returned. What lies in it is the
// plan's business; the operations on it are the kernels'.
import { UserError } from '../base/errors';
import type { Arena } from './kernels/contract';

/** Every allocation starts at a multiple of this, so that no two share a cache line. */
export const ALIGNMENT_BYTES = 64;

/** Bytes wanted in each view, each allocation rounded up by `alignedBytes`; the kernels add what they need themselves. */
export interface ArenaBytes {
  readonly floats: number;
  readonly ints: number;
  readonly stats: number;
}

/** The bytes that an allocation of `count` elements takes up. */
export function alignedBytes(count: number, bytesPerElement: number): number {
  return Math.ceil((count * bytesPerElement) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

/** Runs `allocate`, turning the machine's refusal into words for a person. */
export function orOutOfMemory<T>(bytes: number, allocate: () => T): T {
  try {
    return allocate();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(
      `The network needs ${Math.ceil(bytes / 2 ** 20).toLocaleString('en')} MiB, more than this machine would give.`,
      'Use fewer units, fewer layers or a smaller batchSize, or close other programs.',
      'NS402',
    );
  }
}

/** Gives out one array from front to back. */
class Region {
  #used = 0;
  readonly #bytesPerElement: number;
  readonly #capacity: number;
  readonly #name: string;

  constructor(array: { readonly length: number; readonly BYTES_PER_ELEMENT: number }, name: string) {
    this.#bytesPerElement = array.BYTES_PER_ELEMENT;
    this.#capacity = array.length;
    this.#name = name;
  }

  allocate(count: number): number {
    const index = this.#used;
    this.#used += alignedBytes(count, this.#bytesPerElement) / this.#bytesPerElement;
    if (this.#used > this.#capacity) throw new Error(`arena of ${this.#name} is full: ${this.#used} elements wanted`);
    return index;
  }

  get usedBytes(): number {
    return this.#used * this.#bytesPerElement;
  }
}

/** Three separate arrays: what the reference runs on. `bytes.floats` counts elements of the given precision. */
export function createArrayArena(bytes: ArenaBytes, precision: 'float32' | 'float64'): Arena {
  const total = bytes.floats + bytes.ints + bytes.stats;
  return orOutOfMemory(total, () => {
    const floats =
      precision === 'float64'
        ? new Float64Array(elements(bytes.floats, 8))
        : new Float32Array(elements(bytes.floats, 4));
    const ints = new Int32Array(elements(bytes.ints, 4));
    const stats = new Float64Array(elements(bytes.stats, 8));
    const floatRegion = new Region(floats, 'floats');
    const intRegion = new Region(ints, 'ints');
    const statRegion = new Region(stats, 'stats');
    return {
      floats,
      ints,
      stats,
      allocateFloats: (count) => floatRegion.allocate(count),
      allocateInts: (count) => intRegion.allocate(count),
      allocateStats: (count) => statRegion.allocate(count),
      get usedBytes() {
        return floatRegion.usedBytes + intRegion.usedBytes + statRegion.usedBytes;
      },
    };
  });
}

function elements(bytes: number, bytesPerElement: number): number {
  return Math.ceil(bytes / bytesPerElement);
}

/**
 * Where the three views of a shared memory begin, in bytes. Each view reaches to the end of the memory, so that an
 * element's address is its index times its size plus this constant, whichever allocation it belongs to; they begin
 * one after another so that both heads can lie at index 0 of their view.
 */
export const VIEW_BASE = { ints: 0, floats: ALIGNMENT_BYTES, stats: 2 * ALIGNMENT_BYTES } as const;
/** Bytes at the front of a shared memory that hold the heads. */
export const SHARED_HEAD_BYTES = 2 * ALIGNMENT_BYTES;

/**
 * One memory, three overlapping views: what WebAssembly runs on. The first allocation of ints and of floats is the
 * head (contract.ts), at index 0. Each head has half of its 64 bytes; the other half stays 0 (assembly/simd.ts, `hold`).
 * @param end byte behind the last that may be given out
 */
export function createSharedArena(buffer: ArrayBufferLike, end: number): Arena {
  let top = SHARED_HEAD_BYTES;
  let intHead = true;
  let floatHead = true;
  const head = (count: number): number => {
    if (count * 4 > ALIGNMENT_BYTES / 2) throw new Error(`a head of ${count} elements`);
    return 0;
  };
  const allocate = (count: number, bytesPerElement: number, base: number): number => {
    const at = top;
    top += alignedBytes(count, bytesPerElement);
    if (top > end) throw new Error(`engine memory is full: ${top} bytes wanted, ${end} there`);
    return (at - base) / bytesPerElement;
  };
  return {
    ints: new Int32Array(buffer, VIEW_BASE.ints),
    floats: new Float32Array(buffer, VIEW_BASE.floats),
    stats: new Float64Array(buffer, VIEW_BASE.stats),
    allocateInts(count) {
      if (!intHead) return allocate(count, 4, VIEW_BASE.ints);
      intHead = false;
      return head(count);
    },
    allocateFloats(count) {
      if (!floatHead) return allocate(count, 4, VIEW_BASE.floats);
      floatHead = false;
      return head(count);
    },
    allocateStats: (count) => allocate(count, 8, VIEW_BASE.stats),
    get usedBytes() {
      return top;
    },
  };
}
