// Owns the gradients by the kernels of convolutions: dot products along columns and positions.
//
// Both operands are first copied 8 columns at a time, the input with zeros around it, so that all taps of a kernel run
// over the same positions. A tile is 2 filters × 4 taps: 8 accumulators over a few rows of positions, whose copies
// stay in the L1 cache while all tiles pass over them; their sums over lanes are added to the gradient in memory.
import {
  DILATION_X, DILATION_Y, IN_CHANNELS, IN_HEIGHT, IN_WIDTH, KERNEL_HEIGHT, KERNEL_WIDTH, MULTIPLIER, OUT_CHANNELS,
  OUT_HEIGHT, OUT_WIDTH, PAD_LEFT, PAD_TOP, SCRATCH_STRIPS, STRIDE_X, STRIDE_Y, STRIP_BYTES,
} from './geometry';
import { floatAt, intAt, scratch } from './memory';
import { fma, sumFour, sumLanes32 } from './simd';
import { partBegin, partEnd } from './threads';

/** What a few rows of positions may take: what is used again and again fits the L1 cache beside it. Measured. */
const BAND_BYTES: i32 = 20480;

let inHeight: i32 = 0, inWidth: i32 = 0, inChannels: i32 = 0;
let outHeight: i32 = 0, outWidth: i32 = 0, filters: i32 = 0;
let kernelHeight: i32 = 0, kernelWidth: i32 = 0;
let strideY: i32 = 0, strideX: i32 = 0, dilationY: i32 = 0, dilationX: i32 = 0, padTop: i32 = 0, padLeft: i32 = 0;

// The copies at hand. Filters of this thread: from `firstFilter` to before `lastFilter`, an even number copied; channels:
// `width` of them from `firstChannel`; rows of positions from `top` to before `bottom`.
let firstFilter: i32 = 0, lastFilter: i32 = 0, firstChannel: i32 = 0, width: i32 = 0;
let top: i32 = 0, bottom: i32 = 0;
let inputs: usize = 0, gradients: usize = 0;
/** Columns of positions in the copied input: those that a row of windows reaches. */
let copiedWidth: i32 = 0;

/** OP.convolutionKernelGradient */
export function convolutionKernelGradient(r: usize, base: usize): void {
  const g = intAt(r + 16);
  const x = floatAt(r + 20), dy = floatAt(r + 24), dw = floatAt(r + 28), ld = load<i32>(r, 32);
  inHeight = load<i32>(g, IN_HEIGHT);
  inWidth = load<i32>(g, IN_WIDTH);
  inChannels = load<i32>(g, IN_CHANNELS);
  outHeight = load<i32>(g, OUT_HEIGHT);
  outWidth = load<i32>(g, OUT_WIDTH);
  filters = load<i32>(g, OUT_CHANNELS);
  kernelHeight = load<i32>(g, KERNEL_HEIGHT);
  kernelWidth = load<i32>(g, KERNEL_WIDTH);
  strideY = load<i32>(g, STRIDE_Y);
  strideX = load<i32>(g, STRIDE_X);
  dilationY = load<i32>(g, DILATION_Y);
  dilationX = load<i32>(g, DILATION_X);
  padTop = load<i32>(g, PAD_TOP);
  padLeft = load<i32>(g, PAD_LEFT);
  firstFilter = partBegin(filters, 2);
  lastFilter = partEnd(filters, 2);
  if (firstFilter == lastFilter) return;
  const multiplier = load<i32>(g, MULTIPLIER);
  if (multiplier > 0 || !byTiles(x, dy, dw, ld)) tapByTap(multiplier, x, dy, dw, ld);
}

// ------------------------------------------------------------------------------------------------ tiles

/** Answers whether there is room for that: for one row of positions of one channel at least. */
function byTiles(X: usize, dY: usize, dW: usize, ld: i32): bool {
  const window = kernelHeight * kernelWidth * inChannels;
  copiedWidth = (outWidth - 1) * strideX + (kernelWidth - 1) * dilationX + 1;
  const reach = (kernelHeight - 1) * dilationY + 1;
  // Sizes as if one thread had all filters, so that sums are cut at the same places for any number of threads.
  const gradientRow = outWidth * ((filters + 1) & ~1) << 5;
  width = inChannels;
  while (width > 1 && <i64>reach * copiedWidth * width * 32 + gradientRow > STRIP_BYTES) width = (width + 1) >> 1;
  const inputRow = <i64>copiedWidth * width * 32;
  if (inputRow * reach + gradientRow > STRIP_BYTES) return false;
  const height = <i32>((STRIP_BYTES - inputRow * (reach - strideY)) / (inputRow * strideY + gradientRow));
  const band = max(1, <i32>(BAND_BYTES / (4 * inputRow / width * strideY + gradientRow)));
  memory.fill(dW + (<usize>(firstFilter * window) << 2), 0, <usize>((lastFilter - firstFilter) * window) << 2);
  for (firstChannel = 0; firstChannel < inChannels; firstChannel += width) {
    width = min(width, inChannels - firstChannel);
    for (let column = 0; column < ld; column += 8) {
      for (top = 0; top < outHeight; top += height) {
        bottom = min(outHeight, top + height);
        copyInputs(X + (<usize>column << 2), <usize>ld << 2);
        copyGradients(dY + (<usize>column << 2), <usize>ld << 2);
        for (let y = top; y < bottom; y += band) addBand(dW, window, y, min(bottom, y + band));
      }
    }
  }
  return true;
}

