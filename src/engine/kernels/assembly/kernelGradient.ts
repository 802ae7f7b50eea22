// Owns the gradients by the kernels of convolutions: for each filter and tap, a sum over positions and samples.
//
// A group of samples at a time, both operands are first turned sample-major into the scratch space, the input with zeros around
// it: then the taps of a kernel row lie side by side, as do the filters of a position, and a tile of 4 filters × 8 taps
// is the inner loop of a matrix product, with the positions of a sample, which the L1 cache holds, as the inner dimension.
import {
  DILATION_X, DILATION_Y, IN_CHANNELS, IN_HEIGHT, IN_WIDTH, KERNEL_HEIGHT, KERNEL_WIDTH, MULTIPLIER, OUT_CHANNELS,
  OUT_HEIGHT, OUT_WIDTH, PAD_LEFT, PAD_TOP, SCRATCH_STRIPS, STRIDE_X, STRIDE_Y, STRIP_BYTES,
} from './geometry';
import { floatAt, intAt, scratch, SCRATCH_TILE } from './memory';
import { fma, sumLanes32 } from './simd';
import { partBegin, partEnd } from './threads';

/** Samples turned at a time may take so much, where 8 of them take less: they stay in the L2 cache. */
const GROUP_BYTES: i32 = 131072;
/** A tile passes over several samples at once where they take less than this, or have less positions. Measured. */
const CACHED_BYTES: i32 = 24576;
const LEAST_POSITIONS: i32 = 64;
/** Keeps samples from lying a power of two apart, and a tile's reads behind the last tap inside. */
const GAP_BYTES: i32 = 64;

let inHeight: i32 = 0, inWidth: i32 = 0, inChannels: i32 = 0;
let outHeight: i32 = 0, outWidth: i32 = 0, filters: i32 = 0;
let kernelHeight: i32 = 0, kernelWidth: i32 = 0;
let strideY: i32 = 0, strideX: i32 = 0, dilationY: i32 = 0, dilationX: i32 = 0, padTop: i32 = 0, padLeft: i32 = 0;

// What is turned: a group of samples, positions from (top, left) to before (bottom, right), and of the filters those that
// this thread has, in fours.
let samples: i32 = 0, top: i32 = 0, bottom: i32 = 0, left: i32 = 0, right: i32 = 0;
let firstFilter: i32 = 0, lastFilter: i32 = 0;
/** Size of the turned input without gaps. */
let copiedHeight: i32 = 0, copiedWidth: i32 = 0;
let inputs: usize = 0, gradients: usize = 0;
// Bytes from one position, row of positions, and sample to the next.
let inputStep: usize = 0, inputRow: usize = 0, inputSample: usize = 0;
let gradientStep: usize = 0, gradientRow: usize = 0, gradientSample: usize = 0;

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
  if (inWidth == 1 && outWidth == 1 && kernelWidth == 1) layFlat();
  const multiplier = load<i32>(g, MULTIPLIER);
  if (multiplier > 0 || sampleBytes(1, 1) << 3 > STRIP_BYTES) tapByTap(multiplier, x, dy, dw, ld);
  else byTiles(x, dy, dw, ld);
}

/** Makes a sequence, an image of width 1, one of height 1: rows are what the tiles pass along. */
function layFlat(): void {
  inWidth = inHeight;
  outWidth = outHeight;
  kernelWidth = kernelHeight;
  strideX = strideY;
  dilationX = dilationY;
  padLeft = padTop;
  inHeight = outHeight = kernelHeight = strideY = dilationY = 1;
  padTop = 0;
}

/** What `height` × `width` positions of one sample take, turned; as if one thread had all filters. */
function sampleBytes(height: i32, width: i32): i64 {
  const rows = <i64>(height - 1) * strideY + (kernelHeight - 1) * dilationY + 1;
  const columns = <i64>(width - 1) * strideX + (kernelWidth - 1) * dilationX + 1;
  return (rows * columns * inChannels + <i64>(height * width) * ((filters + 3) & ~3)) * 4 + 2 * GAP_BYTES;
}

// ------------------------------------------------------------------------------------------------ tiles

