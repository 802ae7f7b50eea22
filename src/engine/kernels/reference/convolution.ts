// Owns the reference of the convolutions of any rank and the poolings, forward and backward.
import type { ReferenceContext } from './context';

/** OP.convolution */
export function convolution(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('convolution is not there yet');
}
/** OP.convolutionInputGradient */
export function convolutionInputGradient(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('convolutionInputGradient is not there yet');
}
/** OP.convolutionKernelGradient */
export function convolutionKernelGradient(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('convolutionKernelGradient is not there yet');
}
/** OP.pool */
export function pool(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('pool is not there yet');
}
/** OP.poolBackward */
export function poolBackward(_c: ReferenceContext, _p: number, _base: number): void {
  throw new Error('poolBackward is not there yet');
}
