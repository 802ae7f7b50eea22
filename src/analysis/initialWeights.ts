// Owns what an initializer's weights are before anything is drawn: mean, variance, and whether all are the same. The draws are
// the engine's (`engine/initializers.ts`), which this follows.
import type { ParameterInfo } from '../spec/network';
import type { ActivationName, InitializerSpec } from '../spec/schema';
import { formulaOf } from './surroundings';

/** Variance of a normal cut off at ±2 standard deviations, as a share of the variance before the cut. */
const TRUNCATED_VARIANCE = 0.87962566103423978 ** 2;

export interface WeightMoments {
  readonly mean: number;
  readonly variance: number;
}

/** Mean and variance of one weight over seeds; NaN for `lsuv`, whose size follows from the data. */
export function weightMoments({ initializer, shape, fanIn, fanOut }: ParameterInfo): WeightMoments {
  const spread = (variance: number): WeightMoments => ({ mean: 0, variance });
  switch (initializer.type) {
    case 'zeros':
      return spread(0);
    case 'ones':
      return { mean: 1, variance: 0 };
    case 'constant':
      return { mean: initializer.value, variance: 0 };
    case 'randomUniform':
      return {
        mean: (initializer.minval + initializer.maxval) / 2,
        variance: (initializer.maxval - initializer.minval) ** 2 / 12,
      };
    case 'randomNormal':
      return { mean: initializer.mean, variance: initializer.stddev ** 2 };
    case 'truncatedNormal':
      return { mean: initializer.mean, variance: TRUNCATED_VARIANCE * initializer.stddev ** 2 };
    case 'glorotUniform':
    case 'glorotNormal':
      return spread(2 / (fanIn + fanOut));
    case 'heUniform':
    case 'heNormal':
      return spread(2 / fanIn);
    case 'leCunUniform':
    case 'leCunNormal':
      return spread(1 / fanIn);
    case 'varianceScaling': {
      const fans = { fanIn, fanOut, fanAvg: (fanIn + fanOut) / 2 };
      return spread(initializer.scale / Math.max(1, fans[initializer.mode]));
    }
    case 'orthogonal':
    case 'identity': {
      const columns = shape.at(-1) ?? 1;
      const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
      return spread(initializer.gain ** 2 / Math.max(rows, columns));
    }
    case 'lsuv':
      return spread(Number.NaN);
  }
}

/** Whether every weight starts from the same number. */
export function allAlike(initializer: InitializerSpec): boolean {
  switch (initializer.type) {
    case 'zeros':
    case 'ones':
    case 'constant':
      return true;
    case 'randomUniform':
      return initializer.minval === initializer.maxval;
    case 'randomNormal':
    case 'truncatedNormal':
      return initializer.stddev === 0;
    case 'orthogonal':
    case 'identity':
      return initializer.gain === 0;
    default:
      return false;
  }
}

/** σw² with which the activation keeps the variance, about: 2 where half of the signal is cut off. */
export function suitableGain(activation: ActivationName): number {
  const formula = formulaOf(activation);
  return !formula || formula.saturates || activation === 'linear' || activation === 'selu' ? 1 : 2;
}

/** Name of an initializer that follows the fans and suits the activation. */
export function suitableInitializer(activation: ActivationName): string {
  if (activation === 'selu') return 'leCunNormal';
  return suitableGain(activation) === 2 ? 'heNormal' : 'glorotUniform';
}
