// Owns the remedies that change what parameters start from.
import type { GraphLayer } from '../../spec/network';
import type { InitializerSpec } from '../../spec/schema';
import type { Evidence } from '../evidence';
import type { Finding } from '../finding';
import { predict } from '../propagation';
import type { SpecChange } from '../specEdit';
import type { Remedy, RemedyRule } from './remedy';
import {
  activationOf,
  hiddenSites,
  initializerOf,
  inLayers,
  isRecurrent,
  kernelProperty,
  removeAt,
  type Site,
  setAt,
  siteOf,
  sitesOf,
} from './sites';
import { suitingInitializer, suits } from './suiting';

/** The hidden sites with kernels, and the one that the finding blames, be it the output. */
function kernelSites(evidence: Evidence, finding: Finding): readonly Site[] {
  const all = sitesOf(evidence);
  const hidden = new Set(hiddenSites(evidence).map(({ node }) => node.offset));
  const blamed = siteOf(finding, all);
  return all.filter((site) => kernelProperty(site) && (hidden.has(site.node.offset) || site === blamed));
}

/** Each layer gets what suits its activation; recurrent ones what keeps a state's length. */
export const suitingInitializers: RemedyRule = {
  codes: ['GF101', 'GF102', 'GF103', 'GF104', 'GF105', 'GF106', 'GF109', 'GF111'],
  propose(evidence, finding) {
    const changed: Site[] = [];
    const changes: SpecChange[] = [];
    const change = (site: Site, made: readonly SpecChange[]) => {
      if (made.length > 0) changed.push(site);
      changes.push(...made);
    };
    for (const site of kernelSites(evidence, finding)) {
      const property = kernelProperty(site)!;
      const activation = activationOf(evidence, site.layers[0]!);
      const current = initializerOf(site, property);
      if (!current || suits(current, activation)) continue;
      change(site, [setAt(site, property, suitingInitializer(activation).initializer)]);
    }
    for (const site of sitesOf(evidence)) if (isRecurrent(site.spec)) change(site, recurrentChanges(site));
    if (changes.length === 0) return [];
    return [
      {
        id: 'initializer.suiting',
        title: `Use the initializers that suit the activations ${inLayers(changed)}`,
        why: 'Weights of a variance that goes by the fan-in keep signal and gradient at their size (Glorot & Bengio 2010, He et al. 2015).',
        changes,
      },
    ];
  },
};

function recurrentChanges(site: Site): readonly SpecChange[] {
  const kernel = initializerOf(site, 'kernelInitializer');
  const recurrent = initializerOf(site, 'recurrentInitializer');
  const isLengthKept = recurrent?.type === 'orthogonal' && Math.abs(recurrent.gain - 1) < 0.2;
  return [
    ...(kernel && !suits(kernel, 'tanh') ? removeAt(site, 'kernelInitializer') : []),
    ...(isLengthKept || recurrent?.type === 'identity' ? [] : removeAt(site, 'recurrentInitializer')),
  ];
}

/** Biases that start far from 0 hold units where their activation is flat or off. */
export const zeroBiases: RemedyRule = {
  codes: ['GF101', 'GF102', 'GF103', 'GF104', 'GF105', 'GF106', 'GF109'],
  propose(evidence) {
    const sites = sitesOf(evidence).filter(
      (site) => (initializerOf(site, 'biasInitializer')?.type ?? 'zeros') !== 'zeros',
    );
    if (sites.length === 0) return [];
    const changes = sites.flatMap((site) => [
      ...removeAt(site, 'biasInitializer'),
      ...(site.spec.type === 'lstm' && !site.spec.unitForgetBias ? removeAt(site, 'unitForgetBias') : []),
    ]);
    return [
      {
        id: 'bias.zeros',
        title: `Start biases from 0 ${inLayers(sites)}`,
        why: 'Biases away from 0 push all units of a layer to the same side of their activation (Glorot & Bengio 2010 start them from 0).',
        changes,
      },
    ];
  },
};

/** Scaled by data: works for any activation. */
export const lsuv: RemedyRule = {
  codes: ['GF101', 'GF102', 'GF104', 'GF105', 'GF106', 'GF111'],
  propose(evidence, finding) {
    const sites = kernelSites(evidence, finding).filter(
      (site) => initializerOf(site, kernelProperty(site)!)?.type !== 'lsuv',
    );
    if (sites.length === 0) return [];
    return [
      {
        id: 'initializer.lsuv',
        title: `Scale the weights by a batch of data (LSUV) ${inLayers(sites)}`,
        why: 'Orthogonal weights, scaled until each layer answers with variance 1 (Mishkin & Matas 2016).',
        changes: sites.map((site) => setAt(site, kernelProperty(site)!, 'lsuv')),
      },
    ];
  },
};

/** Each is a prediction of its own. Past 16, where a sigmoid's slope of a quarter is made up for, all saturates. */
const SCALES: readonly number[] = [1, 1.5, 2, 4, 16];
/** A factor a layer that is nearer to 1 by less is no other, in natural logarithms; our choice. */
const LEAST_GAIN = 0.02;

/** Keeps the activations and asks the prediction for the variance at which gradients keep their size. */
export const predictedInitializer: RemedyRule = {
  codes: ['GF101', 'GF102', 'GF105'],
  propose(evidence, finding) {
    const now = Math.abs(Math.log(evidence.prediction?.factorPerLayer ?? Number.NaN));
    const sites = kernelSites(evidence, finding);
    if (!(now > LEAST_GAIN) || sites.length === 0) return [];
    let best: { readonly scale: number; readonly distance: number } | undefined;
    for (const scale of SCALES) {
      const distance = Math.abs(Math.log(predictedFactor(evidence, sites, scaled(scale))));
      if (distance < (best?.distance ?? now) - LEAST_GAIN) best = { scale, distance };
    }
    return best ? [scaledRemedy(sites, best.scale)] : [];
  },
};

function scaled(scale: number): InitializerSpec & { type: 'varianceScaling' } {
  return { type: 'varianceScaling', scale, mode: 'fanIn', distribution: 'normal' };
}

function predictedFactor(evidence: Evidence, sites: readonly Site[], initializer: InitializerSpec): number {
  const { graph, spec, dataset } = evidence;
  const indexes = new Set(sites.flatMap((site) => site.layers.map(({ index }) => index)));
  const layers = graph.layers.map((layer): GraphLayer => {
    if (!indexes.has(layer.index)) return layer;
    const parameters = layer.parameters.map((p) => (/[kK]ernel$/.test(p.name) ? { ...p, initializer } : p));
    return { ...layer, parameters };
  });
  return predict({ graph: { ...graph, layers }, spec, dataset }).factorPerLayer;
}

function scaledRemedy(sites: readonly Site[], scale: number): Remedy {
  return {
    id: 'initializer.predicted',
    title: `Give the weights a variance of ${scale} ÷ fan-in ${inLayers(sites)}`,
    why: 'With this variance the predicted gradient keeps its size best with the activations as they are (Schoenholz et al. 2017).',
    changes: sites.map((site) => setAt(site, kernelProperty(site)!, { type: 'varianceScaling', scale })),
  };
}
