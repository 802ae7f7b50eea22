// Owns the symptom `symmetricInitialization`: units of a hidden layer that start alike. They answer the same, and unless what
// follows tells them apart they stay clones of each other.

import { initializerText } from '../../spec/describe';
import type { GraphLayer } from '../../spec/network';
import { layerRange } from '../blame';
import type { Evidence, Symptom } from '../evidence';
import type { Finding } from '../finding';
import { allAlike, suitableInitializer } from '../initialWeights';
import {
  activationAfter,
  byText,
  formulaOf,
  isDense,
  kernelOf,
  kernelProperty,
  normalizes,
  reshapes,
  Surroundings,
} from '../surroundings';
import { atLayer, judged, namesText } from './report';

export const symmetricInitialization: Symptom = {
  name: 'symmetricInitialization',
  detect(evidence) {
    const surroundings = new Surroundings(evidence.graph);
    const alike = evidence.graph.layers
      .filter((layer) => isHiddenAndAlike(layer, surroundings))
      .map((layer) => ({ layer }));
    return byText(alike).map((group) =>
      finding(
        group.map(({ layer }) => layer),
        surroundings,
        evidence,
      ),
    );
  },
};

function isHiddenAndAlike(layer: GraphLayer, surroundings: Surroundings): boolean {
  const kernel = kernelOf(layer);
  if (!kernel || !allAlike(kernel.initializer) || surroundings.isOutput(layer)) return false;
  const { spec } = layer;
  // Each channel has an input of its own, and one unit has nobody to be alike with.
  if (spec.type === 'depthwiseConv2d' && spec.depthMultiplier === 1 && !isZero(layer)) return false;
  if (layer.outputShape.at(-1) === 1 && !isZero(layer)) return false;
  return !(isZero(layer) && endsBranch(layer, surroundings));
}

function isZero(layer: GraphLayer): boolean {
  const { initializer } = kernelOf(layer)!;
  if (initializer.type === 'constant') return initializer.value === 0;
  if (initializer.type === 'randomUniform') return initializer.minval === 0 && initializer.maxval === 0;
  if (initializer.type === 'randomNormal' || initializer.type === 'truncatedNormal') return initializer.mean === 0;
  return initializer.type !== 'ones';
}

/** The last layer of a way that is added to another: zeros there make the residual begin as the identity (Zhang et al. 2019). */
function endsBranch(layer: GraphLayer, surroundings: Surroundings): boolean {
  const next = surroundings.nextPast(layer, (l) => reshapes(l) || normalizes(l) || l.spec.type === 'dropout');
  return next?.spec.type === 'add';
}

function finding(layers: readonly GraphLayer[], surroundings: Surroundings, evidence: Evidence): Finding {
  const layer = layers[0]!;
  const names = layers.map(({ name }) => name);
  const kernel = kernelOf(layer)!;
  const text = initializerText(kernel.initializer);
  const stuck = staysStuck(layer, surroundings);
  const spread = evidence.probe?.layers.find(({ index }) => index === layer.index)?.unitSpread ?? Number.NaN;
  const { unitSpread } = evidence.thresholds;
  const effect = isZero(layer)
    ? `all units of ${namesText(names)} answer the same to every sample, and no gradient passes to the layers before`
    : `all units of ${namesText(names)} answer the same`;
  const after = stuck ? ', and nothing makes them differ' : '';
  const good = suitableInitializer(activationAfter(layer, surroundings)?.name ?? 'linear');
  const others =
    layers.length > 1 || layers.some((l) => !isDense(l)) ? [] : [surroundings.nextPast(layer, (l) => !kernelOf(l))];
  return atLayer(evidence, 'symmetricInitialization', layer, kernelProperty(layer), {
    severity: stuck ? 'error' : 'warning',
    basis: spread < unitSpread ? 'probe' : 'spec',
    message: `With weights that all start from ${text}, ${effect}${after}.`,
    hint: `Use a random initializer, such as \`${good}\`.`,
    judgements: Number.isNaN(spread)
      ? []
      : [judged(evidence, 'difference between units’ gradients', spread, 'unitSpread')],
    evidence: {
      layers: names,
      initializer: kernel.initializer.type,
      ...(Number.isNaN(spread) ? {} : { unitSpread: spread }),
    },
    related: others
      .filter((l) => l !== undefined)
      .map((l) => ({
        layer: l.name,
        range: layerRange(evidence.tree, l),
        message: `\`${l.name}\` gets one number instead of ${layer.outputShape.at(-1)}.`,
      })),
  });
}

/** Whether the next layer's weights are all alike too, or no gradient gets back through the activation: then nothing changes. */
function staysStuck(layer: GraphLayer, surroundings: Surroundings): boolean {
  const next = surroundings.nextPast(layer, (l) => kernelOf(l) === undefined && surroundings.previous(l) !== undefined);
  const kernel = next && kernelOf(next);
  if (kernel && allAlike(kernel.initializer)) return true;
  if (layer.spec.type === 'multiHeadAttention') return true;
  const activation = activationAfter(layer, surroundings);
  const bias = layer.parameters.find(({ name }) => name === 'bias');
  const unbiased = !bias || (allAlike(bias.initializer) && bias.initializer.type === 'zeros');
  return isZero(layer) && unbiased && activation !== undefined && formulaOf(activation.name)?.rectifies === true;
}
