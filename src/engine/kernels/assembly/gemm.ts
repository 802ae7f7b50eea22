// Owns the matrix product C (+)= A·B with any strides: the choice among its three ways, the part of it that falls to a
// thread, and the two ways that read their operands in place: straight from them where B is small, as dot products where
// both run along K. Packed panels are packed.ts's.
//
// Repeats are not so many products. Where A stays (weights, over positions), the repeats are further columns of one
// product; where C stays (a gradient summed over positions), they are further depth of one. The way is chosen by the
// sizes of the whole, never by a thread's part, and a tile is computed alike wherever it lies: so the bits do not depend
// on how many threads there are.
import { productPacked, storeTile } from './packed';
import { fma, sumFour, sumLanes32 } from './simd';
import { chunkRows } from './statistics';
import { open, partBegin, partEnd, parts } from './threads';

/** B of at most so many bytes is read in place: it stays in the L1 cache. Measured. */
const DIRECT_BYTES: i32 = 24576;
/** Dot products up to this depth: beyond it, their ends no longer weigh, but packing weighs less. Measured. */
const DOTS_DEPTH: i32 = 128;
/** And for B of at most so many bytes, which two rows of A go through: they come from the L2 cache. */
const DOTS_BYTES: i32 = 524288;

/** OP.gemm: strides in elements. */
export function gemm(
  M: i32, N: i32, K: i32, A: usize, rsa: i32, csa: i32, B: usize, rsb: i32, csb: i32,
  C: usize, ldc: i32, accumulate: i32, repeat: i32, strides: usize,
): void {
  const direct = csb == 1 && (N & 7) == 0 && K * N <= DIRECT_BYTES >> 2;
  const dots =
    csa == 1 && rsb == 1 && (K & 3) == 0 && (N < 8 || (K <= DOTS_DEPTH && N * K <= DOTS_BYTES >> 2)) && accumulate != 1 && accumulate != 3;
  if (repeat > 1) {
    repeated(M, N, K, A, rsa, csa, B, rsb, csb, C, ldc, accumulate, repeat, strides, direct, dots);
    return;
  }
  const add = accumulate & 1;
  if (parts > 1) {
    if (M >= N) {
      const unit = open ? chunkRows(M, N) : 4;
      const i = partBegin(M, unit);
      M = partEnd(M, unit) - i;
      A += <usize>(i * rsa) << 2;
      C += <usize>(i * ldc) << 2;
    } else {
      const j = partBegin(N, 8);
      N = partEnd(N, 8) - j;
      B += <usize>(j * csb) << 2;
      C += <usize>j << 2;
    }
    if (M <= 0 || N <= 0) return;
  }
  if (direct) productDirect(M, N, K, A, rsa, csa, B, rsb, C, ldc, add);
  else if (dots) productDots(M, N, K, A, rsa, B, csb, C, ldc);
  else productPacked(M, 0, N, N, K, 1, A, rsa, csa, B, rsb, csb, C, ldc, add, 0, 0, 0);
}

/** The same with moving operands. */
function repeated(
  M: i32, N: i32, K: i32, A: usize, rsa: i32, csa: i32, B: usize, rsb: i32, csb: i32,
  C: usize, ldc: i32, accumulate: i32, repeat: i32, strides: usize, direct: bool, dots: bool,
): void {
  const stepA = load<i32>(strides), stepB = load<i32>(strides, 4), stepC = load<i32>(strides, 8);
  const deep = accumulate >= 2;
  // Tiles never straddle two repeats.
  const wide = !deep && stepA == 0 && (N & 7) == 0;
  const columns = wide ? repeat * N : N;
  const byRows = M >= columns;
  const first = byRows ? 0 : partBegin(columns, 8);
  const last = byRows ? columns : partEnd(columns, 8);
  if (byRows) {
    const i = partBegin(M, 4);
    M = partEnd(M, 4) - i;
    A += <usize>(i * rsa) << 2;
    C += <usize>(i * ldc) << 2;
  }
  if (M <= 0 || first >= last) return;
  const add = accumulate & 1;
  if (deep) {
    productPacked(M, first, last, N, K, repeat, A, rsa, csa, B, rsb, csb, C, ldc, add, stepA, stepB, 0);
  } else if (wide && !direct) {
    productPacked(M, first, last, N, K, 1, A, rsa, csa, B, rsb, csb, C, ldc, add, 0, stepB, stepC);
  } else {
    for (let q = 0; q < repeat; q++) {
      const j = wide ? max(0, first - q * N) : first;
      const n = (wide ? min(N, last - q * N) : last) - j;
      if (n <= 0) continue;
      const a = A + (<usize>(q * stepA) << 2);
      const b = B + (<usize>(q * stepB + j * csb) << 2);
      const c = C + (<usize>(q * stepC + j) << 2);
      if (direct) productDirect(M, n, K, a, rsa, csa, b, rsb, c, ldc, add);
      else if (dots) productDots(M, n, K, a, rsa, b, csb, c, ldc);
      else productPacked(M, 0, n, n, K, 1, a, rsa, csa, b, rsb, csb, c, ldc, add, 0, 0, 0);
    }
  }
}

// ------------------------------------------------------------------------------------------------ in place

