// Owns what happens to a parameter in a step: statistics of its gradient, the gradient that the optimizer gets, the
// rule's step, the update and its size. A parameter is worked on block by block, each loop finding the block in the L1
// cache: measure the gradient, make it what the optimizer gets, turn that into a direction, take it off the weights.
// Plain descent does all of it in one loop (of a block at most, in descent.ts), and momentum in two. Shared by rows, whose
// sums are taken chunk by chunk.
import { Optimizer, UpdateFlag } from './contract';
import { countBelow, descend, descends, squaresAbove, weightsBefore } from './descent';
import { BLOCK, HEAD_CLIP_SCALE, HEAD_LEARNING_RATE, PARTIAL_BYTES, scratch, SCRATCH_ENDS } from './memory';
import { addWeights, clampBlock, direction, hyperClipValue, hyperMomentum, hyperWeightDecay } from './optimizers';
import {
  countLanes, firstLanes, fma, hold, loadEnd, power32, power64, range, SMALLEST_NORMAL, storeEnd, sumFour, sumLanes,
  sumPair,
} from './simd';
import {
  allTrustworthy, chunkRows, partialAt, partialOf, squares64, sumOfSquares, trustworthy, VECTORS_PER_SUM,
  writeGradient,
} from './statistics';
import { meet, part, partBegin, partEnd, parts } from './threads';

/** OP.gradientStatistics. `out` and `unitNorms` are 0 where not wanted. */
export function gradientStatistics(
  rows: i32, columns: i32, G: usize, exponent: i32, out: usize, unitNorms: usize,
): void {
  parameter(-1, rows, columns, 0, G, 0, 0, 0, exponent, out, unitNorms, 0);
}

/** Entries of a stretch of rows whose norms are taken while they are in the L1 cache. */
const STRETCH: i32 = 2048;

// A chunk's sums, in bytes: Σ and Σ² of G, its smallest and largest, Σ Δw², Σ w²; how many are 0, how many underflow.
const ENDS: usize = 16;
const UPDATES: usize = 32;
const WEIGHTS: usize = 40;
const ZEROS: usize = 48;
const UNDERFLOWS: usize = 52;

