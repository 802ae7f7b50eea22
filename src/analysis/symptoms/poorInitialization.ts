// Owns the symptom `poorInitialization`: weights whose size does not suit what follows them, so that the signal shrinks or
// grows. Where that makes the gradient vanish or explode, those findings blame the initializer, and this one is silent.
import { initializerText } from '../../spec/describe';
import type { GraphLayer } from '../../spec/network';
import type { ActivationName, InitializerSpec } from '../../spec/schema';
import type { Evidence, Symptom } from '../evidence';
import type { Finding } from '../finding';
import { flowOf } from '../flow';
import { allAlike, suitableGain, suitableInitializer, weightMoments } from '../initialWeights';
import {
  activationAfter,
  byText,
  formulaOf,
  isDense,
  kernelOf,
  kernelProperty,
  reshapes,
  Surroundings,
} from '../surroundings';
import { isExploding } from './exploding';
import { atLayer, judged, namesText, numberText } from './report';
import { inputMeanSquare } from './signal';
import { isVanishing } from './vanishing';

export const poorInitialization: Symptom = {
  name: 'poorInitialization',
  detect(evidence) {
    const surroundings = new Surroundings(evidence.graph);
    const flow = flowOf(evidence);
    if (flow && (isVanishing(flow, evidence) || isExploding(flow, evidence))) return [];
    const sized = wrongSizes(surroundings, evidence);
    return sized.length > 0 ? sized : wrongCourse(surroundings, evidence);
  },
};

/** Initializers whose size somebody chose; those that follow the fans alone are judged by the whole net's course. */
const CHOSEN: ReadonlySet<InitializerSpec['type']> = new Set([
  'randomUniform',
  'randomNormal',
  'truncatedNormal',
  'orthogonal',
  'identity',
  'varianceScaling',
]);

interface Sized {
  readonly layer: GraphLayer;
  readonly activation: ActivationName;
  /** What the weights multiply the signal's variance by, and what suits the activation. */
  readonly gain: number;
  readonly wanted: number;
  readonly size: number;
}

/** Single layers whose weights are ten times too large or small in variance, and make the signal so. */
function wrongSizes(surroundings: Surroundings, evidence: Evidence): readonly Finding[] {
  const { varianceRatio } = evidence.thresholds;
  const found = evidence.graph.layers.flatMap((layer): Sized[] => {
    const kernel = kernelOf(layer);
    if (!kernel || !isDense(layer) || !CHOSEN.has(kernel.initializer.type) || allAlike(kernel.initializer)) return [];
    if (surroundings.isNormalized(layer)) return [];
    const activation = activationAfter(layer, surroundings)?.name ?? 'linear';
    const wanted = suitableGain(activation);
    const gain = gainOf(layer);
    const size = Math.sqrt(gain * inputMeanSquare(layer, evidence));
    // Small weights before the loss or at the end of a residual's branch are a good start.
    const mayBeSmall = surroundings.isOutput(layer) || surroundings.nextPast(layer, reshapes)?.spec.type === 'add';
    const tooLarge = gain > wanted * varianceRatio && !(size < 1);
    const tooSmall = gain * varianceRatio < wanted && !(size > 0.3) && !mayBeSmall;
    return tooLarge || tooSmall ? [{ layer, activation, gain, wanted, size }] : [];
  });
  return byText(found).map((group) => sizeFinding(group, evidence));
}

function sizeFinding(group: readonly Sized[], evidence: Evidence): Finding {
  const { layer, activation, gain, wanted, size } = group.reduce((a, b) =>
    Math.abs(Math.log(b.gain / b.wanted)) > Math.abs(Math.log(a.gain / a.wanted)) ? b : a,
  );
  const names = group.map((s) => s.layer.name);
  const { initializer, fanIn } = kernelOf(layer)!;
  const large = gain > wanted;
  const ratio = large ? gain / wanted : wanted / gain;
  return atLayer(evidence, 'poorInitialization', group[0]!.layer, kernelProperty(layer), {
    severity: 'warning',
    basis: Number.isNaN(size) ? 'spec' : 'prediction',
    message: `${initializerText(initializer)} multiplies the variance of the ${fanIn} inputs of ${namesText(names)} by ${numberText(gain)}: ${numberText(ratio)} times too ${large ? 'much' : 'little'} for \`${activation}\`, which wants ${numberText(wanted)}.`,
    hint: `Use \`${suitableInitializer(activation)}\`, which follows the number of inputs.`,
    judgements: [judged(evidence, 'variance ÷ what suits the activation', ratio, 'varianceRatio')],
    evidence: { layers: names, gain, wanted, ...(Number.isNaN(size) ? {} : { preActivationRms: size }) },
  });
}

