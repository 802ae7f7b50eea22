// Owns Gram–Schmidt: the vectors of a matrix made orthonormal one after the other, in float64, block by block so that large
// ones are worked on in cache. The oracle and fallback of `kernels/assembly/orthonormal.ts`, which does the same sums in
// the same order and so gives the same bits, ten times as fast.

/** Vectors of a block: made orthonormal among themselves, then taken out of all behind them at once. */
const BLOCK = 32;
/** Numbers of a vector that a sum goes over before the next vector's turn. */
const CHUNK = 512;

/** A vector's numbers in memory: an even count, the odd one filled up with a 0. */
export function vectorStride(length: number): number {
  return length + (length % 2);
}

/**
 * Makes `count` vectors, each `stride` numbers (even), orthonormal in place: Q of the QR decomposition whose R has a positive
 * diagonal, up to rounding.
 */
export function orthonormalize(vectors: Float64Array, count: number, stride: number): void {
  for (let first = 0; first < count; first += BLOCK) {
    const behind = Math.min(first + BLOCK, count);
    for (let i = first; i < behind; i++) {
      normalize(vectors, i * stride, stride);
      for (let j = i + 1; j < behind; j++) {
        takeOut(vectors, j * stride, i * stride, stride, dot(vectors, j * stride, i * stride, stride));
      }
    }
    const dots = new Float64Array(BLOCK);
    for (let j = behind; j < count; j++) {
      for (let i = first; i < behind; i++) dots[i - first] = dot(vectors, j * stride, i * stride, stride);
      for (let i = first; i < behind; i++) takeOut(vectors, j * stride, i * stride, stride, dots[i - first]!);
    }
  }
}

/** Two sums, of even and odd places, chunk by chunk. */
function dot(x: Float64Array, a: number, b: number, stride: number): number {
  let sum = 0;
  for (let start = 0; start < stride; start += CHUNK) {
    const end = Math.min(start + CHUNK, stride);
    let even = 0;
    let odd = 0;
    for (let k = start; k < end; k += 2) {
      even += x[a + k]! * x[b + k]!;
      odd += x[a + k + 1]! * x[b + k + 1]!;
    }
    sum += even + odd;
  }
  return sum;
}

/** a −= factor · q */
function takeOut(x: Float64Array, a: number, q: number, stride: number, factor: number): void {
  for (let k = 0; k < stride; k++) x[a + k] = x[a + k]! - factor * x[q + k]!;
}

function normalize(x: Float64Array, a: number, stride: number): void {
  const inverse = 1 / Math.sqrt(dot(x, a, a, stride));
  for (let k = 0; k < stride; k++) x[a + k] = x[a + k]! * inverse;
}
