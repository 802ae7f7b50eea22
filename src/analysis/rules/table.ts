// Owns which rule belongs to which type of layer. A type without a rule is measured by the probe.
import type { PlainLayerSpec } from '../../spec/schema';
import type { Rule } from '../signal';
import { denseRule } from './dense';
import { activationRule, dropoutRule, reshapeRule } from './elementwise';

export const RULES: Partial<Readonly<Record<PlainLayerSpec['type'], Rule>>> = {
  dense: denseRule,
  activation: activationRule,
  dropout: dropoutRule,
  flatten: reshapeRule,
  reshape: reshapeRule,
};
