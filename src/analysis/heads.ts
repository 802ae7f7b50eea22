// Owns the mean field of attention at initialization: typical heads, whose queries, keys and values are Gaussian with the
// covariances of the positions they stand for, are drawn and averaged over. What that means for a layer,
// `rules/attention.ts` says.
import { Random } from '../base/random';
import { GaussianProcess } from './gaussianProcess';

export interface HeadParts {
  /** T. */
  readonly positions: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** A position sees itself and earlier ones alone. */
  readonly causal: boolean;
  /** (2T × 2T) covariances of a number of a query, a key and a value: even places are of one sample, odd ones of another. */
  readonly query: Float64Array;
  readonly key: Float64Array;
  readonly value: Float64Array;
}

export interface HeadsForward {
  /** (2T × 2T) covariance of a number of what heads answer, places as above. */
  readonly answers: Float64Array;
  /**
   * @param gradient (T × T) covariance of the gradient by a number of what heads answer
   * @returns (T × T) each: of the gradient by a number of a query, a key, a value
   */
  backward(gradient: Float64Array): Readonly<Record<'query' | 'key' | 'value', Float64Array>>;
}

/** Numbers of a query in all heads together that are drawn: few large heads or many small ones. */
const NUMBERS = 512;
const MOST_HEADS = 64;

export function followHeads({ positions, keyDim, valueDim, causal, query, key, value }: HeadParts): HeadsForward {
  const random = new Random(1, 'analysis/heads');
  const heads = Math.max(4, Math.min(MOST_HEADS, Math.ceil(NUMBERS / keyDim)));
  const places = 2 * positions;
  const queries = drawn(query, places, heads * keyDim, random);
  const keys = drawn(key, places, heads * keyDim, random);
  const scale = 1 / Math.sqrt(keyDim);
  /** By head and sample, (T × T). */
  const weights: Float64Array[] = [];
  const answers = new Float64Array(places * places);
  for (let head = 0; head < heads; head++) {
    const from = head * keyDim;
    const both = [0, 1].map((sample) => {
      const scores = new Float64Array(positions * positions);
      for (let t = 0; t < positions; t++) {
        for (let j = 0; j < positions; j++) {
          const score = dot(queries, keys, 2 * t + sample, 2 * j + sample, from, keyDim);
          scores[t * positions + j] = causal && j > t ? Number.NEGATIVE_INFINITY : scale * score;
        }
      }
      return softmax(scores, positions);
    });
    weights.push(...both);
    for (const a of [0, 1]) {
      for (const b of [0, 1]) {
        const block = sandwich(both[a]!, (j, l) => value[(2 * j + a) * places + 2 * l + b]!, both[b]!, positions);
        for (let t = 0; t < positions; t++) {
          for (let u = 0; u < positions; u++) {
            answers[(2 * t + a) * places + 2 * u + b]! += block[t * positions + u]! / heads;
          }
        }
      }
    }
  }
  return {
    answers,
    backward(gradient) {
      const own = (m: Float64Array) =>
        Float64Array.from({ length: positions ** 2 }, (_, k) => {
          return m[2 * Math.floor(k / positions) * places + 2 * (k % positions)]!;
        });
      const values = drawn(own(value), positions, heads * valueDim, random);
      const incoming = drawn(gradient, positions, heads * valueDim, random);
      const sums = { query: new Float64Array(positions ** 2), key: new Float64Array(positions ** 2) };
      const byValue = new Float64Array(positions ** 2);
      for (let head = 0; head < heads; head++) {
        const a = weights[2 * head]!;
        const turned = transposed(a, positions);
        add(
          byValue,
          sandwich(turned, (t, u) => gradient[t * positions + u]!, turned, positions),
          1 / heads,
        );
        const byScore = scoreGradient(a, positions, (t, j) => dot(incoming, values, t, j, head * valueDim, valueDim));
        // Of ∂L/∂q = ∂L/∂s · k ÷ √d, and the like for k; means over the numbers of a vector.
        const product = (side: Float64Array[]) => (t: number, u: number) =>
          (scale * scale * dot(side, side, 2 * t, 2 * u, head * keyDim, keyDim)) / keyDim;
        add(sums.query, sandwich(byScore, product(keys), byScore, positions), 1 / heads);
        const back = transposed(byScore, positions);
        add(sums.key, sandwich(back, product(queries), back, positions), 1 / heads);
      }
      return { ...sums, value: byValue };
    },
  };
}

/** By place, `count` numbers. */
function drawn(covariance: Float64Array, places: number, count: number, random: Random): Float64Array[] {
  const process = new GaussianProcess(places, count, 1, random);
  return Array.from({ length: places }, (_, p) => {
    process.extend(p, covariance.subarray(p * places, (p + 1) * places));
    return Float64Array.from({ length: count }, (_, unit) => process.at(0, p, unit));
  });
}

function dot(a: Float64Array[], b: Float64Array[], t: number, j: number, from: number, length: number): number {
  const [x, y] = [a[t]!, b[j]!];
  let sum = 0;
  for (let k = from; k < from + length; k++) sum += x[k]! * y[k]!;
  return sum;
}

function softmax(scores: Float64Array, side: number): Float64Array {
  const weights = new Float64Array(scores.length);
  for (let t = 0; t < side; t++) {
    const row = scores.subarray(t * side, (t + 1) * side);
    const most = row.reduce((a, b) => Math.max(a, b));
    let sum = 0;
    for (let j = 0; j < side; j++) {
      const value = Math.exp(row[j]! - most);
      weights[t * side + j] = value;
      sum += value;
    }
    for (let j = 0; j < side; j++) weights[t * side + j] = weights[t * side + j]! / sum;
  }
  return weights;
}

/** ∂L/∂s from the weights and from ∂L/∂a. */
function scoreGradient(a: Float64Array, side: number, byWeight: (t: number, j: number) => number): Float64Array {
  const result = new Float64Array(side * side);
  for (let t = 0; t < side; t++) {
    let mean = 0;
    for (let j = 0; j < side; j++) {
      if (a[t * side + j] === 0) continue;
      result[t * side + j] = byWeight(t, j);
      mean += a[t * side + j]! * result[t * side + j]!;
    }
    for (let j = 0; j < side; j++) result[t * side + j] = a[t * side + j]! * (result[t * side + j]! - mean);
  }
  return result;
}

/** L · M · Rᵀ of square matrices. */
function sandwich(
  left: Float64Array,
  middle: (j: number, l: number) => number,
  right: Float64Array,
  side: number,
): Float64Array {
  const half = new Float64Array(side * side);
  for (let j = 0; j < side; j++) {
    for (let l = 0; l < side; l++) {
      const m = middle(j, l);
      if (m === 0) continue;
      for (let t = 0; t < side; t++) half[t * side + l] = half[t * side + l]! + left[t * side + j]! * m;
    }
  }
  const result = new Float64Array(side * side);
  for (let t = 0; t < side; t++) {
    for (let u = 0; u < side; u++) {
      let sum = 0;
      for (let l = 0; l < side; l++) sum += half[t * side + l]! * right[u * side + l]!;
      result[t * side + u] = sum;
    }
  }
  return result;
}

function transposed(m: Float64Array, side: number): Float64Array {
  return m.map((_, k) => m[(k % side) * side + Math.floor(k / side)]!);
}

function add(into: Float64Array, values: Float64Array, weight: number): void {
  for (let k = 0; k < into.length; k++) into[k] = into[k]! + weight * values[k]!;
}
