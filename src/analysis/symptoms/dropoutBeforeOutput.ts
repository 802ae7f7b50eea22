// Owns the symptom `dropoutBeforeOutput`: dropout on the outputs themselves, just before the output layer, or before a batch
// normalization, which then learns a variance that testing does not have (Li et al. 2019).
import type { GraphLayer } from '../../spec/network';
import type { Evidence, Symptom } from '../evidence';
import type { Finding } from '../finding';
import { byText, isDense, kernelOf, reshapes, Surroundings } from '../surroundings';
import { atLayer, judged, numberText, percentText } from './report';

export const dropoutBeforeOutput: Symptom = {
  name: 'dropoutBeforeOutput',
  detect(evidence) {
    const surroundings = new Surroundings(evidence.graph);
    const found = evidence.graph.layers
      .map((layer) => ({ layer, finding: judge(layer, surroundings, evidence) }))
      .filter((f): f is { layer: GraphLayer; finding: Finding } => f.finding !== undefined);
    return byText(found).map(([first]) => first!.finding);
  },
};

function judge(layer: GraphLayer, surroundings: Surroundings, evidence: Evidence): Finding | undefined {
  const { spec } = layer;
  if (spec.type !== 'dropout' || spec.rate === 0) return undefined;
  const rate = spec.rate;
  if (surroundings.outputChain().includes(layer)) {
    return atLayer(evidence, 'dropoutBeforeOutput', layer, 'type', {
      severity: 'warning',
      basis: 'spec',
      message: `\`${layer.name}\` sets ${percentText(rate)} of the net's own outputs to 0 before the loss sees them.`,
      hint: 'Remove it, or put it before the last layer with weights.',
      evidence: { rate },
    });
  }
  const next = surroundings.nextPast(layer, reshapes);
  const output = surroundings.outputChain().at(-1);
  if (next && next === output) {
    const tooMuch = rate > evidence.thresholds.dropoutRate;
    const noise = Math.sqrt(rate / (1 - rate));
    return atLayer(evidence, 'dropoutBeforeOutput', layer, 'rate', {
      severity: tooMuch ? 'warning' : 'information',
      basis: 'spec',
      message: `\`${layer.name}\` stands just before the output \`${next.name}\`: each of its inputs gets noise of ${numberText(noise)} times itself, which nothing after it can even out.`,
      hint: tooMuch
        ? `Use a rate of at most ${evidence.thresholds.dropoutRate}, or put it further back.`
        : 'Put it further back if the loss stays noisy.',
      judgements: [judged(evidence, 'rate of dropout before the output', rate, 'dropoutRate')],
      evidence: { rate, noise, output: next.name },
    });
  }
  const normalization = normalizationAfter(layer, surroundings);
  if (!normalization) return undefined;
  return atLayer(evidence, 'dropoutBeforeOutput', layer, 'type', {
    severity: 'information',
    basis: 'spec',
    message: `\`${normalization.name}\` normalizes what \`${layer.name}\` has made more varied by ${numberText(1 / (1 - rate))}: in testing, without dropout, its running variance is too large.`,
    hint: 'Put dropout after the last batch normalization.',
    evidence: { rate, varianceShift: 1 / (1 - rate), normalization: normalization.name },
  });
}

/** A batch normalization after the dropout with at most one layer of weights between. */
function normalizationAfter(layer: GraphLayer, surroundings: Surroundings): GraphLayer | undefined {
  let weights = 0;
  for (let next = surroundings.next(layer); next; next = surroundings.next(next)) {
    if (next.spec.type === 'batchNormalization') return next;
    if (kernelOf(next) && (!isDense(next) || ++weights > 1)) return undefined;
    if (!kernelOf(next) && !reshapes(next) && next.spec.type !== 'activation') return undefined;
  }
  return undefined;
}
