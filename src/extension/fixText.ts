// Owns the words for remedies in the editor: titles of quick fixes, rows of the list of measured fixes. Pure.
import type { FixResult, MeasuredRemedy, QuickRemedy } from '../protocol/analysis';
import { formatLoss, formatMagnitude, formatShare } from './format';

/** `Use ReLU with He initialization · ∇ 2.5e-8 → 0.97 (predicted)`: the gradient of the first layer relative to the last. */
export function quickTitle({ title, predictedFirstToLast, originalFirstToLast }: QuickRemedy): string {
  const effect = gradientChange(originalFirstToLast, predictedFirstToLast);
  return effect === undefined ? title : `${title} · ${effect} (predicted)`;
}

const VERDICTS = { better: 'better', same: 'no clear difference', worse: 'worse' } as const;

/** Figures stand on a line of their own, where a long title cannot cut them off. */
export interface FixRow {
  readonly label: string;
  /** The verdict over the seeds. */
  readonly description: string;
  /** The figures before and after, what it mends and what it brings. */
  readonly detail: string;
  readonly remedy: MeasuredRemedy;
}

/** A row a remedy, in the order of the result. */
export function fixRows({ metric, original, remedies }: FixResult): FixRow[] {
  return remedies.map((remedy) => {
    const { title, mends, adds, outcome, verdict } = remedy;
    const figures: (string | undefined)[] = [];
    if (outcome) {
      figures.push(gradientChange(original.firstToLast, outcome.firstToLast));
      figures.push(outcome.diverged ? 'diverged' : metricChange(metric, original.testMetric, outcome.testMetric));
    }
    if (mends.length > 0) figures.push(`mends ${mends.join(', ')}`);
    if (adds.length > 0) figures.push(`brings ${adds.join(', ')}`);
    return {
      label: title,
      description: verdict ? VERDICTS[verdict] : '',
      detail: figures.filter((f) => f !== undefined).join(' · '),
      remedy,
    };
  });
}

/** How it was measured: `Measured with 3 seeds × 200 steps · ∇: first layer ÷ last`. */
export function measuredHow({ seeds, steps }: FixResult): string {
  const times = seeds.length === 1 ? '1 seed' : `${seeds.length} seeds`;
  return `Measured with ${times} × ${steps} steps · ∇: first layer ÷ last`;
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
  const shown = (value: number): string => (metric === 'accuracy' ? formatShare(value) : formatLoss(value));
  return `${metricName(metric)} ${Number.isNaN(before) ? 'diverged' : shown(before)} → ${shown(after)}`;
}

function metricName(metric: FixResult['metric']): string {
  return metric === 'accuracy' ? 'accuracy' : 'mean absolute error';
}

/** `0.97`, `1.5`, `2.5e-8`. */
function formatRatio(value: number): string {
  const size = Math.abs(value);
  return size >= 0.00995 && size < 999.5 ? String(Number(value.toPrecision(2))) : formatMagnitude(value);
}
