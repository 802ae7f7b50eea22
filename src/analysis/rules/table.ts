// Owns which rule belongs to which type of layer. A type without a rule is measured by the probe.
import type { PlainLayerSpec } from '../../spec/schema';
import type { Rule } from '../signal';
import { attentionRule } from './attention';
import { batchNormalizationRule } from './batchNormalization';
import { convolutionRule } from './convolution';
import { denseRule } from './dense';
import { activationRule, dropoutRule, reshapeRule } from './elementwise';

import { embeddingRule, positionalEmbeddingRule } from './embedding';
import { addRule, concatenateRule, multiplyRule } from './joining';
import { poolingRule } from './pooling';
import { recurrentRule } from './recurrent';
import { sampleNormalizationRule } from './sampleNormalization';

export const RULES: Partial<Readonly<Record<PlainLayerSpec['type'], Rule>>> = {
  dense: denseRule,
  activation: activationRule,
  dropout: dropoutRule,
  flatten: reshapeRule,
  reshape: reshapeRule,
  embedding: embeddingRule,
  positionalEmbedding: positionalEmbeddingRule,
  multiHeadAttention: attentionRule,
  simpleRNN: recurrentRule,
  lstm: recurrentRule,
  gru: recurrentRule,
  add: addRule,
  concatenate: concatenateRule,
  multiply: multiplyRule,
  conv1d: convolutionRule,
  conv2d: convolutionRule,
  depthwiseConv2d: convolutionRule,
  maxPooling1d: poolingRule,
  maxPooling2d: poolingRule,
  averagePooling1d: poolingRule,
  averagePooling2d: poolingRule,
  globalAveragePooling1d: poolingRule,
  globalAveragePooling2d: poolingRule,
  globalMaxPooling2d: poolingRule,
  batchNormalization: batchNormalizationRule,
  layerNormalization: sampleNormalizationRule,
  rmsNormalization: sampleNormalizationRule,
  groupNormalization: sampleNormalizationRule,
};