/** Threads share four filters' kernel rows. */
function byTiles(X: usize, dY: usize, dW: usize, ld: i32): void {
  const items = ((filters + 3) >> 2) * kernelHeight;
  const begin = partBegin(items, 1), end = partEnd(items, 1);
  if (begin == end) return;
  firstFilter = begin / kernelHeight << 2;
  lastFilter = min(filters, (end + kernelHeight - 1) / kernelHeight << 2);
  // Whole samples where 8 of them fit, otherwise some rows of positions, or parts of one.
  let height = outHeight, width = outWidth;
  while (sampleBytes(height, width) << 3 > STRIP_BYTES) {
    if (height > 1) height = (height + 1) >> 1;
    else width = (width + 1) >> 1;
  }
  const bytes = <i32>sampleBytes(height, width);
  const group = max(8, min(ld, GROUP_BYTES / bytes & ~7));
  const atOnce = min(group, max(CACHED_BYTES / bytes, LEAST_POSITIONS / (height * width)) | 1);
  const rowBytes = <usize>(kernelWidth * inChannels) << 2;
  for (let item = begin; item < end; item++) {
    const f = item / kernelHeight << 2, there = min(4, filters - f);
    for (let i = 0; i < there; i++) {
      memory.fill(dW + <usize>((f + i) * kernelHeight + item % kernelHeight) * rowBytes, 0, rowBytes);
    }
  }
  for (let first = 0; first < ld; first += group) {
    samples = min(group, ld - first);
    for (top = 0; top < outHeight; top += height) {
      bottom = min(outHeight, top + height);
      for (left = 0; left < outWidth; left += width) {
        right = min(outWidth, left + width);
        turnInputs(X + (<usize>first << 2), <usize>ld << 2);
        turnGradients(dY + (<usize>first << 2), <usize>ld << 2);
        for (let s = 0; s < samples; s += atOnce) {
          for (let item = begin; item < end; item++) addRow(dW, item, s, min(atOnce, samples - s));
        }
      }
    }
  }
}

/** inputs[sample][row][column][channel]: what the windows of these positions see. */
function turnInputs(X: usize, stride: usize): void {
  copiedHeight = (bottom - top - 1) * strideY + (kernelHeight - 1) * dilationY + 1;
  copiedWidth = (right - left - 1) * strideX + (kernelWidth - 1) * dilationX + 1;
  inputs = scratch + SCRATCH_STRIPS;
  const line = <usize>(copiedWidth * inChannels) << 2;
  inputStep = <usize>(strideX * inChannels) << 2;
  inputRow = <usize>strideY * line;
  inputSample = <usize>copiedHeight * line + GAP_BYTES;
  const y = top * strideY - padTop, x = left * strideX - padLeft;
  const y0 = max(0, y), y1 = min(inHeight, y + copiedHeight);
  const x0 = max(0, x), x1 = min(inWidth, x + copiedWidth);
  const bytes = <usize>samples * inputSample;
  if (y < y0 || y1 < y + copiedHeight || x < x0 || x1 < x + copiedWidth) memory.fill(inputs, 0, bytes);
  else for (let gap = inputs + inputSample - GAP_BYTES, end = inputs + bytes; gap < end; gap += inputSample) {
    memory.fill(gap, 0, GAP_BYTES);
  }
  gradients = inputs + bytes;
  if (x0 >= x1) return;
  for (let row = y0; row < y1; row++) {
    const from = X + <usize>((row * inWidth + x0) * inChannels) * stride;
    const to = inputs + <usize>(row - y) * line + (<usize>((x0 - x) * inChannels) << 2);
    for (let s = 0; s < samples; s += 4) {
      turn(from + (<usize>s << 2), stride, (x1 - x0) * inChannels, to + <usize>s * inputSample, inputSample);
    }
  }
}

/** gradients[sample][position][filter], filters that there are not being 0. */
function turnGradients(dY: usize, stride: usize): void {
  const count = lastFilter - firstFilter;
  gradientStep = <usize>((count + 3) & ~3) << 2;
  gradientRow = <usize>(right - left) * gradientStep;
  gradientSample = <usize>(bottom - top) * gradientRow + GAP_BYTES;
  if (count & 3) memory.fill(gradients, 0, <usize>samples * gradientSample);
  let to = gradients;
  for (let y = top; y < bottom; y++) {
    let from = dY + <usize>((y * outWidth + left) * filters + firstFilter) * stride;
    for (let x = left; x < right; x++) {
      for (let s = 0; s < samples; s += 4) {
        turn(from + (<usize>s << 2), stride, count, to + <usize>s * gradientSample, gradientSample);
      }
      from += <usize>filters * stride;
      to += gradientStep;
    }
  }
}

