// Owns the reference of products of sequences column by column: every sample has its own matrices.
import type { ReferenceContext } from './context';

/** OP.columnProduct */
export function columnProduct(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('columnProduct is not there yet');
}
