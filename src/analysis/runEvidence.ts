// Owns what is remembered of a run for the judgement: a summary of bounded size, whatever the run's length, fed record by
// record.
import type { NonFinite } from '../engine/divergence';
import type { RecordLayout } from '../engine/record';

/** A number over the run, thinned out to a bounded count of points. */
export interface Series {
  readonly steps: readonly number[];
  /** Means over the steps since the point before. */
  readonly values: readonly number[];
}

/** Typical values of a layer: medians over the steps observed, and over the last fifth of them. NaN where it does not apply. */
export interface RunLayer {
  readonly name: string;
  /** log10 of `cumulative`, and of the output gradient's l2. */
  readonly cumulative: number;
  readonly outputGradient: number;
  readonly updateRatio: number;
  readonly lateUpdateRatio: number;
  readonly saturatedFraction: number;
  readonly lateSaturatedFraction: number;
  readonly deadFraction: number;
  readonly lateDeadFraction: number;
  readonly activationStd: number;
  /** Of the kernel's gradient over successive steps: ‖mean‖ ÷ standard deviation of its norm, a cheap stand-in for signal to noise. */
  readonly gradientNormSpread: number;
}

export interface RunEvidence {
  readonly status: 'running' | 'completed' | 'cancelled' | 'diverged';
  readonly step: number;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly loss: Series;
  readonly metric: Series;
  /** Of the held-out samples, a point an evaluation. */
  readonly testLoss: Series;
  readonly testMetric: Series;
  readonly layers: readonly RunLayer[];
  /** Loss and accuracy of equal odds. */
  readonly chance?: { readonly loss: number; readonly accuracy: number };
  readonly nonFinite?: NonFinite;
}

export interface RunObserverOptions {
  readonly layout: RecordLayout;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly chance?: { readonly loss: number; readonly accuracy: number };
}

export class RunObserver {
  readonly #options: RunObserverOptions;

  constructor(options: RunObserverOptions) {
    this.#options = options;
  }

  /** Takes a step's loss and metric; cheap enough for every step. */
  step(_step: number, _loss: number, _metric: number): void {}

  /** Takes a step's whole record; as often as the caller cares to read one. */
  record(_step: number, _record: Float64Array): void {}

  evaluation(_step: number, _testLoss: number, _testMetric: number): void {}

  /** What is known so far. */
  evidence(status: RunEvidence['status'], nonFinite?: NonFinite): RunEvidence {
    const none = { steps: [], values: [] };
    const { totalSteps, stepsPerEpoch, chance } = this.#options;
    return {
      status,
      step: 0,
      totalSteps,
      stepsPerEpoch,
      loss: none,
      metric: none,
      testLoss: none,
      testMetric: none,
      layers: [],
      chance,
      nonFinite,
    };
  }
}
