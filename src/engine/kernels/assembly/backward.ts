// Owns the backward pass of an activation and what every backward operation ends with: the statistics of the gradient
// and its normalization by a power of two.
import { backward } from './activation';
import { Activation } from './contract';
import { HEAD_BATCH } from './memory';
import { countLanes, firstLanes, flush, floorLog2, fma, hold, leastLane, power32, range, sumPair, TINY } from './simd';
import { BYTES_PER_SUM, VECTORS_PER_SUM, writeGradient } from './statistics';

// Gradients whose largest magnitude lies outside of these are normalized (contract.ts, OP.activationBackward).
const LEAST_MAXIMUM: f32 = 2.3283064365386963e-10; // 2^−32
const MOST_MAXIMUM: f32 = 18446744073709551616.0; // 2^64

/**
 * The loop of activationBackward, for one activation where `code` is a constant. dH, dZ, Y: `count` rows of `ld` floats;
 * 0 is written into the padding of dZ. Other arguments: contract.ts.
 */
// @ts-ignore: decorator
@inline function rows(
  code: i32, count: i32, dH: usize, dZ: usize, Y: usize, alphaAt: usize, ld: i32,
  eIn: usize, eOut: usize, out: usize, normalize: i32,
): void {
  let batch = load<i32>(HEAD_BATCH);
  if (batch == ld) {
    // No padding: one run.
    batch = ld = count * ld;
    count = 1;
  }
  const stride = <usize>ld << 2;
  const full = <usize>(batch & ~3) << 2;
  const ragged = batch & 3;
  const zero = f32x4.splat(0);
  const alpha = v128.load_splat<f32>(alphaAt);
  const magnitude = hold(i32x4.splat(0x7fffffff));
  const one = hold(i32x4.splat(1));
  const toZ = dZ - dH;
  const toY = Y - dH;
  // A linear activation in place changes nothing.
  const writes = code != Activation.linear || dZ != dH;
  let sum = zero, squares = zero, zeros = zero;
  let lowest = f32x4.splat(Infinity), highest = f32x4.splat(-Infinity);
  // The smallest magnitude that is not 0, as bits less 1: zeros wrap around to the largest.
  let least = i32x4.splat(-1);
  // dH is squared in float64: once dZ is written over it, there is no second look.
  let sums = f64x2.splat(0), incoming = sums;
  let pending = 0;
  let row = dH;
  for (let r = 0; r < count; r++) {
    let p = row;
    const end = row + full;
    while (p < end) {
      const stop = min(end, p + BYTES_PER_SUM);
      pending += <i32>(stop - p) >> 4;
      for (; p < stop; p += 16) {
        const dh = v128.load(p);
        const dz = code == Activation.linear ? dh : backward(code, dh, v128.load(p + toY), alpha);
        if (writes) v128.store(p + toZ, dz);
        if (code != Activation.linear) incoming = addSquares(incoming, dh);
        sum = f32x4.add(sum, dz);
        squares = fma(dz, dz, squares);
        lowest = f32x4.pmin(lowest, dz);
        highest = f32x4.pmax(highest, dz);
        zeros = i32x4.sub(zeros, f32x4.eq(dz, zero));
        least = i32x4.min_u(least, i32x4.sub(v128.and(dz, magnitude), one));
      }
      if (pending >= VECTORS_PER_SUM) {
        sums = f64x2.add(sums, sumPair(sum, squares));
        sum = zero;
        squares = zero;
        pending = 0;
      }
    }
    if (ragged) {
      const mask = firstLanes(ragged);
      const dh = v128.and(v128.load(p), mask);
      if (code != Activation.linear) incoming = addSquares(incoming, dh);
      const dz = v128.and(code == Activation.linear ? dh : backward(code, dh, v128.load(p + toY), alpha), mask);
      v128.store(p + toZ, dz);
      sum = f32x4.add(sum, dz);
      squares = fma(dz, dz, squares);
      lowest = f32x4.pmin(lowest, v128.bitselect(dz, f32x4.splat(Infinity), mask));
      highest = f32x4.pmax(highest, v128.bitselect(dz, f32x4.splat(-Infinity), mask));
      zeros = i32x4.sub(zeros, v128.and(f32x4.eq(dz, zero), mask));
      least = i32x4.min_u(least, i32x4.sub(v128.and(dz, magnitude), one));
      p += 16;
    }
    for (const rowEnd = row + stride; p < rowEnd; p += 16) v128.store(p + toZ, zero);
    row += stride;
  }
  const ends = range(lowest, highest);
  const exponent = load<i32>(eIn);
  if (out != 0) {
    writeGradient(out, count, batch, dZ, stride, f64x2.add(sums, sumPair(sum, squares)), ends, countLanes(zeros));
    store<f64>(out, <f64>exponent, 48);
    store<f64>(out, code == Activation.linear ? load<f64>(out, 8) : f64x2.extract_lane(incoming, 0) + f64x2.extract_lane(incoming, 1), 56);
  }
  const largest = <f32>max(f64x2.extract_lane(ends, 1), -f64x2.extract_lane(ends, 0));
  const smallest = leastLane(least);
  let power = 0;
  if (normalize != 0 && largest > 0 && largest < Infinity && (largest < LEAST_MAXIMUM || largest > MOST_MAXIMUM)) {
    power = -floorLog2(largest);
  }
  if (power != 0 || (smallest < TINY && smallest != 0)) scaleRows(count, dZ, stride, power);
  store<i32>(eOut, exponent - power);
}

