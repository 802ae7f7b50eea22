// Owns where things lie in the one memory: the bases of the three views (arena.ts), the heads, the scratch space behind
// the arena, and how a record's arguments become addresses. Inside WebAssembly everything is bytes; in the plan, elements.

/** Where the views begin, in bytes: VIEW_BASE of arena.ts. */
export const FLOATS: usize = 64;
export const STATS: usize = 128;

// The heads, in bytes: INT_HEAD and FLOAT_HEAD of contract.ts.
export const HEAD_BATCH: usize = 0;
export const HEAD_SAMPLES: usize = 4;
export const HEAD_DROPOUT_KEY: usize = 8;
export const HEAD_LEARNING_RATE: usize = FLOATS;
export const HEAD_INVERSE_BATCH: usize = FLOATS + 4;
export const HEAD_BIAS_CORRECTION_1: usize = FLOATS + 8;
export const HEAD_BIAS_CORRECTION_2: usize = FLOATS + 12;
export const HEAD_MU: usize = FLOATS + 16;
export const HEAD_MU_NEXT: usize = FLOATS + 20;
export const HEAD_MU_PRODUCT: usize = FLOATS + 24;
export const HEAD_CLIP_SCALE: usize = FLOATS + 28;

/** Floats in one block of a parameter: small enough for a float32 sum, large enough to hide the block's end. */
export const BLOCK: i32 = 512;
// Scratch space behind `scratch`, in bytes. The steps of one block with room for a ragged end, three ragged ends of
// weights and states, a tile of a matrix product, constants (hotRows.ts), partial sums, then the product's
// packed panels.
export const SCRATCH_ENDS: usize = 2304;
export const SCRATCH_TILE: usize = 2432;
export const SCRATCH_CONSTANTS: usize = 2560;
export const SCRATCH_PARTIALS: usize = 3072 + 64;
export const SCRATCH_PANELS: usize = SCRATCH_PARTIALS + 64 * 128;

/** First byte of the scratch space, behind all that the arena gives out. */
export let scratch: usize = 0;
export function setScratch(at: usize): void {
  scratch = at;
}

/** Partial sums of one record, that one thread adds up after all have met: so many, of so many bytes each. */
export const PARTIAL_COUNT: i32 = 64;
export const PARTIAL_BYTES: usize = 128;
/** First byte of the partial sums; 64-byte aligned, their contents of no meaning between records. */
export let partials: usize = 0;
/** All threads' own: two such places in turn, since who adds up the sums of one record may be late. */
let common: usize = 0;
/** Of all threads, the bytes of both places. */
export const COMMON_PARTIALS: usize = 2 * (<usize>PARTIAL_COUNT * PARTIAL_BYTES);
export function setCommonPartials(at: usize): void {
  common = at;
}
/** From here on sums are this thread's alone. */
// @ts-ignore: decorator
@inline export function usePrivatePartials(): void {
  partials = scratch + SCRATCH_PARTIALS;
}
/** From here on they are those of all threads, in one place or the other. */
// @ts-ignore: decorator
@inline export function useCommonPartials(place: i32): void {
  partials = common + <usize>place * (<usize>PARTIAL_COUNT * PARTIAL_BYTES);
}

/** Address of the float whose index is the argument at `p`. */
// @ts-ignore: decorator
@inline export function floatAt(p: usize): usize {
  return FLOATS + (<usize>load<i32>(p) << 2);
}
/** The same, 0 where the argument is −1 ("none"). */
// @ts-ignore: decorator
@inline export function floatOrNone(p: usize): usize {
  const index = load<i32>(p);
  return index < 0 ? 0 : FLOATS + (<usize>index << 2);
}
/** Address of the integer whose index is the argument at `p`. */
// @ts-ignore: decorator
@inline export function intAt(p: usize): usize {
  return <usize>load<i32>(p) << 2;
}
/** Address of the statistics whose offset is the argument at `p`, in the record at `base`; 0 for −1. */
// @ts-ignore: decorator
@inline export function statsOrNone(p: usize, base: usize): usize {
  const offset = load<i32>(p);
  return offset < 0 ? 0 : base + (<usize>offset << 3);
}
