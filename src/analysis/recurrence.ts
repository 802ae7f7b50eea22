// Owns the mean field of recurrent cells: what a layer of very many units does through time. Its Gaussian fields (what the
// gates get, what comes back through the recurrent kernel) have covariances that are averages over the units themselves,
// so a few hundred typical units are followed through all time steps, forward and back, and averaged over (dynamical mean
// field: Chen, Pennington & Schoenholz 2018; Gilboa et al. 2019 for gates). What their numbers mean for a layer,
// `rules/recurrent.ts` says.
import { Random } from '../base/random';
import { ACTIVATIONS, DEFAULT_ALPHA } from '../engine/activations';
import type { ActivationName } from '../spec/schema';
import { GaussianProcess } from './gaussianProcess';

export type CellKind = 'simpleRNN' | 'lstm' | 'gru' | 'gruResetBefore';

export interface RecurrenceParts {
  readonly kind: CellKind;
  readonly activation: ActivationName;
  /** Of the gates. */
  readonly recurrentActivation: ActivationName;
  /** T, in the order of reading. */
  readonly steps: number;
  /**
   * (P × P), P = 2T: covariance of what the input contributes to a gate, biases included; even places are the time steps
   * of one sample, odd ones those of another.
   */
  readonly input: Float64Array;
  /** units · E u² of the recurrent kernel, and E b² of a bias that the recurrent side of a candidate has for itself. */
  readonly recurrent: number;
  readonly recurrentBias: number;
  /** Mean of the forget gate's biases. */
  readonly forget: number;
}

/** Averages over the units. */
export interface ForwardPass {
  /** (P × P) E of the products of states, places as in `RecurrenceParts.input`. */
  readonly states: Float64Array;
  /** (T) E h. */
  readonly means: Float64Array;
  /**
   * @param outer (T × T) covariance of ∂L/∂h from outside, in the order of reading
   * @returns (T × T) Σ over gates of E of the products of ∂L/∂z, which the input kernel passes on; and (T) E (∂L/∂h)², all told
   */
  backward(outer: Float64Array): { readonly gates: Float64Array; readonly states: Float64Array };
}

/** Typical units that are followed: so many that a factor is theirs within 0.02 decades or so (measured), and a prediction is quick. */
const UNITS = 256;

interface Functions {
  readonly phi: (z: number) => number;
  readonly phiSlope: (z: number) => number;
  readonly gate: (z: number) => number;
  readonly gateSlope: (z: number) => number;
}

/** What a unit keeps of a time step for the way back, by name of the cell's formulas; (T × UNITS) each, of the first sample. */
type Kept = Readonly<Record<string, Float64Array>>;