/** sum + v², lane 0 with 2 and 1 with 3, in float64. */
// @ts-ignore: decorator
@inline function addSquares(sum: v128, v: v128): v128 {
  const low = f64x2.promote_low_f32x4(v);
  const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f64x2.add(sum, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
}

/** dZ · 2^power, what is then below 2^−100 made 0. */
function scaleRows(count: i32, dZ: usize, stride: usize, power: i32): void {
  // 2^149 is more than a float32 can be: two factors.
  const half = power >> 1;
  const a = f32x4.splat(power32(half));
  const b = f32x4.splat(power32(power - half));
  const tiny = hold(f32x4.splat(TINY));
  for (let p = dZ, end = dZ + <usize>count * stride; p < end; p += 16) {
    v128.store(p, flush(f32x4.mul(f32x4.mul(v128.load(p), a), b), tiny));
  }
}

export function linearBackward(
  count: i32, dH: usize, dZ: usize, Y: usize, alpha: usize, ld: i32, eIn: usize, eOut: usize, out: usize,
  normalize: i32,
): void {
  rows(Activation.linear, count, dH, dZ, Y, alpha, ld, eIn, eOut, out, normalize);
}
export function reluBackward(
  count: i32, dH: usize, dZ: usize, Y: usize, alpha: usize, ld: i32, eIn: usize, eOut: usize, out: usize,
  normalize: i32,
): void {
  rows(Activation.relu, count, dH, dZ, Y, alpha, ld, eIn, eOut, out, normalize);
}
export function tanhBackward(
  count: i32, dH: usize, dZ: usize, Y: usize, alpha: usize, ld: i32, eIn: usize, eOut: usize, out: usize,
  normalize: i32,
): void {
  rows(Activation.tanh, count, dH, dZ, Y, alpha, ld, eIn, eOut, out, normalize);
}
export function sigmoidBackward(
  count: i32, dH: usize, dZ: usize, Y: usize, alpha: usize, ld: i32, eIn: usize, eOut: usize, out: usize,
  normalize: i32,
): void {
  rows(Activation.sigmoid, count, dH, dZ, Y, alpha, ld, eIn, eOut, out, normalize);
}
export function otherBackward(
  code: i32, count: i32, dH: usize, dZ: usize, Y: usize, alpha: usize, ld: i32, eIn: usize, eOut: usize, out: usize,
  normalize: i32,
): void {
  rows(code, count, dH, dZ, Y, alpha, ld, eIn, eOut, out, normalize);
}

/** OP.activationBackward: the common activations have a loop of their own. */
// @ts-ignore: decorator
@inline export function activationBackward(
  code: i32, count: i32, dH: usize, dZ: usize, Y: usize, alpha: usize, ld: i32, eIn: usize, eOut: usize, out: usize,
  normalize: i32,
): void {
  if (code == Activation.relu) reluBackward(count, dH, dZ, Y, alpha, ld, eIn, eOut, out, normalize);
  else if (code == Activation.tanh) tanhBackward(count, dH, dZ, Y, alpha, ld, eIn, eOut, out, normalize);
  else if (code == Activation.sigmoid) sigmoidBackward(count, dH, dZ, Y, alpha, ld, eIn, eOut, out, normalize);
  else if (code == Activation.linear) linearBackward(count, dH, dZ, Y, alpha, ld, eIn, eOut, out, normalize);
  else otherBackward(code, count, dH, dZ, Y, alpha, ld, eIn, eOut, out, normalize);
}
