// Owns the remedies that take dropout away, lower it or put it in.
import type { Evidence } from '../evidence';
import type { Finding } from '../finding';
import type { Remedy, RemedyRule } from './remedy';
import { backwards, consumersOf, headOf, type Site, setAt, siteOf, sitesOf } from './sites';

/** A share that rarely harms. */
const LITTLE = 0.2;
/** A share that is usual against overfitting (Srivastava et al. 2014: 0.5 for hidden layers; less, for nets this small). */
const SOME = 0.3;

export const lessDropout: RemedyRule = {
  codes: ['GF118'],
  propose(evidence, finding) {
    const sites = blamed(evidence, finding);
    if (sites.length === 0) return [];
    const which = sites.length === 1 ? `\`${sites[0]!.layers[0]!.name}\`` : `${sites.length} dropout layers`;
    const strong = sites.filter(({ spec }) => spec.type === 'dropout' && spec.rate > LITTLE);
    const remedies: Remedy[] = [
      {
        id: 'dropout.remove',
        title: `Remove ${which}`,
        why: 'What it drops there is missing in the output itself, and the gradient with it (Li et al. 2019).',
        changes: backwards(sites).map(({ path }) => ({ type: 'remove', path })),
      },
    ];
    if (strong.length === 0) return remedies;
    return [
      ...remedies,
      {
        id: 'dropout.lower',
        title: `Lower the rate of ${which} to ${LITTLE}`,
        why: 'Fewer units are missing at a time, so that the noise they leave is smaller (Srivastava et al. 2014).',
        changes: strong.map((site) => setAt(site, 'rate', LITTLE)),
      },
    ];
  },
};

/** The dropout that the finding points at; otherwise those before the output. */
function blamed(evidence: Evidence, finding: Finding): readonly Site[] {
  const all = sitesOf(evidence).filter(({ spec }) => spec.type === 'dropout');
  const one = siteOf(finding, all);
  if (one) return [one];
  const head = headOf(evidence);
  return all.filter(({ layers }) =>
    layers.some((layer) => consumersOf(evidence, layer).some(({ index }) => head.has(index))),
  );
}

export const moreDropout: RemedyRule = {
  codes: ['GF112'],
  propose(evidence) {
    const sites = sitesOf(evidence);
    if (sites.some(({ spec }) => spec.type === 'dropout')) return [];
    const head = headOf(evidence);
    const output = sites.find(({ layers }) =>
      layers.some(({ index, parameters }) => head.has(index) && parameters.length > 0),
    );
    if (!output || output.layers.length > 1 || output.layers[0]!.inputs[0] !== output.layers[0]!.index - 1) return [];
    return [
      {
        id: 'dropout.insert',
        title: `Drop ${SOME * 100} % of the units before \`${output.layers[0]!.name}\` in training`,
        why: 'Units that may be missing cannot rely on each other to remember samples (Srivastava et al. 2014).',
        changes: [{ type: 'insert', path: output.path, value: { type: 'dropout', rate: SOME } }],
      },
    ];
  },
};
