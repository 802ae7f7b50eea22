// Owns what is said of a predicted gradient in hovers and tooltips, as Markdown. Pure; the measured values of a run alone are
// `hoverText.ts`'s.
import type { LayerPrediction, Term } from '../protocol/analysis';
import { formatFactor, formatRelative, sparkline } from './format';
import { escapedMarkdown } from './markdown';

/** More rows than this are cut in the middle. */
const MOST_ROWS = 12;

/** What a run measured of a layer; NaN where it does not apply. */
export interface MeasuredFlow {
  readonly backwardFactor: number;
  readonly cumulative: number;
}

export interface PredictionTextOptions {
  /** Of a run, in the order of the layers; set beside what is predicted. */
  readonly measured?: readonly (MeasuredFlow | undefined)[];
  /** Such as `at step 30`. */
  readonly measuredWhen?: string;
  /** Address of an image. */
  readonly picture?: string;
}

/**
 * One layer: its terms, their product and what is left of the gradient. Several, as in a repeat: a row each.
 * Empty where nothing is predicted.
 */
export function predictionText(layers: readonly LayerPrediction[], options: PredictionTextOptions = {}): string {
  const first = layers[0];
  if (!first || layers.every((l) => Number.isNaN(l.cumulative) && Number.isNaN(l.backwardFactor))) return '';
  const picture = options.picture ? [`![The predicted gradient of every layer](${options.picture})`] : [];
  const body =
    layers.length === 1
      ? [single(first, options), ...picture]
      : [...picture, ...factorsText(layers), several(layers, options)];
  return [`**Predicted** at initialization, ${basisText(layers)}`, ...body].join('\n\n');
}

/** How it is known. */
function basisText(layers: readonly LayerPrediction[]): string {
  const measured = layers.filter((l) => l.basis === 'probe').length;
  if (measured === 0) return 'derived from the spec';
  return measured === layers.length ? 'measured on one batch' : 'partly derived, partly measured on one batch';
}

function single(layer: LayerPrediction, { measured, measuredWhen }: PredictionTextOptions): string {
  const run = measured?.[0];
  const row = (name: string, value: string, other = ''): string =>
    run ? `| ${name} | ${value} | ${other} |` : `| ${name} | ${value} |`;
  const rows = layer.terms.map(({ term, factor }) => row(escapedMarkdown(term), termText(factor)));
  rows.push(
    row('**Backward factor**', termText(layer.backwardFactor), run && `\`${factorOrDash(run.backwardFactor)}\``),
    row("**Left of the last layer's**", leftText(layer), run && `\`${leftOrDash(run.cumulative)}\``),
  );
  const head = run ? [`| | predicted | ${measuredWhen ?? 'measured'} |`, '|:--|--:|--:|'] : ['| | |', '|:--|--:|'];
  return [...head, ...rows, ...bandText(layer), ...timeText(layer)].join('\n');
}

function several(layers: readonly LayerPrediction[], { measured, measuredWhen }: PredictionTextOptions): string {
  const anyRun = measured?.some((m) => m !== undefined) ?? false;
  const cells = (layer: LayerPrediction, i: number): string[] => [
    escapedMarkdown(layer.name),
    factorOrDash(layer.backwardFactor),
    leftOrDash(layer.cumulative),
    ...(anyRun ? [leftOrDash(measured?.[i]?.cumulative ?? Number.NaN)] : []),
  ];
  const all = layers.map(cells);
  const shown = all.length <= MOST_ROWS ? all : [...all.slice(0, MOST_ROWS / 2), ...all.slice(-MOST_ROWS / 2)];
  const lines = shown.map((row) => `| ${row.join(' | ')} |`);
  if (shown.length < all.length) lines.splice(MOST_ROWS / 2, 0, `| … ${all.length - shown.length} more |`);
  const head = ['layer', 'factor', 'left', ...(anyRun ? [`left ${measuredWhen ?? 'measured'}`] : [])];
  // VS Code makes a hover's columns as narrow as they go, and would break 1.2e-9 at its hyphen: the heads hold them open.
  const heads = head.map((name, i) => {
    const width = Math.max(...shown.map((row) => row[i]?.length ?? 0));
    return i === 0 ? name : '&numsp;'.repeat(Math.max(0, width - name.length)) + name;
  });
  return [`| ${heads.join(' | ')} |`, `|${head.map((_, i) => (i === 0 ? ':--' : '--:')).join('|')}|`, ...lines].join(
    '\n',
  );
}

