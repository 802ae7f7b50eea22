// Owns softmax as a layer, forward and backward, column by column: a vector is four columns. Statistics are taken by the
// passes of a linear activation.
import { activationStatistics } from './forward';
import { Activation } from './contract';
import { linearBackward } from './backward';
import * as functions from './functions';
import { HEAD_BATCH } from './memory';
import { flush, fma, TINY } from './simd';
import { sumOfSquares } from './statistics';

/** OP.softmax */
export function softmax(groups: i32, units: i32, H: usize, ld: i32, out: usize): void {
  const stride = <usize>ld << 2;
  const size = <usize>units * stride;
  const tiny = f32x4.splat(TINY);
  let group = H;
  for (let g = 0; g < groups; g++) {
    for (let column = group, last = group + stride; column < last; column += 16) {
      const end = column + size;
      let largest = f32x4.splat(-Infinity);
      // NaN as the first operand of pmax stays out; the sum brings it back.
      for (let p = column; p < end; p += stride) largest = f32x4.pmax(largest, v128.load(p));
      let sum = f32x4.splat(0);
      for (let p = column; p < end; p += stride) {
        const e = functions.exp(f32x4.sub(v128.load(p), largest));
        v128.store(p, e);
        sum = f32x4.add(sum, e);
      }
      const scale = f32x4.div(f32x4.splat(1), sum);
      for (let p = column; p < end; p += stride) v128.store(p, flush(f32x4.mul(v128.load(p), scale), tiny));
    }
    group += size;
  }
  if (out != 0) activationStatistics(Activation.linear, units, groups, H, ld, out);
}

/** OP.softmaxBackward: dz = h ⊙ (dh − Σ dh·h). */
export function softmaxBackward(
  groups: i32, units: i32, dH: usize, dZ: usize, H: usize, ld: i32,
  eIn: usize, eOut: usize, out: usize, normalize: i32,
): void {
  const stride = <usize>ld << 2;
  const size = <usize>units * stride;
  const rows = groups * units;
  const incoming = out == 0 ? 0 : sumOfSquares(rows, load<i32>(HEAD_BATCH), dH, stride);
  const toH = H - dH;
  const toZ = dZ - dH;
  let group = dH;
  for (let g = 0; g < groups; g++) {
    for (let column = group, last = group + stride; column < last; column += 16) {
      const end = column + size;
      let dot = f32x4.splat(0);
      for (let p = column; p < end; p += stride) dot = fma(v128.load(p), v128.load(p + toH), dot);
      for (let p = column; p < end; p += stride) {
        v128.store(p + toZ, f32x4.mul(v128.load(p + toH), f32x4.sub(v128.load(p), dot)));
      }
    }
    group += size;
  }
  linearBackward(rows, dZ, dZ, dZ, 0, ld, eIn, eOut, out, normalize);
  if (out != 0) store<f64>(out, incoming, 56);
}
