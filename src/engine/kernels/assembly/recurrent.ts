// Owns what a recurrent layer does in one time step besides its matrix products, forward and backward. `r` is the record's
// address, `base` that of the step's statistics; arguments: contract.ts. Work is done in runs: pieces of a plane (`units`
// rows of `ld` floats) small enough that a run of every plane involved stays in the L1 cache, so that each function of the
// cell has a plain loop of its own. Runs are also what threads share, and sums are taken by.
import { activate, backward } from './activation';
import { Activation, LAST_DERIVATIVE_FROM_OUTPUT, RecurrentKind } from './contract';
import { activationStatistics } from './forward';
import { sigmoidRows, tanhRows } from './hotRows';
import { floatAt, floatOrNone, FLOATS, HEAD_BATCH, intAt, scratch, SCRATCH_PANELS, statsOrNone } from './memory';
import { floorLog2, flush, fma, hold, power32, TINY } from './simd';
import { meet, part, partBegin, partEnd } from './threads';

/** Floats of a run, unless rows are shorter than that or end earlier. */
const RUN: i32 = 512;
const RUN_BYTES: usize = <usize>RUN << 2;
// Gradients whose largest magnitude lies outside of these are normalized (contract.ts, OP.recurrentCellBackward).
const LEAST_MAXIMUM: f32 = 2.3283064365386963e-10; // 2^−32
const MOST_MAXIMUM: f32 = 18446744073709551616.0; // 2^64

// The run in work: its first unit, how many, bytes of each one's piece, the column it starts at, where it lies in a plane.
let runUnit: i32 = 0;
let runUnits: i32 = 0;
let runRow: usize = 0;
let runColumn: i32 = 0;
let runAt: usize = 0;
let runBytes: usize = 0;

function runCount(units: i32, ld: i32): i32 {
  if (ld > RUN) return units * ((ld + RUN - 1) / RUN);
  const each = RUN / ld;
  return (units + each - 1) / each;
}
function setRun(index: i32, units: i32, ld: i32): void {
  let width = ld;
  if (ld > RUN) {
    const pieces = (ld + RUN - 1) / RUN;
    runUnit = index / pieces;
    runColumn = (index % pieces) * RUN;
    runUnits = 1;
    width = min(RUN, ld - runColumn);
  } else {
    const each = RUN / ld;
    runUnit = index * each;
    runUnits = min(each, units - runUnit);
    runColumn = 0;
  }
  runRow = <usize>width << 2;
  runAt = <usize>(runUnit * ld + runColumn) << 2;
  runBytes = <usize>runUnits * runRow;
}

/** This thread's space for the k-th value or slope of a run. */
// @ts-ignore: decorator
@inline function slot(k: i32): usize {
  return scratch + SCRATCH_PANELS + <usize>k * RUN_BYTES;
}
/** The codes and places behind the argument `cell`: RECURRENT_CELL of contract.ts, in words. */
// @ts-ignore: decorator
@inline function cellFloat(cell: usize, word: usize): usize {
  return FLOATS + (<usize>load<i32>(cell + (word << 2)) << 2);
}

// ------------------------------------------------------------------------------------------------ functions of a run

/** z += bias of each unit (0: none), h = φ(z); h may be z. */
function applyRun(code: i32, alpha: usize, z: usize, h: usize, bias: usize): void {
  if (bias != 0) bias += <usize>runUnit << 2;
  if (code == Activation.tanh) tanhRows(runUnits, 1, z, h, bias, runRow);
  else if (code == Activation.sigmoid) sigmoidRows(runUnits, 1, z, h, bias, runRow);
  else if (code == Activation.hardSigmoid) applyRows(Activation.hardSigmoid, alpha, z, h, bias);
  else applyAny(code, alpha, z, h, bias);
}
function applyAny(code: i32, alpha: usize, z: usize, h: usize, bias: usize): void {
  applyRows(code, alpha, z, h, bias);
}
// @ts-ignore: decorator
@inline function applyRows(code: i32, alphaAt: usize, z: usize, h: usize, bias: usize): void {
  const alpha = v128.load_splat<f32>(alphaAt);
  const tiny = hold(f32x4.splat(TINY));
  const toH = h - z;
  for (let u = 0; u < runUnits; u++) {
    const b = bias == 0 ? f32x4.splat(0) : v128.load_splat<f32>(bias + (<usize>u << 2));
    for (const end = z + runRow; z < end; z += 16) {
      const x = f32x4.add(v128.load(z), b);
      v128.store(z, x);
      v128.store(z + toH, flush(activate(code, x, alpha), tiny));
    }
  }
}

