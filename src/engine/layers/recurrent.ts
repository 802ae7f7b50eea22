// Owns the recurrent layers.
import type { CompiledLayer, LayerContext } from './layer';

export function compileRecurrent(c: LayerContext): CompiledLayer {
  throw new Error(`${c.layer.spec.type} is not there yet`);
}
