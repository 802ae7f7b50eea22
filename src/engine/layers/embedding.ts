// Owns embedding: a vector for every whole number.
import type { CompiledLayer, LayerContext } from './layer';

export function compileEmbedding(c: LayerContext): CompiledLayer {
  throw new Error(`${c.layer.spec.type} is not there yet`);
}
