// Owns what is carried through the graph: the state of a value on the way forward, that of a gradient on the way back, and
// the form of a layer's rule. The walk itself is `propagation.ts`'s, what each family of layers does to the states `rules/`'.
//
// Both are random fields over (sample, position), drawn anew for every unit: what matters of them are second moments.
// Samples are the first few of the training data.
import type { Dataset } from '../spec/dataset';
import type { GraphLayer } from '../spec/network';
import type { Spec } from '../spec/schema';
import type { Basis, Term } from './prediction';
import type { ProbedLayer } from './probe';

/** Offsets up to this many positions away are known one by one. */
export const NEAR = 4;
/** Row length of `Positions.near`. */
export const NEAR_SIDE = 2 * NEAR + 1;

/** Second moments over positions: time steps, or places of an image. */
export interface Positions {
  /** [steps], or [height, width]; further axes behind. */
  readonly sizes: readonly number[];
  /** Mean square of each position, as a share of the mean of all (mean 1); absent: all alike. */
  readonly profile?: Float64Array;
  /**
   * (NEAR_SIDE × NEAR_SIDE) Correlation, within one sample, with the position dy rows and dx columns away, at
   * [(dy + NEAR) · NEAR_SIDE + dx + NEAR]; a sequence has dx = 0 alone.
   */
  readonly near: Float64Array;
  /** (S × S) E of the product of two samples over all pairs of positions: the Gram matrix of the mean over positions. */
  readonly pooled: Float64Array;
}

/** Second moments of a field over the samples. */
export interface Field {
  /** S, number of samples. */
  readonly samples: number;
  /** (S × S) E over units and positions of the product of two samples. */
  readonly gram: Float64Array;
  readonly positions?: Positions;
}

/** What a value is known to have come from: the input of a max pooling, say, is an activation of Gaussian numbers. */
export interface Origin {
  readonly activation: string;
  /** Mean variance of the Gaussian numbers before it, and their correlation with positions nearby. */
  readonly meanSquare: number;
  readonly near?: Float64Array;
}

/** A value h on the way forward. */
export interface Signal {
  readonly field: Field;
  /** (S) E over units and positions. */
  readonly mean: Float64Array;
  /** Length of the last axis. */
  readonly units: number;
  /** Whether it is the data as it came: known, not random. */
  readonly isData: boolean;
  /** Share of the mean square that is Gaussian over the units, with mean 0: what an activation's moments may be taken of. */
  readonly gaussian: number;
  readonly origin?: Origin;
  /** Of the logarithm of its mean square over draws of the weights: expectation less mean-field value, and variance. */
  readonly drift: number;
  readonly stray: number;
  /** Where a gap in the theory without a probe lies before it, nothing downstream can be said either. */
  readonly unknown?: true;
}

/** How the logarithm of a gradient's squared norm strays over draws of the weights. */
export interface Noise {
  /** Variance from what was drawn between here and the loss, beyond what `Straying` says. */
  readonly spread: number;
  /** Expectation less mean-field value, from the same. */
  readonly shift: number;
  /** First and second derivative by the logarithm of the mean square of the value at the same place. */
  readonly slope: number;
  readonly bend: number;
  /** Σ 1 ÷ units of the layers between here and the loss: how much the theory of many units leaves out. */
  readonly narrow: number;
}

/** How far two samples' gradients stray from what the mean over draws says, in units of the product of their mean squares. */
export interface Straying {
  /** (S × S) Covariance of their squared norms. */
  readonly norms: Float64Array;
  /** (S × S) Variance of their inner product. */
  readonly products: Float64Array;
}

export interface Radial {
  readonly share: number;
  readonly variance: number;
}

/** ∂L/∂h of a value on the way back. */
export interface Gradient {
  /** ln ‖∂L/∂h‖², of the mean over draws, up to a constant common to all layers; −∞ for 0. */
  readonly log: number;
  /** Brought to mean 1 of the Gram matrix's diagonal. */
  readonly field: Field;
  readonly noise: Noise;
  /** Absent: they do not stray. */
  readonly straying?: Straying;
  /**
   * Share of its squared norm along the value itself, and how that strays (variance of its logarithm). Absent: as much as
   * along any other direction, 1 ÷ numbers. A change of size passes through layers otherwise than a change of direction.
   */
  readonly radial?: Radial;
  /** It lies at the largest of windows of so many entries that correlate so: set by max pooling, used by the activation before. */
  readonly winners?: { readonly count: number; readonly correlation: number };
}

export interface Backward {
  /** ∂L/∂z; the gradient that came in where the layer has no pre-activation. */
  readonly delta: Gradient;
  /** By each input; undefined where none passes (whole numbers have no derivative). */
  readonly inputs: readonly (Gradient | undefined)[];
  /** What multiplies to ‖∂L/∂a‖ ÷ ‖∂L/∂h‖, mean over draws. */
  readonly terms: readonly Term[];
  /** The terms are the factor of every draw, not of their mean. */
  readonly isExact?: true;
  readonly timeProfile?: readonly number[];
}

/** One layer, gone through. */
export interface Passage {
  readonly output: Signal;
  /** E z², where there is a pre-activation. */
  readonly preActivationMeanSquare?: number;
  /** Of z: drift and stray, as `Signal` has them of h; of h where there is none. */
  readonly preActivation?: { readonly drift: number; readonly stray: number };
  readonly basis: Basis;
  backward(gradient: Gradient): Backward;
}

export interface RuleContext {
  readonly spec: Spec;
  readonly dataset: Dataset | undefined;
  /** Samples of a step's batch: B. */
  readonly batch: number;
  /** This layer as measured. */
  readonly probed: ProbedLayer | undefined;
}

