// Owns batch, layer, root-mean-square and group normalization. `r` is the record's address, `base` that of the step's statistics; arguments: contract.ts.

/** OP.normalize */
export function normalize(r: usize, base: usize): void {
  unreachable();
}
/** OP.normalizeBackward */
export function normalizeBackward(r: usize, base: usize): void {
  unreachable();
}
/** OP.movingAverage */
export function movingAverage(r: usize, base: usize): void {
  unreachable();
}
