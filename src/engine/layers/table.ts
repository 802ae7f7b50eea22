// Owns which layers the engine can train: the file of each, by type.
import type { PlainLayerSpec } from '../../spec/schema';
import { compileActivation } from './activation';
import { compileAdd } from './add';
import { compileMultiHeadAttention } from './attention';
import { compileConcatenate } from './concatenate';
import { compileConvolution } from './convolution';
import { compileDense } from './dense';
import { compileDropout } from './dropout';
import { compileEmbedding } from './embedding';
import { compileFlatten } from './flatten';
import type { LayerCompiler } from './layer';
import { compileMultiply } from './multiply';
import { compileNormalization } from './normalization';
import { compileGlobalPooling, compilePooling } from './pooling';
import { compilePositionalEmbedding } from './positionalEmbedding';
import { compileRecurrent } from './recurrent';
import { compileReshape } from './reshape';

export const LAYER_COMPILERS: Readonly<Record<PlainLayerSpec['type'], LayerCompiler>> = {
  dense: compileDense,
  activation: compileActivation,
  dropout: compileDropout,
  flatten: compileFlatten,
  reshape: compileReshape,
  embedding: compileEmbedding,
  add: compileAdd,
  concatenate: compileConcatenate,
  multiply: compileMultiply,
  conv1d: compileConvolution,
  conv2d: compileConvolution,
  depthwiseConv2d: compileConvolution,
  maxPooling1d: compilePooling,
  maxPooling2d: compilePooling,
  averagePooling1d: compilePooling,
  averagePooling2d: compilePooling,
  globalAveragePooling1d: compileGlobalPooling,
  globalAveragePooling2d: compileGlobalPooling,
  globalMaxPooling2d: compileGlobalPooling,
  batchNormalization: compileNormalization,
  layerNormalization: compileNormalization,
  rmsNormalization: compileNormalization,
  groupNormalization: compileNormalization,
  simpleRNN: compileRecurrent,
  lstm: compileRecurrent,
  gru: compileRecurrent,
  multiHeadAttention: compileMultiHeadAttention,
  positionalEmbedding: compilePositionalEmbedding,
};
