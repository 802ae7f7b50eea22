// Owns multi-head self-attention.
import type { CompiledLayer, LayerContext } from './layer';

export function compileMultiHeadAttention(c: LayerContext): CompiledLayer {
  throw new Error(`${c.layer.spec.type} is not there yet`);
}
