// Owns what a hover says of layers in a run: their measured values at one step, as Markdown. Pure; what a layer is in the
// spec is `spec/describe.ts`'s.
import type { LayerLayout, RecordLayout } from '../protocol/run';
import { formatCount, formatFactor, formatMagnitude, formatShare, sparkline } from './format';
import { escapedMarkdown } from './markdown';

/** More rows than this are cut in the middle. */
const MOST_ROWS = 16;
/** Bins of `history` for one layer, and for each of several. */
export const SPARKLINE_BINS = { single: 24, several: 10 } as const;

export interface HoverInput {
  readonly layout: RecordLayout;
  /** Indexes into `layout.layers`; more than one where a repeat is pointed at. */
  readonly layers: readonly number[];
  readonly record: Float64Array;
  /** For each of `layers`: its gradient over the steps, one value a bin; undefined where a bin holds none. */
  readonly history: readonly (readonly (number | undefined)[])[];
  /** First and last step of `history`. */
  readonly steps: readonly [number, number];
  readonly mode: 'train' | 'gradients';
  readonly stale: boolean;
}

interface Row {
  readonly name: string;
  readonly what: string;
  readonly l2: number;
  readonly rms: number;
  readonly zeroFraction: number;
  /** Undefined where the layer has no parameters. */
  readonly updateRatio: number | undefined;
  readonly outputL2: number;
  readonly backwardFactor: number;
  readonly cumulative: number;
  readonly rank: string;
  readonly line: string;
}

/** Column of what the layer's gradient is called by: its first parameter's l2, or its output's where it has none. */
export function gradientColumn(layout: RecordLayout, layer: LayerLayout): number {
  const parameter = layer.parameters[0];
  return parameter
    ? parameter.offset + layout.measures.parameter.indexOf('l2')
    : layer.outputGradient + layout.measures.outputGradient.indexOf('l2');
}

/** The layer's way back in the record; NaN where a measure does not apply. */
export function flowOf(
  layout: RecordLayout,
  layer: LayerLayout,
  record: Float64Array,
): { readonly backwardFactor: number; readonly cumulative: number } {
  const flow = (name: string): number => record[layer.flow + layout.measures.flow.indexOf(name)] ?? Number.NaN;
  return { backwardFactor: flow('backwardFactor'), cumulative: flow('cumulative') };
}

/** Markdown of the values of the layers in the record. */
export function hoverText(input: HoverInput): string {
  const rows = input.layers.map((layer, i) => rowOf(input, layer, input.history[i] ?? []));
  const step = input.record[input.layout.measures.step.indexOf('step')] ?? 0;
  const when = input.mode === 'gradients' ? 'at initialization' : `at step ${formatCount(step)}`;
  const note = input.stale ? '\n\n*The file has changed since this run started.*' : '';
  return `${rows.length === 1 ? single(rows[0]!, when, input) : several(rows, when, input)}${note}`;
}

function rowOf(input: HoverInput, index: number, history: readonly (number | undefined)[]): Row {
  const { layout, record } = input;
  const layer = layout.layers[index]!;
  const { measures } = layout;
  const at = (offset: number, names: readonly string[], name: string): number =>
    record[offset + names.indexOf(name)] ?? Number.NaN;
  const parameter = layer.parameters[0];
  const gradient = (name: string): number =>
    parameter
      ? at(parameter.offset, measures.parameter, name)
      : at(layer.outputGradient, measures.outputGradient, name);
  const { backwardFactor, cumulative } = flowOf(layout, layer, record);
  return {
    name: layer.name,
    what: parameter ? capitalized(parameter.name) : 'Output',
    l2: gradient('l2'),
    rms: gradient('rms'),
    zeroFraction: gradient('zeroFraction'),
    updateRatio: parameter && at(parameter.offset, measures.parameter, 'updateRatio'),
    outputL2: at(layer.outputGradient, measures.outputGradient, 'l2'),
    backwardFactor,
    cumulative,
    rank: rankOf(input, layer),
    line: input.mode === 'train' && history.length > 1 ? sparkline(history) : '',
  };
}

