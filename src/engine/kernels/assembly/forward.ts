// Owns the forward pass of a layer behind its matrix product: bias and activation in one pass, the statistics of h in a
// second over what is still in cache. One pass for both is slower: constants and sums do not fit the registers together.
// Both are shared by units, which the statistics go by too, chunk by chunk.
import { activate, saturated, saturates } from './activation';
import { Activation } from './contract';
import { sigmoidRows, tanhRows } from './hotRows';
import { HEAD_BATCH, PARTIAL_BYTES } from './memory';
import { countLanes, firstLanes, flush, fma, hold, sumPair, TINY } from './simd';
import { BYTES_PER_SUM, chunkRows, partialAt, partialOf, VECTORS_PER_SUM, writeActivation } from './statistics';
import { meet, part, partBegin, partEnd, parts } from './threads';

/** Bias and activation of whole rows, padding included: positions times `units` rows, then `gap` bytes. */
// @ts-ignore: decorator
@inline function mapRows(
  code: i32, units: i32, positions: i32, Z: usize, H: usize, bias: usize, alphaAt: usize, ld: i32, gap: usize,
): void {
  const stride = <usize>ld << 2;
  const keepZ = Z != H;
  const tiny = hold(f32x4.splat(TINY));
  const alpha = v128.load_splat<f32>(alphaAt);
  const toH = H - Z;
  for (let q = 0; q < positions; q++) {
    for (let u = 0; u < units; u++) {
      const b = bias == 0 ? f32x4.splat(0) : v128.load_splat<f32>(bias + (<usize>u << 2));
      if (keepZ) for (const end = Z + stride; Z < end; Z += 16) {
        const z = f32x4.add(v128.load(Z), b);
        v128.store(Z, z);
        v128.store(Z + toH, mapped(code, z, alpha, tiny));
      } else for (const end = Z + stride; Z < end; Z += 16) {
        v128.store(Z, mapped(code, f32x4.add(v128.load(Z), b), alpha, tiny));
      }
    }
    Z += gap;
  }
}
// @ts-ignore: decorator
@inline function mapped(code: i32, z: v128, alpha: v128, tiny: v128): v128 {
  // NaN stays: it is not less than anything.
  if (code == Activation.relu) return v128.andnot(z, f32x4.lt(z, tiny));
  return flush(activate(code, z, alpha), tiny);
}

export function biasLinear(
  units: i32, positions: i32, Z: usize, H: usize, bias: usize, alpha: usize, ld: i32, gap: usize,
): void {
  mapRows(Activation.linear, units, positions, Z, H, bias, alpha, ld, gap);
}
export function biasRelu(
  units: i32, positions: i32, Z: usize, H: usize, bias: usize, alpha: usize, ld: i32, gap: usize,
): void {
  mapRows(Activation.relu, units, positions, Z, H, bias, alpha, ld, gap);
}
export function biasOther(
  code: i32, units: i32, positions: i32, Z: usize, H: usize, bias: usize, alpha: usize, ld: i32, gap: usize,
): void {
  mapRows(code, units, positions, Z, H, bias, alpha, ld, gap);
}

/** OP.biasActivation. `out` is 0 where no statistics are wanted. */
export function biasActivation(
  code: i32, units: i32, positions: i32, Z: usize, H: usize, bias: usize, alpha: usize, ld: i32, out: usize,
): void {
  const stride = <usize>ld << 2;
  const per = chunkRows(units, positions * ld);
  let u = partBegin(units, per);
  let to = partialOf(u, per);
  for (const end = partEnd(units, per); u < end; u += per, to += PARTIAL_BYTES) {
    const n = min(per, units - u);
    const from = <usize>u * stride;
    const gap = <usize>(units - n) * stride;
    mapUnits(code, n, positions, Z + from, H + from, bias == 0 ? 0 : bias + (<usize>u << 2), alpha, ld, gap);
    if (out != 0) sumUnits(code, n, positions, H + from, ld, gap, to);
  }
  if (out != 0) collect(units, per, positions, H, ld, out);
}
/** The common activations have a loop of their own. */
// @ts-ignore: decorator
@inline function mapUnits(
  code: i32, units: i32, positions: i32, Z: usize, H: usize, bias: usize, alpha: usize, ld: i32, gap: usize,
): void {
  if (code == Activation.relu) biasRelu(units, positions, Z, H, bias, alpha, ld, gap);
  else if (code == Activation.tanh) tanhRows(units, positions, Z, H, bias, <usize>ld << 2, gap);
  else if (code == Activation.sigmoid) sigmoidRows(units, positions, Z, H, bias, <usize>ld << 2, gap);
  else if (code == Activation.linear) biasLinear(units, positions, Z, H, bias, alpha, ld, gap);
  else biasOther(code, units, positions, Z, H, bias, alpha, ld, gap);
}

