// Owns batch, layer, root-mean-square and group normalization. `r` is the record's address, `base` that of the step's statistics; arguments: contract.ts.
// Two shapes of loop: along rows, where a channel shares its mean over the batch, and down columns, 8 at a time, where a
// sample has means of its own. A mean is a float and what it was rounded by, and differences from it are taken from both.
import { Normalization } from './contract';
import { floatAt, floatOrNone, HEAD_BATCH, intAt } from './memory';
import { firstLanes, floorLog2, flush, fma, hold, power32, sumPair, TINY } from './simd';
import { VECTORS_PER_SUM } from './statistics';
import { part, partBegin, partEnd } from './threads';

/** Rows after which a float32 sum down a column is handed over to a second one, so that long columns keep their digits. */
const ROWS_PER_SUM: i32 = 64;
/** Differences below this are nothing beside epsilon once squared, and their squares would be denormal. */
const LEAST_DIFFERENCE: f32 = 2.168404344971009e-19; // 2^−62
// The gradient is multiplied by a power of two where the largest factor lies outside of these (contract.ts).
const LEAST_FACTOR: f32 = 1.52587890625e-5; // 2^−16
const MOST_FACTOR: f32 = 65536; // 2^16
/** Powers of two beyond this are no float32. */
const MOST_POWER: i32 = 120;

/** OP.normalize */
export function normalize(r: usize, base: usize): void {
  const kind = load<i32>(r, 4);
  const channels = load<i32>(r, 8), positions = load<i32>(r, 12), groups = load<i32>(r, 16);
  const X = floatAt(r + 20), H = floatAt(r + 24), gamma = floatOrNone(r + 28), beta = floatOrNone(r + 32);
  const saved = floatAt(r + 36), epsilon = load<f32>(floatAt(r + 40)), ld = load<i32>(r, 44);
  if (kind == Normalization.sample) {
    normalizeColumns(true, channels, positions, groups, X, H, gamma, beta, saved, epsilon, ld);
  } else if (kind == Normalization.rootMeanSquare) {
    normalizeColumns(false, channels, positions, groups, X, H, gamma, beta, saved, epsilon, ld);
  } else {
    const moving = kind == Normalization.moving;
    const movingMean = moving ? floatAt(r + 48) : 0, movingVariance = moving ? floatAt(r + 52) : 0;
    normalizeChannels(channels, positions, X, H, gamma, beta, saved, epsilon, ld, movingMean, movingVariance);
  }
}

/** Σ d and Σ d² of a channel's numbers less `high` and `low`, in float64 over float32 sums of a few hundred. */
function channelSums(row: usize, step: usize, positions: i32, batch: i32, high: f32, low: f32): v128 {
  const full = <usize>(batch & ~3) << 2;
  const mask = firstLanes(batch & 3);
  const ragged = (batch & 3) != 0;
  const h = f32x4.splat(high), l = f32x4.splat(low), least = hold(f32x4.splat(LEAST_DIFFERENCE));
  let sum = f32x4.splat(0), squares = sum;
  let sums = f64x2.splat(0);
  let pending = 0;
  for (let q = 0; q < positions; q++) {
    let p = row;
    const end = row + full;
    while (p < end) {
      const stop = min(end, p + (<usize>VECTORS_PER_SUM << 4));
      pending += <i32>(stop - p) >> 4;
      for (; p < stop; p += 16) {
        const d = f32x4.sub(f32x4.sub(v128.load(p), h), l);
        sum = f32x4.add(sum, d);
        const e = flush(d, least);
        squares = fma(e, e, squares);
      }
      if (pending >= VECTORS_PER_SUM) {
        sums = f64x2.add(sums, sumPair(sum, squares));
        sum = f32x4.splat(0);
        squares = sum;
        pending = 0;
      }
    }
    if (ragged) {
      const d = v128.and(f32x4.sub(f32x4.sub(v128.load(p), h), l), mask);
      sum = f32x4.add(sum, d);
      const e = flush(d, least);
      squares = fma(e, e, squares);
      pending++;
    }
    row += step;
  }
  return f64x2.add(sums, sumPair(sum, squares));
}

