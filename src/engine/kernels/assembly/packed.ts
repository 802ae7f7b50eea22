// Owns the matrix product by way of packed panels: both operands are copied, block by block, into the order in which a
// tile reads them. A tile is 4×8: 8 accumulators, 2 vectors of B and one of A leave a few of the 16 registers that x86
// has. Which products go this way, gemm.ts says.
import { scratch, SCRATCH_PANELS, SCRATCH_TILE } from './memory';
import { fma } from './simd';

// Most of a panel: a KC×8 panel of B stays in the L1 cache, the MC×KC block of A in L2. Blocks are cut evenly below it.
const KC: i32 = 272;
const MC: i32 = 96;
const NC: i32 = 1024;
const PANEL_A: usize = <usize>(MC * KC * 4);
/** Bytes of scratch for both packed operands. */
export const PANEL_BYTES: usize = PANEL_A + <usize>(NC * KC * 4);

/** Adds to a tile of C, or overwrites it; `lc`: bytes a row. */
// @ts-ignore: decorator
@inline export function storeTile(
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

/** One panel: k steps of `width` (4 or 8) rows of an operand, `there` of which there are; the others are 0. Byte strides. */
// @ts-ignore: decorator
@inline function packPanel(width: i32, there: i32, from: usize, rs: usize, ks: usize, k: i32, o: usize): void {
  const step = <usize>width << 2;
  if (there == width && rs == 4) {
    for (let p = 0; p < k; p++) {
      v128.store(o, v128.load(from));
      if (width == 8) v128.store(o, v128.load(from, 16), 16);
      from += ks;
      o += step;
    }
  } else if (there == width && ks == 4) {
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
      packOne(width, there, from, rs, o);
      from += ks;
      o += step;
    }
  }
}
// @ts-ignore: decorator
@inline function packOne(width: i32, there: i32, from: usize, rs: usize, o: usize): void {
  for (let x = 0; x < width; x++) {
    store<f32>(o + (<usize>x << 2), x < there ? load<f32>(from + <usize>x * rs) : 0);
  }
}
function panelOfA(there: i32, from: usize, rs: usize, ks: usize, k: i32, o: usize): void {
  packPanel(4, there, from, rs, ks, k, o);
}
function panelOfB(there: i32, from: usize, rs: usize, ks: usize, k: i32, o: usize): void {
  packPanel(8, there, from, rs, ks, k, o);
}

/** Steps p … p + kc of the whole depth, where every K of them lie `step` bytes behind the K before. */
function packA(M: i32, s: usize, rs: usize, ks: usize, p: i32, kc: i32, K: i32, step: usize, o: usize): void {
  const size = <usize>kc << 4;
  for (let at = p; at < p + kc; ) {
    const q = at / K;
    const k = at - q * K;
    const n = min(K - k, p + kc - at);
    let from = s + <usize>q * step + <usize>k * ks;
    let to = o + (<usize>(at - p) << 4);
    for (let i = 0; i < M; i += 4) {
      panelOfA(min(4, M - i), from, rs, ks, n, to);
      from += rs << 2;
      to += size;
    }
    at += n;
  }
}
/** The same of columns j … j + nc, where `deep`; else every N columns lie `step` bytes behind the N before. */
function packB(
  j: i32, nc: i32, N: i32, s: usize, rs: usize, ks: usize, p: i32, kc: i32, K: i32, step: usize, deep: bool, o: usize,
): void {
  const size = <usize>kc << 5;
  for (let at = p; at < p + kc; ) {
    const q = at / K;
    const k = at - q * K;
    const n = min(K - k, p + kc - at);
    const from = s + (deep ? <usize>q * step : 0) + <usize>k * ks;
    let to = o + (<usize>(at - p) << 5);
    for (let c = j; c < j + nc; c += 8) {
      const block = deep ? 0 : c / N;
      const column = c - block * N;
      panelOfB(min(8, j + nc - c), from + <usize>block * (deep ? 0 : step) + <usize>column * rs, rs, ks, n, to);
      to += size;
    }
    at += n;
  }
}

/**
 * Any strides, any sizes: columns `first` … `last` of C, all M rows. The product may be wide: columns beyond N lie stepB
 * and stepC elements on for every N (a multiple of 8); or deep: `repeat` times K steps, stepA and stepB apart.
 */
export function productPacked(
  M: i32, first: i32, last: i32, N: i32, K: i32, repeat: i32, A: usize, rsa: i32, csa: i32, B: usize, rsb: i32, csb: i32,
  C: usize, ldc: i32, accumulate: i32, stepA: i32, stepB: i32, stepC: i32,
): void {
  const panelA = scratch + SCRATCH_PANELS;
  const panelB = panelA + PANEL_A;
  const lc = <usize>ldc << 2;
  const ra = <usize>rsa << 2, ka = <usize>csa << 2, kb = <usize>rsb << 2, rb = <usize>csb << 2;
  const depth = K * repeat;
  const deep = repeat > 1;
  // A last block of a few steps would cost as much in C as a whole one.
  const mostK = evenly(depth, KC);
  const mostM = evenly(M, MC);
  for (let jc = first; jc < last; jc += NC) {
    const nc = min(NC, last - jc);
    for (let pc = 0; pc < depth; pc += mostK) {
      const kc = min(mostK, depth - pc);
      const add = i32(accumulate != 0 || pc > 0);
      packB(jc, nc, N, B, rb, kb, pc, kc, K, <usize>stepB << 2, deep, panelB);
      for (let ic = 0; ic < M; ic += mostM) {
        const mc = min(mostM, M - ic);
        packA(mc, A + <usize>ic * ra, ra, ka, pc, kc, K, <usize>stepA << 2, panelA);
        for (let j = 0; j < nc; j += 8) {
          const n = nc - j;
          const block = deep ? 0 : (jc + j) / N;
          const column = jc + j - block * N;
          const b = panelB + (<usize>(j * kc) << 2);
          let c = C + <usize>ic * lc + (<usize>(block * stepC + column) << 2);
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
/** The size of blocks of at most `most`, a multiple of 4, that cut n evenly. */
function evenly(n: i32, most: i32): i32 {
  const blocks = (n + most - 1) / most;
  return ((n + blocks - 1) / blocks + 3) & ~3;
}
