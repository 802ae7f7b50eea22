// Owns what the benchmark calls a good network: trained as its spec says, with seeds that no trial has seen, judged by its
// held-out samples.
import type { OpenedText } from '../../../src/analysis/fix';
import { stepsOfSpec } from '../../../src/analysis/trialSize';
import { runTrial, type TrialOutcome } from '../../../src/analysis/trials';

/** Far from those that trials take. */
const SEEDS = [1001, 1002, 1003];

export interface Quality {
  readonly metric: 'accuracy' | 'meanAbsoluteError';
  /** Accuracy; of regressions the share of the targets' variance (or of their mean absolute deviation) that is explained. */
  readonly score: number;
  readonly diverged: boolean;
  readonly firstToLast: number;
}

/** Median over the seeds. */
export function qualityOf(opened: OpenedText): Quality {
  const { analysis, dataset } = opened;
  const { graph, spec } = analysis;
  if (!graph || !spec) throw new Error('the benchmark trains specs without errors');
  const steps = stepsOfSpec(spec, dataset);
  const outcome = finished(runTrial({ graph, spec, dataset }, { seeds: SEEDS, steps }));
  const metric = outcome.metric ?? 'accuracy';
  const score = metric === 'accuracy' ? outcome.testMetric : 1 - squaredShare(outcome, opened);
  return { metric, score, diverged: outcome.diverged, firstToLast: outcome.firstToLast };
}

/** Whether a mended network is as good as the healthy one: within 5 points, or better. */
export function isAsGood(mended: Quality, healthy: Quality): boolean {
  return mended.metric === healthy.metric && mended.score >= healthy.score - 0.05;
}

/** Test loss as a share of what the best constant has: of squares their mean is the variance; others by their own scale. */
function squaredShare(outcome: TrialOutcome, { analysis, dataset }: OpenedText): number {
  const { targets } = dataset.test;
  const values = Array.from(targets);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const errors = values.map((v) => v - mean);
  const constant = errors.map((e) => lossOfError(analysis.spec!.loss, e)).reduce((a, b) => a + b, 0) / errors.length;
  return outcome.testLoss / constant;
}

function lossOfError(loss: string, error: number): number {
  const size = Math.abs(error);
  if (loss === 'meanAbsoluteError') return size;
  if (loss === 'huber') return size <= 1 ? (size * size) / 2 : size - 0.5;
  return size * size;
}

/** Runs a generator to its end. */
export function finished<T>(work: Generator<unknown, T, void>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value as T;
  }
}