/** A 4×8 tile straight from A (byte strides rs, cs) and row-major B (byte stride lb). */
function tileDirect(
  K: i32, a: usize, rs: usize, cs: usize, b: usize, lb: usize, c: usize, lc: usize, accumulate: i32,
): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  let a1 = a + rs, a2 = a1 + rs, a3 = a2 + rs;
  for (const end = b + <usize>K * lb; b != end; b += lb) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    const x0 = v128.load_splat<f32>(a);
    c00 = fma(x0, b0, c00);
    c01 = fma(x0, b1, c01);
    const x1 = v128.load_splat<f32>(a1);
    c10 = fma(x1, b0, c10);
    c11 = fma(x1, b1, c11);
    const x2 = v128.load_splat<f32>(a2);
    c20 = fma(x2, b0, c20);
    c21 = fma(x2, b1, c21);
    const x3 = v128.load_splat<f32>(a3);
    c30 = fma(x3, b0, c30);
    c31 = fma(x3, b1, c31);
    a += cs;
    a1 += cs;
    a2 += cs;
    a3 += cs;
  }
  storeTile(c, lc, accumulate, c00, c01, c10, c11, c20, c21, c30, c31);
}
/** One row of such a tile. */
function rowDirect(K: i32, a: usize, cs: usize, b: usize, lb: usize, c: usize, accumulate: i32): void {
  let c0 = f32x4.splat(0), c1 = c0;
  for (const end = b + <usize>K * lb; b != end; b += lb) {
    const x = v128.load_splat<f32>(a);
    c0 = fma(x, v128.load(b), c0);
    c1 = fma(x, v128.load(b, 16), c1);
    a += cs;
  }
  if (accumulate) {
    c0 = f32x4.add(c0, v128.load(c));
    c1 = f32x4.add(c1, v128.load(c, 16));
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
}

/** N a multiple of 8, B row-major. */
export function productDirect(
  M: i32, N: i32, K: i32, A: usize, rsa: i32, csa: i32, B: usize, rsb: i32, C: usize, ldc: i32, accumulate: i32,
): void {
  const rs = <usize>rsa << 2, cs = <usize>csa << 2, lb = <usize>rsb << 2, lc = <usize>ldc << 2;
  for (let j = 0; j < N; j += 8) {
    let a = A, c = C, i = 0;
    for (; i + 4 <= M; i += 4) {
      tileDirect(K, a, rs, cs, B, lb, c, lc, accumulate);
      a += rs << 2;
      c += lc << 2;
    }
    for (; i < M; i++) {
      rowDirect(K, a, cs, B, lb, c, accumulate);
      a += rs;
      c += lc;
    }
    B += 32;
    C += 32;
  }
}

// ------------------------------------------------------------------------------------------------ dot products

/** C[i][j] = A[i] · B[j], both contiguous along K, a multiple of 4: weight gradients of small layers. 2×4 at a time. */
export function productDots(M: i32, N: i32, K: i32, A: usize, lda: i32, B: usize, ldb: i32, C: usize, ldc: i32): void {
  const la = <usize>lda << 2, lb = <usize>ldb << 2, lc = <usize>ldc << 2, kb = <usize>K << 2;
  let i = 0;
  // Two features, as in the plane: a 2×2 tile is one vector of C.
  if (N == 2 && ldc == 2) for (; i + 2 <= M; i += 2) {
    let s0 = f32x4.splat(0), s1 = s0, t0 = s0, t1 = s0;
    for (let k: usize = 0; k < kb; k += 16) {
      const x = v128.load(A + k), y = v128.load(A + la + k), z0 = v128.load(B + k), z1 = v128.load(B + lb + k);
      s0 = fma(x, z0, s0);
      s1 = fma(x, z1, s1);
      t0 = fma(y, z0, t0);
      t1 = fma(y, z1, t1);
    }
    v128.store(C, sumFour(s0, s1, t0, t1));
    A += la << 1;
    C += lc << 1;
  }
  for (; i + 2 <= M; i += 2) {
    let b = B, c = C, j = 0;
    for (; j + 4 <= N; j += 4) {
      let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
      const b1 = b + lb, b2 = b1 + lb, b3 = b2 + lb;
      for (let k: usize = 0; k < kb; k += 16) {
        const x = v128.load(A + k), y = v128.load(A + la + k);
        const z0 = v128.load(b + k);
        s0 = fma(x, z0, s0);
        t0 = fma(y, z0, t0);
        const z1 = v128.load(b1 + k);
        s1 = fma(x, z1, s1);
        t1 = fma(y, z1, t1);
        const z2 = v128.load(b2 + k);
        s2 = fma(x, z2, s2);
        t2 = fma(y, z2, t2);
        const z3 = v128.load(b3 + k);
        s3 = fma(x, z3, s3);
        t3 = fma(y, z3, t3);
      }
      v128.store(c, sumFour(s0, s1, s2, s3));
      v128.store(c + lc, sumFour(t0, t1, t2, t3));
      b = b3 + lb;
      c += 16;
    }
    for (; j < N; j++) {
      store<f32>(c, dot(kb, A, b));
      store<f32>(c + lc, dot(kb, A + la, b));
      b += lb;
      c += 4;
    }
    A += la << 1;
    C += lc << 1;
  }
  if (i == M) return;
  let j = 0;
  for (; j + 4 <= N; j += 4) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    const b1 = B + lb, b2 = b1 + lb, b3 = b2 + lb;
    for (let k: usize = 0; k < kb; k += 16) {
      const x = v128.load(A + k);
      s0 = fma(x, v128.load(B + k), s0);
      s1 = fma(x, v128.load(b1 + k), s1);
      s2 = fma(x, v128.load(b2 + k), s2);
      s3 = fma(x, v128.load(b3 + k), s3);
    }
    v128.store(C, sumFour(s0, s1, s2, s3));
    B = b3 + lb;
    C += 16;
  }
  for (; j < N; j++) {
    store<f32>(C, dot(kb, A, B));
    B += lb;
    C += 4;
  }
}
// @ts-ignore: decorator
@inline function dot(kb: usize, a: usize, b: usize): f32 {
  let s = f32x4.splat(0);
  for (let k: usize = 0; k < kb; k += 16) s = fma(v128.load(a + k), v128.load(b + k), s);
  return sumLanes32(s);
}