/** Place among the layers that have parameters, largest gradient first. */
function rankOf(input: HoverInput, layer: LayerLayout): string {
  const { layout, record } = input;
  const peers = layout.layers.filter((l) => l.parameters.length > 0);
  if (!peers.includes(layer)) return '–';
  const value = (l: LayerLayout): number => record[gradientColumn(layout, l)] ?? Number.NaN;
  const own = value(layer);
  if (Number.isNaN(own)) return '–';
  return `${1 + peers.filter((l) => value(l) > own).length} of ${peers.length}`;
}

function single(row: Row, when: string, { steps, mode }: HoverInput): string {
  const lines: [string, string][] = [
    [`${row.what} gradient l2`, formatMagnitude(row.l2)],
    ['rms', formatMagnitude(row.rms)],
    ['zeros', formatShare(row.zeroFraction)],
  ];
  if (row.updateRatio !== undefined && mode === 'train') lines.push(['Update ratio', magnitudeOrDash(row.updateRatio)]);
  if (row.what !== 'Output') lines.push(['Output gradient l2', formatMagnitude(row.outputL2)]);
  lines.push(['Backward factor', factorOrDash(row.backwardFactor)]);
  lines.push(["Left of the last layer's", magnitudeOrDash(row.cumulative)]);
  if (row.rank !== '–') lines.push(['Rank by gradient', row.rank]);
  const table = ['| | |', '|:--|--:|', ...lines.map(([name, value]) => `| ${name} | \`${value}\` |`)].join('\n');
  const line = row.line
    ? `\n\n\`${row.line}\` l2, steps ${formatCount(steps[0])}–${formatCount(steps[1])}, log scale`
    : '';
  return `**${escapedMarkdown(row.name)}** ${when}\n\n${table}${line}`;
}

function several(rows: readonly Row[], when: string, { steps, mode }: HoverInput): string {
  const train = mode === 'train';
  const head = ['layer', 'l2', 'rms', 'zeros', ...(train ? ['update'] : []), 'factor', 'left', 'rank'];
  if (train) head.push('l2\u00a0over\u00a0steps');
  const cells = (row: Row): string[] => [
    escapedMarkdown(row.name),
    formatMagnitude(row.l2),
    formatMagnitude(row.rms),
    formatShare(row.zeroFraction),
    ...(train ? [row.updateRatio === undefined ? '–' : magnitudeOrDash(row.updateRatio)] : []),
    factorOrDash(row.backwardFactor),
    magnitudeOrDash(row.cumulative),
    row.rank.replace(' of ', '/'),
    ...(train ? [row.line && `\`${row.line}\``] : []),
  ];
  const shown = rows.length <= MOST_ROWS ? rows : [...rows.slice(0, MOST_ROWS / 2), ...rows.slice(-MOST_ROWS / 2)];
  const lines = shown.map((row) => `| ${cells(row).join(' | ')} |`);
  const hidden = rows.length - shown.length;
  if (hidden > 0) lines.splice(MOST_ROWS / 2, 0, `| … ${hidden} more |`);
  const what = rows[0]?.what ?? 'Output';
  const isText = (i: number): boolean => i === 0 || (train && i === head.length - 1);
  // VS Code makes a hover's columns as narrow as they go, and would break 1.2e-9 at its hyphen: the heads hold them open.
  const width = (i: number): number => Math.max(...shown.map((row) => cells(row)[i]?.length ?? 0));
  const heads = head.map((name, i) =>
    isText(i) ? name : '&numsp;'.repeat(Math.max(0, width(i) - name.length)) + name,
  );
  return [
    `**${what} gradient** ${when}, from the input down to the output`,
    '',
    `| ${heads.join(' | ')} |`,
    `|${head.map((_, i) => (isText(i) ? ':--' : '--:')).join('|')}|`,
    ...lines,
    '',
    [
      ...(train ? [`*update*: update ratio · steps ${formatCount(steps[0])}–${formatCount(steps[1])}, log scale`] : []),
      '*factor*: what passing back through the layer multiplies the gradient by',
      "*left*: of the last layer's gradient",
    ].join(' · '),
  ].join('\n');
}

/** NaN in the flow's columns says that the measure does not apply, as with the way back to the data. */
function factorOrDash(value: number): string {
  return Number.isNaN(value) ? '–' : formatFactor(value);
}

function magnitudeOrDash(value: number): string {
  return Number.isNaN(value) ? '–' : formatMagnitude(value);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
