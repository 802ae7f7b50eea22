// Owns flatten: the same rows under another shape, measured all the same. A value lies row-major by its features, so there
// is nothing to move.
import type { CompiledLayer, LayerContext } from './layer';
import { measureGradient, measureOutput } from './statistics';

export function compileFlatten(c: LayerContext): CompiledLayer {
  const output = c.inputs[0]!;
  measureOutput(c, output);
  return {
    output,
    backward: (gradient) => ({ inputs: [measureGradient(c, gradient)], inputNorm: { kind: 'constant', factor: 1 } }),
  };
}
