// Owns the records of one run in memory, within a budget: what is kept when memory is short, and the answers to the
// panel's questions about windows of steps. Leaves files to `historyFile.ts` and messages to the protocol.
import { UserError } from '../base/errors';
import { type RecordLayout, STEP_MEASURES } from '../engine/record';

/** What `window` is asked: the form is the protocol's WindowQuery. */
export interface HistoryQuery {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly binSteps: number;
  /** Columns of the record. */
  readonly columns: readonly number[];
}

/** What `window` answers: the form is the protocol's WindowReply, which defines the numbers. */
export interface HistoryWindow {
  readonly from: number;
  readonly binSteps: number;
  readonly bins: number;
  readonly counts: Uint32Array;
  readonly values: Float64Array;
}

export interface HistoryOptions {
  /** Most bytes the records may take; at least four records are kept whatever it says. */
  readonly limitBytes: number;
  /** One record of so many steps is kept from the start; 1 where absent. */
  readonly stride?: number;
}

const LOSS_COLUMN = STEP_MEASURES.indexOf('loss');
/** Records a chunk: each column of a chunk is contiguous, so that a window over a few columns reads memory in order. */
const CHUNK_RECORDS = 256;
/** … but fewer where records are wide: a short run of a deep network shall not take a chunk of 20 MB. */
const CHUNK_NUMBERS = 2 ** 18;
const FEWEST_RECORDS = 4;
/** Numbers in one answer: far above any panel's width × layers, far below what hurts. */
const MOST_WINDOW_VALUES = 8_000_000;

/**
 * The records of a run in the order of their steps. When the budget is full the stride doubles, and only steps that are
 * multiples of it stay; the first record, the latest, and those whose loss is not finite always stay.
 */
export class History {
  readonly layout: RecordLayout;
  readonly #capacity: number;
  readonly #chunkRecords: number;
  #chunks: Float64Array[] = [];
  #steps: Float64Array;
  /** Whether a record with this index must stay whatever the stride (the first, and losses that are not finite). */
  #pinned: Uint8Array;
  #count = 0;
  #stride: number;

  constructor(layout: RecordLayout, options: HistoryOptions) {
    this.layout = layout;
    this.#capacity = Math.max(FEWEST_RECORDS, Math.floor(options.limitBytes / (8 * layout.width + 9)));
    const fitting = Math.max(16, Math.floor(CHUNK_NUMBERS / layout.width));
    this.#chunkRecords = Math.min(CHUNK_RECORDS, fitting, this.#capacity);
    this.#stride = Math.max(1, Math.floor(options.stride ?? 1));
    this.#steps = new Float64Array(64);
    this.#pinned = new Uint8Array(64);
  }

  /** How many records are kept now. */
  get count(): number {
    return this.#count;
  }

  /** One record is kept of so many steps. */
  get stride(): number {
    return this.#stride;
  }

  /** First and last step of which a record is kept; undefined while there is none. */
  get firstStep(): number | undefined {
    return this.#count > 0 ? this.#steps[0] : undefined;
  }

  get lastStep(): number | undefined {
    return this.#count > 0 ? this.#steps[this.#count - 1] : undefined;
  }

  /** The step of the index-th record kept. */
  stepAt(index: number): number {
    return this.#steps[index]!;
  }

  /** Whether the index-th record stays when the next one comes: all but a latest one that is between two strides. */
  isSettled(index: number): boolean {
    return this.#stays(index);
  }

