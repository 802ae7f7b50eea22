// Owns what happens to a parameter in a step: statistics of its gradient, the gradient that the optimizer gets, the
// rule's step, the update and its size. A parameter is worked on block by block, each loop finding the block in the L1
// cache: measure the gradient, make it what the optimizer gets, turn that into a direction, take it off the weights.
import { Optimizer, UpdateFlag } from './contract';
import { BLOCK, HEAD_CLIP_SCALE, HEAD_LEARNING_RATE, scratch, SCRATCH_ENDS } from './memory';
import { addWeights, clampBlock, direction, hyperClipValue, hyperWeightDecay } from './optimizers';
import {
  countLanes, firstLanes, fma, hold, leastLane, loadEnd, power32, range, SMALLEST_NORMAL, storeEnd, sumFour, sumLanes, sumPair,
} from './simd';
import { allTrustworthy, squares64, sumOfSquares, trustworthy, VECTORS_PER_SUM, writeGradient } from './statistics';

/** OP.gradientStatistics. `out` and `unitNorms` are 0 where not wanted. */
export function gradientStatistics(
  rows: i32, columns: i32, G: usize, exponent: i32, out: usize, unitNorms: usize,
): void {
  parameter(-1, rows, columns, 0, G, 0, 0, 0, exponent, out, unitNorms, 0);
}

/** OP.update, and with kind −1 the statistics alone. Arguments: contract.ts, addresses 0 for "none". */
export function parameter(
  kind: i32, rows: i32, columns: i32, W: usize, G: usize, state1: usize, state2: usize, hyper: usize,
  exponent: i32, out: usize, unitNorms: usize, flags: i32,
): void {
  const count = rows * columns;
  const zero = f32x4.splat(0);
  const magnitude = hold(i32x4.splat(0x7fffffff));
  const one = hold(i32x4.splat(1));
  const rate = load<f32>(HEAD_LEARNING_RATE);
  // Below this an entry of G would be denormal, or less, in the optimizer's hands.
  const below = exponent == 0 ? SMALLEST_NORMAL : power32(-126 - exponent);
  // Whether whole vectors of the gradient are already what the rule takes, and whether it takes them as the direction.
  const plain = kind >= 0 && exponent == 0 && load<f32>(HEAD_CLIP_SCALE) == 1 && hyperClipValue(hyper) == 0 && hyperWeightDecay(hyper) == 0;
  const descent = kind == Optimizer.sgd && state1 == 0;
  let lowest = f32x4.splat(Infinity), highest = f32x4.splat(-Infinity);
  let zeros = zero;
  let sums = f64x2.splat(0);
  let weights64: f64 = 0, updates64: f64 = 0;
  let padding = 0, underflows = 0;
  let g = G;
  // Statistics alone: the gradient stands in for weights that nobody asks about.
  if (kind < 0) W = G;
  for (let at = 0; at < count; at += BLOCK) {
    const n = min(BLOCK, count - at);
    const ragged = n & 3;
    const bytes = <usize>(n & ~3) << 2;
    let sum = zero, squares = zero, weights = zero;
    // The smallest magnitude that is not 0, as bits less 1: zeros wrap around to the largest.
    let least = i32x4.splat(-1);
    const toW = W - g;
    let p = g;
    for (const end = g + bytes; p < end; p += 16) {
      const x = v128.load(p), w = v128.load(p + toW);
      weights = fma(w, w, weights);
      sum = f32x4.add(sum, x);
      squares = fma(x, x, squares);
      lowest = f32x4.pmin(lowest, x);
      highest = f32x4.pmax(highest, x);
      zeros = i32x4.sub(zeros, f32x4.eq(x, zero));
      least = i32x4.min_u(least, i32x4.sub(v128.and(x, magnitude), one));
    }
    if (ragged) {
      // Only the last block is ragged; the missing entries count as zeros here, and are taken off below.
      const x = loadEnd(p, ragged), w = loadEnd(p + toW, ragged);
      weights = fma(w, w, weights);
      const mask = firstLanes(ragged);
      padding = 4 - ragged;
      sum = f32x4.add(sum, x);
      squares = fma(x, x, squares);
      lowest = f32x4.pmin(lowest, v128.bitselect(x, f32x4.splat(Infinity), mask));
      highest = f32x4.pmax(highest, v128.bitselect(x, f32x4.splat(-Infinity), mask));
      zeros = i32x4.sub(zeros, f32x4.eq(x, zero));
      least = i32x4.min_u(least, i32x4.sub(v128.and(x, magnitude), one));
    }
    sums = f64x2.add(sums, sumPair(sum, squares));
    const smallest = leastLane(least);
    const underflow = smallest < below && smallest != 0;
    if (underflow) underflows += countBelow(n, g, below);
    if (kind >= 0) {
      const before = sumLanes(weights);
      weights64 += trustworthy(before) ? before : squares64(1, n, W, 0);
      let from = g;
      if (!plain || underflow || ragged != 0) from = prepare(kind, n, W, g, state1, state2, hyper, exponent, below, flags);
      else if (!descent) from = direction(kind, bytes, g, scratch, state1, state2, hyper, flags);
      updates64 += apply(n, W, from, rate);
      if (state1 != 0) state1 += bytes;
      if (state2 != 0) state2 += bytes;
    }
    g += bytes;
    W += bytes;
  }
  if ((flags & UpdateFlag.gradientDone) == 0) {
    if (out != 0) {
      writeGradient(out, 1, count, G, 0, sums, range(lowest, highest), countLanes(zeros) - padding);
      store<f64>(out, <f64>exponent, 48);
      store<f64>(out, <f64>underflows, 56);
    }
    if (unitNorms != 0) writeUnitNorms(rows, columns, G, unitNorms);
  }
  if (out != 0 && kind >= 0) {
    store<f64>(out, updates64, 64);
    store<f64>(out, weights64, 72);
  }
}

