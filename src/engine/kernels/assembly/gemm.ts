// Owns the matrix product C (+)= A·B with any strides, and the choice among its three ways: straight from the operands
// where B is small, dot products where both run along K, packed panels elsewhere. A tile is 4×8: 8 accumulators, 2
// vectors of B and one of A leave a few of the 16 registers that x86 has.
import { scratch, SCRATCH_PANELS, SCRATCH_TILE } from './memory';
import { fma, sumFour, sumLanes32 } from './simd';

// Panel sizes: a KC×8 panel of B stays in the L1 cache, the MC×KC block of A in L2.
const KC: i32 = 256;
const MC: i32 = 96;
const NC: i32 = 1024;
const PANEL_A: usize = <usize>(MC * KC * 4);
/** Bytes of scratch for both packed operands. */
export const PANEL_BYTES: usize = PANEL_A + <usize>(NC * KC * 4);
/** B of at most so many bytes is read in place: it stays in the L1 cache. Measured. */
const DIRECT_BYTES: i32 = 24576;

/** OP.gemm: strides in elements. */
// @ts-ignore: decorator
@inline export function gemm(
  M: i32, N: i32, K: i32, A: usize, rsa: i32, csa: i32, B: usize, rsb: i32, csb: i32,
  C: usize, ldc: i32, accumulate: i32, repeat: i32, strides: usize,
): void {
  const direct = csb == 1 && (N & 7) == 0 && K * N <= DIRECT_BYTES >> 2;
  const dots = csa == 1 && rsb == 1 && (K & 3) == 0 && (N < 8 || K < 32);
  for (let q = 0; q < repeat; q++) {
    if (q > 0) {
      A += <usize>load<i32>(strides) << 2;
      B += <usize>load<i32>(strides, 4) << 2;
      if (accumulate < 2) C += <usize>load<i32>(strides, 8) << 2;
    }
    const add = accumulate & 1 | i32(accumulate == 2 && q > 0);
    if (direct) productDirect(M, N, K, A, rsa, csa, B, rsb, C, ldc, add);
    else if (dots && add == 0) productDots(M, N, K, A, rsa, B, csb, C, ldc);
    else productPacked(M, N, K, A, rsa, csa, B, rsb, csb, C, ldc, add);
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

// @ts-ignore: decorator
@inline function storeTile(
  c: usize, lc: usize, accumulate: i32, c00: v128, c01: v128, c10: v128, c11: v128, c20: v128, c21: v128, c30: v128,
  c31: v128,
): void {
  const r1 = c + lc, r2 = r1 + lc, r3 = r2 + lc;
  if (accumulate) {
    c00 = f32x4.add(c00, v128.load(c));
    c01 = f32x4.add(c01, v128.load(c, 16));
    c10 = f32x4.add(c10, v128.load(r1));
    c11 = f32x4.add(c11, v128.load(r1, 16));
    c20 = f32x4.add(c20, v128.load(r2));
    c21 = f32x4.add(c21, v128.load(r2, 16));
    c30 = f32x4.add(c30, v128.load(r3));
    c31 = f32x4.add(c31, v128.load(r3, 16));
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(r1, c10);
  v128.store(r1, c11, 16);
  v128.store(r2, c20);
  v128.store(r2, c21, 16);
  v128.store(r3, c30);
  v128.store(r3, c31, 16);
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

// ------------------------------------------------------------------------------------------------ packed

/** A 4×8 tile from packed panels: `a` has 4 floats a step of K, `b` 8. */
function tilePacked(K: i32, a: usize, b: usize, c: usize, lc: usize, accumulate: i32): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  for (const end = b + (<usize>K << 5); b != end; b += 32) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    const x0 = v128.load_splat<f32>(a);
    c00 = fma(x0, b0, c00);
    c01 = fma(x0, b1, c01);
    const x1 = v128.load_splat<f32>(a, 4);
    c10 = fma(x1, b0, c10);
    c11 = fma(x1, b1, c11);
    const x2 = v128.load_splat<f32>(a, 8);
    c20 = fma(x2, b0, c20);
    c21 = fma(x2, b1, c21);
    const x3 = v128.load_splat<f32>(a, 12);
    c30 = fma(x3, b0, c30);
    c31 = fma(x3, b1, c31);
    a += 16;
  }
  storeTile(c, lc, accumulate, c00, c01, c10, c11, c20, c21, c30, c31);
}
/** The m×n corner of a tile, by way of scratch. */
function tileCorner(K: i32, a: usize, b: usize, c: usize, lc: usize, accumulate: i32, m: i32, n: i32): void {
  const tile = scratch + SCRATCH_TILE;
  tilePacked(K, a, b, tile, 32, 0);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const p = c + (<usize>j << 2);
      const v = load<f32>(tile + (<usize>i << 5) + (<usize>j << 2));
      store<f32>(p, accumulate ? load<f32>(p) + v : v);
    }
    c += lc;
  }
}

