// Owns what an activation does to signal and gradient, for every layer that ends in one: z → h = φ(z), z Gaussian over the
// units. Softmax, which mixes units, is `softmax.ts`'s.
import { type ElementwiseName, type Moments, moments, type PairMoments, pairMoments } from '../activationMoments';
import {
  diagonalMean,
  type Field,
  type Gradient,
  normalized,
  overlap,
  type Positions,
  positionCount,
  type Signal,
  within,
} from '../signal';
import { radialThrough, strayingThrough } from './straying';
import { winnerSlope } from './winners';

export interface Nonlinearity {
  readonly output: Signal;
  /** @returns ∂L/∂z, and ‖∂L/∂z‖² ÷ ‖∂L/∂h‖² of the mean over draws */
  backward(gradient: Gradient): { readonly delta: Gradient; readonly factor: number };
}

/** Groups of positions that have about the same mean square, for profiles that are not flat. */
interface Bins {
  readonly binOf: Uint8Array;
  /** Mean of the profile in each, and its share of the positions. */
  readonly level: readonly number[];
  readonly share: readonly number[];
}
const BINS = 8;

/**
 * @param z the pre-activation
 * @param units how many independent numbers a position has
 * @param batch samples of the true batch
 */
export function passNonlinearity(name: ElementwiseName, z: Signal, batch: number): Nonlinearity {
  if (name === 'linear') {
    return { output: z, backward: (gradient) => ({ delta: withoutWinners(gradient), factor: 1 }) };
  }
  const { field, units } = z;
  const { samples } = field;
  const q = variances(field);
  const at = samplesMoments(name, q);
  const middle = within(diagonalMean(field));
  const central = moments(name, middle);
  const profile = field.positions?.profile;
  const bins = profile && binned(profile);
  const levels = bins?.level.map((level) => moments(name, within(middle * level)));
  const squareScale =
    bins && levels
      ? ratio(
          weighted(
            bins.share,
            levels.map((m) => m.square),
          ),
          central.square,
        )
      : 1;
  const pairs = allPairs(name, field, q, at);
  const gram = scaledGram(pairs.same, at, squareScale, samples);
  const positions =
    field.positions &&
    forwardPositions(name, field, field.positions, gram, squareScale, {
      bins,
      levels,
      middle,
      central,
      apart: pairs.apart,
    });
  const mean = Float64Array.from(at, (m) => m.mean * Math.sqrt(squareScale));
  const common = overlap(field, batch);
  const gaussianNoise = (2 * common) / units;
  const { gain: a, gainBend } = central;
  const own = (Math.max(0, ratio(central.fourth, central.square ** 2) - 1 - 2 * a * a) * common) / units;
  const shift = -0.5 * own + 0.5 * (a - a * a - gainBend) * gaussianNoise;
  const output: Signal = {
    field: { samples, gram, ...(positions ? { positions } : {}) },
    mean,
    units,
    isData: false,
    gaussian: 0,
    origin: { activation: name, meanSquare: middle, ...(field.positions ? { near: field.positions.near } : {}) },
    drift: a * z.drift + 0.5 * gainBend * z.stray + shift,
    stray: a * a * z.stray + own,
    ...(z.unknown ? { unknown: true } : {}),
  };

  return {
    output,
    backward(gradient) {
      const { winners } = gradient;
      const boost = winners ? winnerSlope(name, middle, winners) / (central.slopeSquare || 1) : 1;
      const shares = bins && binShares(bins, gradient.field.positions?.profile);
      const slopeScale =
        shares && levels
          ? ratio(
              weighted(
                shares,
                levels.map((m) => m.slopeSquare),
              ),
              central.slopeSquare,
            )
          : 1;
      const scale = boost * slopeScale;
      const g = gradient.field.gram;
      const next = new Float64Array(samples * samples);
      for (let s = 0; s < samples; s++) {
        for (let t = 0; t < samples; t++) {
          const slope = s === t ? at[s]!.slopeSquare : pairs.same[s * samples + t]!.slope;
          next[s * samples + t] = g[s * samples + t]! * slope * scale;
        }
      }
      const raw: Field = {
        samples,
        gram: next,
        ...(gradient.field.positions
          ? {
              positions: backwardPositions(name, gradient.field, gradient.field.positions, field, pairs, at, scale, {
                bins,
                levels,
                next,
              }),
            }
          : {}),
      };
      const before = diagonalMean(gradient.field);
      const after = diagonalMean(raw);
      const unit = normalized(raw);
      const { slopeGain: b, slopeBend } = central;
      const { slope: r, bend } = gradient.noise;
      const crossed = (ratio(central.mixed, central.square * central.slopeSquare) - 1 - 2 * a * b) * (common / units);
      const mixed = central.square > 0 && central.slopeSquare > 0 ? crossed : 0;
      const along = radialThrough(gradient, central, middle, units * positionCount(field));
      const delta: Gradient = {
        log: gradient.log + unit.log - Math.log(before) + Math.log(along.factor),
        field: unit.field,
        noise: {
          spread: Math.max(0, gradient.noise.spread + r * r * own + 2 * r * mixed),
          shift: gradient.noise.shift + r * shift + 0.5 * bend * own + 0.5 * (b - b * b - slopeBend) * gaussianNoise,
          slope: b + a * r,
          bend: slopeBend + gainBend * r + a * a * bend,
          narrow: gradient.noise.narrow,
        },
        straying: strayingThrough(gradient, field, at, pairs.same, units, b, batch),
        ...(along.radial ? { radial: along.radial } : {}),
      };
      return { delta, factor: ratio(after, before) * along.factor };
    },
  };
}

