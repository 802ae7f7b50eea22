// Owns the reference of what a recurrent layer does in one time step besides its matrix products, forward and backward.
import type { ReferenceContext } from './context';

/** OP.recurrentCell */
export function recurrentCell(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('recurrentCell is not there yet');
}
/** OP.recurrentCellBackward */
export function recurrentCellBackward(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('recurrentCellBackward is not there yet');
}
/** OP.alignExponents */
export function alignExponents(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('alignExponents is not there yet');
}
