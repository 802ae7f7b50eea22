// Owns what is done with one case of the benchmark of faults: the healthy spec is judged for false alarms; the faulty one is
// judged, mended by `fixAll`, and trained anew beside the healthy one.
import { judge } from '../../../src/analysis/evaluate';
import { fixAll, type OpenText } from '../../../src/analysis/fix';
import { thresholdsFrom } from '../../../src/analysis/thresholds';
import { trialSize } from '../../../src/analysis/trialSize';
import { observeTrial } from '../../../src/analysis/trials';
import { BASES, type Base, specText } from './bases';
import { type FaultyCase, faultyCases } from './injections';
import { finished, isAsGood, type Quality, qualityOf } from './quality';

export interface HealthyResult {
  readonly kind: 'healthy';
  readonly name: string;
  readonly score: number;
  /** Warnings and errors found before training, and after it. */
  readonly alarms: readonly string[];
  readonly messages: readonly string[];
}

export interface FaultyResult {
  readonly kind: 'faulty';
  readonly name: string;
  readonly fault: string;
  readonly base: string;
  /** Scores of the healthy spec, the faulty one and the mended one. */
  readonly healthy: number;
  readonly faulty: number;
  readonly mended: number;
  /** Whether the fault makes the trained network worse by more than 5 points. */
  readonly harmed: boolean;
  readonly isFound: boolean;
  readonly isMended: boolean;
  readonly found: readonly string[];
  readonly left: readonly string[];
  readonly applied: readonly string[];
  readonly ms: number;
}

export type CaseResult = HealthyResult | FaultyResult;

/** Names of all cases: the healthy specs, then each fault in each of them that has a place for it. */
export function caseNames(): readonly string[] {
  return [...BASES.map(({ name }) => name), ...faultyCases(BASES).map(({ name }) => name)];
}

export class CaseJudge {
  readonly #open: OpenText;
  readonly #now: () => number;
  readonly #healthy = new Map<string, Quality>();
  readonly #cases = new Map(faultyCases(BASES).map((faulty): [string, FaultyCase] => [faulty.name, faulty]));

  constructor(open: OpenText, now: () => number) {
    this.#open = open;
    this.#now = now;
  }

  /** @param name one of `caseNames` */
  judge(name: string): CaseResult {
    const base = BASES.find((b) => b.name === name);
    if (base) return this.#judgeHealthy(base);
    const faulty = this.#cases.get(name);
    if (!faulty) throw new Error(`there is no case ${name}`);
    return this.#judgeFaulty(faulty);
  }

  #judgeHealthy(base: Base): HealthyResult {
    const opened = mustOpen(this.#open, specText(base.spec));
    const { graph, spec } = opened.analysis;
    if (!graph || !spec) throw new Error('a healthy spec has no errors');
    const network = { graph, spec, dataset: opened.dataset };
    const { run } = finished(observeTrial(network, trialSize(network)));
    const judged = judge(opened.analysis, opened.dataset, thresholdsFrom(), { probe: true, run });
    const grave = (judged?.findings ?? []).filter(({ severity }) => severity !== 'information');
    return {
      kind: 'healthy',
      name: base.name,
      score: this.#qualityOfBase(base).score,
      alarms: [...new Set(grave.map(({ code }) => code))],
      messages: grave.map(({ code, message }) => `${code}: ${message}`),
    };
  }

  #judgeFaulty({ name, base, injection, spec }: FaultyCase): FaultyResult {
    const begun = this.#now();
    const text = specText(spec);
    const healthy = this.#qualityOfBase(base);
    const faulty = qualityOf(mustOpen(this.#open, text));
    const result = finished(fixAll({ text, open: this.#open, thresholds: thresholdsFrom() }));
    const mended = result.applied.length > 0 ? qualityOf(mustOpen(this.#open, result.text)) : faulty;
    return {
      kind: 'faulty',
      name,
      fault: injection.fault,
      base: base.name,
      healthy: healthy.score,
      faulty: faulty.score,
      mended: mended.score,
      harmed: faulty.diverged || !isAsGood(faulty, healthy),
      isFound: injection.codes.some((code) => result.found.includes(code)),
      isMended: !mended.diverged && isAsGood(mended, healthy),
      found: result.found,
      left: result.left,
      applied: result.applied.map(({ id }) => id),
      ms: Math.round(this.#now() - begun),
    };
  }

  #qualityOfBase({ name, spec }: Base): Quality {
    const known = this.#healthy.get(name) ?? qualityOf(mustOpen(this.#open, specText(spec)));
    this.#healthy.set(name, known);
    return known;
  }
}

function mustOpen(open: OpenText, text: string) {
  const opened = open(text);
  if (!opened) throw new Error(`the benchmark's spec has errors: ${text}`);
  return opened;
}
