// Owns the convolutions over each channel by itself, and the gradients by their inputs: for each row of the target, sums of
// rows of the source times a weight each, 32 columns at a time. The kernel's gradient is `kernelGradient.ts`'s.
import {
  DILATION_X, DILATION_Y, IN_CHANNELS, IN_HEIGHT, IN_WIDTH, KERNEL_HEIGHT, KERNEL_WIDTH, MULTIPLIER, OUT_HEIGHT,
  OUT_WIDTH, PAD_LEFT, PAD_TOP, SCRATCH_TABLE, STRIDE_X, STRIDE_Y, TABLE_BYTES,
} from './geometry';
import { scratch } from './memory';
import { fma } from './simd';
import { partBegin, partEnd } from './threads';

/** A tap of the table: where its rows begin in the source, behind the first channel's, and its weight in the kernel; bytes. */
const TAP_BYTES: usize = 8;

let tableEnd: usize = 0;
let isContinued: bool = false;
// The target's rows at one position: `channels` of them if inward, the gradients by inputs; filters otherwise.
let inward: bool = false;
let channels: i32 = 0, multiplier: i32 = 0;
let kernel: usize = 0, source: usize = 0, stride: usize = 0;
/** Bytes of one filter's weights. */
let filterBytes: usize = 0;

/** Y[p][f] of OP.convolution, f = channel · multiplier + q. */
export function depthwise(g: usize, X: usize, W: usize, Y: usize, ld: i32): void {
  setUp(g, X, W, ld);
  inward = false;
  const inHeight = load<i32>(g, IN_HEIGHT), inWidth = load<i32>(g, IN_WIDTH), outWidth = load<i32>(g, OUT_WIDTH);
  const kernelHeight = load<i32>(g, KERNEL_HEIGHT), kernelWidth = load<i32>(g, KERNEL_WIDTH);
  const positions = load<i32>(g, OUT_HEIGHT) * outWidth;
  for (let p = partBegin(positions, 1), end = partEnd(positions, 1); p < end; p++) {
    const y = p / outWidth * load<i32>(g, STRIDE_Y) - load<i32>(g, PAD_TOP);
    const x = p % outWidth * load<i32>(g, STRIDE_X) - load<i32>(g, PAD_LEFT);
    const target = Y + <usize>(p * channels * multiplier) * stride;
    begin();
    for (let ky = 0; ky < kernelHeight; ky++) {
      const sy = y + ky * load<i32>(g, DILATION_Y);
      if (sy < 0 || sy >= inHeight) continue;
      for (let kx = 0; kx < kernelWidth; kx++) {
        const sx = x + kx * load<i32>(g, DILATION_X);
        if (sx < 0 || sx >= inWidth) continue;
        addTap(<usize>((sy * inWidth + sx) * channels) * stride, ky * kernelWidth + kx, target);
      }
    }
    storeRows(target);
  }
}

/** dX[p][channel] of OP.convolutionInputGradient. */
export function depthwiseInputGradient(g: usize, dY: usize, W: usize, dX: usize, ld: i32): void {
  setUp(g, dY, W, ld);
  inward = true;
  const outHeight = load<i32>(g, OUT_HEIGHT), outWidth = load<i32>(g, OUT_WIDTH), inWidth = load<i32>(g, IN_WIDTH);
  const strideY = load<i32>(g, STRIDE_Y), strideX = load<i32>(g, STRIDE_X);
  const kernelHeight = load<i32>(g, KERNEL_HEIGHT), kernelWidth = load<i32>(g, KERNEL_WIDTH);
  const positions = load<i32>(g, IN_HEIGHT) * inWidth;
  for (let p = partBegin(positions, 1), end = partEnd(positions, 1); p < end; p++) {
    const target = dX + <usize>(p * channels) * stride;
    begin();
    for (let ky = 0; ky < kernelHeight; ky++) {
      const y = p / inWidth + load<i32>(g, PAD_TOP) - ky * load<i32>(g, DILATION_Y);
      if (y < 0 || y % strideY != 0 || y / strideY >= outHeight) continue;
      for (let kx = 0; kx < kernelWidth; kx++) {
        const x = p % inWidth + load<i32>(g, PAD_LEFT) - kx * load<i32>(g, DILATION_X);
        if (x < 0 || x % strideX != 0 || x / strideX >= outWidth) continue;
        const row = (y / strideY * outWidth + x / strideX) * channels * multiplier;
        addTap(<usize>row * stride, ky * kernelWidth + kx, target);
      }
    }
    storeRows(target);
  }
}

