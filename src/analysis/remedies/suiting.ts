// Owns which initializer suits which activation: what remedies write, and what they leave as it is.
import type { ActivationName, InitializerSpec } from '../../spec/schema';

interface Suiting {
  readonly initializer: 'heNormal' | 'leCunNormal' | 'glorotUniform';
  /** Variance of a weight times fan-in that keeps the signal's size. */
  readonly scale: number;
}

/** He et al. 2015 for what loses half of the signal; Klambauer et al. 2017 for SELU; Glorot & Bengio 2010 for the others. */
export function suitingInitializer(activation: ActivationName): Suiting {
  switch (activation) {
    case 'relu':
    case 'leakyRelu':
    case 'relu6':
    case 'elu':
    case 'gelu':
    case 'silu':
    case 'mish':
    case 'softplus':
      return { initializer: 'heNormal', scale: 2 };
    case 'selu':
      return { initializer: 'leCunNormal', scale: 1 };
    default:
      return { initializer: 'glorotUniform', scale: 1 };
  }
}

/** Further from the suiting variance than this factor, an initializer is replaced; He is twice LeCun. */
const NEAR = 1.6;
/** He's is still fine where nothing follows. */
const MOST_LINEAR = 2;

/** Whether the variance that it gives goes by the layer's size, and is near that which suits the activation. */
export function suits(initializer: InitializerSpec, activation: ActivationName): boolean {
  const scale = scaleOf(initializer);
  if (scale === undefined) return initializer.type === 'lsuv';
  // Before a sum, as at the end of a shortcut's branch, small weights are meant.
  if (activation === 'linear') return scale <= MOST_LINEAR;
  const wanted = suitingInitializer(activation).scale;
  return scale <= wanted * NEAR && wanted <= scale * NEAR;
}

/** Variance of a weight times the fan; undefined where it does not go by the fan. */
function scaleOf(initializer: InitializerSpec): number | undefined {
  switch (initializer.type) {
    case 'heNormal':
    case 'heUniform':
      return 2;
    case 'glorotNormal':
    case 'glorotUniform':
    case 'leCunNormal':
    case 'leCunUniform':
      return 1;
    case 'orthogonal':
      return initializer.gain ** 2;
    case 'varianceScaling':
      return initializer.scale;
    default:
      return undefined;
  }
}

export const ACTIVATION_NAMES: Readonly<Partial<Record<ActivationName, string>>> = {
  relu: 'ReLU',
  leakyRelu: 'leaky ReLU',
  gelu: 'GELU',
  elu: 'ELU',
  selu: 'SELU',
  tanh: 'tanh',
};

export const INITIALIZER_NAMES: Readonly<Record<Suiting['initializer'], string>> = {
  heNormal: 'He',
  leCunNormal: 'LeCun',
  glorotUniform: 'Glorot',
};
