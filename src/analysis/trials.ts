// Owns the measuring of remedies: short trainings of the original and of each remedy, paired by seed, ranked by what they did to
// the gradient and to the held-out metric. Pure: whoever drives it owns the clock, and may stop between slices.
import type { Dataset } from '../spec/dataset';
import type { Graph } from '../spec/network';
import type { Spec } from '../spec/schema';

export interface TrialNetwork {
  readonly graph: Graph;
  readonly spec: Spec;
  readonly dataset: Dataset;
}

/** What a network did in its trials: medians over the seeds. */
export interface TrialOutcome {
  /** Measured at initialization: `cumulative` of the first layer with parameters. */
  readonly firstToLast: number;
  readonly factorPerLayer: number;
  readonly loss: number;
  /** Of the held-out samples: accuracy, or mean absolute error. Of the training samples where nothing is held out. */
  readonly testLoss: number;
  readonly testMetric: number;
  readonly diverged: boolean;
  /** One entry a seed. */
  readonly testMetrics: readonly number[];
  readonly testLosses: readonly number[];
}

export interface TrialOptions {
  readonly seeds: readonly number[];
  readonly steps: number;
}

/** Between yields at most about `sliceMs` of work pass, by the caller's clock. */
export function* runTrial(
  _network: TrialNetwork,
  _options: TrialOptions,
): Generator<{ readonly share: number }, TrialOutcome, void> {
  yield { share: 0 };
  return {
    firstToLast: Number.NaN,
    factorPerLayer: Number.NaN,
    loss: Number.NaN,
    testLoss: Number.NaN,
    testMetric: Number.NaN,
    diverged: false,
    testMetrics: [],
    testLosses: [],
  };
}
