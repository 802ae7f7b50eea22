// Owns the reference of tables of vectors: looking up, and the gradient of what was looked up.
import { INT_HEAD } from '../contract';
import type { ReferenceContext } from './context';

/** The row that a number stands for. */
function rowOf(x: number, rows: number): number {
  return x > 0 ? Math.min(Math.trunc(x), rows - 1) : 0;
}

/** OP.lookup */
export function lookup(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [positions, width, rows] = [ints[p]!, ints[p + 1]!, ints[p + 2]!];
  const [X, table, H, ld] = [ints[p + 3]!, ints[p + 4]!, ints[p + 5]!, ints[p + 6]!];
  for (let q = 0; q < positions; q++) {
    for (let j = 0; j < ld; j++) {
      const from = table + rowOf(floats[X + q * ld + j]!, rows) * width;
      for (let d = 0; d < width; d++) {
        const h = floats[from + d]!;
        floats[H + (q * width + d) * ld + j] = Math.abs(h) < c.flushBelow ? 0 : h;
      }
    }
  }
}

/** OP.lookupGradient */
export function lookupGradient(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [positions, width, rows] = [ints[p]!, ints[p + 1]!, ints[p + 2]!];
  const [X, dH, dTable, ld] = [ints[p + 3]!, ints[p + 4]!, ints[p + 5]!, ints[p + 6]!];
  const batch = ints[INT_HEAD.batch]!;
  floats.fill(0, dTable, dTable + rows * width);
  for (let q = 0; q < positions; q++) {
    for (let j = 0; j < batch; j++) {
      const to = dTable + rowOf(floats[X + q * ld + j]!, rows) * width;
      for (let d = 0; d < width; d++) floats[to + d] = floats[to + d]! + floats[dH + (q * width + d) * ld + j]!;
    }
  }
}
