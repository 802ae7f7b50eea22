// Owns the reference of batch, layer, root-mean-square and group normalization.
import type { ReferenceContext } from './context';

/** OP.normalize */
export function normalize(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('normalize is not there yet');
}
/** OP.normalizeBackward */
export function normalizeBackward(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('normalizeBackward is not there yet');
}
/** OP.movingAverage */
export function movingAverage(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('movingAverage is not there yet');
}
