// Owns the symptom `missingNonLinearity`: two layers of weighted sums with nothing between that is not linear. Together they can
// do no more than one.
import type { GraphLayer } from '../../spec/network';
import { layerRange } from '../blame';
import type { Evidence, Symptom } from '../evidence';
import type { Finding } from '../finding';
import { byText, isDense, ownActivation, reshapes, Surroundings } from '../surroundings';
import { atLayer, namesText } from './report';

export const missingNonLinearity: Symptom = {
  name: 'missingNonLinearity',
  detect(evidence) {
    const surroundings = new Surroundings(evidence.graph);
    const pairs = evidence.graph.layers.flatMap((layer) => {
      const second = isLinear(layer) ? surroundings.nextPast(layer, isLinearBetween) : undefined;
      return second && isDense(second) && !isSeparable(layer, second) ? [{ layer, second }] : [];
    });
    return byText(pairs).map((group) => finding(group, evidence));
  },
};

function isLinear(layer: GraphLayer): boolean {
  return isDense(layer) && ownActivation(layer) === undefined;
}

/** What changes nothing about two linear layers being one. Batch normalization is linear once trained. */
function isLinearBetween(layer: GraphLayer): boolean {
  const { spec } = layer;
  if (reshapes(layer) || spec.type === 'dropout' || spec.type === 'batchNormalization') return true;
  return spec.type === 'activation' && spec.activation === 'linear';
}

/** A convolution in two parts, channel by channel and across channels: a design of its own (Chollet 2017). */
function isSeparable(first: GraphLayer, second: GraphLayer): boolean {
  return (first.spec.type === 'depthwiseConv2d') !== (second.spec.type === 'depthwiseConv2d');
}

interface Pair {
  readonly layer: GraphLayer;
  readonly second: GraphLayer;
}

function finding(pairs: readonly Pair[], evidence: Evidence): Finding {
  const { layer, second } = pairs[0]!;
  const names = pairs.map((p) => p.layer.name);
  const units = layer.outputShape.at(-1)!;
  // Through fewer units than on either side, two matrices are smaller than their product: that may be meant.
  const factorizes = units < Math.min(layer.parameters[0]!.fanIn, second.outputShape.at(-1)!);
  return atLayer(evidence, 'missingNonLinearity', layer, 'activation', {
    severity: factorizes ? 'information' : 'warning',
    basis: 'spec',
    message: factorizes
      ? `Nothing but weighted sums stands between ${namesText(names)} and \`${second.name}\`: together they are one linear layer of rank ${units}.`
      : `Nothing but weighted sums stands between ${namesText(names)} and \`${second.name}\`: together they can do no more than one linear layer.`,
    hint: 'Give it an `activation`, such as `relu`, or remove it.',
    evidence: { units, layers: names, next: pairs.map((p) => p.second.name) },
    related: [
      {
        layer: second.name,
        range: layerRange(evidence.tree, second),
        message: `\`${second.name}\` takes its output as it is.`,
      },
    ].filter(({ range }) => range.start !== layerRange(evidence.tree, layer).start),
  });
}
