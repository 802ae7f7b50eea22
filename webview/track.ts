// Owns columns of records gathered into bins, as far as they are known, and what to ask for to know more. Which columns
// and how coarse is decided by its users; sending is `requests.ts`.
import type { WindowQuery, WindowReply } from '../src/protocol/run';

/**
 * Steps in a bin so that a span of steps takes at most so many bins: the stride of the records times a power of two, so
 * that the bins of a growing run stay where they are until they double.
 */
export function chooseBinSteps(span: number, maxBins: number, stride: number): number {
  const unit = Math.max(1, Math.floor(stride));
  let binSteps = unit;
  while (span / binSteps > Math.max(1, maxBins)) binSteps *= 2;
  return binSteps;
}

/** The multiple of `binSteps` at or before a step. */
export function alignDown(step: number, binSteps: number): number {
  return Math.floor(step / binSteps) * binSteps;
}

/** Numbers in one answer, at most: some 30 MB, which a message takes without being felt. */
const MOST_NUMBERS = 4_000_000;

/** Bins are numbered from the track's start. The last one may still be filling. */
export class Track {
  readonly columns: readonly number[];
  readonly binSteps: number;
  readonly start: number;
  #bins = 0;
  #capacity: number;
  #counts: Uint32Array;
  /** As in WindowReply, with the capacity as the row length. */
  #values: Float64Array;
  /** Every record before this step is in. */
  #knownTo: number;

  constructor(columns: readonly number[], binSteps: number, start: number, expectedBins = 256) {
    this.columns = columns;
    this.binSteps = binSteps;
    this.start = start;
    this.#knownTo = this.start;
    this.#capacity = Math.max(8, expectedBins);
    this.#counts = new Uint32Array(this.#capacity);
    this.#values = new Float64Array(3 * columns.length * this.#capacity);
  }

  /** Bins known, the one still filling included. */
  get bins(): number {
    return this.#bins;
  }

  get knownTo(): number {
    return this.#knownTo;
  }

  /**
   * Asks for what is missing of the steps before `end`, from the bin that was still filling; for a part of it where it
   * is very much. Nothing when all is known.
   */
  query(end: number): WindowQuery | undefined {
    if (this.#knownTo >= end || this.columns.length === 0) return undefined;
    const from = this.start + alignDown(this.#knownTo - this.start, this.binSteps);
    const most = Math.max(1, Math.floor(MOST_NUMBERS / (3 * this.columns.length))) * this.binSteps;
    return { from, to: Math.min(end, from + most), binSteps: this.binSteps, columns: this.columns };
  }

  /** Takes in the reply to a query of this track. False when it answers something else or is not what it says. */
  merge(asked: WindowQuery, reply: WindowReply): boolean {
    const columns = this.columns.length;
    if (reply.from !== asked.from || reply.binSteps !== this.binSteps || asked.from > this.#knownTo) return false;
    if (reply.counts.length < reply.bins || reply.values.length < 3 * columns * reply.bins) return false;
    const first = (reply.from - this.start) / this.binSteps;
    this.#reserve(first + reply.bins);
    this.#counts.set(reply.counts.subarray(0, reply.bins), first);
    for (let c = 0; c < columns; c++) {
      const source = reply.values.subarray(3 * c * reply.bins, 3 * (c + 1) * reply.bins);
      this.#values.set(source, 3 * (c * this.#capacity + first));
    }
    this.#bins = Math.max(this.#bins, first + reply.bins);
    this.#knownTo = Math.max(this.#knownTo, asked.to);
    return true;
  }

  #reserve(bins: number): void {
    if (bins <= this.#capacity) return;
    const capacity = Math.max(bins, this.#capacity * 2);
    const counts = new Uint32Array(capacity);
    counts.set(this.#counts);
    const values = new Float64Array(3 * this.columns.length * capacity);
    for (let c = 0; c < this.columns.length; c++) {
      values.set(this.#values.subarray(3 * c * this.#capacity, 3 * (c + 1) * this.#capacity), 3 * c * capacity);
    }
    this.#counts = counts;
    this.#values = values;
    this.#capacity = capacity;
  }

  /** Bin of a step; may lie outside of what is known. */
  binOf(step: number): number {
    return Math.floor((step - this.start) / this.binSteps);
  }

  /** First step of a bin. */
  stepOf(bin: number): number {
    return this.start + bin * this.binSteps;
  }

  /** Records in a bin; 0 where nothing is known. */
  count(bin: number): number {
    return bin >= 0 && bin < this.#bins ? (this.#counts[bin] ?? 0) : 0;
  }

  smallest(column: number, bin: number): number {
    return this.#values[3 * (column * this.#capacity + bin)] ?? Number.NaN;
  }

  mean(column: number, bin: number): number {
    return this.#values[3 * (column * this.#capacity + bin) + 1] ?? Number.NaN;
  }

  largest(column: number, bin: number): number {
    return this.#values[3 * (column * this.#capacity + bin) + 2] ?? Number.NaN;
  }
}
