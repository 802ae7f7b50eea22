// Owns add: h = Σ cᵢ xᵢ, where a residual's `add` has coefficients and others have ones.
import { OP } from '../kernels/contract';
import { type CompiledLayer, featureCount, type GradientView, type LayerContext } from './layer';
import { measureGradient, measureOutput, scaledCopy } from './statistics';

export function compileAdd(c: LayerContext): CompiledLayer {
  const count = featureCount(c.layer.outputShape) * c.ld;
  const coefficients = c.inputs.map((_, k) => c.layer.coefficients?.[k] ?? 1);
  const h = c.rows('h', featureCount(c.layer.outputShape));
  for (const [k, x] of c.inputs.entries()) {
    c.emit(OP.axpy, count, x, h, c.constant(coefficients[k]!), k === 0 ? 0 : 1);
  }
  measureOutput(c, h);
  return {
    output: h,
    backward(gradient) {
      const dh = measureGradient(c, gradient);
      const wanted = c.inputs.map((_, k) => c.wantsInputGradient(k));
      // One input may have the gradient itself; the others get copies, made before its receiver overwrites it.
      const receiver = coefficients.findIndex((coefficient, k) => wanted[k] && coefficient === 1);
      const inputs = c.inputs.map((_, k): GradientView | undefined => {
        if (!wanted[k]) return undefined;
        return k === receiver ? dh : scaledCopy(c, `dx${k}`, dh, coefficients[k]!);
      });
      return { inputs, inputNorm: { kind: 'constant', factor: Math.hypot(...coefficients) } };
    },
  };
}
