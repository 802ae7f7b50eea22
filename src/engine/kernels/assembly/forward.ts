// Owns the forward pass of a layer behind its matrix product: bias, activation and the statistics of h, in one pass.
import { activate, saturated, saturates } from './activation';
import { Activation } from './contract';
import { HEAD_BATCH } from './memory';
import { countLanes, firstLanes, flush, fma, maxLane, sumLanes, TINY } from './simd';
import { VECTORS_PER_SUM, writeActivation } from './statistics';

/** The loop of biasActivation, for one activation where `code` is a constant. Shapes: contract.ts, OP.biasActivation. */
// @ts-ignore: decorator
@inline function rows(code: i32, units: i32, positions: i32, Z: usize, H: usize, bias: usize, alphaAt: usize, ld: i32, out: usize): void {
  const batch = load<i32>(HEAD_BATCH);
  const stride = <usize>ld << 2;
  const unitStride = <usize>units * stride;
  const full = <usize>(batch & ~3) << 2;
  const ragged = batch & 3;
  const keepZ = Z != H;
  const zero = f32x4.splat(0);
  const tiny = f32x4.splat(TINY);
  const alpha = v128.load_splat<f32>(alphaAt);
  const toH = H - Z;
  let pivot = zero;
  let first = true;
  let sum = zero, sumOfSquares = zero, zeros = zero, saturations = zero;
  let sum64: f64 = 0, squares64: f64 = 0;
  let pending = 0, deadUnits = 0;
  for (let u = 0; u < units; u++) {
    const b = bias == 0 ? zero : v128.load_splat<f32>(bias + (<usize>u << 2));
    let largest = f32x4.splat(-Infinity);
    let row = Z + <usize>u * stride;
    for (let q = 0; q < positions; q++) {
      let p = row;
      if (first) {
        const z = f32x4.add(v128.load(p), b);
        const h = flush(activate(code, z, alpha), tiny);
        pivot = v128.shuffle<f32>(h, h, 0, 0, 0, 0);
        first = false;
      }
      const end = row + full;
      for (; p < end; p += 16) {
        const z = f32x4.add(v128.load(p), b);
        const h = flush(activate(code, z, alpha), tiny);
        if (keepZ) v128.store(p, z);
        v128.store(p + toH, h);
        const d = f32x4.sub(h, pivot);
        sum = f32x4.add(sum, d);
        sumOfSquares = fma(d, d, sumOfSquares);
        zeros = i32x4.sub(zeros, f32x4.eq(h, zero));
        if (saturates(code)) saturations = i32x4.sub(saturations, saturated(code, h));
        largest = f32x4.pmax(largest, h);
      }
      if (ragged) {
        const mask = firstLanes(ragged);
        const z = f32x4.add(v128.load(p), b);
        const h = flush(activate(code, z, alpha), tiny);
        if (keepZ) v128.store(p, z);
        v128.store(p + toH, h);
        const d = v128.and(f32x4.sub(h, pivot), mask);
        sum = f32x4.add(sum, d);
        sumOfSquares = fma(d, d, sumOfSquares);
        zeros = i32x4.sub(zeros, v128.and(f32x4.eq(h, zero), mask));
        if (saturates(code)) saturations = i32x4.sub(saturations, v128.and(saturated(code, h), mask));
        largest = f32x4.pmax(largest, v128.bitselect(h, f32x4.splat(-Infinity), mask));
      }
      row += unitStride;
      pending += batch >> 2;
      if (pending >= VECTORS_PER_SUM) {
        sum64 += sumLanes(sum);
        squares64 += sumLanes(sumOfSquares);
        sum = zero;
        sumOfSquares = zero;
        pending = 0;
      }
    }
    if (maxLane(largest) <= 0) deadUnits++;
  }
  if (out == 0) return;
  writeActivation(
    out, units * positions, batch, H, stride,
    sum64 + sumLanes(sum), squares64 + sumLanes(sumOfSquares),
    countLanes(zeros), countLanes(saturations), deadUnits,
  );
}

export function biasRelu(units: i32, positions: i32, Z: usize, H: usize, bias: usize, alpha: usize, ld: i32, out: usize): void {
  rows(Activation.relu, units, positions, Z, H, bias, alpha, ld, out);
}
export function biasTanh(units: i32, positions: i32, Z: usize, H: usize, bias: usize, alpha: usize, ld: i32, out: usize): void {
  rows(Activation.tanh, units, positions, Z, H, bias, alpha, ld, out);
}
export function biasSigmoid(units: i32, positions: i32, Z: usize, H: usize, bias: usize, alpha: usize, ld: i32, out: usize): void {
  rows(Activation.sigmoid, units, positions, Z, H, bias, alpha, ld, out);
}
export function biasLinear(units: i32, positions: i32, Z: usize, H: usize, bias: usize, alpha: usize, ld: i32, out: usize): void {
  rows(Activation.linear, units, positions, Z, H, bias, alpha, ld, out);
}
export function biasOther(code: i32, units: i32, positions: i32, Z: usize, H: usize, bias: usize, alpha: usize, ld: i32, out: usize): void {
  rows(code, units, positions, Z, H, bias, alpha, ld, out);
}

/** OP.biasActivation: the common activations have a loop of their own. */
// @ts-ignore: decorator
@inline export function biasActivation(code: i32, units: i32, positions: i32, Z: usize, H: usize, bias: usize, alpha: usize, ld: i32, out: usize): void {
  if (code == Activation.relu) biasRelu(units, positions, Z, H, bias, alpha, ld, out);
  else if (code == Activation.tanh) biasTanh(units, positions, Z, H, bias, alpha, ld, out);
  else if (code == Activation.sigmoid) biasSigmoid(units, positions, Z, H, bias, alpha, ld, out);
  else if (code == Activation.linear) biasLinear(units, positions, Z, H, bias, alpha, ld, out);
  else biasOther(code, units, positions, Z, H, bias, alpha, ld, out);
}
