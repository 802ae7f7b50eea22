// Owns what plans are built with: memory remembered by key, so that several plans share it, constants, offsets of
// statistics, and the list of records being written. Which records, `plan.ts` and the layers say.
import { type ArenaBytes, alignedBytes } from './arena';
import { type Arena, type Op, RECORD_LENGTH } from './kernels/contract';
import { type PlannedRecord, share } from './parallel';
import { markSmallRuns } from './smallRuns';

/** What gives out memory while compiling: the arena, or something that only counts. */
export interface Allocator {
  allocateFloats(count: number): number;
  allocateInts(count: number): number;
  /** Sets ints or floats that stay the same in every step. */
  write(view: 'floats' | 'ints', at: number, values: ArrayLike<number>): void;
}

export function arenaAllocator(arena: Arena): Allocator {
  return {
    allocateFloats: (count) => arena.allocateFloats(count),
    allocateInts: (count) => arena.allocateInts(count),
    write: (view, at, values) => arena[view].set(values, at),
  };
}

/** Counts what compiling would take. Indexes are given out as an arena would, so that both passes emit the same. */
export class CountingAllocator implements Allocator {
  readonly #floatBytes: number;
  #floats = 0;
  #ints = 0;

  constructor(floatBytes: number) {
    this.#floatBytes = floatBytes;
  }

  allocateFloats(count: number): number {
    const at = this.#floats / this.#floatBytes;
    this.#floats += alignedBytes(count, this.#floatBytes);
    return at;
  }

  allocateInts(count: number): number {
    const at = this.#ints / 4;
    this.#ints += alignedBytes(count, 4);
    return at;
  }

  write(): void {}

  get bytes(): Pick<ArenaBytes, 'floats' | 'ints'> {
    return { floats: this.#floats, ints: this.#ints };
  }
}

export class PlanBuilder {
  /** Floats a row. */
  readonly ld: number;
  readonly #allocator: Allocator;
  readonly #places = new Map<string, number>();
  #statisticsLength = 0;
  #records: PlannedRecord[] = [];
  #owner = -1;

  constructor(allocator: Allocator, ld: number) {
    this.#allocator = allocator;
    this.ld = ld;
  }

  /** Length of a step's statistics so far. */
  get statisticsLength(): number {
    return this.#statisticsLength;
  }

  emit(operation: Op, ...args: readonly number[]): void {
    if (args.length >= RECORD_LENGTH) throw new Error(`a record of ${args.length} arguments`);
    this.#records.push({ operation, args, owner: this.#owner });
  }

  /** What is emitted from here on needs nothing of what has another owner; −1 for no such thing. */
  setOwner(owner: number): void {
    this.#owner = owner;
  }

  /** Records emitted since the last plan. */
  get recordCount(): number {
    return this.#records.length;
  }

  /** Writes the records emitted since the last plan into ints. */
  finishPlan(): { readonly start: number; readonly count: number; readonly sharedWork: number } {
    const { words, sharedWork } = share(this.#records);
    if (sharedWork === 0) markSmallRuns(this.#records, words);
    const count = this.recordCount;
    const start = this.#allocator.allocateInts(count * RECORD_LENGTH);
    const ints = new Int32Array(count * RECORD_LENGTH);
    for (let k = 0; k < count; k++) {
      const { args } = this.#records[k]!;
      const at = k * RECORD_LENGTH;
      ints[at] = words[k]!;
      for (let i = 0; i < args.length; i++) ints[at + 1 + i] = args[i]!;
    }
    this.#allocator.write('ints', start, ints);
    this.#records = [];
    return { start, count, sharedWork };
  }

  remembered(key: string, make: () => number): number {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#places.set(key, made);
    return made;
  }

  floats(key: string, count: number): number {
    return this.remembered(`floats/${key}`, () => this.#allocator.allocateFloats(count));
  }

  rows(key: string, rows: number): number {
    return this.floats(key, rows * this.ld);
  }

  ints(key: string, count: number): number {
    return this.remembered(`ints/${key}`, () => this.#allocator.allocateInts(count));
  }

  /** Index of floats that have these values in every step. */
  constants(...values: readonly number[]): number {
    return this.remembered(`constants/${values.join()}`, () => {
      const at = this.#allocator.allocateFloats(values.length);
      this.#allocator.write('floats', at, values);
      return at;
    });
  }

  /** Index of ints that have these values in every step. */
  integers(values: readonly number[]): number {
    return this.remembered(`integers/${values.join()}`, () => {
      const at = this.#allocator.allocateInts(values.length);
      this.#allocator.write('ints', at, values);
      return at;
    });
  }

  /** Offset of the first of `length` numbers in a step's statistics. */
  statistics(length: number): number {
    const at = this.#statisticsLength;
    this.#statisticsLength += length;
    return at;
  }
}
