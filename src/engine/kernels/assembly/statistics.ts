// Owns the ends of the statistics: the sums that the float32 passes hand over are checked, summed again in float64 where
// they cannot be trusted, and written to the step's record. The passes themselves are with their operations.
import { fma, loadEnd, sumLanes } from './simd';

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

/** The same in float64 throughout. */
export function squares64(rows: i32, columns: i32, x: usize, stride: usize): f64 {
  let sum: f64 = 0;
  for (let r = 0; r < rows; r++) {
    const end = x + (<usize>columns << 2);
    for (let p = x; p < end; p += 4) {
      const v = <f64>load<f32>(p);
      sum += v * v;
    }
    x += stride;
  }
  return sum;
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
 * @returns how many entries are not finite
 */
export function writeGradient(
  out: usize, rows: i32, columns: i32, x: usize, stride: usize, sums: v128, ends: v128, zeros: i32,
): i32 {
  let nonFinite = 0;
  if (!reliable(<f64>rows * <f64>columns, sums)) {
    sums = sums64(rows, columns, x, stride, 0);
    nonFinite = countNonFinite(rows, columns, x, stride);
  }
  v128.store(out, sums);
  v128.store(out, ends, 16);
  store<f64>(out, <f64>zeros, 32);
  store<f64>(out, <f64>nonFinite, 40);
  return nonFinite;
}

/** Whether Σ and Σ² of n numbers can be trusted, and their variance too. */
// @ts-ignore: decorator
@inline function reliable(n: f64, sums: v128): bool {
  const sum = f64x2.extract_lane(sums, 0);
  const squares = f64x2.extract_lane(sums, 1);
  return trustworthy(squares) && n * squares * (1 - LEAST_VARIANCE) >= sum * sum;
}
/** Σ and Σ² less `pivot`, in float64 throughout. */
function sums64(rows: i32, columns: i32, x: usize, stride: usize, pivot: f64): v128 {
  let sum: f64 = 0;
  let squares: f64 = 0;
  for (let r = 0; r < rows; r++) {
    for (let p = x, end = x + (<usize>columns << 2); p < end; p += 4) {
      const d = <f64>load<f32>(p) - pivot;
      sum += d;
      squares += d * d;
    }
    x += stride;
  }
  return f64x2.replace_lane(f64x2.splat(sum), 1, squares);
}
function countNonFinite(rows: i32, columns: i32, x: usize, stride: usize): i32 {
  let count = 0;
  for (let r = 0; r < rows; r++) {
    for (let p = x, end = x + (<usize>columns << 2); p < end; p += 4) count += i32(!(abs(load<f32>(p)) < Infinity));
    x += stride;
  }
  return count;
}