/** OP.update, and with kind −1 the statistics alone. Arguments: contract.ts, addresses 0 for "none". */
export function parameter(
  kind: i32, rows: i32, columns: i32, W: usize, G: usize, state1: usize, state2: usize, hyper: usize,
  exponent: i32, out: usize, unitNorms: usize, flags: i32,
): void {
  const count = rows * columns;
  if ((flags & UpdateFlag.gradientDone) != 0) unitNorms = 0;
  if (count <= BLOCK && out != 0 && parts == 1 && descends(kind, state1, hyper, exponent, flags)) {
    descend(count, W, G, out);
    if (unitNorms != 0) writeUnitNorms(rows, columns, G, unitNorms);
    return;
  }
  let per = count;
  if (count > STRETCH) per = shared(kind, rows, columns, W, G, state1, state2, hyper, exponent, unitNorms, flags);
  else if (part == 0) {
    work(kind, count, kind < 0 ? G : W, G, state1, state2, hyper, exponent, flags, partialAt(0), false);
    if (unitNorms != 0) writeUnitNorms(rows, columns, G, unitNorms);
  }
  if (parts != 1) meet();
  if (part != 0 || out == 0) return;
  const first = partialAt(0);
  let sums = v128.load(first), ends = v128.load(first, ENDS), sizes = v128.load(first, UPDATES);
  let zeros = load<i32>(first, ZEROS), underflows = load<i32>(first, UNDERFLOWS);
  for (let at = per, more = first + PARTIAL_BYTES; at < count; at += per, more += PARTIAL_BYTES) {
    sums = f64x2.add(sums, v128.load(more));
    ends = widest(ends, v128.load(more, ENDS));
    sizes = f64x2.add(sizes, v128.load(more, UPDATES));
    zeros += load<i32>(more, ZEROS);
    underflows += load<i32>(more, UNDERFLOWS);
  }
  if ((flags & UpdateFlag.gradientDone) == 0) {
    writeGradient(out, 1, count, G, 0, sums, ends, zeros);
    store<f64>(out, <f64>exponent, 48);
    store<f64>(out, <f64>underflows, 56);
  }
  if (kind >= 0) v128.store(out, sizes, 64);
}
/** This thread's part of a parameter of more than one stretch. Answers how many entries make a chunk. */
function shared(
  kind: i32, rows: i32, columns: i32, W: usize, G: usize, state1: usize, state2: usize, hyper: usize,
  exponent: i32, unitNorms: usize, flags: i32,
): i32 {
  const count = rows * columns;
  let stretch = STRETCH, per: i32;
  if (unitNorms != 0) {
    // A stretch ends with a row, and none but the last is ragged.
    stretch = max(1, STRETCH / columns);
    if ((columns & 3) != 0) stretch = (stretch + 3) & ~3;
    per = (chunkRows(rows, columns) + stretch - 1) / stretch * stretch * columns;
    stretch *= columns;
  } else {
    // Without norms, rows do not matter.
    per = (chunkRows(count, 1) + STRETCH - 1) / STRETCH * STRETCH;
  }
  let at = partBegin(count, per);
  let to = partialOf(at, per);
  for (const end = partEnd(count, per); at < end; at += per, to += PARTIAL_BYTES) {
    const stop = min(at + per, count);
    for (let from = at; from < stop; from += stretch) {
      const n = min(stretch, stop - from);
      const bytes = <usize>from << 2;
      work(
        kind, n, kind < 0 ? G + bytes : W + bytes, G + bytes, state1 == 0 ? 0 : state1 + bytes,
        state2 == 0 ? 0 : state2 + bytes, hyper, exponent, flags, to, from != at,
      );
      if (unitNorms != 0) writeUnitNorms(n / columns, columns, G + bytes, unitNorms + (<usize>(from / columns) << 2));
    }
  }
  return per;
}
/** The smaller of both first lanes, and the larger of both second ones. */
// @ts-ignore: decorator
@inline function widest(a: v128, b: v128): v128 {
  return v128.shuffle<f64>(f64x2.pmin(a, b), f64x2.pmax(a, b), 0, 3);
}