/** The input that the windows of the rows from `top` to `bottom` see: [row][column][channel][8]. */
function copyInputs(X: usize, stride: usize): void {
  inputs = scratch + SCRATCH_STRIPS;
  let to = inputs;
  const rows = (bottom - top - 1) * strideY + (kernelHeight - 1) * dilationY + 1;
  const zero = f32x4.splat(0);
  const cell = <usize>width << 5;
  for (let i = 0; i < rows; i++) {
    const y = top * strideY - padTop + i;
    for (let j = 0; j < copiedWidth; j++) {
      const x = j - padLeft;
      const end = to + cell;
      if (y >= 0 && y < inHeight && x >= 0 && x < inWidth) {
        let from = X + <usize>((y * inWidth + x) * inChannels + firstChannel) * stride;
        for (; to < end; to += 32) {
          v128.store(to, v128.load(from));
          v128.store(to, v128.load(from, 16), 16);
          from += stride;
        }
      } else for (; to < end; to += 16) v128.store(to, zero);
    }
  }
  gradients = to;
}

/** The gradients at these rows of positions: [row][column][filter][8], a missing last filter 0. */
function copyGradients(dY: usize, stride: usize): void {
  const zero = f32x4.splat(0);
  const count = lastFilter - firstFilter;
  let to = gradients;
  let row = dY + <usize>(top * outWidth * filters + firstFilter) * stride;
  for (let p = (bottom - top) * outWidth; p > 0; p--) {
    let from = row;
    for (const end = to + (<usize>count << 5); to < end; to += 32) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      from += stride;
    }
    if (count & 1) {
      v128.store(to, zero);
      v128.store(to, zero, 16);
      to += 32;
    }
    row += <usize>filters * stride;
  }
}

/** Adds what the rows of positions from `y0` to before `y1` contribute. */
function addBand(dW: usize, window: i32, y0: i32, y1: i32): void {
  const taps = kernelHeight * kernelWidth * width;
  const columnStep = <usize>(strideX * width) << 5;
  const rowStep = <usize>(strideY * copiedWidth * width) << 5;
  const pairs = <usize>((lastFilter - firstFilter + 1) & ~1);
  const first = inputs + <usize>(y0 - top) * rowStep;
  const gradient = gradients + ((<usize>((y0 - top) * outWidth) * pairs) << 5);
  for (let t = 0; t < taps; t += 4) {
    const last = min(t + 3, taps - 1);
    // Positions at which all four taps lie outside of the input add nothing.
    const row = t / (kernelWidth * width), lastRow = last / (kernelWidth * width);
    let from = 0, to = outWidth;
    let upper = y0, lower = y1;
    if (row == lastRow) {
      const x0 = (t / width - row * kernelWidth) * dilationX - padLeft;
      const x1 = (last / width - row * kernelWidth) * dilationX - padLeft;
      if (x1 < 0) from = (strideX - 1 - x1) / strideX;
      to = inWidth > x0 ? min(outWidth, (inWidth - 1 - x0) / strideX + 1) : 0;
      const y = row * dilationY - padTop;
      if (y < 0) upper = max(y0, (strideY - 1 - y) / strideY);
      lower = inHeight > y ? min(y1, (inHeight - 1 - y) / strideY + 1) : 0;
      if (from >= to || upper >= lower) continue;
    }
    const skipped = <usize>(upper - y0) * rowStep + <usize>from * columnStep;
    const a0 = first + skipped + tapOffset(t), a1 = first + skipped + tapOffset(min(t + 1, last));
    const a2 = first + skipped + tapOffset(min(t + 2, last)), a3 = first + skipped + tapOffset(last);
    let d = gradient + ((<usize>((upper - y0) * outWidth + from) * pairs) << 5);
    for (let f = firstFilter; f < lastFilter; f += 2) {
      tile(
        a0, a1, a2, a3, columnStep, rowStep, d, pairs << 5, (<usize>outWidth * pairs) << 5, lower - upper, to - from,
        dW + (<usize>(f * window) << 2), t, last, min(2, lastFilter - f), window,
      );
      d += 64;
    }
  }
}

/** Where tap t of the copied channels lies behind the window's first, in bytes. */
function tapOffset(t: i32): usize {
  const cell = t / width, y = cell / kernelWidth;
  return <usize>((y * dilationY * copiedWidth + (cell - y * kernelWidth) * dilationX) * width + t % width) << 5;
}

