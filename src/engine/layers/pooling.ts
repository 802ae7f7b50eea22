// Owns the pooling layers, windowed and global.
import type { CompiledLayer, LayerContext } from './layer';

export function compilePooling(c: LayerContext): CompiledLayer {
  throw new Error(`${c.layer.spec.type} is not there yet`);
}

export function compileGlobalPooling(c: LayerContext): CompiledLayer {
  throw new Error(`${c.layer.spec.type} is not there yet`);
}
