// Owns the losses: value, gradient and what counts as right. Values are float32 by element, summed in float64. Shared by
// rows, or by columns where they belong together, in chunks (statistics.ts).
import { Loss } from './contract';
import * as functions from './functions';
import { HEAD_BATCH, HEAD_INVERSE_BATCH, PARTIAL_BYTES } from './memory';
import { countLanes, firstLanes, flush, SMALLEST_NORMAL, sumLanes } from './simd';
import { chunkRows, partialAt, partialOf } from './statistics';
import { meet, part, partBegin, partEnd, parts } from './threads';

/** OP.loss. `dY` and `out` are 0 where not wanted. */
export function loss(
  kind: i32, units: i32, positions: i32, Y: usize, T: usize, dY: usize, ld: i32, out: usize, scaleAt: usize,
): void {
  const factor = load<f32>(scaleAt) * load<f32>(HEAD_INVERSE_BATCH);
  const stride = <usize>ld << 2;
  const columnwise = kind == Loss.softmaxCrossEntropy;
  // Columns are dealt out by cache lines.
  const lines = (ld + LINE - 1) / LINE;
  const count = columnwise ? positions * lines : units * positions;
  const per = chunkRows(count, columnwise ? units * LINE : ld);
  let at = partBegin(count, per);
  let to = partialOf(at, per);
  for (const end = partEnd(count, per); at < end; at += per, to += PARTIAL_BYTES) {
    const n = min(per, count - at);
    if (columnwise) {
      crossEntropy(units, at, n, lines, Y, T, dY, ld, to, factor);
    } else {
      const from = <usize>at * stride;
      const d: usize = dY == 0 ? 0 : dY + from;
      if (kind == Loss.meanSquaredError) squaredError(n, Y + from, T + from, d, ld, to, factor);
      else elementLoss(kind, n, Y + from, T + from, d, ld, to, factor);
    }
  }
  if (parts != 1) meet();
  if (part != 0 || out == 0) return;
  let total = load<f64>(partialAt(0)), correct = load<f64>(partialAt(0), 8);
  for (let k = per, more = partialAt(1); k < count; k += per, more += PARTIAL_BYTES) {
    total += load<f64>(more);
    correct += load<f64>(more, 8);
  }
  store<f64>(out, total * <f64>factor);
  store<f64>(out, correct, 8);
}

/** Columns that are dealt out together: a cache line. */
const LINE: i32 = 16;

// @ts-ignore: decorator
@inline function keep(to: usize, total: f64, correct: f64): void {
  store<f64>(to, total);
  store<f64>(to, correct, 8);
}

/**
 * Column-wise softmax and the cross-entropy of its labels; a vector is four columns. The `count` lines of columns from
 * `first` on, where every position has `lines` of them.
 */
export function crossEntropy(
  units: i32, first: i32, count: i32, lines: i32, Y: usize, T: usize, dY: usize, ld: i32, to: usize, factor: f32,
): void {
  const batch = load<i32>(HEAD_BATCH);
  const stride = <usize>ld << 2;
  const size = <usize>units * stride;
  const zero = f32x4.splat(0);
  const scale = f32x4.splat(factor);
  const smallest = f32x4.splat(SMALLEST_NORMAL);
  const toD = dY - Y;
  let total: f64 = 0;
  let correct = zero;
  for (let line = first; line < first + count; line++) {
    const q = line / lines;
    const from = (line - q * lines) * LINE;
    const labels = T + <usize>q * stride;
    for (let j = from, last = min(ld, from + LINE); j < last; j += 4) {
      const column = Y + <usize>q * size + (<usize>j << 2);
      const end = column + size;
      const valid = firstLanes(batch - j);
      if (j >= batch) {
        if (dY != 0) for (let p = column; p < end; p += stride) v128.store(p + toD, zero);
        continue;
      }
      const label = v128.load(labels + (<usize>j << 2));
      let largest = v128.load(column);
      let best = zero;
      let unit = zero;
      const one = i32x4.splat(1);
      for (let p = column + stride; p < end; p += stride) {
        const y = v128.load(p);
        unit = i32x4.add(unit, one);
        const more = f32x4.gt(y, largest);
        largest = v128.bitselect(y, largest, more);
        best = v128.bitselect(unit, best, more);
      }
      let sum = zero;
      let ofLabel = zero;
      unit = zero;
      for (let p = column; p < end; p += stride) {
        const y = v128.load(p);
        const e = functions.exp(f32x4.sub(y, largest));
        sum = f32x4.add(sum, e);
        if (dY != 0) v128.store(p + toD, e);
        ofLabel = v128.or(ofLabel, v128.and(y, i32x4.eq(unit, label)));
        unit = i32x4.add(unit, one);
      }
      // −ln softmax(label); the difference first, which is exact to the value's own scale.
      const value = f32x4.add(functions.log(sum), f32x4.sub(largest, ofLabel));
      total += sumLanes(v128.and(value, valid));
      correct = i32x4.sub(correct, v128.and(i32x4.eq(best, label), valid));
      if (dY == 0) continue;
      const inverse = f32x4.div(f32x4.splat(1), sum);
      unit = zero;
      for (let p = column; p < end; p += stride) {
        const hit = v128.and(i32x4.eq(unit, label), f32x4.splat(1));
        const d = f32x4.mul(f32x4.sub(f32x4.mul(v128.load(p + toD), inverse), hit), scale);
        v128.store(p + toD, v128.and(flush(d, smallest), valid));
        unit = i32x4.add(unit, one);
      }
    }
  }
  keep(to, total, <f64>countLanes(correct));
}

