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
/** Whether the variance of n numbers survives in their float32 sums. */
// @ts-ignore: decorator
@inline export function varianceSurvives(n: f64, sum: f64, sumOfSquares: f64): bool {
  return n * sumOfSquares - sum * sum >= LEAST_VARIANCE * n * sumOfSquares;
}

/** Vectors after which float32 sums are handed over to float64: a lane's sum of so many keeps about seven digits. */
export const VECTORS_PER_SUM: i32 = 128;

/** Sum of squares of `rows` runs of `columns` floats, `stride` bytes apart. */
export function sumOfSquares(rows: i32, columns: i32, x: usize, stride: usize): f64 {
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

/** ACTIVATION_RAW. `n` numbers in `rows` runs of `columns`; the vectors are a float32 pass's lanes. */
export function writeActivation(
  out: usize, rows: i32, columns: i32, h: usize, stride: usize,
  sum: f64, sumOfSquares: f64, zeros: i32, saturated: i32, deadUnits: i32,
): void {
  const n = <f64>rows * <f64>columns;
  const pivot = <f64>load<f32>(h);
  if (!trustworthy(sumOfSquares) || !varianceSurvives(n, sum, sumOfSquares)) {
    sum = 0;
    sumOfSquares = 0;
    let row = h;
    for (let r = 0; r < rows; r++) {
      const end = row + (<usize>columns << 2);
      for (let p = row; p < end; p += 4) {
        const d = <f64>load<f32>(p) - pivot;
        sum += d;
        sumOfSquares += d * d;
      }
      row += stride;
    }
  }
  store<f64>(out, pivot);
  store<f64>(out, sum, 8);
  store<f64>(out, sumOfSquares, 16);
  store<f64>(out, <f64>zeros, 24);
  store<f64>(out, <f64>saturated, 32);
  store<f64>(out, <f64>deadUnits, 40);
}

/** The first six of GRADIENT_RAW and of PARAMETER_RAW. Answers how many entries are not finite. */
export function writeGradient(
  out: usize, rows: i32, columns: i32, x: usize, stride: usize,
  sum: f64, sumOfSquares: f64, min: f32, max: f32, zeros: i32,
): i32 {
  const n = <f64>rows * <f64>columns;
  let nonFinite = 0;
  if (!trustworthy(sumOfSquares) || !varianceSurvives(n, sum, sumOfSquares)) {
    sum = 0;
    sumOfSquares = 0;
    let row = x;
    for (let r = 0; r < rows; r++) {
      const end = row + (<usize>columns << 2);
      for (let p = row; p < end; p += 4) {
        const v = <f64>load<f32>(p);
        sum += v;
        sumOfSquares += v * v;
        if (!(Math.abs(v) < Infinity)) nonFinite++;
      }
      row += stride;
    }
  }
  store<f64>(out, sum);
  store<f64>(out, sumOfSquares, 8);
  store<f64>(out, <f64>min, 16);
  store<f64>(out, <f64>max, 24);
  store<f64>(out, <f64>zeros, 32);
  store<f64>(out, <f64>nonFinite, 40);
  return nonFinite;
}