function normalizeChannels(
  channels: i32, positions: i32, X: usize, H: usize, gamma: usize, beta: usize, saved: usize, epsilon: f32, ld: i32,
  movingMean: usize, movingVariance: usize,
): void {
  const batch = load<i32>(HEAD_BATCH);
  const stride = <usize>ld << 2, step = <usize>channels * stride, plane = <usize>channels << 2;
  const count = <f64>positions * <f64>batch;
  const tiny = hold(f32x4.splat(TINY));
  for (let c = partBegin(channels, 1), last = partEnd(channels, 1); c < last; c++) {
    const at = <usize>c << 2;
    const row = X + <usize>c * stride;
    let high: f32, low: f32 = 0, variance: f64;
    if (movingMean != 0) {
      high = load<f32>(movingMean + at);
      variance = <f64>load<f32>(movingVariance + at);
    } else {
      const pivot = load<f32>(row);
      const first = channelSums(row, step, positions, batch, pivot, 0);
      const mean = <f64>pivot + f64x2.extract_lane(first, 0) / count;
      high = <f32>mean;
      // The second look is from so near that what is left of the mean is all that its sum can be.
      const second = channelSums(row, step, positions, batch, high, <f32>(mean - <f64>high));
      const rest = f64x2.extract_lane(second, 0) / count;
      low = <f32>(mean - <f64>high + rest);
      variance = max(f64x2.extract_lane(second, 1) / count - rest * rest, 0);
      store<f32>(saved + at, high);
      store<f32>(saved + plane + at, low);
      store<f32>(saved + 3 * plane + at, <f32>variance);
    }
    const inverse = <f32>(1 / Math.sqrt(variance + <f64>epsilon));
    if (movingMean == 0) store<f32>(saved + 2 * plane + at, inverse);
    const h = f32x4.splat(high), l = f32x4.splat(low);
    const a = f32x4.splat(gamma == 0 ? inverse : inverse * load<f32>(gamma + at));
    const b = beta == 0 ? f32x4.splat(0) : v128.load_splat<f32>(beta + at);
    const toH = H - X;
    for (let q = 0, x = row; q < positions; q++, x += step) {
      for (let p = x, end = x + stride; p < end; p += 16) {
        v128.store(p + toH, flush(fma(f32x4.sub(f32x4.sub(v128.load(p), h), l), a, b), tiny));
      }
    }
  }
}

/**
 * A set is `blocks` runs of `width` rows, `step` bytes apart: the channels of one position, or a group's at all of them.
 * Items of work are 8 columns of a set.
 */
