// Owns the optimizers' rules (PyTorch's; lion: Chen et al. 2023): from a gradient to a direction, the states brought up
// to date, over a run of whole vectors. How the step is taken is in parameters.ts. Clipping is here too.
import { Optimizer, UpdateFlag } from './contract';
import {
  HEAD_BIAS_CORRECTION_1, HEAD_BIAS_CORRECTION_2, HEAD_CLIP_SCALE, HEAD_MU, HEAD_MU_NEXT, HEAD_MU_PRODUCT, scratch,
} from './memory';
import { flush, fma, scaleByPower, SMALLEST_NORMAL } from './simd';
import { sumOfSquares } from './statistics';
import { partBegin, partEnd } from './threads';

// HYPER of contract.ts, in bytes.
// @ts-ignore: decorator
@inline export function hyperMomentum(hyper: usize): f32 {
  return load<f32>(hyper);
}
// @ts-ignore: decorator
@inline export function hyperWeightDecay(hyper: usize): f32 {
  return load<f32>(hyper, 16);
}
// @ts-ignore: decorator
@inline export function hyperClipValue(hyper: usize): f32 {
  return load<f32>(hyper, 20);
}

/** The block in scratch, held within ±limit. */
export function clampBlock(n: i32, limit: f32): void {
  const high = f32x4.splat(limit);
  const low = f32x4.splat(-limit);
  for (let p = scratch, end = scratch + (<usize>n << 2); p < end; p += 16) {
    v128.store(p, f32x4.pmax(f32x4.pmin(v128.load(p), high), low));
  }
}
/** d += decay · w */
export function addWeights(bytes: usize, d: usize, w: usize, decay: f32): void {
  const k = f32x4.splat(decay);
  for (const end = d + bytes; d < end; d += 16) {
    v128.store(d, fma(k, v128.load(w), v128.load(d)));
    w += 16;
  }
}

/** x as the states keep it: 0 where it would be denormal. */
// @ts-ignore: decorator
@inline function kept(x: v128): v128 {
  return flush(x, f32x4.splat(SMALLEST_NORMAL));
}

/**
 * Turns the gradient at `g` into a direction at `d` (which may be g). m, v: the states, 0 where the rule has none.
 * @returns where the direction is: d, or what it equals already
 */
export function direction(
  kind: i32, bytes: usize, g: usize, d: usize, m: usize, v: usize, hyper: usize, flags: i32,
): usize {
  const momentum = load<f32>(hyper), beta1 = load<f32>(hyper, 4), beta2 = load<f32>(hyper, 8), epsilon = load<f32>(hyper, 12);
  const rest1 = load<f32>(hyper, 24), rest2 = load<f32>(hyper, 28);
  if (kind == Optimizer.sgd) {
    if (m == 0) return g;
    if ((flags & UpdateFlag.nesterov) == 0) return heavyBall(bytes, g, m, momentum);
    nesterov(bytes, g, d, m, momentum);
  } else if (kind == Optimizer.rmsprop) rmsprop(bytes, g, d, m, v, momentum, beta1, rest1, epsilon);
  else if (kind == Optimizer.adagrad) adagrad(bytes, g, d, m, epsilon);
  else if (kind == Optimizer.adadelta) adadelta(bytes, g, d, m, v, beta1, rest1, epsilon);
  else if (kind == Optimizer.nadam) nadam(bytes, g, d, m, v, beta1, rest1, beta2, rest2, epsilon);
  else if (kind == Optimizer.lion) lion(bytes, g, d, m, beta1, rest1, beta2, rest2);
  else adam(bytes, g, d, m, v, beta1, rest1, beta2, rest2, epsilon);
  return d;
}

/** SGD with momentum: the direction is the buffer. */
function heavyBall(bytes: usize, from: usize, m: usize, momentum: f32): usize {
  const mu = f32x4.splat(momentum);
  const buffer = m;
  for (const end = from + bytes; from < end; from += 16) {
    v128.store(m, kept(fma(mu, v128.load(m), v128.load(from))));
    m += 16;
  }
  return buffer;
}
function nesterov(bytes: usize, from: usize, d: usize, m: usize, momentum: f32): void {
  const mu = f32x4.splat(momentum);
  for (const end = d + bytes; d < end; d += 16) {
    const g = v128.load(from);
    const buffer = kept(fma(mu, v128.load(m), g));
    v128.store(m, buffer);
    v128.store(d, fma(mu, buffer, g));
    from += 16;
    m += 16;
  }
}

