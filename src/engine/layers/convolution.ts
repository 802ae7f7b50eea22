// Owns the convolution layers.
import type { CompiledLayer, LayerContext } from './layer';

export function compileConvolution(c: LayerContext): CompiledLayer {
  throw new Error(`${c.layer.spec.type} is not there yet`);
}
