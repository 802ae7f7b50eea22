// Owns tables of vectors: looking up, and the gradient of what was looked up. `r` is the record's address, `base` that of the step's statistics; arguments: contract.ts.

/** OP.lookup */
export function lookup(r: usize, base: usize): void {
  unreachable();
}
/** OP.lookupGradient */
export function lookupGradient(r: usize, base: usize): void {
  unreachable();
}
