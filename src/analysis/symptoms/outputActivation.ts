// Owns what the net's outputs have passed through last, and which numbers that leaves.
import type { GraphLayer } from '../../spec/network';
import type { ActivationName } from '../../spec/schema';
import { isDense, ownActivation, reshapes, type Surroundings } from '../surroundings';

export interface OutputActivation {
  readonly name: ActivationName;
  readonly layer: GraphLayer;
}

/** The activation nearest to the loss, where nothing but a change of shape or dropout follows. */
export function outputActivation(surroundings: Surroundings): OutputActivation | undefined {
  for (const layer of surroundings.outputChain()) {
    const name = isDense(layer) || layer.spec.type === 'activation' ? ownActivation(layer) : undefined;
    if (name) return { name, layer };
    const passes = reshapes(layer) || layer.spec.type === 'dropout' || layer.spec.type === 'activation';
    if (!passes) return undefined;
  }
  return undefined;
}

const UP = Number.POSITIVE_INFINITY;
const SELU_LEAST = -1.7580993408473768;

/** Smallest and largest number that an activation answers; absent where there is neither. */
export const BOUNDS: Partial<Readonly<Record<ActivationName, readonly [number, number]>>> = {
  sigmoid: [0, 1],
  hardSigmoid: [0, 1],
  softmax: [0, 1],
  tanh: [-1, 1],
  hardTanh: [-1, 1],
  softsign: [-1, 1],
  relu: [0, UP],
  relu6: [0, 6],
  softplus: [0, UP],
  elu: [-1, UP],
  selu: [SELU_LEAST, UP],
  // Their least values, at z = −0.7518, −1.2785 and −1.1924.
  gelu: [-0.16997, UP],
  silu: [-0.27846, UP],
  mish: [-0.30884, UP],
};
