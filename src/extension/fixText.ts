// Owns the words for remedies in the editor: titles of quick fixes, rows of the list of measured fixes. Pure.
import type { FixResult, MeasuredRemedy, QuickRemedy } from '../protocol/analysis';
import { formatCount, formatLoss, formatMagnitude, formatShare } from './format';
import { plainWords } from './plainWords';

/** `Use ReLU with He initialization · ∇ 2.5e-8 → 0.97 (predicted)`: the gradient of the first layer relative to the last. */
export function quickTitle({ title, predictedFirstToLast, originalFirstToLast }: QuickRemedy): string {
  const effect = gradientChange(originalFirstToLast, predictedFirstToLast);
  const name = plainWords(title);
  return effect === undefined ? name : `${name} · ${effect} (predicted)`;
}

type Verdict = MeasuredRemedy['verdict'];

/** What is worse stands apart and last, so that it is not taken for an offer. */
const GROUPS: readonly { readonly verdict: Verdict; readonly title: string; readonly word: string }[] = [
  { verdict: 'better', title: 'Better', word: 'better' },
  { verdict: 'same', title: 'No clear difference', word: '' },
  { verdict: undefined, title: 'Not measured', word: '' },
  { verdict: 'worse', title: 'Worse', word: 'worse' },
];

/** Figures stand on a line of their own, where a long title cannot cut them off. */
export interface FixRow {
  readonly label: string;
  /** The verdict over the seeds, where there is a clear one. */
  readonly description: string;
  /** The figures before and after, what it mends and what it brings. */
  readonly detail: string;
  readonly remedy: MeasuredRemedy;
}

export interface FixGroup {
  readonly title: string;
  readonly rows: readonly FixRow[];
}

/** A row a remedy, by verdict; within one in the order of the result. */
export function fixGroups(result: FixResult): readonly FixGroup[] {
  return GROUPS.flatMap(({ verdict, title, word }) => {
    const remedies = result.remedies.filter((r) => r.verdict === verdict);
    return remedies.length === 0 ? [] : [{ title, rows: remedies.map((r) => fixRow(result, r, word)) }];
  });
}

function fixRow({ metric, original }: FixResult, remedy: MeasuredRemedy, word: string): FixRow {
  const { title, mends, adds, outcome } = remedy;
  const figures: (string | undefined)[] = [];
  if (outcome) {
    figures.push(gradientChange(original.firstToLast, outcome.firstToLast));
    figures.push(outcome.diverged ? 'diverged' : metricChange(metric, original.testMetric, outcome.testMetric));
  }
  if (mends.length > 0) figures.push(`mends ${codesText(mends)}`);
  if (adds.length > 0) figures.push(`brings ${codesText(adds)}`);
  const detail = figures.filter((f) => f !== undefined).join(' · ');
  // A sign of trouble that is there without colour.
  const sign = remedy.verdict === 'worse' ? '$(warning) ' : '';
  return { label: `${sign}${plainWords(title)}`, description: word, detail, remedy };
}

/** How the spec does as it is, and how that was measured: `As it is: ∇ 8.2e-6, accuracy 50 % · 3 seeds × 400 steps · …`. */
export function measuredHow({ metric, original, seeds, steps }: FixResult): string {
  const gradient = Number.isNaN(original.firstToLast) ? [] : [`∇ ${formatRatio(original.firstToLast)}`];
  const tested = Number.isNaN(original.testMetric)
    ? original.diverged
      ? ['diverged']
      : []
    : [`${METRICS[metric]} ${metricText(metric, original.testMetric)}`];
  const figures = [...gradient, ...tested];
  const before = figures.length === 0 ? [] : [`As it is: ${figures.join(', ')}`];
  const times = seeds.length === 1 ? '1 seed' : `${seeds.length} seeds`;
  return [...before, `${times} × ${formatCount(steps)} steps`, '∇: first layer ÷ last'].join(' · ');
}

/** More codes than these are counted. */
const MOST_CODES = 3;

function codesText(codes: readonly string[]): string {
  if (codes.length <= MOST_CODES) return codes.join(', ');
  return `${codes.slice(0, MOST_CODES - 1).join(', ')} and ${codes.length - MOST_CODES + 1} more`;
}

/** What cannot be said is left out. */
function gradientChange(before: number | undefined, after: number | undefined): string | undefined {
  const known = (value: number | undefined): value is number => value !== undefined && !Number.isNaN(value);
  if (!known(after)) return undefined;
  if (!known(before)) return `∇ ${formatRatio(after)}`;
  const [was, is] = [formatRatio(before), formatRatio(after)];
  return was === is ? `∇ stays ${is}` : `∇ ${was} → ${is}`;
}

function metricChange(metric: FixResult['metric'], before: number, after: number): string | undefined {
  if (Number.isNaN(after)) return undefined;
  const was = Number.isNaN(before) ? 'diverged' : metricText(metric, before);
  return `${METRICS[metric]} ${was} → ${metricText(metric, after)}`;
}

/** On held-out samples. */
const METRICS = { accuracy: 'accuracy', meanAbsoluteError: 'mean error' } as const;

function metricText(metric: FixResult['metric'], value: number): string {
  return metric === 'accuracy' ? formatShare(value) : formatLoss(value);
}

/** `0.97`, `1.5`, `2.5e-8`. */
function formatRatio(value: number): string {
  const size = Math.abs(value);
  return size >= 0.00995 && size < 999.5 ? String(Number(value.toPrecision(2))) : formatMagnitude(value);
}
