// Owns the reference operations that bring values from one place to another: gathering, scaling, adding, copying,
// dropping out, and the plain sums over rows.
import { mix32 } from '../../../base/random';
import { INT_HEAD } from '../contract';
import type { ReferenceContext } from './context';
import { scaleByPower } from './context';

/** OP.gather */
export function gather(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [dst, features, src, ld] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!];
  const batch = ints[INT_HEAD.batch]!;
  const samples = ints[INT_HEAD.samples]!;
  for (let f = 0; f < features; f++) {
    for (let j = 0; j < ld; j++) {
      floats[dst + f * ld + j] = j < batch ? floats[src + ints[samples + j]! * features + f]! : 0;
    }
  }
}

/** OP.gatherLabels */
export function gatherLabels(c: ReferenceContext, p: number): void {
  const { ints } = c;
  const [dst, count, src, ld] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!];
  const batch = ints[INT_HEAD.batch]!;
  const samples = ints[INT_HEAD.samples]!;
  for (let r = 0; r < count; r++) {
    for (let j = 0; j < ld; j++) ints[dst + r * ld + j] = j < batch ? ints[src + ints[samples + j]! * count + r]! : 0;
  }
}

/** OP.biasGradient */
export function biasGradient(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [units, positions, D, ld, dBias] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!, ints[p + 4]!];
  for (let u = 0; u < units; u++) {
    let sum = 0;
    for (let q = 0; q < positions; q++) {
      for (let j = 0; j < ld; j++) sum += floats[D + (q * units + u) * ld + j]!;
    }
    floats[dBias + u] = sum;
  }
}

/** OP.axpy */
export function axpy(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [count, src, dst] = [ints[p]!, ints[p + 1]!, ints[p + 2]!];
  const scale = floats[ints[p + 3]!]!;
  const accumulate = ints[p + 4] !== 0;
  for (let k = 0; k < count; k++) floats[dst + k] = (accumulate ? floats[dst + k]! : 0) + scale * floats[src + k]!;
}

/** OP.axpyGradient. A gradient of zeros has no magnitude, so its exponent does not count. */
export function axpyGradient(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [count, src, dst] = [ints[p]!, ints[p + 1]!, ints[p + 2]!];
  const scale = floats[ints[p + 3]!]!;
  const eSrc = ints[p + 4]!;
  const eDst = ints[p + 5]!;
  const accumulate = ints[p + 6] !== 0;
  if (accumulate && isZero(floats, src, count)) return;
  if (!accumulate || isZero(floats, dst, count)) {
    for (let k = 0; k < count; k++) floats[dst + k] = scale * floats[src + k]!;
    ints[eDst] = ints[eSrc]!;
    return;
  }
  const e = Math.max(ints[eSrc]!, ints[eDst]!);
  const flush = e === ints[eSrc] && e === ints[eDst] ? 0 : c.flushBelow;
  for (let k = 0; k < count; k++) {
    const x = flushed(scaleByPower(floats[src + k]!, ints[eSrc]! - e), flush);
    const y = flushed(scaleByPower(floats[dst + k]!, ints[eDst]! - e), flush);
    floats[dst + k] = y + scale * x;
  }
  ints[eDst] = e;
}

function isZero(floats: ReferenceContext['floats'], at: number, count: number): boolean {
  for (let k = at; k < at + count; k++) if (floats[k] !== 0) return false;
  return true;
}

function flushed(x: number, below: number): number {
  return Math.abs(x) < below ? 0 : x;
}

/** OP.copyBlocks */
export function copyBlocks(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [blocks, rows, src, srcStride] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!];
  const [dst, dstStride] = [ints[p + 4]!, ints[p + 5]!];
  for (let b = 0; b < blocks; b++) {
    floats.copyWithin(dst + b * dstStride, src + b * srcStride, src + b * srcStride + rows);
  }
}

/** OP.dropout. Element k is kept where its hash, a number in 0 … 2³² − 1, is at least rate · 2³². */
export function dropout(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [count, src, dst] = [ints[p]!, ints[p + 1]!, ints[p + 2]!];
  // The rate as float32 has it, so that both precisions drop the same elements.
  const rate = Math.fround(floats[ints[p + 4]!]!);
  const threshold = Math.floor(rate * 2 ** 32);
  const key = dropoutKey(ints[INT_HEAD.dropoutKey]!, ints[p + 5]!);
  const scale = c.round(1 / (1 - rate));
  for (let k = 0; k < count; k++) floats[dst + k] = mix32((k + key) | 0) >= threshold ? floats[src + k]! * scale : 0;
  if (ints[p + 6] !== 0) ints[ints[p + 8]!] = ints[ints[p + 7]!]!;
}

/** One key for a layer (salt) in a step (stepKey). */
export function dropoutKey(stepKey: number, salt: number): number {
  return mix32(stepKey ^ mix32(Math.imul(salt, 0x9e3779b9)));
}

/** OP.squaredNorm */
export function squaredNorm(c: ReferenceContext, p: number, base: number): void {
  const { floats, ints, stats } = c;
  const [count, src, e, s] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!];
  let sum = 0;
  for (let k = src; k < src + count; k++) sum += floats[k]! ** 2;
  stats[base + s] = sum;
  stats[base + s + 1] = ints[e]!;
}
