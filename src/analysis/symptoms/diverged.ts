// Owns the symptom `diverged`: a run that ended in numbers that are not finite, or whose loss is far above where it began.
import { SYMPTOMS } from '../../spec/symptoms';
import { layerRange } from '../blame';
import type { Evidence, Symptom } from '../evidence';
import type { Finding } from '../finding';
import { hadTime, lossCourse } from '../lossCourse';
import type { RunEvidence } from '../runEvidence';
import { learningRateRange } from '../stepSize';
import { countWords } from '../words';
import { numberText } from './report';

export const diverged: Symptom = {
  name: 'diverged',
  detect(evidence) {
    const { run } = evidence;
    if (!run) return [];
    return run.nonFinite ? notFinite(evidence, run, run.nonFinite) : exploded(evidence, run);
  },
};

function notFinite(
  { graph, tree, spec }: Evidence,
  run: RunEvidence,
  { tensor, layer: name, phase }: NonNullable<RunEvidence['nonFinite']>,
): readonly Finding[] {
  const layer = graph.layers.find((l) => l.name === name);
  // Of the very first step nothing was learned yet: what the layers start from is to blame, not the steps.
  const atStart = run.step <= 1 && phase !== 'update';
  const kernel = layer?.parameters.some((p) => p.name === 'kernel') ? 'kernelInitializer' : undefined;
  const range = atStart && layer ? layerRange(tree, layer, kernel) : learningRateRange(tree);
  const when = run.step <= 1 ? 'at the first step' : `at step ${run.step.toLocaleString('en-US')}`;
  const where = { forward: 'forward pass', backward: 'backward pass', update: 'update' }[phase];
  const loss = run.loss.values.at(-1);
  const before =
    loss === undefined
      ? ''
      : ` The last finite loss was ${numberText(loss)}, the first ${numberText(run.opening.first)}.`;
  return [
    {
      code: SYMPTOMS.diverged.code,
      symptom: 'diverged',
      severity: 'error',
      ...(layer ? { layer: layer.name } : {}),
      range,
      message: `Training diverged ${when}: ${tensor} is not finite (${where}).${before}`,
      hint: atStart
        ? 'Choose a smaller initialization, or normalize the data.'
        : `Lower \`learningRate\` from ${numberText(spec.optimizer.learningRate)}, clip the gradient with \`training.clipNorm\`, or choose a smaller initialization.`,
      basis: 'run',
      judgements: [],
      evidence: { step: run.step, tensor, phase, firstLoss: run.opening.first },
      related: layer
        ? [{ layer: layer.name, range: layerRange(tree, layer), message: `${tensor} is not finite.` }]
        : [],
    },
  ];
}

function exploded({ tree, spec, thresholds }: Evidence, run: RunEvidence): readonly Finding[] {
  const course = hadTime(run, thresholds.lossPatience) ? lossCourse(run) : undefined;
  if (!course) return [];
  const times = course.late / course.start;
  if (!(times > thresholds.lossExplosion)) return [];
  return [
    {
      code: SYMPTOMS.diverged.code,
      symptom: 'diverged',
      severity: 'error',
      range: learningRateRange(tree),
      message: `The loss has grown ${numberText(times)} times: from ${numberText(course.start)} to ${numberText(course.late)} after ${countWords(run.step, 'step')}.`,
      hint: `Lower \`learningRate\` from ${numberText(spec.optimizer.learningRate)}, or clip the gradient with \`training.clipNorm\`.`,
      basis: 'run',
      judgements: [
        { what: 'loss ÷ first loss', value: times, threshold: thresholds.lossExplosion, setting: 'lossExplosion' },
      ],
      evidence: { firstLoss: course.start, loss: course.late, highestLoss: course.highest, step: run.step },
      related: [],
    },
  ];
}
