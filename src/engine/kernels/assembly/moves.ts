// Owns the operations that bring values from one place to another: gathering, scaling, adding, copying, dropping out,
// and the plain sums over rows. Arguments: contract.ts.
import { HEAD_BATCH, HEAD_DROPOUT_KEY, HEAD_SAMPLES } from './memory';
import { flush, fma, power32, sumFour, TINY } from './simd';
import { partialAt } from './statistics';
import { meet, part, partBegin, partEnd, parts } from './threads';

/** Numbers in a cache line: threads that write side by side do not write into the same. */
const LINE: i32 = 16;

/** OP.gather: the samples' rows, four by four turned into columns. Shared by features. */
export function gather(dst: usize, features: i32, src: usize, ld: i32): void {
  const batch = load<i32>(HEAD_BATCH);
  const samples = <usize>load<i32>(HEAD_SAMPLES) << 2;
  const stride = <usize>ld << 2;
  const size = <usize>features << 2;
  if (parts != 1) {
    const first = partBegin(features, LINE);
    features = partEnd(features, LINE) - first;
    src += <usize>first << 2;
    dst += <usize>first * stride;
  }
  let j = 0;
  for (; j + 4 <= batch; j += 4) {
    const s = samples + (<usize>j << 2);
    let a = src + <usize>load<i32>(s) * size;
    let b = src + <usize>load<i32>(s, 4) * size;
    let c = src + <usize>load<i32>(s, 8) * size;
    let d = src + <usize>load<i32>(s, 12) * size;
    let to = dst + (<usize>j << 2);
    let f = 0;
    for (; f + 4 <= features; f += 4) {
      const x0 = v128.load(a), x1 = v128.load(b), x2 = v128.load(c), x3 = v128.load(d);
      const u0 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5), u1 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
      const u2 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7), u3 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<f64>(u0, u1, 0, 2));
      v128.store(to + stride, v128.shuffle<f64>(u0, u1, 1, 3));
      v128.store(to + 2 * stride, v128.shuffle<f64>(u2, u3, 0, 2));
      v128.store(to + 3 * stride, v128.shuffle<f64>(u2, u3, 1, 3));
      a += 16;
      b += 16;
      c += 16;
      d += 16;
      to += stride << 2;
    }
    for (; f < features; f++) {
      // One store of four: what reads it next is a vector as well, and would have to wait for four.
      let x = v128.load32_zero(a);
      x = v128.load_lane<f32>(b, x, 1);
      x = v128.load_lane<f32>(c, x, 2);
      v128.store(to, v128.load_lane<f32>(d, x, 3));
      a += 4;
      b += 4;
      c += 4;
      d += 4;
      to += stride;
    }
  }
  for (; j < batch; j++) {
    let from = src + <usize>load<i32>(samples + (<usize>j << 2)) * size;
    let to = dst + (<usize>j << 2);
    for (let f = 0; f < features; f++) {
      store<f32>(to, load<f32>(from));
      from += 4;
      to += stride;
    }
  }
  if (batch < ld) clearPadding(dst, features, stride, batch);
}

function clearPadding(dst: usize, rows: i32, stride: usize, batch: i32): void {
  for (let r = 0; r < rows; r++) {
    memory.fill(dst + (<usize>batch << 2), 0, stride - (<usize>batch << 2));
    dst += stride;
  }
}

/** OP.gatherLabels */
export function gatherLabels(dst: usize, count: i32, src: usize, ld: i32): void {
  const batch = load<i32>(HEAD_BATCH);
  const samples = <usize>load<i32>(HEAD_SAMPLES) << 2;
  const stride = <usize>ld << 2;
  for (let r = 0; r < count; r++) {
    let to = dst + <usize>r * stride;
    const from = src + (<usize>r << 2);
    for (let s = samples, end = samples + (<usize>batch << 2); s < end; s += 4) {
      store<i32>(to, load<i32>(from + ((<usize>load<i32>(s) * <usize>count) << 2)));
      to += 4;
    }
  }
  if (batch < ld) clearPadding(dst, count, stride, batch);
}

