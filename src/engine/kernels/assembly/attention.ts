// Owns products of sequences column by column: every sample has its own matrices. `r` is the record's address, `base` that of the step's statistics; arguments: contract.ts.

/** OP.columnProduct */
export function columnProduct(r: usize, base: usize): void {
  unreachable();
}
