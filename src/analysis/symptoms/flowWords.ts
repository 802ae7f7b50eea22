// Owns what the findings of vanishing and exploding have in common: whom to blame in the text, who suffers, the words for it.
import { initializerText } from '../../spec/describe';
import type { GraphLayer } from '../../spec/network';
import { layerRange } from '../blame';
import type { Evidence } from '../evidence';
import type { Finding } from '../finding';
import { type Flow, type Share, shares } from '../flow';
import { kernelOf } from '../surroundings';
import { numberText } from './report';

/** Most layers that a finding lists as suffering. */
const MOST_RELATED = 8;

/** What costs the gradient most (`sign` −1) or makes it grow most (1); the first layer itself where the prediction names nothing. */
export function culprit(evidence: Evidence, flow: Flow, sign: -1 | 1): Share {
  const named = shares(evidence).filter(({ property, log }) => property !== undefined && log * sign > 0);
  const worst = sign < 0 ? named[0] : named.at(-1);
  return worst ?? { layer: flow.first, property: undefined, term: flow.first.spec.type, log: Number.NaN, times: 1 };
}

/** ` Most of it is lost in the \`sigmoid\` of …: ×0.236 in each of 10 layers.` */
export function culpritText({ layer, property, term, log, times }: Share, sign: -1 | 1): string {
  if (Number.isNaN(log)) return '';
  const kernel = property?.endsWith('nitializer') ? kernelOf(layer) : undefined;
  const what = kernel ? initializerText(kernel.initializer) : `\`${term}\``;
  const each = numberText(Math.exp(log / times));
  const where = times > 1 ? `×${each} in each of ${times} layers` : `×${each} in \`${layer.name}\``;
  return `; most of it ${sign < 0 ? 'is lost' : 'comes'} with ${what} (${where})`;
}

/** Layers that get less than a tenth, or more than ten times, of the last one's gradient: one a place in the text, the worst. */
export function sufferers(evidence: Evidence, flow: Flow, sign: -1 | 1): Finding['related'] {
  const worst = new Map<number, { layer: GraphLayer; cumulative: number }>();
  for (const layer of evidence.graph.layers) {
    const cumulative = flow.cumulative[layer.index] ?? Number.NaN;
    if (layer.parameters.length === 0 || !(sign < 0 ? cumulative < 0.1 : cumulative > 10)) continue;
    const known = worst.get(layer.range.start);
    if (!known || (cumulative - known.cumulative) * sign > 0) worst.set(layer.range.start, { layer, cumulative });
  }
  return [...worst.values()].slice(0, MOST_RELATED).map(({ layer, cumulative }) => ({
    layer: layer.name,
    range: layerRange(evidence.tree, layer),
    message: `\`${layer.name}\` gets ${numberText(cumulative)} times the gradient of \`${flow.last.name}\`.`,
  }));
}

export function flowEvidence(flow: Flow, blamed: Share): Finding['evidence'] {
  return {
    firstToLast: flow.firstToLast,
    factorPerLayer: flow.factorPerLayer,
    layersWithParameters: flow.depth,
    ...(!Number.isFinite(flow.imbalance) ? {} : { learningImbalance: flow.imbalance }),
    ...(blamed.property === undefined ? {} : { blamed: blamed.term, blamedFactor: Math.exp(blamed.log) }),
  };
}