/** OP.biasGradient: whole rows, for the padding of a gradient is 0. */
export function biasGradient(units: i32, positions: i32, D: usize, ld: i32, dBias: usize): void {
  const stride = <usize>ld << 2;
  const unitStride = <usize>units * stride;
  let u = 0;
  if (parts != 1) {
    u = partBegin(units, LINE);
    units = partEnd(units, LINE);
    D += <usize>u * stride;
    dBias += <usize>u << 2;
  }
  for (; u + 4 <= units; u += 4) {
    let a = f32x4.splat(0), b = a, c = a, d = a;
    let row = D;
    for (let q = 0; q < positions; q++) {
      for (let p = row, end = row + stride; p < end; p += 16) {
        a = f32x4.add(a, v128.load(p));
        b = f32x4.add(b, v128.load(p + stride));
        c = f32x4.add(c, v128.load(p + 2 * stride));
        d = f32x4.add(d, v128.load(p + 3 * stride));
      }
      row += unitStride;
    }
    v128.store(dBias, sumFour(a, b, c, d));
    dBias += 16;
    D += stride << 2;
  }
  for (; u < units; u++) {
    let a = f32x4.splat(0);
    let row = D;
    for (let q = 0; q < positions; q++) {
      for (let p = row, end = row + stride; p < end; p += 16) a = f32x4.add(a, v128.load(p));
      row += unitStride;
    }
    // The same order of additions as above.
    store<f32>(dBias, f32x4.extract_lane(sumFour(a, a, a, a), 0));
    dBias += 4;
    D += stride;
  }
}

/** OP.axpy */
export function axpy(count: i32, src: usize, dst: usize, scaleAt: usize, accumulate: i32): void {
  const scale = load<f32>(scaleAt);
  const s = f32x4.splat(scale);
  if (parts != 1) {
    const first = partBegin(count, LINE);
    count = partEnd(count, LINE) - first;
    src += <usize>first << 2;
    dst += <usize>first << 2;
  }
  const end = src + (<usize>count << 2);
  if (accumulate) {
    for (; src + 16 <= end; src += 16, dst += 16) v128.store(dst, fma(s, v128.load(src), v128.load(dst)));
    for (; src < end; src += 4, dst += 4) store<f32>(dst, load<f32>(dst) + scale * load<f32>(src));
  } else {
    for (; src + 16 <= end; src += 16, dst += 16) v128.store(dst, f32x4.mul(s, v128.load(src)));
    for (; src < end; src += 4, dst += 4) store<f32>(dst, scale * load<f32>(src));
  }
}

/** OP.axpyGradient. A gradient of zeros has no magnitude, so its exponent does not count. */
export function axpyGradient(
  count: i32, src: usize, dst: usize, scaleAt: usize, eSrcAt: usize, eDstAt: usize, accumulate: i32,
): void {
  const eSrc = load<i32>(eSrcAt);
  if (accumulate) {
    const eDst = load<i32>(eDstAt);
    let kind = ADDS;
    if (eSrc != eDst) kind = howToAdd(count, src, dst);
    // Nobody writes what another is still looking at.
    if (parts != 1) meet();
    if (kind == IS_NOTHING) return;
    if (kind == SCALES) {
      const e = max(eSrc, eDst);
      addScaled(count, src, dst, load<f32>(scaleAt), power32(eSrc - e), power32(eDst - e));
      if (part == 0) store<i32>(eDstAt, e);
      return;
    }
    if (kind == REPLACES) accumulate = 0;
  }
  axpy(count, src, dst, scaleAt, accumulate);
  if (part == 0) store<i32>(eDstAt, eSrc);
}