/** Where the value of what was left in place at `y` is: there, or computed from z into `space`. */
function valueOf(code: i32, alpha: usize, y: usize, space: usize): usize {
  if (code <= LAST_DERIVATIVE_FROM_OUTPUT) return y;
  applyRun(code, alpha, y, space, 0);
  return space;
}

/** φ′ of what was left in place at `y`, into `to`. */
function slopeRun(code: i32, alpha: usize, y: usize, to: usize): void {
  if (code == Activation.tanh) slopes(Activation.tanh, alpha, y, to);
  else if (code == Activation.sigmoid) slopes(Activation.sigmoid, alpha, y, to);
  else if (code == Activation.hardSigmoid) slopes(Activation.hardSigmoid, alpha, y, to);
  else slopesAny(code, alpha, y, to);
}
function slopesAny(code: i32, alpha: usize, y: usize, to: usize): void {
  slopes(code, alpha, y, to);
}
// @ts-ignore: decorator
@inline function slopes(code: i32, alphaAt: usize, y: usize, to: usize): void {
  const alpha = v128.load_splat<f32>(alphaAt);
  const one = hold(f32x4.splat(1));
  const back = to - y;
  for (const end = y + runBytes; y < end; y += 16) v128.store(y + back, backward(code, one, v128.load(y), alpha));
}

// ------------------------------------------------------------------------------------------------ forward

/** OP.recurrentCell */
export function recurrentCell(r: usize, base: usize): void {
  const kind = load<i32>(r, 4);
  const units = load<i32>(r, 8);
  const ld = load<i32>(r, 12);
  const cell = intAt(r + 16);
  const X = floatAt(r + 20), Y = floatAt(r + 24), H = floatAt(r + 28), state = floatAt(r + 32);
  const bias = floatOrNone(r + 36);
  const runs = runCount(units, ld);
  const plane = <usize>(units * ld) << 2;
  for (let q = partBegin(runs, 1), end = partEnd(runs, 1); q < end; q++) {
    setRun(q, units, ld);
    const x = X + runAt, y = Y + runAt, h = H + runAt;
    if (kind == RecurrentKind.simpleRNN) applyRun(load<i32>(cell), cellFloat(cell, 1), x, h, bias);
    else if (kind == RecurrentKind.lstm) lstmRun(cell, units, plane, x, y, h, state + runAt, bias);
    else gruRun(kind, cell, units, plane, x, y, h, state + runAt, bias);
  }
  const out = statsOrNone(r + 48, base);
  if (out == 0) return;
  // All rows have to be there; then every thread that takes part is called alike.
  meet();
  const code = kind == RecurrentKind.simpleRNN ? load<i32>(cell) : Activation.linear;
  activationStatistics(code, units, load<i32>(r, 40), floatAt(r + 44), ld, out);
}

/** Leaves φ(z) in place, or z where φ′ is computed from that; answers where the value is. */
function gate(code: i32, alpha: usize, z: usize, space: usize, bias: usize): usize {
  const value = code <= LAST_DERIVATIVE_FROM_OUTPUT ? z : space;
  applyRun(code, alpha, z, value, bias);
  return value;
}
// @ts-ignore: decorator
@inline function biasOf(bias: usize, units: i32, index: i32): usize {
  return bias == 0 ? 0 : bias + (<usize>(index * units) << 2);
}

