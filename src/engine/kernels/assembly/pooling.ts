// Owns the poolings, forward and backward. A position's channels and columns are one run of floats; so are a window's
// taps. Threads share each run. On the way back every input position gathers from the windows that see it.
import {
  IN_CHANNELS, IN_HEIGHT, IN_WIDTH, KERNEL_HEIGHT, KERNEL_WIDTH, OUT_HEIGHT, OUT_WIDTH, PAD_LEFT, PAD_TOP, STRIDE_X,
  STRIDE_Y,
} from './geometry';
import { floatAt, floatOrNone, intAt } from './memory';
import { partBegin, partEnd } from './threads';

/** POOL_CODE of contract.ts. */
const AVERAGE: i32 = 0;
/** Floats that a thread's share is dealt out in: a line of the cache. */
const UNIT: i32 = 16;

let inHeight: i32 = 0, inWidth: i32 = 0, outHeight: i32 = 0, outWidth: i32 = 0;
let kernelHeight: i32 = 0, kernelWidth: i32 = 0, strideY: i32 = 0, strideX: i32 = 0, padTop: i32 = 0, padLeft: i32 = 0;
/** Bytes of a position's run, and this thread's share of it. */
let runBytes: usize = 0, shareBegin: usize = 0, shareEnd: usize = 0;

function setUp(g: usize, ld: i32): void {
  inHeight = load<i32>(g, IN_HEIGHT);
  inWidth = load<i32>(g, IN_WIDTH);
  outHeight = load<i32>(g, OUT_HEIGHT);
  outWidth = load<i32>(g, OUT_WIDTH);
  kernelHeight = load<i32>(g, KERNEL_HEIGHT);
  kernelWidth = load<i32>(g, KERNEL_WIDTH);
  strideY = load<i32>(g, STRIDE_Y);
  strideX = load<i32>(g, STRIDE_X);
  padTop = load<i32>(g, PAD_TOP);
  padLeft = load<i32>(g, PAD_LEFT);
  const size = load<i32>(g, IN_CHANNELS) * ld;
  runBytes = <usize>size << 2;
  shareBegin = <usize>partBegin(size, UNIT) << 2;
  shareEnd = <usize>partEnd(size, UNIT) << 2;
}

/** OP.pool */
export function pool(r: usize, base: usize): void {
  const average = load<i32>(r, 16) == AVERAGE;
  const X = floatAt(r + 24), Y = floatAt(r + 28), winner = floatOrNone(r + 32);
  setUp(intAt(r + 20), load<i32>(r, 36));
  let run: usize = 0;
  for (let oy = 0; oy < outHeight; oy++) {
    const y = oy * strideY - padTop;
    const y0 = max(0, y), y1 = min(inHeight, y + kernelHeight);
    for (let ox = 0; ox < outWidth; ox++) {
      const x = ox * strideX - padLeft;
      const x0 = max(0, x), x1 = min(inWidth, x + kernelWidth);
      const first = X + <usize>(y0 * inWidth + x0) * runBytes;
      if (average) mean(first, y1 - y0, x1 - x0, Y + run);
      else largest(first, y1 - y0, x1 - x0, (y0 - y) * kernelWidth + x0 - x, Y + run, winner == 0 ? 0 : winner + run);
      run += runBytes;
    }
  }
}

/** The mean of `rows` × `columns` cells, the first of which is at `first`. */
function mean(first: usize, rows: i32, columns: i32, to: usize): void {
  const line = <usize>inWidth * runBytes;
  const width = <usize>columns * runBytes;
  const count = f32x4.splat(<f32>(rows * columns));
  for (let at = shareBegin; at < shareEnd; at += 32) {
    let low = f32x4.splat(0), high = low;
    let row = first + at;
    for (const end = row + <usize>rows * line; row < end; row += line) {
      for (let p = row, stop = row + width; p < stop; p += runBytes) {
        low = f32x4.add(low, v128.load(p));
        high = f32x4.add(high, v128.load(p, 16));
      }
    }
    v128.store(to + at, f32x4.div(low, count));
    v128.store(to + at, f32x4.div(high, count), 16);
  }
}