export function squaredError(rows: i32, Y: usize, T: usize, dY: usize, ld: i32, to: usize, factor: f32): void {
  const batch = load<i32>(HEAD_BATCH);
  const stride = <usize>ld << 2;
  const scale = f32x4.splat(factor);
  const smallest = f32x4.splat(SMALLEST_NORMAL);
  let total: f64 = 0;
  let distance: f64 = 0;
  for (let r = 0; r < rows; r++) {
    let squares = f32x4.splat(0);
    let distances = squares;
    let j = 0;
    for (let o: usize = 0; o < stride; o += 16, j += 4) {
      let d = f32x4.sub(v128.load(Y + o), v128.load(T + o));
      if (j + 4 > batch) d = v128.and(d, firstLanes(batch - j));
      squares = f32x4.add(squares, f32x4.mul(d, d));
      distances = f32x4.add(distances, f32x4.abs(d));
      if (dY != 0) v128.store(dY + o, flush(f32x4.mul(f32x4.add(d, d), scale), smallest));
    }
    total += sumLanes(squares);
    distance += sumLanes(distances);
    Y += stride;
    T += stride;
    dY += dY != 0 ? stride : 0;
  }
  keep(to, total, distance);
}

/** The other losses whose elements do not know of each other. Huber's δ is 1; hinge takes a target above 0 as +1, else −1. */
export function elementLoss(
  kind: i32, rows: i32, Y: usize, T: usize, dY: usize, ld: i32, to: usize, factor: f32,
): void {
  const batch = load<i32>(HEAD_BATCH);
  const stride = <usize>ld << 2;
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const half = f32x4.splat(0.5);
  const signBit = i32x4.splat(0x80000000);
  const scale = f32x4.splat(factor);
  const smallest = f32x4.splat(SMALLEST_NORMAL);
  let total: f64 = 0;
  let right: f64 = 0;
  for (let r = 0; r < rows; r++) {
    let j = 0;
    for (let o: usize = 0; o < stride; o += 16, j += 4) {
      const valid = firstLanes(batch - j);
      const y = v128.load(Y + o), t = v128.load(T + o);
      const d = f32x4.sub(y, t);
      const size = f32x4.abs(d);
      // ±1, 0 at 0, NaN at NaN
      const sign = v128.bitselect(v128.or(one, v128.and(d, signBit)), d, f32x4.gt(size, zero));
      let value = size, gradient = sign, correct = size;
      if (kind == Loss.huber) {
        const inside = f32x4.le(size, one);
        value = v128.bitselect(f32x4.mul(f32x4.mul(d, d), half), f32x4.sub(size, half), inside);
        gradient = v128.bitselect(d, sign, inside);
      } else if (kind == Loss.binaryCrossEntropy) {
        const left = functions.softplus(f32x4.neg(y)), rest = functions.softplus(y);
        value = f32x4.add(f32x4.mul(t, left), f32x4.mul(f32x4.sub(one, t), rest));
        gradient = f32x4.sub(functions.sigmoid(y), t);
        correct = v128.andnot(one, v128.xor(f32x4.gt(y, zero), f32x4.gt(t, half)));
      } else if (kind == Loss.hinge) {
        const positive = f32x4.gt(t, zero);
        const side = v128.bitselect(one, f32x4.neg(one), positive);
        const margin = f32x4.sub(one, f32x4.mul(side, y));
        const met = f32x4.le(margin, zero);
        value = v128.andnot(margin, met);
        gradient = v128.andnot(f32x4.neg(side), met);
        correct = v128.andnot(one, v128.xor(f32x4.gt(y, zero), positive));
      }
      total += sumLanes(v128.and(value, valid));
      right += sumLanes(v128.and(correct, valid));
      if (dY != 0) v128.store(dY + o, v128.and(flush(f32x4.mul(gradient, scale), smallest), valid));
    }
    Y += stride;
    T += stride;
    dY += dY != 0 ? stride : 0;
  }
  keep(to, total, right);
}
