// Owns the ends of the statistics: the sums that the float32 passes hand over are checked, summed again in float64 where
// they cannot be trusted, and written to the step's record. The passes themselves are with their operations.
//
// Where a tensor is large its sums are taken in chunks, whose size follows from the tensor's alone: so they are the same
// whichever threads took them. A chunk's sums lie in its place among the partial sums until part 0 adds all of them up.
import { PARTIAL_BYTES, PARTIAL_COUNT, partials } from './memory';
import { fma, loadEnd, sumLanes } from './simd';
import { meet, part, partBegin, partEnd } from './threads';

/** Numbers in a chunk, where they suffice for at most as many chunks as there are places. */
const CHUNK: i32 = 2048;
/** How many of `rows` runs of `columns` numbers make a chunk: all of them where there are not many. */
// @ts-ignore: decorator
@inline export function chunkRows(rows: i32, columns: i32): i32 {
  return rows * columns < 2 * CHUNK ? rows : manyChunkRows(rows, columns);
}
function manyChunkRows(rows: i32, columns: i32): i32 {
  const per = max((CHUNK + columns - 1) / columns, (rows + PARTIAL_COUNT - 1) / PARTIAL_COUNT);
  // Products whose rows are cut alike have tiles of four.
  return per > 4 ? (per + 3) & ~3 : per;
}
/** Where the sums of the chunk that begins with the given row lie. */
// @ts-ignore: decorator
@inline export function partialOf(row: i32, per: i32): usize {
  return row == 0 ? partials : partialAt(row / per);
}
/** Where the sums of a chunk lie. */
// @ts-ignore: decorator
@inline export function partialAt(chunk: i32): usize {
  return partials + <usize>chunk * PARTIAL_BYTES;
}

// A float32 sum of squares between these is right: no square overflowed, and what underflowed (below 2^−126 each) is
// nothing beside it.
const LEAST_SQUARES: f64 = 8.673617379884035e-19; // 2^−60
const MOST_SQUARES: f64 = 1.2676506002282294e30; // 2^100
/** A variance below this share of the mean square is summed in float64: float32 sums keep six digits of the latter. */
const LEAST_VARIANCE: f64 = 1.0 / 64.0;

// @ts-ignore: decorator
@inline export function trustworthy(sumOfSquares: f64): bool {
  return sumOfSquares >= LEAST_SQUARES && sumOfSquares <= MOST_SQUARES;
}
/** The same of four float32 sums. */
// @ts-ignore: decorator
@inline export function allTrustworthy(sums: v128): bool {
  const low = f32x4.ge(sums, f32x4.splat(<f32>LEAST_SQUARES));
  return i32x4.all_true(v128.and(low, f32x4.le(sums, f32x4.splat(<f32>MOST_SQUARES))));
}
/** Vectors after which float32 sums are handed over to float64: a lane's sum of so many keeps about seven digits. */
export const VECTORS_PER_SUM: i32 = 128;
/** The bytes of so many vectors. */
export const BYTES_PER_SUM: usize = <usize>VECTORS_PER_SUM << 4;

/** Sum of squares of `rows` runs of `columns` floats, `stride` bytes apart. */
export function sumOfSquares(rows: i32, columns: i32, x: usize, stride: usize): f64 {
  if (<usize>columns << 2 == stride) {
    // One run.
    columns *= rows;
    rows = 1;
  }
  const full = <usize>(columns & ~3) << 2;
  const ragged = columns & 3;
  const zero = f32x4.splat(0);
  let squares = zero;
  let sum: f64 = 0;
  let row = x;
  for (let r = 0; r < rows; r++) {
    let p = row;
    const end = row + full;
    while (p < end) {
      const stop = min(p + (<usize>VECTORS_PER_SUM << 4), end);
      let other = zero;
      for (; p + 16 < stop; p += 32) {
        const a = v128.load(p);
        const b = v128.load(p, 16);
        squares = fma(a, a, squares);
        other = fma(b, b, other);
      }
      if (p < stop) {
        const a = v128.load(p);
        squares = fma(a, a, squares);
        p += 16;
      }
      squares = f32x4.add(squares, other);
      if (p < end || (r & 15) == 15) {
        sum += sumLanes(squares);
        squares = zero;
      }
    }
    if (ragged) {
      const a = loadEnd(p, ragged);
      squares = fma(a, a, squares);
    }
    row += stride;
  }
  sum += sumLanes(squares);
  return trustworthy(sum) ? sum : squares64(rows, columns, x, stride);
}

