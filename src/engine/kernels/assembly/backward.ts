// Owns the backward pass of an activation and what every backward operation ends with: the statistics of the gradient
// and its normalization by a power of two. Shared by rows, whose sums are taken chunk by chunk.
import { backward } from './activation';
import { Activation } from './contract';
import { HEAD_BATCH, PARTIAL_BYTES, scratch } from './memory';
import {
  countLanes, firstLanes, flush, floorLog2, fma, hold, leastLane, power32, range, sumLanes, sumPair, TINY,
} from './simd';
import { chunkRows, partialAt, partialOf, squares64, trustworthy, VECTORS_PER_SUM, writeGradient } from './statistics';
import { meet, open, part, partBegin, partEnd, parts } from './threads';

// Gradients whose largest magnitude lies outside of these are normalized (contract.ts, OP.activationBackward).
const LEAST_MAXIMUM: f32 = 2.3283064365386963e-10; // 2^−32
const MOST_MAXIMUM: f32 = 18446744073709551616.0; // 2^64

// A chunk's sums, in bytes: Σ and Σ² of dZ, its smallest and largest, Σ dH²; how many are 0; the smallest magnitude that is not.
const ENDS: usize = 16;
const INCOMING: usize = 32;
const ZEROS: usize = 40;
const SMALLEST: usize = 44;

/**
 * One chunk, for one activation where `code` is a constant. dH, dZ, Y: `count` rows of `ld` floats; 0 is written into
 * the padding of dZ. The sums go to `to`.
 */
// @ts-ignore: decorator
@inline function rows(code: i32, count: i32, dH: usize, dZ: usize, Y: usize, alphaAt: usize, ld: i32, to: usize): void {
  let batch = load<i32>(HEAD_BATCH);
  if (batch == ld) {
    // No padding: one run.
    batch = ld = count * ld;
    count = 1;
  }
  const stride = <usize>ld << 2;
  const full = <usize>(batch & ~3) << 2;
  const ragged = batch & 3;
  const zero = f32x4.splat(0);
  const alpha = v128.load_splat<f32>(alphaAt);
  const magnitude = hold(i32x4.splat(0x7fffffff));
  const one = hold(i32x4.splat(1));
  const toZ = dZ - dH;
  const toY = Y - dH;
  const linear = code == Activation.linear;
  // A linear activation in place changes nothing.
  const writes = !linear || dZ != dH;
  let sum = zero, squares = zero, zeros = zero, before = zero;
  let lowest = f32x4.splat(Infinity), highest = f32x4.splat(-Infinity);
  // The smallest magnitude that is not 0, as bits less 1: zeros wrap around to the largest.
  let least = i32x4.splat(-1);
  let sums = f64x2.splat(0);
  let incoming: f64 = 0;
  // dZ may be written over dH: until its squares are known to be right, dH is kept in scratch, from its start to `seen`.
  let seen = scratch;
  const most = scratch + (<usize>VECTORS_PER_SUM << 4);
  let row = dH;
  for (let r = 0; r < count; r++) {
    let p = row;
    const end = row + full;
    while (p < end) {
      const stop = min(end, p + (most - seen));
      if (linear) seen += stop - p;
      for (; p < stop; p += 16) {
        const dh = v128.load(p);
        const dz = linear ? dh : backward(code, dh, v128.load(p + toY), alpha);
        if (writes) v128.store(p + toZ, dz);
        if (!linear) {
          v128.store(seen, dh);
          before = fma(dh, dh, before);
          seen += 16;
        }
        sum = f32x4.add(sum, dz);
        squares = fma(dz, dz, squares);
        lowest = f32x4.pmin(lowest, dz);
        highest = f32x4.pmax(highest, dz);
        zeros = i32x4.sub(zeros, f32x4.eq(dz, zero));
        least = i32x4.min_u(least, i32x4.sub(v128.and(dz, magnitude), one));
      }
      if (seen == most) {
        sums = f64x2.add(sums, sumPair(sum, squares));
        if (!linear) incoming += squaresOf(before, seen);
        sum = zero;
        squares = zero;
        before = zero;
        seen = scratch;
      }
    }
    if (ragged) {
      const mask = firstLanes(ragged);
      const dh = v128.and(v128.load(p), mask);
      if (!linear) {
        v128.store(seen, dh);
        before = fma(dh, dh, before);
      }
      seen += 16;
      const dz = v128.and(linear ? dh : backward(code, dh, v128.load(p + toY), alpha), mask);
      v128.store(p + toZ, dz);
      sum = f32x4.add(sum, dz);
      squares = fma(dz, dz, squares);
      lowest = f32x4.pmin(lowest, v128.bitselect(dz, f32x4.splat(Infinity), mask));
      highest = f32x4.pmax(highest, v128.bitselect(dz, f32x4.splat(-Infinity), mask));
      zeros = i32x4.sub(zeros, v128.and(f32x4.eq(dz, zero), mask));
      least = i32x4.min_u(least, i32x4.sub(v128.and(dz, magnitude), one));
      p += 16;
      if (seen == most) {
        sums = f64x2.add(sums, sumPair(sum, squares));
        if (!linear) incoming += squaresOf(before, seen);
        sum = zero;
        squares = zero;
        before = zero;
        seen = scratch;
      }
    }
    for (const rowEnd = row + stride; p < rowEnd; p += 16) v128.store(p + toZ, zero);
    row += stride;
  }
  if (!linear) incoming += squaresOf(before, seen);
  v128.store(to, f64x2.add(sums, sumPair(sum, squares)));
  v128.store(to, range(lowest, highest), ENDS);
  store<f64>(to, incoming, INCOMING);
  store<i32>(to, countLanes(zeros), ZEROS);
  store<f32>(to, leastLane(least), SMALLEST);
}
/** Σ of the four lanes where it can be trusted, else the squares of what lies in scratch up to `seen`. */
// @ts-ignore: decorator
@inline function squaresOf(lanes: v128, seen: usize): f64 {
  const sum = sumLanes(lanes);
  return trustworthy(sum) ? sum : squares64(1, <i32>(seen - scratch) >> 2, scratch, 0);
}

