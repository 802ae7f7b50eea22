// Owns the reference of what a recurrent layer does in one time step besides its matrix products, forward and backward.
import { LAST_DERIVATIVE_FROM_OUTPUT, RECURRENT_CELL, RECURRENT_KIND, TIME_RAW } from '../contract';
import { activate, derivative, floorLog2 } from './activations';
import type { ReferenceContext } from './context';
import { scaleByPower } from './context';
import { activationStatistics, sumOfSquares } from './statistics';

/** A function of the cell with its parameter. */
interface CellFunction {
  readonly code: number;
  readonly alpha: number;
}

/** φ and the function of the gates. */
function functions({ ints, floats }: ReferenceContext, cell: number): { phi: CellFunction; gate: CellFunction } {
  const at = (code: number, alpha: number) => ({ code: ints[cell + code]!, alpha: floats[ints[cell + alpha]!]! });
  return {
    phi: at(RECURRENT_CELL.activation, RECURRENT_CELL.alpha),
    gate: at(RECURRENT_CELL.recurrentActivation, RECURRENT_CELL.recurrentAlpha),
  };
}

/** φ of what was left in place: of z, or the value itself. */
function gateValue({ code, alpha }: CellFunction, left: number): number {
  return code > LAST_DERIVATIVE_FROM_OUTPUT ? activate(code, left, alpha) : left;
}
function slopeOf({ code, alpha }: CellFunction, left: number): number {
  return derivative(code, left, alpha);
}
/** φ′(c), whichever it is computed from. */
function slopeAt({ code, alpha }: CellFunction, z: number): number {
  return derivative(code, code > LAST_DERIVATIVE_FROM_OUTPUT ? z : activate(code, z, alpha), alpha);
}

/** OP.recurrentCell */
export function recurrentCell(c: ReferenceContext, p: number, base: number): void {
  const { floats, ints } = c;
  const [kind, units, ld, cell] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!];
  const [X, Y, H, state, bias] = [ints[p + 4]!, ints[p + 5]!, ints[p + 6]!, ints[p + 7]!, ints[p + 8]!];
  const [positions, measured, s] = [ints[p + 9]!, ints[p + 10]!, ints[p + 11]!];
  const { phi, gate } = functions(c, cell);
  const plane = units * ld;
  const flushed = (x: number) => (Math.abs(x) < c.flushBelow ? 0 : x);
  for (let k = 0; k < plane; k++) {
    const biasOf = (g: number) => (bias < 0 ? 0 : floats[bias + g * units + Math.floor(k / ld)]!);
    /** Finishes what lies at `at`, and answers its value. */
    const finish = (f: CellFunction, at: number, z: number): number => {
      const value = flushed(c.round(activate(f.code, c.round(z), f.alpha)));
      floats[at] = f.code > LAST_DERIVATIVE_FROM_OUTPUT ? z : value;
      return value;
    };
    const left = (g: number) => floats[X + g * plane + k]!;
    switch (kind) {
      case RECURRENT_KIND.simpleRNN: {
        const z = c.round(left(0) + biasOf(0));
        floats[X + k] = z;
        floats[H + k] = flushed(activate(phi.code, z, phi.alpha));
        break;
      }
      case RECURRENT_KIND.lstm: {
        const [i, f, g, o] = [gate, gate, phi, gate].map((f, n) => finish(f, X + n * plane + k, left(n) + biasOf(n)));
        floats[Y + k] = flushed(f! * floats[state + k]! + i! * g!);
        floats[H + k] = flushed(o! * activate(phi.code, floats[Y + k]!, phi.alpha));
        break;
      }
      case RECURRENT_KIND.gru: {
        const right = (g: number) => floats[Y + g * plane + k]! + biasOf(3 + g);
        const [z, r] = [0, 1].map((n) => finish(gate, Y + n * plane + k, left(n) + biasOf(n) + right(n)));
        const product = right(2);
        floats[Y + 2 * plane + k] = product;
        const candidate = finish(phi, X + 2 * plane + k, left(2) + biasOf(2) + r! * product);
        floats[H + k] = flushed(z! * floats[state + k]! + (1 - z!) * candidate);
        break;
      }
      case RECURRENT_KIND.gruGates: {
        finish(gate, X + k, left(0) + biasOf(0));
        const r = finish(gate, X + plane + k, left(1) + biasOf(1));
        floats[Y + k] = flushed(r * floats[state + k]!);
        break;
      }
      case RECURRENT_KIND.gruState: {
        const z = gateValue(gate, left(0));
        const candidate = finish(phi, X + 2 * plane + k, left(2) + biasOf(2));
        floats[H + k] = flushed(z * floats[state + k]! + (1 - z) * candidate);
        break;
      }
    }
  }
  if (s < 0) return;
  const code = kind === RECURRENT_KIND.simpleRNN ? phi.code : 0;
  activationStatistics(c, code, units, positions, measured, ld, base + s);
}

