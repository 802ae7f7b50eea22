// Owns the way from findings to measured remedies: proposed, predicted, tried beside the original, ranked; and `fixAll`, which
// combines them until nothing is found. What is proposed is `remedies/`'s, what is worth a trial `candidates.ts`'s, the trial
// and what it is worth `measuring.ts`'s.
import type { SpecAnalysis } from '../spec/analyze';
import type { Dataset } from '../spec/dataset';
import { type Candidate, candidatesFor, ratesFor } from './candidates';
import type { Finding } from './finding';
import {
  begin,
  codesOf,
  isGrave,
  isWorthwhile,
  type Measured,
  type Scale,
  scaleOf,
  searchRate,
  type Tried,
  told,
  tryEach,
} from './measuring';
import type { Thresholds } from './thresholds';
import type { TrialOutcome } from './trials';

/** A remedy with what it was predicted and measured to do. Plain data. */
export interface MeasuredRemedy {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  /** Codes of the findings (warnings and errors) of the original that are gone with it. */
  readonly mends: readonly string[];
  /** Codes found with it that the original has not. */
  readonly adds: readonly string[];
  readonly predictedFirstToLast?: number;
  readonly predictedFactorPerLayer?: number;
  readonly outcome?: TrialOutcome;
  /** Beside the original, by the held-out metric over the seeds, beyond noise. */
  readonly verdict?: 'better' | 'same' | 'worse';
  /** The whole text of the spec with it. */
  readonly text: string;
}

export interface FixResult {
  readonly metric: 'accuracy' | 'meanAbsoluteError';
  /** Of all findings, those of the original's trial too. */
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

/** Combining more remedies than these would be another network. */
const MOST_ROUNDS = 5;
/** Remedies that are tried with all seeds where the best alone is wanted. */
const FINALISTS = 3;

/**
 * Proposes, predicts and measures; yields between slices of work, returns the ranked list.
 * @throws Error where the text has errors or its data cannot be read
 */
export function* measureRemedies(options: FixOptions): Generator<FixProgress, FixResult, void> {
  const scale = scaleOf(options);
  const start = yield* begin(options, scale, 0, 0.1);
  const measured = yield* measureAll(options, scale, start, start.judged.findings, 0.1, 1);
  const { seeds, steps } = scale;
  return {
    metric: start.trial.outcome.metric ?? 'accuracy',
    codes: codesOf(start.judged.findings),
    original: start.trial.outcome,
    remedies: measured.map(({ remedy }) => remedy),
    steps,
    seeds,
  };
}

export interface FixedAll {
  readonly text: string;
  /** In order. */
  readonly applied: readonly MeasuredRemedy[];
  /** Codes of the warnings and errors that were found, in the first trial too, and of those that are left. */
  readonly found: readonly string[];
  readonly left: readonly string[];
}

/**
 * Applies the best remedy, and again, until nothing is found or nothing helps. Returns the text and what was done.
 * @throws Error where the text has errors or its data cannot be read
 */
export function* fixAll(options: FixOptions): Generator<FixProgress, FixedAll, void> {
  const scale = scaleOf(options);
  const share = (round: number, part: number): number => (round + part) / (MOST_ROUNDS + 1);
  let state = yield* begin(options, scale, 0, share(0, 0.1));
  const applied: MeasuredRemedy[] = [];
  const found = codesOf(state.judged.findings.filter(isGrave));
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const grave = state.judged.findings.filter(isGrave);
    if (grave.length === 0) break;
    const measured = yield* measureBest(options, scale, state, grave, share(round, 0.1), share(round, 1));
    const best = measured.find(isWorthwhile);
    if (!best) break;
    applied.push(best.remedy);
    state = best;
  }
  if (applied.length > 0) {
    // The rate was chosen for another network, and a shorter way to the same place mends nothing that is named.
    const tuned = yield* measureRates(options, scale, state, share(MOST_ROUNDS, 0), 1);
    const best = tuned.find(({ comparison }) => comparison.verdict === 'better');
    if (best) {
      applied.push(best.remedy);
      state = best;
    }
  }
  return { text: state.text, applied, found, left: codesOf(state.judged.findings.filter(isGrave)) };
}

/** @param from where the shares of this part begin @param to where they end */
function* measureAll(
  options: FixOptions,
  scale: Scale,
  original: Tried,
  findings: readonly Finding[],
  from: number,
  to: number,
): Generator<FixProgress, readonly Measured[], void> {
  const candidates = yield* proposed(options, scale, original, findings, from, from + (to - from) / 10);
  return yield* tryEach(options, scale, original, candidates, from + (to - from) / 10, to);
}

/** The same for whoever wants the best alone: one seed for all, then all seeds for those that did best. */
function* measureBest(
  options: FixOptions,
  scale: Scale,
  original: Tried,
  findings: readonly Finding[],
  from: number,
  to: number,
): Generator<FixProgress, readonly Measured[], void> {
  const at = (part: number): number => from + (to - from) * part;
  const candidates = yield* proposed(options, scale, original, findings, at(0), at(0.1));
  if (candidates.length <= FINALISTS || scale.seeds.length === 1) {
    return yield* tryEach(options, scale, original, candidates, at(0.1), at(1));
  }
  const quick = { ...scale, seeds: scale.seeds.slice(0, 1) };
  const first = yield* tryEach(options, quick, ofFirstSeed(original), candidates, at(0.1), at(0.6));
  const chosen = first.slice(0, FINALISTS).map(({ candidate }) => candidate);
  return yield* tryEach(options, scale, original, chosen, at(0.6), at(1));
}

/** What the original did with the first seed alone. */
function ofFirstSeed(tried: Tried): Tried {
  const { outcome } = tried.trial;
  const [testMetrics, testLosses] = [outcome.testMetrics.slice(0, 1), outcome.testLosses.slice(0, 1)];
  const first = { ...outcome, testMetrics, testLosses, testMetric: testMetrics[0]!, testLoss: testLosses[0]! };
  return { ...tried, trial: { ...tried.trial, outcome: first } };
}

function* proposed(
  options: FixOptions,
  scale: Scale,
  original: Tried,
  findings: readonly Finding[],
  from: number,
  to: number,
): Generator<FixProgress, readonly Candidate[], void> {
  const half = (from + to) / 2;
  const suggested = yield* searchRate(scale, original, from, half);
  const evidence = { ...original.judged.evidence, suggestedLearningRate: suggested };
  return yield* told('Proposing', half, to, candidatesFor(original.text, evidence, findings, options.open));
}

/** Rates by a range test of the network as it is, each tried. */
function* measureRates(
  options: FixOptions,
  scale: Scale,
  original: Tried,
  from: number,
  to: number,
): Generator<FixProgress, readonly Measured[], void> {
  const half = (from + to) / 2;
  const suggested = yield* searchRate(scale, original, from, half);
  if (suggested === undefined) return [];
  const candidates = ratesFor(original.text, original.judged.evidence, suggested, options.open);
  return yield* tryEach(options, scale, original, candidates, half, to);
}
