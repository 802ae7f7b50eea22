// Owns what the host's thread and the analysis worker say to each other.
import type { Finding } from '../analysis/finding';
import type { FixProgress, FixResult, MeasuredRemedy } from '../analysis/fix';
import type { Prediction } from '../analysis/prediction';
import type { Thresholds } from '../analysis/thresholds';
import type { Failure } from './run';

export type { Finding } from '../analysis/finding';
export type { FixProgress, FixResult, MeasuredRemedy } from '../analysis/fix';
export type { LayerPrediction, Prediction, Term } from '../analysis/prediction';

/** A spec's text and what may be read for it. */
export interface AnalysisSubject {
  readonly text: string;
  /** Absolute; absent for a spec that has no file. */
  readonly folder?: string;
  readonly allowedFolders: readonly string[];
  readonly dataFolder: string;
  readonly memoryLimitBytes: number;
  readonly thresholds: Thresholds;
}

/** One quick remedy for the findings: the whole text with it, and what is predicted. */
export interface QuickRemedy {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly text: string;
  readonly predictedFirstToLast: number;
  readonly predictedFactorPerLayer: number;
  /** The same of the text without it; absent where nothing can be said. */
  readonly originalFirstToLast?: number;
}

export type ToAnalyst =
  /** `probe`: measure too. A newer request of the same `source` takes the place of an older one. */
  | {
      readonly type: 'analyze';
      readonly id: number;
      readonly source: string;
      readonly probe: boolean;
      readonly subject: AnalysisSubject;
    }
  /** Remedies for findings with these codes at these ranges; predicted, not measured. */
  | {
      readonly type: 'remedies';
      readonly id: number;
      readonly codes: readonly string[];
      /** Findings of a run, which the analyst cannot find by itself; those with the codes are mended too. */
      readonly runFindings?: readonly Finding[];
      readonly subject: AnalysisSubject;
    }
  | { readonly type: 'fix'; readonly id: number; readonly subject: AnalysisSubject }
  | { readonly type: 'fixAll'; readonly id: number; readonly subject: AnalysisSubject }
  | { readonly type: 'cancel'; readonly id: number };

export type FromAnalyst =
  /** Comes once without the probe and, where it was asked for, once more with it. Absent parts: the spec has errors. */
  | {
      readonly type: 'analyzed';
      readonly id: number;
      readonly prediction?: Prediction;
      readonly findings: readonly Finding[];
      readonly probed: boolean;
      /** No other answer to this request follows. */
      readonly last: boolean;
    }
  | { readonly type: 'remedies'; readonly id: number; readonly remedies: readonly QuickRemedy[] }
  | { readonly type: 'fixProgress'; readonly id: number; readonly progress: FixProgress }
  | { readonly type: 'fixed'; readonly id: number; readonly result: FixResult }
  | {
      readonly type: 'fixedAll';
      readonly id: number;
      readonly text: string;
      readonly applied: readonly MeasuredRemedy[];
      /** Codes that are found all the same. */
      readonly left: readonly string[];
    }
  /** Cancelled, superseded or failed. */
  | { readonly type: 'failed'; readonly id: number; readonly failure: Failure };
