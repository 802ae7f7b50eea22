// Owns the reference of products of several inputs, number by number.
import type { ReferenceContext } from './context';

/** OP.multiply */
export function multiply(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('multiply is not there yet');
}
/** OP.multiplyGradient */
export function multiplyGradient(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('multiplyGradient is not there yet');
}
