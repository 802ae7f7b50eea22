// Owns the symptom `deadUnits`: units of the ReLU family that answer 0 to every sample, by prediction (weights or biases that
// push them below 0), by the probe, or in the run.

import { erf } from '../../engine/activations';
import { initializerText } from '../../spec/describe';
import type { GraphLayer } from '../../spec/network';
import type { Evidence, Symptom } from '../evidence';
import type { Finding } from '../finding';
import { weightMoments } from '../initialWeights';
import { activationAfter, byText, formulaOf, isDense, kernelOf, kernelProperty, Surroundings } from '../surroundings';
import { atLayer, judged, namesText, percentText } from './report';
import { inputMean, inputMeanSquare } from './signal';

interface Dead {
  /** The layer with the weights. */
  readonly layer: GraphLayer;
  readonly activation: GraphLayer;
  readonly share: number;
  readonly basis: 'prediction' | 'probe' | 'run';
  /** What pushes the units down, where it is known. */
  readonly cause?: 'bias' | 'kernel';
}

/** Fewer units than this may all be dead by chance: of 4 with even odds, one layer in 16. */
const FEWEST_UNITS = 8;

export const deadUnits: Symptom = {
  name: 'deadUnits',
  detect(evidence) {
    const surroundings = new Surroundings(evidence.graph);
    const found = evidence.graph.layers
      .map((layer) => judge(layer, surroundings, evidence))
      .filter((d): d is Dead => d !== undefined && d.share > evidence.thresholds.deadFraction);
    return byText(found).map((group) => finding(group, evidence));
  },
};

function judge(layer: GraphLayer, surroundings: Surroundings, evidence: Evidence): Dead | undefined {
  const activation = isDense(layer) ? activationAfter(layer, surroundings) : undefined;
  if (!activation || !formulaOf(activation.name)?.rectifies || surroundings.isOutput(layer)) return undefined;
  const units = layer.outputShape.reduce((a, b) => a * b, 1);
  const cause = pushedDown(layer, surroundings, evidence);
  const shared = { layer, activation: activation.layer, cause: cause?.what };
  const run = evidence.run?.layers.find(({ name }) => name === activation.layer.name)?.lateDeadFraction ?? Number.NaN;
  if (!Number.isNaN(run)) return units < FEWEST_UNITS ? undefined : { ...shared, share: run, basis: 'run' };
  const probed = evidence.probe?.layers[activation.layer.index]?.deadFraction ?? Number.NaN;
  if (!Number.isNaN(probed) && !cause)
    return units < FEWEST_UNITS ? undefined : { ...shared, share: probed, basis: 'probe' };
  return cause ? { ...shared, share: cause.share, basis: 'prediction' } : undefined;
}

/** Weights or biases whose mean is below 0, and the share of answers that they make 0; undefined where none are. */
function pushedDown(
  layer: GraphLayer,
  surroundings: Surroundings,
  evidence: Evidence,
): { readonly what: 'bias' | 'kernel'; readonly share: number } | undefined {
  const kernel = kernelOf(layer);
  const next = surroundings.next(layer);
  // A normalization takes any mean away again.
  if (!kernel || next?.spec.type === 'batchNormalization') return undefined;
  const bias = layer.parameters.find(({ name }) => name === 'bias');
  const weights = weightMoments(kernel);
  const biases = bias ? weightMoments(bias) : { mean: 0, variance: 0 };
  const meanSquare = inputMeanSquare(layer, evidence);
  const byBias = biases.mean;
  const byKernel = weights.mean === 0 ? 0 : weights.mean * kernel.fanIn * inputMean(layer, evidence);
  const mean = byBias + byKernel;
  const std = Math.sqrt(kernel.fanIn * weights.variance * meanSquare + biases.variance);
  if (!(mean < 0) || Number.isNaN(std)) return undefined;
  return {
    what: byBias < byKernel ? 'bias' : 'kernel',
    share: std === 0 ? 1 : 0.5 * (1 + erf(-mean / std / Math.SQRT2)),
  };
}

function finding(group: readonly Dead[], evidence: Evidence): Finding {
  // Of a repeat's layers the typical one tells more than the worst draw.
  const share = group.reduce((sum, d) => sum + d.share, 0) / group.length;
  const { layer, activation, basis, cause } = group[0]!;
  const names = group.map((d) => d.layer.name);
  const spec = activation.spec;
  const name = 'activation' in spec ? spec.activation : spec.type;
  const told = {
    severity: 'warning',
    basis,
    judgements: [judged(evidence, 'share of dead units', share, 'deadFraction')],
    evidence: { layers: names, shares: group.map((d) => d.share) },
  } as const;
  if (cause && basis === 'prediction') {
    const property = cause === 'bias' ? 'biasInitializer' : kernelProperty(layer);
    const parameter = cause === 'bias' ? layer.parameters.find((p) => p.name === 'bias')! : kernelOf(layer)!;
    return atLayer(evidence, 'deadUnits', layer, property, {
      ...told,
      message: `${initializerText(parameter.initializer)} pushes what enters \`${name}\` of ${namesText(names)} below 0 for ${percentText(share)} of units and samples: those answer 0 and get no gradient.`,
      hint: cause === 'bias' ? 'Start the biases from `zeros`.' : 'Use an initializer with mean 0, such as `heNormal`.',
    });
  }
  const when = basis === 'run' ? 'by now' : 'at initialization';
  return atLayer(evidence, 'deadUnits', activation, 'activation', {
    ...told,
    message: `In ${namesText(names)} ${percentText(share)} of the units answer 0 to every sample of a batch ${when}, and get no gradient.`,
    hint:
      basis === 'run'
        ? 'Lower the learning rate, or use `leakyRelu`.'
        : 'Use `leakyRelu`, or put `batchNormalization` before the activation.',
  });
}
