// Owns the reference of tables of vectors: looking up, and the gradient of what was looked up.
import type { ReferenceContext } from './context';

/** OP.lookup */
export function lookup(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('lookup is not there yet');
}
/** OP.lookupGradient */
export function lookupGradient(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('lookupGradient is not there yet');
}
