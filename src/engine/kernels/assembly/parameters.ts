// Owns what happens to a parameter in a step: statistics of its gradient, the gradient that the optimizer gets, the
// rule's step, the update and its size. A parameter is worked on block by block: the gradient goes into scratch, the rule
// turns it into a direction there, and the last loop takes it off the weights; each finds the block in the L1 cache.
import { Optimizer, UpdateFlag } from './contract';
import { BLOCK, HEAD_CLIP_SCALE, HEAD_LEARNING_RATE, scratch, SCRATCH_ENDS, setDiverged } from './memory';
import { addWeights, clampBlock, direction, hyperClipValue, hyperWeightDecay, needsDirection, scaleBlock } from './optimizers';
import { countLanes, firstLanes, fma, loadEnd, maxLane, minLane, power32, storeEnd, sumLanes, sumLanes32 } from './simd';
import { squares64, sumOfSquares, trustworthy, writeGradient } from './statistics';

/** OP.gradientStatistics. `out` and `unitNorms` are 0 where not wanted. */
export function gradientStatistics(rows: i32, columns: i32, G: usize, exponent: i32, out: usize, unitNorms: usize): void {
  parameter(-1, rows, columns, 0, G, 0, 0, 0, exponent, out, unitNorms, 0);
}

/** OP.update, and with kind −1 its statistics alone. Arguments: contract.ts, addresses 0 for "none". */
export function parameter(
  kind: i32, rows: i32, columns: i32, W: usize, G: usize, state1: usize, state2: usize, hyper: usize,
  exponent: i32, out: usize, unitNorms: usize, flags: i32,
): void {
  const count = rows * columns;
  const zero = f32x4.splat(0);
  const clipScale = load<f32>(HEAD_CLIP_SCALE);
  // G · 2^e · clipScale: in one factor where that is exact, else in two. Beyond ±254 all is 0, or infinite, anyway.
  const single = exponent >= -60 && exponent <= 60;
  const e = max(-254, min(254, exponent));
  const firstPower = max(-126, min(127, e));
  const factor = f32x4.splat(single ? power32(exponent) * clipScale : power32(firstPower));
  // Below this an entry of G would be denormal, or less, in the optimizer's hands.
  const below = f32x4.splat(power32(-126 - exponent));
  const rate = load<f32>(HEAD_LEARNING_RATE);
  let lowest = f32x4.splat(Infinity), highest = f32x4.splat(-Infinity);
  let zeros = zero, smalls = zero;
  let sum64: f64 = 0, squareSum64: f64 = 0, weights64: f64 = 0, updates64: f64 = 0;
  let padding = 0;
  let g = G;
  let w = W;
  for (let at = 0; at < count; at += BLOCK) {
    const n = min(BLOCK, count - at);
    const ragged = n & 3;
    const bytes = <usize>(n & ~3) << 2;
    let sum = zero, squares = zero, weights = zero;
    let to = scratch;
    if (W != 0) for (let p = w, end = w + bytes; p < end; p += 16) {
      const x = v128.load(p);
      weights = fma(x, x, weights);
    }
    for (const end = g + bytes; g < end; g += 16) {
      const x = v128.load(g);
      sum = f32x4.add(sum, x);
      squares = fma(x, x, squares);
      lowest = f32x4.pmin(lowest, x);
      highest = f32x4.pmax(highest, x);
      zeros = i32x4.sub(zeros, f32x4.eq(x, zero));
      const small = f32x4.lt(f32x4.abs(x), below);
      smalls = i32x4.sub(smalls, small);
      v128.store(to, f32x4.mul(v128.andnot(x, small), factor));
      to += 16;
    }
    if (ragged) {
      // Only the last block is ragged. Its missing entries count as zeros here and are taken off below.
      const x = loadEnd(g, ragged);
      const mask = firstLanes(ragged);
      padding = 4 - ragged;
      sum = f32x4.add(sum, x);
      squares = fma(x, x, squares);
      lowest = f32x4.pmin(lowest, v128.bitselect(x, f32x4.splat(Infinity), mask));
      highest = f32x4.pmax(highest, v128.bitselect(x, f32x4.splat(-Infinity), mask));
      zeros = i32x4.sub(zeros, f32x4.eq(x, zero));
      const small = v128.or(f32x4.lt(f32x4.abs(x), below), f32x4.eq(x, zero));
      smalls = i32x4.sub(smalls, small);
      v128.store(to, f32x4.mul(v128.andnot(x, small), factor));
      if (W != 0) {
        const y = loadEnd(w + bytes, ragged);
        weights = fma(y, y, weights);
      }
    }
    sum64 += sumLanes(sum);
    squareSum64 += sumLanes(squares);
    if (kind >= 0) {
      const s = sumLanes(weights);
      weights64 += trustworthy(s) ? s : squares64(1, n, w, 0);
      if (!single) scaleBlock(n, power32(e - firstPower) * clipScale);
      prepare(kind, n, w, state1, state2, hyper, flags);
      updates64 += apply(n, w, rate);
      w += bytes;
      if (state1 != 0) state1 += bytes;
      if (state2 != 0) state2 += bytes;
    }
  }
  if ((flags & UpdateFlag.gradientDone) == 0) {
    const zeroCount = countLanes(zeros);
    if (out != 0) {
      const nonFinite = writeGradient(out, 1, count, G, 0, sum64, squareSum64, minLane(lowest), maxLane(highest), zeroCount - padding);
      store<f64>(out, <f64>exponent, 48);
      // Zeros are below any limit but 0, which nothing is below.
      store<f64>(out, <f64>max(0, countLanes(smalls) - zeroCount), 56);
      if (nonFinite != 0) setDiverged(1);
    }
    if (unitNorms != 0) writeUnitNorms(rows, columns, G, unitNorms);
  }
  if (out != 0 && kind >= 0) {
    store<f64>(out, updates64, 64);
    store<f64>(out, weights64, 72);
  }
}

