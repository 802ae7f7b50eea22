// Owns multiply: h = the product of its inputs, number by number. The same input may come twice.
import { OP } from '../kernels/contract';
import { type CompiledLayer, featureCount, type GradientView, type LayerContext } from './layer';
import { measureGradient, measureOutput } from './statistics';

export function compileMultiply(c: LayerContext): CompiledLayer {
  if (c.layer.spec.type !== 'multiply') throw new Error(`compileMultiply got a ${c.layer.spec.type}`);
  const features = featureCount(c.layer.outputShape);
  const h = c.rows('h', features);
  const inputs = c.integers(c.inputs);
  const count = c.inputs.length;
  c.emit(OP.multiply, features * c.ld, inputs, count, h);
  measureOutput(c, h);
  return {
    output: h,
    backward(gradient) {
      const dh = measureGradient(c, gradient);
      const gradients = c.inputs.map((_, k): GradientView | undefined => {
        if (!c.wantsInputGradient(k)) return undefined;
        const dx = { at: c.rows(`dx${k}`, features), exponent: c.exponent(`dx${k}`) };
        const places = [dh.at, dx.at, c.ld, dh.exponent, dx.exponent];
        c.emit(OP.multiplyGradient, features, inputs, count, k, ...places);
        return dx;
      });
      return { inputs: gradients, inputNorm: { kind: 'measured' } };
    },
  };
}
