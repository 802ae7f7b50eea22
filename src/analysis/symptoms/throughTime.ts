// Owns the half of `vanishing` that recurrent layers have: what is left of the last time step's gradient at the first.
import type { GraphLayer } from '../../spec/network';
import type { Evidence } from '../evidence';
import type { Finding } from '../finding';
import { byText } from '../surroundings';
import { atLayer, judged, namesText, numberText } from './report';

interface Fading {
  readonly layer: GraphLayer;
  readonly basis: 'prediction' | 'probe';
  readonly steps: number;
  /** Of the last step's gradient, at the first. */
  readonly reach: number;
  readonly factor: number;
}

export function vanishingThroughTime(evidence: Evidence): readonly Finding[] {
  const { graph, prediction, probe, thresholds } = evidence;
  const fading = graph.layers.flatMap((layer): Fading[] => {
    const measured = probe?.layers[layer.index]?.timeProfile;
    const profile = measured ?? prediction?.layers[layer.index]?.timeProfile;
    // Where every step has an answer of its own, each has a gradient of its own: the profile then says nothing of reach.
    if (!profile || profile.length < 3 || !('returnSequences' in layer.spec) || layer.spec.returnSequences) return [];
    const backwards = layer.spec.goBackwards;
    const reach = (backwards ? profile.at(-1)! / profile[0]! : profile[0]! / profile.at(-1)!) || 0;
    const steps = profile.length;
    const factor = reach ** (1 / (steps - 1));
    if (!(reach < thresholds.timeReach && factor < thresholds.timeFactor)) return [];
    return [{ layer, basis: measured ? 'probe' : 'prediction', steps, reach, factor }];
  });
  return byText(fading).map((group) => finding(group, evidence));
}

function finding(group: readonly Fading[], evidence: Evidence): Finding {
  const { layer, basis, steps, reach, factor } = group[0]!;
  const names = group.map((f) => f.layer.name);
  const activation = 'activation' in layer.spec ? layer.spec.activation : 'tanh';
  const simple = layer.spec.type === 'simpleRNN';
  // Only a simple recurrent layer sends all through its activation; gates are the others' own.
  const blamesActivation = simple && activation !== 'tanh' && activation !== 'relu' && activation !== 'linear';
  const property = blamesActivation ? 'activation' : simple ? 'recurrentInitializer' : 'type';
  return atLayer(evidence, 'vanishing', layer, property, {
    severity: 'warning',
    basis,
    message: `Through ${steps} time steps, ${numberText(reach)} of the gradient reaches the first of ${namesText(names)}, ×${numberText(factor)} a step: it cannot learn from what lies that far back.`,
    hint: simple
      ? 'Use `lstm` or `gru`, or `tanh` with an `orthogonal` recurrent initializer.'
      : 'Start with shorter sequences, or use attention.',
    judgements: [
      judged(evidence, 'factor per time step', factor, 'timeFactor'),
      judged(evidence, 'gradient of the first time step ÷ the last', reach, 'timeReach'),
    ],
    evidence: { layers: names, timeSteps: steps, firstToLastStep: reach, factorPerStep: factor },
  });
}
