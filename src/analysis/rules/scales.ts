// Owns γ and β of the normalization layers at their start.
import type { GraphLayer } from '../../spec/network';
import { biasIsCommon, biasMeanSquare } from '../kernelLaw';
import { affine, type Field } from '../signal';
import { parameterOf } from './linear';

export interface Scales {
  /** E γ² and E β². */
  readonly gamma: number;
  readonly beta: number;
  /** Where all β are alike: their value squared. */
  readonly commonBeta: number;
}

export function scalesOf(layer: GraphLayer): Scales {
  const gamma = parameterOf(layer, 'gamma');
  const beta = parameterOf(layer, 'beta');
  const square = biasMeanSquare(beta);
  return { gamma: gamma ? biasMeanSquare(gamma) : 1, beta: square, commonBeta: biasIsCommon(beta) ? square : 0 };
}

/** γ · field + β. */
export function scaledField(field: Field, { gamma, beta }: Scales): Field {
  return affine(field, gamma, beta);
}
