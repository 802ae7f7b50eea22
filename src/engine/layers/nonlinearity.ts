// Owns the records of an activation function, forward and backward, for every layer that ends in one: z → h = φ(z).
import type { ActivationName } from '../../spec/schema';
import { activationCode, DEFAULT_ALPHA } from '../activations';
import { ACTIVATION_CODE, LAST_DERIVATIVE_FROM_OUTPUT, OP } from '../kernels/contract';
import type { GradientView, LayerContext } from './layer';

/** Whether h may overwrite z: true unless φ′ is computed from z. */
export function mayOverwrite(name: ActivationName): boolean {
  const code = activationCode(name);
  return code === undefined || code <= LAST_DERIVATIVE_FROM_OUTPUT;
}

/**
 * Adds the bias to z, applies φ, and measures h; z instead in the plan that initializes by it.
 * @param z rows of the pre-activation, without bias; overwritten by the true one
 * @param h rows of the output; may be z where `mayOverwrite`
 * @param bias index of the first of `units` floats, or −1
 */
export function emitNonlinearity(c: LayerContext, name: ActivationName, z: number, h: number, bias: number): void {
  if (c.kind !== 'initialize') {
    emitMapped(c, name, z, h, bias, c.activationStatistics);
    return;
  }
  const linear = [ACTIVATION_CODE.linear, c.constant(0), c.ld, c.activationStatistics];
  c.emit(OP.biasActivation, c.units, c.positions, z, z, bias, ...linear);
  emitMapped(c, name, z, h, -1, -1);
}

function emitMapped(
  c: LayerContext,
  name: ActivationName,
  z: number,
  h: number,
  bias: number,
  statistics: number,
): void {
  const { units, positions, ld } = c;
  const code = activationCode(name);
  if (code !== undefined) {
    const alpha = c.constant(DEFAULT_ALPHA[name] ?? 0);
    c.emit(OP.biasActivation, units, positions, z, h, bias, code, alpha, ld, statistics);
    return;
  }
  if (bias >= 0 || z !== h) {
    c.emit(OP.biasActivation, units, positions, z, h, bias, ACTIVATION_CODE.linear, c.constant(0), ld, -1);
  }
  c.emit(OP.softmax, positions, units, h, ld, statistics);
}

/**
 * Turns ∂L/∂h into ∂L/∂z in place, measures both, and brings the result back to magnitude 1.
 * @param z @param h as given to `emitNonlinearity`
 */
export function emitNonlinearityBackward(
  c: LayerContext,
  name: ActivationName,
  z: number,
  h: number,
  gradient: GradientView,
): GradientView {
  const { units, positions, ld } = c;
  const dz = { at: gradient.at, exponent: c.exponent('dz') };
  const ends = [ld, gradient.exponent, dz.exponent, c.gradientStatistics, 1];
  const code = activationCode(name);
  if (code === undefined) {
    c.emit(OP.softmaxBackward, positions, units, gradient.at, dz.at, h, ...ends);
  } else {
    const y = mayOverwrite(name) ? h : z;
    const alpha = c.constant(DEFAULT_ALPHA[name] ?? 0);
    c.emit(OP.activationBackward, units, positions, gradient.at, dz.at, y, code, alpha, ...ends);
  }
  return dz;
}
