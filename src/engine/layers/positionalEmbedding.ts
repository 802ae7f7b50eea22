// Owns positionalEmbedding: a learned vector added to every position.
import type { CompiledLayer, LayerContext } from './layer';

export function compilePositionalEmbedding(c: LayerContext): CompiledLayer {
  throw new Error(`${c.layer.spec.type} is not there yet`);
}