// @ts-ignore: decorator
@inline function normalizeColumns(
  centred: bool, channels: i32, positions: i32, groups: i32, X: usize, H: usize, gamma: usize, beta: usize, saved: usize,
  epsilon: f32, ld: i32,
): void {
  const stride = <usize>ld << 2;
  const sets = groups > 0 ? groups : positions;
  const width = groups > 0 ? channels / groups : channels;
  const blocks = groups > 0 ? positions : 1;
  const step = <usize>channels * stride, plane = <usize>sets * stride;
  const tiles = ld >> 3;
  const count = <f32>(<f64>blocks * <f64>width);
  const zero = f32x4.splat(0), tiny = hold(f32x4.splat(TINY)), least = hold(f32x4.splat(LEAST_DIFFERENCE));
  const one = f32x4.splat(1), n = f32x4.splat(count), eps = f32x4.splat(epsilon);
  const toH = H - X;
  for (let item = partBegin(sets * tiles, 1), last = partEnd(sets * tiles, 1); item < last; item++) {
    const set = item / tiles;
    const column = <usize>(item - set * tiles) << 5;
    const first = X + <usize>set * <usize>width * stride + column;
    const to = saved + <usize>set * stride + column;
    let high0 = zero, high1 = zero, low0 = zero, low1 = zero;
    if (centred) {
      const pivot0 = v128.load(first), pivot1 = v128.load(first, 16);
      let total0 = zero, total1 = zero;
      for (let b = 0, block = first; b < blocks; b++, block += step) {
        let p = block;
        for (let left = width; left > 0; left -= ROWS_PER_SUM) {
          let sum0 = zero, sum1 = zero;
          for (const end = p + <usize>min(left, ROWS_PER_SUM) * stride; p < end; p += stride) {
            sum0 = f32x4.add(sum0, f32x4.sub(v128.load(p), pivot0));
            sum1 = f32x4.add(sum1, f32x4.sub(v128.load(p, 16), pivot1));
          }
          total0 = f32x4.add(total0, sum0);
          total1 = f32x4.add(total1, sum1);
        }
      }
      const mean0 = f32x4.div(total0, n), mean1 = f32x4.div(total1, n);
      high0 = f32x4.add(pivot0, mean0);
      high1 = f32x4.add(pivot1, mean1);
      low0 = roundingOf(pivot0, mean0, high0);
      low1 = roundingOf(pivot1, mean1, high1);
    }
    let squares0 = zero, squares1 = zero, rest0 = zero, rest1 = zero;
    for (let b = 0, block = first; b < blocks; b++, block += step) {
      let p = block;
      for (let left = width; left > 0; left -= ROWS_PER_SUM) {
        let sum0 = zero, sum1 = zero, square0 = zero, square1 = zero;
        for (const end = p + <usize>min(left, ROWS_PER_SUM) * stride; p < end; p += stride) {
          let d0 = v128.load(p), d1 = v128.load(p, 16);
          if (centred) {
            d0 = f32x4.sub(f32x4.sub(d0, high0), low0);
            d1 = f32x4.sub(f32x4.sub(d1, high1), low1);
            sum0 = f32x4.add(sum0, d0);
            sum1 = f32x4.add(sum1, d1);
          }
          d0 = flush(d0, least);
          d1 = flush(d1, least);
          square0 = fma(d0, d0, square0);
          square1 = fma(d1, d1, square1);
        }
        squares0 = f32x4.add(squares0, square0);
        squares1 = f32x4.add(squares1, square1);
        if (centred) {
          rest0 = f32x4.add(rest0, sum0);
          rest1 = f32x4.add(rest1, sum1);
        }
      }
    }
    rest0 = f32x4.div(rest0, n);
    rest1 = f32x4.div(rest1, n);
    let variance0 = f32x4.div(squares0, n), variance1 = f32x4.div(squares1, n);
    if (centred) {
      // What the first look missed of the mean.
      variance0 = f32x4.max(f32x4.sub(variance0, f32x4.mul(rest0, rest0)), zero);
      variance1 = f32x4.max(f32x4.sub(variance1, f32x4.mul(rest1, rest1)), zero);
      low0 = f32x4.add(low0, rest0);
      low1 = f32x4.add(low1, rest1);
    }
    const inverse0 = f32x4.div(one, f32x4.sqrt(f32x4.add(variance0, eps)));
    const inverse1 = f32x4.div(one, f32x4.sqrt(f32x4.add(variance1, eps)));
    v128.store(to, high0);
    v128.store(to, high1, 16);
    v128.store(to + plane, low0);
    v128.store(to + plane, low1, 16);
    v128.store(to + 2 * plane, inverse0);
    v128.store(to + 2 * plane, inverse1, 16);
    const unit = groups > 0 ? <usize>set * <usize>width << 2 : 0;
    for (let b = 0, block = first; b < blocks; b++, block += step) {
      let p = block;
      for (let u = unit, lastUnit = unit + (<usize>width << 2); u < lastUnit; u += 4, p += stride) {
        const scale = gamma == 0 ? one : v128.load_splat<f32>(gamma + u);
        const offset = beta == 0 ? zero : v128.load_splat<f32>(beta + u);
        let d0 = v128.load(p), d1 = v128.load(p, 16);
        if (centred) {
          d0 = f32x4.sub(f32x4.sub(d0, high0), low0);
          d1 = f32x4.sub(f32x4.sub(d1, high1), low1);
        }
        v128.store(p + toH, flush(fma(f32x4.mul(d0, inverse0), scale, offset), tiny));
        v128.store(p + toH, flush(fma(f32x4.mul(d1, inverse1), scale, offset), tiny), 16);
      }
    }
  }
}

/** a + b less `sum`, which is the rounded one (Knuth's two-sum). */
// @ts-ignore: decorator
@inline function roundingOf(a: v128, b: v128, sum: v128): v128 {
  const t = f32x4.sub(sum, a);
  return f32x4.add(f32x4.sub(a, f32x4.sub(sum, t)), f32x4.sub(b, t));
}

