// Owns the convolutions of any rank and, as the same gathering of windows the other way round, the gradients by their
// inputs. The kernel's gradient is `kernelGradient.ts`'s, convolutions over each channel by itself `depthwise.ts`'s.
//
// A tile is 4 filters × 8 columns in registers over all taps. The taps of a window lie in runs of consecutive rows: one
// run a kernel row where there is no dilation; borders make runs shorter. The source's rows are first copied 8 columns at a
// time, so that a run is contiguous: rows a power of two apart would share few sets of the L1 cache. The kernel is packed
// so that the four filters' weights of a tap lie side by side.
import { depthwise, depthwiseInputGradient } from './depthwise';
import {
  DILATION_X, DILATION_Y, IN_CHANNELS, IN_HEIGHT, IN_WIDTH, KERNEL_HEIGHT, KERNEL_WIDTH, MULTIPLIER, OUT_CHANNELS,
  OUT_HEIGHT, OUT_WIDTH, PAD_LEFT, PAD_TOP, SCRATCH_STRIPS, SCRATCH_TABLE, STRIDE_X, STRIDE_Y, STRIP_BYTES,
  TABLE_BYTES,
} from './geometry';
import { floatAt, intAt, scratch } from './memory';
import { fma } from './simd';
import { meet, partBegin, partEnd } from './threads';

/** A run: where it starts and ends in the source, then in the packed kernel; offsets in bytes. */
const RUN_BYTES: usize = 16;
/** Fewer uses of a copied row than this do not pay for the copy. Measured. */
const LEAST_USES: i32 = 6;

// The gathering at hand: target[p][m] = Σ_{y,x,k} packed[m][y][x][k] · source[(p · step − pad + (y, x) · dilation) ÷ up][k],
// where up divides and the source has such a row. Forward `up` is 1, on the way back `step` is.
let sourceHeight: i32 = 0, sourceWidth: i32 = 0, channels: i32 = 0;
let targetHeight: i32 = 0, targetWidth: i32 = 0, rows: i32 = 0;
let kernelHeight: i32 = 0, kernelWidth: i32 = 0;
let stepY: i32 = 0, stepX: i32 = 0, upY: i32 = 0, upX: i32 = 0;
let dilationY: i32 = 0, dilationX: i32 = 0, padY: i32 = 0, padX: i32 = 0;
let packedKernel: usize = 0;

// What the runs are relative to: where source row 0 would lie, and bytes from one source row to the next.
let origin: usize = 0, rowBytes: usize = 0;
/** Behind the last run of the table. */
let tableEnd: usize = 0;
/** Whether the target's position has sums from runs that did not fit the table with these. */
let continued: bool = false;

/** OP.convolution */
export function convolution(r: usize, base: usize): void {
  const g = intAt(r + 16);
  const x = floatAt(r + 20), w = floatAt(r + 24), y = floatAt(r + 28), ld = load<i32>(r, 36);
  if (load<i32>(g, MULTIPLIER) > 0) {
    depthwise(g, x, w, y, ld);
    return;
  }
  sourceHeight = load<i32>(g, IN_HEIGHT);
  sourceWidth = load<i32>(g, IN_WIDTH);
  channels = load<i32>(g, IN_CHANNELS);
  targetHeight = load<i32>(g, OUT_HEIGHT);
  targetWidth = load<i32>(g, OUT_WIDTH);
  rows = load<i32>(g, OUT_CHANNELS);
  stepY = load<i32>(g, STRIDE_Y);
  stepX = load<i32>(g, STRIDE_X);
  upY = upX = 1;
  padY = load<i32>(g, PAD_TOP);
  padX = load<i32>(g, PAD_LEFT);
  setKernel(g, floatAt(r + 32));
  packFilters(w);
  meet();
  gatherWindows(x, y, ld);
}

/** OP.convolutionInputGradient */
export function convolutionInputGradient(r: usize, base: usize): void {
  const g = intAt(r + 16);
  const dy = floatAt(r + 20), w = floatAt(r + 24), dx = floatAt(r + 28), ld = load<i32>(r, 36);
  if (load<i32>(g, MULTIPLIER) > 0) {
    depthwiseInputGradient(g, dy, w, dx, ld);
    return;
  }
  sourceHeight = load<i32>(g, OUT_HEIGHT);
  sourceWidth = load<i32>(g, OUT_WIDTH);
  channels = load<i32>(g, OUT_CHANNELS);
  targetHeight = load<i32>(g, IN_HEIGHT);
  targetWidth = load<i32>(g, IN_WIDTH);
  rows = load<i32>(g, IN_CHANNELS);
  stepY = stepX = 1;
  upY = load<i32>(g, STRIDE_Y);
  upX = load<i32>(g, STRIDE_X);
  setKernel(g, floatAt(r + 32));
  // With the kernel turned round, taps go up where the source's rows do, and make runs.
  padY = (kernelHeight - 1) * dilationY - load<i32>(g, PAD_TOP);
  padX = (kernelWidth - 1) * dilationX - load<i32>(g, PAD_LEFT);
  packTurned(w);
  meet();
  gatherWindows(dy, dx, ld);
}

