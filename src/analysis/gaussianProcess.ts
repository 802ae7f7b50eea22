// Owns the drawing of Gaussian processes place by place, where the covariance of a place with the earlier ones is known only
// once those have been drawn.
import type { Random } from '../base/random';

/** `fields` independent processes of the same covariance over `places`, for `units` units each. */
export class GaussianProcess {
  readonly #places: number;
  readonly #units: number;
  readonly #random: Random;
  /** Cholesky factor, row by row. */
  readonly #factor: Float64Array;
  /** By field, (places × units): independent standard normal numbers, and what is made of them. */
  readonly #noise: Float64Array[];
  readonly #values: Float64Array[];

  constructor(places: number, units: number, fields: number, random: Random) {
    this.#places = places;
    this.#units = units;
    this.#random = random;
    this.#factor = new Float64Array(fields > 0 ? places * places : 0);
    this.#noise = Array.from({ length: fields }, () => new Float64Array(places * units));
    this.#values = Array.from({ length: fields }, () => new Float64Array(places * units));
  }

  /**
   * Draws place p; those before it have been drawn.
   * @param covariance with places 0 … p; what rounding or sampling makes impossible is taken for the nearest possible
   */
  extend(p: number, covariance: ArrayLike<number>): void {
    if (this.#values.length === 0) return;
    const factor = this.#factor;
    const row = p * this.#places;
    let rest = Math.max(0, covariance[p]!);
    const least = 1e-12 * rest;
    for (let q = 0; q < p; q++) {
      const other = q * this.#places;
      let value = covariance[q]!;
      for (let k = 0; k < q; k++) value -= factor[row + k]! * factor[other + k]!;
      const pivot = factor[other + q]!;
      value = pivot > 0 ? value / pivot : 0;
      // No more than the variance that is left.
      if (!(value * value <= rest)) value = Math.sign(value) * Math.sqrt(rest);
      factor[row + q] = value;
      rest = Math.max(0, rest - value * value);
    }
    factor[row + p] = rest > least ? Math.sqrt(rest) : 0;
    for (const [field, noise] of this.#noise.entries()) this.#draw(p, noise, this.#values[field]!);
  }

  at(field: number, p: number, unit: number): number {
    return this.#values[field]![p * this.#units + unit]!;
  }

  #draw(p: number, noise: Float64Array, values: Float64Array): void {
    const units = this.#units;
    const at = p * units;
    for (let unit = 0; unit < units; unit++) noise[at + unit] = this.#random.normal();
    // Averages over the units of what is linear in the numbers are exact then, and others the closer.
    this.#standardize(noise, p);
    for (let q = 0; q <= p; q++) {
      const weight = this.#factor[p * this.#places + q]!;
      if (weight === 0) continue;
      const from = q * units;
      for (let unit = 0; unit < units; unit++) values[at + unit] = values[at + unit]! + weight * noise[from + unit]!;
    }
  }

  /** Takes out of the numbers of place p their mean and what they have in common with earlier ones; mean square 1. */
  #standardize(noise: Float64Array, p: number): void {
    const units = this.#units;
    const at = p * units;
    let mean = 0;
    for (let unit = 0; unit < units; unit++) mean += noise[at + unit]! / units;
    for (let unit = 0; unit < units; unit++) noise[at + unit] = noise[at + unit]! - mean;
    for (let q = 0; q < p; q++) {
      const from = q * units;
      let dot = 0;
      for (let unit = 0; unit < units; unit++) dot += noise[at + unit]! * noise[from + unit]!;
      dot /= units;
      for (let unit = 0; unit < units; unit++) noise[at + unit] = noise[at + unit]! - dot * noise[from + unit]!;
    }
    let square = 0;
    for (let unit = 0; unit < units; unit++) square += noise[at + unit]! ** 2 / units;
    const scale = 1 / Math.sqrt(square);
    for (let unit = 0; unit < units; unit++) noise[at + unit] = noise[at + unit]! * scale;
  }
}