/** OP.normalizeBackward */
export function normalizeBackward(r: usize, base: usize): void {
  const kind = load<i32>(r, 4);
  const channels = load<i32>(r, 8), positions = load<i32>(r, 12), groups = load<i32>(r, 16);
  const dH = floatAt(r + 20), dX = floatOrNone(r + 24), X = floatAt(r + 28), gamma = floatOrNone(r + 32);
  const saved = floatAt(r + 36), dGamma = floatOrNone(r + 40), dBeta = floatOrNone(r + 44), ld = load<i32>(r, 48);
  const byChannel = kind == Normalization.batch;
  const sets = groups > 0 ? groups : positions;
  // Every thread finds the same power by itself: the factors are few.
  const inverses = byChannel
    ? largest(1, channels, saved + (<usize>channels << 3), 0)
    : largest(sets, load<i32>(HEAD_BATCH), saved + ((<usize>sets * <usize>ld) << 3), <usize>ld << 2);
  const factor = gamma == 0 ? inverses : inverses * largest(1, channels, gamma, 0);
  const outside = factor > 0 && factor < Infinity && (factor < LEAST_FACTOR || factor > MOST_FACTOR);
  const power = outside ? max(-MOST_POWER, min(MOST_POWER, -floorLog2(factor))) : 0;
  if (part == 0) store<i32>(intAt(r + 56), load<i32>(intAt(r + 52)) - power);
  if (byChannel) {
    channelsBackward(channels, positions, dH, dX, X, gamma, saved, dGamma, dBeta, ld, power);
    return;
  }
  if (dX != 0) {
    if (kind == Normalization.sample) columnsBackward(true, channels, positions, groups, dH, dX, X, gamma, saved, ld, power);
    else columnsBackward(false, channels, positions, groups, dH, dX, X, gamma, saved, ld, power);
  }
  if (dGamma != 0 || dBeta != 0) parametersBackward(channels, positions, groups, dH, X, saved, dGamma, dBeta, ld);
}

/** The largest magnitude of `rows` runs of `count` floats, `stride` bytes apart. */
function largest(rows: i32, count: i32, x: usize, stride: usize): f32 {
  let m: f32 = 0;
  for (let q = 0; q < rows; q++, x += stride) {
    for (let p = x, end = x + (<usize>count << 2); p < end; p += 4) m = max(m, abs(load<f32>(p)));
  }
  return m;
}

function channelsBackward(
  channels: i32, positions: i32, dH: usize, dX: usize, X: usize, gamma: usize, saved: usize, dGamma: usize, dBeta: usize,
  ld: i32, power: i32,
): void {
  const batch = load<i32>(HEAD_BATCH);
  const stride = <usize>ld << 2, step = <usize>channels * stride, plane = <usize>channels << 2;
  const full = <usize>(batch & ~3) << 2;
  const mask = firstLanes(batch & 3);
  const ragged = (batch & 3) != 0;
  const count = <f64>positions * <f64>batch;
  const zero = f32x4.splat(0), tiny = hold(f32x4.splat(TINY));
  const toX = X - dH, toD = dX - dH;
  for (let c = partBegin(channels, 1), last = partEnd(channels, 1); c < last; c++) {
    const at = <usize>c << 2;
    const first = dH + <usize>c * stride;
    const h = v128.load_splat<f32>(saved + at), l = v128.load_splat<f32>(saved + plane + at);
    const inverse = load<f32>(saved + 2 * plane + at);
    const inv = f32x4.splat(inverse);
    let sum = zero, products = zero;
    let sums = f64x2.splat(0);
    let pending = 0;
    for (let q = 0, row = first; q < positions; q++, row += step) {
      let p = row;
      const end = row + full;
      while (p < end) {
        const stop = min(end, p + (<usize>VECTORS_PER_SUM << 4));
        pending += <i32>(stop - p) >> 4;
        for (; p < stop; p += 16) {
          const d = v128.load(p);
          sum = f32x4.add(sum, d);
          products = fma(d, f32x4.mul(f32x4.sub(f32x4.sub(v128.load(p + toX), h), l), inv), products);
        }
        if (pending >= VECTORS_PER_SUM) {
          sums = f64x2.add(sums, sumPair(sum, products));
          sum = zero;
          products = zero;
          pending = 0;
        }
      }
      if (ragged) {
        const d = v128.and(v128.load(p), mask);
        const x = v128.and(f32x4.mul(f32x4.sub(f32x4.sub(v128.load(p + toX), h), l), inv), mask);
        sum = f32x4.add(sum, d);
        products = fma(d, x, products);
        pending++;
      }
    }
    sums = f64x2.add(sums, sumPair(sum, products));
    const total = f64x2.extract_lane(sums, 0), product = f64x2.extract_lane(sums, 1);
    if (dGamma != 0) store<f32>(dGamma + at, <f32>product);
    if (dBeta != 0) store<f32>(dBeta + at, <f32>total);
    if (dX == 0) continue;
    const scaled = inverse * power32(power);
    const a = f32x4.splat(gamma == 0 ? scaled : scaled * load<f32>(gamma + at));
    const mean = f32x4.splat(<f32>(total / count)), slope = f32x4.splat(<f32>(product / count) * inverse);
    for (let q = 0, row = first; q < positions; q++, row += step) {
      let p = row;
      for (const end = row + full; p < end; p += 16) {
        const x = f32x4.sub(f32x4.sub(v128.load(p + toX), h), l);
        v128.store(p + toD, flush(f32x4.mul(f32x4.sub(f32x4.sub(v128.load(p), mean), f32x4.mul(x, slope)), a), tiny));
      }
      if (ragged) {
        const x = f32x4.sub(f32x4.sub(v128.load(p + toX), h), l);
        const d = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(p), mean), f32x4.mul(x, slope)), a);
        v128.store(p + toD, v128.and(flush(d, tiny), mask));
        p += 16;
      }
      for (const end = row + stride; p < end; p += 16) v128.store(p + toD, zero);
    }
  }
}

