// Owns the symptom `learningRateTooHigh`: steps so large that they undo what they learn. The run says it best; before one, the
// probe's first steps do.
import { SYMPTOMS } from '../../spec/symptoms';
import type { Evidence, Symptom } from '../evidence';
import type { Finding, Judgement } from '../finding';
import { hadTime, hasLearned, lossCourse } from '../lossCourse';
import { learningRateRange, rateFor } from '../stepSize';
import { medianOf } from '../trend';
import { countWords, shareWords } from '../words';
import { numberText } from './report';

/** What first steps typically change of a kernel in nets that train well: between CS231n's 1e-3 and what our nets bear. */
const GOOD_RATIO = 0.02;

interface Sizes {
  /** Of the layers' kernels, steps as shares of the kernel itself. */
  readonly typical: number;
  readonly largest: number;
  readonly largestLayer: string | undefined;
  /** Loss after the first few steps ÷ loss before. */
  readonly rise: number;
  /** Typical at the very first step, before large steps made the gradient larger still. */
  readonly first: number;
}

export const learningRateTooHigh: Symptom = {
  name: 'learningRateTooHigh',
  detect(evidence) {
    const { run } = evidence;
    return run && run.step > 0 ? ofRun(evidence, run) : ofProbe(evidence);
  },
};

function ofRun(evidence: Evidence, run: NonNullable<Evidence['run']>): readonly Finding[] {
  const { thresholds } = evidence;
  const sizes = sizesOf(
    run.layers.map(({ name, peakUpdateRatio: peak, updateRatio }) => {
      // Infinite where a kernel started from zeros, and where the last step overflowed: the typical step tells then.
      return { name, ratio: peak < Number.POSITIVE_INFINITY ? peak : updateRatio };
    }),
    run.opening.highest / run.opening.first,
    medianOf(run.layers.map(({ firstUpdateRatio }) => firstUpdateRatio)),
  );
  // A first step that is not finite was not made: the initialization is to blame.
  if (run.status === 'diverged' && run.step <= 1) return [];
  const course = lossCourse(run);
  if (run.status !== 'diverged') {
    // Large steps that learn all the same are nobody's trouble.
    if (!course || hasLearned(course) || !hadTime(run, thresholds.lossPatience)) return [];
  }
  const judged = judgedBy(evidence, sizes);
  if (judged.length === 0) return [];
  const became =
    run.status === 'diverged'
      ? `training diverged at step ${run.step.toLocaleString('en-US')}`
      : `the loss is ${numberText(course!.late)} after ${countWords(run.step, 'step')}, having begun at ${numberText(course!.start)}`;
  const severity = run.status === 'diverged' ? 'error' : 'warning';
  return [findingOf(evidence, sizes, judged, severity, 'run', `${sizeWords(sizes)}, and ${became}.`)];
}

function ofProbe(evidence: Evidence): readonly Finding[] {
  const { probe } = evidence;
  if (!probe || probe.firstLosses.length === 0) return [];
  // A loss that is no longer finite rose without bounds.
  const losses = probe.firstLosses.map((loss) => (Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY));
  const highest = Math.max(...losses);
  const rise = highest / probe.loss;
  const sizes = sizesOf(
    probe.layers.map(({ name, updateRatio }) => ({ name, ratio: updateRatio })),
    rise,
  );
  const judged = judgedBy(evidence, sizes);
  if (judged.length === 0) return [];
  const steps = countWords(losses.length, 'step');
  const became =
    rise > 1
      ? `in the first ${steps} the loss rises from ${numberText(probe.loss)} to ${numberText(highest)}`
      : `the first ${steps} lower the loss from ${numberText(probe.loss)} to ${numberText(losses.at(-1)!)}`;
  return [findingOf(evidence, sizes, judged, 'warning', 'probe', `${sizeWords(sizes)}, and ${became}.`)];
}

function sizesOf(
  layers: readonly { readonly name: string; readonly ratio: number }[],
  rise: number,
  first?: number,
): Sizes {
  // A kernel of zeros grows by an infinite share, which says nothing of the step.
  const known = layers.filter(({ ratio }) => ratio >= 0 && ratio < Number.POSITIVE_INFINITY);
  const largest = known.reduce((most, l) => (l.ratio > (most?.ratio ?? -1) ? l : most), known[0]);
  const typical = medianOf(known.map(({ ratio }) => ratio));
  return {
    typical,
    first: first !== undefined && first > 0 && first < typical ? first : typical,
    largest: largest?.ratio ?? Number.NaN,
    largestLayer: largest?.name,
    rise,
  };
}

function judgedBy({ thresholds }: Evidence, { typical, largest, rise }: Sizes): readonly Judgement[] {
  const extreme: Judgement = {
    what: 'typical update ratio',
    value: typical,
    threshold: thresholds.updateRatioExtreme,
    setting: 'updateRatioExtreme',
  };
  const high: Judgement = {
    what: 'largest update ratio',
    value: largest,
    threshold: thresholds.updateRatioHigh,
    setting: 'updateRatioHigh',
  };
  const rises: Judgement = {
    what: 'rise of the loss in the first steps',
    value: rise,
    threshold: thresholds.lossRise,
    setting: 'lossRise',
  };
  return [
    ...(typical > extreme.threshold ? [extreme] : []),
    ...(largest > high.threshold && rise > rises.threshold ? [high, rises] : []),
  ];
}

function sizeWords({ typical, largest, largestLayer }: Sizes): string {
  const layer = largestLayer === undefined ? '' : ` and that of \`${largestLayer}\` by ${shareWords(largest)}`;
  return `Steps are too large: one changes the typical kernel by ${shareWords(typical)} of its size${layer} (‖Δw‖ ÷ ‖w‖)`;
}

function findingOf(
  { spec, tree }: Evidence,
  sizes: Sizes,
  judgements: readonly Judgement[],
  severity: Finding['severity'],
  basis: Finding['basis'],
  message: string,
): Finding {
  const { learningRate } = spec.optimizer;
  const better = rateFor(spec, sizes.first, GOOD_RATIO);
  const lower =
    better < learningRate
      ? `Lower \`learningRate\` from ${numberText(learningRate)} to about ${numberText(better)}`
      : 'Lower `learningRate`';
  return {
    code: SYMPTOMS.learningRateTooHigh.code,
    symptom: 'learningRateTooHigh',
    severity,
    range: learningRateRange(tree),
    message,
    hint: `${lower}, or bound the steps with \`training.clipNorm\`.`,
    basis,
    judgements,
    evidence: {
      learningRate,
      typicalUpdateRatio: sizes.typical,
      largestUpdateRatio: sizes.largest,
      lossRise: sizes.rise,
    },
    related: [],
  };
}
