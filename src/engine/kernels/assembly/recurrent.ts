// Owns what a recurrent layer does in one time step besides its matrix products, forward and backward. `r` is the record's address, `base` that of the step's statistics; arguments: contract.ts.

/** OP.recurrentCell */
export function recurrentCell(r: usize, base: usize): void {
  unreachable();
}
/** OP.recurrentCellBackward */
export function recurrentCellBackward(r: usize, base: usize): void {
  unreachable();
}
/** OP.alignExponents */
export function alignExponents(r: usize, base: usize): void {
  unreachable();
}
