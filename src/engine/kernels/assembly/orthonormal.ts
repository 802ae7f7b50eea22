// Owns Gram–Schmidt in float64, for start values: the sums of `../../orthonormal.ts` in the same order, so the same bits. No
// fused multiply-add here, in either build. Vectors are rows of `stride` bytes, a multiple of 16.

const BLOCK: i32 = 32;
/** Bytes of a vector that a sum goes over before the next vector's turn: 512 numbers. */
const CHUNK: usize = 4096;

/** Makes `count` vectors from byte `at` on orthonormal. `dots`: room for 4 · 32 numbers, elsewhere. */
export function orthonormalize(count: i32, stride: usize, at: usize, dots: usize): void {
  for (let first = 0; first < count; first += BLOCK) {
    const behind = min(first + BLOCK, count);
    const block = at + <usize>first * stride;
    const last = at + <usize>behind * stride;
    for (let q = block; q < last; q += stride) {
      normalize(q, stride);
      for (let a = q + stride; a < last; a += stride) takeOut(a, q, stride, dot(a, q, stride));
    }
    const size = behind - first;
    let j = behind;
    let a = last;
    if (size == BLOCK) for (; j + 4 <= count; j += 4) {
      dotsOfFour(a, block, stride, dots);
      takeOutOfFour(a, block, stride, dots);
      a += stride << 2;
    }
    for (; j < count; j++) {
      for (let i = 0; i < size; i++) store<f64>(dots + (<usize>i << 3), dot(a, block + <usize>i * stride, stride));
      for (let i = 0; i < size; i++) takeOut(a, block + <usize>i * stride, stride, load<f64>(dots + (<usize>i << 3)));
      a += stride;
    }
  }
}

// @ts-ignore: decorator
@inline function lanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

function dot(a: usize, b: usize, stride: usize): f64 {
  let sum: f64 = 0;
  const toB = b - a;
  for (let p = a, end = a + stride; p < end; ) {
    let pair = f64x2.splat(0);
    for (const stop = min(p + CHUNK, end); p < stop; p += 16) {
      pair = f64x2.add(pair, f64x2.mul(v128.load(p), v128.load(p + toB)));
    }
    sum += lanes(pair);
  }
  return sum;
}

function takeOut(a: usize, q: usize, stride: usize, factor: f64): void {
  const f = f64x2.splat(factor);
  const toQ = q - a;
  for (let p = a, end = a + stride; p < end; p += 16) {
    v128.store(p, f64x2.sub(v128.load(p), f64x2.mul(f, v128.load(p + toQ))));
  }
}

function normalize(a: usize, stride: usize): void {
  const inverse = f64x2.splat(1 / Math.sqrt(dot(a, a, stride)));
  for (let p = a, end = a + stride; p < end; p += 16) v128.store(p, f64x2.mul(v128.load(p), inverse));
}

/** The products of four vectors with the 32 of a block: vector v's with the block's i-th at dots[4 i + v]. */
function dotsOfFour(a: usize, block: usize, stride: usize, dots: usize): void {
  memory.fill(dots, 0, <usize>BLOCK << 5);
  for (let start: usize = 0; start < stride; start += CHUNK) {
    const bytes = min(CHUNK, stride - start);
    let q = block + start;
    for (let i = 0; i < BLOCK; i += 2, q += stride << 1) {
      let s00 = f64x2.splat(0), s10 = s00, s20 = s00, s30 = s00, s01 = s00, s11 = s00, s21 = s00, s31 = s00;
      let p = a + start;
      let r = q;
      for (const end = p + bytes; p < end; p += 16, r += 16) {
        const q0 = v128.load(r), q1 = v128.load(r + stride);
        const a0 = v128.load(p), a1 = v128.load(p + stride);
        s00 = f64x2.add(s00, f64x2.mul(a0, q0));
        s01 = f64x2.add(s01, f64x2.mul(a0, q1));
        s10 = f64x2.add(s10, f64x2.mul(a1, q0));
        s11 = f64x2.add(s11, f64x2.mul(a1, q1));
        const a2 = v128.load(p + 2 * stride), a3 = v128.load(p + 3 * stride);
        s20 = f64x2.add(s20, f64x2.mul(a2, q0));
        s21 = f64x2.add(s21, f64x2.mul(a2, q1));
        s30 = f64x2.add(s30, f64x2.mul(a3, q0));
        s31 = f64x2.add(s31, f64x2.mul(a3, q1));
      }
      const to = dots + (<usize>i << 5);
      addTo(to, lanes(s00));
      addTo(to + 8, lanes(s10));
      addTo(to + 16, lanes(s20));
      addTo(to + 24, lanes(s30));
      addTo(to + 32, lanes(s01));
      addTo(to + 40, lanes(s11));
      addTo(to + 48, lanes(s21));
      addTo(to + 56, lanes(s31));
    }
  }
}
// @ts-ignore: decorator
@inline function addTo(p: usize, x: f64): void {
  store<f64>(p, load<f64>(p) + x);
}

/** Takes the 32 vectors of a block out of four, each by its product in `dots`, in order. */
function takeOutOfFour(a: usize, block: usize, stride: usize, dots: usize): void {
  for (let start: usize = 0; start < stride; start += CHUNK) {
    const bytes = min(CHUNK, stride - start);
    for (let i = 0; i < BLOCK; i += 4) {
      for (let v: usize = 0; v < 4; v += 2) {
        const f = dots + (<usize>i << 5) + (v << 3);
        const f00 = v128.load64_splat(f), f01 = v128.load64_splat(f + 32), f02 = v128.load64_splat(f + 64), f03 = v128.load64_splat(f + 96);
        const f10 = v128.load64_splat(f + 8), f11 = v128.load64_splat(f + 40), f12 = v128.load64_splat(f + 72), f13 = v128.load64_splat(f + 104);
        let p = a + v * stride + start;
        let r = block + <usize>i * stride + start;
        for (const end = p + bytes; p < end; p += 16, r += 16) {
          const q0 = v128.load(r), q1 = v128.load(r + stride), q2 = v128.load(r + 2 * stride), q3 = v128.load(r + 3 * stride);
          let x = f64x2.sub(v128.load(p), f64x2.mul(f00, q0));
          let y = f64x2.sub(v128.load(p + stride), f64x2.mul(f10, q0));
          x = f64x2.sub(x, f64x2.mul(f01, q1));
          y = f64x2.sub(y, f64x2.mul(f11, q1));
          x = f64x2.sub(x, f64x2.mul(f02, q2));
          y = f64x2.sub(y, f64x2.mul(f12, q2));
          v128.store(p, f64x2.sub(x, f64x2.mul(f03, q3)));
          v128.store(p + stride, f64x2.sub(y, f64x2.mul(f13, q3)));
        }
      }
    }
  }
}
