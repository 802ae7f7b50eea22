// Owns the plain data that says what a run is and how it stands. Crosses every boundary: worker, panel, backend.
import type { RecordLayout } from '../engine/record';

export type { LayerLayout, ParameterLayout, RecordLayout } from '../engine/record';

/** Fixed while the run lasts. */
export interface RunInfo {
  readonly id: string;
  /** The spec's `name`, or its file's. */
  readonly name: string;
  /** The spec's file, as the host knows it (a URI in the editor, a path elsewhere). */
  readonly source: string;
  readonly seed: number;
  /** `train`: steps are trained; `gradients`: one batch was measured at initialization and nothing updated. */
  readonly mode: 'train' | 'gradients';
  readonly layout: RecordLayout;
  readonly parameterCount: number;
  readonly totalSteps: number;
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  /** Such as `embedded, wasm-relaxed-simd`. */
  readonly engine: string;
  /** What guessing gives: loss and accuracy of equal odds; absent for values. */
  readonly chance?: { readonly loss: number; readonly accuracy: number };
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

export type RunStatus =
  | 'starting'
  | 'running'
  | 'paused'
  | 'completed'
  | 'cancelled'
  | 'diverged'
  | 'failed'
  | 'interrupted';

export interface Progress {
  readonly status: RunStatus;
  /** Steps done; the last record's number is the same (the first step is 1, and 0 is the measurement without update). */
  readonly step: number;
  readonly loss: number;
  readonly metric: number;
  /** Of the held-out samples, where they were evaluated. */
  readonly testLoss?: number;
  readonly testMetric?: number;
  readonly stepsPerSecond: number;
  readonly secondsLeft?: number;
  /** One record is kept of so many steps: 1 until memory is short. */
  readonly stride: number;
  /** First and last step of which a record is kept; absent before the first. */
  readonly firstStep?: number;
  readonly lastStep?: number;
  /** Diverged: which tensor was the first bad one, as a sentence. Failed: what happened. */
  readonly message?: string;
  readonly hint?: string;
}

/**
 * Asks for some columns of the records from step `from` to before `to`, gathered into bins of `binSteps` steps, bin k
 * beginning at step from + k · binSteps.
 */
export interface WindowQuery {
  readonly from: number;
  readonly to: number;
  readonly binSteps: number;
  /** Columns of the record. */
  readonly columns: readonly number[];
}

export interface WindowReply {
  readonly from: number;
  readonly binSteps: number;
  readonly bins: number;
  /** How many records fell in each bin; where 0, `values` says nothing. */
  readonly counts: Uint32Array;
  /**
   * Three numbers a column and bin at 3 · (c · bins + k): smallest, mean, largest. The mean is geometric where all values
   * are positive, arithmetic otherwise. One non-finite value in the bin makes all three that value.
   */
  readonly values: Float64Array;
}

/** A failure as plain data. */
export interface Failure {
  readonly message: string;
  readonly hint: string;
  readonly code?: string;
}
