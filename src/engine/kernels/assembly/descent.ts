// Owns plain descent on parameters of a block at most: what parameters.ts does in general, for networks of a few units, whose
// steps are short. And what an update looks up where a float32 sum cannot be trusted.
import { Optimizer, UpdateFlag } from './contract';
import { HEAD_CLIP_SCALE, HEAD_LEARNING_RATE, scratch } from './memory';
import { hyperClipValue, hyperWeightDecay } from './optimizers';
import { countLanes, firstLanes, flush, fma, hold, loadEnd, range, SMALLEST_NORMAL, storeEnd, sumFour } from './simd';
import { reliable, trustworthy, writeGradient } from './statistics';

/** Rates below this would make steps denormal that matter. */
const LEAST_RATE: f32 = 9.5367431640625e-7; // 2^−20

/** Whether a parameter is to be brought down by its gradient as it is, times the learning rate. Arguments as in OP.update. */
// @ts-ignore: decorator
@inline export function descends(kind: i32, state1: usize, hyper: usize, exponent: i32, flags: i32): bool {
  return kind == Optimizer.sgd && state1 == 0 && exponent == 0 && (flags & UpdateFlag.gradientDone) == 0 &&
    load<f32>(HEAD_CLIP_SCALE) == 1 && hyperClipValue(hyper) == 0 && hyperWeightDecay(hyper) == 0 &&
    load<f32>(HEAD_LEARNING_RATE) >= LEAST_RATE;
}

/** Above 2^−126 ÷ rate: what would be taken off the weights as a denormal number is not taken off. */
// @ts-ignore: decorator
@inline function limitOf(rate: f32): f32 {
  return rate >= 1 ? SMALLEST_NORMAL : SMALLEST_NORMAL / LEAST_RATE;
}

/** Descends on `count` entries, and writes PARAMETER_RAW. */
export function descend(count: i32, W: usize, G: usize, out: usize): void {
  const rate = load<f32>(HEAD_LEARNING_RATE);
  const limit = limitOf(rate);
  const magnitude = hold(i32x4.splat(0x7fffffff));
  step(count, W, G, f32x4.splat(rate), f32x4.splat(limit), magnitude, scratch);
  write(count, W, G, out, limit, rate, scratch);
}
/** The same of a kernel and its bias. */
export function descendBoth(
  count: i32, W: usize, G: usize, out: usize, biases: i32, bias: usize, biasG: usize, biasOut: usize,
): void {
  const rate = load<f32>(HEAD_LEARNING_RATE);
  const limit = limitOf(rate);
  const magnitude = hold(i32x4.splat(0x7fffffff));
  const rates = f32x4.splat(rate), limits = f32x4.splat(limit);
  step(count, W, G, rates, limits, magnitude, scratch);
  step(biases, bias, biasG, rates, limits, magnitude, scratch + MEASURED);
  write(count, W, G, out, limit, rate, scratch);
  write(biases, bias, biasG, biasOut, limit, rate, scratch + MEASURED);
}

// What a step leaves in scratch, in bytes: Σ g, Σ g², Σ w², how many g are 0, as floats; smallest and largest g; not 0
// where anything but zeros is below the limit.
const ENDS: usize = 16;
const UNCLEAN: usize = 32;
const MEASURED: usize = 48;

// @ts-ignore: decorator
@inline function step(count: i32, W: usize, G: usize, rates: v128, limits: v128, magnitude: v128, to: usize): void {
  const zero = f32x4.splat(0);
  let lowest = f32x4.splat(Infinity), highest = f32x4.splat(-Infinity);
  let sum = zero, squares = zero, weights = zero, small = zero, zeros = zero;
  const toW = W - G;
  let p = G;
  for (const end = G + (<usize>(count & ~3) << 2); p < end; p += 16) {
    const x = v128.load(p), w = v128.load(p + toW);
    const under = f32x4.lt(v128.and(x, magnitude), limits);
    v128.store(p + toW, f32x4.sub(w, f32x4.mul(v128.andnot(x, under), rates)));
    small = i32x4.sub(small, under);
    weights = fma(w, w, weights);
    sum = f32x4.add(sum, x);
    squares = fma(x, x, squares);
    lowest = f32x4.pmin(lowest, x);
    highest = f32x4.pmax(highest, x);
    zeros = i32x4.sub(zeros, f32x4.eq(x, zero));
  }
  const ragged = count & 3;
  if (ragged) {
    // The missing entries are zeros that are not counted.
    const x = loadEnd(p, ragged), w = loadEnd(p + toW, ragged);
    const mask = firstLanes(ragged);
    const under = f32x4.lt(v128.and(x, magnitude), limits);
    storeEnd(p + toW, f32x4.sub(w, f32x4.mul(v128.andnot(x, under), rates)), ragged);
    small = i32x4.sub(small, v128.and(under, mask));
    weights = fma(w, w, weights);
    sum = f32x4.add(sum, x);
    squares = fma(x, x, squares);
    lowest = f32x4.pmin(lowest, v128.bitselect(x, f32x4.splat(Infinity), mask));
    highest = f32x4.pmax(highest, v128.bitselect(x, f32x4.splat(-Infinity), mask));
    zeros = i32x4.sub(zeros, v128.and(f32x4.eq(x, zero), mask));
  }
  v128.store(to, sumFour(sum, squares, weights, f32x4.convert_i32x4_s(zeros)));
  v128.store(to, range(lowest, highest), ENDS);
  v128.store(to, v128.xor(small, zeros), UNCLEAN);
}