function rmsprop(
  bytes: usize, from: usize, d: usize, m: usize, v: usize, momentum: f32, alpha: f32, restAlpha: f32, epsilon: f32,
): void {
  const a = f32x4.splat(alpha), rest = f32x4.splat(restAlpha), eps = f32x4.splat(epsilon), mu = f32x4.splat(momentum);
  for (const end = d + bytes; d < end; d += 16) {
    const g = v128.load(from);
    const square = kept(fma(a, v128.load(m), f32x4.mul(f32x4.mul(g, g), rest)));
    v128.store(m, square);
    let step = f32x4.div(g, f32x4.add(f32x4.sqrt(square), eps));
    if (v != 0) {
      step = kept(fma(mu, v128.load(v), step));
      v128.store(v, step);
      v += 16;
    }
    v128.store(d, step);
    from += 16;
    m += 16;
  }
}

function adagrad(bytes: usize, from: usize, d: usize, m: usize, epsilon: f32): void {
  const eps = f32x4.splat(epsilon);
  for (const end = d + bytes; d < end; d += 16) {
    const g = v128.load(from);
    const sum = kept(fma(g, g, v128.load(m)));
    v128.store(m, sum);
    v128.store(d, f32x4.div(g, f32x4.add(f32x4.sqrt(sum), eps)));
    from += 16;
    m += 16;
  }
}

function adadelta(bytes: usize, from: usize, d: usize, m: usize, v: usize, rho: f32, restRho: f32, epsilon: f32): void {
  const r = f32x4.splat(rho), rest = f32x4.splat(restRho), eps = f32x4.splat(epsilon);
  for (const end = d + bytes; d < end; d += 16) {
    const g = v128.load(from);
    const square = kept(fma(r, v128.load(m), f32x4.mul(f32x4.mul(g, g), rest)));
    const deltas = v128.load(v);
    const ratio = f32x4.div(f32x4.sqrt(f32x4.add(deltas, eps)), f32x4.sqrt(f32x4.add(square, eps)));
    const delta = f32x4.mul(ratio, g);
    v128.store(m, square);
    v128.store(v, kept(fma(r, deltas, f32x4.mul(f32x4.mul(delta, delta), rest))));
    v128.store(d, delta);
    from += 16;
    m += 16;
    v += 16;
  }
}

function adam(
  bytes: usize, from: usize, d: usize, m: usize, v: usize, beta1: f32, rest1: f32, beta2: f32, rest2: f32, epsilon: f32,
): void {
  const b1 = f32x4.splat(beta1), c1 = f32x4.splat(rest1), b2 = f32x4.splat(beta2), c2 = f32x4.splat(rest2);
  const eps = f32x4.splat(epsilon);
  const first = f32x4.splat(1 / load<f32>(HEAD_BIAS_CORRECTION_1));
  const second = f32x4.splat(1 / sqrt<f32>(load<f32>(HEAD_BIAS_CORRECTION_2)));
  for (const end = d + bytes; d < end; d += 16) {
    const g = v128.load(from);
    const mean = kept(fma(b1, v128.load(m), f32x4.mul(c1, g)));
    const square = kept(fma(b2, v128.load(v), f32x4.mul(f32x4.mul(c2, g), g)));
    v128.store(m, mean);
    v128.store(v, square);
    v128.store(d, f32x4.div(f32x4.mul(mean, first), fma(f32x4.sqrt(square), second, eps)));
    from += 16;
    m += 16;
    v += 16;
  }
}

