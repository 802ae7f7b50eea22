// Owns histograms of gradients: by magnitude on a log₂ scale, since a gradient spans more powers than a linear one shows.

/** Bins a side: each is one power of two wide. */
export const HISTOGRAM_BINS = 64;
/** Exponent of the first bin's lower edge, relative to the tensor's own exponent. */
export const LOWEST_POWER = -48;

export interface Histogram {
  /** Bin k counts magnitudes from 2^(firstPower + k) to below 2^(firstPower + k + 1). */
  readonly firstPower: number;
  readonly negative: Uint32Array;
  readonly positive: Uint32Array;
  readonly zeros: number;
  /** Not 0, and smaller than the first bin; at least as large as the last bin's upper edge, infinities included. */
  readonly underflow: number;
  readonly overflow: number;
  readonly nan: number;
}

/**
 * @param values as stored: the true ones are these times 2^exponent
 * @param exponent the layer's own
 */
export function histogram(values: Float32Array | Float64Array, exponent: number): Histogram {
  const negative = new Uint32Array(HISTOGRAM_BINS);
  const positive = new Uint32Array(HISTOGRAM_BINS);
  let [zeros, underflow, overflow, nan] = [0, 0, 0, 0];
  for (const value of values) {
    const magnitude = Math.abs(value);
    if (value === 0) zeros++;
    else if (Number.isNaN(value)) nan++;
    else if (magnitude < 2 ** LOWEST_POWER) underflow++;
    else if (magnitude >= 2 ** (LOWEST_POWER + HISTOGRAM_BINS)) overflow++;
    else {
      // log2 may round up to the next power just below it.
      let bin = Math.floor(Math.log2(magnitude)) - LOWEST_POWER;
      if (magnitude < 2 ** (bin + LOWEST_POWER)) bin--;
      const bins = value < 0 ? negative : positive;
      bins[bin] = bins[bin]! + 1;
    }
  }
  return { firstPower: LOWEST_POWER + exponent, negative, positive, zeros, underflow, overflow, nan };
}
