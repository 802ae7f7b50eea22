// Owns the symptom `exploding`: gradients that grow on their way to the first layers.
import { initializerText } from '../../spec/describe';
import type { Evidence, Symptom } from '../evidence';
import type { Finding } from '../finding';
import { depthFactor, evensOut, type Flow, flowOf } from '../flow';
import { suitableInitializer } from '../initialWeights';
import { activationOf, kernelOf, Surroundings } from '../surroundings';
import { culprit, culpritText, flowEvidence, sufferers } from './flowWords';
import { atLayer, judged, numberText } from './report';

export const exploding: Symptom = {
  name: 'exploding',
  detect(evidence) {
    const flow = flowOf(evidence);
    return flow && isExploding(flow, evidence) ? [finding(flow, evidence)] : [];
  },
};

/** Also asked by `poorInitialization`, which is silent then. */
export function isExploding(flow: Flow, { thresholds }: Evidence): boolean {
  const { throughDepth, imbalance } = flow;
  if (throughDepth > thresholds.explodingReach) return true;
  if (throughDepth * thresholds.vanishingShare <= 1 || depthFactor(flow) <= thresholds.explodingFactor) return false;
  return Number.isNaN(imbalance) || 1 / imbalance > thresholds.learningImbalance;
}

/**
 * Steps that do not grow with the gradient, or weights whose size a normalization takes away again, so that large steps make the
 * next ones smaller (Arora et al. 2019), bear more.
 */
function isMild({ first, throughDepth }: Flow, { graph, thresholds }: Evidence, adaptive: boolean): boolean {
  const { explodingReach } = thresholds;
  if (new Surroundings(graph).isNormalized(first)) return throughDepth <= explodingReach ** 2;
  return adaptive && throughDepth <= explodingReach;
}

function finding(flow: Flow, evidence: Evidence): Finding {
  const { first, last, firstToLast, factorPerLayer, imbalance } = flow;
  const blamed = culprit(evidence, flow, 1);
  const { optimizer, training } = evidence.spec;
  const adaptive = evensOut(optimizer) !== undefined;
  const faster = 1 / imbalance;
  const effect = adaptive
    ? `; \`${optimizer.type}\` makes up for its size, but a small step of the first weights changes the output as much`
    : faster > 1 && Number.isFinite(faster)
      ? `, and learns ${numberText(faster)} times faster`
      : '';
  const clipped = training.clipNorm !== undefined || training.clipValue !== undefined;
  const kernel = kernelOf(blamed.layer);
  const hint =
    blamed.property?.endsWith('nitializer') && kernel
      ? `Use smaller weights than ${initializerText(kernel.initializer)}, such as \`${suitableInitializer(activationOf(blamed.layer))}\`.`
      : 'Add a normalization, or scale the residual down.';
  return atLayer(evidence, 'exploding', blamed.layer, blamed.property, {
    severity: isMild(flow, evidence, adaptive) ? 'information' : 'warning',
    basis: flow.basis,
    message: `\`${first.name}\` gets ${numberText(firstToLast)} times the gradient of \`${last.name}\`, ×${numberText(factorPerLayer)} a layer${effect}${culpritText(blamed, 1)}.`,
    hint:
      clipped || adaptive ? hint : `${hint.slice(0, -1)}; \`clipNorm\` alone keeps the steps small, not the imbalance.`,
    judgements: [
      judged(evidence, 'factor per layer', depthFactor(flow), 'explodingFactor'),
      ...(!Number.isFinite(faster)
        ? []
        : [judged(evidence, 'update ratio of the first layer ÷ the last', faster, 'learningImbalance')]),
      judged(evidence, 'gradient of the first layer ÷ the last', flow.throughDepth, 'explodingReach'),
    ],
    evidence: flowEvidence(flow, blamed),
    related: sufferers(evidence, flow, 1),
  });
}