/** dX. Padding has dH = 0, so that it comes out as 0 by itself. */
// @ts-ignore: decorator
@inline function columnsBackward(
  centred: bool, channels: i32, positions: i32, groups: i32, dH: usize, dX: usize, X: usize, gamma: usize, saved: usize,
  ld: i32, power: i32,
): void {
  const stride = <usize>ld << 2;
  const sets = groups > 0 ? groups : positions;
  const width = groups > 0 ? channels / groups : channels;
  const blocks = groups > 0 ? positions : 1;
  const step = <usize>channels * stride, plane = <usize>sets * stride;
  const tiles = ld >> 3;
  const zero = f32x4.splat(0), one = f32x4.splat(1), tiny = hold(f32x4.splat(TINY));
  const n = f32x4.splat(<f32>(<f64>blocks * <f64>width)), scaling = f32x4.splat(power32(power));
  const toX = X - dH, toD = dX - dH;
  for (let item = partBegin(sets * tiles, 1), last = partEnd(sets * tiles, 1); item < last; item++) {
    const set = item / tiles;
    const column = <usize>(item - set * tiles) << 5;
    const first = dH + <usize>set * <usize>width * stride + column;
    const from = saved + <usize>set * stride + column;
    const high0 = v128.load(from), high1 = v128.load(from, 16);
    const low0 = v128.load(from + plane), low1 = v128.load(from + plane, 16);
    const inverse0 = v128.load(from + 2 * plane), inverse1 = v128.load(from + 2 * plane, 16);
    const unit = groups > 0 ? <usize>set * <usize>width << 2 : 0;
    let total0 = zero, total1 = zero, products0 = zero, products1 = zero;
    for (let b = 0, block = first; b < blocks; b++, block += step) {
      let p = block;
      let u = unit;
      for (let left = width; left > 0; left -= ROWS_PER_SUM) {
        let sum0 = zero, sum1 = zero, product0 = zero, product1 = zero;
        for (const end = p + <usize>min(left, ROWS_PER_SUM) * stride; p < end; p += stride, u += 4) {
          const scale = gamma == 0 ? one : v128.load_splat<f32>(gamma + u);
          let x0 = v128.load(p + toX), x1 = v128.load(p + toX, 16);
          if (centred) {
            x0 = f32x4.sub(f32x4.sub(x0, high0), low0);
            x1 = f32x4.sub(f32x4.sub(x1, high1), low1);
          }
          const g0 = f32x4.mul(v128.load(p), scale), g1 = f32x4.mul(v128.load(p, 16), scale);
          if (centred) {
            sum0 = f32x4.add(sum0, g0);
            sum1 = f32x4.add(sum1, g1);
          }
          product0 = fma(g0, f32x4.mul(x0, inverse0), product0);
          product1 = fma(g1, f32x4.mul(x1, inverse1), product1);
        }
        products0 = f32x4.add(products0, product0);
        products1 = f32x4.add(products1, product1);
        if (centred) {
          total0 = f32x4.add(total0, sum0);
          total1 = f32x4.add(total1, sum1);
        }
      }
    }
    const mean0 = f32x4.div(total0, n), mean1 = f32x4.div(total1, n);
    const slope0 = f32x4.mul(f32x4.div(products0, n), inverse0), slope1 = f32x4.mul(f32x4.div(products1, n), inverse1);
    const a0 = f32x4.mul(inverse0, scaling), a1 = f32x4.mul(inverse1, scaling);
    for (let b = 0, block = first; b < blocks; b++, block += step) {
      let p = block;
      for (let u = unit, lastUnit = unit + (<usize>width << 2); u < lastUnit; u += 4, p += stride) {
        const scale = gamma == 0 ? one : v128.load_splat<f32>(gamma + u);
        let x0 = v128.load(p + toX), x1 = v128.load(p + toX, 16);
        let g0 = f32x4.mul(v128.load(p), scale), g1 = f32x4.mul(v128.load(p, 16), scale);
        if (centred) {
          x0 = f32x4.sub(f32x4.sub(x0, high0), low0);
          x1 = f32x4.sub(f32x4.sub(x1, high1), low1);
          g0 = f32x4.sub(g0, mean0);
          g1 = f32x4.sub(g1, mean1);
        }
        v128.store(p + toD, flush(f32x4.mul(f32x4.sub(g0, f32x4.mul(x0, slope0)), a0), tiny));
        v128.store(p + toD, flush(f32x4.mul(f32x4.sub(g1, f32x4.mul(x1, slope1)), a1), tiny), 16);
      }
    }
  }
}

