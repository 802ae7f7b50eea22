// Owns the remedies at the output: an activation that does not belong there, and the loss.
import { knownDataShape } from '../../spec/dataShape';
import type { LossName } from '../../spec/schema';
import type { Evidence } from '../evidence';
import type { RemedyRule } from './remedy';
import { backwards, headOf, isRecurrent, removeAt, sitesOf } from './sites';

export const linearOutput: RemedyRule = {
  codes: ['GF103', 'GF104', 'GF109', 'GF115', 'GF116'],
  propose(evidence) {
    const head = headOf(evidence);
    const sites = sitesOf(evidence).filter(
      ({ layers, spec }) =>
        layers.every(({ index }) => head.has(index)) &&
        !isRecurrent(spec) &&
        'activation' in spec &&
        spec.activation !== 'linear',
    );
    if (sites.length === 0) return [];
    const names = [...new Set(sites.map(({ spec }) => ('activation' in spec ? spec.activation : '')))];
    return [
      {
        id: 'output.linear',
        title: `Remove ${names.map((name) => `\`${name}\``).join(' and ')} from the output`,
        why:
          evidence.spec.loss === 'softmaxCrossEntropy' || evidence.spec.loss === 'binaryCrossEntropy'
            ? 'The loss takes logits and applies its own function; a second one flattens the gradient (Goodfellow et al. 2016, 6.2.2).'
            : 'A linear output reaches every value, with a slope of 1 everywhere (Goodfellow et al. 2016, 6.2.2).',
        changes: backwards(sites).flatMap((site) =>
          site.spec.type === 'activation'
            ? [{ type: 'remove' as const, path: site.path }]
            : removeAt(site, 'activation'),
        ),
      },
    ];
  },
};

export const fittingLoss: RemedyRule = {
  codes: ['GF116'],
  propose(evidence) {
    const loss = lossFor(evidence);
    if (loss === undefined || loss === evidence.spec.loss) return [];
    return [
      {
        id: `loss.${loss}`,
        title: `Use \`${loss}\` as the loss`,
        why: 'It is what the likelihood of such targets asks for (Goodfellow et al. 2016, 6.2.2).',
        changes: [{ type: 'set', path: ['loss'], value: loss }],
      },
    ];
  },
};

/** The loss that data and output have in common. */
function lossFor({ spec, dataset, graph }: Evidence): LossName | undefined {
  const { targetKind, classes } = dataset ?? knownDataShape(spec.data);
  const outputs = graph.layers[graph.output]?.outputShape.at(-1);
  if (targetKind === 'values') return 'meanSquaredError';
  if (targetKind !== 'classes' || classes === undefined) return undefined;
  if (outputs === classes) return 'softmaxCrossEntropy';
  return outputs === 1 && classes === 2 ? 'binaryCrossEntropy' : undefined;
}