/** dZ · 2^power, what is then below 2^−100 made 0. */
function scaleRows(count: i32, dZ: usize, stride: usize, power: i32): void {
  // 2^149 is more than a float32 can be: two factors.
  const half = power >> 1;
  const a = f32x4.splat(power32(half));
  const b = f32x4.splat(power32(power - half));
  const tiny = hold(f32x4.splat(TINY));
  for (let p = dZ, end = dZ + <usize>count * stride; p < end; p += 16) {
    v128.store(p, flush(f32x4.mul(f32x4.mul(v128.load(p), a), b), tiny));
  }
}

export function linearRows(count: i32, dH: usize, dZ: usize, Y: usize, alpha: usize, ld: i32, to: usize): void {
  rows(Activation.linear, count, dH, dZ, Y, alpha, ld, to);
}
export function reluRows(count: i32, dH: usize, dZ: usize, Y: usize, alpha: usize, ld: i32, to: usize): void {
  rows(Activation.relu, count, dH, dZ, Y, alpha, ld, to);
}
export function tanhRows(count: i32, dH: usize, dZ: usize, Y: usize, alpha: usize, ld: i32, to: usize): void {
  rows(Activation.tanh, count, dH, dZ, Y, alpha, ld, to);
}
export function sigmoidRows(count: i32, dH: usize, dZ: usize, Y: usize, alpha: usize, ld: i32, to: usize): void {
  rows(Activation.sigmoid, count, dH, dZ, Y, alpha, ld, to);
}
export function otherRows(
  code: i32, count: i32, dH: usize, dZ: usize, Y: usize, alpha: usize, ld: i32, to: usize,
): void {
  rows(code, count, dH, dZ, Y, alpha, ld, to);
}

