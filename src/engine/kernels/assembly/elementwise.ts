// Owns products of several inputs, number by number. `r` is the record's address, `base` that of the step's statistics; arguments: contract.ts.

/** OP.multiply */
export function multiply(r: usize, base: usize): void {
  unreachable();
}
/** OP.multiplyGradient */
export function multiplyGradient(r: usize, base: usize): void {
  unreachable();
}
