// Owns what an activation does to Gaussian numbers: means of its powers and of its slope's, for one number and for two that
// are correlated. Interpolated in ln q between points where the integrals are done once, so that deep nets cost little.
import { ACTIVATIONS, DEFAULT_ALPHA } from '../engine/activations';
import type { ActivationName } from '../spec/schema';
import { normalPoints } from './quadrature';

export type ElementwiseName = Exclude<ActivationName, 'softmax'>;

/** Terms of the expansions in Hermite polynomials; what is left of a sum is taken as one more term. */
const TERMS = 14;

/** Means over u = √q·z, z standard normal. */
export interface Moments {
  /** E φ(u). */
  readonly mean: number;
  /** E φ(u)². */
  readonly square: number;
  /** E φ′(u)². */
  readonly slopeSquare: number;
  /** E φ(u)⁴, E φ′(u)⁴, E φ(u)²φ′(u)²: what decides how much layers of few units stray. */
  readonly fourth: number;
  readonly slopeFourth: number;
  readonly mixed: number;
  /** d ln E φ² ÷ d ln q and d ln E φ′² ÷ d ln q, and the same of these. */
  readonly gain: number;
  readonly slopeGain: number;
  readonly gainBend: number;
  readonly slopeBend: number;
  /**
   * From VALUE, SLOPE and SLOPE_SQUARED on: coefficients of φ(u), φ′(u) and φ′(u)² by normalized Hermite polynomials of z, then
   * the root of the squares left over. One array, since thousands are made for a deep net.
   */
  readonly expansions: Float64Array;
}

/** Where φ or φ′ jumps. */
const KINKS: Partial<Readonly<Record<ElementwiseName, readonly number[]>>> = {
  hardSigmoid: [-2.5, 2.5],
  hardTanh: [-1, 1],
  relu6: [6],
};

/** Activations for which φ(c·u) = c·φ(u), c > 0: slopes of the two sides. Everything about them is known in closed form. */
function sides(name: ElementwiseName): readonly [below: number, above: number] | undefined {
  if (name === 'linear') return [1, 1];
  if (name === 'relu') return [0, 1];
  if (name === 'leakyRelu') return [DEFAULT_ALPHA.leakyRelu ?? 0.3, 1];
  return undefined;
}

/** Points of the table in one unit of ln q; between them six-point interpolation is right to 1e-8. */
const PER_UNIT = 12;
const SCALARS = 6;
const WIDTH = SCALARS + 3 * (TERMS + 1);
const VALUE = SCALARS;
const SLOPE = VALUE + TERMS + 1;
const SLOPE_SQUARED = SLOPE + TERMS + 1;
/** Outside of these q an activation is what it is at its ends: straight lines, or flat. */
const LEAST_LOG = Math.log(1e-12);
const MOST_LOG = Math.log(1e12);

/** The integrals of one activation at one q, packed: mean, square, slopeSquare, fourth, slopeFourth, mixed, expansions. */
function integrate(name: ElementwiseName, q: number): Float64Array {
  const { value, derivative } = ACTIVATIONS[name];
  const alpha = DEFAULT_ALPHA[name];
  const { z, u, weights } = normalPoints(q, KINKS[name] ?? []);
  const out = new Float64Array(WIDTH);
  const he = new Float64Array(TERMS);
  for (let i = 0; i < z.length; i++) {
    const weight = weights[i]!;
    const f = value(u[i]!, alpha);
    const d = derivative(u[i]!, alpha);
    const f2 = f * f;
    const d2 = d * d;
    out[0] = out[0]! + weight * f;
    out[1] = out[1]! + weight * f2;
    out[2] = out[2]! + weight * d2;
    out[3] = out[3]! + weight * f2 * f2;
    out[4] = out[4]! + weight * d2 * d2;
    out[5] = out[5]! + weight * f2 * d2;
    he[0] = 1;
    he[1] = z[i]!;
    for (let k = 2; k < TERMS; k++) {
      he[k] = (z[i]! * he[k - 1]! - Math.sqrt(k - 1) * he[k - 2]!) / Math.sqrt(k);
    }
    for (let k = 0; k < TERMS; k++) {
      const w = weight * he[k]!;
      out[VALUE + k] = out[VALUE + k]! + w * f;
      out[SLOPE + k] = out[SLOPE + k]! + w * d;
      out[SLOPE_SQUARED + k] = out[SLOPE_SQUARED + k]! + w * d2;
    }
  }
  for (const [part, total] of [out[1]!, out[2]!, out[4]!].entries()) {
    const at = SCALARS + part * (TERMS + 1);
    let left = total;
    for (let k = 0; k < TERMS; k++) left -= out[at + k]! ** 2;
    out[at + TERMS] = Math.sqrt(Math.max(0, left));
  }
  return out;
}