function setKernel(g: usize, packed: usize): void {
  kernelHeight = load<i32>(g, KERNEL_HEIGHT);
  kernelWidth = load<i32>(g, KERNEL_WIDTH);
  dilationY = load<i32>(g, DILATION_Y);
  dilationX = load<i32>(g, DILATION_X);
  packedKernel = packed;
}

// ------------------------------------------------------------------------------------------------ packing

/** packed[f ÷ 4][tap][k][f mod 4] = w[f][tap][k]; filters that there are not are 0. */
function packFilters(w: usize): void {
  const window = kernelHeight * kernelWidth * channels;
  const stride = <usize>window << 2;
  const groups = (rows + 3) >> 2;
  for (let group = partBegin(groups, 1), end = partEnd(groups, 1); group < end; group++) {
    let to = packedKernel + ((<usize>group * stride) << 2);
    let from = w + ((<usize>group * stride) << 2);
    const there = min(4, rows - (group << 2));
    if (there < 4) memory.fill(to, 0, stride << 2);
    for (let f = 0; f < there; f++) {
      for (let t: usize = 0; t < stride; t += 4) store<f32>(to + (t << 2), load<f32>(from + t));
      to += 4;
      from += stride;
    }
  }
}

/** packed[k ÷ 4][taps − 1 − tap][f][k mod 4] = w[f][tap][k]; here `rows` counts k and `channels` f. */
function packTurned(w: usize): void {
  const taps = kernelHeight * kernelWidth;
  const groups = (rows + 3) >> 2;
  for (let group = partBegin(groups, 1), end = partEnd(groups, 1); group < end; group++) {
    const k = group << 2;
    const there = min(4, rows - k);
    let to = packedKernel + (<usize>(group * taps * channels) << 4);
    for (let tap = taps - 1; tap >= 0; tap--) {
      let from = w + (<usize>(tap * rows + k) << 2);
      for (let f = 0; f < channels; f++) {
        if (there == 4) v128.store(to, v128.load(from));
        else for (let i = 0; i < 4; i++) store<f32>(to + (<usize>i << 2), i < there ? load<f32>(from + (<usize>i << 2)) : 0);
        to += 16;
        from += <usize>(taps * rows) << 2;
      }
    }
  }
}

/** `count` rows of 8 columns, one after the other. */
function packRows(from: usize, stride: usize, to: usize, count: i32): void {
  for (const end = to + (<usize>count << 5); to < end; to += 32) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    from += stride;
  }
}

// ------------------------------------------------------------------------------------------------ gathering

/** The whole target, shared among threads by columns of 8 and rows of positions. */
function gatherWindows(source: usize, target: usize, ld: i32): void {
  const items = (ld >> 3) * targetHeight;
  const end = partEnd(items, 1);
  for (let item = partBegin(items, 1); item < end;) {
    const block = item / targetHeight;
    const first = item - block * targetHeight;
    const last = min(targetHeight, first + end - item);
    item += last - first;
    gatherColumns(source + (<usize>block << 5), target + (<usize>block << 5), <usize>ld << 2, first, last);
  }
}

/** 8 columns of the target's rows of positions from `first` to before `last`. */
function gatherColumns(source: usize, target: usize, stride: usize, first: i32, last: i32): void {
  // As many rows of positions at a time as the copied rows of the source have room for.
  const positionRow = sourceWidth * channels;
  const room = STRIP_BYTES / (positionRow << 5) - 2;
  const reach = (kernelHeight - 1) * dilationY;
  const uses = kernelHeight * kernelWidth * ((rows + 3) >> 2) / (stepY * stepX * upY * upX);
  const height = room < 1 || stride == 32 || uses < LEAST_USES ? 0 : max(0, (room * upY - reach) / stepY);
  const strip = scratch + SCRATCH_STRIPS;
  const lineBytes = <usize>rows * stride;
  origin = source;
  rowBytes = stride;
  for (let y = first; y < last;) {
    let end = last;
    if (height > 0) {
      end = min(last, y + height);
      const from = max(0, (y * stepY - padY) / upY);
      const to = min(sourceHeight, ((end - 1) * stepY - padY + reach) / upY + 1);
      if (to > from) packRows(source + <usize>(from * positionRow) * stride, stride, strip, (to - from) * positionRow);
      origin = strip - (<usize>(from * positionRow) << 5);
      rowBytes = 32;
    }
    for (; y < end; y++) gatherLine(target + <usize>(y * targetWidth) * lineBytes, lineBytes, stride, y);
  }
}

/** The positions of row `y` of the target. */
function gatherLine(target: usize, lineBytes: usize, stride: usize, y: i32): void {
  const reach = (kernelWidth - 1) * dilationX;
  // Windows that lie inside, side by side, have the same runs, moved on by so many bytes.
  const moved = <usize>(stepX * channels) * rowBytes;
  let whole = false;
  let shift: usize = 0;
  for (let x = 0; x < targetWidth; x++) {
    const left = x * stepX - padX;
    const inside = upX == 1 && left >= 0 && left + reach < sourceWidth;
    if (inside && whole) shift += moved;
    else {
      shift = 0;
      continued = false;
      findRuns(y, x, target, stride);
      whole = inside && !continued;
    }
    storeTiles(target, stride, shift);
    target += lineBytes;
  }
}

