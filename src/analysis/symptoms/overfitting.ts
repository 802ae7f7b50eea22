// Owns the symptom `overfitting`: the loss on held-out samples has risen from its lowest while that on training samples fell.
import { SYMPTOMS } from '../../spec/symptoms';
import { specRange } from '../blame';
import type { Symptom } from '../evidence';
import { CERTAIN, hasLearned, lossCourse, lossScale } from '../lossCourse';
import type { RunEvidence } from '../runEvidence';
import { mannKendall, meanOf, medianOf } from '../trend';
import { shareWords } from '../words';
import { numberText } from './report';

/** Fewer evaluations than these say nothing of a trend. */
const LEAST_EVALUATIONS = 6;
/**
 * Rises of less than this share of what the loss began with, or of equal odds, matter little, however large beside a tiny
 * minimum. Our measurement: 0.05 speaks of 2 of 39 healthy specs of the benchmark, 0.1 of none.
 */
const LEAST_OF_START = 0.1;

export const overfitting: Symptom = {
  name: 'overfitting',
  detect({ run, tree, thresholds }) {
    if (!run || run.testLoss.values.length < LEAST_EVALUATIONS) return [];
    const course = lossCourse(run);
    const rise = riseOf(run);
    // A net that has not learned its training samples is not too close to them.
    if (!course || !hasLearned(course) || !rise || rise.trend < CERTAIN) return [];
    const { lowest, atStep, late, trainBefore, trainLate } = rise;
    const share = (late - lowest) / lowest;
    const matters = late - lowest > LEAST_OF_START * lossScale(run, 0);
    if (!(share > thresholds.overfittingRise) || !matters || !(trainLate < trainBefore)) return [];
    return [
      {
        code: SYMPTOMS.overfitting.code,
        symptom: 'overfitting',
        severity: 'warning',
        range: specRange(tree, ['training', 'epochs']),
        message:
          `The net overfits since step ${atStep.toLocaleString('en-US')}: the loss on held-out samples rose by ` +
          `${shareWords(share)}, from ${numberText(lowest)} to ${numberText(late)}, while that on training samples fell ` +
          `from ${numberText(trainBefore)} to ${numberText(trainLate)}.`,
        hint: 'Train for fewer steps, or use more data, `dropout`, `weightDecay` or fewer units.',
        basis: 'run',
        judgements: [
          {
            what: 'rise of the held-out loss above its lowest',
            value: share,
            threshold: thresholds.overfittingRise,
            setting: 'overfittingRise',
          },
        ],
        evidence: {
          lowestTestLoss: lowest,
          sinceStep: atStep,
          testLoss: late,
          trainLossBefore: trainBefore,
          trainLoss: trainLate,
        },
        related: [],
      },
    ];
  },
};

interface Rise {
  readonly lowest: number;
  readonly atStep: number;
  /** Median of the last three evaluations. */
  readonly late: number;
  /** Mean loss of the training samples around the lowest evaluation, and at the end. */
  readonly trainBefore: number;
  readonly trainLate: number;
  /** Mann and Kendall's figure of the evaluations from the lowest on. */
  readonly trend: number;
}

/** Undefined where the lowest is among the last three. */
function riseOf({ testLoss, loss }: RunEvidence): Rise | undefined {
  const { values, steps } = testLoss;
  const n = values.length;
  // Medians of three: a single lucky evaluation is no minimum.
  let at = 1;
  for (let i = 1; i + 1 < n; i++) if (around(values, i) < around(values, at)) at = i;
  if (at >= n - 3) return undefined;
  const between = (from: number, to: number): number => {
    const inside = loss.values.filter((_, k) => loss.steps[k]! > from && loss.steps[k]! <= to);
    return inside.length === 0 ? Number.NaN : meanOf(inside);
  };
  return {
    lowest: around(values, at),
    atStep: steps[at]!,
    late: around(values, n - 2),
    trainBefore: between(steps[at - 1]!, steps[at + 1]!),
    trainLate: between(steps[n - 3]!, steps[n - 1]!),
    trend: mannKendall(values.slice(at)),
  };
}

function around(values: readonly number[], i: number): number {
  return medianOf([values[i - 1]!, values[i]!, values[i + 1]!]);
}