/** Four rows at `s` become columns at `o`. */
// @ts-ignore: decorator
@inline function transpose(s: usize, ld: usize, o: usize, step: usize): void {
  const x0 = v128.load(s), x1 = v128.load(s + ld), x2 = v128.load(s + 2 * ld), x3 = v128.load(s + 3 * ld);
  const u0 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5), u1 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
  const u2 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7), u3 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
  v128.store(o, v128.shuffle<f64>(u0, u1, 0, 2));
  v128.store(o + step, v128.shuffle<f64>(u0, u1, 1, 3));
  v128.store(o + 2 * step, v128.shuffle<f64>(u2, u3, 0, 2));
  v128.store(o + 3 * step, v128.shuffle<f64>(u2, u3, 1, 3));
}

/** `count` rows by k of an operand, packed `width` (4 or 8) rows at a time; missing rows are 0. Byte strides rs, ks. */
// @ts-ignore: decorator
@inline function pack(width: i32, s: usize, rs: usize, ks: usize, count: i32, k: i32, o: usize): void {
  const step = <usize>width << 2;
  for (let i = 0; i < count; i += width) {
    const rest = count - i;
    let from = s;
    if (rest >= width && rs == 4) {
      for (let p = 0; p < k; p++) {
        v128.store(o, v128.load(from));
        if (width == 8) v128.store(o, v128.load(from, 16), 16);
        from += ks;
        o += step;
      }
    } else if (rest >= width && ks == 4) {
      let p = 0;
      for (; p + 4 <= k; p += 4) {
        transpose(from, rs, o, step);
        if (width == 8) transpose(from + 4 * rs, rs, o + 16, step);
        from += 16;
        o += step << 2;
      }
      for (; p < k; p++) {
        packOne(width, width, from, rs, o);
        from += 4;
        o += step;
      }
    } else {
      for (let p = 0; p < k; p++) {
        packOne(width, min(width, rest), from, rs, o);
        from += ks;
        o += step;
      }
    }
    s += rs * <usize>width;
  }
}
// @ts-ignore: decorator
@inline function packOne(width: i32, there: i32, from: usize, rs: usize, o: usize): void {
  for (let x = 0; x < width; x++) {
    store<f32>(o + (<usize>x << 2), x < there ? load<f32>(from + <usize>x * rs) : 0);
  }
}
function packA(s: usize, rs: usize, ks: usize, count: i32, k: i32, o: usize): void {
  pack(4, s, rs, ks, count, k, o);
}
function packB(s: usize, rs: usize, ks: usize, count: i32, k: i32, o: usize): void {
  pack(8, s, rs, ks, count, k, o);
}

/** Any strides, any sizes: both operands packed into panels first. */
export function productPacked(
  M: i32, N: i32, K: i32, A: usize, rsa: i32, csa: i32, B: usize, rsb: i32, csb: i32, C: usize, ldc: i32, accumulate: i32,
): void {
  const panelA = scratch + SCRATCH_PANELS;
  const panelB = panelA + PANEL_A;
  const lc = <usize>ldc << 2;
  const ra = <usize>rsa << 2, ka = <usize>csa << 2, kb = <usize>rsb << 2, rb = <usize>csb << 2;
  for (let jc = 0; jc < N; jc += NC) {
    const nc = min(NC, N - jc);
    for (let pc = 0; pc < K; pc += KC) {
      const kc = min(KC, K - pc);
      const add = i32(accumulate != 0 || pc > 0);
      packB(B + <usize>pc * kb + <usize>jc * rb, rb, kb, nc, kc, panelB);
      for (let ic = 0; ic < M; ic += MC) {
        const mc = min(MC, M - ic);
        packA(A + <usize>ic * ra + <usize>pc * ka, ra, ka, mc, kc, panelA);
        for (let j = 0; j < nc; j += 8) {
          const n = nc - j;
          const b = panelB + (<usize>(j * kc) << 2);
          let c = C + <usize>ic * lc + (<usize>(jc + j) << 2);
          let a = panelA;
          for (let i = 0; i < mc; i += 4) {
            const m = mc - i;
            if (m >= 4 && n >= 8) tilePacked(kc, a, b, c, lc, add);
            else tileCorner(kc, a, b, c, lc, add, min(4, m), min(8, n));
            a += <usize>kc << 4;
            c += lc << 2;
          }
        }
      }
    }
  }
}
