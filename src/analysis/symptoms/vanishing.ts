// Owns the symptom `vanishing`: gradients that fade on their way to the first layers, and through time to the first steps. The
// depth-normalized factor finds the textbook nets, which fixed thresholds miss; what it does to learning keeps it from speaking
// where nothing suffers.
import type { Evidence, Symptom } from '../evidence';
import type { Finding, Severity } from '../finding';
import { depthFactor, evensOut, type Flow, flowOf } from '../flow';
import { suitableInitializer } from '../initialWeights';
import { activationOf, kernelOf, normalizes } from '../surroundings';
import { culprit, culpritText, flowEvidence, sufferers } from './flowWords';
import { atLayer, judged, numberText } from './report';
import { vanishingThroughTime } from './throughTime';

export const vanishing: Symptom = {
  name: 'vanishing',
  detect(evidence) {
    const flow = flowOf(evidence);
    const found = flow && isVanishing(flow, evidence) ? [finding(flow, evidence)] : [];
    return [...found, ...vanishingThroughTime(evidence)];
  },
};

/**
 * Also asked by `poorInitialization`, which is silent then. Where nothing at all gets through, something else stops it: weights
 * of zero or dead units, which have findings of their own.
 */
export function isVanishing(flow: Flow, { thresholds }: Evidence): boolean {
  const { throughDepth, imbalance } = flow;
  if (throughDepth === 0) return false;
  if (throughDepth < thresholds.vanishingReach) return true;
  if (throughDepth >= thresholds.vanishingShare || depthFactor(flow) >= thresholds.vanishingFactor) return false;
  // What it does to learning cannot be told of every layer; so much less gradient is then enough.
  return Number.isNaN(imbalance) || imbalance > thresholds.learningImbalance;
}

/**
 * Steps of adaptive optimizers do not shrink with the gradient. What they do not bring back is the signal, which fades along
 * with it. Our measurement, sigmoid nets on the digits after 15 epochs of Adam (accuracy, and what reaches the first layer): 3
 * hidden layers 0.88 (0.017), 5: 0.72 (9.6e-4), 7: 0.59 (5e-5), 10: 0.18 (7e-7). With gradient descent 3: 0.90, 5: 0.10.
 */
function finding(flow: Flow, evidence: Evidence): Finding {
  const { first, last, firstToLast, factorPerLayer, imbalance } = flow;
  const blamed = culprit(evidence, flow, -1);
  const adaptive = evensOut(evidence.spec.optimizer);
  const { type } = evidence.spec.optimizer;
  const starved = adaptive !== undefined && isStarved(evidence, flow, adaptive.epsilon);
  const slower =
    !Number.isFinite(imbalance) || imbalance <= 1 ? '' : `, and learns ${numberText(imbalance)} times slower`;
  const effect =
    adaptive === undefined
      ? slower
      : starved
        ? `, too little for the \`epsilon\` of \`${type}\` to make up for`
        : `; \`${type}\` makes up for its size, but not for what is lost of the signal on the way`;
  return atLayer(evidence, 'vanishing', blamed.layer, blamed.property, {
    severity: severityOf(flow, evidence, adaptive !== undefined, starved),
    basis: flow.basis,
    message: `\`${first.name}\` gets ${numberText(firstToLast)} of the gradient of \`${last.name}\`, ×${numberText(factorPerLayer)} a layer${effect}${culpritText(blamed, -1)}.`,
    hint: hintFor(blamed.layer, blamed.property),
    judgements: [
      judged(evidence, 'factor per layer', depthFactor(flow), 'vanishingFactor'),
      ...(!Number.isFinite(imbalance)
        ? []
        : [judged(evidence, 'update ratio of the last layer ÷ the first', imbalance, 'learningImbalance')]),
      judged(evidence, 'gradient of the first layer ÷ the last', flow.throughDepth, 'vanishingShare'),
    ],
    evidence: flowEvidence(flow, blamed),
    related: sufferers(evidence, flow, -1),
  });
}

/**
 * An error where the net as a whole does not learn: in the measurement above gradient descent stayed at the odds (0.10) from 5
 * hidden layers on, where a thousandth is left.
 */
function severityOf(flow: Flow, { thresholds }: Evidence, isAdaptive: boolean, isStarved: boolean): Severity {
  if (flow.throughDepth < thresholds.vanishingReach) return isAdaptive && !isStarved ? 'warning' : 'error';
  return isAdaptive && !isStarved ? 'information' : 'warning';
}

/** Whether an entry of the first layer's gradient is so small that the optimizer's epsilon, not the gradient, sets the step. */
function isStarved({ probe, thresholds }: Evidence, { first }: Flow, epsilon: number): boolean {
  const gradients = probe?.layers[first.index]?.outputGradient;
  if (!gradients || gradients.length === 0) return false;
  const typical = 10 ** [...gradients].sort((a, b) => a - b)[gradients.length >> 1]!;
  const units = first.outputShape.reduce((a, b) => a * b, 1);
  return typical / Math.sqrt(units) < thresholds.epsilonMargin * epsilon;
}

function hintFor(layer: Flow['first'], property: string | undefined): string {
  if (property?.endsWith('nitializer')) {
    const activation = activationOf(layer);
    const better = suitableInitializer(activation);
    const kernel = kernelOf(layer);
    if (kernel && kernel.initializer.type !== better)
      return `Use \`${better}\`, which keeps the size of the gradient with \`${activation}\`.`;
  }
  if (normalizes(layer)) return 'Add a residual around it.';
  return property === 'activation'
    ? 'Use `relu` with `heNormal`, add `batchNormalization`, or put a residual around the layers.'
    : 'Put a residual around the layers, or use fewer.';
}
