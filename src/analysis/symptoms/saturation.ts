// Owns the symptom `saturation`: units of the sigmoid and tanh family that sit where their activation is flat, by prediction,
// by the probe, or in the run.

import { erf } from '../../engine/activations';
import { initializerText } from '../../spec/describe';
import type { GraphLayer } from '../../spec/network';
import type { ActivationName } from '../../spec/schema';
import type { Evidence, Symptom } from '../evidence';
import type { Finding } from '../finding';
import { weightMoments } from '../initialWeights';
import { byText, formulaOf, isRecurrent, kernelOf, kernelProperty, ownActivation, Surroundings } from '../surroundings';
import { atLayer, judged, namesText, numberText, percentText } from './report';
import { inputMeanSquare } from './signal';

interface Saturated {
  readonly layer: GraphLayer;
  readonly activation: ActivationName;
  readonly share: number;
  readonly basis: 'prediction' | 'probe' | 'run';
  /** Root mean square of what enters the activation; NaN where it is not known. */
  readonly size: number;
}

export const saturation: Symptom = {
  name: 'saturation',
  detect(evidence) {
    const { layers } = evidence.graph;
    const found = layers
      .map((layer) => judge(layer, evidence))
      .filter((s): s is Saturated => s !== undefined && s.share > evidence.thresholds.saturatedFraction);
    const surroundings = new Surroundings(evidence.graph);
    return byText(found).map((group) => finding(group, surroundings, evidence));
  },
};

function judge(layer: GraphLayer, evidence: Evidence): Saturated | undefined {
  const activation = ownActivation(layer);
  if (!activation || !formulaOf(activation)?.saturates) return undefined;
  const predicted = evidence.prediction?.layers[layer.index]?.signal?.preActivationMeanSquare ?? Number.NaN;
  const size = Math.sqrt(predicted);
  const run = evidence.run?.layers.find(({ name }) => name === layer.name)?.lateSaturatedFraction ?? Number.NaN;
  if (!Number.isNaN(run)) return { layer, activation, share: run, basis: 'run', size };
  const probed = evidence.probe?.layers[layer.index]?.saturatedFraction ?? Number.NaN;
  if (!Number.isNaN(probed)) return { layer, activation, share: probed, basis: 'probe', size };
  // Of a recurrent layer's state the prediction says one number for all time steps: too little to judge by.
  if (Number.isNaN(size) || isRecurrent(layer)) return undefined;
  return { layer, activation, share: flatShare(activation, size), basis: 'prediction', size };
}

/** Share of normal numbers with mean 0 and this root mean square at which the slope is below 5 % of the steepest. */
export function flatShare(activation: ActivationName, rms: number): number {
  const formula = formulaOf(activation);
  if (!formula?.saturates || !(rms > 0)) return 0;
  let steep = 0;
  let flat = 64;
  for (let i = 0; i < 50; i++) {
    const z = (steep + flat) / 2;
    if (formula.derivative(z) < 0.05 * formula.maxDerivative) flat = z;
    else steep = z;
  }
  return 1 - erf(flat / rms / Math.SQRT2);
}

function finding(group: readonly Saturated[], surroundings: Surroundings, evidence: Evidence): Finding {
  const worst = group.reduce((a, b) => (b.share > a.share ? b : a));
  const names = group.map(({ layer }) => layer.name);
  const where = worst.basis === 'run' ? 'by now' : 'at initialization';
  const enters =
    Number.isNaN(worst.size) || worst.basis === 'run'
      ? ''
      : `, as what enters it has a root mean square of ${numberText(worst.size)}`;
  const { layer, property, hint } = blame(worst, surroundings, evidence);
  const share = names.length > 1 ? `up to ${percentText(worst.share)}` : percentText(worst.share);
  return atLayer(evidence, 'saturation', layer, property, {
    severity: 'warning',
    basis: worst.basis,
    message: `In ${namesText(names)} ${share} of the units are where \`${worst.activation}\` is flat ${where}${enters}: they pass back next to no gradient.`,
    hint,
    judgements: [judged(evidence, 'share of saturated units', worst.share, 'saturatedFraction')],
    evidence: {
      layers: names,
      saturatedFractions: group.map(({ share: s }) => s),
      ...(Number.isNaN(worst.size) ? {} : { preActivationRms: worst.size }),
    },
  });
}

/** The weights, where they make the signal larger; the activation, where the signal comes in too large already. */
function blame(saturated: Saturated, surroundings: Surroundings, evidence: Evidence) {
  const { layer } = saturated;
  const weights = kernelOf(layer) ? layer : surroundings.previousPast(layer, (l) => !kernelOf(l));
  const kernel = weights && kernelOf(weights);
  const gain = kernel ? kernel.fanIn * weightMoments(kernel).variance : Number.NaN;
  if (saturated.basis === 'run') {
    return {
      layer,
      property: 'activation',
      hint: 'Lower the learning rate, or put `batchNormalization` before the activation.',
    };
  }
  if (weights && kernel && gain > 2) {
    const hint = `${initializerText(kernel.initializer)} multiplies the variance by ${numberText(gain)} here: use \`glorotUniform\`.`;
    return { layer: weights, property: kernelProperty(weights), hint };
  }
  const input = weights ? inputMeanSquare(weights, evidence) : Number.NaN;
  const hint =
    input > 4
      ? 'Normalize what goes into it.'
      : 'Put `batchNormalization` before the activation, or use one that is not flat, such as `relu`.';
  return { layer, property: 'activation', hint };
}
