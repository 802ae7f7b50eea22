// Owns the eigenvalues and eigenvectors of small symmetric matrices, by Jacobi's rotations.

export interface Eigen {
  /** In no order. */
  readonly values: Float64Array;
  /** (n × n) Column k is the vector of value k. */
  readonly vectors: Float64Array;
}

const MOST_SWEEPS = 12;

/** @param matrix (n × n), symmetric; not changed */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const a = matrix.slice();
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  let size = 0;
  for (const x of a) size += x * x;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let off = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) off += a[i * n + j]! ** 2;
    if (off <= size * 1e-18) break;
    // Entries too small to matter in this sweep are left for the next.
    const least = Math.sqrt(off / (n * n)) * 0.05;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = a[p * n + q]!;
        if (Math.abs(apq) <= least) continue;
        const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * apq);
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; k++) {
          const x = a[k * n + p]!;
          const y = a[k * n + q]!;
          a[k * n + p] = c * x - s * y;
          a[k * n + q] = s * x + c * y;
        }
        for (let k = 0; k < n; k++) {
          const x = a[p * n + k]!;
          const y = a[q * n + k]!;
          a[p * n + k] = c * x - s * y;
          a[q * n + k] = s * x + c * y;
          const g = v[k * n + p]!;
          const h = v[k * n + q]!;
          v[k * n + p] = c * g - s * h;
          v[k * n + q] = s * g + c * h;
        }
      }
    }
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i]!), vectors: v };
}