/** Four columns of `count` rows at `from` become rows at `to`, `step` apart. */
function turn(from: usize, stride: usize, count: i32, to: usize, step: usize): void {
  const to1 = to + step, to2 = to1 + step, to3 = to2 + step;
  const whole = <usize>(count & ~3) << 2, all = <usize>count << 2;
  let k: usize = 0;
  for (; k < whole; k += 16) {
    const x0 = v128.load(from), x1 = v128.load(from + stride);
    const x2 = v128.load(from + 2 * stride), x3 = v128.load(from + 3 * stride);
    const u0 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5), u1 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
    const u2 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7), u3 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
    v128.store(to + k, v128.shuffle<f64>(u0, u1, 0, 2));
    v128.store(to1 + k, v128.shuffle<f64>(u0, u1, 1, 3));
    v128.store(to2 + k, v128.shuffle<f64>(u2, u3, 0, 2));
    v128.store(to3 + k, v128.shuffle<f64>(u2, u3, 1, 3));
    from += stride << 2;
  }
  for (; k < all; k += 4) {
    const x = v128.load(from);
    v128.store_lane<f32>(to + k, x, 0);
    v128.store_lane<f32>(to1 + k, x, 1);
    v128.store_lane<f32>(to2 + k, x, 2);
    v128.store_lane<f32>(to3 + k, x, 3);
    from += stride;
  }
}

/** Adds what `count` samples from `first` on contribute to one kernel row of four filters. */
function addRow(dW: usize, item: i32, first: i32, count: i32): void {
  const f = item / kernelHeight << 2, ky = item % kernelHeight;
  const y = ky * dilationY - padTop;
  // Rows of positions at which this kernel row lies outside of the input add nothing; columns likewise, below.
  const upper = max(top, firstInside(y, strideY)), lower = min(bottom, endInside(y, strideY, inHeight));
  if (upper >= lower) return;
  const window = kernelHeight * kernelWidth * inChannels;
  const x0 = inputs + <usize>first * inputSample + <usize>(upper - top) * inputRow
    + (<usize>(ky * dilationY * copiedWidth * inChannels) << 2);
  const d0 = gradients + <usize>first * gradientSample + <usize>(upper - top) * gradientRow
    + (<usize>(f - firstFilter) << 2);
  const dw = dW + (<usize>(f * window + ky * kernelWidth * inChannels) << 2);
  // Taps that lie side by side: the whole kernel row, or the channels of a cell.
  const run = dilationX == 1 ? kernelWidth * inChannels : inChannels;
  for (let cell = 0; cell < kernelWidth * inChannels; cell += run) {
    for (let t = cell; t < cell + run; t += 8) {
      const there = min(8, cell + run - t);
      const kx = t / inChannels, lastKx = (t + there - 1) / inChannels;
      const from = max(left, firstInside(lastKx * dilationX - padLeft, strideX));
      const to = min(right, endInside(kx * dilationX - padLeft, strideX, inWidth));
      if (from >= to) continue;
      const at = kx * dilationX * inChannels + t - kx * inChannels;
      tile(
        x0 + (<usize>at << 2) + <usize>(from - left) * inputStep, d0 + <usize>(from - left) * gradientStep, count,
        lower - upper, to - from, dw + (<usize>t << 2), <usize>window << 2, min(4, filters - f), there,
      );
    }
  }
}
/** The first window whose tap at `offset` from its start is not before the input. */
// @ts-ignore: decorator
@inline function firstInside(offset: i32, stride: i32): i32 {
  return offset < 0 ? (stride - 1 - offset) / stride : 0;
}
/** One behind the last window whose tap there is not behind the input. */
// @ts-ignore: decorator
@inline function endInside(offset: i32, stride: i32, length: i32): i32 {
  return length > offset ? (length - 1 - offset) / stride + 1 : 0;
}