/** OP.recurrentCellBackward */
export function recurrentCellBackward(c: ReferenceContext, p: number, base: number): void {
  const { floats, ints } = c;
  const [kind, units, ld, cell] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!];
  const [X, Y, state, outer] = [ints[p + 4]!, ints[p + 5]!, ints[p + 6]!, ints[p + 7]!];
  const [carried, dC, out, s] = [ints[p + 9]!, ints[p + 11]!, ints[p + 12]!, ints[p + 14]!];
  const { phi, gate } = functions(c, cell);
  const plane = units * ld;
  if (kind === RECURRENT_KIND.gruGates) {
    for (let k = 0; k < plane; k++) {
      const left = floats[X + plane + k]!;
      const d = floats[carried + k]!;
      floats[X + plane + k] = flushGradient(c, d * floats[state + k]! * slopeOf(gate, left));
      floats[out + k] = floats[out + k]! + flushGradient(c, d * gateValue(gate, left));
    }
    return;
  }
  const exponent = sumExponent(c, plane, outer, ints[ints[p + 8]!]!, carried, ints[ints[p + 10]!]!, dC);
  const eOuter = Math.min(0, ints[ints[p + 8]!]! - exponent);
  const eIn = Math.min(0, ints[ints[p + 10]!]! - exponent);
  const brought = (at: number, k: number, e: number) =>
    at < 0 ? 0 : e === 0 ? floats[at + k]! : flushGradient(c, scaleByPower(floats[at + k]!, e));
  const total = new (floats instanceof Float64Array ? Float64Array : Float32Array)(plane);
  for (let k = 0; k < plane; k++) total[k] = brought(outer, k, eOuter) + brought(carried, k, eIn);
  if (s >= 0) {
    c.stats[base + s + TIME_RAW.sumOfSquares] = sumOfSquares({ ...c, floats: total }, units, 0, ld);
    c.stats[base + s + TIME_RAW.exponent] = exponent;
  }
  const written: number[] = [];
  for (let k = 0; k < plane; k++) {
    const dh = total[k]!;
    const left = (g: number) => floats[X + g * plane + k]!;
    const before = state < 0 ? 0 : floats[state + k]!;
    switch (kind) {
      case RECURRENT_KIND.simpleRNN:
        floats[X + k] = dh * slopeOf(phi, floats[Y + k]!);
        break;
      case RECURRENT_KIND.lstm: {
        const [i, f, g, o] = [gate, gate, phi, gate].map((f, n) => gateValue(f, left(n)));
        const [di, df, dg, dO] = [gate, gate, phi, gate].map((f, n) => slopeOf(f, left(n)));
        const cNow = floats[Y + k]!;
        const dc = brought(dC, k, eIn) + dh * o! * slopeAt(phi, cNow);
        floats[X + k] = dc * g! * di!;
        floats[X + plane + k] = dc * before * df!;
        floats[X + 2 * plane + k] = dc * i! * dg!;
        floats[X + 3 * plane + k] = dh * activate(phi.code, cNow, phi.alpha) * dO!;
        floats[out + k] = dc * f!;
        break;
      }
      case RECURRENT_KIND.gru: {
        const right = (g: number) => floats[Y + g * plane + k]!;
        const [z, r] = [gateValue(gate, right(0)), gateValue(gate, right(1))];
        const candidate = gateValue(phi, left(2));
        const dCandidate = dh * (1 - z) * slopeOf(phi, left(2));
        const [dz, dr] = [
          dh * (before - candidate) * slopeOf(gate, right(0)),
          dCandidate * right(2) * slopeOf(gate, right(1)),
        ];
        const gradients = [dz, dr, dCandidate];
        for (let g = 0; g < 3; g++) floats[X + g * plane + k] = gradients[g]!;
        gradients[2] = dCandidate * r;
        for (let g = 0; g < 3; g++) floats[Y + g * plane + k] = gradients[g]!;
        floats[out + k] = dh * z;
        break;
      }
      case RECURRENT_KIND.gruState: {
        const z = gateValue(gate, left(0));
        const candidate = gateValue(phi, left(2));
        floats[X + k] = dh * (before - candidate) * slopeOf(gate, left(0));
        floats[X + 2 * plane + k] = dh * (1 - z) * slopeOf(phi, left(2));
        floats[out + k] = dh * z;
        break;
      }
    }
  }
  const planes = (at: number, ...which: number[]) => written.push(...which.map((g) => at + g * plane));
  if (kind === RECURRENT_KIND.simpleRNN) planes(X, 0);
  if (kind === RECURRENT_KIND.lstm) planes(X, 0, 1, 2, 3);
  if (kind === RECURRENT_KIND.gru) planes(X, 0, 1, 2);
  if (kind === RECURRENT_KIND.gru) planes(Y, 0, 1, 2);
  if (kind === RECURRENT_KIND.gruState) planes(X, 0, 2);
  if (out >= 0) planes(out, 0);
  ints[ints[p + 13]!] = exponent - normalizePlanes(c, written, units, ld);
}