  /** Copies the index-th record kept into `into`, which has the layout's width. */
  readAt(index: number, into: Float64Array): void {
    const chunk = this.#chunks[Math.floor(index / this.#chunkRecords)]!;
    const row = index % this.#chunkRecords;
    for (let c = 0; c < this.layout.width; c++) into[c] = chunk[c * this.#chunkRecords + row]!;
  }

  /**
   * Keeps a copy of `record`, the layout's width of numbers. Steps come in ascending order.
   * @throws Error where they do not
   */
  append(step: number, record: Float64Array): void {
    const last = this.lastStep;
    if (last !== undefined && step <= last) throw new Error(`record of step ${step} comes after that of step ${last}`);
    if (this.#count > 0 && !this.#stays(this.#count - 1)) this.#count--;
    if (this.#count === this.#capacity) this.#thin();
    this.#reserve(this.#count + 1);
    const index = this.#count++;
    this.#steps[index] = step;
    this.#pinned[index] = index === 0 || !Number.isFinite(record[LOSS_COLUMN]) ? 1 : 0;
    const chunk = this.#chunks[Math.floor(index / this.#chunkRecords)]!;
    const row = index % this.#chunkRecords;
    for (let c = 0; c < this.layout.width; c++) chunk[c * this.#chunkRecords + row] = record[c]!;
  }

  /** The record of `step`, or of the nearest one kept before it, as a copy; undefined where there is none. */
  nearest(step: number): Float64Array | undefined {
    const index = this.#firstFrom(step + 1) - 1;
    if (!(index >= 0)) return undefined;
    const record = new Float64Array(this.layout.width);
    this.readAt(index, record);
    return record;
  }

  /**
   * Gathers some columns into bins of steps.
   * @throws UserError where the query makes no sense or asks for too much
   */
  window(query: HistoryQuery): HistoryWindow {
    const { from, to, binSteps, columns } = query;
    const bins = Math.max(0, Math.ceil((to - from) / binSteps));
    const integers = [from, to, binSteps].every(Number.isSafeInteger) && binSteps >= 1;
    const known = columns.every((c) => Number.isSafeInteger(c) && c >= 0 && c < this.layout.width);
    if (!integers || !known || bins * Math.max(1, columns.length) * 3 > MOST_WINDOW_VALUES) {
      throw new UserError(
        `The records were asked for steps ${from} to ${to} in bins of ${binSteps} steps and ${columns.length} columns, which they do not have.`,
        'Ask for fewer steps, wider bins, or columns of the layout.',
      );
    }
    const counts = new Uint32Array(bins);
    const values = new Float64Array(3 * bins * columns.length);
    const begin = this.#firstFrom(from);
    const end = this.#firstFrom(to);
    for (let i = begin; i < end; ) {
      // One run of records that fall in the same bin, read column by column.
      const bin = Math.floor((this.#steps[i]! - from) / binSteps);
      const binEnd = from + (bin + 1) * binSteps;
      let next = i + 1;
      while (next < end && this.#steps[next]! < binEnd) next++;
      counts[bin] = next - i;
      for (let c = 0; c < columns.length; c++) this.#summarize(columns[c]!, i, next, values, 3 * (c * bins + bin));
      i = next;
    }
    return { from, binSteps, bins, counts, values };
  }

  /** Writes smallest, mean and largest of a column's records begin … end−1 to out[at …]. */
  #summarize(column: number, begin: number, end: number, out: Float64Array, at: number): void {
    const size = this.#chunkRecords;
    const base = column * size;
    if (end - begin === 1) {
      const x = this.#chunks[Math.floor(begin / size)]![base + (begin % size)]!;
      out.fill(x, at, at + 3);
      return;
    }
    let smallest = Infinity;
    let largest = -Infinity;
    let sum = 0;
    // The product as product · 2^exponent: a geometric mean without a logarithm a value.
    let product = 1;
    let exponent = 0;
    for (let i = begin; i < end; ) {
      const chunk = this.#chunks[Math.floor(i / size)]!;
      const stop = Math.min(end, i - (i % size) + size);
      for (let k = base + (i % size); i < stop; i++, k++) {
        const x = chunk[k]!;
        if (x - x !== 0) {
          out.fill(x, at, at + 3);
          return;
        }
        if (x < smallest) smallest = x;
        if (x > largest) largest = x;
        sum += x;
        if (x < 1e-150 || x > 1e150) {
          // Rare: scaled apart, since the product could leave the range of doubles.
          const scale = x < 1 ? 2 ** 600 : 2 ** -600;
          product *= x * scale;
          exponent -= x < 1 ? 600 : -600;
        } else product *= x;
        // Between values the product stays within 1e±150, so that one more factor cannot leave the range.
        if (product < 1e-150 && product > 0) {
          product *= 2 ** 600;
          exponent -= 600;
        } else if (product > 1e150) {
          product *= 2 ** -600;
          exponent += 600;
        }
      }
    }
    const n = end - begin;
    let mean = sum / n;
    if (smallest > 0) mean = 2 ** ((Math.log2(product) + exponent) / n);
    else if (!Number.isFinite(mean)) mean = smallest / 2 + largest / 2;
    out[at] = smallest;
    out[at + 1] = Math.min(largest, Math.max(smallest, mean));
    out[at + 2] = largest;
  }

  #stays(index: number): boolean {
    return this.#pinned[index] === 1 || this.#steps[index]! % this.#stride === 0;
  }

  /** Index of the first record whose step is at least `step`. */
  #firstFrom(step: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#steps[middle]! < step) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Doubles the stride until no more than three quarters of the budget are in use, then closes the ranks. */
  #thin(): void {
    let kept: number[] = [];
    for (let doublings = 0; ; doublings++) {
      this.#stride *= 2;
      kept = [];
      for (let i = 0; i < this.#count; i++) if (this.#stays(i)) kept.push(i);
      if (kept.length <= this.#capacity * 0.75) break;
      // A run whose losses are all not finite could pin everything: then the oldest pins go.
      if (doublings > 60) {
        kept = kept.slice(-Math.floor(this.#capacity / 2));
        break;
      }
    }
    const size = this.#chunkRecords;
    for (let begin = 0; begin < kept.length; ) {
      // A run of records that move from one chunk into one other, column by column: memory is read in order.
      const target = Math.floor(begin / size);
      const source = Math.floor(kept[begin]! / size);
      let end = begin + 1;
      while (end < kept.length && Math.floor(end / size) === target && Math.floor(kept[end]! / size) === source) end++;
      moveRows(
        this.#chunks[source]!,
        Int32Array.from(kept.slice(begin, end), (i) => i - source * size),
        this.#chunks[target]!,
        begin - target * size,
        size,
      );
      begin = end;
    }
    for (let k = 0; k < kept.length; k++) {
      this.#steps[k] = this.#steps[kept[k]!]!;
      this.#pinned[k] = this.#pinned[kept[k]!]!;
    }
    this.#count = kept.length;
    this.#chunks.length = Math.ceil(this.#count / size);
  }

  #reserve(count: number): void {
    while (this.#chunks.length * this.#chunkRecords < count) {
      this.#chunks.push(new Float64Array(this.#chunkRecords * this.layout.width));
    }
    if (this.#steps.length >= count) return;
    const steps = new Float64Array(this.#steps.length * 2);
    steps.set(this.#steps);
    this.#steps = steps;
    const pinned = new Uint8Array(steps.length);
    pinned.set(this.#pinned);
    this.#pinned = pinned;
  }
}

/** Copies `rows` of one chunk to successive rows of another, or of itself towards its beginning. */
function moveRows(source: Float64Array, rows: Int32Array, target: Float64Array, first: number, size: number): void {
  for (let base = 0; base < source.length; base += size) {
    for (let k = 0; k < rows.length; k++) target[base + first + k] = source[base + rows[k]!]!;
  }
}
