// Owns the records that only measure: for layers whose own records leave their output or its gradient unmeasured.
import { ACTIVATION_CODE, OP } from '../kernels/contract';
import { featureCount, type GradientView, type LayerContext } from './layer';

/** Measures h, which stays as it is. */
export function measureOutput(c: LayerContext, output: number): void {
  if (c.activationStatistics < 0) return;
  const none = c.constant(0);
  c.emit(
    OP.biasActivation,
    ...[c.units, c.positions, output, output, -1, ACTIVATION_CODE.linear, none, c.ld, c.activationStatistics],
  );
}

/** Measures ∂L/∂h, the `outputGradient` of a layer without a pre-activation, and brings it back to magnitude 1. */
export function measureGradient(c: LayerContext, gradient: GradientView): GradientView {
  const exponent = c.exponent('dh');
  c.emit(
    OP.activationBackward,
    ...[c.units, c.positions, gradient.at, gradient.at, gradient.at, ACTIVATION_CODE.linear, c.constant(0), c.ld],
    ...[gradient.exponent, exponent, c.gradientStatistics, 1],
  );
  return { at: gradient.at, exponent };
}

/** Multiplies a gradient by a constant into rows of its own. */
export function scaledCopy(c: LayerContext, key: string, gradient: GradientView, factor: number): GradientView {
  const features = featureCount(c.layer.outputShape);
  const copy = { at: c.rows(key, features), exponent: c.exponent(key) };
  c.emit(
    OP.axpyGradient,
    ...[features * c.ld, gradient.at, copy.at, c.constant(factor), gradient.exponent, copy.exponent, 0],
  );
  return copy;
}
