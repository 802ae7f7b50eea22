// Owns batch normalization: each channel by its mean and variance over the batch and all positions (Yang et al. 2019). A channel's
// values over the batch are one draw of a Gaussian vector; that its variance differs from channel to channel is what makes
// gradients explode in batches of few independent samples.
import { type Eigen, symmetricEigen } from '../eigen';
import {
  diagonalMean,
  type Field,
  type Gradient,
  normalized,
  overlap,
  type Positions,
  pairMean,
  type Rule,
  type Signal,
} from '../signal';
import { withoutWinners } from './nonlinearity';
import { scaledField, scalesOf } from './scales';

/** With fewer independent samples than this, a few channels of tiny variance decide: no mean is honest. */
const FEWEST = 7;
/** With more, the spectrum of the covariance matters no more than their number. */
const MANY = 60;

export const batchNormalizationRule: Rule = (layer, [input], { batch }) => {
  const { spec } = layer;
  if (spec.type !== 'batchNormalization' || !input) return undefined;
  const { field } = input;
  const { samples, positions } = field;
  const centered = center(field, batch);
  const variance = diagonalMean(centered);
  const freedom = variance > 0 ? 1 / overlap(centered, batch) : 0;
  if (freedom < FEWEST) return undefined;
  const law = !positions && samples === batch && freedom < MANY ? spectral(centered) : plainLaw(freedom);
  const held = variance / (variance + spec.epsilon);
  const scales = scalesOf(layer);
  const size = held / variance;
  const unit: Field = {
    samples,
    gram: law.outputOf?.() ?? centered.gram.map((k) => k / variance),
    ...(centered.positions
      ? { positions: { ...centered.positions, pooled: centered.positions.pooled.map((k) => k / variance) } }
      : {}),
  };
  const plain: Field = {
    samples,
    gram: unit.gram.map((k) => held * k),
    ...(unit.positions ? { positions: { ...unit.positions, pooled: unit.positions.pooled.map((k) => held * k) } } : {}),
  };
  const whole = scaledField(plain, scales);
  const output: Signal = {
    field: whole,
    mean: new Float64Array(samples).fill(Math.sqrt(scales.commonBeta)),
    units: input.units,
    isData: false,
    gaussian: input.isData ? 0 : input.gaussian * (1 - scales.commonBeta / (diagonalMean(whole) || 1)),
    drift: 0,
    stray: 0,
    ...(input.unknown ? { unknown: true } : {}),
  };
  return {
    output,
    basis: 'meanField',
    backward(gradient) {
      const g = center(gradient.field, batch);
      const along = pairMean(unit, g, batch);
      const before = diagonalMean(g);
      // The part along the normalized values themselves is lost.
      const left = before > 0 ? Math.max(0, 1 - (along / before) * law.alongToMean) : 0;
      const next: Field = { ...g, gram: g.gram.map((k) => k * left) };
      const factor = scales.gamma * size * law.inverse * (diagonalMean(next) / diagonalMean(gradient.field));
      const { noise } = gradient;
      const uneven = freedom > 5 ? 2 / (freedom - 4) : 2;
      const passed: Gradient = {
        ...withoutWinners(gradient),
        log: gradient.log + Math.log(factor),
        field: normalized(next).field,
        noise: {
          spread: noise.spread + (uneven * (1 + 2 * overlap(g, batch))) / input.units,
          shift: noise.shift - (0.5 * uneven * (1 + 2 * overlap(g, batch))) / input.units,
          narrow: noise.narrow,
          slope: -held,
          bend: -held * (1 - held),
        },
      };
      return {
        delta: gradient,
        inputs: [passed],
        terms: [{ term: 'batchNormalization', kind: 'normalization', factor: Math.sqrt(factor) }],
      };
    },
  };
};

