// Owns what few units do to a gradient on its way through an activation: how far single draws stray from the mean, and what
// the gradient has along the value itself.
import type { Moments, PairMoments } from '../activationMoments';
import { type Field, type Gradient, MOST_STRAYING, overlap, type Straying } from '../signal';

/**
 * What few units add to the straying: g is Gaussian over the units, so that of one sample's ‖φ′ ∘ g‖² the relative variance
 * grows by (3 E φ′⁴ ÷ (E φ′²)² − 3) ÷ n beyond that of ‖g‖² itself, less what the mean square of z explains.
 */
export function strayingThrough(
  gradient: Gradient,
  z: Field,
  at: readonly Moments[],
  pairs: readonly PairMoments[],
  units: number,
  slopeGain: number,
  batch: number,
): Straying {
  const { samples, gram } = gradient.field;
  const overlapOfGradient = positionShare(gradient.field, batch);
  const share = positionShare(z, batch) / units;
  const norms = new Float64Array(samples * samples);
  const products = new Float64Array(samples * samples);
  for (let s = 0; s < samples; s++) {
    const ds = at[s]!.slopeSquare;
    for (let t = 0; t < samples; t++) {
      const i = s * samples + t;
      const size = gram[s * (samples + 1)]! * gram[t * (samples + 1)]!;
      const slopes = ds * at[t]!.slopeSquare;
      const m = gradient.straying?.norms[i] ?? 0;
      const x = gradient.straying?.products[i] ?? 0;
      if (!(size > 0) || !(slopes > 0)) continue;
      const apart = s !== t;
      const square = (overlapOfGradient * gram[i]! * gram[i]!) / size + x;
      const psi = apart ? pairs[i]!.slopeSquared : at[s]!.slopeFourth;
      const cross = (apart ? pairs[i]!.slope : ds) ** 2 / slopes;
      const explained =
        (2 * slopeGain * slopeGain * z.gram[i]! * z.gram[i]!) /
        (z.gram[s * (samples + 1)]! * z.gram[t * (samples + 1)]! || 1);
      norms[i] = Math.min(MOST_STRAYING, m + share * ((psi / slopes - 1) * (1 + m + 2 * square) - explained));
      products[i] = Math.min(
        MOST_STRAYING,
        cross * x + share * Math.max(0, psi / slopes - cross) * (1 + m + 2 * square),
      );
    }
  }
  return { norms, products };
}

/** How much of a sum's noise is left when it goes over positions too, which share their weights. */
export function positionShare(field: Field, batch: number): number {
  if (!field.positions) return 1;
  const alone = overlap({ samples: field.samples, gram: field.gram }, batch);
  return alone > 0 ? Math.min(1, overlap(field, batch) / alone) : 1;
}

/**
 * The part of the gradient along h itself: φ′ treats it otherwise than the rest, and what comes out along z is what a change
 * of z's size does to the loss. All means by Stein's lemma from those at hand.
 */
export function radialThrough(gradient: Gradient, m: Moments, q: number, numbers: number) {
  const { radial } = gradient;
  if (!radial || !(m.square > 0) || !(m.slopeSquare > 0) || !(q > 0)) return { factor: 1 };
  const r = Math.min(1, radial.share);
  // What is along any one direction by chance is in the mean slope already.
  const beyond = numbers > 1 ? (r - 1 / numbers) / (1 - 1 / numbers) : 0;
  const factor = Math.max(0.1, 1 + beyond * (m.mixed / m.square / m.slopeSquare - 1));
  const along = numbers * r * m.square * m.gain * m.gain;
  const across = (1 - r) * Math.max(0, q * m.slopeSquare * (1 + 2 * m.slopeGain) - m.gain * m.gain * m.square);
  const share = Math.min(1, (along + across) / (numbers * q * m.slopeSquare * factor));
  return { factor, radial: { share, variance: radial.variance } };
}
