// Owns products of sequences column by column: every sample has its own matrices, and four samples are a vector. `r` is the
// record's address; arguments: contract.ts, OP.columnProduct.
//
// Both operands are packed for a cache line of columns, since their rows are often a power of two apart and would drive
// each other out of the cache. Four rows of A then meet the columns of B two by two: eight sums in registers. Rows and
// columns that a ragged end lacks are its last one again: what is stored twice is stored alike.
import { floatAt, intAt, scratch, SCRATCH_PANELS } from './memory';
import { flush, fma, hold, TINY } from './simd';
import { partBegin, partEnd } from './threads';

/** Bytes of the columns that are done at once: a cache line, so that all of what is fetched is used. */
const LINE: usize = 64;
/** Steps of K that are packed at once, and entries of B. */
const DEPTH: i32 = 128;
const ENTRIES: i32 = 4096;
/** Bytes of four packed rows of A; B lies behind them. */
const PANEL_A: usize = <usize>DEPTH * 4 * LINE;

/** OP.columnProduct. The parts share the tiles of four rows of all `repeat` products. */
export function columnProduct(r: usize, base: usize): void {
  const M = load<i32>(r, 8);
  const line = <usize>load<i32>(r, 36) << 2;
  const strides = intAt(r + 44);
  const moveA = <usize>load<i32>(strides, 24) * line;
  const moveB = <usize>load<i32>(strides, 28) * line;
  const moveC = <usize>load<i32>(strides, 32) * line;
  const tiles = (M + 3) >> 2;
  const all = load<i32>(r, 4) * tiles;
  const end = partEnd(all, 1);
  for (let tile = partBegin(all, 1); tile < end; ) {
    const q = tile / tiles;
    const stop = min(end, (q + 1) * tiles);
    const move = <usize>q;
    const i = (tile - q * tiles) << 2;
    rowsOfProduct(
      r, strides, line, i, min(M, (stop - q * tiles) << 2),
      floatAt(r + 20) + move * moveA, floatAt(r + 24) + move * moveB, floatAt(r + 28) + move * moveC,
    );
    tile = stop;
  }
}

/** Rows `begin` … `end` of one product. */
function rowsOfProduct(
  r: usize, strides: usize, line: usize, begin: i32, end: i32, A: usize, B: usize, C: usize,
): void {
  const N = load<i32>(r, 12), K = load<i32>(r, 16);
  const scale = v128.load_splat<f32>(floatAt(r + 32));
  const triangle = load<i32>(r, 40);
  const rsa = <usize>load<i32>(strides) * line, csa = <usize>load<i32>(strides, 4) * line;
  const rsb = <usize>load<i32>(strides, 8) * line, csb = <usize>load<i32>(strides, 12) * line;
  const rsc = <usize>load<i32>(strides, 16) * line, csc = <usize>load<i32>(strides, 20) * line;
  for (let at: usize = 0; at < line; at += LINE) {
    const bytes = min(LINE, line - at);
    for (let k = 0; k < K; k += DEPTH) {
      const depth = min(DEPTH, K - k);
      const block = (ENTRIES / depth) & ~1;
      for (let j = 0; j < N; j += block) {
        const columns = min(block, N - j);
        packColumns(columns, depth, B + <usize>j * csb + <usize>k * rsb + at, rsb, csb, bytes);
        for (let i = begin; i < end; i += 4) {
          const rows = min(4, end - i);
          const width = triangle == 1 ? min(columns, i + 4 - j) : columns;
          const first = triangle == 3 ? max(k, i) : k;
          const last = triangle == 2 ? min(k + depth, i + 4) : k + depth;
          if (width <= 0 || first >= last) continue;
          packRows(rows, last - first, A + <usize>i * rsa + <usize>first * csa + at, rsa, csa, bytes, scale);
          const more = i32(first > (triangle == 3 ? i : 0));
          const c = C + <usize>i * rsc + <usize>j * csc + at;
          productLine(rows, width, last - first, first - k, depth, c, rsc, csc, bytes, more);
        }
      }
    }
  }
}

