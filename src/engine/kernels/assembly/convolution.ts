// Owns the convolutions of any rank and the poolings, forward and backward. `r` is the record's address, `base` that of the step's statistics; arguments: contract.ts.

/** OP.convolution */
export function convolution(r: usize, base: usize): void {
  unreachable();
}
/** OP.convolutionInputGradient */
export function convolutionInputGradient(r: usize, base: usize): void {
  unreachable();
}
/** OP.convolutionKernelGradient */
export function convolutionKernelGradient(r: usize, base: usize): void {
  unreachable();
}
/** OP.pool */
export function pool(r: usize, base: usize): void {
  unreachable();
}
/** OP.poolBackward */
export function poolBackward(r: usize, base: usize): void {
  unreachable();
}
