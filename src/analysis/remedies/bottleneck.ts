// Owns the remedy that widens a layer through which everything must pass.

import type { GraphLayer } from '../../spec/network';
import { nodeAt } from '../../spec/parse';
import type { Evidence } from '../evidence';
import type { RemedyRule } from './remedy';
import { hiddenSites, type Site, setAt, siteOf } from './sites';

export const widerBottleneck: RemedyRule = {
  codes: ['GF119'],
  propose(evidence, finding) {
    const site = siteOf(finding, hiddenSites(evidence));
    if (!site) return [];
    const property = 'units' in site.spec ? 'units' : 'filters' in site.spec ? 'filters' : undefined;
    const width = neighbouringWidth(evidence, site);
    if (!property || !nodeAt(site.node, [property]) || width === undefined) return [];
    return [
      {
        id: 'bottleneck.widen',
        title: `Widen \`${site.layers[0]!.name}\` to ${width} units`,
        why: 'As wide as its neighbours, it lets through what they know and what they are to learn (Hanin 2018: paths of narrow nets vary most).',
        changes: [setAt(site, property, width)],
      },
    ];
  },
};

/** The narrowest of the hidden layers with parameters before and behind; undefined where they are no wider. */
function neighbouringWidth(evidence: Evidence, site: Site): number | undefined {
  const { layers } = evidence.graph;
  const own = site.layers[0]!;
  const width = (layer: GraphLayer | undefined) => layer?.outputShape.at(-1) ?? 0;
  const hidden = new Set(hiddenSites(evidence).flatMap((s) => s.layers.map(({ index }) => index)));
  const isNeighbour = (layer: GraphLayer) =>
    layer.parameters.length > 0 && hidden.has(layer.index) && width(layer) > width(own);
  const before = layers.slice(0, own.index).reverse().find(isNeighbour);
  const behind = layers.slice(own.index + 1).find(isNeighbour);
  const widths = [before, behind].flatMap((layer) => (layer ? [width(layer)] : []));
  return widths.length > 0 ? Math.min(...widths) : undefined;
}
