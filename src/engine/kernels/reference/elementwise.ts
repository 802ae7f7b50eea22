// Owns the reference of products of several inputs, number by number.
import { INT_HEAD } from '../contract';
import { floorLog2 } from './activations';
import type { ReferenceContext } from './context';
import { scaleByPower } from './context';

/** OP.multiply */
export function multiply(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [count, inputs, n, H] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!];
  for (let i = 0; i < count; i++) {
    let product = 1;
    for (let k = 0; k < n; k++) product *= floats[ints[inputs + k]! + i]!;
    floats[H + i] = Math.abs(product) < c.flushBelow ? 0 : product;
  }
}

/** OP.multiplyGradient */
export function multiplyGradient(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [rows, inputs, n, k, dH] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!, ints[p + 4]!];
  const [dX, ld, eIn, eOut] = [ints[p + 5]!, ints[p + 6]!, ints[p + 7]!, ints[p + 8]!];
  const batch = ints[INT_HEAD.batch]!;
  floats.copyWithin(dX, dH, dH + rows * ld);
  let powers = 0;
  for (let other = 0; other < n; other++) {
    if (other === k) continue;
    const x = ints[inputs + other]!;
    let largest = 0;
    for (let i = 0; i < rows * ld; i++) if (i % ld < batch) largest = Math.max(largest, Math.abs(floats[x + i]!));
    const outside = largest > 0 && Number.isFinite(largest) && (largest < 2 ** -8 || largest > 2 ** 8);
    const power = outside ? -floorLog2(largest) : 0;
    powers += power;
    for (let i = 0; i < rows * ld; i++) floats[dX + i] = floats[dX + i]! * scaleByPower(floats[x + i]!, power);
  }
  for (let i = 0; i < rows * ld; i++) if (Math.abs(floats[dX + i]!) < c.flushBelow) floats[dX + i] = 0;
  ints[eOut] = ints[eIn]! - powers;
}
