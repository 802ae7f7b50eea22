// Owns how the loss of a run went: from where to where, whether that is more than noise, and how it swings. What is made of
// it is the symptoms'.
import type { RunEvidence, Series } from './runEvidence';
import { detrended, mannKendall, meanOf, medianOf, robustDeviation, thinnedTo, turningShare } from './trend';

/** Mann and Kendall's figure beyond which a trend is one with 99 % confidence (one-sided). */
export const CERTAIN = 2.33;
/** Pairs of points grow with the square of the points; more of them say no more. */
const MOST_POINTS = 96;
const LATE_SHARE = 0.2;
/** Fewer whole epochs than these say nothing of swings; the steps themselves are looked at then. */
const LEAST_EPOCHS = 12;
const LEAST_POINTS = 16;
/** Steps that are averaged at least, to tell swings from the noise of single batches. */
const LEAST_GROUP = 8;
/** First steps whose mean is so many times the first of them were a rise, and no place to measure a fall from. */
const ROSE = 1.5;
/** 10th to 90th percentile of normal numbers, in standard deviations. */
const DECILES = 2.563;

export interface LossCourse {
  /** Mean of the first steps; where they rose at once, the very first one's. */
  readonly start: number;
  /** What a network that learns must get below: the start, or the best constant answer where that is less. */
  readonly reference: number;
  /** Median of the last fifth. */
  readonly late: number;
  /** (start − late) ÷ start; negative where it rose. */
  readonly fall: number;
  /** Whether start and end differ by more than three standard errors of the two. */
  readonly certain: boolean;
  /** Mann and Kendall's figure of the second half. */
  readonly lateTrend: number;
  readonly highest: number;
}

/** Undefined where too little is known: fewer than 16 steps. */
export function lossCourse({ loss, opening, constantLoss }: RunEvidence): LossCourse | undefined {
  const { values } = loss;
  if (values.length < LEAST_POINTS || opening.steps === 0) return undefined;
  const last = values.slice(Math.floor(values.length * (1 - LATE_SHARE)));
  const late = medianOf(last);
  // One step alone, as of full batches, has no spread of its own: the curve's is taken.
  const noise = robustDeviation(detrended(thinnedTo(last, MOST_POINTS)));
  const rose = opening.loss > ROSE * opening.first;
  const start = rose ? opening.first : opening.loss;
  const openingError = rose ? 0 : opening.spread / Math.sqrt(opening.steps);
  const error = Math.hypot(openingError, noise / Math.sqrt(last.length));
  return {
    start,
    reference: Math.min(start, constantLoss ?? Number.POSITIVE_INFINITY),
    late,
    fall: (start - late) / start,
    certain: Math.abs(start - late) > 3 * error,
    lateTrend: mannKendall(thinnedTo(values.slice(values.length >> 1), MOST_POINTS)),
    highest: values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  };
}

export interface LossSwings {
  /** From the 10th to the 90th percentile of the loss in the second half of the run, without its trend. */
  readonly swing: number;
  /** Median of the second half. */
  readonly level: number;
  /** Share of points at which it turns: 2/3 for noise. */
  readonly turning: number;
  /** Swing ÷ what the choice of batches alone would make; `Infinity` for whole epochs, which have none of that. */
  readonly overNoise: number;
  readonly of: 'epochs' | 'steps';
}

/** Of whole epochs where there are enough, since what batches were drawn does not show in them; of the steps otherwise. */
export function lossSwings(run: RunEvidence): LossSwings | undefined {
  const epochs = (run.epochLoss.size ?? 1) * run.epochLoss.values.length;
  if (epochs >= LEAST_EPOCHS) {
    const { values, spread } = secondHalf(run.epochLoss);
    const rest = detrended(values);
    const within = medianOf(spread);
    const deviation = Math.hypot(robustDeviation(rest), within);
    return {
      swing: DECILES * deviation,
      level: medianOf(values),
      // Points that are means of several epochs have turns inside.
      turning: Math.max(turningShare(rest), within > robustDeviation(rest) ? 2 / 3 : 0),
      overNoise: Number.POSITIVE_INFINITY,
      of: 'epochs',
    };
  }
  const { values, spread, size } = secondHalf(run.loss);
  if (values.length < LEAST_POINTS) return undefined;
  const group = Math.max(1, Math.ceil(LEAST_GROUP / size), Math.ceil(values.length / (2 * LEAST_POINTS)));
  const groups = Math.floor(values.length / group);
  if (groups < LEAST_POINTS / 2) return undefined;
  const parts = Array.from({ length: groups }, (_, k) => {
    const inside = values.slice(k * group, (k + 1) * group);
    const mean = meanOf(inside);
    const square = meanOf(inside.map((v, i) => (v - mean) ** 2 + spread[k * group + i]! ** 2));
    return { mean, noise: Math.sqrt(square / (group * size)) };
  });
  const rest = detrended(parts.map(({ mean }) => mean));
  const deviation = robustDeviation(rest);
  return {
    swing: DECILES * deviation,
    level: medianOf(values),
    turning: turningShare(rest),
    overNoise: deviation / medianOf(parts.map(({ noise }) => noise)),
    of: 'steps',
  };
}

/** What a swing is large or small against: where the loss began, or equal odds, whichever is less; its own level where that is more. */
export function lossScale({ opening, chance, constantLoss }: RunEvidence, level: number): number {
  return Math.max(
    level,
    Math.min(opening.first, opening.loss, chance?.loss ?? constantLoss ?? Number.POSITIVE_INFINITY),
  );
}

/** Whether the loss ended at less than half of what a network that learns must get below: then nothing was much amiss. */
export function hasLearned({ late, reference }: LossCourse): boolean {
  return late < reference / 2;
}

/** Whether there was time to learn: a whole run of a quarter of `patience` steps, or a good part of a longer one. */
export function hadTime({ status, step, totalSteps }: RunEvidence, patience: number): boolean {
  const enough = status === 'completed' ? patience / 4 : Math.max(patience, Math.min(totalSteps / 10, 10 * patience));
  return step >= enough;
}

function secondHalf({ values, spread, size }: Series): {
  readonly values: readonly number[];
  readonly spread: readonly number[];
  readonly size: number;
} {
  const from = values.length >> 1;
  return { values: values.slice(from), spread: (spread ?? values.map(() => 0)).slice(from), size: size ?? 1 };
}