// @ts-ignore: decorator
@inline function write(count: i32, W: usize, G: usize, out: usize, limit: f32, rate: f32, from: usize): void {
  const all = v128.load(from);
  const sums = f64x2.promote_low_f32x4(all);
  // Σ w², how many are 0
  const rest = f64x2.promote_low_f32x4(v128.shuffle<f32>(all, all, 2, 3, 2, 3));
  const weights = f64x2.extract_lane(rest, 0);
  const clean = !v128.any_true(v128.load(from, UNCLEAN));
  v128.store(out, v128.load(from, ENDS), 16);
  store<f64>(out, f64x2.extract_lane(rest, 1), 32);
  if (!clean || !reliable(<f64>count, sums) || !trustworthy(weights)) {
    writeAnew(count, W, G, out, clean, sums, weights, limit, rate);
    return;
  }
  const none = f64x2.splat(0);
  v128.store(out, sums);
  v128.store(out, none, 40);
  v128.store(out, none, 48);
  store<f64>(out, f64x2.extract_lane(sums, 1) * (<f64>rate * <f64>rate), 64);
  store<f64>(out, weights, 72);
}
/** The same where a sum cannot be trusted, or something underflowed. */
function writeAnew(
  count: i32, W: usize, G: usize, out: usize, clean: bool, sums: v128, weights: f64, limit: f32, rate: f32,
): void {
  let updates = f64x2.extract_lane(sums, 1);
  let underflows = 0;
  if (!clean || !trustworthy(updates)) {
    underflows = countBelow(count, G, SMALLEST_NORMAL);
    updates = squaresAbove(count, G, limit);
  }
  if (!trustworthy(weights)) weights = weightsBefore(count, W, G, limit, rate);
  writeGradient(out, 1, count, G, 0, sums, v128.load(out, 16), <i32>load<f64>(out, 32));
  store<f64>(out, 0, 48);
  store<f64>(out, <f64>underflows, 56);
  store<f64>(out, updates * (<f64>rate * <f64>rate), 64);
  store<f64>(out, weights, 72);
}

/** How many of n entries are not 0 but below the limit. */
export function countBelow(n: i32, g: usize, below: f32): i32 {
  let count = 0;
  let small = i32x4.splat(0);
  const limit = f32x4.splat(below), zero = f32x4.splat(0);
  for (const end = g + (<usize>(n & ~3) << 2); g < end; g += 16) {
    const x = v128.load(g);
    small = i32x4.sub(small, v128.and(f32x4.lt(f32x4.abs(x), limit), f32x4.ne(x, zero)));
  }
  for (let k = n & 3; k > 0; k--, g += 4) {
    const x = abs(load<f32>(g));
    count += i32(x < below) & i32(x != 0);
  }
  return count + countLanes(small);
}
/** Σ of the squares of those of n entries that are not below the limit, in float64. */
export function squaresAbove(n: i32, g: usize, below: f32): f64 {
  const limit = f32x4.splat(below);
  let sum = f64x2.splat(0), sum2 = sum;
  for (const end = g + (<usize>(n & ~3) << 2); g < end; g += 16) {
    const x = flush(v128.load(g), limit);
    const low = f64x2.promote_low_f32x4(x), high = f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 0, 1));
    sum = f64x2.add(sum, f64x2.mul(low, low));
    sum2 = f64x2.add(sum2, f64x2.mul(high, high));
  }
  sum = f64x2.add(sum, sum2);
  let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  for (let k = n & 3; k > 0; k--, g += 4) {
    const x = load<f32>(g);
    if (!(abs(x) < below)) total += <f64>x * <f64>x;
  }
  return total;
}
/** Σ w² of weights that a descent has just left, as they were before. */
export function weightsBefore(n: i32, w: usize, g: usize, limit: f32, factor: f32): f64 {
  let sum: f64 = 0;
  for (const end = w + (<usize>n << 2); w < end; w += 4, g += 4) {
    const x = load<f32>(g);
    const before = <f64>load<f32>(w) + <f64>(abs(x) < limit ? 0 : x * factor);
    sum += before * before;
  }
  return sum;
}