function setUp(g: usize, from: usize, W: usize, ld: i32): void {
  channels = load<i32>(g, IN_CHANNELS);
  multiplier = load<i32>(g, MULTIPLIER);
  filterBytes = <usize>(load<i32>(g, KERNEL_HEIGHT) * load<i32>(g, KERNEL_WIDTH)) << 2;
  kernel = W;
  source = from;
  stride = <usize>ld << 2;
}

function begin(): void {
  tableEnd = scratch + SCRATCH_TABLE;
  isContinued = false;
}

function addTap(rows: usize, tap: i32, target: usize): void {
  if (tableEnd + TAP_BYTES > scratch + SCRATCH_TABLE + TABLE_BYTES) {
    storeRows(target);
    isContinued = true;
    tableEnd = scratch + SCRATCH_TABLE;
  }
  store<usize>(tableEnd, rows);
  store<usize>(tableEnd, <usize>tap << 2, 4);
  tableEnd += TAP_BYTES;
}

/** All rows of one position, by the taps of the table; added to what is there where the table had not room for all. */
function storeRows(target: usize): void {
  if (inward) {
    for (let k = 0; k < channels; k++) {
      for (let q = 0; q < multiplier; q++) {
        const f = <usize>(k * multiplier + q);
        storeRow(source + f * stride, kernel + f * filterBytes, target, isContinued || q > 0);
      }
      target += stride;
    }
  } else for (let f = 0, filters = channels * multiplier; f < filters; f++) {
    storeRow(source + <usize>(f / multiplier) * stride, kernel + <usize>f * filterBytes, target, isContinued);
    target += stride;
  }
}

/** One row of the target: Σ weights[tap] · rows[tap]. */
function storeRow(rows: usize, weights: usize, target: usize, accumulate: bool): void {
  const table = scratch + SCRATCH_TABLE;
  const end = target + stride;
  for (; target + 128 <= end; target += 128) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
    for (let t = table; t < tableEnd; t += TAP_BYTES) {
      const x = rows + load<usize>(t);
      const w = v128.load_splat<f32>(weights + load<usize>(t, 4));
      s0 = fma(w, v128.load(x), s0);
      s1 = fma(w, v128.load(x, 16), s1);
      s2 = fma(w, v128.load(x, 32), s2);
      s3 = fma(w, v128.load(x, 48), s3);
      s4 = fma(w, v128.load(x, 64), s4);
      s5 = fma(w, v128.load(x, 80), s5);
      s6 = fma(w, v128.load(x, 96), s6);
      s7 = fma(w, v128.load(x, 112), s7);
    }
    put(target, s0, s1, accumulate);
    put(target + 32, s2, s3, accumulate);
    put(target + 64, s4, s5, accumulate);
    put(target + 96, s6, s7, accumulate);
    rows += 128;
  }
  for (; target < end; target += 32) {
    let s0 = f32x4.splat(0), s1 = s0;
    for (let t = table; t < tableEnd; t += TAP_BYTES) {
      const x = rows + load<usize>(t);
      const w = v128.load_splat<f32>(weights + load<usize>(t, 4));
      s0 = fma(w, v128.load(x), s0);
      s1 = fma(w, v128.load(x, 16), s1);
    }
    put(target, s0, s1, accumulate);
    rows += 32;
  }
}
// @ts-ignore: decorator
@inline function put(p: usize, low: v128, high: v128, accumulate: bool): void {
  if (accumulate) {
    low = f32x4.add(low, v128.load(p));
    high = f32x4.add(high, v128.load(p, 16));
  }
  v128.store(p, low);
  v128.store(p, high, 16);
}