export function followUnits(parts: RecurrenceParts): ForwardPass {
  const { kind, steps, input, recurrent, recurrentBias, forget } = parts;
  const f = functionsOf(parts);
  const places = 2 * steps;
  const random = new Random(1, 'analysis/recurrence');
  // Fields that have the same covariance are drawn with the same coefficients, each from numbers of its own.
  const separate = kind === 'gru';
  const common = new GaussianProcess(places, UNITS, { simpleRNN: 1, lstm: 4, gru: 2, gruResetBefore: 2 }[kind], random);
  const candidate = new GaussianProcess(places, UNITS, kind === 'gru' || kind === 'gruResetBefore' ? 1 : 0, random);
  const product = new GaussianProcess(places, UNITS, separate ? 1 : 0, random);
  const h = new Float64Array(places * UNITS);
  const c = new Float64Array(kind === 'lstm' ? places * UNITS : 0);
  const m = new Float64Array(kind === 'gruResetBefore' ? places * UNITS : 0);
  const states = new Float64Array(places * places);
  const resets = new Float64Array(places * places);
  const names = {
    simpleRNN: ['z'],
    lstm: ['i', 'f', 'g', 'o'],
    gru: ['z', 'r', 'x', 'u'],
    gruResetBefore: ['z', 'r', 'x'],
  };
  const kept: Record<string, Float64Array> = {};
  for (const name of names[kind]) kept[name] = new Float64Array(steps * UNITS);
  const means = new Float64Array(steps);
  const covariance = new Float64Array(places);
  for (let p = 0; p < places; p++) {
    const before = p - 2;
    const [t, isKept] = [p >> 1, p % 2 === 0];
    /** Covariances of this place with all up to itself: of the input's part, of the state one step earlier, of a constant. */
    const rows = (own: number, past: number, constant: number): Float64Array => {
      for (let q = 0; q <= p; q++) {
        const state = before >= 0 && q >= 2 ? states[before * places + q - 2]! : 0;
        covariance[q] = own * input[p * places + q]! + past * state + constant;
      }
      return covariance;
    };
    const previous = (values: Float64Array, unit: number) => (before >= 0 ? values[before * UNITS + unit]! : 0);
    const keep = (name: string, unit: number, value: number) => {
      if (isKept) kept[name]![t * UNITS + unit] = value;
    };
    common.extend(p, rows(1, recurrent, recurrentBias));
    if (kind === 'gru') {
      candidate.extend(p, rows(1, 0, 0));
      product.extend(p, rows(0, recurrent, recurrentBias));
    }
    if (kind === 'gruResetBefore') {
      // The reset acts on the state first: what the candidate gets depends on it.
      for (let unit = 0; unit < UNITS; unit++) {
        m[p * UNITS + unit] = f.gate(common.at(1, p, unit)) * previous(h, unit);
      }
      averages(m, p, resets, places);
      for (let q = 0; q <= p; q++) covariance[q] = input[p * places + q]! + recurrent * resets[p * places + q]!;
      candidate.extend(p, covariance);
    }
    for (let unit = 0; unit < UNITS; unit++) {
      const at = p * UNITS + unit;
      switch (kind) {
        case 'simpleRNN': {
          const z = common.at(0, p, unit);
          keep('z', unit, z);
          h[at] = f.phi(z);
          break;
        }
        case 'lstm': {
          const [i, g, o] = [common.at(0, p, unit), common.at(2, p, unit), common.at(3, p, unit)];
          const z = common.at(1, p, unit) + forget;
          keep('i', unit, i);
          keep('f', unit, z);
          keep('g', unit, g);
          keep('o', unit, o);
          c[at] = f.gate(z) * previous(c, unit) + f.gate(i) * f.phi(g);
          h[at] = f.gate(o) * f.phi(c[at]!);
          break;
        }
        case 'gru':
        case 'gruResetBefore': {
          const [z, r] = [common.at(0, p, unit), common.at(1, p, unit)];
          const u = separate ? product.at(0, p, unit) : 0;
          const x = candidate.at(0, p, unit) + (separate ? f.gate(r) * u : 0);
          keep('z', unit, z);
          keep('r', unit, r);
          keep('x', unit, x);
          if (separate) keep('u', unit, u);
          h[at] = f.gate(z) * previous(h, unit) + (1 - f.gate(z)) * f.phi(x);
          break;
        }
      }
    }
    averages(h, p, states, places);
    if (isKept) means[t] = meanOf(h, p);
  }
  const own = (values: Float64Array) => firstSample(values, steps);
  return {
    states,
    means,
    backward: (outer) => backward(parts, f, kept, own(h), own(c), outer, random),
  };
}