/** Four rows of A, times the scale: vector by vector of `bytes`, k by k, four vectors each. */
function packRows(rows: i32, K: i32, a: usize, rsa: usize, csa: usize, bytes: usize, scale: v128): void {
  const panel = scratch + SCRATCH_PANELS;
  const step = <usize>K << 6;
  const step1 = rows > 1 ? rsa : 0, step2 = rows > 2 ? rsa : 0, step3 = rows > 3 ? rsa : 0;
  for (let from = panel, end = panel + step; from < end; from += 64) {
    const a1 = a + step1, a2 = a1 + step2, a3 = a2 + step3;
    let to = from;
    for (let v: usize = 0; v < bytes; v += 16) {
      v128.store(to, f32x4.mul(v128.load(a + v), scale));
      v128.store(to, f32x4.mul(v128.load(a1 + v), scale), 16);
      v128.store(to, f32x4.mul(v128.load(a2 + v), scale), 32);
      v128.store(to, f32x4.mul(v128.load(a3 + v), scale), 48);
      to += step;
    }
    a += csa;
  }
}

/** Columns of B two by two: for each pair vector by vector of `bytes`, k by k, two vectors each. */
function packColumns(columns: i32, K: i32, b: usize, rsb: usize, csb: usize, bytes: usize): void {
  let panel = scratch + SCRATCH_PANELS + PANEL_A;
  const step = <usize>K << 5;
  for (let j = 0; j < columns; j += 2) {
    const next = j + 1 < columns ? csb : 0;
    let p = b;
    for (let from = panel, end = panel + step; from < end; from += 32) {
      let to = from;
      for (let v: usize = 0; v < bytes; v += 16) {
        v128.store(to, v128.load(p + v));
        v128.store(to, v128.load(p + next + v), 16);
        to += step;
      }
      p += rsb;
    }
    panel += step * (bytes >> 4);
    b += csb << 1;
  }
}

/**
 * Up to four rows of C, `width` columns, from the packed operands: `K` steps, of B those from `first` on of the `depth`
 * that are packed. `accumulate`: added to what C holds.
 */
export function productLine(
  rows: i32, width: i32, K: i32, first: i32, depth: i32, C: usize, rsc: usize, csc: usize, bytes: usize, accumulate: i32,
): void {
  const tiny = hold(f32x4.splat(TINY));
  const step1 = rows > 1 ? rsc : 0, step2 = rows > 2 ? rsc : 0, step3 = rows > 3 ? rsc : 0;
  const step = <usize>depth << 5;
  let panel = scratch + SCRATCH_PANELS + PANEL_A + (<usize>first << 5);
  for (let j = 0; j < width; j += 2) {
    const next = j + 1 < width ? csc : 0;
    let a = scratch + SCRATCH_PANELS;
    for (let v: usize = 0; v < bytes; v += 16) {
      const zero = f32x4.splat(0);
      let s0 = zero, s1 = zero, s2 = zero, s3 = zero, t0 = zero, t1 = zero, t2 = zero, t3 = zero;
      let b = panel;
      for (const end = a + (<usize>K << 6); a < end; a += 64) {
        const x = v128.load(b), y = v128.load(b, 16);
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
        b += 32;
      }
      panel += step;
      const c0 = C + v, c1 = c0 + step1, c2 = c1 + step2, c3 = c2 + step3;
      if (accumulate) {
        // All are read before any is written: some may be the same.
        s0 = f32x4.add(v128.load(c0), s0);
        s1 = f32x4.add(v128.load(c1), s1);
        s2 = f32x4.add(v128.load(c2), s2);
        s3 = f32x4.add(v128.load(c3), s3);
        t0 = f32x4.add(v128.load(c0 + next), t0);
        t1 = f32x4.add(v128.load(c1 + next), t1);
        t2 = f32x4.add(v128.load(c2 + next), t2);
        t3 = f32x4.add(v128.load(c3 + next), t3);
      }
      v128.store(c0, flush(s0, tiny));
      v128.store(c1, flush(s1, tiny));
      v128.store(c2, flush(s2, tiny));
      v128.store(c3, flush(s3, tiny));
      v128.store(c0 + next, flush(t0, tiny));
      v128.store(c1 + next, flush(t1, tiny));
      v128.store(c2 + next, flush(t2, tiny));
      v128.store(c3 + next, flush(t3, tiny));
    }
    C += csc << 1;
  }
}
