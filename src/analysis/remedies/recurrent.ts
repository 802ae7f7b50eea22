// Owns the remedies that replace recurrent layers by gated ones, through which gradients survive time.
import type { SpecChange } from '../specEdit';
import type { Remedy, RemedyRule } from './remedy';
import { inLayers, isWritten, removeAt, type Site, setAt, sitesOf } from './sites';

const CELLS = [
  {
    type: 'lstm',
    name: 'LSTM',
    why: 'Its cell carries the gradient through time with a factor that its forget gate keeps near 1 (Hochreiter & Schmidhuber 1997).',
  },
  {
    type: 'gru',
    name: 'GRU',
    why: 'Its update gate carries the state through time with a factor near 1 (Cho et al. 2014).',
  },
] as const;

export const gatedCells: RemedyRule = {
  codes: ['GF101', 'GF102', 'GF104', 'GF109'],
  propose(evidence) {
    const sites = sitesOf(evidence).filter(({ spec }) => spec.type === 'simpleRNN');
    if (sites.length === 0) return [];
    return CELLS.map(
      ({ type, name, why }): Remedy => ({
        id: `recurrent.${type}`,
        title: `Use ${name} cells ${inLayers(sites)}`,
        why,
        changes: sites.flatMap((site) => [setAt(site, 'type', type), ...ownOptions(site)]),
      }),
    );
  },
};

/** What suited the plain cell does not suit one with gates. */
function ownOptions(site: Site): readonly SpecChange[] {
  const options = ['activation', 'recurrentInitializer', 'biasInitializer'];
  return options.filter((option) => isWritten(site, option)).flatMap((option) => removeAt(site, option));
}
