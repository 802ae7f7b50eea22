// Owns which layers the engine can train: the file of each, by type.
import type { PlainLayerSpec } from '../../spec/schema';
import { compileActivation } from './activation';
import { compileAdd } from './add';
import { compileConcatenate } from './concatenate';
import { compileDense } from './dense';
import { compileDropout } from './dropout';
import { compileFlatten } from './flatten';
import type { LayerCompiler } from './layer';
import { compileReshape } from './reshape';

export const LAYER_COMPILERS: Partial<Readonly<Record<PlainLayerSpec['type'], LayerCompiler>>> = {
  dense: compileDense,
  activation: compileActivation,
  dropout: compileDropout,
  flatten: compileFlatten,
  reshape: compileReshape,
  add: compileAdd,
  concatenate: compileConcatenate,
};