/** Clears the padding of these planes and brings their maximum back to magnitude 1; answers the power of two that did. */
function normalizePlanes(c: ReferenceContext, planes: readonly number[], units: number, ld: number): number {
  const { floats } = c;
  const batch = c.ints[0]!;
  let largest = 0;
  for (const at of planes) {
    for (let k = 0; k < units * ld; k++) {
      if (k % ld >= batch) floats[at + k] = 0;
      const v = Math.abs(floats[at + k]!);
      if (!(v <= largest)) largest = v;
    }
  }
  const outside = largest > 0 && Number.isFinite(largest) && (largest < 2 ** -32 || largest > 2 ** 64);
  const power = outside ? -floorLog2(largest) : 0;
  for (const at of planes) {
    for (let k = at; k < at + units * ld; k++) floats[k] = flushGradient(c, scaleByPower(floats[k]!, power));
  }
  return power;
}

function flushGradient(c: ReferenceContext, x: number): number {
  return Math.abs(x) < c.flushBelow ? 0 : x;
}

/** The exponent that the sum of `outer` and `carried` is taken at; that of zeros does not count. A place of −1: no such. */
function sumExponent(
  c: ReferenceContext,
  count: number,
  outer: number,
  eOuter: number,
  carried: number,
  eIn: number,
  dC: number,
): number {
  if (outer < 0) return eIn;
  if (carried < 0) return eOuter;
  if (eOuter === eIn) return eIn;
  if (isZero(c, count, outer)) return eIn;
  if (isZero(c, count, carried) && (dC < 0 || isZero(c, count, dC))) return eOuter;
  return Math.max(eOuter, eIn);
}

function isZero(c: ReferenceContext, count: number, at: number): boolean {
  for (let k = at; k < at + count; k++) if (c.floats[k] !== 0) return false;
  return true;
}

/** OP.alignExponents */
export function alignExponents(c: ReferenceContext, p: number): void {
  const { ints, floats } = c;
  const [count, size, D, E, list, slot] = [
    ints[p]!,
    ints[p + 1]!,
    ints[p + 2]!,
    ints[p + 3]!,
    ints[p + 4]!,
    ints[p + 5]!,
  ];
  const exponents = Array.from({ length: count }, (_, k) => ints[ints[list + k]!]!);
  const counting = exponents.filter((_, k) => !isZero(c, size, D + k * size));
  const common = counting.length > 0 ? Math.max(...counting) : exponents[0]!;
  for (const [k, e] of exponents.entries()) {
    if (e === common) continue;
    for (const at of E < 0 ? [D] : [D, E]) {
      for (let i = at + k * size; i < at + (k + 1) * size; i++) {
        floats[i] = flushGradient(c, scaleByPower(floats[i]!, Math.min(0, e - common)));
      }
    }
  }
  ints[slot] = common;
}
