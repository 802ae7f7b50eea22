// Owns the symptom `lossNotDecreasing`: after a fair number of steps the loss stands where it began, or no lower than the same
// answer to every sample would have it.
import { SYMPTOMS } from '../../spec/symptoms';
import { specRange } from '../blame';
import type { Symptom } from '../evidence';
import { CERTAIN, hadTime, hasLearned, lossCourse } from '../lossCourse';
import { countWords, shareWords } from '../words';
import { numberText } from './report';

export const lossNotDecreasing: Symptom = {
  name: 'lossNotDecreasing',
  detect({ run, tree, thresholds }) {
    if (!run || run.status === 'diverged' || !hadTime(run, thresholds.lossPatience)) return [];
    const course = lossCourse(run);
    if (!course || hasLearned(course)) return [];
    const { start, late, fall, reference, certain, lateTrend } = course;
    const least = thresholds.lossDecrease;
    const fell = fall >= least && certain;
    // Below what guessing gives, or still on its way there.
    if (fell && (late < (1 - least) * reference || lateTrend < -CERTAIN)) return [];
    const after = `after ${countWords(run.step, 'step')}`;
    const { constantLoss } = run;
    const guessing = constantLoss !== undefined && late >= (1 - least) * constantLoss && (fell || late >= constantLoss);
    const rose = certain && fall <= -least;
    const how = rose
      ? `The loss rose from ${numberText(start)} to ${numberText(late)} ${after}`
      : fell
        ? `The loss stays at ${numberText(late)} ${after}`
        : `The loss does not go down: it began at ${numberText(start)} and is ${numberText(late)} ${after}`;
    const against = guessing
      ? `; the same answer to every sample gives ${numberText(constantLoss)}`
      : rose || fell
        ? ''
        : ` (${shareWords(Math.abs(fall))} ${fall < 0 ? 'more' : 'less'})`;
    return [
      {
        code: SYMPTOMS.lossNotDecreasing.code,
        symptom: 'lossNotDecreasing',
        severity: rose ? 'error' : 'warning',
        range: specRange(tree, ['loss']),
        message: `${how}${against}.`,
        hint: 'See the other findings for why; with none, change `learningRate`, and check that the targets follow from the inputs.',
        basis: 'run',
        judgements: [
          { what: 'fall of the loss', value: fall, threshold: least, setting: 'lossDecrease' },
          { what: 'steps', value: run.step, threshold: thresholds.lossPatience, setting: 'lossPatience' },
        ],
        evidence: { start, late, fall, lateTrend, ...(constantLoss === undefined ? {} : { constantLoss }) },
        related: [],
      },
    ];
  },
};