function nadam(
  bytes: usize, from: usize, d: usize, m: usize, v: usize, beta1: f32, rest1: f32, beta2: f32, rest2: f32, epsilon: f32,
): void {
  const b1 = f32x4.splat(beta1), c1 = f32x4.splat(rest1), b2 = f32x4.splat(beta2), c2 = f32x4.splat(rest2);
  const eps = f32x4.splat(epsilon);
  const mu = load<f32>(HEAD_MU), muNext = load<f32>(HEAD_MU_NEXT), product = load<f32>(HEAD_MU_PRODUCT);
  const ofGradient = f32x4.splat((1 - mu) / (1 - product));
  const ofMean = f32x4.splat(muNext / (1 - product * muNext));
  const second = f32x4.splat(1 / sqrt<f32>(load<f32>(HEAD_BIAS_CORRECTION_2)));
  for (const end = d + bytes; d < end; d += 16) {
    const g = v128.load(from);
    const mean = kept(fma(b1, v128.load(m), f32x4.mul(c1, g)));
    const square = kept(fma(b2, v128.load(v), f32x4.mul(f32x4.mul(c2, g), g)));
    v128.store(m, mean);
    v128.store(v, square);
    v128.store(d, f32x4.div(fma(ofMean, mean, f32x4.mul(ofGradient, g)), fma(f32x4.sqrt(square), second, eps)));
    from += 16;
    m += 16;
    v += 16;
  }
}

function lion(bytes: usize, from: usize, d: usize, m: usize, beta1: f32, rest1: f32, beta2: f32, rest2: f32): void {
  const b1 = f32x4.splat(beta1), c1 = f32x4.splat(rest1), b2 = f32x4.splat(beta2), c2 = f32x4.splat(rest2);
  const zero = f32x4.splat(0), one = f32x4.splat(1), signBit = i32x4.splat(0x80000000);
  for (const end = d + bytes; d < end; d += 16) {
    const g = v128.load(from), mean = v128.load(m);
    const mix = fma(b1, mean, f32x4.mul(c1, g));
    v128.store(m, kept(fma(b2, mean, f32x4.mul(c2, g))));
    // ±1, 0 at 0, NaN at NaN
    v128.store(d, v128.bitselect(v128.or(one, v128.and(mix, signBit)), mix, f32x4.gt(f32x4.abs(mix), zero)));
    from += 16;
    m += 16;
  }
}

/** OP.clip: the scale goes to the head, and with the norm to `out` (0: nowhere). `base`: the step's statistics. */
export function clip(list: usize, count: i32, limit: f32, base: usize, out: usize): void {
  // Relative to the largest exponent, so that no square leaves float64's range.
  let top = i32.MIN_VALUE;
  for (let k = 0; k < count; k++) {
    const at = base + (<usize>load<i32>(list + (<usize>k << 2)) << 3);
    if (load<f64>(at, 8) != 0) top = max(top, <i32>load<f64>(at, 48));
  }
  let sum: f64 = 0;
  for (let k = 0; k < count; k++) {
    const at = base + (<usize>load<i32>(list + (<usize>k << 2)) << 3);
    const squares = load<f64>(at, 8);
    if (squares != 0) sum += scaleByPower(squares, 2 * (<i32>load<f64>(at, 48) - top));
  }
  const norm = sum == 0 ? 0 : scaleByPower(Math.sqrt(sum), top);
  const ratio = <f64>limit / (norm + 1e-6);
  const scale = <f32>(ratio > 1 ? 1 : ratio);
  store<f32>(HEAD_CLIP_SCALE, scale);
  if (out == 0) return;
  store<f64>(out, norm);
  store<f64>(out, <f64>scale, 8);
}

/** OP.adaptiveClip: each row of G is at most limit · max(‖w‖, epsilon) long. Shared by rows. */
export function adaptiveClip(
  rows: i32, columns: i32, W: usize, G: usize, limit: f32, epsilon: f32, exponent: i32,
): void {
  const stride = <usize>columns << 2;
  const first = partBegin(rows, 1);
  W += <usize>first * stride;
  G += <usize>first * stride;
  for (let r = first, end = partEnd(rows, 1); r < end; r++) {
    const weight = Math.max(Math.sqrt(sumOfSquares(1, columns, W, stride)), <f64>epsilon);
    // Both sides divided by 2^exponent: the gradient's own scale.
    const longest = scaleByPower(<f64>limit * weight, -exponent);
    const norm = Math.sqrt(sumOfSquares(1, columns, G, stride));
    if (norm > longest) {
      const factor = longest / norm;
      for (let p = G, end = G + stride; p < end; p += 4) store<f32>(p, <f32>(<f64>load<f32>(p) * factor));
    }
    W += stride;
    G += stride;
  }
}