/** What a kind of layer does to signal and gradient; undefined where theory has no honest answer and a probe stands in. */
export type Rule = (layer: GraphLayer, inputs: readonly Signal[], context: RuleContext) => Passage | undefined;

/** Smallest and largest mean square that is told apart from 0 and from infinity. */
const LEAST = 1e-280;
const MOST = 1e280;
export const within = (q: number): number => (q > LEAST ? Math.min(q, MOST) : 0);

export const NO_NOISE: Noise = { spread: 0, shift: 0, slope: 0, bend: 0, narrow: 0 };

export function diagonalMean({ gram, samples }: Field): number {
  let sum = 0;
  for (let s = 0; s < samples; s++) sum += gram[s * samples + s]!;
  return sum / samples;
}

export function positionCount(field: Field): number {
  return field.positions ? field.positions.sizes.reduce((a, b) => a * b, 1) : 1;
}

/** factor · field + offset: an offset is common to all positions and samples, as a bias is. */
export function affine(field: Field, factor: number, offset = 0): Field {
  const { samples, positions } = field;
  const map = (m: Float64Array) => m.map((k) => factor * k + offset);
  const gram = map(field.gram);
  if (!positions) return { samples, gram };
  const before = factor * diagonalMean(field);
  if (offset === 0 || before + offset === 0)
    return { samples, gram, positions: { ...positions, pooled: map(positions.pooled) } };
  // The share of the whole that is the bias correlates with itself everywhere.
  const share = before / (before + offset);
  return {
    samples,
    gram,
    positions: {
      sizes: positions.sizes,
      ...(positions.profile ? { profile: positions.profile.map((p) => share * p + 1 - share) } : {}),
      near: positions.near.map((c) => share * c + 1 - share),
      pooled: map(positions.pooled),
    },
  };
}

/** Brought to mean 1 of the diagonal. @returns the field, and ln of what it was divided by */
export function normalized(field: Field): { readonly field: Field; readonly log: number } {
  const mean = diagonalMean(field);
  if (!(mean > 0) || mean === 1) return { field, log: mean > 0 ? 0 : Number.NEGATIVE_INFINITY };
  return { field: affine(field, 1 / mean), log: Math.log(mean) };
}

/**
 * Mean over all pairs of (sample, position) of the product of two fields' second moments.
 * @param batch samples of the true batch, of which the fields have a few
 */
export function pairMean(a: Field, b: Field, batch: number): number {
  const { samples } = a;
  const count = a.positions && b.positions ? positionCount(a) : 1;
  let [same, other] = [0, 0];
  for (let s = 0; s < samples; s++) {
    for (let t = 0; t < samples; t++) {
      const i = s * samples + t;
      const [k, g] = [a.gram[i]!, b.gram[i]!];
      let mean = k * g;
      if (count > 1) {
        const apart = (from: Field, here: number) => (from.positions!.pooled[i]! - here / count) / (1 - 1 / count);
        mean = (k * g) / count + (1 - 1 / count) * apart(a, k) * apart(b, g);
      }
      if (s === t) same += mean;
      else other += mean;
    }
  }
  if (samples < 2) return same / samples;
  return same / samples / batch + (other / (samples * (samples - 1))) * (1 - 1 / batch);
}

/**
 * Mean over all pairs of (sample, position) of the squared correlation: 1 ÷ the number of independent directions that a
 * sum over all of them averages over.
 */
export function overlap(field: Field, batch: number): number {
  const unit = diagonalMean(field) ** 2;
  return unit > 0 ? Math.min(1, pairMean(field, field, batch) / unit) : 1;
}

/** Variance of ln ‖gradient‖² that the samples' straying makes, over the true batch. */
export function strayingSpread({ field, straying }: Gradient, batch: number): number {
  if (!straying) return 0;
  const { samples, gram } = field;
  let [same, other] = [0, 0];
  for (let s = 0; s < samples; s++) {
    for (let t = 0; t < samples; t++) {
      const value = straying.norms[s * samples + t]! * gram[s * (samples + 1)]! * gram[t * (samples + 1)]!;
      if (s === t) same += value;
      else other += value;
    }
  }
  const across = samples > 1 ? other / (samples * (samples - 1)) : 0;
  const weight = samples > 1 ? 1 / batch : 1;
  // Of a lognormal; a negative covariance is rounding.
  return Math.log1p(Math.max(0, (same / samples) * weight + across * (1 - weight)));
}

/** Variance from which samples come into a batch: some have larger gradients than others. */
function batchSpread({ field }: Gradient, batch: number): number {
  const { samples, gram } = field;
  let sum = 0;
  for (let s = 0; s < samples; s++) sum += (gram[s * (samples + 1)]! - 1) ** 2;
  return Math.log1p(sum / samples / batch);
}

/** Beyond this, a net has so few units for its depth that nothing but its depth counts. */
export const MOST_STRAYING = 1e120;

/** Where ln ‖gradient‖² lies over draws of the weights, at a value that has this drift and stray. */
export function typicalOf(
  gradient: Gradient,
  { drift, stray }: { readonly drift: number; readonly stray: number },
  batch: number,
) {
  const { log, noise, radial } = gradient;
  const spread =
    strayingSpread(gradient, batch) + batchSpread(gradient, batch) + (radial ? radial.share ** 2 * radial.variance : 0);
  return {
    mean: log + noise.shift + noise.slope * drift + 0.5 * noise.bend * stray - 0.5 * spread,
    spread: noise.spread + noise.slope * noise.slope * stray + spread,
    narrow: noise.narrow,
  };
}