export function withoutWinners({ winners: _, ...rest }: Gradient): Gradient {
  return rest;
}

export function variances(field: Field): Float64Array {
  const { samples, gram } = field;
  return Float64Array.from({ length: samples }, (_, s) => within(gram[s * samples + s]!));
}

function samplesMoments(name: ElementwiseName, q: Float64Array): readonly Moments[] {
  let last: { readonly q: number; readonly moments: Moments } | undefined;
  return Array.from(q, (value) => {
    if (!last || Math.abs(value - last.q) > 1e-9 * value) last = { q: value, moments: moments(name, value) };
    return last.moments;
  });
}

interface Pairs {
  /** (S × S) at the same position. */
  readonly same: readonly PairMoments[];
  /** (S × S) at different positions, any distance; absent without positions. */
  readonly apart?: readonly PairMoments[];
  readonly count: number;
}

function allPairs(name: ElementwiseName, field: Field, q: Float64Array, at: readonly Moments[]): Pairs {
  const { samples, gram, positions } = field;
  const count = positions ? positions.sizes.reduce((a, b) => a * b, 1) : 1;
  const same: PairMoments[] = new Array(samples * samples);
  const apart: PairMoments[] | undefined = positions && count > 1 ? new Array(samples * samples) : undefined;
  for (let s = 0; s < samples; s++) {
    for (let t = 0; t <= s; t++) {
      const i = s * samples + t;
      const scale = Math.sqrt(q[s]! * q[t]!);
      const of = (k: number): PairMoments =>
        pairMoments(name, { q: q[s]!, moments: at[s]! }, { q: q[t]!, moments: at[t]! }, correlation(k, scale));
      same[i] = of(gram[i]!);
      same[t * samples + s] = same[i]!;
      if (apart && positions) {
        apart[i] = of((positions.pooled[i]! - gram[i]! / count) / (1 - 1 / count));
        apart[t * samples + s] = apart[i]!;
      }
    }
  }
  return { same, count, ...(apart ? { apart } : {}) };
}

function correlation(k: number, scale: number): number {
  return scale > 0 ? Math.max(-1, Math.min(1, k / scale)) : 0;
}

function scaledGram(
  pairs: readonly PairMoments[],
  at: readonly Moments[],
  scale: number,
  samples: number,
): Float64Array {
  const gram = new Float64Array(samples * samples);
  for (let s = 0; s < samples; s++) {
    for (let t = 0; t < samples; t++) {
      gram[s * samples + t] = scale * (s === t ? at[s]!.square : pairs[s * samples + t]!.value);
    }
  }
  return gram;
}

