// Owns the reference of products of sequences column by column: every sample has its own matrices.
import type { ReferenceContext } from './context';

/** OP.columnProduct */
export function columnProduct(c: ReferenceContext, p: number, _base: number): void {
  const { floats, ints } = c;
  const [repeat, M, N, K] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!];
  const [A, B, C] = [ints[p + 4]!, ints[p + 5]!, ints[p + 6]!];
  const scale = floats[ints[p + 7]!]!;
  const ld = ints[p + 8]!;
  const triangle = ints[p + 9]!;
  const strides = ints[p + 10]!;
  const [rsa, csa, rsb] = [ints[strides]! * ld, ints[strides + 1]! * ld, ints[strides + 2]! * ld];
  const [csb, rsc, csc] = [ints[strides + 3]! * ld, ints[strides + 4]! * ld, ints[strides + 5]! * ld];
  const moved = (q: number, operand: number): number => q * ints[strides + 6 + operand]! * ld;
  for (let q = 0; q < repeat; q++) {
    const [a, b, d] = [A + moved(q, 0), B + moved(q, 1), C + moved(q, 2)];
    for (let i = 0; i < M; i++) {
      const first = triangle === 3 ? Math.min(i, K) : 0;
      const last = triangle === 2 ? Math.min(i + 1, K) : K;
      for (let j = 0; j < (triangle === 1 ? Math.min(i + 1, N) : N); j++) {
        for (let column = 0; column < ld; column++) {
          let sum = 0;
          for (let k = first; k < last; k++) {
            sum += c.round(scale * floats[a + i * rsa + k * csa + column]!) * floats[b + k * rsb + j * csb + column]!;
          }
          floats[d + i * rsc + j * csc + column] = Math.abs(sum) < c.flushBelow ? 0 : sum;
        }
      }
    }
  }
}