/** Fills the table for the target's position (y, x). Runs that do not fit are added up at once. */
function findRuns(y: i32, x: i32, target: usize, stride: usize): void {
  tableEnd = scratch + SCRATCH_TABLE;
  for (let ky = 0; ky < kernelHeight; ky++) {
    let sy = y * stepY - padY + ky * dilationY;
    if (sy < 0) continue;
    if (upY > 1) {
      if (sy % upY != 0) continue;
      sy /= upY;
    }
    if (sy >= sourceHeight) continue;
    const left = x * stepX - padX;
    if (upX == 1 && dilationX == 1) {
      const from = max(0, -left), to = min(kernelWidth, sourceWidth - left);
      if (from < to) addRun(ky * kernelWidth + from, sy * sourceWidth + left + from, to - from, target, stride);
    } else for (let kx = 0; kx < kernelWidth; kx++) {
      let sx = left + kx * dilationX;
      if (sx < 0) continue;
      if (upX > 1) {
        if (sx % upX != 0) continue;
        sx /= upX;
      }
      if (sx < sourceWidth) addRun(ky * kernelWidth + kx, sy * sourceWidth + sx, 1, target, stride);
    }
  }
}

/** Adds `count` taps from `tap` on at the source's position `at`, to the last run where they follow it in both. */
function addRun(tap: i32, at: i32, count: i32, target: usize, stride: usize): void {
  const table = scratch + SCRATCH_TABLE;
  const weights = <usize>(tap * channels) << 4;
  const begin = <usize>(at * channels) * rowBytes;
  const end = begin + <usize>(count * channels) * rowBytes;
  const weightsEnd = weights + (<usize>(count * channels) << 4);
  if (tableEnd > table && load<usize>(tableEnd - 12) == begin && load<usize>(tableEnd - 4) == weights) {
    store<usize>(tableEnd - 12, end);
    store<usize>(tableEnd - 4, weightsEnd);
    return;
  }
  if (tableEnd + RUN_BYTES > table + TABLE_BYTES) {
    storeTiles(target, stride, 0);
    continued = true;
    tableEnd = table;
  }
  store<usize>(tableEnd, begin);
  store<usize>(tableEnd, end, 4);
  store<usize>(tableEnd, weights, 8);
  store<usize>(tableEnd, weightsEnd, 12);
  tableEnd += RUN_BYTES;
}

/** All filters at one position, by the runs of the table, the source being `shift` bytes further on. */
function storeTiles(target: usize, stride: usize, shift: usize): void {
  const table = scratch + SCRATCH_TABLE;
  const group = <usize>(kernelHeight * kernelWidth * channels) << 4;
  let weights = packedKernel;
  for (let m = 0; m < rows; m += 4) {
    tile(table, tableEnd, weights, origin + shift, rowBytes, target, stride, min(4, rows - m), continued);
    weights += group;
    target += stride << 2;
  }
}

/** The first `m` rows of a 4×8 tile. */
function tile(
  run: usize, end: usize, a0: usize, b0: usize, lb: usize, c: usize, lc: usize, m: i32, accumulate: bool,
): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  for (; run < end; run += RUN_BYTES) {
    let a = a0 + load<usize>(run, 8), b = b0 + load<usize>(run);
    const stop = b0 + load<usize>(run, 4);
    do {
      const y0 = v128.load(b), y1 = v128.load(b, 16);
      const x0 = v128.load_splat<f32>(a);
      c00 = fma(x0, y0, c00);
      c01 = fma(x0, y1, c01);
      const x1 = v128.load_splat<f32>(a, 4);
      c10 = fma(x1, y0, c10);
      c11 = fma(x1, y1, c11);
      const x2 = v128.load_splat<f32>(a, 8);
      c20 = fma(x2, y0, c20);
      c21 = fma(x2, y1, c21);
      const x3 = v128.load_splat<f32>(a, 12);
      c30 = fma(x3, y0, c30);
      c31 = fma(x3, y1, c31);
      a += 16;
      b += lb;
    } while (b != stop);
  }
  storeRow(c, c00, c01, accumulate);
  if (m > 1) storeRow(c + lc, c10, c11, accumulate);
  if (m > 2) storeRow(c + 2 * lc, c20, c21, accumulate);
  if (m > 3) storeRow(c + 3 * lc, c30, c31, accumulate);
}
// @ts-ignore: decorator
@inline function storeRow(c: usize, low: v128, high: v128, accumulate: bool): void {
  if (accumulate) {
    low = f32x4.add(low, v128.load(c));
    high = f32x4.add(high, v128.load(c, 16));
  }
  v128.store(c, low);
  v128.store(c, high, 16);
}
