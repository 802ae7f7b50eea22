// Owns the symptom `gradientNoise`: small batches whose gradients differ so much that hardly anything of them is common.
import { SYMPTOMS } from '../../spec/symptoms';
import { specRange } from '../blame';
import type { Evidence, Symptom } from '../evidence';
import type { Finding } from '../finding';
import { hadTime, hasLearned, lossCourse } from '../lossCourse';
import { medianOf } from '../trend';
import { countWords } from '../words';
import { numberText } from './report';

export const gradientNoise: Symptom = {
  name: 'gradientNoise',
  detect(evidence) {
    const { run, probe, spec, thresholds } = evidence;
    // Larger batches are the remedy: of those that are large already there is nothing to say.
    if (spec.training.batchSize > thresholds.noisyBatch) return [];
    if (run && run.step > 0) {
      const course = lossCourse(run);
      // Whatever has learned ends in noise: near a minimum nothing else is left.
      if (run.status === 'diverged' || !course || hasLearned(course) || !hadTime(run, thresholds.lossPatience))
        return [];
      return judged(evidence, medianOf(run.layers.map((l) => l.signalToNoise)), 'run');
    }
    return probe ? judged(evidence, medianOf(probe.layers.map((l) => l.signalToNoise)), 'probe') : [];
  },
};

function judged({ spec, tree, thresholds }: Evidence, ratio: number, basis: Finding['basis']): readonly Finding[] {
  if (!(ratio < thresholds.signalToNoise)) return [];
  const { batchSize } = spec.training;
  const wanted = 2 ** Math.ceil(Math.log2(Math.max(4 * batchSize, thresholds.noisyBatch + 1)));
  return [
    {
      code: SYMPTOMS.gradientNoise.code,
      symptom: 'gradientNoise',
      severity: 'information',
      range: specRange(tree, ['training', 'batchSize']),
      message:
        `The gradient of a batch of ${countWords(batchSize, 'sample')} is mostly noise: in the typical layer what batches ` +
        `have in common is ${numberText(ratio)} of what they differ by.`,
      hint: `Raise \`batchSize\` to ${wanted}, or lower \`learningRate\` so that more batches are averaged.`,
      basis,
      judgements: [
        { what: 'signal ÷ noise', value: ratio, threshold: thresholds.signalToNoise, setting: 'signalToNoise' },
      ],
      evidence: { signalToNoise: ratio, batchSize },
      related: [],
    },
  ];
}
