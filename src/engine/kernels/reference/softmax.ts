// Owns softmax in the reference, forward and backward: of a layer's units, and of attention's scores.
import { ACTIVATION_CODE } from '../contract';
import { finishGradient } from './activations';
import type { ReferenceContext } from './context';
import { activationStatistics, sumOfSquares } from './statistics';

/** OP.softmax */
export function softmax(c: ReferenceContext, p: number, base: number): void {
  const { floats, ints } = c;
  const [groups, units, H, ld, s] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!, ints[p + 4]!];
  const causal = ints[p + 5] !== 0;
  for (let g = 0; g < groups; g++) {
    const seen = causal ? (g % units) + 1 : units;
    for (let j = 0; j < ld; j++) {
      const column = H + g * units * ld + j;
      let largest = Number.NEGATIVE_INFINITY;
      for (let u = 0; u < seen; u++) largest = Math.max(largest, floats[column + u * ld]!);
      let sum = 0;
      for (let u = 0; u < seen; u++) sum += Math.exp(floats[column + u * ld]! - largest);
      for (let u = 0; u < seen; u++) {
        const h = Math.exp(floats[column + u * ld]! - largest) / sum;
        floats[column + u * ld] = h < c.flushBelow ? 0 : h;
      }
      for (let u = seen; u < units; u++) floats[column + u * ld] = 0;
    }
  }
  if (s >= 0) activationStatistics(c, ACTIVATION_CODE.linear, units, groups, H, ld, base + s);
}

/** OP.softmaxBackward */
export function softmaxBackward(c: ReferenceContext, p: number, base: number): void {
  const { floats, ints } = c;
  const [groups, units, dH, dZ] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!];
  const [H, ld, eIn, eOut] = [ints[p + 4]!, ints[p + 5]!, ints[p + 6]!, ints[p + 7]!];
  const s = ints[p + 8]!;
  const rows = groups * units;
  const incoming = s >= 0 ? sumOfSquares(c, rows, dH, ld) : 0;
  for (let g = 0; g < groups; g++) {
    for (let j = 0; j < ld; j++) {
      const column = g * units * ld + j;
      let dot = 0;
      for (let u = 0; u < units; u++) dot += floats[dH + column + u * ld]! * floats[H + column + u * ld]!;
      for (let u = 0; u < units; u++) {
        const k = column + u * ld;
        floats[dZ + k] = floats[H + k]! * (floats[dH + k]! - dot);
      }
    }
  }
  finishGradient(c, rows, dZ, ld, eIn, eOut, s < 0 ? -1 : base + s, ints[p + 9] !== 0, incoming);
}
