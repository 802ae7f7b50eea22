// Owns the trying of remedies: how long, the original first, each remedy beside it, and what a remedy is worth by what it did.
// Which are tried and what becomes of the best is `fix.ts`'s.
import { type Candidate, ratesFor } from './candidates';
import { diagnose } from './diagnose';
import { type Judged, judge } from './evaluate';
import type { Finding } from './finding';
import type { FixOptions, FixProgress, MeasuredRemedy, OpenedText } from './fix';
import { rangeTest } from './rangeTest';
import { type Comparison, compare } from './ranking';
import type { Remedy } from './remedies/remedy';
import { stepsOfSpec, trialSize } from './trialSize';
import { type ObservedTrial, observeTrial, type TrialNetwork, type TrialOptions } from './trials';

/** A remedy that mends a finding is worth so much skill in the ranking; an error counts twice. */
const FINDING_WEIGHT = 0.05;
/** And one that brings the gradient's factor a decade a layer nearer to 1 so much. */
const HEALTH_WEIGHT = 0.1;
/** Decades a layer by which the gradient must come nearer to 1 to be called healthier: a factor of 1.26. */
const HEALTHIER = 0.1;
/** At most so many times the original's steps are spent on a remedy that trains longer. */
const LONGEST = 4;

/** Between the two parts of the id of a remedy that comes with a learning rate of its own. */
const WITH_RATE = '+';

/** A spec with what is known of it and how its trial went. */
export interface Tried {
  readonly text: string;
  readonly opened: OpenedText;
  /** By prediction, probe and the trial's first run. */
  readonly judged: Judged;
  readonly trial: ObservedTrial;
}

export interface Measured extends Tried {
  /** What was tried: the remedy proposed, or the same with a learning rate of its own. */
  readonly candidate: Candidate;
  readonly remedy: MeasuredRemedy;
  readonly comparison: Comparison;
  /** Findings mended, less those added, an error counting twice. */
  readonly mended: number;
  readonly score: number;
}

/** How trials are made, of the original and of what is made of it alike. */
export interface Scale extends TrialOptions {
  /** Steps of a trial as a share of those that the spec asks for. */
  readonly shareOfTraining: number;
}

export function networkOf({ analysis, dataset }: OpenedText): TrialNetwork {
  const { graph, spec } = analysis;
  if (!graph || !spec) throw new Error('a text that was opened has a network');
  return { graph, spec, dataset };
}

export function scaleOf({ text, open, seeds, steps }: FixOptions): Scale {
  const opened = open(text);
  if (!opened) throw new Error('remedies are measured of specs without errors alone');
  const network = networkOf(opened);
  const chosen = trialSize(network);
  const taken = steps ?? chosen.steps;
  const shareOfTraining = taken / stepsOfSpec(network.spec, network.dataset);
  return { seeds: seeds ?? chosen.seeds, steps: taken, shareOfTraining };
}

export function* begin(
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
  const known = new Set(judged.findings.map(({ code }) => code));
  // A symptom may look at the run alone where there is one; what it said before stays true.
  const shown = diagnose(evidence).filter(({ code }) => !known.has(code));
  return { ...judged, evidence, findings: [...judged.findings, ...shown] };
}

export function* tryEach(
  options: FixOptions,
  scale: Scale,
  original: Tried,
  candidates: readonly Candidate[],
  from: number,
  to: number,
): Generator<FixProgress, readonly Measured[], void> {
  const measured: Measured[] = [];
  for (const [k, candidate] of candidates.entries()) {
    const at = (done: number): number => Math.min(to, from + ((to - from) * done) / candidates.length);
    const doing = `${k + 1} of ${candidates.length}: ${candidate.remedy.title}`;
    const tried = yield* tryOne(options, scale, original, candidate, doing, at(k), at(k + 0.5));
    if (!tried) continue;
    const hasItsRate = candidate.remedy.id.includes(WITH_RATE);
    const withRate =
      !hasItsRate && wantsItsRate(tried)
        ? yield* tryItsRate(options, scale, original, candidate, tried, doing, at(k + 0.5), at(k + 1))
        : undefined;
    measured.push(withRate && withRate.score > tried.score ? withRate : tried);
  }
  return measured.sort(
    (a, b) => Number(a.comparison.verdict === 'worse') - Number(b.comparison.verdict === 'worse') || b.score - a.score,
  );
}

