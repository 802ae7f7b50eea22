// Owns the vector idioms that all kernels share: fused multiply-add, sums over lanes, ragged ends, exact powers of two.

/** a · b + c, rounded once where the build has relaxed SIMD, twice elsewhere. */
// @ts-ignore: decorator
@inline export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Bytes that nobody writes, between the two heads: 0. */
const ZEROS: usize = 32;
/**
 * The same vector, as something that the engine does not know to be a constant. V8 builds vector constants anew wherever
 * they are used, three instructions each; one that was held before a loop stays in a register or on the stack.
 */
// @ts-ignore: decorator
@inline export function hold(constant: v128): v128 {
  return v128.xor(constant, v128.load(ZEROS));
}

/** 1 − a², without cancellation near |a| = 1: rounded once where the build has relaxed SIMD. */
// @ts-ignore: decorator
@inline export function oneMinusSquare(a: v128): v128 {
  const one = f32x4.splat(1);
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, a, one);
  return f32x4.mul(f32x4.sub(one, a), f32x4.add(one, a));
}

/** Sum of the four lanes in float64. */
// @ts-ignore: decorator
@inline export function sumLanes(v: v128): f64 {
  const t = f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1)));
  return f64x2.extract_lane(t, 0) + f64x2.extract_lane(t, 1);
}
/** Sum of the four lanes in float32. */
// @ts-ignore: decorator
@inline export function sumLanes32(v: v128): f32 {
  let t = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  t = f32x4.add(t, v128.shuffle<f32>(t, t, 1, 0, 3, 2));
  return f32x4.extract_lane(t, 0);
}
/** The sums over lanes of four vectors at once, in order. */
// @ts-ignore: decorator
@inline export function sumFour(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 1, 4, 5), v128.shuffle<f32>(c, d, 2, 3, 6, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), v128.shuffle<f32>(ab, cd, 1, 3, 5, 7));
}
/** Sum of the four integer lanes. */
// @ts-ignore: decorator
@inline export function countLanes(v: v128): i32 {
  let t = i32x4.add(v, v128.shuffle<i32>(v, v, 2, 3, 0, 1));
  t = i32x4.add(t, v128.shuffle<i32>(t, t, 1, 0, 3, 2));
  return i32x4.extract_lane(t, 0);
}
/** The smallest lane of `low` and the largest of `high`, as a float64 pair; no lane of either is NaN. */
// @ts-ignore: decorator
@inline export function range(low: v128, high: v128): v128 {
  const minus = f32x4.neg(low);
  let t = f32x4.pmax(v128.shuffle<f32>(minus, high, 0, 1, 4, 5), v128.shuffle<f32>(minus, high, 2, 3, 6, 7));
  t = f32x4.pmax(t, v128.shuffle<f32>(t, t, 1, 0, 3, 2));
  // −low, high
  const pair = f64x2.promote_low_f32x4(v128.shuffle<f32>(t, t, 0, 2, 0, 2));
  return v128.xor(pair, i64x2(i64.MIN_VALUE, 0));
}

/** The sums over lanes of two vectors, as a float64 pair. */
// @ts-ignore: decorator
@inline export function sumPair(a: v128, b: v128): v128 {
  const x = f64x2.add(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(v128.shuffle<f32>(a, a, 2, 3, 0, 1)));
  const y = f64x2.add(f64x2.promote_low_f32x4(b), f64x2.promote_low_f32x4(v128.shuffle<f32>(b, b, 2, 3, 0, 1)));
  return f64x2.add(v128.shuffle<f64>(x, y, 0, 2), v128.shuffle<f64>(x, y, 1, 3));
}

/** Of magnitudes as bits less 1, unsigned, the least: the smallest magnitude that is not 0, or 0 where all were 0. */
// @ts-ignore: decorator
@inline export function leastLane(v: v128): f32 {
  let t = i32x4.min_u(v, v128.shuffle<i32>(v, v, 2, 3, 0, 1));
  t = i32x4.min_u(t, v128.shuffle<i32>(t, t, 1, 0, 3, 2));
  return reinterpret<f32>(i32x4.extract_lane(t, 0) + 1);
}

/** 2^−100: magnitudes below it become 0 in activations and gradients (contract.ts). */
export const TINY: f32 = 7.888609052210118e-31;
/** 2^−126, the smallest normal float32. */
export const SMALLEST_NORMAL: f32 = 1.1754943508222875e-38;

/** v, its magnitudes below `below` made 0; NaN stays. */
// @ts-ignore: decorator
@inline export function flush(v: v128, below: v128): v128 {
  return v128.andnot(v, f32x4.lt(f32x4.abs(v), below));
}

/** All ones in the first `n` lanes (0 … 4). */
// @ts-ignore: decorator
@inline export function firstLanes(n: i32): v128 {
  return i32x4.gt_s(i32x4.splat(n), i32x4(0, 1, 2, 3));
}

/** `n` (1 … 3) floats at `p`, the other lanes 0. Never reads behind them. */
// @ts-ignore: decorator
@inline export function loadEnd(p: usize, n: i32): v128 {
  if (n == 1) return v128.load32_zero(p);
  const pair = v128.load64_zero(p);
  return n == 2 ? pair : f32x4.replace_lane(pair, 2, load<f32>(p, 8));
}
/** Writes the first `n` (1 … 3) lanes to `p`. */
// @ts-ignore: decorator
@inline export function storeEnd(p: usize, v: v128, n: i32): void {
  store<f32>(p, f32x4.extract_lane(v, 0));
  if (n > 1) store<f32>(p, f32x4.extract_lane(v, 1), 4);
  if (n > 2) store<f32>(p, f32x4.extract_lane(v, 2), 8);
}

/** 2^e in float64, 0 below its range and infinite above. */
export function power64(e: i32): f64 {
  if (e < -1074) return 0;
  if (e > 1023) return Infinity;
  if (e < -1022) return reinterpret<f64>(<u64>1 << <u64>(e + 1074));
  return reinterpret<f64>(<u64>(e + 1023) << 52);
}
/** 2^e in float32, 0 below its range and infinite above. */
// @ts-ignore: decorator
@inline export function power32(e: i32): f32 {
  return e >= -126 && e <= 127 ? reinterpret<f32>((e + 127) << 23) : <f32>power64(e);
}
/** x · 2^e in float64 without an intermediate overflow or underflow. */
export function scaleByPower(x: f64, e: i32): f64 {
  while (e > 1000 && x != 0) {
    x *= power64(1000);
    e -= 1000;
  }
  while (e < -1000 && x != 0) {
    x *= power64(-1000);
    e += 1000;
  }
  return x == 0 ? x : x * power64(e);
}
/** ⌊log₂ x⌋ of a finite x > 0, denormal ones included. */
export function floorLog2(x: f32): i32 {
  const e = <i32>(reinterpret<u32>(x) >> 23);
  if (e == 0) return <i32>(reinterpret<u32>(x * 18446744073709551616.0) >> 23) - 127 - 64;
  return e - 127;
}
