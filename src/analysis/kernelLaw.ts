// Owns what an initializer makes of a kernel, as far as second moments of products with it go. The draws are the engine's
// (`engine/initializers.ts`), whose variances these are.
import type { ParameterInfo } from '../spec/network';
import type { InitializerSpec } from '../spec/schema';

/** Variance of a normal cut off at ±2, in units of the uncut one's. */
const TRUNCATED = 0.7737413035760565;

export type KernelLaw =
  | {
      readonly kind: 'random';
      /** E w², entries having mean 0. */
      readonly meanSquare: number;
      /** What it would be if the fan-out were the fan-in. */
      readonly squareMeanSquare: number;
      /** Share of the fluctuation of ‖Wx‖² that the kernel has of a Gaussian one's: 0 for an isometry, forward and backward. */
      readonly looseness: readonly [forward: number, backward: number];
    }
  /** Scaled so that pre-activations have variance 1. */
  | { readonly kind: 'scaled'; readonly looseness: readonly [forward: number, backward: number] }
  /** A multiple of the identity matrix. */
  | { readonly kind: 'identity'; readonly gain: number }
  /** Units that are alike, or weights with a mean: no random matrix. */
  | { readonly kind: 'alike' };

/** A mean of the weights acts on all inputs at once; below this share of what chance does, it is not felt. */
const FELT = 1e-3;

export function kernelLaw(initializer: InitializerSpec, { shape, fanIn, fanOut }: ParameterInfo): KernelLaw {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const random = (meanSquare: number, squareMeanSquare = meanSquare): KernelLaw => ({
    ...{ kind: 'random', meanSquare, squareMeanSquare, looseness: [1, 1] },
  });
  const withMean = (mean: number, variance: number): KernelLaw =>
    mean * mean * rows > FELT * variance ? { kind: 'alike' } : random(variance + mean * mean);
  switch (initializer.type) {
    case 'zeros':
      return random(0);
    case 'ones':
      return { kind: 'alike' };
    case 'constant':
      return initializer.value === 0 ? random(0) : { kind: 'alike' };
    case 'randomUniform':
      return withMean(
        (initializer.minval + initializer.maxval) / 2,
        (initializer.maxval - initializer.minval) ** 2 / 12,
      );
    case 'randomNormal':
      return withMean(initializer.mean, initializer.stddev ** 2);
    case 'truncatedNormal':
      return withMean(initializer.mean, TRUNCATED * initializer.stddev ** 2);
    case 'glorotUniform':
    case 'glorotNormal':
      return random(2 / (fanIn + fanOut), 1 / fanIn);
    case 'heUniform':
    case 'heNormal':
      return random(2 / fanIn);
    case 'leCunUniform':
    case 'leCunNormal':
      return random(1 / fanIn);
    case 'varianceScaling': {
      const fan = { fanIn, fanOut, fanAvg: (fanIn + fanOut) / 2 }[initializer.mode];
      return random(initializer.scale / Math.max(1, fan), initializer.scale / fanIn);
    }
    case 'orthogonal': {
      const longer = Math.max(rows, columns);
      const meanSquare = initializer.gain ** 2 / longer;
      return {
        kind: 'random',
        meanSquare,
        squareMeanSquare: initializer.gain ** 2 / rows,
        looseness: looseness(rows, columns),
      };
    }
    case 'lsuv':
      return { kind: 'scaled', looseness: looseness(rows, columns) };
    case 'identity':
      return { kind: 'identity', gain: initializer.gain };
  }
}

/** Part of a random orthonormal frame: a projection on k of n directions strays like a Gaussian one times 1 − k ÷ n. */
function looseness(rows: number, columns: number): readonly [number, number] {
  return [Math.max(0, 1 - columns / rows), Math.max(0, 1 - rows / columns)];
}

/** Mean and variance of a bias; biases are added, so a common value is as good as a random one. */
export function biasMeanSquare(parameter: ParameterInfo | undefined): number {
  if (!parameter) return 0;
  const { initializer, fanIn, fanOut } = parameter;
  switch (initializer.type) {
    case 'zeros':
      return 0;
    case 'ones':
      return 1;
    case 'constant':
      return initializer.value ** 2;
    case 'randomUniform': {
      const mean = (initializer.minval + initializer.maxval) / 2;
      return (initializer.maxval - initializer.minval) ** 2 / 12 + mean * mean;
    }
    case 'randomNormal':
      return initializer.stddev ** 2 + initializer.mean ** 2;
    case 'truncatedNormal':
      return TRUNCATED * initializer.stddev ** 2 + initializer.mean ** 2;
    case 'glorotUniform':
    case 'glorotNormal':
      return 2 / (fanIn + fanOut);
    case 'heUniform':
    case 'heNormal':
      return 2 / fanIn;
    case 'leCunUniform':
    case 'leCunNormal':
      return 1 / fanIn;
    case 'varianceScaling':
      return initializer.scale / Math.max(1, { fanIn, fanOut, fanAvg: (fanIn + fanOut) / 2 }[initializer.mode]);
    default:
      return 0;
  }
}

/** Whether all biases have one value other than 0: units then have a mean in common, which these moments do not know. */
export function biasIsCommon(parameter: ParameterInfo | undefined): boolean {
  if (!parameter) return false;
  const { initializer } = parameter;
  if (initializer.type === 'ones') return true;
  if (initializer.type === 'constant') return initializer.value !== 0;
  if (initializer.type === 'randomUniform') {
    const { minval, maxval } = initializer;
    return (minval + maxval) ** 2 / 4 > FELT * ((maxval - minval) ** 2 / 12);
  }
  if (initializer.type === 'randomNormal' || initializer.type === 'truncatedNormal') {
    return initializer.mean ** 2 > FELT * initializer.stddev ** 2;
  }
  return false;
}