function* tryOne(
  options: FixOptions,
  scale: Scale,
  original: Tried,
  candidate: Candidate,
  doing: string,
  from: number,
  to: number,
): Generator<FixProgress, Measured | undefined, void> {
  const { text, opened } = candidate;
  const first = judge(opened.analysis, opened.dataset, options.thresholds, { probe: true });
  if (!first) return undefined;
  const trial = yield* told(doing, from, to, observeTrial(networkOf(opened), sizeFor(opened, scale)));
  return measuredOf(original, candidate, { text, opened, judged: withRun(first, trial), trial });
}

/** The gradient gets through and training is no better for it: the rate was chosen for a network whose gradient did not. */
function wantsItsRate({ comparison }: Measured): boolean {
  return comparison.verdict !== 'better' && comparison.health > HEALTHIER;
}

/** The same remedy with the learning rate that a range test of its own suggests. */
function* tryItsRate(
  options: FixOptions,
  scale: Scale,
  original: Tried,
  { remedy }: Candidate,
  tried: Measured,
  doing: string,
  from: number,
  to: number,
): Generator<FixProgress, Measured | undefined, void> {
  const middle = (from + to) / 2;
  const suggested = yield* searchRate(scale, tried, from, middle);
  if (suggested === undefined) return undefined;
  const [rate] = ratesFor(tried.text, tried.judged.evidence, suggested, options.open);
  if (!rate) return undefined;
  const both: Remedy = {
    ...remedy,
    id: `${remedy.id}${WITH_RATE}${rate.remedy.id}`,
    title: `${remedy.title}, and ${rate.remedy.title.charAt(0).toLowerCase()}${rate.remedy.title.slice(1)}`,
    why: `${remedy.why} ${rate.remedy.why}`,
    changes: [...remedy.changes, ...rate.remedy.changes],
  };
  return yield* tryOne(options, scale, original, { ...rate, remedy: both }, doing, middle, to);
}

/** What a range test suggests for the network; undefined where no rate learns. */
export function* searchRate(
  { seeds }: Scale,
  { opened }: Pick<Tried, 'opened'>,
  from: number,
  to: number,
): Generator<FixProgress, number | undefined, void> {
  const test = rangeTest(networkOf(opened), { seeds: seeds.slice(0, 2) });
  const { suggested } = yield* told('Looking for a learning rate', from, to, test);
  return Number.isNaN(suggested) ? undefined : suggested;
}

/** The same share of its own training: a spec that asks for more steps, or larger batches, is tried as it would be used. */
function sizeFor(opened: OpenedText, { seeds, steps, shareOfTraining }: Scale): TrialOptions {
  const { spec, dataset } = networkOf(opened);
  const own = Math.round(stepsOfSpec(spec, dataset) * shareOfTraining);
  return { seeds, steps: Math.max(1, Math.min(own, steps * LONGEST)) };
}

function measuredOf(original: Tried, candidate: Candidate, tried: Tried): Measured {
  const { id, title, why } = candidate.remedy;
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
    candidate,
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
export function isWorthwhile({ comparison, mended }: Measured): boolean {
  if (comparison.verdict === 'worse') return false;
  return comparison.verdict === 'better' || mended > 0 || (mended === 0 && comparison.health > HEALTHIER);
}

export function isGrave({ severity }: Finding): boolean {
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

export function codesOf(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.map(({ code }) => code))].sort();
}

/** Work whose shares become those of a part of the whole. */
export function* told<T>(
  doing: string,
  from: number,
  to: number,
  work: Generator<{ readonly share: number }, T, void>,
): Generator<FixProgress, T, void> {
  yield { doing, share: from };
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
    yield { doing, share: Math.min(to, from + (to - from) * next.value.share) };
  }
}
