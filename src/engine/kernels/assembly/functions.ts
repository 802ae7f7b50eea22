// Owns the transcendental functions on four floats at once. Relative error of each against float64 over its whole range
// is at most 4e-7 (measured by the unit tests) unless it says otherwise. NaN gives NaN.
import { fma } from './simd';

/** 126 ln 2 */
const LIMIT: f32 = 87.33654;

/**
 * e^(x + low), `low` a correction too small to be in x; 0 for most uses. x is held within ±87.33, so that neither the
 * value nor its inverse is denormal. Coefficients: Cephes expf.
 */
// @ts-ignore: decorator
@inline export function expSum(x0: v128, low: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(x0, f32x4.splat(LIMIT)), f32x4.splat(-LIMIT));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
  const r = expRest(x, n, low);
  return f32x4.mul(fma(expTail(r), f32x4.mul(r, r), f32x4.add(r, f32x4.splat(1))), powerOf(n));
}
// @ts-ignore: decorator
@inline export function exp(x: v128): v128 {
  return expSum(x, f32x4.splat(0));
}
/** e^x − 1, exact to rounding near 0 too. */
// @ts-ignore: decorator
@inline export function expm1(x0: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(x0, f32x4.splat(LIMIT)), f32x4.splat(-LIMIT));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
  const r = expRest(x, n, f32x4.splat(0));
  const p = powerOf(n);
  return fma(p, fma(expTail(r), f32x4.mul(r, r), r), f32x4.sub(p, f32x4.splat(1)));
}
/** x + low − n·ln 2, ln 2 in two parts. */
// @ts-ignore: decorator
@inline function expRest(x: v128, n: v128, low: v128): v128 {
  return f32x4.add(fma(n, f32x4.splat(2.1219444e-4), fma(n, f32x4.splat(-0.693359375), x)), low);
}
/** (e^r − 1 − r) ÷ r² for |r| ≤ ½ ln 2. */
// @ts-ignore: decorator
@inline function expTail(r: v128): v128 {
  let p = fma(f32x4.splat(1.98756915e-4), r, f32x4.splat(1.3981999507e-3));
  p = fma(p, r, f32x4.splat(8.3334519073e-3));
  p = fma(p, r, f32x4.splat(4.1665795894e-2));
  p = fma(p, r, f32x4.splat(1.6666665459e-1));
  return fma(p, r, f32x4.splat(5.0000001201e-1));
}
// @ts-ignore: decorator
@inline function powerOf(n: v128): v128 {
  return i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
}

/** 1 ÷ (1 + e^−x) */
// @ts-ignore: decorator
@inline export function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

/** ln((1 + s) ÷ (1 − s)) for |s| ≤ 1/3, by its series. */
// @ts-ignore: decorator
@inline function twiceAtanh(s: v128): v128 {
  const s2 = f32x4.mul(s, s);
  let p = fma(f32x4.splat(2.0 / 15.0), s2, f32x4.splat(2.0 / 13.0));
  p = fma(p, s2, f32x4.splat(2.0 / 11.0));
  p = fma(p, s2, f32x4.splat(2.0 / 9.0));
  p = fma(p, s2, f32x4.splat(2.0 / 7.0));
  p = fma(p, s2, f32x4.splat(2.0 / 5.0));
  p = fma(p, s2, f32x4.splat(2.0 / 3.0));
  return fma(f32x4.mul(p, s2), s, f32x4.add(s, s));
}
/** ln(1 + x) for 0 ≤ x ≤ 1. */
// @ts-ignore: decorator
@inline function log1pUnit(x: v128): v128 {
  return twiceAtanh(f32x4.div(x, f32x4.add(x, f32x4.splat(2))));
}
/** ln x of a normal x > 0; relative error is of the larger of 1 and the value's parts near x = 2^k. */
// @ts-ignore: decorator
@inline export function log(x: v128): v128 {
  // m in [√½, √2): the exponent is taken after adding 1 − √½ of an octave.
  const bits = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const n = i32x4.shr_s(bits, 23);
  const m = i32x4.add(v128.and(bits, i32x4.splat(0x7fffff)), i32x4.splat(0x3f3504f3));
  const f = f32x4.sub(m, f32x4.splat(1));
  const y = twiceAtanh(f32x4.div(f, f32x4.add(f, f32x4.splat(2))));
  const e = f32x4.convert_i32x4_s(n);
  return fma(e, f32x4.splat(0.693359375), fma(e, f32x4.splat(-2.1219444e-4), y));
}

