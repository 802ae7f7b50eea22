// Owns the way from findings to measured remedies: proposed, predicted, tried beside the original, ranked; and `fixAll`, which
// combines them until nothing is found.
import type { SpecAnalysis } from '../spec/analyze';
import type { Dataset } from '../spec/dataset';
import type { Thresholds } from './thresholds';
import type { TrialOutcome } from './trials';

/** A remedy with what it was predicted and measured to do. Plain data. */
export interface MeasuredRemedy {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  /** Codes of the findings of the original that are gone with it. */
  readonly mends: readonly string[];
  /** Codes found with it that the original has not. */
  readonly adds: readonly string[];
  readonly predictedFirstToLast?: number;
  readonly predictedFactorPerLayer?: number;
  readonly outcome?: TrialOutcome;
  /** The whole text of the spec with it. */
  readonly text: string;
}

export interface FixResult {
  readonly metric: 'accuracy' | 'meanAbsoluteError';
  readonly codes: readonly string[];
  readonly original: TrialOutcome;
  /** Best first; those that made it worse are there too, last. */
  readonly remedies: readonly MeasuredRemedy[];
  readonly steps: number;
  readonly seeds: readonly number[];
}

export interface FixProgress {
  /** Such as `3 of 8: Use ReLU with He initialization`. */
  readonly doing: string;
  /** 0 … 1. */
  readonly share: number;
}

/** How a changed text becomes a network again: analysis and data, as the caller reads files. Undefined where it does not hold. */
export type OpenText = (text: string) => OpenedText | undefined;
export interface OpenedText {
  readonly analysis: SpecAnalysis;
  readonly dataset: Dataset;
}

export interface FixOptions {
  readonly text: string;
  readonly open: OpenText;
  readonly thresholds: Thresholds;
  /** Instead of what is chosen from the spec's size. */
  readonly seeds?: readonly number[];
  readonly steps?: number;
}

/** Proposes, predicts and measures; yields between slices of work, returns the ranked list. */
export function* measureRemedies(options: FixOptions): Generator<FixProgress, FixResult, void> {
  yield { doing: options.text === '' ? '' : 'Looking', share: 0 };
  throw new Error('not there yet');
}

/** Applies the best remedy, and again, until nothing is found or nothing helps. Returns the text and what was done, in order. */
export function* fixAll(
  options: FixOptions,
): Generator<FixProgress, { readonly text: string; readonly applied: readonly MeasuredRemedy[] }, void> {
  yield { doing: 'Looking', share: 0 };
  return { text: options.text, applied: [] };
}
