// Owns the bench on which one small plan is run on every implementation of the kernels: a program allocates its tensors
// and records through a Rig, and what it reads back is compared with the float64 reference's.
import assert from 'node:assert/strict';
import { Random } from '../../../../src/base/random';
import type { Kernels, Op } from '../../../../src/engine/kernels/contract';
import { FLOAT_HEAD, INT_HEAD, RECORD_LENGTH } from '../../../../src/engine/kernels/contract';
import { createReferenceKernels } from '../../../../src/engine/kernels/reference';
import { createWasmKernels, wasmFlavours } from '../../../../src/engine/kernels/wasm';

const BYTES = { floats: 8 << 20, ints: 1 << 20, stats: 1 << 20 };

export class Rig {
  readonly kernels: Kernels;
  readonly records: number[][] = [];
  readonly #alpha: number;

  constructor(kernels: Kernels) {
    this.kernels = kernels;
    this.#alpha = this.floats([0]);
  }

  get isFloat64(): boolean {
    return this.kernels.floatBytes === 8;
  }

  /** A place for a float that an operation does not look at. */
  get none(): number {
    return this.#alpha;
  }

  floats(values: ArrayLike<number>): number {
    const at = this.kernels.arena.allocateFloats(values.length);
    this.kernels.arena.floats.set(values, at);
    return at;
  }

  ints(values: ArrayLike<number>): number {
    const at = this.kernels.arena.allocateInts(values.length);
    this.kernels.arena.ints.set(values, at);
    return at;
  }

  stats(count: number): number {
    return this.kernels.arena.allocateStats(count);
  }

  head(name: keyof typeof FLOAT_HEAD, value: number): void {
    this.kernels.arena.floats[FLOAT_HEAD[name]] = value;
  }

  /** Sets the true batch size, and 1 ÷ batch. */
  batch(size: number, samples = 0): void {
    this.kernels.arena.ints[INT_HEAD.batch] = size;
    this.kernels.arena.ints[INT_HEAD.samples] = samples;
    this.head('inverseBatch', 1 / size);
  }

  record(op: Op, ...args: number[]): void {
    assert.ok(args.length < RECORD_LENGTH);
    this.records.push([op, ...args]);
  }

  /** Writes the plan and answers where it lies. */
  plan(): number {
    const words = this.records.flatMap((r) => [...r, ...Array<number>(RECORD_LENGTH - r.length).fill(0)]);
    return this.ints(words);
  }

  /** Runs what was recorded, once, with statistics at `stats`. */
  run(stats = 0): void {
    this.kernels.runOnce(this.plan(), this.records.length, stats);
    this.records.length = 0;
  }

  read(at: number, count: number): number[] {
    return Array.from(this.kernels.arena.floats.subarray(at, at + count));
  }

  readStats(at: number, count: number): number[] {
    return Array.from(this.kernels.arena.stats.subarray(at, at + count));
  }

  readInts(at: number, count: number): number[] {
    return Array.from(this.kernels.arena.ints.subarray(at, at + count));
  }
}

export type Program<T> = (rig: Rig) => T;

export const referenceKernels = (precision: 'float32' | 'float64'): Kernels => createReferenceKernels(BYTES, precision);

/** Every float32 implementation that this machine has, the oracle left out. */
export function fastKernels(): Kernels[] {
  return wasmFlavours().map((flavour) => createWasmKernels(BYTES, flavour));
}

/** Runs a program on the float64 reference, then hands every other implementation's answer and the oracle's to `check`. */
export function onEvery<T>(program: Program<T>, check: (actual: T, expected: T, name: string) => void): void {
  const expected = program(new Rig(referenceKernels('float64')));
  for (const kernels of [referenceKernels('float32'), ...fastKernels()]) {
    check(program(new Rig(kernels)), expected, kernels.name);
  }
}

/** Every entry within `tolerance` of the largest magnitude in `expected` (or of its own, with `relative`). */
export function assertClose(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
  what: string,
  relative = false,
): void {
  assert.equal(actual.length, expected.length, what);
  const scale = expected.reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), 0);
  for (let k = 0; k < expected.length; k++) {
    const a = actual[k]!;
    const e = expected[k]!;
    if (Object.is(a, e) || a === e || (Number.isNaN(a) && Number.isNaN(e))) continue;
    const allowed = tolerance * (relative ? Math.abs(e) : scale);
    assert.ok(Math.abs(a - e) <= allowed, `${what} [${k}]: ${a}, expected ${e} ± ${allowed}`);
  }
}

/** `count` standard-normal float32 numbers times `scale`. */
export function normals(count: number, stream: string, scale = 1): Float32Array {
  const random = new Random(7, stream);
  return Float32Array.from({ length: count }, () => random.normal() * scale);
}

/** `rows` rows of `ld` columns, the first `batch` of them normal numbers, the padding 0. */
export function padded(rows: number, ld: number, batch: number, stream: string, scale = 1): Float32Array {
  const values = normals(rows * ld, stream, scale);
  for (let r = 0; r < rows; r++) values.fill(0, r * ld + batch, (r + 1) * ld);
  return values;
}

export const roundUp8 = (n: number): number => Math.ceil(n / 8) * 8;