/** ln(1 + e^x) */
// @ts-ignore: decorator
@inline export function softplus(x: v128): v128 {
  // The sum keeps NaN, which pmax alone would drop.
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), log1pUnit(exp(f32x4.neg(f32x4.abs(x)))));
}

/** tanh(softplus(x)) and its derivative: see `mish`. */
// @ts-ignore: decorator
@inline export function mish(x: v128): v128 {
  const e = exp(f32x4.pmin(x, f32x4.splat(20)));
  const n = f32x4.mul(e, f32x4.add(e, f32x4.splat(2)));
  return f32x4.mul(x, f32x4.div(n, f32x4.add(n, f32x4.splat(2))));
}
/** Absolute error 4e-7 around the zero crossing at x ≈ −1.19. */
// @ts-ignore: decorator
@inline export function mishDerivative(x: v128): v128 {
  // From 20 on the slope is 1 to float32.
  const near = f32x4.pmin(x, f32x4.splat(20));
  const e = exp(near);
  const n = f32x4.mul(e, f32x4.add(e, f32x4.splat(2)));
  const inverse = f32x4.div(f32x4.splat(1), f32x4.add(n, f32x4.splat(2)));
  const slope = f32x4.mul(f32x4.mul(f32x4.mul(f32x4.splat(4), e), f32x4.add(e, f32x4.splat(1))), f32x4.mul(inverse, inverse));
  return fma(near, slope, f32x4.mul(n, inverse));
}

// @ts-ignore: decorator
@inline export function silu(x: v128): v128 {
  return f32x4.mul(x, sigmoid(x));
}
/** Absolute error 4e-7 around the zero crossing at x ≈ −1.28. */
// @ts-ignore: decorator
@inline export function siluDerivative(x: v128): v128 {
  const one = f32x4.splat(1);
  const t = exp(f32x4.neg(x));
  const s = f32x4.div(one, f32x4.add(one, t));
  return f32x4.mul(s, fma(x, f32x4.mul(t, s), one));
}

/**
 * e^(−x²/2), the square split so that its rounding does not grow with x. 0 from |x| = 13.2 on, where it would be denormal;
 * far outside, what the square loses is too large to be a correction.
 */
// @ts-ignore: decorator
@inline function gaussian(x: v128): v128 {
  const head = v128.and(x, i32x4.splat(0xfffff000));
  const half = f32x4.splat(-0.5);
  const rest = f32x4.mul(f32x4.mul(f32x4.sub(x, head), f32x4.add(x, head)), half);
  const bell = expSum(f32x4.mul(f32x4.mul(head, head), half), rest);
  return v128.andnot(bell, f32x4.gt(f32x4.abs(x), f32x4.splat(13.2)));
}
/**
 * Φ(−|x|) e^(x²/2), the scaled tail of the normal distribution: t·P(t), t = 1 ÷ (1 + 0.3 |x|). Coefficients: our own
 * fit over 0 … 14, largest relative error 1.5e-7 before rounding.
 */
// @ts-ignore: decorator
@inline function scaledTail(x: v128): v128 {
  const t = f32x4.div(f32x4.splat(1), fma(f32x4.abs(x), f32x4.splat(0.3), f32x4.splat(1)));
  let p = fma(f32x4.splat(0.03567563), t, f32x4.splat(-0.157206729));
  p = fma(p, t, f32x4.splat(0.206359923));
  p = fma(p, t, f32x4.splat(-0.0536896624));
  p = fma(p, t, f32x4.splat(0.128564864));
  p = fma(p, t, f32x4.splat(0.0999125019));
  p = fma(p, t, f32x4.splat(0.120754115));
  p = fma(p, t, f32x4.splat(0.119629286));
  return f32x4.mul(p, t);
}
/** Φ(x) from the two: the tail on the left, 1 less the tail on the right. */
// @ts-ignore: decorator
@inline function normalCdf(x: v128, bell: v128): v128 {
  const tail = f32x4.mul(bell, scaledTail(x));
  return v128.bitselect(f32x4.sub(f32x4.splat(1), tail), tail, f32x4.gt(x, f32x4.splat(0)));
}
/** x Φ(x), exact GELU; relative error 1e-6 down to x = −13, where it is 1e-38. */
// @ts-ignore: decorator
@inline export function gelu(x: v128): v128 {
  return f32x4.mul(x, normalCdf(x, gaussian(x)));
}
/** Φ(x) + x φ(x); absolute error 4e-7 around the zero crossing at x ≈ −0.75. */
// @ts-ignore: decorator
@inline export function geluDerivative(x: v128): v128 {
  const bell = gaussian(x);
  return fma(x, f32x4.mul(bell, f32x4.splat(0.3989422804014327)), normalCdf(x, bell));
}