function backward(
  { kind, steps, recurrent }: RecurrenceParts,
  f: Functions,
  kept: Kept,
  h: Float64Array,
  c: Float64Array,
  outer: Float64Array,
  random: Random,
): { readonly gates: Float64Array; readonly states: Float64Array } {
  // Places count from the last time step back.
  const outside = new GaussianProcess(steps, UNITS, 1, random);
  const returning = new GaussianProcess(steps, UNITS, 1, random);
  const resetting = new GaussianProcess(steps, UNITS, kind === 'gruResetBefore' ? 1 : 0, random);
  /** By gate, (T × UNITS): ∂L/∂z as the input kernel has it, and as the recurrent kernel has it. */
  const gateCount = { simpleRNN: 1, lstm: 4, gru: 3, gruResetBefore: 3 }[kind];
  const dz = Array.from({ length: gateCount }, () => new Float64Array(steps * UNITS));
  const du = kind === 'gru' ? new Float64Array(steps * UNITS) : undefined;
  const throughState = kind === 'gruResetBefore' ? dz.slice(0, 2) : kind === 'gru' ? [dz[0]!, dz[1]!, du!] : dz;
  const direct = new Float64Array(UNITS);
  const squares = new Float64Array(steps);
  const gates = new Float64Array(steps * steps);
  const recurrentGates = new Float64Array(steps * steps);
  const candidates = new Float64Array(steps * steps);
  const covariance = new Float64Array(steps);
  for (let b = 0; b < steps; b++) {
    const t = steps - 1 - b;
    for (let q = 0; q <= b; q++) covariance[q] = outer[t * steps + steps - 1 - q]!;
    outside.extend(b, covariance);
    for (let q = 0; q <= b; q++) {
      covariance[q] = q === 0 || b === 0 ? 0 : recurrent * recurrentGates[(b - 1) * steps + q - 1]!;
    }
    returning.extend(b, covariance);
    const carried = direct.slice();
    for (let unit = 0; unit < UNITS; unit++) {
      const at = t * UNITS + unit;
      const before = t > 0 ? (kind === 'lstm' ? c : h)[at - UNITS]! : 0;
      const here = b * UNITS + unit;
      const fresh = outside.at(0, b, unit) + returning.at(0, b, unit);
      const left = (name: string) => kept[name]![at]!;
      switch (kind) {
        case 'simpleRNN':
          squares[t]! += fresh * fresh;
          dz[0]![here] = fresh * f.phiSlope(left('z'));
          break;
        case 'lstm': {
          squares[t]! += fresh * fresh;
          const dc = carried[unit]! + fresh * f.gate(left('o')) * f.phiSlope(c[at]!);
          dz[0]![here] = dc * f.phi(left('g')) * f.gateSlope(left('i'));
          dz[1]![here] = dc * before * f.gateSlope(left('f'));
          dz[2]![here] = dc * f.gate(left('i')) * f.phiSlope(left('g'));
          dz[3]![here] = fresh * f.phi(c[at]!) * f.gateSlope(left('o'));
          direct[unit] = dc * f.gate(left('f'));
          break;
        }
        case 'gru':
        case 'gruResetBefore': {
          const dh = fresh + carried[unit]!;
          squares[t]! += dh * dh;
          const [z, x] = [f.gate(left('z')), left('x')];
          const dx = dh * (1 - z) * f.phiSlope(x);
          dz[0]![here] = dh * (before - f.phi(x)) * f.gateSlope(left('z'));
          dz[2]![here] = dx;
          direct[unit] = dh * z;
          if (du) {
            dz[1]![here] = dx * left('u') * f.gateSlope(left('r'));
            du[here] = dx * f.gate(left('r'));
          }
          break;
        }
      }
    }
    if (kind === 'gruResetBefore') {
      averages(dz[2]!, b, candidates, steps);
      for (let q = 0; q <= b; q++) covariance[q] = recurrent * candidates[b * steps + q]!;
      resetting.extend(b, covariance);
      for (let unit = 0; unit < UNITS; unit++) {
        const at = t * UNITS + unit;
        const dm = resetting.at(0, b, unit);
        const r = kept.r![at]!;
        dz[1]![b * UNITS + unit] = dm * (t > 0 ? h[at - UNITS]! : 0) * f.gateSlope(r);
        direct[unit]! += dm * f.gate(r);
      }
    }
    for (const values of dz) averages(values, b, gates, steps);
    for (const values of throughState) averages(values, b, recurrentGates, steps);
  }
  return { gates: reversed(gates, steps), states: squares.map((sum) => sum / UNITS) };
}

function functionsOf({ activation, recurrentActivation }: RecurrenceParts): Functions {
  const [phi, gate] = [activation, recurrentActivation].map((name) => {
    if (name === 'softmax') throw new Error('softmax cannot be the activation of a cell');
    const { value, derivative } = ACTIVATIONS[name];
    const alpha = DEFAULT_ALPHA[name];
    return { value: (z: number) => value(z, alpha), slope: (z: number) => derivative(z, alpha) };
  });
  return { phi: phi!.value, phiSlope: phi!.slope, gate: gate!.value, gateSlope: gate!.slope };
}

/** Adds E of the products of place p with all up to it to a (side × side) matrix. */
function averages(values: Float64Array, p: number, into: Float64Array, side: number): void {
  for (let q = 0; q <= p; q++) {
    let sum = 0;
    for (let unit = 0; unit < UNITS; unit++) sum += values[p * UNITS + unit]! * values[q * UNITS + unit]!;
    into[p * side + q]! += sum / UNITS;
    if (q < p) into[q * side + p]! += sum / UNITS;
  }
}

function meanOf(values: Float64Array, p: number): number {
  let sum = 0;
  for (let unit = 0; unit < UNITS; unit++) sum += values[p * UNITS + unit]!;
  return sum / UNITS;
}

/** The even places. */
function firstSample(values: Float64Array, steps: number): Float64Array {
  if (values.length === 0) return values;
  const own = new Float64Array(steps * UNITS);
  for (let t = 0; t < steps; t++) own.set(values.subarray(2 * t * UNITS, (2 * t + 1) * UNITS), t * UNITS);
  return own;
}

function reversed(matrix: Float64Array, side: number): Float64Array {
  return matrix.map((_, k) => matrix[side * side - 1 - k]!);
}