/** How many of n entries are not 0 but below the limit. */
function countBelow(n: i32, g: usize, below: f32): i32 {
  let count = 0;
  for (let p = g, end = g + (<usize>n << 2); p < end; p += 4) {
    const x = abs(load<f32>(p));
    count += i32(x < below) & i32(x != 0);
  }
  return count;
}

/** From a block of the gradient to the direction of which `rate` times is taken off the weights, in scratch. */
function prepare(
  kind: i32, n: i32, w: usize, g: usize, state1: usize, state2: usize, hyper: usize,
  exponent: i32, below: f32, flags: i32,
): usize {
  const limit = hyperClipValue(hyper);
  const decay = hyperWeightDecay(hyper);
  const ragged = n & 3;
  const bytes = <usize>(n & ~3) << 2;
  deliver(n, g, exponent, load<f32>(HEAD_CLIP_SCALE), below);
  if (limit > 0) clampBlock(n, limit);
  const decoupled = kind == Optimizer.adamw || kind == Optimizer.lion;
  if (bytes != 0) {
    if (decay != 0 && !decoupled) addWeights(bytes, scratch, w, decay);
    const from = direction(kind, bytes, scratch, scratch, state1, state2, hyper, flags);
    // A direction that lies in a state is wanted in scratch here, beside the ragged end.
    if (from != scratch) memory.copy(scratch, from, bytes);
    if (decay != 0 && decoupled) addWeights(bytes, scratch, w, decay);
  }
  if (ragged != 0) prepareEnd(kind, ragged, bytes, w, state1, state2, hyper, flags, decay, decoupled);
  return scratch;
}

/** The gradient as the optimizer gets it, in scratch: G · 2^e · clipScale, 0 where float32 would have G · 2^e denormal. */
function deliver(n: i32, g: usize, exponent: i32, clipScale: f32, below: f32): void {
  // In one factor where that is exact, else in two. Beyond ±254 all is 0, or infinite, anyway.
  const single = exponent >= -60 && exponent <= 60;
  const e = max(-254, min(254, exponent));
  const power = single ? exponent : max(-126, min(127, e));
  const first = f32x4.splat(single ? power32(power) * clipScale : power32(power));
  const second = f32x4.splat(single ? 1 : power32(e - power) * clipScale);
  const limit = f32x4.splat(below);
  let to = scratch;
  for (const end = g + (<usize>(n & ~3) << 2); g < end; g += 16) {
    const x = v128.load(g);
    v128.store(to, f32x4.mul(f32x4.mul(v128.andnot(x, f32x4.lt(f32x4.abs(x), limit)), first), second));
    to += 16;
  }
  if ((n & 3) == 0) return;
  const x = loadEnd(g, n & 3);
  v128.store(to, f32x4.mul(f32x4.mul(v128.andnot(x, f32x4.lt(f32x4.abs(x), limit)), first), second));
}