function lstmRun(cell: usize, units: i32, plane: usize, x: usize, c: usize, h: usize, before: usize, bias: usize): void {
  const phi = load<i32>(cell), alpha = cellFloat(cell, 1), recurrent = load<i32>(cell, 8), beta = cellFloat(cell, 3);
  const i = gate(recurrent, beta, x, slot(0), bias);
  const f = gate(recurrent, beta, x + plane, slot(1), biasOf(bias, units, 1));
  const g = gate(phi, alpha, x + 2 * plane, slot(2), biasOf(bias, units, 2));
  const o = gate(recurrent, beta, x + 3 * plane, slot(3), biasOf(bias, units, 3));
  const tiny = hold(f32x4.splat(TINY));
  for (let k: usize = 0; k < runBytes; k += 16) {
    const kept = f32x4.mul(v128.load(f + k), v128.load(before + k));
    v128.store(c + k, flush(fma(v128.load(i + k), v128.load(g + k), kept), tiny));
  }
  applyRun(phi, alpha, c, h, 0);
  for (let k: usize = 0; k < runBytes; k += 16) {
    v128.store(h + k, flush(f32x4.mul(v128.load(h + k), v128.load(o + k)), tiny));
  }
}

function gruRun(
  kind: i32, cell: usize, units: i32, plane: usize, x: usize, y: usize, h: usize, before: usize, bias: usize,
): void {
  const phi = load<i32>(cell), alpha = cellFloat(cell, 1), recurrent = load<i32>(cell, 8), beta = cellFloat(cell, 3);
  const candidate = x + 2 * plane;
  const tiny = hold(f32x4.splat(TINY));
  let z: usize, hat: usize;
  if (kind == RecurrentKind.gruGates) {
    gate(recurrent, beta, x, slot(0), bias);
    const open = gate(recurrent, beta, x + plane, slot(1), biasOf(bias, units, 1));
    for (let k: usize = 0; k < runBytes; k += 16) {
      v128.store(y + k, flush(f32x4.mul(v128.load(open + k), v128.load(before + k)), tiny));
    }
    return;
  }
  if (kind == RecurrentKind.gruState) {
    z = valueOf(recurrent, beta, x, slot(0));
    hat = gate(phi, alpha, candidate, slot(2), biasOf(bias, units, 2));
  } else {
    addRows(x, y, biasOf(bias, units, 0));
    addRows(x + plane, y + plane, biasOf(bias, units, 1));
    z = gate(recurrent, beta, y, slot(0), biasOf(bias, units, 3));
    const open = gate(recurrent, beta, y + plane, slot(1), biasOf(bias, units, 4));
    resetRows(candidate, y + 2 * plane, open, biasOf(bias, units, 2), biasOf(bias, units, 5));
    hat = gate(phi, alpha, candidate, slot(2), 0);
  }
  for (let k: usize = 0; k < runBytes; k += 16) {
    const a = v128.load(hat + k);
    // ĥ + z (h′ − ĥ), as PyTorch has it.
    v128.store(h + k, flush(fma(v128.load(z + k), f32x4.sub(v128.load(before + k), a), a), tiny));
  }
}
/** y += x + bias */
function addRows(x: usize, y: usize, bias: usize): void {
  for (let u = 0; u < runUnits; u++) {
    const b = bias == 0 ? f32x4.splat(0) : v128.load_splat<f32>(bias + (<usize>(runUnit + u) << 2));
    for (const end = x + runRow; x < end; x += 16) {
      v128.store(y, f32x4.add(v128.load(y), f32x4.add(v128.load(x), b)));
      y += 16;
    }
  }
}
/** y += biasY, x += biasX + open ⊙ y */
function resetRows(x: usize, y: usize, open: usize, biasX: usize, biasY: usize): void {
  for (let u = 0; u < runUnits; u++) {
    const unit = <usize>(runUnit + u) << 2;
    const bx = biasX == 0 ? f32x4.splat(0) : v128.load_splat<f32>(biasX + unit);
    const by = biasY == 0 ? f32x4.splat(0) : v128.load_splat<f32>(biasY + unit);
    for (const end = x + runRow; x < end; x += 16) {
      const side = f32x4.add(v128.load(y), by);
      v128.store(y, side);
      v128.store(x, fma(v128.load(open), side, f32x4.add(v128.load(x), bx)));
      y += 16;
      open += 16;
    }
  }
}

// ------------------------------------------------------------------------------------------------ backward