/** From the gradient in scratch to the direction in scratch, of which `rate` times is taken off the weights. */
function prepare(kind: i32, n: i32, w: usize, state1: usize, state2: usize, hyper: usize, flags: i32): void {
  const limit = hyperClipValue(hyper);
  if (limit > 0) clampBlock(n, limit);
  const decay = hyperWeightDecay(hyper);
  const decoupled = kind == Optimizer.adamw || kind == Optimizer.lion;
  if (!needsDirection(kind, state1) && decay == 0) return;
  const bytes = <usize>(n & ~3) << 2;
  const ragged = n & 3;
  if (bytes != 0) {
    if (decay != 0 && !decoupled) addWeights(bytes, scratch, w, decay);
    direction(kind, bytes, scratch, state1, state2, hyper, flags);
    if (decay != 0 && decoupled) addWeights(bytes, scratch, w, decay);
  }
  if (ragged == 0) return;
  // The ragged end is worked on in copies, since a whole vector would reach into the neighbour.
  const d = scratch + bytes;
  const ends = scratch + SCRATCH_ENDS;
  v128.store(ends, loadEnd(w + bytes, ragged));
  if (state1 != 0) v128.store(ends, loadEnd(state1 + bytes, ragged), 16);
  if (state2 != 0) v128.store(ends, loadEnd(state2 + bytes, ragged), 32);
  if (decay != 0 && !decoupled) addWeights(16, d, ends, decay);
  direction(kind, 16, d, state1 == 0 ? 0 : ends + 16, state2 == 0 ? 0 : ends + 32, hyper, flags);
  if (decay != 0 && decoupled) addWeights(16, d, ends, decay);
  // 0 ÷ 0 in the padding of a rule without epsilon must not get into the sums.
  v128.store(d, v128.and(v128.load(d), firstLanes(ragged)));
  if (state1 != 0) storeEnd(state1 + bytes, v128.load(ends, 16), ragged);
  if (state2 != 0) storeEnd(state2 + bytes, v128.load(ends, 32), ragged);
}

/** w −= rate · direction over one block; answers the sum of the squares of what was taken off. */
function apply(n: i32, w: usize, rate: f32): f64 {
  const rates = f32x4.splat(rate);
  const ragged = n & 3;
  let squares = f32x4.splat(0);
  let d = scratch;
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
  return trustworthy(sum) ? sum : squares64(1, n, scratch, 0) * <f64>rate * <f64>rate;
}

function writeUnitNorms(rows: i32, columns: i32, G: usize, unitNorms: usize): void {
  const stride = <usize>columns << 2;
  // Short rows are squared here and now; a function call each would cost more.
  const short = columns <= 32 && (columns & 3) == 0;
  for (let r = 0; r < rows; r++) {
    let sum: f64 = 0;
    if (short) {
      let squares = f32x4.splat(0);
      for (let p = G, end = G + stride; p < end; p += 16) {
        const x = v128.load(p);
        squares = fma(x, x, squares);
      }
      sum = <f64>sumLanes32(squares);
    }
    if (!short || !trustworthy(sum)) sum = sumOfSquares(1, columns, G, stride);
    store<f32>(unitNorms, <f32>Math.sqrt(sum));
    unitNorms += 4;
    G += stride;
  }
}
