// Owns tables of vectors: looking up, and the gradient of what was looked up. `r` is the record's address, `base` that of the step's statistics; arguments: contract.ts.
// Values lie by feature and a table by vector, so both turn blocks of four by four; four threads' parts never meet in one number.
import { floatAt, HEAD_BATCH } from './memory';
import { flush, hold, TINY } from './simd';
import { meet, partBegin, partEnd } from './threads';

/** The row that the number at `p` stands for, in bytes: never outside of the table, whatever the number. */
// @ts-ignore: decorator
@inline function rowAt(p: usize, rows: i32, width: i32): usize {
  const x = load<f32>(p);
  // A float above 2^31 cannot be an integer here; NaN is not above 0.
  const n = x > 0 ? (x < <f32>rows ? min(<i32>x, rows - 1) : rows - 1) : 0;
  return (<usize>n * <usize>width) << 2;
}

/** OP.lookup */
export function lookup(r: usize, base: usize): void {
  const positions = load<i32>(r, 4), width = load<i32>(r, 8), rows = load<i32>(r, 12);
  const X = floatAt(r + 16), table = floatAt(r + 20), H = floatAt(r + 24), ld = load<i32>(r, 28);
  const stride = <usize>ld << 2;
  const tiny = hold(f32x4.splat(TINY));
  const tiles = ld >> 2;
  for (let item = partBegin(positions * tiles, 1), last = partEnd(positions * tiles, 1); item < last; item++) {
    const q = item / tiles;
    const column = <usize>(item - q * tiles) << 4;
    const x = X + <usize>q * stride + column;
    let a = table + rowAt(x, rows, width), b = table + rowAt(x + 4, rows, width);
    let c = table + rowAt(x + 8, rows, width), d = table + rowAt(x + 12, rows, width);
    let to = H + <usize>q * <usize>width * stride + column;
    let f = 0;
    for (; f + 4 <= width; f += 4) {
      const x0 = v128.load(a), x1 = v128.load(b), x2 = v128.load(c), x3 = v128.load(d);
      const u0 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5), u1 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
      const u2 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7), u3 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
      v128.store(to, flush(v128.shuffle<f64>(u0, u1, 0, 2), tiny));
      v128.store(to + stride, flush(v128.shuffle<f64>(u0, u1, 1, 3), tiny));
      v128.store(to + 2 * stride, flush(v128.shuffle<f64>(u2, u3, 0, 2), tiny));
      v128.store(to + 3 * stride, flush(v128.shuffle<f64>(u2, u3, 1, 3), tiny));
      a += 16;
      b += 16;
      c += 16;
      d += 16;
      to += stride << 2;
    }
    for (; f < width; f++) {
      let v = v128.load32_zero(a);
      v = v128.load_lane<f32>(b, v, 1);
      v = v128.load_lane<f32>(c, v, 2);
      v128.store(to, flush(v128.load_lane<f32>(d, v, 3), tiny));
      a += 4;
      b += 4;
      c += 4;
      d += 4;
      to += stride;
    }
  }
}

/** OP.lookupGradient. A thread's part is a range of the vectors' entries, for all rows: so each sum has its order. */
export function lookupGradient(r: usize, base: usize): void {
  const positions = load<i32>(r, 4), width = load<i32>(r, 8), rows = load<i32>(r, 12);
  const X = floatAt(r + 16), dH = floatAt(r + 20), dTable = floatAt(r + 24), ld = load<i32>(r, 28);
  const stride = <usize>ld << 2;
  const batch = load<i32>(HEAD_BATCH);
  const size = <usize>width << 2;
  const firstRow = partBegin(rows, 1);
  memory.fill(dTable + <usize>firstRow * size, 0, <usize>(partEnd(rows, 1) - firstRow) * size);
  meet();
  const begin = partBegin(width, 4), end = partEnd(width, 4);
  for (let q = 0; q < positions; q++) {
    const x = X + <usize>q * stride;
    const block = dH + (<usize>q * <usize>width + <usize>begin) * stride;
    let j = 0;
    for (; j + 4 <= batch; j += 4) {
      const at = x + (<usize>j << 2);
      const entry = dTable + (<usize>begin << 2);
      let a = entry + rowAt(at, rows, width), b = entry + rowAt(at + 4, rows, width);
      let c = entry + rowAt(at + 8, rows, width), d = entry + rowAt(at + 12, rows, width);
      let from = block + (<usize>j << 2);
      let f = begin;
      for (; f + 4 <= end; f += 4) {
        const x0 = v128.load(from), x1 = v128.load(from + stride);
        const x2 = v128.load(from + 2 * stride), x3 = v128.load(from + 3 * stride);
        const u0 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5), u1 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
        const u2 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7), u3 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
        // One after the other: two columns may name the same row.
        v128.store(a, f32x4.add(v128.load(a), v128.shuffle<f64>(u0, u1, 0, 2)));
        v128.store(b, f32x4.add(v128.load(b), v128.shuffle<f64>(u0, u1, 1, 3)));
        v128.store(c, f32x4.add(v128.load(c), v128.shuffle<f64>(u2, u3, 0, 2)));
        v128.store(d, f32x4.add(v128.load(d), v128.shuffle<f64>(u2, u3, 1, 3)));
        a += 16;
        b += 16;
        c += 16;
        d += 16;
        from += stride << 2;
      }
      for (; f < end; f++) {
        store<f32>(a, load<f32>(a) + load<f32>(from));
        store<f32>(b, load<f32>(b) + load<f32>(from, 4));
        store<f32>(c, load<f32>(c) + load<f32>(from, 8));
        store<f32>(d, load<f32>(d) + load<f32>(from, 12));
        a += 4;
        b += 4;
        c += 4;
        d += 4;
        from += stride;
      }
    }
    for (; j < batch; j++) {
      let to = dTable + rowAt(x + (<usize>j << 2), rows, width) + (<usize>begin << 2);
      let from = block + (<usize>j << 2);
      for (let f = begin; f < end; f++, to += 4, from += stride) store<f32>(to, load<f32>(to) + load<f32>(from));
    }
  }
}