/** More groups of layers than this are not explained one by one. */
const MOST_GROUPS = 4;

/** The terms of neighbours that have the same ones, said once; a factor that differs between them as its range. */
function factorsText(layers: readonly LayerPrediction[]): readonly string[] {
  const groups: LayerPrediction[][] = [];
  const termsOf = (layer: LayerPrediction): string => layer.terms.map(({ term }) => term).join();
  for (const layer of layers) {
    const group = groups.at(-1);
    if (group && termsOf(group[0]!) === termsOf(layer)) group.push(layer);
    else groups.push([layer]);
  }
  const explained = groups.filter((group) => group[0]!.terms.length > 0);
  if (explained.length > MOST_GROUPS) return [];
  return explained.flatMap((group) => {
    const first = escapedMarkdown(group[0]!.name);
    const who =
      groups.length === 1 ? 'Each' : group.length === 1 ? first : `${first} … ${escapedMarkdown(group.at(-1)!.name)}`;
    return [`${who}: ${group[0]!.terms.map((_, i) => rangeText(group, i)).join(' · ')}`];
  });
}

function rangeText(layers: readonly LayerPrediction[], i: number): string {
  const { term }: Term = layers[0]!.terms[i]!;
  const factors = layers.map((l) => l.terms[i]!.factor).filter((f) => Number.isFinite(f));
  if (factors.length === 0) return escapedMarkdown(term);
  const low = termText(Math.min(...factors));
  const high = termText(Math.max(...factors));
  return `${escapedMarkdown(term)} ${low === high ? low : `${low}…${high}`}`;
}

function leftText({ cumulative }: LayerPrediction): string {
  return `\`${leftOrDash(cumulative)}\``;
}

function bandText({ band: [low, high], cumulative }: LayerPrediction): readonly string[] {
  if (!Number.isFinite(low) || !Number.isFinite(high) || low >= high || Number.isNaN(cumulative)) return [];
  return ['', `95 % of random draws of the weights: \`${formatRelative(low)}\` to \`${formatRelative(high)}\``];
}

function timeText({ timeProfile }: LayerPrediction): readonly string[] {
  if (!timeProfile || timeProfile.length < 2 || timeProfile.some((v) => Number.isNaN(v))) return [];
  const shown = thinned(timeProfile, 24);
  const first = timeProfile[0]!;
  return ['', `\`${sparkline(shown)}\` first to last time step; \`${formatRelative(first)}\` is left at the first`];
}

function thinned(values: readonly number[], most: number): readonly number[] {
  if (values.length <= most) return values;
  return Array.from({ length: most }, (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1))]!);
}

/** A factor with three digits, so that the terms can be seen to multiply: `×0.236`. */
function termText(factor: number): string {
  if (!Number.isFinite(factor)) return '–';
  const size = Math.abs(factor);
  if (factor !== 0 && (size < 1e-3 || size >= 9999.5)) return `\`${formatFactor(factor)}\``;
  return `\`×${size >= 999.5 ? Math.round(factor) : factor.toPrecision(3)}\``;
}

function factorOrDash(value: number): string {
  return Number.isNaN(value) ? '–' : formatFactor(value);
}

function leftOrDash(value: number): string {
  return Number.isNaN(value) ? '–' : formatRelative(value);
}