/** The ragged end is worked on in copies, since a whole vector would reach into the neighbour. */
function prepareEnd(
  kind: i32, ragged: i32, bytes: usize, w: usize, state1: usize, state2: usize, hyper: usize, flags: i32, decay: f32, decoupled: bool,
): void {
  const d = scratch + bytes;
  const ends = scratch + SCRATCH_ENDS;
  v128.store(ends, loadEnd(w + bytes, ragged));
  if (state1 != 0) v128.store(ends, loadEnd(state1 + bytes, ragged), 16);
  if (state2 != 0) v128.store(ends, loadEnd(state2 + bytes, ragged), 32);
  if (decay != 0 && !decoupled) addWeights(16, d, ends, decay);
  const from = direction(kind, 16, d, d, state1 == 0 ? 0 : ends + 16, state2 == 0 ? 0 : ends + 32, hyper, flags);
  // 0 ÷ 0 in the padding of a rule without epsilon must not get into the sums.
  v128.store(d, v128.and(v128.load(from), firstLanes(ragged)));
  if (decay != 0 && decoupled) addWeights(16, d, ends, decay);
  if (state1 != 0) storeEnd(state1 + bytes, v128.load(ends, 16), ragged);
  if (state2 != 0) storeEnd(state2 + bytes, v128.load(ends, 32), ragged);
}

/** w −= rate · d over one block; answers the sum of the squares of what was taken off. */
function apply(n: i32, w: usize, d: usize, rate: f32): f64 {
  const rates = f32x4.splat(rate);
  const ragged = n & 3;
  const from = d;
  let squares = f32x4.splat(0);
  for (const end = w + (<usize>(n & ~3) << 2); w < end; w += 16) {
    const step = f32x4.mul(v128.load(d), rates);
    squares = fma(step, step, squares);
    v128.store(w, f32x4.sub(v128.load(w), step));
    d += 16;
  }
  if (ragged) {
    const step = f32x4.mul(v128.load(d), rates);
    squares = fma(step, step, squares);
    storeEnd(w, f32x4.sub(loadEnd(w, ragged), step), ragged);
  }
  const sum = sumLanes(squares);
  return trustworthy(sum) ? sum : squares64(1, n, from, 0) * <f64>rate * <f64>rate;
}

/** l2 of each row: four rows at a time where float32 squares can be trusted, which is nearly always. */
function writeUnitNorms(rows: i32, columns: i32, G: usize, unitNorms: usize): void {
  const stride = <usize>columns << 2;
  let r = 0;
  // Longer rows would outgrow a float32 sum.
  if ((columns & 3) == 0 && columns <= VECTORS_PER_SUM << 2) for (; r + 4 <= rows; r += 4) {
    let a = f32x4.splat(0), b = a, c = a, d = a;
    for (let p = G, end = G + stride; p < end; p += 16) {
      const w = v128.load(p), x = v128.load(p + stride), y = v128.load(p + 2 * stride), z = v128.load(p + 3 * stride);
      a = fma(w, w, a);
      b = fma(x, x, b);
      c = fma(y, y, c);
      d = fma(z, z, d);
    }
    const squares = sumFour(a, b, c, d);
    v128.store(unitNorms, f32x4.sqrt(squares));
    if (!allTrustworthy(squares)) for (let k = 0; k < 4; k++) writeNorm(columns, G + <usize>k * stride, unitNorms + (<usize>k << 2));
    unitNorms += 16;
    G += stride << 2;
  }
  // Two features, as in the plane: two rows a vector.
  if (columns == 2) for (; r + 4 <= rows; r += 4) {
    const x = v128.load(G), y = v128.load(G, 16);
    const even = v128.shuffle<f32>(x, y, 0, 2, 4, 6), odd = v128.shuffle<f32>(x, y, 1, 3, 5, 7);
    const squares = fma(even, even, f32x4.mul(odd, odd));
    v128.store(unitNorms, f32x4.sqrt(squares));
    if (!allTrustworthy(squares)) for (let k = 0; k < 4; k++) writeNorm(columns, G + <usize>k * stride, unitNorms + (<usize>k << 2));
    unitNorms += 16;
    G += stride << 2;
  }
  for (; r < rows; r++) {
    writeNorm(columns, G, unitNorms);
    unitNorms += 4;
    G += stride;
  }
}
function writeNorm(columns: i32, g: usize, at: usize): void {
  if (columns > 4) {
    store<f32>(at, <f32>Math.sqrt(sumOfSquares(1, columns, g, 0)));
    return;
  }
  let sum: f64 = 0;
  for (let p = g, end = g + (<usize>columns << 2); p < end; p += 4) sum += <f64>load<f32>(p) * <f64>load<f32>(p);
  store<f32>(at, <f32>Math.sqrt(sum));
}
