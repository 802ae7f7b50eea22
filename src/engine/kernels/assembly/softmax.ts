// Owns softmax, forward and backward, column by column: a vector is four columns. As a layer's activation it is measured
// by the passes of a linear one, and one thread does it; attention's scores are shared, group by group, and not measured.
import { linearBackward } from './backward';
import { Activation } from './contract';
import { activationStatistics } from './forward';
import * as functions from './functions';
import { HEAD_BATCH, PARTIAL_BYTES, partials } from './memory';
import { firstLanes, floorLog2, flush, fma, hold, leastLane, power32, range, TINY } from './simd';
import { sumOfSquares } from './statistics';
import { meet, part, partBegin, partEnd, parts } from './threads';

// Gradients whose largest magnitude lies outside of these are normalized (contract.ts, OP.activationBackward).
const LEAST_MAXIMUM: f32 = 2.3283064365386963e-10; // 2^−32
const MOST_MAXIMUM: f32 = 18446744073709551616.0; // 2^64

/** OP.softmax */
export function softmax(groups: i32, units: i32, H: usize, ld: i32, out: usize, causal: i32): void {
  const stride = <usize>ld << 2;
  const size = <usize>units * stride;
  const tiny = hold(f32x4.splat(TINY));
  for (let g = partBegin(groups, 1), last = partEnd(groups, 1); g < last; g++) {
    const group = H + <usize>g * size;
    const seen = causal ? <usize>(g % units + 1) * stride : size;
    for (let column = group, end = group + stride; column < end; column += 16) {
      const stop = column + seen;
      let largest = f32x4.splat(-Infinity);
      // NaN as the first operand of pmax stays out; the sum brings it back.
      for (let p = column; p < stop; p += stride) largest = f32x4.pmax(largest, v128.load(p));
      let sum = f32x4.splat(0);
      for (let p = column; p < stop; p += stride) {
        const e = functions.exp(f32x4.sub(v128.load(p), largest));
        v128.store(p, e);
        sum = f32x4.add(sum, e);
      }
      const scale = f32x4.div(f32x4.splat(1), sum);
      for (let p = column; p < stop; p += stride) v128.store(p, flush(f32x4.mul(v128.load(p), scale), tiny));
    }
    if (seen < size) memory.fill(group + seen, 0, size - seen);
  }
  if (out != 0) activationStatistics(Activation.linear, units, groups, H, ld, out);
}

/** OP.softmaxBackward: dz = h ⊙ (dh − Σ dh·h). */
export function softmaxBackward(
  groups: i32, units: i32, dH: usize, dZ: usize, H: usize, ld: i32,
  eIn: usize, eOut: usize, out: usize, normalize: i32,
): void {
  const stride = <usize>ld << 2;
  const rows = groups * units;
  const incoming = out == 0 ? 0 : sumOfSquares(rows, load<i32>(HEAD_BATCH), dH, stride);
  const first = partBegin(groups, 1);
  const count = partEnd(groups, 1) - first;
  const from = <usize>(first * units) * stride;
  const ends = softmaxRows(count, units, dH + from, dZ + from, H + from, stride);
  if (out != 0) {
    linearBackward(rows, dZ, dZ, dZ, 0, ld, eIn, eOut, out, normalize);
    store<f64>(out, incoming, 56);
    return;
  }
  const all = ofAllParts(ends);
  const largest = <f32>f64x2.extract_lane(all, 1);
  const smallest = <f32>f64x2.extract_lane(all, 0);
  const outside = largest > 0 && largest < Infinity && (largest < LEAST_MAXIMUM || largest > MOST_MAXIMUM);
  const power = normalize != 0 && outside ? -floorLog2(largest) : 0;
  if (power != 0 || (smallest < TINY && smallest != 0)) scaleRows(dZ + from, <usize>(count * units) * stride, power);
  if (part == 0) store<i32>(eOut, load<i32>(eIn) - power);
}

/**
 * `groups` groups from dH to dZ, 0 in the padding.
 * @returns the smallest magnitude that is not 0, or 0 without one; and the largest
 */
export function softmaxRows(groups: i32, units: i32, dH: usize, dZ: usize, H: usize, stride: usize): v128 {
  const size = <usize>units * stride;
  const batch = load<i32>(HEAD_BATCH);
  const used = <usize>((batch + 3) & ~3) << 2;
  const toH = H - dH;
  const toZ = dZ - dH;
  const zero = f32x4.splat(0);
  const magnitude = hold(i32x4.splat(0x7fffffff));
  const one = hold(i32x4.splat(1));
  let largest = zero;
  // The smallest magnitude that is not 0, as bits less 1: zeros wrap around to the largest.
  let least = i32x4.splat(-1);
  for (let g = 0; g < groups; g++) {
    for (let at: usize = 0; at < stride; at += 16) {
      const end = dH + at + size;
      if (at >= used) {
        for (let p = dH + at; p < end; p += stride) v128.store(p + toZ, zero);
        continue;
      }
      const mask = firstLanes(batch - (<i32>at >> 2));
      let dot = zero;
      for (let p = dH + at; p < end; p += stride) dot = fma(v128.load(p), v128.load(p + toH), dot);
      for (let p = dH + at; p < end; p += stride) {
        const dz = v128.and(f32x4.mul(v128.load(p + toH), f32x4.sub(v128.load(p), dot)), mask);
        v128.store(p + toZ, dz);
        const size = v128.and(dz, magnitude);
        largest = f32x4.pmax(largest, size);
        least = i32x4.min_u(least, i32x4.sub(size, one));
      }
    }
    dH += size;
  }
  const high = f64x2.extract_lane(range(zero, largest), 1);
  return f64x2.replace_lane(f64x2.splat(<f64>leastLane(least)), 1, high);
}

/** The same over all parts that share the record. */
function ofAllParts(ends: v128): v128 {
  if (parts == 1) return ends;
  v128.store(partials + <usize>part * PARTIAL_BYTES, ends);
  meet();
  let smallest: f64 = 0, largest: f64 = 0;
  for (let k = 0; k < parts; k++) {
    const at = partials + <usize>k * PARTIAL_BYTES;
    const low = load<f64>(at);
    if (low != 0 && (smallest == 0 || low < smallest)) smallest = low;
    largest = max(largest, load<f64>(at, 8));
  }
  return f64x2.replace_lane(f64x2.splat(smallest), 1, largest);
}

/** dZ · 2^power, what is then below 2^−100 made 0. */
function scaleRows(dZ: usize, bytes: usize, power: i32): void {
  // 2^149 is more than a float32 can be: two factors.
  const half = power >> 1;
  const a = f32x4.splat(power32(half));
  const b = f32x4.splat(power32(power - half));
  const tiny = hold(f32x4.splat(TINY));
  for (const end = dZ + bytes; dZ < end; dZ += 16) {
    v128.store(dZ, flush(f32x4.mul(f32x4.mul(v128.load(dZ), a), b), tiny));
  }
}