/** Layers, each a little off, that together shrink or grow the signal. */
function wrongCourse(surroundings: Surroundings, evidence: Evidence): readonly Finding[] {
  const { prediction, graph, thresholds } = evidence;
  if (!prediction) return [];
  const steps = graph.layers.flatMap((layer) => {
    const own = prediction.layers[layer.index]?.signal;
    const activation = isDense(layer) ? activationAfter(layer, surroundings) : undefined;
    if (!own || !activation || surroundings.isNormalized(layer) || surroundings.isOutput(layer)) return [];
    const formula = formulaOf(activation.name);
    // What is bounded cannot grow, and tells little by shrinking: tanh nets do both gently.
    if (!formula || formula.saturates || surroundings.isInBranch(layer)) return [];
    const after = prediction.layers[activation.layer.index]?.signal?.meanSquare ?? own.meanSquare;
    const before = inputMeanSquare(layer, evidence);
    const ratio = after / before;
    return Number.isFinite(ratio) && ratio > 0 ? [{ layer, activation: activation.name, log: Math.log(ratio) }] : [];
  });
  // The first layer only brings the data to the net's own size.
  const hidden = steps.slice(1);
  const total = hidden.reduce((sum, { log }) => sum + log, 0);
  const ratio = Math.exp(Math.abs(total));
  const each = Math.exp(Math.abs(total) / Math.max(1, hidden.length));
  if (ratio <= thresholds.varianceRatio || each < LEAST_EACH) return [];
  const groups = byText(hidden);
  const sum = (group: (typeof groups)[number]) => group.reduce((s, { log }) => s + log, 0) * Math.sign(total);
  const worst = groups.reduce((a, b) => (sum(b) > sum(a) ? b : a));
  const { layer, activation } = worst[0]!;
  const better = suitableInitializer(activation);
  const kernel = kernelOf(layer)!;
  const text = initializerText(kernel.initializer);
  const hint =
    kernel.initializer.type === better
      ? 'Put a normalization between the layers.'
      : `Use \`${better}\`, which keeps the variance with \`${activation}\`.`;
  return [
    atLayer(evidence, 'poorInitialization', layer, kernelProperty(layer), {
      severity: ratio > thresholds.varianceRatio ** 3 ? 'warning' : 'information',
      basis: 'prediction',
      message: `The variance of the signal ${total < 0 ? 'shrinks' : 'grows'} ${numberText(ratio)} times over ${hidden.length} layers, ${numberText(each)} times in each: ${text} does not suit \`${activation}\`.`,
      hint,
      judgements: [
        judged(evidence, 'variance of the first hidden layer ÷ the last, or the reverse', ratio, 'varianceRatio'),
      ],
      evidence: { varianceRatio: ratio, perLayer: each, layers: worst.map((w) => w.layer.name) },
    }),
  ];
}

/** A layer that changes the variance by less than this has a suitable initializer: what adds up is the depth. Our measurement. */
const LEAST_EACH = 1.4;

function gainOf(layer: GraphLayer): number {
  const kernel = kernelOf(layer)!;
  const { initializer } = kernel;
  // Of these the side of the matrix is no fault: what was chosen is the gain or scale itself.
  if (initializer.type === 'orthogonal' || initializer.type === 'identity') return initializer.gain ** 2;
  if (initializer.type === 'varianceScaling') return initializer.scale;
  return kernel.fanIn * weightMoments(kernel).variance;
}
