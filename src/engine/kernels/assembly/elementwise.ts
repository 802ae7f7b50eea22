// Owns products of several inputs, number by number. `r` is the record's address, `base` that of the step's statistics; arguments: contract.ts.
import { floatAt, HEAD_BATCH, intAt } from './memory';
import { firstLanes, floorLog2, flush, hold, power32, TINY } from './simd';
import { partBegin, partEnd } from './threads';

// An input whose largest magnitude lies outside of these is multiplied by a power of two in the gradient (contract.ts).
const LEAST_MAXIMUM: f32 = 0.00390625; // 2^−8
const MOST_MAXIMUM: f32 = 256; // 2^8

/** OP.multiply. A count is a multiple of 8. */
export function multiply(r: usize, base: usize): void {
  const count = load<i32>(r, 4), inputs = intAt(r + 8), n = load<i32>(r, 12);
  const H = floatAt(r + 16);
  const tiny = hold(f32x4.splat(TINY));
  const end = <usize>partEnd(count, 16) << 2;
  const first = floatAt(inputs), second = floatAt(inputs + 4);
  for (let at = <usize>partBegin(count, 16) << 2; at < end; at += 16) {
    let product = f32x4.mul(v128.load(first + at), v128.load(second + at));
    for (let k = 2; k < n; k++) product = f32x4.mul(product, v128.load(floatAt(inputs + (<usize>k << 2)) + at));
    v128.store(H + at, flush(product, tiny));
  }
}

/** OP.multiplyGradient: by one thread, for the range of each input is looked at first. */
export function multiplyGradient(r: usize, base: usize): void {
  const rows = load<i32>(r, 4), inputs = intAt(r + 8), n = load<i32>(r, 12), k = load<i32>(r, 16);
  const dH = floatAt(r + 20), dX = floatAt(r + 24), ld = load<i32>(r, 28);
  const bytes = (<usize>rows * <usize>ld) << 2;
  const tiny = hold(f32x4.splat(TINY));
  let from = dH;
  let powers = 0;
  for (let m = 0; m < n; m++) {
    if (m == k) continue;
    const x = floatAt(inputs + (<usize>m << 2));
    const largest = largestMagnitude(rows, x, ld);
    const outside = largest > 0 && largest < Infinity && (largest < LEAST_MAXIMUM || largest > MOST_MAXIMUM);
    const power = outside ? -floorLog2(largest) : 0;
    powers += power;
    // 2^127 is more than one factor can be.
    const half = power >> 1;
    const a = f32x4.splat(power32(half)), b = f32x4.splat(power32(power - half));
    for (let at: usize = 0; at < bytes; at += 16) {
      const factor = f32x4.mul(f32x4.mul(v128.load(x + at), a), b);
      v128.store(dX + at, flush(f32x4.mul(v128.load(from + at), factor), tiny));
    }
    from = dX;
  }
  store<i32>(intAt(r + 36), load<i32>(intAt(r + 32)) - powers);
}

/** Over the true columns; NaN is left out. */
function largestMagnitude(rows: i32, x: usize, ld: i32): f32 {
  const batch = load<i32>(HEAD_BATCH);
  const stride = <usize>ld << 2, full = <usize>(batch & ~3) << 2;
  const ragged = batch & 3;
  const mask = firstLanes(ragged);
  let largest = f32x4.splat(0);
  for (let r = 0; r < rows; r++, x += stride) {
    let p = x;
    for (const end = x + full; p < end; p += 16) largest = f32x4.pmax(largest, f32x4.abs(v128.load(p)));
    if (ragged) largest = f32x4.pmax(largest, v128.and(f32x4.abs(v128.load(p)), mask));
  }
  largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
  return max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1));
}