/** The largest of `rows` × `columns` cells; `tap` is the number of the first in its window. */
function largest(first: usize, rows: i32, columns: i32, tap: i32, to: usize, winner: usize): void {
  const line = <usize>inWidth * runBytes;
  const width = <usize>columns * runBytes;
  const one = f32x4.splat(1), toNextRow = f32x4.splat(<f32>(kernelWidth - columns));
  for (let at = shareBegin; at < shareEnd; at += 32) {
    let row = first + at;
    let low = v128.load(row), high = v128.load(row, 16);
    let number = f32x4.splat(<f32>tap), lowTap = number, highTap = number;
    for (const end = row + <usize>rows * line; row < end; row += line) {
      for (let p = row, stop = row + width; p < stop; p += runBytes) {
        const a = v128.load(p), b = v128.load(p, 16);
        // Not smaller or equal: NaN replaces what is there, and stays, for nothing is larger.
        const moreA = v128.or(f32x4.gt(a, low), f32x4.ne(a, a)), moreB = v128.or(f32x4.gt(b, high), f32x4.ne(b, b));
        low = v128.bitselect(a, low, moreA);
        high = v128.bitselect(b, high, moreB);
        lowTap = v128.bitselect(number, lowTap, moreA);
        highTap = v128.bitselect(number, highTap, moreB);
        number = f32x4.add(number, one);
      }
      number = f32x4.add(number, toNextRow);
    }
    v128.store(to + at, low);
    v128.store(to + at, high, 16);
    if (winner != 0) {
      v128.store(winner + at, lowTap);
      v128.store(winner + at, highTap, 16);
    }
  }
}

/** OP.poolBackward */
export function poolBackward(r: usize, base: usize): void {
  const average = load<i32>(r, 16) == AVERAGE;
  const dY = floatAt(r + 24), winner = floatOrNone(r + 32);
  let dX = floatAt(r + 28);
  setUp(intAt(r + 20), load<i32>(r, 36));
  for (let iy = 0; iy < inHeight; iy++) {
    const y = iy + padTop;
    // The windows that see this row: the first that reaches it to the last that starts before it.
    const y0 = y < kernelHeight ? 0 : (y - kernelHeight) / strideY + 1, y1 = min(outHeight, y / strideY + 1);
    for (let ix = 0; ix < inWidth; ix++) {
      const x = ix + padLeft;
      const x0 = x < kernelWidth ? 0 : (x - kernelWidth) / strideX + 1, x1 = min(outWidth, x / strideX + 1);
      let accumulate = false;
      for (let oy = y0; oy < y1; oy++) {
        for (let ox = x0; ox < x1; ox++) {
          const run = <usize>(oy * outWidth + ox) * runBytes;
          if (average) addShare(dY + run, 1 / <f32>(cellsOf(oy, strideY, padTop, kernelHeight, inHeight) * cellsOf(ox, strideX, padLeft, kernelWidth, inWidth)), dX, accumulate);
          else addWon(dY + run, winner + run, (y - oy * strideY) * kernelWidth + x - ox * strideX, dX, accumulate);
          accumulate = true;
        }
      }
      if (!accumulate) memory.fill(dX + shareBegin, 0, shareEnd - shareBegin);
      dX += runBytes;
    }
  }
}

/** How many cells of a window's side are true ones. */
// @ts-ignore: decorator
@inline function cellsOf(o: i32, stride: i32, pad: i32, size: i32, length: i32): i32 {
  const from = o * stride - pad;
  return min(length, from + size) - max(0, from);
}

/** dx (+)= dy · share */
function addShare(dy: usize, share: f32, dx: usize, accumulate: bool): void {
  const s = f32x4.splat(share);
  for (let at = shareBegin; at < shareEnd; at += 16) {
    const v = f32x4.mul(v128.load(dy + at), s);
    v128.store(dx + at, accumulate ? f32x4.add(v128.load(dx + at), v) : v);
  }
}

/** dx (+)= dy where this tap won */
function addWon(dy: usize, winner: usize, tap: i32, dx: usize, accumulate: bool): void {
  const number = f32x4.splat(<f32>tap);
  for (let at = shareBegin; at < shareEnd; at += 16) {
    const v = v128.and(v128.load(dy + at), f32x4.eq(v128.load(winner + at), number));
    v128.store(dx + at, accumulate ? f32x4.add(v128.load(dx + at), v) : v);
  }
}
