// Owns the comparison of two networks by their trials: what each reaches on held-out samples beyond what no network at all
// would, whether the difference is more than noise, and the gradient's health. Used to rank remedies in `fix.ts`.
import type { Dataset, Samples } from '../spec/dataset';
import type { TrialOutcome } from './trials';

/** Less of a difference in skill is never called one. */
const LEAST_DIFFERENCE = 0.01;
/** A mean of paired differences counts beyond so many standard errors of itself. */
const STANDARD_ERRORS = 2;

export type Verdict = 'better' | 'same' | 'worse';

export interface Comparison {
  readonly verdict: Verdict;
  /** Mean over the seeds of how much more skill the other has. */
  readonly gain: number;
  /** Standard error of it; 0 of a single seed. */
  readonly error: number;
  /** Decades a layer by which the gradient's factor came nearer to 1; below 0 where it went away from it. */
  readonly health: number;
}

/**
 * What a network knows beyond the best constant answer: 0 for none of it, 1 for everything, below 0 where it is worse than
 * that. So accuracies and errors, of specs whose loss differs, are comparable.
 * @returns one number a seed
 */
export function skillsOf(outcome: TrialOutcome, dataset: Dataset): readonly number[] {
  const samples = dataset.test.count > 0 ? dataset.test : dataset.train;
  const accurate =
    (outcome.metric ?? (dataset.targetKind === 'classes' ? 'accuracy' : 'meanAbsoluteError')) === 'accuracy';
  const known = accurate ? 1 - commonest(samples) : deviation(samples, dataset);
  return outcome.testMetrics.map((metric) => {
    const wrong = accurate ? 1 - metric : metric;
    if (Number.isNaN(wrong)) return -1;
    // A constant target leaves nothing to know.
    if (known === 0) return wrong === 0 ? 1 : 0;
    return Math.max(-1, 1 - wrong / known);
  });
}

/** What the second has over the first; both of the same seeds. */
export function compare(
  first: TrialOutcome,
  firstData: Dataset,
  second: TrialOutcome,
  secondData: Dataset = firstData,
): Comparison {
  const before = skillsOf(first, firstData);
  const differences = skillsOf(second, secondData).map((skill, k) => skill - before[k]!);
  const gain = mean(differences);
  const n = differences.length;
  const spread = n < 2 ? 0 : Math.sqrt(differences.reduce((sum, d) => sum + (d - gain) ** 2, 0) / (n - 1));
  const error = spread / Math.sqrt(n);
  const least = Math.max(LEAST_DIFFERENCE, STANDARD_ERRORS * error);
  const health = distance(first.factorPerLayer) - distance(second.factorPerLayer);
  let verdict: Verdict = gain > least ? 'better' : gain < -least ? 'worse' : 'same';
  if (first.diverged !== second.diverged) verdict = second.diverged ? 'worse' : gain < -least ? 'worse' : 'better';
  return { verdict, gain, error, health: Number.isNaN(health) ? 0 : health };
}

/** Decades between a factor and 1; a gradient that is 0 or not finite is as far as it gets. */
function distance(factorPerLayer: number): number {
  if (Number.isNaN(factorPerLayer)) return Number.NaN;
  return Math.min(10, Math.abs(Math.log10(factorPerLayer)));
}

/** Share of the commonest label. */
function commonest({ targets }: Samples): number {
  const counts = new Map<number, number>();
  for (const label of targets) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values()) / targets.length;
}

/** Mean absolute error of answering each output's median. */
function deviation({ targets, count }: Samples, { targetShape }: Dataset): number {
  const outputs = targetShape.reduce((a, b) => a * b, 1);
  let sum = 0;
  for (let k = 0; k < outputs; k++) {
    const values = Float64Array.from({ length: count }, (_, i) => targets[i * outputs + k]!).sort();
    const middle = values[count >> 1]!;
    sum += values.reduce((a, value) => a + Math.abs(value - middle), 0);
  }
  return sum / (count * outputs);
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
