// Owns the normalization layers.
import type { CompiledLayer, LayerContext } from './layer';

export function compileNormalization(c: LayerContext): CompiledLayer {
  throw new Error(`${c.layer.spec.type} is not there yet`);
}
