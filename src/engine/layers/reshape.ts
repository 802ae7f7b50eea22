// Owns reshape: like flatten, the same rows under another shape.
import { compileFlatten } from './flatten';
import type { LayerCompiler } from './layer';

export const compileReshape: LayerCompiler = compileFlatten;