/** Measures `count` entries and updates them; the sums go to `to`, or are added to it. With kind −1, W is G. */
function work(
  kind: i32, count: i32, W: usize, G: usize, state1: usize, state2: usize, hyper: usize, exponent: i32, flags: i32, to: usize,
  adds: bool,
): void {
  const zero = f32x4.splat(0);
  const magnitude = hold(i32x4.splat(0x7fffffff));
  const rate = load<f32>(HEAD_LEARNING_RATE);
  // Below this an entry of G would be denormal, or less, in the optimizer's hands. Never 0, so that zeros always are.
  const below = exponent == 0 ? SMALLEST_NORMAL : max(power32(-126 - exponent), reinterpret<f32>(1));
  // Whether the gradient less what underflows, times one power of two, is what the rule takes.
  const plain =
    kind == Optimizer.sgd && (flags & UpdateFlag.nesterov) == 0 && exponent <= 126 && exponent >= -126 &&
    load<f32>(HEAD_CLIP_SCALE) == 1 && hyperClipValue(hyper) == 0 && hyperWeightDecay(hyper) == 0;
  const scale = power32(exponent);
  // Descent: what would be taken off the weights as a denormal number is not taken off.
  const factor = rate * scale;
  const descends = plain && state1 == 0 && factor >= SMALLEST_NORMAL && factor < Infinity;
  const limit = descends ? max(below, SMALLEST_NORMAL / factor) : below;
  const limits = f32x4.splat(limit);
  const factors = f32x4.splat(factor);
  let lowest = f32x4.splat(Infinity), highest = f32x4.splat(-Infinity);
  let zeros = zero;
  let sums = f64x2.splat(0);
  let weights64: f64 = 0, updates64: f64 = 0;
  let padding = 0, underflows = 0;
  let g = G;
  for (let at = 0; at < count; at += BLOCK) {
    const n = min(BLOCK, count - at);
    const ragged = n & 3;
    const bytes = <usize>(n & ~3) << 2;
    // `small` counts what is below the limit, zeros too, which have the counts before and after told apart.
    let sum = zero, squares = zero, weights = zero, small = zero;
    const zerosBefore = zeros;
    const toW = W - g;
    let p = g;
    if (descends) {
      for (const end = g + bytes; p < end; p += 16) {
        const x = v128.load(p), w = v128.load(p + toW);
        const under = f32x4.lt(v128.and(x, magnitude), limits);
        v128.store(p + toW, f32x4.sub(w, f32x4.mul(v128.andnot(x, under), factors)));
        small = i32x4.sub(small, under);
        weights = fma(w, w, weights);
        sum = f32x4.add(sum, x);
        squares = fma(x, x, squares);
        lowest = f32x4.pmin(lowest, x);
        highest = f32x4.pmax(highest, x);
        zeros = i32x4.sub(zeros, f32x4.eq(x, zero));
      }
    } else {
      for (const end = g + bytes; p < end; p += 16) {
        const x = v128.load(p), w = v128.load(p + toW);
        small = i32x4.sub(small, f32x4.lt(v128.and(x, magnitude), limits));
        weights = fma(w, w, weights);
        sum = f32x4.add(sum, x);
        squares = fma(x, x, squares);
        lowest = f32x4.pmin(lowest, x);
        highest = f32x4.pmax(highest, x);
        zeros = i32x4.sub(zeros, f32x4.eq(x, zero));
      }
    }
    let before = sumLanes(weights);
    if (ragged) {
      // Only the last block is ragged; the missing entries count as zeros here, and are taken off below.
      const x = loadEnd(p, ragged), w = loadEnd(p + toW, ragged);
      const mask = firstLanes(ragged);
      const under = f32x4.lt(v128.and(x, magnitude), limits);
      padding = 4 - ragged;
      small = i32x4.sub(small, under);
      before += sumLanes(f32x4.mul(w, w));
      sum = f32x4.add(sum, x);
      squares = fma(x, x, squares);
      lowest = f32x4.pmin(lowest, v128.bitselect(x, f32x4.splat(Infinity), mask));
      highest = f32x4.pmax(highest, v128.bitselect(x, f32x4.splat(-Infinity), mask));
      zeros = i32x4.sub(zeros, f32x4.eq(x, zero));
      if (descends) storeEnd(p + toW, f32x4.sub(w, f32x4.mul(v128.andnot(x, under), factors)), ragged);
    }
    const pair = sumPair(sum, squares);
    sums = f64x2.add(sums, pair);
    // How many are below the limit and not 0, and whether all are below it.
    const tiny = countLanes(i32x4.sub(small, i32x4.sub(zeros, zerosBefore)));
    if (tiny != 0) underflows += limit == below ? tiny : countBelow(n, g, below);
    if (kind >= 0) {
      weights64 += trustworthy(before) ? before : descends ? weightsBefore(n, W, g, limit, factor) : squares64(1, n, W, 0);
      if (descends) {
        const squares64 = f64x2.extract_lane(pair, 1);
        const size = <f64>factor * <f64>factor;
        updates64 += size * (tiny == 0 && trustworthy(squares64) ? squares64 : squaresAbove(n, g, limit));
      } else if (plain && ragged == 0) {
        const momentum = hyperMomentum(hyper);
        if (tiny == 0 && exponent == 0) updates64 += momentumBlock(n, W, g, state1, momentum, rate);
        else updates64 += scaledMomentumBlock(n, W, g, state1, momentum, limit, scale, exponent, rate);
      } else {
        const from = prepare(kind, n, W, g, state1, state2, hyper, exponent, below, flags, tiny != 0);
        updates64 += apply(n, W, from, rate);
      }
      if (state1 != 0) state1 += bytes;
      if (state2 != 0) state2 += bytes;
    }
    g += bytes;
    W += bytes;
  }
  let ends = range(lowest, highest);
  let noughts = countLanes(zeros) - padding;
  let sizes = f64x2.replace_lane(f64x2.splat(updates64), 1, weights64);
  if (adds) {
    sums = f64x2.add(sums, v128.load(to));
    ends = widest(ends, v128.load(to, ENDS));
    sizes = f64x2.add(sizes, v128.load(to, UPDATES));
    noughts += load<i32>(to, ZEROS);
    underflows += load<i32>(to, UNDERFLOWS);
  }
  v128.store(to, sums);
  v128.store(to, ends, ENDS);
  v128.store(to, sizes, UPDATES);
  store<i32>(to, noughts, ZEROS);
  store<i32>(to, underflows, UNDERFLOWS);
}

