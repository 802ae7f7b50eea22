// Owns the activation layer: h = φ(x), its pre-activation being its input.
import type { CompiledLayer, LayerContext } from './layer';
import { emitNonlinearity, emitNonlinearityBackward } from './nonlinearity';

export function compileActivation(c: LayerContext): CompiledLayer {
  const spec = c.layer.spec;
  if (spec.type !== 'activation') throw new Error(`compileActivation got a ${spec.type}`);
  const z = c.inputs[0]!;
  const h = c.rows('h', c.units * c.positions);
  emitNonlinearity(c, spec.activation, z, h, -1);
  return {
    output: h,
    backward(gradient) {
      const dz = emitNonlinearityBackward(c, spec.activation, z, h, gradient);
      return { inputs: [dz], inputNorm: { kind: 'constant', factor: 1 } };
    },
  };
}
