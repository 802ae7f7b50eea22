// Owns the raw statistics of the reference, summed in float64 in the plainest order; the fast kernels' are held against
// these. Which numbers they are, contract.ts says.
import { ACTIVATION_CODE, ACTIVATION_RAW, GRADIENT_RAW, INT_HEAD, PARAMETER_RAW } from '../contract';
import type { ReferenceContext } from './context';
import { scaleByPower } from './context';

/** Saturated: φ′ below this share of its maximum (netspec.md, `saturatedFraction`). */
const SATURATION = 0.05;

/** The squashing activations, whose φ′ tends to 0 on both sides. */
const SQUASHING: ReadonlySet<number> = new Set([
  ACTIVATION_CODE.sigmoid,
  ACTIVATION_CODE.tanh,
  ACTIVATION_CODE.softsign,
  ACTIVATION_CODE.hardSigmoid,
  ACTIVATION_CODE.hardTanh,
]);

/** Whether h lies where a squashing activation hardly passes gradients on; false for all other activations. */
function isSaturated(activation: number, h: number): boolean {
  switch (activation) {
    case ACTIVATION_CODE.sigmoid:
      return h * (1 - h) < SATURATION / 4;
    case ACTIVATION_CODE.tanh:
      return 1 - h * h < SATURATION;
    case ACTIVATION_CODE.softsign:
      return (1 - Math.abs(h)) ** 2 < SATURATION;
    case ACTIVATION_CODE.hardSigmoid:
      return h <= 0 || h >= 1;
    case ACTIVATION_CODE.hardTanh:
      return h <= -1 || h >= 1;
    default:
      return false;
  }
}

/** ACTIVATION_RAW of H (positions · units rows) at stats[at]. */
export function activationStatistics(
  c: ReferenceContext,
  activation: number,
  units: number,
  positions: number,
  H: number,
  ld: number,
  at: number,
): void {
  const { floats, stats } = c;
  const batch = c.ints[INT_HEAD.batch]!;
  const pivot = floats[H]!;
  let sum = 0;
  let sumOfSquares = 0;
  let zeros = 0;
  let saturated = 0;
  let deadUnits = 0;
  for (let u = 0; u < units; u++) {
    let dead = true;
    for (let p = 0; p < positions; p++) {
      const row = H + (p * units + u) * ld;
      for (let j = 0; j < batch; j++) {
        const h = floats[row + j]!;
        sum += h - pivot;
        sumOfSquares += (h - pivot) ** 2;
        if (h === 0) zeros++;
        if (isSaturated(activation, h)) saturated++;
        if (h > 0) dead = false;
      }
    }
    // A unit that saturates still passes something on: only the others can be dead.
    if (dead && !SQUASHING.has(activation)) deadUnits++;
  }
  stats[at + ACTIVATION_RAW.pivot] = pivot;
  stats[at + ACTIVATION_RAW.sum] = sum;
  stats[at + ACTIVATION_RAW.sumOfSquares] = sumOfSquares;
  stats[at + ACTIVATION_RAW.zeros] = zeros;
  stats[at + ACTIVATION_RAW.saturated] = saturated;
  stats[at + ACTIVATION_RAW.deadUnits] = deadUnits;
}

/** Sum of squares over the true columns of `rows` rows. */
export function sumOfSquares(c: ReferenceContext, rows: number, x: number, ld: number): number {
  const batch = c.ints[INT_HEAD.batch]!;
  let sum = 0;
  for (let r = 0; r < rows; r++) for (let j = 0; j < batch; j++) sum += c.floats[x + r * ld + j]! ** 2;
  return sum;
}

/**
 * The first six of GRADIENT_RAW over `rows` runs of `columns` numbers, `ld` apart. NaN entries are left out of min and
 * max, and make the sums NaN. PARAMETER_RAW begins with the same six.
 */
export function gradientSums(
  c: ReferenceContext,
  rows: number,
  columns: number,
  x: number,
  ld: number,
  at: number,
): void {
  const { stats } = c;
  let sum = 0;
  let squares = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let zeros = 0;
  let nonFinite = 0;
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < columns; j++) {
      const v = c.floats[x + r * ld + j]!;
      sum += v;
      squares += v * v;
      if (v < min) min = v;
      if (v > max) max = v;
      if (v === 0) zeros++;
      if (!Number.isFinite(v)) nonFinite++;
    }
  }
  stats[at + GRADIENT_RAW.sum] = sum;
  stats[at + GRADIENT_RAW.sumOfSquares] = squares;
  stats[at + GRADIENT_RAW.min] = min;
  stats[at + GRADIENT_RAW.max] = max;
  stats[at + GRADIENT_RAW.zeros] = zeros;
  stats[at + GRADIENT_RAW.nonFinite] = nonFinite;
}

/** The gradient half of PARAMETER_RAW of the contiguous G · 2^exponent at stats[at], and each row's l2 (without 2^e). */
export function parameterStatistics(
  c: ReferenceContext,
  rows: number,
  columns: number,
  G: number,
  exponent: number,
  at: number,
  unitNorms: number,
): void {
  const { floats, stats } = c;
  gradientSums(c, 1, rows * columns, G, 0, at);
  let underflows = 0;
  for (let k = 0; k < rows * columns; k++) {
    const g = floats[G + k]!;
    if (g !== 0 && Math.abs(scaleByPower(g, exponent)) < c.smallestNormal) underflows++;
  }
  stats[at + PARAMETER_RAW.exponent] = exponent;
  stats[at + PARAMETER_RAW.underflows] = underflows;
  if (unitNorms < 0) return;
  for (let r = 0; r < rows; r++) {
    let squares = 0;
    for (let k = 0; k < columns; k++) squares += floats[G + r * columns + k]! ** 2;
    floats[unitNorms + r] = Math.sqrt(squares);
  }
}
