// Owns what symptoms ask of the samples themselves: mean and spread, feature by feature and over all, and the targets' range.
import type { Dataset } from '../spec/dataset';

export interface FeatureMoments {
  readonly mean: number;
  readonly std: number;
  readonly meanSquare: number;
}

export interface InputMoments {
  readonly all: FeatureMoments;
  /** One a number of the input, in the order of its shape. */
  readonly features: readonly FeatureMoments[];
}

/** Most samples that are looked at: of more, these spread evenly. Means of so many are right to a few percent. */
const MOST_SAMPLES = 512;

/** Over the training samples. */
export function inputMoments({ train, inputShape }: Dataset): InputMoments {
  const size = inputShape.reduce((a, b) => a * b, 1);
  const stride = Math.max(1, Math.floor(train.count / MOST_SAMPLES));
  const sums = new Float64Array(size);
  const squares = new Float64Array(size);
  // Around the first sample, so that a spread that is small beside the mean is not lost.
  const origin = train.inputs.subarray(0, size);
  let count = 0;
  for (let i = 0; i < train.count; i += stride) {
    for (let f = 0; f < size; f++) {
      const x = train.inputs[i * size + f]! - origin[f]!;
      sums[f]! += x;
      squares[f]! += x * x;
    }
    count++;
  }
  let mean = 0;
  let meanSquare = 0;
  const features = Array.from({ length: size }, (_, f) => {
    const shift = sums[f]! / count;
    const variance = Math.max(0, squares[f]! / count - shift * shift);
    const m = origin[f]! + shift;
    mean += m / size;
    meanSquare += (m * m + variance) / size;
    return { mean: m, std: Math.sqrt(variance), meanSquare: m * m + variance };
  });
  return { all: { mean, std: Math.sqrt(Math.max(0, meanSquare - mean * mean)), meanSquare }, features };
}

/** Of the training targets that are values. */
export interface TargetRange {
  readonly min: number;
  readonly max: number;
}

export function targetRange({ train }: Dataset): TargetRange {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const y of train.targets) {
    if (y < min) min = y;
    if (y > max) max = y;
  }
  return { min, max };
}

/** Share of the training targets outside the bounds, which themselves are inside. */
export function shareOutside({ train }: Dataset, low: number, high: number): number {
  let outside = 0;
  for (const y of train.targets) if (y < low || y > high) outside++;
  return outside / Math.max(1, train.targets.length);
}