/** dγ and dβ of the kinds that are not `batch`: along the rows of a channel, each position with its set's statistics. */
function parametersBackward(
  channels: i32, positions: i32, groups: i32, dH: usize, X: usize, saved: usize, dGamma: usize, dBeta: usize, ld: i32,
): void {
  const stride = <usize>ld << 2, step = <usize>channels * stride;
  const width = groups > 0 ? channels / groups : channels;
  const plane = <usize>(groups > 0 ? groups : positions) * stride;
  const zero = f32x4.splat(0);
  const toX = X - dH;
  for (let c = partBegin(channels, 1), last = partEnd(channels, 1); c < last; c++) {
    let row = dH + <usize>c * stride;
    let from = groups > 0 ? saved + <usize>(c / width) * stride : saved;
    let sum = zero, products = zero;
    let sums = f64x2.splat(0);
    let pending = 0;
    for (let q = 0; q < positions; q++, row += step) {
      let at = from;
      for (let p = row, end = row + stride; p < end; p += 16, at += 16) {
        const d = v128.load(p);
        const x = f32x4.sub(f32x4.sub(v128.load(p + toX), v128.load(at)), v128.load(at + plane));
        sum = f32x4.add(sum, d);
        products = fma(d, f32x4.mul(x, v128.load(at + 2 * plane)), products);
      }
      if (groups == 0) from += stride;
      pending += ld >> 2;
      if (pending >= VECTORS_PER_SUM) {
        sums = f64x2.add(sums, sumPair(sum, products));
        sum = zero;
        products = zero;
        pending = 0;
      }
    }
    sums = f64x2.add(sums, sumPair(sum, products));
    const at = <usize>c << 2;
    if (dGamma != 0) store<f32>(dGamma + at, <f32>f64x2.extract_lane(sums, 1));
    if (dBeta != 0) store<f32>(dBeta + at, <f32>f64x2.extract_lane(sums, 0));
  }
}

/** OP.movingAverage: few numbers, one by one. */
export function movingAverage(r: usize, base: usize): void {
  const channels = load<i32>(r, 4);
  const saved = floatAt(r + 8), movingMean = floatAt(r + 12), movingVariance = floatAt(r + 16);
  const momentum = load<f32>(floatAt(r + 20));
  const bytes = <usize>channels << 2;
  for (let at: usize = 0; at < bytes; at += 4) {
    move(movingMean + at, load<f32>(saved + at), momentum);
    move(movingVariance + at, load<f32>(saved + 3 * bytes + at), momentum);
  }
}
function move(at: usize, value: f32, momentum: f32): void {
  const moved = momentum * load<f32>(at) + (1 - momentum) * value;
  store<f32>(at, abs(moved) < TINY ? 0 : moved);
}
