// Owns the remedies that replace activations, each with the initializer that suits the new one.
import type { GraphLayer } from '../../spec/network';
import type { ActivationName } from '../../spec/schema';
import type { Evidence } from '../evidence';
import type { Finding } from '../finding';
import type { SpecChange } from '../specEdit';
import type { Remedy, RemedyRule } from './remedy';
import {
  activationOf,
  consumersOf,
  hasKernel,
  hiddenSites,
  initializerOf,
  inLayers,
  isNormalized,
  kernelBefore,
  kernelProperty,
  type Site,
  setAt,
  siteOf,
  sufferingSites,
} from './sites';
import { ACTIVATION_NAMES, INITIALIZER_NAMES, suitingInitializer } from './suiting';

const WHY: Readonly<Partial<Record<ActivationName, string>>> = {
  relu: 'Its slope is 1 where a unit is on, so that with He initialization gradients keep their size through any depth (He et al. 2015).',
  leakyRelu: 'Its slope is not 0 for negative inputs, so that no unit dies (Maas et al. 2013).',
  gelu: 'It is smooth and has a slope for negative inputs near 0 too (Hendrycks & Gimpel 2016).',
  elu: 'It has a slope for negative inputs, and its mean is nearer to 0 than that of ReLU (Clevert et al. 2016).',
  selu: 'With LeCun initialization, mean and variance of its outputs keep themselves through depth (Klambauer et al. 2017).',
  tanh: 'Its slope is 1 at 0, four times that of the sigmoid, and its outputs are centred at 0 (LeCun et al. 1998).',
};

const SATURATING: ReadonlySet<ActivationName> = new Set([
  ...(['sigmoid', 'tanh', 'hardSigmoid', 'hardTanh', 'softsign', 'softmax'] as const),
]);
const PASSING: ReadonlySet<string> = new Set(['flatten', 'reshape', 'dropout']);
const RECTIFYING: ReadonlySet<ActivationName> = new Set(['relu', 'relu6']);

export const activation: RemedyRule = {
  codes: ['GF101', 'GF103', 'GF104', 'GF109', 'GF114'],
  propose(evidence, finding) {
    const hidden = hiddenSites(evidence);
    const sites = replaced(evidence, finding, hidden);
    if (sites.length === 0) return [];
    const remedies = replacements(finding, sites).map((name) => remedyFor(evidence, hidden, sites, name));
    const one = siteOf(finding, sites);
    const isLocal = sites.length > 1 && one && (finding.code === 'GF103' || finding.code === 'GF114');
    if (!isLocal) return remedies;
    const local = remedyFor(evidence, hidden, [one], finding.code === 'GF103' ? 'leakyRelu' : 'relu');
    return [...remedies, { ...local, id: `${local.id}:${one.layers[0]!.name}` }];
  },
};

function activationAt(site: Site): ActivationName | undefined {
  const { spec } = site;
  const applies = spec.type === 'activation' || kernelProperty(site) !== undefined;
  return applies && 'activation' in spec ? spec.activation : undefined;
}

/** The sites whose activation is at fault. */
function replaced(evidence: Evidence, finding: Finding, hidden: readonly Site[]): readonly Site[] {
  const having = (names: ReadonlySet<ActivationName>) =>
    hidden.filter((site) => {
      const name = activationAt(site);
      return name !== undefined && names.has(name);
    });
  switch (finding.code) {
    case 'GF103': {
      const able = having(RECTIFYING);
      const named = sufferingSites(finding, able);
      return able.filter((site) => named.includes(site) || isDead(evidence, site));
    }
    case 'GF114':
      return hidden.filter((site) => kernelProperty(site) && isMerged(evidence, site));
    default:
      return having(SATURATING);
  }
}

function isDead({ probe, thresholds }: Evidence, { layers }: Site): boolean {
  return layers.some(({ index }) => (probe?.layers[index]?.deadFraction ?? 0) >= thresholds.deadFraction);
}

/** Whether its product goes into another layer's product with nothing but a change of shape or dropout between them. */
function isMerged(evidence: Evidence, { layers }: Site): boolean {
  const goesOn = (layer: GraphLayer): boolean =>
    consumersOf(evidence, layer).some((next) => (PASSING.has(next.spec.type) ? goesOn(next) : hasKernel(next.spec)));
  return layers.some((layer) => activationOf(evidence, layer) === 'linear' && goesOn(layer));
}

function replacements(finding: Finding, sites: readonly Site[]): readonly ActivationName[] {
  if (finding.code === 'GF103') return ['leakyRelu', 'gelu', 'elu'];
  if (finding.code === 'GF114') return ['relu', 'tanh', 'gelu'];
  const isTanh = sites.every((site) => activationAt(site) === 'tanh');
  return isTanh ? ['relu', 'gelu', 'selu'] : ['relu', 'gelu', 'tanh', 'selu'];
}

function remedyFor(evidence: Evidence, hidden: readonly Site[], sites: readonly Site[], name: ActivationName): Remedy {
  const { initializer } = suitingInitializer(name);
  const changes = sites.flatMap((site): SpecChange[] => {
    const kernel = kernelProperty(site) ? site : kernelBefore(evidence, hidden, site);
    const property = kernel && kernelProperty(kernel);
    const current = kernel && property && initializerOf(kernel, property)?.type;
    // Behind a normalization the size of the weights does not matter.
    const fits = !kernel || !property || current === initializer || isNormalized(evidence, kernel.layers[0]!);
    const change = setAt(site, 'activation', name);
    return fits ? [change] : [change, setAt(kernel, property, initializer)];
  });
  return {
    id: `activation.${name}`,
    title: `Use ${ACTIVATION_NAMES[name]} with ${INITIALIZER_NAMES[initializer]} initialization ${inLayers(sites)}`,
    why: WHY[name]!,
    changes,
  };
}
