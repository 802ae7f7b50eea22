// Owns products of sequences column by column: every sample has its own matrices, and four samples are a vector. `r` is the
// record's address; arguments: contract.ts, OP.columnProduct.
//
// Four rows of A are packed side by side, for a cache line of columns, and then meet the columns of B two by two: eight sums
// in registers. Rows and columns that a ragged end lacks are its last one again: what is stored twice is stored alike.
import { floatAt, intAt, scratch, SCRATCH_PANELS } from './memory';
import { flush, fma, hold, TINY } from './simd';
import { partBegin, partEnd } from './threads';

/** Bytes of the columns that are done at once: a cache line, so that all of what is fetched is used. */
const LINE: usize = 64;
/** Steps of K whose four rows are packed at once: 64 KB. */
const DEPTH: i32 = 256;

/** OP.columnProduct. The parts share the tiles of four rows of all `repeat` products. */
export function columnProduct(r: usize, base: usize): void {
  const M = load<i32>(r, 8), N = load<i32>(r, 12), K = load<i32>(r, 16);
  const A = floatAt(r + 20), B = floatAt(r + 24), C = floatAt(r + 28);
  const scale = v128.load_splat<f32>(floatAt(r + 32));
  const line = <usize>load<i32>(r, 36) << 2;
  const triangle = load<i32>(r, 40);
  const strides = intAt(r + 44);
  const rsa = <usize>load<i32>(strides) * line, csa = <usize>load<i32>(strides, 4) * line;
  const rsb = <usize>load<i32>(strides, 8) * line, csb = <usize>load<i32>(strides, 12) * line;
  const rsc = <usize>load<i32>(strides, 16) * line, csc = <usize>load<i32>(strides, 20) * line;
  const moveA = <usize>load<i32>(strides, 24) * line;
  const moveB = <usize>load<i32>(strides, 28) * line;
  const moveC = <usize>load<i32>(strides, 32) * line;
  const tiles = (M + 3) >> 2;
  const all = load<i32>(r, 4) * tiles;
  for (let tile = partBegin(all, 1), end = partEnd(all, 1); tile < end; tile++) {
    const q = <usize>(tile / tiles);
    const i = (tile % tiles) << 2;
    const rows = min(4, M - i);
    const a = A + q * moveA + <usize>i * rsa;
    const b = B + q * moveB;
    const c = C + q * moveC + <usize>i * rsc;
    const width = triangle == 1 ? min(N, i + 4) : N;
    const first = triangle == 3 ? min(i, K) : 0;
    const last = triangle == 2 ? min(i + 4, K) : K;
    for (let at: usize = 0; at < line; at += LINE) {
      const bytes = min(LINE, line - at);
      for (let k = first; k < last; k += DEPTH) {
        const depth = min(DEPTH, last - k);
        packRows(rows, depth, a + <usize>k * csa + at, rsa, csa, bytes, scale);
        productLine(rows, width, depth, b + <usize>k * rsb + at, rsb, csb, c + at, rsc, csc, bytes, i32(k > first));
      }
    }
  }
}

/** Four rows of A, times the scale, packed behind `scratch`: vector by vector of `bytes`, k by k, four vectors each. */
function packRows(rows: i32, K: i32, a: usize, rsa: usize, csa: usize, bytes: usize, scale: v128): void {
  let to = scratch + SCRATCH_PANELS;
  const step1 = rows > 1 ? rsa : 0, step2 = rows > 2 ? rsa : 0, step3 = rows > 3 ? rsa : 0;
  for (let v: usize = 0; v < bytes; v += 16) {
    let p = a + v;
    for (const end = to + (<usize>K << 6); to < end; to += 64) {
      const p1 = p + step1, p2 = p1 + step2;
      v128.store(to, f32x4.mul(v128.load(p), scale));
      v128.store(to, f32x4.mul(v128.load(p1), scale), 16);
      v128.store(to, f32x4.mul(v128.load(p2), scale), 32);
      v128.store(to, f32x4.mul(v128.load(p2 + step3), scale), 48);
      p += csa;
    }
  }
}

/** Up to four rows of C, `width` columns, for the packed rows of A. `accumulate`: added to what C holds. */
export function productLine(
  rows: i32, width: i32, K: i32, B: usize, rsb: usize, csb: usize, C: usize, rsc: usize, csc: usize, bytes: usize,
  accumulate: i32,
): void {
  const tiny = hold(f32x4.splat(TINY));
  const step1 = rows > 1 ? rsc : 0, step2 = rows > 2 ? rsc : 0, step3 = rows > 3 ? rsc : 0;
  for (let j = 0; j < width; j += 2) {
    const next = j + 1 < width;
    const toB = next ? csb : 0;
    const toC = next ? csc : 0;
    let a = scratch + SCRATCH_PANELS;
    for (let v: usize = 0; v < bytes; v += 16) {
      const zero = f32x4.splat(0);
      let s0 = zero, s1 = zero, s2 = zero, s3 = zero, t0 = zero, t1 = zero, t2 = zero, t3 = zero;
      let b = B + v;
      for (const end = a + (<usize>K << 6); a < end; a += 64) {
        const x = v128.load(b), y = v128.load(b + toB);
        const a0 = v128.load(a);
        s0 = fma(a0, x, s0);
        t0 = fma(a0, y, t0);
        const a1 = v128.load(a, 16);
        s1 = fma(a1, x, s1);
        t1 = fma(a1, y, t1);
        const a2 = v128.load(a, 32);
        s2 = fma(a2, x, s2);
        t2 = fma(a2, y, t2);
        const a3 = v128.load(a, 48);
        s3 = fma(a3, x, s3);
        t3 = fma(a3, y, t3);
        b += rsb;
      }
      const c0 = C + v, c1 = c0 + step1, c2 = c1 + step2, c3 = c2 + step3;
      if (accumulate) {
        // All are read before any is written: some may be the same.
        s0 = f32x4.add(v128.load(c0), s0);
        s1 = f32x4.add(v128.load(c1), s1);
        s2 = f32x4.add(v128.load(c2), s2);
        s3 = f32x4.add(v128.load(c3), s3);
        t0 = f32x4.add(v128.load(c0 + toC), t0);
        t1 = f32x4.add(v128.load(c1 + toC), t1);
        t2 = f32x4.add(v128.load(c2 + toC), t2);
        t3 = f32x4.add(v128.load(c3 + toC), t3);
      }
      v128.store(c0, flush(s0, tiny));
      v128.store(c1, flush(s1, tiny));
      v128.store(c2, flush(s2, tiny));
      v128.store(c3, flush(s3, tiny));
      v128.store(c0 + toC, flush(t0, tiny));
      v128.store(c1 + toC, flush(t1, tiny));
      v128.store(c2 + toC, flush(t2, tiny));
      v128.store(c3 + toC, flush(t3, tiny));
    }
    B += csb << 1;
    C += csc << 1;
  }
}