/** Adds a tile of `m` filters × `n` taps to c: sums over `count` samples, `rows` × `columns` positions each. */
function tile(
  x0: usize, d0: usize, count: i32, rows: i32, columns: i32, c: usize, lc: usize, m: i32, n: i32,
): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  const xStep = inputStep, dStep = gradientStep, length = <usize>columns * gradientStep;
  for (; count > 0; count--) {
    let xRow = x0, dRow = d0;
    for (let row = rows; row > 0; row--) {
      let x = xRow, d = dRow;
      const end = d + length;
      do {
        const y0 = v128.load(x), y1 = v128.load(x, 16);
        const a0 = v128.load_splat<f32>(d);
        c00 = fma(a0, y0, c00);
        c01 = fma(a0, y1, c01);
        const a1 = v128.load_splat<f32>(d, 4);
        c10 = fma(a1, y0, c10);
        c11 = fma(a1, y1, c11);
        const a2 = v128.load_splat<f32>(d, 8);
        c20 = fma(a2, y0, c20);
        c21 = fma(a2, y1, c21);
        const a3 = v128.load_splat<f32>(d, 12);
        c30 = fma(a3, y0, c30);
        c31 = fma(a3, y1, c31);
        x += xStep;
        d += dStep;
      } while (d != end);
      xRow += inputRow;
      dRow += gradientRow;
    }
    x0 += inputSample;
    d0 += gradientSample;
  }
  addSums(c, c00, c01, n);
  if (m > 1) addSums(c + lc, c10, c11, n);
  if (m > 2) addSums(c + 2 * lc, c20, c21, n);
  if (m > 3) addSums(c + 3 * lc, c30, c31, n);
}
function addSums(c: usize, low: v128, high: v128, n: i32): void {
  if (n == 8) {
    v128.store(c, f32x4.add(v128.load(c), low));
    v128.store(c, f32x4.add(v128.load(c, 16), high), 16);
    return;
  }
  const sums = scratch + SCRATCH_TILE;
  v128.store(sums, low);
  v128.store(sums, high, 16);
  for (let i: usize = 0, end = <usize>n << 2; i < end; i += 4) {
    store<f32>(c + i, load<f32>(c + i) + load<f32>(sums + i));
  }
}

// ------------------------------------------------------------------------------------------------ tap by tap

/** In place: convolutions over each channel by itself, and windows too large for the scratch space. */
function tapByTap(multiplier: i32, X: usize, dY: usize, dW: usize, ld: i32): void {
  const stride = <usize>ld << 2;
  const perFilter = multiplier > 0 ? 1 : inChannels;
  const cells = kernelHeight * kernelWidth;
  const items = filters * cells;
  let to = dW + (<usize>(partBegin(items, 16) * perFilter) << 2);
  for (let item = partBegin(items, 16), end = partEnd(items, 16); item < end; item++) {
    const f = item / cells, cell = item - f * cells, ky = cell / kernelWidth;
    const channel = multiplier > 0 ? f / multiplier : 0;
    for (let k = 0; k < perFilter; k++) {
      const x = X + <usize>(channel + k) * stride;
      store<f32>(to, tapDot(x, dY + <usize>f * stride, ky, cell - ky * kernelWidth, stride));
      to += 4;
    }
  }
}

/** The dot product of one tap's rows with one filter's. */
function tapDot(X: usize, dY: usize, ky: i32, kx: i32, stride: usize): f32 {
  const x0 = kx * dilationX - padLeft, y0 = ky * dilationY - padTop;
  const from = firstInside(x0, strideX), to = endInside(x0, strideX, inWidth);
  const last = min(outHeight, endInside(y0, strideY, inHeight));
  let total: f32 = 0;
  for (let oy = firstInside(y0, strideY); oy < last; oy++) {
    let s = f32x4.splat(0), t = s;
    let x = X + <usize>(((oy * strideY + y0) * inWidth + from * strideX + x0) * inChannels) * stride;
    let d = dY + <usize>((oy * outWidth + from) * filters) * stride;
    for (let ox = from; ox < min(outWidth, to); ox++) {
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