// What a run of gradients is like: bits of the largest magnitude, and of the smallest that is not 0, less 1.
let topBits: u32 = 0;
let leastBits: u32 = u32.MAX_VALUE;

/** OP.recurrentCellBackward */
export function recurrentCellBackward(r: usize, base: usize): void {
  const kind = load<i32>(r, 4);
  const units = load<i32>(r, 8);
  const ld = load<i32>(r, 12);
  const cell = intAt(r + 16);
  const X = floatAt(r + 20), Y = floatAt(r + 24), state = floatAt(r + 28);
  const outer = floatOrNone(r + 32), eOuter = load<i32>(intAt(r + 36));
  const carried = floatOrNone(r + 40), eIn = load<i32>(intAt(r + 44));
  const dC = floatOrNone(r + 48), out = floatOrNone(r + 52);
  const runs = runCount(units, ld);
  const first = partBegin(runs, 1), end = partEnd(runs, 1);
  const plane = <usize>(units * ld) << 2;
  if (kind == RecurrentKind.gruGates) {
    for (let q = first; q < end; q++) {
      setRun(q, units, ld);
      resetBackward(cell, X + plane + runAt, state + runAt, carried + runAt, out + runAt);
    }
    return;
  }
  const workspace = cellFloat(cell, 4);
  const zeros = cellFloat(cell, 5);
  const exponent = sumExponent(units * ld, outer, eOuter, carried, eIn, dC);
  // What is zeros may have a larger exponent; it stays zeros.
  const scaleOuter = power32(min(0, eOuter - exponent));
  const scaleIn = power32(min(0, eIn - exponent));
  for (let q = first; q < end; q++) {
    setRun(q, units, ld);
    const dh = slot(0);
    const squares = combine(
      (outer == 0 ? zeros : outer) + runAt, outer == 0 ? 1 : scaleOuter,
      (carried == 0 ? zeros : carried) + runAt, carried == 0 ? 1 : scaleIn, dh,
    );
    topBits = 0;
    leastBits = u32.MAX_VALUE;
    const x = X + runAt, y = Y + runAt;
    if (kind == RecurrentKind.simpleRNN) {
      slopeRun(load<i32>(cell), cellFloat(cell, 1), y, slot(1));
      multiplyRun(dh, slot(1), x);
      measure(x);
    } else if (kind == RecurrentKind.lstm) {
      const dc = carriedCell(dC == 0 ? zeros : dC, dC == 0 ? 1 : scaleIn, slot(1));
      lstmBackward(cell, plane, x, y, state + runAt, dh, dc, out + runAt);
      for (let k: usize = 0; k < 4; k++) measure(x + k * plane);
      measure(out + runAt);
    } else {
      gruBackward(kind, cell, plane, x, y, state + runAt, dh, out + runAt);
      measure(x);
      if (kind == RecurrentKind.gru) {
        measure(x + plane);
        measure(y + 2 * plane);
        clearPadding(y);
        clearPadding(y + plane);
      }
      measure(x + 2 * plane);
      measure(out + runAt);
    }
    const summary = workspace + (<usize>q << 4);
    store<f64>(summary, squares);
    store<u32>(summary, topBits, 8);
    store<u32>(summary, leastBits, 12);
  }
  meet();
  const power = commonPower(runs, workspace);
  if (power != KEEP) {
    // 2^149 is more than a float32 can be: two factors.
    const half = power >> 1;
    const a = f32x4.splat(power32(half)), b = f32x4.splat(power32(power - half));
    const planes = kind == RecurrentKind.simpleRNN ? 1 : kind == RecurrentKind.lstm ? 4 : 3;
    for (let q = first; q < end; q++) {
      setRun(q, units, ld);
      for (let k = 0; k < planes; k++) {
        const at = <usize>k * plane + runAt;
        if (kind != RecurrentKind.gruState || k != 1) scaleRun(X + at, a, b);
        if (kind == RecurrentKind.gru) scaleRun(Y + at, a, b);
      }
      if (out != 0) scaleRun(out + runAt, a, b);
    }
  }
  if (part != 0) return;
  store<i32>(intAt(r + 56), power == KEEP ? exponent : exponent - power);
  const stats = statsOrNone(r + 60, base);
  if (stats == 0) return;
  let sum: f64 = 0;
  for (let q = 0; q < runs; q++) sum += load<f64>(workspace + (<usize>q << 4));
  store<f64>(stats, sum);
  store<f64>(stats, <f64>exponent, 8);
}

