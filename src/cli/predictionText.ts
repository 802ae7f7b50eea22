// Owns a prediction as people read it in a terminal: a row a layer from the input on, what is left of the gradient as a
// ladder of bars, and layers that repeat alike told once.
import type { LayerPrediction, Prediction, Term } from '../analysis/prediction';
import { formatNumber, styled, table } from './format';

/** Longest bar, for a gradient that is wholly there (or the largest, where gradients grow). */
const BAR = 24;
/** Repetitions from here on are told once. */
const FOLD_FROM = 3;
/** Longest pattern of layers that is looked for. */
const LONGEST_PATTERN = 12;

interface Row {
  /** Rows with the same key look alike but for what is left of the gradient. */
  readonly key: string;
  readonly layer: LayerPrediction;
}

export function predictionText(prediction: Prediction, spec: string, columns: number, colour: boolean): string {
  const { layers, firstToLast, firstToLastBand, factorPerLayer } = prediction;
  const rows = layers.map((layer): Row => ({ layer, key: keyOf(layer) }));
  const scale = barScale(layers);
  const header = ['layer', 'factor', 'left', '95 % of draws', 'basis', 'gradient that is left', 'terms'];
  const cells: string[][] = [];
  for (let at = 0; at < rows.length; ) {
    const { period, times } = patternAt(rows, at);
    for (let k = 0; k < period; k++) {
      const group = Array.from({ length: times }, (_, t) => rows[at + k + t * period]!.layer);
      cells.push(rowOf(group, scale));
    }
    at += period * times;
  }
  const text = table(header, cells, ['left', 'right', 'right', 'right', 'left', 'left', 'left']);
  const cut = text
    .split('\n')
    .map((line) => (colour && line.length > columns ? `${line.slice(0, columns - 1)}…` : line))
    .join('\n');
  const verdict = Number.isNaN(firstToLast)
    ? 'How much reaches the first layer cannot be said without measuring.'
    : `The first layer gets ${formatNumber(firstToLast)} of the last one's gradient${bandWords(firstToLastBand)}: ×${formatNumber(factorPerLayer)} a layer.`;
  const profiles = layers.flatMap(profileLine);
  return `${styled('bold', spec, colour)}

${cut}
${verdict}
${profiles.join('')}
factor: what passing back through the layer multiplies the gradient by, the product of its terms ·
left: gradient of the layer relative to the last one's with parameters, as a bar of its logarithm ·
basis: theory (mean field), or measured at initialization (probe)
`;
}

function rowOf(group: readonly LayerPrediction[], scale: (cumulative: number) => string): string[] {
  const first = group[0]!;
  const last = group.at(-1)!;
  const single = group.length === 1;
  const name = single ? first.name : `${first.name} … ${last.name}`;
  const range = (a: string, b: string) => (single || a === b ? a : `${a} … ${b}`);
  return [
    name,
    `${factorText(first.backwardFactor)}${single ? '' : ` (${group.length} times)`}`,
    range(shown(first.cumulative), shown(last.cumulative)),
    single ? bandText(first.band) : '',
    first.basis === 'probe' ? 'probe' : 'theory',
    scale(first.cumulative),
    termsText(first.terms),
  ];
}

function keyOf({ name, type, backwardFactor, basis, terms }: LayerPrediction): string {
  // Layers of a repeat have its count behind their names.
  return [name.replace(/\/\d+$/, ''), type, shown(backwardFactor), basis, termsText(terms)].join(' ');
}

/** The pattern that covers most rows from here on, and how often it comes in a row. */
function patternAt(rows: readonly Row[], at: number): { readonly period: number; readonly times: number } {
  let best = { period: 1, times: 1 };
  for (let period = 1; period <= LONGEST_PATTERN; period++) {
    let same = 0;
    while (at + same + period < rows.length && rows[at + same]!.key === rows[at + same + period]!.key) same++;
    const times = 1 + Math.floor(same / period);
    if (times >= FOLD_FROM && times * period > best.times * best.period) best = { period, times };
  }
  return best;
}

/** A bar as long as the logarithm is high above the smallest of all; empty where nothing can be said. */
function barScale(layers: readonly LayerPrediction[]): (cumulative: number) => string {
  const logs = layers.map((l) => Math.log10(l.cumulative)).filter(Number.isFinite);
  const highest = Math.max(0, ...logs);
  // One decade at least, so that small differences look small.
  const lowest = Math.min(highest - 1, ...logs);
  return (cumulative) => {
    if (Number.isNaN(cumulative)) return '';
    const share = (Math.log10(cumulative) - lowest) / (highest - lowest);
    const eighths = Math.max(1, Math.round(Math.min(1, Math.max(0, share)) * BAR * 8));
    return '█'.repeat(Math.floor(eighths / 8)) + ' ▏▎▍▌▋▊▉'[eighths % 8]!.trim();
  };
}

function profileLine({ name, timeProfile }: LayerPrediction): string[] {
  if (!timeProfile || timeProfile.length < 2 || timeProfile.some(Number.isNaN)) return [];
  return [
    `Through the ${timeProfile.length} time steps of ${name}, the first gets ${formatNumber(timeProfile[0])} of the last one's gradient.\n`,
  ];
}

function termsText(terms: readonly Term[]): string {
  return terms.map(({ term, factor }) => `${term} ${factorText(factor)}`).join(' · ');
}

function factorText(factor: number): string {
  return Number.isNaN(factor) ? '–' : `×${formatNumber(factor)}`;
}

function shown(value: number): string {
  return Number.isNaN(value) ? '–' : formatNumber(value);
}

function bandText([low, high]: readonly [number, number]): string {
  return Number.isNaN(low) || Number.isNaN(high) ? '' : `${formatNumber(low)} … ${formatNumber(high)}`;
}

function bandWords(band: readonly [number, number]): string {
  const text = bandText(band);
  return text === '' ? '' : ` (95 % of draws: ${text})`;
}