/** ACTIVATION_RAW of H at `out`: positions · units rows. All threads that share a record call it, in any one of which H may be. */
export function activationStatistics(code: i32, units: i32, positions: i32, H: usize, ld: i32, out: usize): void {
  const stride = <usize>ld << 2;
  const per = chunkRows(units, positions * ld);
  if (parts != 1) meet();
  let u = partBegin(units, per);
  let to = partialOf(u, per);
  for (const end = partEnd(units, per); u < end; u += per, to += PARTIAL_BYTES) {
    const n = min(per, units - u);
    sumUnits(code, n, positions, H + <usize>u * stride, ld, <usize>(units - n) * stride, to);
  }
  collect(units, per, positions, H, ld, out);
}

// A chunk's sums, in bytes: Σ and Σ² less the chunk's first h, then counts. None is larger than 2^31.
const ZEROS: usize = 16;
const SATURATED: usize = 20;
const DEAD: usize = 24;

/** Adds up the chunks, and writes them. */
function collect(units: i32, per: i32, positions: i32, H: usize, ld: i32, out: usize): void {
  if (parts != 1) meet();
  if (part != 0) return;
  const first = partialAt(0);
  let sums = v128.load(first);
  let zeros = load<i32>(first, ZEROS), saturations = load<i32>(first, SATURATED), dead = load<i32>(first, DEAD);
  const stride = <usize>ld << 2;
  if (per < units) {
    const pivot = <f64>load<f32>(H);
    let sum = f64x2.extract_lane(sums, 0), squares = f64x2.extract_lane(sums, 1);
    for (let u = per, at = first + PARTIAL_BYTES; u < units; u += per, at += PARTIAL_BYTES) {
      // Shifted from the chunk's own pivot to the tensor's.
      const shift = <f64>load<f32>(H + <usize>u * stride) - pivot;
      const n = <f64>(min(per, units - u) * positions) * <f64>load<i32>(HEAD_BATCH);
      const own = load<f64>(at);
      sum += own + n * shift;
      squares += load<f64>(at, 8) + shift * (2 * own + n * shift);
      zeros += load<i32>(at, ZEROS);
      saturations += load<i32>(at, SATURATED);
      dead += load<i32>(at, DEAD);
    }
    sums = f64x2.replace_lane(f64x2.splat(sum), 1, squares);
  }
  writeActivation(out, units * positions, load<i32>(HEAD_BATCH), H, stride, sums, zeros, saturations, dead);
}

function sumUnits(code: i32, units: i32, positions: i32, H: usize, ld: i32, gap: usize, to: usize): void {
  if (code == Activation.tanh) squashedStatistics(Activation.tanh, units, positions, H, ld, gap, to);
  else if (code == Activation.sigmoid) squashedStatistics(Activation.sigmoid, units, positions, H, ld, gap, to);
  else if (saturates(code)) squashedStatistics(code, units, positions, H, ld, gap, to);
  else unboundedStatistics(units, positions, H, ld, gap, to);
}
// @ts-ignore: decorator
@inline function keep(to: usize, sums: v128, zeros: v128, saturations: v128, dead: i32): void {
  v128.store(to, sums);
  store<i32>(to, countLanes(zeros), ZEROS);
  store<i32>(to, countLanes(saturations), SATURATED);
  store<i32>(to, dead, DEAD);
}