/**
 * SGD with momentum on n entries, a multiple of 4: g · scale less what is below the limit goes into the buffer, `rate`
 * times that off the weights. Answers Σ Δw². `asItIs`: nothing is below the limit and the scale is 1.
 */
// @ts-ignore: decorator
@inline function momentumLoop(
  asItIs: bool, n: i32, w: usize, g: usize, m: usize, momentum: f32, limit: f32, scale: f32, exponent: i32, rate: f32,
): f64 {
  const mu = f32x4.splat(momentum), limits = f32x4.splat(limit), scales = f32x4.splat(scale), rates = f32x4.splat(rate);
  // What would be taken off the weights as a denormal number is neither kept nor taken off.
  const smallest = max(SMALLEST_NORMAL, SMALLEST_NORMAL / rate);
  const least = f32x4.splat(smallest);
  const magnitude = hold(i32x4.splat(0x7fffffff));
  // Steps that are as small as the gradient are squared at a magnitude at which that can be done.
  const lift = !asItIs && exponent < -16 ? min(100, -exponent) : 0;
  const lifts = f32x4.splat(power32(lift));
  let squares = f32x4.splat(0);
  const toW = w - g, toM = m - g;
  for (const end = g + (<usize>n << 2); g < end; g += 16) {
    let x = v128.load(g);
    if (!asItIs) x = f32x4.mul(v128.andnot(x, f32x4.lt(v128.and(x, magnitude), limits)), scales);
    x = fma(mu, v128.load(g + toM), x);
    x = v128.andnot(x, f32x4.lt(v128.and(x, magnitude), least));
    v128.store(g + toM, x);
    x = f32x4.mul(x, rates);
    v128.store(g + toW, f32x4.sub(v128.load(g + toW), x));
    if (!asItIs) x = f32x4.mul(x, lifts);
    squares = fma(x, x, squares);
  }
  const sum = sumLanes(squares);
  if (trustworthy(sum)) return lift == 0 ? sum : sum * power64(-2 * lift);
  return squares64(1, n, m, 0) * <f64>rate * <f64>rate;
}
function momentumBlock(n: i32, w: usize, g: usize, m: usize, momentum: f32, rate: f32): f64 {
  return momentumLoop(true, n, w, g, m, momentum, 0, 1, 0, rate);
}
function scaledMomentumBlock(
  n: i32, w: usize, g: usize, m: usize, momentum: f32, limit: f32, scale: f32, exponent: i32, rate: f32,
): f64 {
  return momentumLoop(false, n, w, g, m, momentum, limit, scale, exponent, rate);
}

/** From a block of the gradient to the direction of which `rate` times is taken off the weights, in scratch. */
function prepare(
  kind: i32, n: i32, w: usize, g: usize, state1: usize, state2: usize, hyper: usize,
  exponent: i32, below: f32, flags: i32, underflow: bool,
): usize {
  const limit = hyperClipValue(hyper);
  const decay = hyperWeightDecay(hyper);
  const ragged = n & 3;
  const bytes = <usize>(n & ~3) << 2;
  const clipScale = load<f32>(HEAD_CLIP_SCALE);
  // Whole vectors that are already what the rule takes.
  if (ragged == 0 && exponent == 0 && clipScale == 1 && limit == 0 && decay == 0 && !underflow) {
    return direction(kind, bytes, g, scratch, state1, state2, hyper, flags);
  }
  deliver(n, g, exponent, clipScale, below);
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
export function writeUnitNorms(rows: i32, columns: i32, G: usize, unitNorms: usize): void {
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
