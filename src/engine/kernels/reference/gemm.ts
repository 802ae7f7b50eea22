// Owns the reference's matrix product: the definition, nothing else.
import type { ReferenceContext } from './context';

/** OP.gemm */
export function gemm(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [M, N, K] = [ints[p]!, ints[p + 1]!, ints[p + 2]!];
  const [A, rsa, csa] = [ints[p + 3]!, ints[p + 4]!, ints[p + 5]!];
  const [B, rsb, csb] = [ints[p + 6]!, ints[p + 7]!, ints[p + 8]!];
  const [C, ldc] = [ints[p + 9]!, ints[p + 10]!];
  const mode = ints[p + 11]!;
  const repeat = ints[p + 12]!;
  const strides = ints[p + 13]!;
  for (let q = 0; q < repeat; q++) {
    // A single product may name no strides.
    const moved = (k: number): number => (q === 0 ? 0 : q * ints[strides + k]!);
    const a = A + moved(0);
    const b = B + moved(1);
    const d = mode >= 2 ? C : C + moved(2);
    const accumulate = mode === 1 || mode === 3 || (mode === 2 && q > 0);
    for (let i = 0; i < M; i++) {
      for (let j = 0; j < N; j++) {
        let sum = accumulate ? floats[d + i * ldc + j]! : 0;
        for (let k = 0; k < K; k++) sum += floats[a + i * rsa + k * csa]! * floats[b + k * rsb + j * csb]!;
        floats[d + i * ldc + j] = sum;
      }
    }
  }
}