/** The same of one run, by all threads that share the record; only part 0 is told. */
export function sharedSumOfSquares(count: i32, x: usize): f64 {
  const per = chunkRows(count, 1);
  if (per == count) return part == 0 ? sumOfSquares(1, count, x, 0) : 0;
  for (let at = partBegin(count, per), end = partEnd(count, per); at < end; at += per) {
    store<f64>(partialAt(at / per), sumOfSquares(1, min(per, count - at), x + (<usize>at << 2), 0));
  }
  meet();
  let sum: f64 = 0;
  for (let k = 0, chunks = (count + per - 1) / per; k < chunks; k++) sum += load<f64>(partialAt(k));
  return sum;
}

/** `sumOfSquares` in float64 throughout. */
export function squares64(rows: i32, columns: i32, x: usize, stride: usize): f64 {
  return f64x2.extract_lane(sums64(rows, columns, x, stride, 0), 1);
}

/** ACTIVATION_RAW of `rows` runs of `columns` numbers, `stride` bytes apart. `sums`: Σ and Σ² of h less the first h. */
// @ts-ignore: decorator
@inline export function writeActivation(
  out: usize, rows: i32, columns: i32, h: usize, stride: usize, sums: v128, zeros: i32, saturated: i32, deadUnits: i32,
): void {
  const pivot = <f64>load<f32>(h);
  store<f64>(out, pivot);
  if (!reliable(<f64>rows * <f64>columns, sums)) sums = sums64(rows, columns, h, stride, pivot);
  v128.store(out, sums, 8);
  store<f64>(out, <f64>zeros, 24);
  store<f64>(out, <f64>saturated, 32);
  store<f64>(out, <f64>deadUnits, 40);
}

/**
 * The first six of GRADIENT_RAW and of PARAMETER_RAW. `sums`: Σ and Σ²; `ends`: smallest and largest.
 */
// @ts-ignore: decorator
@inline export function writeGradient(
  out: usize, rows: i32, columns: i32, x: usize, stride: usize, sums: v128, ends: v128, zeros: i32,
): void {
  v128.store(out, ends, 16);
  store<f64>(out, <f64>zeros, 32);
  if (reliable(<f64>rows * <f64>columns, sums)) {
    v128.store(out, sums);
    store<f64>(out, 0, 40);
  } else sumAgain(out, rows, columns, x, stride);
}
function sumAgain(out: usize, rows: i32, columns: i32, x: usize, stride: usize): void {
  const sums = sums64(rows, columns, x, stride, 0);
  // In float64 no square of a finite float32 is infinite.
  const finite = f64x2.extract_lane(sums, 1) < Infinity;
  v128.store(out, sums);
  store<f64>(out, finite ? 0 : <f64>countNonFinite(rows, columns, x, stride), 40);
}

/** Whether Σ and Σ² of n numbers can be trusted, and their variance too. */
// @ts-ignore: decorator
@inline export function reliable(n: f64, sums: v128): bool {
  const sum = f64x2.extract_lane(sums, 0);
  const squares = f64x2.extract_lane(sums, 1);
  return trustworthy(squares) && n * squares * (1 - LEAST_VARIANCE) >= sum * sum;
}
/** Σ and Σ² less `pivot`, in float64 throughout. */
export function sums64(rows: i32, columns: i32, x: usize, stride: usize, pivot: f64): v128 {
  const pivots = f64x2.splat(pivot);
  const full = <usize>(columns & ~3) << 2;
  let sum = f64x2.splat(0), squares = sum, sum2 = sum, squares2 = sum;
  for (let r = 0; r < rows; r++) {
    let p = x;
    for (const end = x + full; p < end; p += 16) {
      const v = v128.load(p);
      const low = f64x2.sub(f64x2.promote_low_f32x4(v), pivots);
      const high = f64x2.sub(f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1)), pivots);
      sum = f64x2.add(sum, low);
      sum2 = f64x2.add(sum2, high);
      squares = f64x2.add(squares, f64x2.mul(low, low));
      squares2 = f64x2.add(squares2, f64x2.mul(high, high));
    }
    for (const end = x + (<usize>columns << 2); p < end; p += 4) {
      const d = f64x2.replace_lane(f64x2.splat(0), 0, <f64>load<f32>(p) - pivot);
      sum = f64x2.add(sum, d);
      squares = f64x2.add(squares, f64x2.mul(d, d));
    }
    x += stride;
  }
  sum = f64x2.add(sum, sum2);
  squares = f64x2.add(squares, squares2);
  return f64x2.add(v128.shuffle<f64>(sum, squares, 0, 2), v128.shuffle<f64>(sum, squares, 1, 3));
}
function countNonFinite(rows: i32, columns: i32, x: usize, stride: usize): i32 {
  let count = 0;
  for (let r = 0; r < rows; r++) {
    for (let p = x, end = x + (<usize>columns << 2); p < end; p += 4) count += i32(!(abs(load<f32>(p)) < Infinity));
    x += stride;
  }
  return count;
}