/** Taps t … last (at most 4) of two filters: adds their dot products over `rows` × `columns` positions to dw. */
function tile(
  a0: usize, a1: usize, a2: usize, a3: usize, columnStep: usize, rowStep: usize, d0: usize, dStep: usize, dRow: usize,
  rows: i32, columns: i32, dw: usize, t: i32, last: i32, there: i32, window: i32,
): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
  a1 -= a0;
  a2 -= a0;
  a3 -= a0;
  for (; rows > 0; rows--) {
    let a = a0, d = d0;
    for (const end = d + <usize>columns * dStep; d != end; d += dStep) {
      const x = v128.load(d), y = v128.load(d, 32);
      const z0 = v128.load(a);
      s0 = fma(x, z0, s0);
      t0 = fma(y, z0, t0);
      const z1 = v128.load(a + a1);
      s1 = fma(x, z1, s1);
      t1 = fma(y, z1, t1);
      const z2 = v128.load(a + a2);
      s2 = fma(x, z2, s2);
      t2 = fma(y, z2, t2);
      const z3 = v128.load(a + a3);
      s3 = fma(x, z3, s3);
      t3 = fma(y, z3, t3);
      const u = v128.load(d, 16), v = v128.load(d, 48);
      const w0 = v128.load(a, 16);
      s0 = fma(u, w0, s0);
      t0 = fma(v, w0, t0);
      const w1 = v128.load(a + a1, 16);
      s1 = fma(u, w1, s1);
      t1 = fma(v, w1, t1);
      const w2 = v128.load(a + a2, 16);
      s2 = fma(u, w2, s2);
      t2 = fma(v, w2, t2);
      const w3 = v128.load(a + a3, 16);
      s3 = fma(u, w3, s3);
      t3 = fma(v, w3, t3);
      a += columnStep;
    }
    a0 += rowStep;
    d0 += dRow;
  }
  addSums(dw, t, last, sumFour(s0, s1, s2, s3));
  if (there > 1) addSums(dw + (<usize>window << 2), t, last, sumFour(t0, t1, t2, t3));
}
function addSums(dw: usize, t: i32, last: i32, sums: v128): void {
  if (width == inChannels && last - t == 3) {
    const p = dw + (<usize>t << 2);
    v128.store(p, f32x4.add(v128.load(p), sums));
    return;
  }
  addOne(dw, t, f32x4.extract_lane(sums, 0));
  if (last > t) addOne(dw, t + 1, f32x4.extract_lane(sums, 1));
  if (last > t + 1) addOne(dw, t + 2, f32x4.extract_lane(sums, 2));
  if (last > t + 2) addOne(dw, t + 3, f32x4.extract_lane(sums, 3));
}
function addOne(dw: usize, t: i32, sum: f32): void {
  const p = dw + (<usize>(t / width * inChannels + firstChannel + t % width) << 2);
  store<f32>(p, load<f32>(p) + sum);
}

// ------------------------------------------------------------------------------------------------ tap by tap

/** Without copies: convolutions over each channel by itself, and windows too wide for the scratch space. */
function tapByTap(multiplier: i32, X: usize, dY: usize, dW: usize, ld: i32): void {
  const stride = <usize>ld << 2;
  const perFilter = multiplier > 0 ? 1 : inChannels;
  for (let f = firstFilter; f < lastFilter; f++) {
    let to = dW + (<usize>(f * kernelHeight * kernelWidth * perFilter) << 2);
    for (let ky = 0; ky < kernelHeight; ky++) {
      for (let kx = 0; kx < kernelWidth; kx++) {
        const channel = multiplier > 0 ? f / multiplier : 0;
        for (let k = 0; k < perFilter; k++) {
          store<f32>(to, tapDot(X + <usize>(channel + k) * stride, dY + <usize>f * stride, ky, kx, stride));
          to += 4;
        }
      }
    }
  }
}

/** The dot product of one tap's rows with one filter's. */
function tapDot(X: usize, dY: usize, ky: i32, kx: i32, stride: usize): f32 {
  const x0 = kx * dilationX - padLeft;
  const from = x0 < 0 ? (strideX - 1 - x0) / strideX : 0;
  const to = inWidth > x0 ? min(outWidth, (inWidth - 1 - x0) / strideX + 1) : 0;
  let total: f32 = 0;
  for (let oy = 0; oy < outHeight; oy++) {
    const y = oy * strideY - padTop + ky * dilationY;
    if (y < 0 || y >= inHeight) continue;
    let s = f32x4.splat(0), t = s;
    let x = X + <usize>((y * inWidth + from * strideX + x0) * inChannels) * stride;
    let d = dY + <usize>((oy * outWidth + from) * filters) * stride;
    for (let ox = from; ox < to; ox++) {
      for (let p: usize = 0; p < stride; p += 32) {
        s = fma(v128.load(x + p), v128.load(d + p), s);
        t = fma(v128.load(x + p, 16), v128.load(d + p, 16), t);
      }
      x += <usize>(strideX * inChannels) * stride;
      d += <usize>filters * stride;
    }
    total += sumLanes32(f32x4.add(s, t));
  }
  return total;
}
