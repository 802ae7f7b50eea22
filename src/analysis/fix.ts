// Owns the way from findings to measured remedies: proposed, predicted, tried beside the original, ranked; and `fixAll`, which
// combines them until nothing is found. What is proposed is `remedies/`'s, what is worth a trial `candidates.ts`'s, the trial
// itself `trials.ts`'s and its comparison `ranking.ts`'s.
import type { SpecAnalysis } from '../spec/analyze';
import type { Dataset } from '../spec/dataset';
import { candidatesFor } from './candidates';
import { diagnose } from './diagnose';
import { type Judged, judge } from './evaluate';
import type { Finding } from './finding';
import { rangeTest } from './rangeTest';
import { type Comparison, compare } from './ranking';
import type { Remedy } from './remedies/remedy';
import type { Thresholds } from './thresholds';
import { stepsOfSpec, trialSize } from './trialSize';
import { type ObservedTrial, observeTrial, type TrialNetwork, type TrialOptions, type TrialOutcome } from './trials';

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
/** A remedy that mends a finding is worth so much skill in the ranking; an error counts twice. */
const FINDING_WEIGHT = 0.05;
/** And one that brings the gradient's factor a decade a layer nearer to 1 so much. */
const HEALTH_WEIGHT = 0.1;
/** Decades a layer by which the gradient must come nearer to 1 to be called healthier: a factor of 1.26. */
const HEALTHIER = 0.1;
/** At most so many times the original's steps are spent on a remedy that trains longer. */
const LONGEST = 4;

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
  const share = (round: number, part: number): number => (round + part) / MOST_ROUNDS;
  let state = yield* begin(options, scale, 0, share(0, 0.1));
  const applied: MeasuredRemedy[] = [];
  const found = codesOf(state.judged.findings.filter(isGrave));
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const grave = state.judged.findings.filter(isGrave);
    if (grave.length === 0) break;
    const measured = yield* measureAll(options, scale, state, grave, share(round, 0.1), share(round, 1));
    const best = measured.find(isWorthwhile);
    if (!best) break;
    applied.push(best.remedy);
    state = best;
  }
  return { text: state.text, applied, found, left: codesOf(state.judged.findings.filter(isGrave)) };
}

/** A spec with what is known of it and how its trial went. */
interface Tried {
  readonly text: string;
  readonly opened: OpenedText;
  /** By prediction, probe and the trial's first run. */
  readonly judged: Judged;
  readonly trial: ObservedTrial;
}

interface Measured extends Tried {
  readonly remedy: MeasuredRemedy;
  readonly comparison: Comparison;
  /** Findings mended, less those added, an error counting twice. */
  readonly mended: number;
  readonly score: number;
}

/** How trials are made, of the original and of what is made of it alike. */
interface Scale extends TrialOptions {
  /** Steps of a trial as a share of those that the spec asks for. */
  readonly shareOfTraining: number;
}

function networkOf({ analysis, dataset }: OpenedText): TrialNetwork {
  const { graph, spec } = analysis;
  if (!graph || !spec) throw new Error('a text that was opened has a network');
  return { graph, spec, dataset };
}

function scaleOf({ text, open, seeds, steps }: FixOptions): Scale {
  const opened = open(text);
  if (!opened) throw new Error('remedies are measured of specs without errors alone');
  const network = networkOf(opened);
  const chosen = trialSize(network);
  const taken = steps ?? chosen.steps;
  const shareOfTraining = taken / stepsOfSpec(network.spec, network.dataset);
  return { seeds: seeds ?? chosen.seeds, steps: taken, shareOfTraining };
}

function* begin(
  { text, open, thresholds }: FixOptions,
  scale: Scale,
  from: number,
  to: number,
): Generator<FixProgress, Tried, void> {
  const opened = open(text);
  const first = opened && judge(opened.analysis, opened.dataset, thresholds, { probe: true });
  if (!opened || !first) throw new Error('remedies are measured of specs without errors alone');
  const trial = yield* told('The spec as it is', from, to, observeTrial(networkOf(opened), scale));
  return { text, opened, judged: withRun(first, trial), trial };
}

/** What its trial showed is held against the spec too: some faults show in training alone. */
function withRun(judged: Judged, { run }: ObservedTrial): Judged {
  const evidence = { ...judged.evidence, run };
  return { ...judged, evidence, findings: diagnose(evidence) };
}