/** OP.activationBackward with activation `linear`. */
export function linearBackward(
  count: i32, dH: usize, dZ: usize, Y: usize, alpha: usize, ld: i32, eIn: usize, eOut: usize, out: usize,
  normalize: i32,
): void {
  activationBackward(Activation.linear, count, dH, dZ, Y, alpha, ld, eIn, eOut, out, normalize);
}

/** OP.activationBackward: the common activations have a loop of their own. */
export function activationBackward(
  code: i32, count: i32, dH: usize, dZ: usize, Y: usize, alpha: usize, ld: i32, eIn: usize, eOut: usize, out: usize,
  normalize: i32,
): void {
  const stride = <usize>ld << 2;
  const per = chunkRows(count, ld);
  const begin = partBegin(count, per), end = partEnd(count, per);
  let to = partialOf(begin, per);
  for (let r = begin; r < end; r += per, to += PARTIAL_BYTES) {
    const n = min(per, count - r);
    const from = <usize>r * stride;
    if (code == Activation.relu) reluRows(n, dH + from, dZ + from, Y + from, alpha, ld, to);
    else if (code == Activation.tanh) tanhRows(n, dH + from, dZ + from, Y + from, alpha, ld, to);
    else if (code == Activation.sigmoid) sigmoidRows(n, dH + from, dZ + from, Y + from, alpha, ld, to);
    else if (code == Activation.linear) linearRows(n, dH + from, dZ + from, Y + from, alpha, ld, to);
    else otherRows(code, n, dH + from, dZ + from, Y + from, alpha, ld, to);
  }
  if (parts != 1) meet();

  // Every thread adds up all chunks alike, and so comes to the same power.
  const first = partialAt(0);
  let sums = v128.load(first), ends = v128.load(first, ENDS);
  let incoming = load<f64>(first, INCOMING);
  let zeros = load<i32>(first, ZEROS);
  let smallest = load<f32>(first, SMALLEST);
  for (let r = per, at = first + PARTIAL_BYTES; r < count; r += per, at += PARTIAL_BYTES) {
    sums = f64x2.add(sums, v128.load(at));
    const other = v128.load(at, ENDS);
    ends = v128.shuffle<f64>(f64x2.pmin(ends, other), f64x2.pmax(ends, other), 0, 3);
    incoming += load<f64>(at, INCOMING);
    zeros += load<i32>(at, ZEROS);
    const least = load<f32>(at, SMALLEST);
    // 0 stands for "all were 0".
    if (smallest == 0 || (least != 0 && least < smallest)) smallest = least;
  }
  const largest = <f32>max(f64x2.extract_lane(ends, 1), -f64x2.extract_lane(ends, 0));
  let power = 0;
  if (normalize != 0 && largest > 0 && largest < Infinity && (largest < LEAST_MAXIMUM || largest > MOST_MAXIMUM)) {
    power = -floorLog2(largest);
  }
  const scales = power != 0 || (smallest < TINY && smallest != 0);
  if (part == 0) {
    const exponent = load<i32>(eIn);
    if (out != 0) {
      let columns = load<i32>(HEAD_BATCH);
      if (columns == ld) {
        columns *= count;
        writeGradient(out, 1, columns, dZ, stride, sums, ends, zeros);
      } else writeGradient(out, count, columns, dZ, stride, sums, ends, zeros);
      store<f64>(out, <f64>exponent, 48);
      store<f64>(out, code == Activation.linear ? load<f64>(out, 8) : incoming, 56);
    }
    store<i32>(eOut, exponent - power);
  }
  if (!scales) return;
  // Part 0 may have had to look at all of dZ again.
  if (parts != 1) meet();
  if (begin < end) scaleRows(end - begin, dZ + <usize>begin * stride, stride, power);
  if (parts != 1 && open) meet();
}