interface VarianceLaw {
  /** E of 1 ÷ a channel's variance, in units of 1 ÷ the mean variance. */
  readonly inverse: number;
  /** What is lost along the values, weighted by that inverse, in units of the product of both means. */
  readonly alongToMean: number;
  /** (S × S) E of the product of two normalized samples, where it is more than the covariance divided. */
  readonly outputOf?: () => Float64Array;
}

/** As if the covariance had `freedom` equal eigenvalues: variances are chi-squared. */
function plainLaw(freedom: number): VarianceLaw {
  return { inverse: freedom / (freedom - 2), alongToMean: 1 };
}

/**
 * By the covariance's own eigenvalues λ: with X = Σ λᵢgᵢ² of standard normal g, E 1/X = ∫ E e^(−tX) dt, E λᵢgᵢ²/X and
 * E λᵢgᵢ²/X² alike.
 */
function spectral({ gram, samples }: Field): VarianceLaw {
  const { values, vectors }: Eigen = symmetricEigen(gram, samples);
  let trace = 0;
  for (let i = 0; i < samples; i++) trace += Math.max(0, values[i]!);
  const lambda = values.map((v) => Math.max(0, v) / trace);
  const share = new Float64Array(samples);
  let [inverse, twice] = [0, 0];
  const step = 0.2;
  for (let x = -9; x < 11; x += step) {
    const t = Math.exp(x);
    let log = 0;
    for (let i = 0; i < samples; i++) log -= 0.5 * Math.log1p(2 * t * lambda[i]!);
    const weight = step * t * Math.exp(log);
    inverse += weight;
    for (let i = 0; i < samples; i++) {
      const each = lambda[i]! / (1 + 2 * t * lambda[i]!);
      share[i] = share[i]! + weight * each;
      twice += weight * t * each;
    }
  }
  const sum = share.reduce((a, b) => a + b, 0);
  return {
    inverse,
    // E Σ λᵢgᵢ²/X² is E 1/X again; what remains is how far the integrals agree.
    alongToMean: inverse > 0 ? twice / inverse : 1,
    outputOf() {
      const out = new Float64Array(samples * samples);
      for (let k = 0; k < samples; k++) {
        const weight = (samples * share[k]!) / sum;
        for (let s = 0; s < samples; s++) {
          const v = weight * vectors[s * samples + k]!;
          for (let t = 0; t < samples; t++)
            out[s * samples + t] = out[s * samples + t]! + v * vectors[t * samples + k]!;
        }
      }
      return out;
    },
  };
}

/** The field less each channel's mean over the whole batch and all positions. */
export function center(field: Field, batch: number): Field {
  const { samples, gram, positions } = field;
  const from = positions?.pooled ?? gram;
  const row = new Float64Array(samples);
  let mean = 0;
  for (let s = 0; s < samples; s++) {
    let others = 0;
    for (let t = 0; t < samples; t++) if (t !== s) others += from[s * samples + t]!;
    const other = samples > 1 ? others / (samples - 1) : 0;
    row[s] = from[s * samples + s]! / batch + other * (1 - 1 / batch);
    mean += row[s]! / samples;
  }
  const less = (m: Float64Array): Float64Array => {
    const out = new Float64Array(samples * samples);
    for (let s = 0; s < samples; s++) {
      for (let t = 0; t < samples; t++) out[s * samples + t] = m[s * samples + t]! - row[s]! - row[t]! + mean;
    }
    return out;
  };
  const next = less(gram);
  if (!positions) return { samples, gram: next };
  const before = diagonalMean(field);
  const after = diagonalMean({ samples, gram: next });
  const gone = before - after;
  const moved = (value: number) => (after > 0 ? Math.max(0, (value * before - gone) / after) : 0);
  const centered: Positions = {
    sizes: positions.sizes,
    ...(positions.profile ? { profile: positions.profile.map(moved) } : {}),
    near: positions.near.map((c) => (after > 0 ? Math.max(-1, (c * before - gone) / after) : 0)),
    pooled: less(positions.pooled),
  };
  return { samples, gram: next, positions: centered };
}