function* measureAll(
  options: FixOptions,
  scale: Scale,
  original: Tried,
  findings: readonly Finding[],
  from: number,
  to: number,
): Generator<FixProgress, readonly Measured[], void> {
  const network = networkOf(original.opened);
  const seeds = scale.seeds.slice(0, 2);
  const step = (to - from) / 20;
  const { suggested } = yield* told('Looking for a learning rate', from, from + step, rangeTest(network, { seeds }));
  const evidence = {
    ...original.judged.evidence,
    ...(Number.isNaN(suggested) ? {} : { suggestedLearningRate: suggested }),
  };
  const candidates = candidatesFor(original.text, evidence, findings, options.open);
  const measured: Measured[] = [];
  for (const [k, candidate] of candidates.entries()) {
    const at = (done: number): number => from + step + ((to - from - step) * done) / candidates.length;
    const doing = `${k + 1} of ${candidates.length}: ${candidate.remedy.title}`;
    const { opened } = candidate;
    const first = judge(opened.analysis, opened.dataset, options.thresholds, { probe: true });
    if (!first) continue;
    const trial = yield* told(doing, at(k), at(k + 1), observeTrial(networkOf(opened), sizeFor(opened, scale)));
    const judged = withRun(first, trial);
    measured.push(measuredOf(original, candidate.remedy, { text: candidate.text, opened, judged, trial }));
  }
  return measured.sort(
    (a, b) => Number(a.comparison.verdict === 'worse') - Number(b.comparison.verdict === 'worse') || b.score - a.score,
  );
}

/** The same share of its own training: a spec that asks for more steps, or larger batches, is tried as it would be used. */
function sizeFor(opened: OpenedText, { seeds, steps, shareOfTraining }: Scale): TrialOptions {
  const { spec, dataset } = networkOf(opened);
  const own = Math.round(stepsOfSpec(spec, dataset) * shareOfTraining);
  return { seeds, steps: Math.max(1, Math.min(own, steps * LONGEST)) };
}

function measuredOf(original: Tried, { id, title, why }: Remedy, tried: Tried): Measured {
  const comparison = compare(
    original.trial.outcome,
    original.opened.dataset,
    tried.trial.outcome,
    tried.opened.dataset,
  );
  const before = original.judged.findings.filter(isGrave);
  const after = tried.judged.findings.filter(isGrave);
  const mends = codesOf(before).filter((code) => !codesOf(after).includes(code));
  const adds = codesOf(after).filter((code) => !codesOf(before).includes(code));
  const mended = weightOf(before) - weightOf(after);
  const { firstToLast, factorPerLayer } = tried.judged.prediction;
  const health = Math.max(-1, Math.min(1, comparison.health));
  return {
    ...tried,
    comparison,
    mended,
    score: comparison.gain + FINDING_WEIGHT * mended + HEALTH_WEIGHT * health,
    remedy: {
      id,
      title,
      why,
      mends,
      adds,
      ...(Number.isNaN(firstToLast) ? {} : { predictedFirstToLast: firstToLast }),
      ...(Number.isNaN(factorPerLayer) ? {} : { predictedFactorPerLayer: factorPerLayer }),
      outcome: tried.trial.outcome,
      verdict: comparison.verdict,
      text: tried.text,
    },
  };
}

/** Better beyond noise; or no worse, with findings mended or a healthier gradient. */
function isWorthwhile({ comparison, mended }: Measured): boolean {
  if (comparison.verdict === 'worse') return false;
  return comparison.verdict === 'better' || mended > 0 || (mended === 0 && comparison.health > HEALTHIER);
}

function isGrave({ severity }: Finding): boolean {
  return severity !== 'information';
}

/** One of each code counts: a finding that names fewer layers than before is not mended. */
function weightOf(findings: readonly Finding[]): number {
  const weights = new Map<string, number>();
  for (const { code, severity } of findings) {
    weights.set(code, Math.max(weights.get(code) ?? 0, severity === 'error' ? 2 : 1));
  }
  return [...weights.values()].reduce((a, b) => a + b, 0);
}

function codesOf(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.map(({ code }) => code))].sort();
}

/** Work whose shares become those of a part of the whole. */
function* told<T>(
  doing: string,
  from: number,
  to: number,
  work: Generator<{ readonly share: number }, T, void>,
): Generator<FixProgress, T, void> {
  yield { doing, share: from };
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
    yield { doing, share: from + (to - from) * next.value.share };
  }
}
