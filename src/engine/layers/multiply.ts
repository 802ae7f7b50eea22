// Owns multiply: the product of its inputs, number by number.
import type { CompiledLayer, LayerContext } from './layer';

export function compileMultiply(c: LayerContext): CompiledLayer {
  throw new Error(`${c.layer.spec.type} is not there yet`);
}
