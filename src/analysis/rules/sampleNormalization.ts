// Owns layer, root-mean-square and group normalization: each sample by its own mean and size. That by the batch is
// `batchNormalization.ts`'s.
import {
  diagonalMean,
  type Field,
  type Gradient,
  normalized,
  overlap,
  type Positions,
  positionCount,
  type Rule,
  type Signal,
} from '../signal';
import { withoutWinners } from './nonlinearity';
import { scaledField, scalesOf } from './scales';

/** Fewer numbers than this, normalized together, are no large number: their probe says it better. */
const FEWEST = 8;

export const sampleNormalizationRule: Rule = (layer, [input], { batch }) => {
  const { spec } = layer;
  if (!input || !('epsilon' in spec) || spec.type === 'batchNormalization') return undefined;
  const { field, units } = input;
  const { samples, gram, positions } = field;
  const grouped = spec.type === 'groupNormalization' && spec.groups > 0;
  const together = grouped ? units / spec.groups : units;
  const count = grouped ? positionCount(field) : 1;
  if (together * count < FEWEST) return undefined;
  const centered = spec.type !== 'rmsNormalization';
  const directions = centered ? 2 : 1;
  // What the mean over the numbers normalized together takes away.
  const pooled = grouped ? (positions?.pooled ?? gram) : undefined;
  const taken = (s: number, t: number): number => {
    if (!centered) return 0;
    const common = input.mean[s]! * input.mean[t]!;
    return pooled ? common + (pooled[s * samples + t]! - common) / together : common;
  };
  const variance = Float64Array.from({ length: samples }, (_, s) => Math.max(0, gram[s * samples + s]! - taken(s, s)));
  const scales = scalesOf(layer);
  const divided = (from: Float64Array): Float64Array => {
    const out = new Float64Array(samples * samples);
    for (let s = 0; s < samples; s++) {
      for (let t = 0; t < samples; t++) {
        const size = Math.sqrt((variance[s]! + spec.epsilon) * (variance[t]! + spec.epsilon));
        out[s * samples + t] = (from[s * samples + t]! - taken(s, t)) / size;
      }
    }
    return out;
  };
  const plain: Field = {
    samples,
    gram: divided(gram),
    ...(positions ? { positions: forwardPositions(positions) } : {}),
  };
  function forwardPositions(p: Positions): Positions {
    const { profile, ...rest } = p;
    // One position by itself comes out as large as any other.
    return { ...rest, ...(grouped && profile ? { profile } : {}), pooled: divided(p.pooled) };
  }
  const whole = scaledField(plain, scales);
  const share = scales.gamma > 0 ? 1 - scales.commonBeta / (diagonalMean(whole) || 1) : 0;
  const shift = Math.sqrt(scales.commonBeta);
  const output: Signal = {
    field: whole,
    mean: Float64Array.from(input.mean, (m, s) => shift + (centered ? 0 : m / Math.sqrt(variance[s]! + spec.epsilon))),
    units,
    isData: false,
    gaussian: share * (centered ? gaussianLeft(input) : input.gaussian),
    drift: 0,
    stray: 0,
    ...(input.unknown ? { unknown: true } : {}),
  };
  const middle = variance.reduce((a, b) => a + b, 0) / samples;
  const held = middle / (middle + spec.epsilon);
  return {
    output,
    basis: 'meanField',
    backward(gradient) {
      const g = gradient.field;
      const next = new Float64Array(samples * samples);
      for (let s = 0; s < samples; s++) {
        for (let t = 0; t < samples; t++) {
          const size = Math.sqrt((variance[s]! + spec.epsilon) * (variance[t]! + spec.epsilon));
          next[s * samples + t] = g.gram[s * samples + t]! / size;
        }
      }
      const profile = positions?.profile;
      const steep = profile && !grouped ? steepness(profile, g.positions?.profile, held) : undefined;
      const back: Positions | undefined = g.positions && {
        ...g.positions,
        ...(steep ? { profile: steep.profile } : {}),
        pooled: g.positions.pooled.map((k, i) => (g.gram[i]! > 0 || g.gram[i]! < 0 ? (k * next[i]!) / g.gram[i]! : 0)),
      };
      const numbers = together * count;
      // Directions along the mean and along the value itself are lost; the variance is of one direction less.
      const along = !positions && gradient.radial ? gradient.radial.share : 1 / numbers;
      const left = Math.max(0, 1 - (directions - 1) / numbers - along) * (centered ? numbers / (numbers - 1) : 1);
      const unit = normalized({ samples, gram: next, ...(back ? { positions: back } : {}) });
      const factor = scales.gamma * left * Math.exp(unit.log) * (steep?.mean ?? 1);
      const { noise } = gradient;
      const passed: Gradient = {
        ...withoutWinners(gradient),
        log: gradient.log + Math.log(factor),
        field: unit.field,
        noise: {
          spread: noise.spread + (2 * overlap(g, batch) * directions) / (numbers * numbers),
          shift: noise.shift,
          narrow: noise.narrow + (grouped ? 1 / numbers : 0),
          slope: -held,
          bend: -held * (1 - held),
        },
        ...(positions ? {} : { radial: { share: (1 - held) * along, variance: 2 } }),
      };
      return {
        delta: gradient,
        inputs: [passed],
        terms: [{ term: spec.type, kind: 'normalization', factor: Math.sqrt(factor) }],
      };
    },
  };
};

/** An activation's output is not Gaussian after its mean is taken away either. */
function gaussianLeft({ gaussian, isData }: Signal): number {
  return isData ? 0 : gaussian;
}

/** Positions that were small are divided by little. */
function steepness(profile: Float64Array, gradient: Float64Array | undefined, held: number) {
  const next = Float64Array.from(profile, (p, i) => (gradient?.[i] ?? 1) / Math.max(1e-6, held * p + 1 - held));
  const mean = next.reduce((a, b) => a + b, 0) / next.length;
  return { mean, profile: next.map((p) => p / mean) };
}