const ADDS: i32 = 0;
const IS_NOTHING: i32 = 1;
const REPLACES: i32 = 2;
const SCALES: i32 = 3;
/** How a gradient is added to one of another exponent. */
function howToAdd(count: i32, src: usize, dst: usize): i32 {
  const first = partBegin(count, LINE);
  const n = partEnd(count, LINE) - first;
  let srcIsZero = isZero(n, src + (<usize>first << 2)), dstIsZero = isZero(n, dst + (<usize>first << 2));
  if (parts != 1) {
    store<i32>(partialAt(part), i32(srcIsZero));
    store<i32>(partialAt(part), i32(dstIsZero), 4);
    meet();
    for (let k = 0; k < parts; k++) {
      srcIsZero = srcIsZero && load<i32>(partialAt(k)) != 0;
      dstIsZero = dstIsZero && load<i32>(partialAt(k), 4) != 0;
    }
  }
  if (srcIsZero) return IS_NOTHING;
  return dstIsZero ? REPLACES : SCALES;
}
/** dst = dst · dstPower + scale · (src · srcPower), both powers at most 1, what falls below 2^−100 made 0. */
function addScaled(count: i32, src: usize, dst: usize, scale: f32, srcPower: f32, dstPower: f32): void {
  if (parts != 1) {
    const first = partBegin(count, LINE);
    count = partEnd(count, LINE) - first;
    src += <usize>first << 2;
    dst += <usize>first << 2;
  }
  const s = f32x4.splat(scale), sp = f32x4.splat(srcPower), dp = f32x4.splat(dstPower), tiny = f32x4.splat(TINY);
  const end = src + (<usize>count << 2);
  for (; src + 16 <= end; src += 16, dst += 16) {
    const x = flush(f32x4.mul(v128.load(src), sp), tiny);
    const y = flush(f32x4.mul(v128.load(dst), dp), tiny);
    v128.store(dst, fma(s, x, y));
  }
  for (; src < end; src += 4, dst += 4) {
    const x = load<f32>(src) * srcPower;
    const y = load<f32>(dst) * dstPower;
    store<f32>(dst, (abs(y) < TINY ? 0 : y) + scale * (abs(x) < TINY ? 0 : x));
  }
}
function isZero(count: i32, x: usize): bool {
  const end = x + (<usize>count << 2);
  const zero = f32x4.splat(0);
  for (; x + 16 <= end; x += 16) if (v128.any_true(f32x4.ne(v128.load(x), zero))) return false;
  for (; x < end; x += 4) if (load<f32>(x) != 0) return false;
  return true;
}

/** OP.copyBlocks */
export function copyBlocks(blocks: i32, rows: i32, src: usize, srcStride: i32, dst: usize, dstStride: i32): void {
  if (parts != 1) {
    if (blocks > parts) {
      const first = partBegin(blocks, 1);
      blocks = partEnd(blocks, 1) - first;
      src += <usize>(first * srcStride) << 2;
      dst += <usize>(first * dstStride) << 2;
    } else {
      const first = partBegin(rows, LINE);
      rows = partEnd(rows, LINE) - first;
      src += <usize>first << 2;
      dst += <usize>first << 2;
    }
    if (rows <= 0) return;
  }
  for (let b = 0; b < blocks; b++) {
    memory.copy(dst, src, <usize>rows << 2);
    src += <usize>srcStride << 2;
    dst += <usize>dstStride << 2;
  }
}

/** mix32 of base/random.ts. */
// @ts-ignore: decorator
@inline function mix32(x: u32): u32 {
  x = (x ^ (x >> 16)) * 0x7feb352d;
  x = (x ^ (x >> 15)) * 0x846ca68b;
  return x ^ (x >> 16);
}
// @ts-ignore: decorator
@inline function mix32x4(x0: v128): v128 {
  let x = i32x4.mul(v128.xor(x0, i32x4.shr_u(x0, 16)), i32x4.splat(0x7feb352d));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(<i32>0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** OP.dropout. Element k is kept where its hash, a number in 0 … 2³² − 1, is at least rate · 2³². */
export function dropout(count: i32, src: usize, dst: usize, rateAt: usize, salt: i32): void {
  const rate = <f64>load<f32>(rateAt);
  const threshold = <u32>Math.floor(rate * 4294967296);
  const key = mix32(load<u32>(HEAD_DROPOUT_KEY) ^ mix32(<u32>salt * 0x9e3779b9));
  const scale = <f32>(1 / (1 - rate));
  const s = f32x4.splat(scale);
  const limit = i32x4.splat(<i32>threshold);
  const four = i32x4.splat(4);
  let k = 0;
  if (parts != 1) {
    k = partBegin(count, LINE);
    count = partEnd(count, LINE);
    src += <usize>k << 2;
    dst += <usize>k << 2;
  }
  let index = i32x4.add(i32x4.splat(<i32>key + k), i32x4(0, 1, 2, 3));
  for (; k + 4 <= count; k += 4) {
    const hash = mix32x4(index);
    const kept = i32x4.eq(i32x4.max_u(hash, limit), hash);
    v128.store(dst, v128.and(f32x4.mul(v128.load(src), s), kept));
    index = i32x4.add(index, four);
    src += 16;
    dst += 16;
  }
  for (; k < count; k++) {
    store<f32>(dst, mix32(<u32>k + key) >= threshold ? load<f32>(src) * scale : 0);
    src += 4;
    dst += 4;
  }
}
