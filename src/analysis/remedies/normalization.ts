// Owns the remedies that insert a normalization, or replace one that has too few samples.
import type { Evidence } from '../evidence';
import type { SpecChange } from '../specEdit';
import type { RemedyRule } from './remedy';
import {
  backwards,
  consumersOf,
  hiddenSites,
  inLayers,
  isNormalization,
  isNormalized,
  isRecurrent,
  isWritten,
  kernelProperty,
  placeBehind,
  removeAt,
  type Site,
  setAt,
  sitesOf,
} from './sites';

/** Fewer samples a batch make batch normalization's error rise (Wu & He 2018, figure 1: from 16 down). */
const LEAST_BATCH = 16;

export const insertedNormalization: RemedyRule = {
  codes: ['GF101', 'GF102', 'GF103', 'GF104', 'GF105', 'GF109', 'GF111'],
  propose(evidence) {
    const sites = hiddenSites(evidence).filter((site) => takesNormalization(evidence, site));
    if (sites.length === 0) return [];
    const ofSamples = evidence.spec.training.batchSize < LEAST_BATCH || isSequence(evidence);
    // Its running means must have caught up when a short training is evaluated: PyTorch's pace, not the default 0.99.
    const normalization = ofSamples ? { type: 'layerNormalization' } : { type: 'batchNormalization', momentum: 0.9 };
    const where = sites.every((site) => kernelProperty(site)) ? 'before the activation ' : '';
    return [
      {
        id: 'normalization.insert',
        title: `Insert ${ofSamples ? 'layer' : 'batch'} normalization ${where}${inLayers(sites)}`,
        why: ofSamples
          ? 'What an activation takes has mean 0 and variance 1 in every sample, whatever the weights (Ba et al. 2016).'
          : 'What an activation takes has mean 0 and variance 1 over the batch, whatever the weights (Ioffe & Szegedy 2015).',
        changes: backwards(sites).flatMap((site) => inserted(site, normalization)),
      },
    ];
  },
};

/** Before the activation: `dense` stays linear, then come the normalization and a layer for the activation. */
function inserted(site: Site, normalization: object): readonly SpecChange[] {
  const { spec } = site;
  const put = (places: number, value: unknown): SpecChange => ({
    type: 'insert',
    path: placeBehind(site, places),
    value,
  });
  if (!kernelProperty(site) || !('activation' in spec) || spec.activation === 'linear') return [put(1, normalization)];
  const activation = { type: 'activation', activation: spec.activation };
  return [...removeAt(site, 'activation'), put(1, normalization), put(2, activation)];
}

/**
 * Where the layer behind takes its output and nobody else does, so that nothing goes past the normalization; and where its
 * own input is not normalized already.
 */
function takesNormalization(evidence: Evidence, site: Site): boolean {
  if (!kernelProperty(site) && !isRecurrent(site.spec)) return false;
  const input = evidence.graph.layers[site.layers[0]!.inputs[0]!];
  if (input && isNormalization(input.spec)) return false;
  return site.layers.every((layer) => {
    const [next, ...others] = consumersOf(evidence, layer);
    const free = next && others.length === 0 && next.spec.type !== 'add' && next.inputs.length === 1;
    return free && next.index === layer.index + 1 && !isNormalized(evidence, layer);
  });
}

function isSequence({ graph }: Evidence): boolean {
  return graph.layers.some(
    ({ spec }) => isRecurrent(spec) || spec.type === 'multiHeadAttention' || spec.type === 'embedding',
  );
}

/** Options of batch normalization alone. */
const OF_BATCH: readonly string[] = ['momentum', 'movingMeanInitializer', 'movingVarianceInitializer'];

export const normalizationOfSamples: RemedyRule = {
  codes: ['GF117'],
  propose(evidence) {
    const sites = sitesOf(evidence).filter(({ spec }) => spec.type === 'batchNormalization');
    if (sites.length === 0) return [];
    return [
      {
        id: 'normalization.layer',
        title: `Use layer normalization instead of batch normalization ${inLayers(sites)}`,
        why: 'It normalizes each sample by itself, so that the size of the batch does not matter (Ba et al. 2016).',
        changes: sites.flatMap((site) => [
          setAt(site, 'type', 'layerNormalization'),
          ...OF_BATCH.filter((option) => isWritten(site, option)).flatMap((option) => removeAt(site, option)),
        ]),
      },
    ];
  },
};
