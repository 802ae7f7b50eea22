// Owns the forward pass of a layer behind its matrix product: bias and activation in one pass, the statistics of h in a
// second over what is still in cache. One pass for both is slower: constants and sums do not fit the registers together.
import { activate, saturated, saturates } from './activation';
import { Activation } from './contract';
import { sigmoidRows, tanhRows } from './hotRows';
import { HEAD_BATCH } from './memory';
import { countLanes, firstLanes, flush, fma, hold, sumPair, TINY } from './simd';
import { BYTES_PER_SUM, VECTORS_PER_SUM, writeActivation } from './statistics';

/** Bias and activation of whole rows, padding included. Shapes: contract.ts, OP.biasActivation. */
// @ts-ignore: decorator
@inline function mapRows(
  code: i32, units: i32, positions: i32, Z: usize, H: usize, bias: usize, alphaAt: usize, ld: i32,
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
  }
}
// @ts-ignore: decorator
@inline function mapped(code: i32, z: v128, alpha: v128, tiny: v128): v128 {
  // NaN stays: it is not less than anything.
  if (code == Activation.relu) return v128.andnot(z, f32x4.lt(z, tiny));
  return flush(activate(code, z, alpha), tiny);
}

export function biasLinear(units: i32, positions: i32, Z: usize, H: usize, bias: usize, alpha: usize, ld: i32): void {
  mapRows(Activation.linear, units, positions, Z, H, bias, alpha, ld);
}
export function biasRelu(units: i32, positions: i32, Z: usize, H: usize, bias: usize, alpha: usize, ld: i32): void {
  mapRows(Activation.relu, units, positions, Z, H, bias, alpha, ld);
}
export function biasOther(
  code: i32, units: i32, positions: i32, Z: usize, H: usize, bias: usize, alpha: usize, ld: i32,
): void {
  mapRows(code, units, positions, Z, H, bias, alpha, ld);
}

/** OP.biasActivation: the common activations have a loop of their own. `out` is 0 where no statistics are wanted. */
// @ts-ignore: decorator
@inline export function biasActivation(
  code: i32, units: i32, positions: i32, Z: usize, H: usize, bias: usize, alpha: usize, ld: i32, out: usize,
): void {
  if (code == Activation.relu) biasRelu(units, positions, Z, H, bias, alpha, ld);
  else if (code == Activation.tanh) tanhRows(units, positions, Z, H, bias, <usize>ld << 2);
  else if (code == Activation.sigmoid) sigmoidRows(units, positions, Z, H, bias, <usize>ld << 2);
  else if (code == Activation.linear) biasLinear(units, positions, Z, H, bias, alpha, ld);
  else biasOther(code, units, positions, Z, H, bias, alpha, ld);
  if (out != 0) activationStatistics(code, units, positions, H, ld, out);
}

/** ACTIVATION_RAW of H at `out`: positions · units rows. */
export function activationStatistics(code: i32, units: i32, positions: i32, H: usize, ld: i32, out: usize): void {
  if (code == Activation.tanh) squashedStatistics(Activation.tanh, units * positions, H, ld, out);
  else if (code == Activation.sigmoid) squashedStatistics(Activation.sigmoid, units * positions, H, ld, out);
  else if (saturates(code)) squashedStatistics(code, units * positions, H, ld, out);
  else unboundedStatistics(units, positions, H, ld, out);
}

/** Statistics of an activation that saturates; such units do not die, and are not looked at one by one. */
// @ts-ignore: decorator
@inline function squashedStatistics(code: i32, rows: i32, H: usize, ld: i32, out: usize): void {
  let batch = load<i32>(HEAD_BATCH);
  if (batch == ld) {
    // No padding: one run.
    batch = ld = rows * ld;
    rows = 1;
  }
  const stride = <usize>ld << 2;
  const full = <usize>(batch & ~3) << 2;
  const ragged = batch & 3;
  const zero = f32x4.splat(0);
  const pivot = v128.load_splat<f32>(H);
  let sum = zero, squares = zero, zeros = zero, saturations = zero;
  let sums = f64x2.splat(0);
  let pending = 0;
  let row = H;
  for (let r = 0; r < rows; r++) {
    let p = row;
    const end = row + full;
    while (p < end) {
      const stop = min(end, p + BYTES_PER_SUM);
      pending += <i32>(stop - p) >> 4;
      for (; p < stop; p += 16) {
        const h = v128.load(p);
        const d = f32x4.sub(h, pivot);
        sum = f32x4.add(sum, d);
        squares = fma(d, d, squares);
        zeros = i32x4.sub(zeros, f32x4.eq(h, zero));
        saturations = i32x4.sub(saturations, saturated(code, h));
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
      const h = v128.load(p);
      const d = v128.and(f32x4.sub(h, pivot), mask);
      sum = f32x4.add(sum, d);
      squares = fma(d, d, squares);
      zeros = i32x4.sub(zeros, v128.and(f32x4.eq(h, zero), mask));
      saturations = i32x4.sub(saturations, v128.and(saturated(code, h), mask));
    }
    row += stride;
  }
  sums = f64x2.add(sums, sumPair(sum, squares));
  writeActivation(out, rows, batch, H, stride, sums, countLanes(zeros), countLanes(saturations), 0);
}

/** Statistics of the other activations, dead units among them: units with no h above 0 in the whole batch. */
function unboundedStatistics(units: i32, positions: i32, H: usize, ld: i32, out: usize): void {
  const batch = load<i32>(HEAD_BATCH);
  const stride = <usize>ld << 2;
  const unitStride = <usize>units * stride;
  const full = <usize>(batch & ~3) << 2;
  const ragged = batch & 3;
  const zero = f32x4.splat(0);
  const pivot = v128.load_splat<f32>(H);
  let sum = zero, squares = zero, zeros = zero;
  let sums = f64x2.splat(0);
  let pending = 0, deadUnits = 0;
  for (let u = 0; u < units; u++) {
    let largest = f32x4.splat(-Infinity);
    let row = H + <usize>u * stride;
    for (let q = 0; q < positions; q++) {
      let p = row;
      for (const end = row + full; p < end; p += 16) {
        const h = v128.load(p);
        const d = f32x4.sub(h, pivot);
        sum = f32x4.add(sum, d);
        squares = fma(d, d, squares);
        zeros = i32x4.sub(zeros, f32x4.eq(h, zero));
        largest = f32x4.pmax(largest, h);
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
        sums = f64x2.add(sums, sumPair(sum, squares));
        sum = zero;
        squares = zero;
        pending = 0;
      }
    }
    if (!v128.any_true(f32x4.gt(largest, zero))) deadUnits++;
  }
  sums = f64x2.add(sums, sumPair(sum, squares));
  writeActivation(out, units * positions, batch, H, stride, sums, countLanes(zeros), 0, deadUnits);
}