function forwardPositions(
  name: ElementwiseName,
  field: Field,
  positions: Positions,
  gram: Float64Array,
  scale: number,
  more: {
    readonly bins: Bins | undefined;
    readonly levels: readonly Moments[] | undefined;
    readonly middle: number;
    readonly central: Moments;
    readonly apart: readonly PairMoments[] | undefined;
  },
): Positions {
  const { samples } = field;
  const { bins, levels, middle, central, apart } = more;
  const count = positions.sizes.reduce((a, b) => a * b, 1);
  const pooled = new Float64Array(samples * samples);
  for (let i = 0; i < pooled.length; i++) {
    pooled[i] = apart ? gram[i]! / count + (1 - 1 / count) * scale * apart[i]!.value : gram[i]!;
  }
  const alike = { q: middle, moments: central };
  const near = positions.near.map((c) => ratio(pairMoments(name, alike, alike, c).value, central.square));
  const { profile } = positions;
  const next =
    profile && bins && levels
      ? Float64Array.from(profile, (p, i) => {
          const bin = bins.binOf[i]!;
          const level = bins.level[bin]!;
          const local = levels[bin]!;
          return level > 0 && p > 0 ? local.square * (p / level) ** local.gain : local.square;
        })
      : undefined;
  const total = next ? next.reduce((a, b) => a + b, 0) / next.length : 0;
  return {
    sizes: positions.sizes,
    ...(next && total > 0 ? { profile: next.map((p) => p / total) } : {}),
    near,
    pooled,
  };
}

function backwardPositions(
  name: ElementwiseName,
  gradient: Field,
  positions: Positions,
  field: Field,
  pairs: Pairs,
  at: readonly Moments[],
  scale: number,
  more: {
    readonly bins: Bins | undefined;
    readonly levels: readonly Moments[] | undefined;
    readonly next: Float64Array;
  },
): Positions {
  const { samples } = gradient;
  const { bins, levels, next } = more;
  const { count, apart } = pairs;
  const pooled = new Float64Array(samples * samples);
  for (let i = 0; i < pooled.length; i++) {
    const far = apart ? (positions.pooled[i]! - gradient.gram[i]! / count) * apart[i]!.slope * scale : 0;
    pooled[i] = apart ? next[i]! / count + far : next[i]!;
  }
  const middle = { q: within(diagonalMean(field)), moments: at[0]! };
  const near = positions.near.map((c, i) => {
    const own = field.positions?.near[i] ?? 0;
    return c * ratio(pairMoments(name, middle, middle, own).slope, middle.moments.slopeSquare);
  });
  const before = positions.profile;
  let profile: Float64Array | undefined = before;
  if (bins && levels) {
    profile = Float64Array.from(bins.binOf, (bin, p) => (before?.[p] ?? 1) * levels[bin]!.slopeSquare);
    const total = profile.reduce((a, b) => a + b, 0) / profile.length;
    profile = total > 0 ? profile.map((p) => p / total) : undefined;
  }
  return { sizes: positions.sizes, ...(profile ? { profile } : {}), near, pooled };
}

function binned(profile: Float64Array): Bins | undefined {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const p of profile) {
    least = Math.min(least, p);
    most = Math.max(most, p);
  }
  if (most - least < 1e-6 || profile.length < 2) return undefined;
  const order = Array.from(profile.keys()).sort((a, b) => profile[a]! - profile[b]!);
  const binOf = new Uint8Array(profile.length);
  const sum = new Float64Array(BINS);
  const count = new Float64Array(BINS);
  order.forEach((p, rank) => {
    const bin = Math.min(BINS - 1, Math.floor((rank * BINS) / order.length));
    binOf[p] = bin;
    sum[bin] = sum[bin]! + profile[p]!;
    count[bin] = count[bin]! + 1;
  });
  return {
    binOf,
    level: Array.from(sum, (total, bin) => (count[bin] ? total / count[bin]! : 1)),
    share: Array.from(count, (n) => n / profile.length),
  };
}

function binShares({ binOf, share }: Bins, profile: Float64Array | undefined): readonly number[] {
  if (!profile || profile.length !== binOf.length) return share;
  const shares = share.map(() => 0);
  for (let p = 0; p < binOf.length; p++) shares[binOf[p]!] = shares[binOf[p]!]! + profile[p]! / binOf.length;
  return shares;
}

function weighted(weights: readonly number[], values: readonly number[]): number {
  return weights.reduce((sum, w, i) => sum + w * values[i]!, 0);
}

function ratio(a: number, b: number): number {
  return b > 0 ? a / b : 0;
}
