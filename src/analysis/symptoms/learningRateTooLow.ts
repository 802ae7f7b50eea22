// Owns the symptom `learningRateTooLow`: steps so small that all of them together lead nowhere.
import { SYMPTOMS } from '../../spec/symptoms';
import type { Evidence, Symptom } from '../evidence';
import type { Finding } from '../finding';
import { hadTime, hasLearned, lossCourse } from '../lossCourse';
import { firstStepsWorth, learningRateRange, momentumGain, plannedSteps, rateFor } from '../stepSize';
import { countWords, shareWords } from '../words';
import { numberText } from './report';

/** A kernel that may change five times over has all the room that our nets took. */
const GOOD_REACH = 5;

/** A run that is too short to learn at a usual rate is a look at the net: then less still, as TheDeepChecker warns (1e-4). */
const SHORT_RUN = 0.1;

export const learningRateTooLow: Symptom = {
  name: 'learningRateTooLow',
  detect(evidence) {
    const { run, probe, spec, thresholds } = evidence;
    const steps = plannedSteps(evidence);
    if (steps === undefined) return [];
    if (run && run.step > 0) {
      const course = lossCourse(run);
      if (run.status === 'diverged' || !course || hasLearned(course) || !hadTime(run, thresholds.lossPatience))
        return [];
      // Large steps that killed the net are followed by none at all: those before tell.
      if (run.layers.some(({ peakUpdateRatio }) => peakUpdateRatio > thresholds.updateRatioHigh)) return [];
      const ratio = largestOf(run.layers);
      const became = `The loss went from ${numberText(course.start)} to ${numberText(course.late)} in ${countWords(run.step, 'step')}.`;
      // Medians over the run: momentum and schedule are in them.
      return judged(evidence, ratio, ratio * steps, steps, 'run', ` ${became}`);
    }
    const ratio = probe ? largestOf(probe.layers) : Number.NaN;
    return judged(evidence, ratio, ratio * firstStepsWorth(spec, steps) * momentumGain(spec), steps, 'probe', '');
  },
};

/** The kernel that changes most; NaN where none is known. */
function largestOf(layers: readonly { readonly updateRatio: number }[]): number {
  const known = layers.map(({ updateRatio }) => updateRatio).filter((ratio) => ratio >= 0);
  return known.length === 0 ? Number.NaN : Math.max(...known);
}

function judged(
  { spec, tree, thresholds }: Evidence,
  ratio: number,
  reach: number,
  steps: number,
  basis: Finding['basis'],
  became: string,
): readonly Finding[] {
  // Without any gradient steps have no size at all, and other symptoms say why.
  if (!(ratio > 0) || !(reach < thresholds.weightReach)) return [];
  // Few steps of a fair size reach no farther, and the rate is not to blame.
  const typical = reach / steps;
  const share = basis === 'probe' && steps < thresholds.lossPatience ? SHORT_RUN : 1;
  if (!(typical < thresholds.updateRatioLow * share)) return [];
  const { learningRate } = spec.optimizer;
  const better = rateFor(spec, reach, GOOD_REACH);
  return [
    {
      code: SYMPTOMS.learningRateTooLow.code,
      symptom: 'learningRateTooLow',
      severity: 'warning',
      range: learningRateRange(tree),
      message:
        `Steps are too small: ${countWords(steps, 'step')} together can change no kernel by more than ` +
        `${shareWords(reach)} of itself (‖Δw‖ ÷ ‖w‖ is ${numberText(ratio)} a step at most).${became}`,
      hint: `Raise \`learningRate\` from ${numberText(learningRate)} towards ${numberText(better)}, or train for more steps.`,
      basis,
      judgements: [
        {
          what: 'update ratio of the kernel that changes most',
          value: typical,
          threshold: thresholds.updateRatioLow,
          setting: 'updateRatioLow',
        },
        {
          what: 'update ratio × steps, of the kernel that changes most',
          value: reach,
          threshold: thresholds.weightReach,
          setting: 'weightReach',
        },
      ],
      evidence: { learningRate, largestUpdateRatio: ratio, steps },
      related: [],
    },
  ];
}