/** Means of one activation by q. Remembers the integrals it did; they depend on nothing but q. */
class MomentTable {
  readonly #name: ElementwiseName;
  readonly #points = new Map<number, Float64Array>();

  constructor(name: ElementwiseName) {
    this.#name = name;
  }

  at(q: number): Moments {
    const lines = sides(this.#name);
    if (lines) return homogeneous(lines, q);
    const { value, derivative } = ACTIVATIONS[this.#name];
    if (!(q > 0)) return constantMoments(value(0, DEFAULT_ALPHA[this.#name]), derivative(0, DEFAULT_ALPHA[this.#name]));
    const log = Math.min(MOST_LOG, Math.max(LEAST_LOG, Math.log(q)));
    const x = log * PER_UNIT;
    const first = Math.floor(x) - 2;
    const t = x - first;
    const rows: Float64Array[] = [];
    for (let k = 0; k < 6; k++) rows.push(this.#point(first + k));
    const weights = lagrange(t);
    const packed = new Float64Array(WIDTH);
    for (let k = 0; k < 6; k++) {
      const row = rows[k]!;
      const w = weights.values[k]!;
      for (let i = 0; i < WIDTH; i++) packed[i] = packed[i]! + w * row[i]!;
    }
    // Smoothly scaled beyond the table: of what is nearly a straight line there.
    const slopes = (i: number): [number, number] => {
      let [s, b] = [0, 0];
      for (let k = 0; k < 6; k++) {
        const l = Math.log(Math.max(rows[k]![i]!, Number.MIN_VALUE));
        s += weights.first[k]! * l;
        b += weights.second[k]! * l;
      }
      return [s * PER_UNIT, b * PER_UNIT * PER_UNIT];
    };
    const [gain, gainBend] = slopes(1);
    const [slopeGain, slopeBend] = slopes(2);
    const result = {
      mean: packed[0]!,
      square: packed[1]!,
      slopeSquare: packed[2]!,
      fourth: packed[3]!,
      slopeFourth: packed[4]!,
      mixed: packed[5]!,
      ...{ gain, gainBend, slopeGain, slopeBend },
      expansions: packed,
    };
    const beyond = Math.log(q) - log;
    return beyond === 0 ? result : extended(result, beyond);
  }

  #point(index: number): Float64Array {
    let row = this.#points.get(index);
    if (!row) {
      row = integrate(this.#name, Math.exp(index / PER_UNIT));
      this.#points.set(index, row);
    }
    return row;
  }
}

/** Power laws from the end of the table on. */
function extended(m: Moments, beyond: number): Moments {
  const up = Math.exp(beyond * m.gain);
  const slopeUp = Math.exp(beyond * m.slopeGain);
  return {
    ...m,
    mean: m.mean * Math.sqrt(up),
    square: m.square * up,
    slopeSquare: m.slopeSquare * slopeUp,
    fourth: m.fourth * up * up,
    slopeFourth: m.slopeFourth * slopeUp * slopeUp,
    mixed: m.mixed * up * slopeUp,
    expansions: m.expansions.map((a, i) =>
      i >= SLOPE_SQUARED ? a * slopeUp : a * Math.sqrt(i >= SLOPE ? slopeUp : up),
    ),
  };
}

function constantMoments(f: number, d: number): Moments {
  const expansions = new Float64Array(WIDTH);
  expansions[VALUE] = f;
  expansions[SLOPE] = d;
  expansions[SLOPE_SQUARED] = d * d;
  return {
    ...{ mean: f, square: f * f, slopeSquare: d * d, fourth: f ** 4, slopeFourth: d ** 4, mixed: f * f * d * d },
    ...{ gain: 0, slopeGain: 0, gainBend: 0, slopeBend: 0 },
    expansions,
  };
}

function homogeneous([below, above]: readonly [number, number], q: number): Moments {
  const half = (p: number) => (below ** p + above ** p) / 2;
  return {
    mean: ((above - below) * Math.sqrt(q)) / Math.sqrt(2 * Math.PI),
    square: half(2) * q,
    slopeSquare: half(2),
    fourth: 3 * half(4) * q * q,
    slopeFourth: half(4),
    mixed: half(4) * q,
    ...{ gain: 1, slopeGain: 0, gainBend: 0, slopeBend: 0 },
    // Pairs have closed forms.
    expansions: NONE,
  };
}
const NONE = new Float64Array(0);

/** Weights of six equidistant points 0 … 5 for the value, the slope and the curvature at t. */
function lagrange(t: number): { values: Float64Array; first: Float64Array; second: Float64Array } {
  const values = new Float64Array(6);
  const first = new Float64Array(6);
  const second = new Float64Array(6);
  for (let k = 0; k < 6; k++) {
    // The polynomial Π (t − j) ÷ (k − j) with its first two derivatives, factor by factor.
    let [p, d, dd] = [1, 0, 0];
    for (let j = 0; j < 6; j++) {
      if (j === k) continue;
      const factor = (t - j) / (k - j);
      const slope = 1 / (k - j);
      dd = dd * factor + 2 * d * slope;
      d = d * factor + p * slope;
      p *= factor;
    }
    values[k] = p;
    first[k] = d;
    second[k] = dd;
  }
  return { values, first, second };
}

const TABLES = new Map<ElementwiseName, MomentTable>();

/** @param q variance of the pre-activation, 0 or more */
export function moments(name: ElementwiseName, q: number): Moments {
  let table = TABLES.get(name);
  if (!table) {
    table = new MomentTable(name);
    TABLES.set(name, table);
  }
  return table.at(q);
}

/** Means of products over a pair of Gaussian numbers (u, v). */
export interface PairMoments {
  /** E φ(u)φ(v). */
  readonly value: number;
  /** E φ′(u)φ′(v). */
  readonly slope: number;
  /** E φ′(u)²φ′(v)². */
  readonly slopeSquared: number;
}

/**
 * Writes E φ(u)φ(v), E φ′(u)φ′(v), E φ′(u)²φ′(v)² of each c into the three rows.
 * @param a @param b moments at the variances of u and v
 * @param c correlation of u and v, −1 … 1
 */
export function pairMoments(
  name: ElementwiseName,
  { q: qa, moments: a }: { readonly q: number; readonly moments: Moments },
  { q: qb, moments: b }: { readonly q: number; readonly moments: Moments },
  c: number,
): PairMoments {
  const lines = sides(name);
  if (lines) return homogeneousPair(lines, Math.sqrt(qa * qb), c);
  return {
    value: expansion(a, b, VALUE, c),
    slope: expansion(a, b, SLOPE, c),
    slopeSquared: expansion(a, b, SLOPE_SQUARED, c),
  };
}

/** Σ aₖ bₖ cᵏ (Mehler); the squares that the expansion leaves over stand as one term of its order. */
function expansion({ expansions: a }: Moments, { expansions: b }: Moments, from: number, c: number): number {
  let sum = 0;
  for (let k = from + TERMS; k >= from; k--) sum = sum * c + a[k]! * b[k]!;
  return sum;
}

/** The arc-cosine kernels (Cho & Saul 2009), for two different slopes. */
function homogeneousPair([below, above]: readonly [number, number], scale: number, c: number): PairMoments {
  const angle = Math.acos(Math.min(1, Math.max(-1, c)));
  const bothAbove = (Math.PI - angle) / (2 * Math.PI);
  const apart = angle / (2 * Math.PI);
  // E u⁺v⁺ of unit normals, and E u⁺v⁻ (v⁻ = min(0, v)): together they are half of c.
  const above2 = (Math.sin(angle) + (Math.PI - angle) * c) / (2 * Math.PI);
  const apart2 = c / 2 - above2;
  const products = (p: number) => (above ** p * above ** p + below ** p * below ** p) * bothAbove;
  return {
    value: scale * ((above ** 2 + below ** 2) * above2 + 2 * above * below * apart2),
    slope: products(1) + 2 * above * below * apart,
    slopeSquared: products(2) + 2 * above ** 2 * below ** 2 * apart,
  };
}