/** The exponent that outer + carried is taken at. */
function sumExponent(count: i32, outer: usize, eOuter: i32, carried: usize, eIn: i32, dC: usize): i32 {
  if (outer == 0) return eIn;
  if (carried == 0 || eOuter == eIn) return eOuter;
  if (isZero(count, outer)) return eIn;
  if (isZero(count, carried) && (dC == 0 || isZero(count, dC))) return eOuter;
  return max(eOuter, eIn);
}
/** `count` a multiple of 8. */
function isZero(count: i32, x: usize): bool {
  const zero = f32x4.splat(0);
  for (const end = x + (<usize>count << 2); x < end; x += 16) if (v128.any_true(f32x4.ne(v128.load(x), zero))) return false;
  return true;
}

/** to = a · scaleA + b · scaleB; answers Σ to². Padding is 0 in both. */
function combine(a: usize, scaleA: f32, b: usize, scaleB: f32, to: usize): f64 {
  let sums = f64x2.splat(0);
  const scaled = scaleA != 1 || scaleB != 1;
  const sa = f32x4.splat(scaleA), sb = f32x4.splat(scaleB), tiny = hold(f32x4.splat(TINY));
  for (const end = to + runBytes; to < end; to += 16) {
    let x = v128.load(a), y = v128.load(b);
    if (scaled) {
      x = flush(f32x4.mul(x, sa), tiny);
      y = flush(f32x4.mul(y, sb), tiny);
    }
    const sum = f32x4.add(x, y);
    v128.store(to, sum);
    const low = f64x2.promote_low_f32x4(sum), high = f64x2.promote_low_f32x4(v128.shuffle<f32>(sum, sum, 2, 3, 0, 1));
    sums = f64x2.add(sums, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
    a += 16;
    b += 16;
  }
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}
/** Where the carried gradient by c of this run is, at the exponent of the sum: in its place, or scaled in `space`. */
function carriedCell(dC: usize, scale: f32, space: usize): usize {
  dC += runAt;
  if (scale == 1) return dC;
  memory.copy(space, dC, runBytes);
  scaleRun(space, f32x4.splat(scale), f32x4.splat(1));
  return space;
}
/** A run times a · b, what is then below 2^−100 made 0. */
function scaleRun(p: usize, a: v128, b: v128): void {
  const tiny = hold(f32x4.splat(TINY));
  for (const end = p + runBytes; p < end; p += 16) {
    v128.store(p, flush(f32x4.mul(f32x4.mul(v128.load(p), a), b), tiny));
  }
}
/** c = a ⊙ b */
function multiplyRun(a: usize, b: usize, c: usize): void {
  for (let k: usize = 0; k < runBytes; k += 16) v128.store(c + k, f32x4.mul(v128.load(a + k), v128.load(b + k)));
}

function lstmBackward(cell: usize, plane: usize, x: usize, c: usize, before: usize, dh: usize, dc: usize, out: usize): void {
  const phi = load<i32>(cell), alpha = cellFloat(cell, 1), recurrent = load<i32>(cell, 8), beta = cellFloat(cell, 3);
  const x1 = x + plane, x2 = x1 + plane, x3 = x2 + plane;
  // φ(c), then its slope, computed from whichever it is computed from.
  const shown = slot(2);
  applyRun(phi, alpha, c, shown, 0);
  slopeRun(phi, alpha, phi <= LAST_DERIVATIVE_FROM_OUTPUT ? shown : c, slot(3));
  slopeRun(recurrent, beta, x, slot(4));
  slopeRun(recurrent, beta, x1, slot(5));
  slopeRun(phi, alpha, x2, slot(6));
  slopeRun(recurrent, beta, x3, slot(7));
  const i = valueOf(recurrent, beta, x, slot(8)), f = valueOf(recurrent, beta, x1, slot(9));
  const g = valueOf(phi, alpha, x2, slot(10)), o = valueOf(recurrent, beta, x3, slot(11));
  const slots = slot(0);
  for (let k: usize = 0; k < runBytes; k += 16) {
    const s = slots + k;
    const d = v128.load(dh + k);
    const open = v128.load(o + k);
    v128.store(x3 + k, f32x4.mul(f32x4.mul(d, v128.load(s, 2 * RUN_BYTES)), v128.load(s, 7 * RUN_BYTES)));
    const e = f32x4.add(v128.load(dc + k), f32x4.mul(f32x4.mul(d, open), v128.load(s, 3 * RUN_BYTES)));
    const write = v128.load(i + k), keep = v128.load(f + k), fresh = v128.load(g + k);
    v128.store(x + k, f32x4.mul(f32x4.mul(e, fresh), v128.load(s, 4 * RUN_BYTES)));
    v128.store(x1 + k, f32x4.mul(f32x4.mul(e, v128.load(before + k)), v128.load(s, 5 * RUN_BYTES)));
    v128.store(x2 + k, f32x4.mul(f32x4.mul(e, write), v128.load(s, 6 * RUN_BYTES)));
    v128.store(out + k, f32x4.mul(e, keep));
  }
}

function gruBackward(kind: i32, cell: usize, plane: usize, x: usize, y: usize, before: usize, dh: usize, out: usize): void {
  const phi = load<i32>(cell), alpha = cellFloat(cell, 1), recurrent = load<i32>(cell, 8), beta = cellFloat(cell, 3);
  const after = kind == RecurrentKind.gru;
  const x2 = x + 2 * plane, y2 = y + 2 * plane;
  const left = after ? y : x;
  const z = valueOf(recurrent, beta, left, slot(1)), hat = valueOf(phi, alpha, x2, slot(2));
  slopeRun(recurrent, beta, left, slot(3));
  slopeRun(phi, alpha, x2, slot(4));
  const zSlope = slot(3), hatSlope = slot(4), dHat = slot(5);
  const one = hold(f32x4.splat(1));
  for (let k: usize = 0; k < runBytes; k += 16) {
    const d = v128.load(dh + k), keep = v128.load(z + k), fresh = v128.load(hat + k);
    v128.store(dHat + k, f32x4.mul(f32x4.mul(d, f32x4.sub(one, keep)), v128.load(hatSlope + k)));
    v128.store(out + k, f32x4.mul(d, keep));
    v128.store(x + k, f32x4.mul(f32x4.mul(d, f32x4.sub(v128.load(before + k), fresh)), v128.load(zSlope + k)));
  }
  if (after) {
    const y1 = y + plane, x1 = x + plane;
    const open = valueOf(recurrent, beta, y1, slot(6));
    slopeRun(recurrent, beta, y1, slot(7));
    const openSlope = slot(7);
    for (let k: usize = 0; k < runBytes; k += 16) {
      const d = v128.load(dHat + k), side = v128.load(y2 + k);
      v128.store(y2 + k, f32x4.mul(d, v128.load(open + k)));
      const dOpen = f32x4.mul(f32x4.mul(d, side), v128.load(openSlope + k));
      v128.store(x1 + k, dOpen);
      v128.store(y1 + k, dOpen);
      v128.store(y + k, v128.load(x + k));
    }
  }
  memory.copy(x2, dHat, runBytes);
}

/** gruGates: what comes back through r ⊙ h′, at x_r. */
function resetBackward(cell: usize, x: usize, before: usize, carried: usize, out: usize): void {
  const recurrent = load<i32>(cell, 8), beta = cellFloat(cell, 3);
  const open = valueOf(recurrent, beta, x, slot(0));
  const slope = slot(1);
  slopeRun(recurrent, beta, x, slope);
  const tiny = hold(f32x4.splat(TINY));
  for (let k: usize = 0; k < runBytes; k += 16) {
    const d = v128.load(carried + k);
    v128.store(out + k, f32x4.add(v128.load(out + k), flush(f32x4.mul(d, v128.load(open + k)), tiny)));
    v128.store(x + k, flush(f32x4.mul(f32x4.mul(d, v128.load(before + k)), v128.load(slope + k)), tiny));
  }
  clearPadding(x);
  clearPadding(out);
}

/** Takes the magnitudes of a run into topBits and leastBits, its padding made 0 first. */
function measure(p: usize): void {
  clearPadding(p);
  const magnitude = hold(i32x4.splat(0x7fffffff));
  const one = hold(i32x4.splat(1));
  let top = i32x4.splat(0), least = i32x4.splat(-1);
  for (const end = p + runBytes; p < end; p += 16) {
    const bits = v128.and(v128.load(p), magnitude);
    top = i32x4.max_u(top, bits);
    least = i32x4.min_u(least, i32x4.sub(bits, one));
  }
  top = i32x4.max_u(top, v128.shuffle<i32>(top, top, 2, 3, 0, 1));
  top = i32x4.max_u(top, v128.shuffle<i32>(top, top, 1, 0, 3, 2));
  least = i32x4.min_u(least, v128.shuffle<i32>(least, least, 2, 3, 0, 1));
  least = i32x4.min_u(least, v128.shuffle<i32>(least, least, 1, 0, 3, 2));
  topBits = max(topBits, <u32>i32x4.extract_lane(top, 0));
  leastBits = min(leastBits, <u32>i32x4.extract_lane(least, 0));
}
function clearPadding(p: usize): void {
  const there = max(0, load<i32>(HEAD_BATCH) - runColumn);
  const from = <usize>there << 2;
  if (from >= runRow) return;
  for (let u = 0; u < runUnits; u++) {
    memory.fill(p + from, 0, runRow - from);
    p += runRow;
  }
}

/** What `commonPower` answers where everything stays as it is. */
const KEEP: i32 = i32.MIN_VALUE;
/** The power of two that brings the largest magnitude of all runs into [1, 2), where it is out of bounds. */
function commonPower(runs: i32, workspace: usize): i32 {
  let top: u32 = 0, least: u32 = u32.MAX_VALUE;
  for (let p = workspace, end = workspace + (<usize>runs << 4); p < end; p += 16) {
    top = max(top, load<u32>(p, 8));
    least = min(least, load<u32>(p, 12));
  }
  const largest = reinterpret<f32>(top);
  if (largest > 0 && largest < Infinity && (largest < LEAST_MAXIMUM || largest > MOST_MAXIMUM)) return -floorLog2(largest);
  const smallest = reinterpret<f32>(least + 1);
  return smallest < TINY && smallest != 0 ? 0 : KEEP;
}

// ------------------------------------------------------------------------------------------------ exponents

/** OP.alignExponents */
export function alignExponents(r: usize, base: usize): void {
  const count = load<i32>(r, 4);
  const size = load<i32>(r, 8);
  const D = floatAt(r + 12), E = floatOrNone(r + 16);
  const list = intAt(r + 20);
  let common = load<i32>(intAt(list));
  let alike = true;
  for (let k = 1; k < count; k++) alike = alike && load<i32>(intAt(list + (<usize>k << 2))) == common;
  const bytes = <usize>size << 2;
  if (!alike) {
    let known = false;
    for (let k = 0; k < count; k++) {
      const e = load<i32>(intAt(list + (<usize>k << 2)));
      if ((known && e <= common) || isZero(size, D + <usize>k * bytes)) continue;
      common = e;
      known = true;
    }
  }
  // Nobody looks for zeros any more once the first block is scaled.
  meet();
  if (!alike) for (let k = partBegin(count, 1), end = partEnd(count, 1); k < end; k++) {
    const e = load<i32>(intAt(list + (<usize>k << 2)));
    if (e == common) continue;
    const scale = f32x4.splat(power32(min(0, e - common)));
    scaleFloats(D + <usize>k * bytes, bytes, scale);
    if (E != 0) scaleFloats(E + <usize>k * bytes, bytes, scale);
  }
  if (part == 0) store<i32>(intAt(r + 24), common);
}
function scaleFloats(p: usize, bytes: usize, scale: v128): void {
  const tiny = hold(f32x4.splat(TINY));
  for (const end = p + bytes; p < end; p += 16) v128.store(p, flush(f32x4.mul(v128.load(p), scale), tiny));
}