/** Statistics of an activation that saturates; such units do not die, and are not looked at one by one. */
// @ts-ignore: decorator
@inline function squashedStatistics(
  code: i32, units: i32, positions: i32, H: usize, ld: i32, gap: usize, to: usize,
): void {
  let batch = load<i32>(HEAD_BATCH);
  if (batch == ld) {
    // No padding: one run a position.
    batch = ld = units * ld;
    units = 1;
  }
  const stride = <usize>ld << 2;
  const full = <usize>(batch & ~3) << 2;
  const ragged = batch & 3;
  const zero = f32x4.splat(0);
  const pivot = v128.load_splat<f32>(H);
  // Two of each sum: one alone would be waited for, vector by vector. (Backward there are too few registers for that.)
  let sum = zero, squares = zero, sum2 = zero, squares2 = zero, zeros = zero, saturations = zero;
  let sums = f64x2.splat(0);
  let pending = 0;
  let row = H;
  for (let q = 0; q < positions; q++, row += gap) for (let u = 0; u < units; u++) {
    let p = row;
    const end = row + full;
    while (p < end) {
      const stop = min(end, p + BYTES_PER_SUM);
      pending += <i32>(stop - p) >> 4;
      for (; p + 16 < stop; p += 32) {
        const h = v128.load(p), h2 = v128.load(p, 16);
        const d = f32x4.sub(h, pivot), d2 = f32x4.sub(h2, pivot);
        sum = f32x4.add(sum, d);
        sum2 = f32x4.add(sum2, d2);
        squares = fma(d, d, squares);
        squares2 = fma(d2, d2, squares2);
        zeros = i32x4.sub(i32x4.sub(zeros, f32x4.eq(h, zero)), f32x4.eq(h2, zero));
        saturations = i32x4.sub(i32x4.sub(saturations, saturated(code, h)), saturated(code, h2));
      }
      if (p < stop) {
        const h = v128.load(p);
        const d = f32x4.sub(h, pivot);
        sum = f32x4.add(sum, d);
        squares = fma(d, d, squares);
        zeros = i32x4.sub(zeros, f32x4.eq(h, zero));
        saturations = i32x4.sub(saturations, saturated(code, h));
        p += 16;
      }
      if (pending >= VECTORS_PER_SUM) {
        sums = f64x2.add(sums, sumPair(f32x4.add(sum, sum2), f32x4.add(squares, squares2)));
        sum = sum2 = squares = squares2 = zero;
        pending = 0;
      }
    }
    if (ragged) {
      const mask = firstLanes(ragged);
      const h = v128.load(p);
      const d = v128.and(f32x4.sub(h, pivot), mask);
      sum = f32x4.add(sum, d);
      squares = fma(d, d, squares);
      zeros = i32x4.sub(zeros, v128.and(f32x4.eq(h, zero), mask));
      saturations = i32x4.sub(saturations, v128.and(saturated(code, h), mask));
    }
    row += stride;
  }
  sums = f64x2.add(sums, sumPair(f32x4.add(sum, sum2), f32x4.add(squares, squares2)));
  keep(to, sums, zeros, saturations, 0);
}

/** Statistics of the other activations, dead units among them: units with no h above 0 in the whole batch. */
function unboundedStatistics(units: i32, positions: i32, H: usize, ld: i32, gap: usize, to: usize): void {
  const batch = load<i32>(HEAD_BATCH);
  const stride = <usize>ld << 2;
  const unitStride = <usize>units * stride + gap;
  const full = <usize>(batch & ~3) << 2;
  const ragged = batch & 3;
  const zero = f32x4.splat(0);
  const pivot = v128.load_splat<f32>(H);
  let sum = zero, squares = zero, sum2 = zero, squares2 = zero, zeros = zero;
  let sums = f64x2.splat(0);
  let pending = 0, deadUnits = 0;
  for (let u = 0; u < units; u++) {
    let largest = f32x4.splat(-Infinity);
    let row = H + <usize>u * stride;
    for (let q = 0; q < positions; q++) {
      let p = row;
      const end = row + full;
      for (; p + 16 < end; p += 32) {
        const h = v128.load(p), h2 = v128.load(p, 16);
        const d = f32x4.sub(h, pivot), d2 = f32x4.sub(h2, pivot);
        sum = f32x4.add(sum, d);
        sum2 = f32x4.add(sum2, d2);
        squares = fma(d, d, squares);
        squares2 = fma(d2, d2, squares2);
        zeros = i32x4.sub(i32x4.sub(zeros, f32x4.eq(h, zero)), f32x4.eq(h2, zero));
        largest = f32x4.pmax(f32x4.pmax(largest, h), h2);
      }
      if (p < end) {
        const h = v128.load(p);
        const d = f32x4.sub(h, pivot);
        sum = f32x4.add(sum, d);
        squares = fma(d, d, squares);
        zeros = i32x4.sub(zeros, f32x4.eq(h, zero));
        largest = f32x4.pmax(largest, h);
        p += 16;
      }
      if (ragged) {
        const mask = firstLanes(ragged);
        const h = v128.load(p);
        const d = v128.and(f32x4.sub(h, pivot), mask);
        sum = f32x4.add(sum, d);
        squares = fma(d, d, squares);
        zeros = i32x4.sub(zeros, v128.and(f32x4.eq(h, zero), mask));
        largest = f32x4.pmax(largest, v128.bitselect(h, f32x4.splat(-Infinity), mask));
      }
      row += unitStride;
      pending += batch >> 2;
      if (pending >= VECTORS_PER_SUM) {
        sums = f64x2.add(sums, sumPair(f32x4.add(sum, sum2), f32x4.add(squares, squares2)));
        sum = sum2 = squares = squares2 = zero;
        pending = 0;
      }
    }
    if (!v128.any_true(f32x4.gt(largest, zero))) deadUnits++;
  }
  sums = f64x2.add(sums, sumPair(f32x4.add(sum, sum2), f32x4.add(squares, squares2)));
  keep(to, sums, zeros, zero, deadUnits);
}
