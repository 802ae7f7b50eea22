// Owns the heatmap of layers × steps in a terminal: input on top, loss at the bottom, early steps left. One cell is a bin
// of steps, its colour (or character) the mean of the kernel gradient's l2 on a log scale.
import type { RecordLayout } from '../engine/record';
import type { History } from '../runs/history';
import { formatCount, formatNumber } from './format';
import { kernelColumn } from './stepEvents';

/** Low to high, lightness monotone, as in the panel's dark theme: terminals are mostly dark. */
const RAMP = ['#2c1c45', '#373371', '#334f99', '#1f72af', '#0095b9', '#18b5b6', '#62d0ab', '#a8e59a', '#edf493'].map(
  xterm,
);
const CHARACTERS = ' .:-=+*#%@';
/** As in the panel: SageMaker Debugger's VanishingGradient line, and ten times the norm that is commonly clipped to. */
const VANISHED_BELOW = 1e-7;
const EXPLODED_ABOVE = 10;
const LABEL_WIDTH = 16;
const VALUE_WIDTH = 9;
/** Below this the legend would not fit either. */
const NARROWEST = 36;

export interface HeatmapSize {
  readonly columns: number;
  /** Most lines, legend and axis included. */
  readonly rows: number;
}

/** The picture's lines; none before the first record or without a layer that has parameters. */
export function heatmapLines(history: History, layout: RecordLayout, size: HeatmapSize, colour: boolean): string[] {
  const last = history.lastStep;
  const first = history.firstStep;
  const all = layout.layers.filter((l) => l.parameters.length > 0);
  const width = size.columns - LABEL_WIDTH - VALUE_WIDTH - 3;
  if (last === undefined || first === undefined || all.length === 0 || width < NARROWEST) return [];
  const layers = spread(all, Math.max(1, size.rows - 3));
  const columns = layers.map((layer) => kernelColumn(layout, layer, 'l2')!);
  const binSteps = Math.max(1, history.stride, Math.ceil((last + 1 - first) / width));
  const { bins, counts, values } = history.window({ from: first, to: last + 1, binSteps, columns });
  const mean = (c: number, k: number) => (counts[k] === 0 ? undefined : values[3 * (c * bins + k) + 1]!);
  const positive = columns
    .flatMap((_, c) => Array.from({ length: bins }, (_, k) => mean(c, k)))
    .filter((v): v is number => v !== undefined && Number.isFinite(v) && v > 0);
  const low = Math.log10(positive.reduce((a, b) => Math.min(a, b), Infinity));
  const high = Math.log10(positive.reduce((a, b) => Math.max(a, b), 0));
  const share = (v: number) => (high > low ? (Math.log10(v) - low) / (high - low) : 1);
  const newest = history.nearest(last)!;
  const lines = layers.map((layer, c) => {
    let cells = '';
    for (let k = 0; k < bins; k++) cells += cell(mean(c, k), share, colour);
    const gap = ' '.repeat(Math.max(0, width - bins));
    const value = formatNumber(newest[columns[c]!]).padStart(VALUE_WIDTH);
    return `${fitted(layer.name, LABEL_WIDTH)} ${cells}${colour ? '\u001b[0m' : ''}${gap} ${value}`;
  });
  const steps = `${formatCount(first)}–${formatCount(last)}${binSteps > 1 ? `, ${formatCount(binSteps)} a cell` : ''}`;
  const hidden = all.length > layers.length ? `; ${layers.length} of ${all.length} layers` : '';
  const below = [`steps ${steps}${hidden}`, ...legend(positive.length > 0, low, high, colour)];
  return [...lines, ...below.map((l) => `${' '.repeat(LABEL_WIDTH)} ${l}`)];
}

function cell(value: number | undefined, share: (v: number) => number, colour: boolean): string {
  if (value === undefined) return colour ? '\u001b[0m ' : ' ';
  if (!Number.isFinite(value)) return colour ? '\u001b[0;7mX' : 'X';
  const shade = value > 0 ? Math.max(0, Math.min(1, share(value))) : 0;
  if (!colour) {
    if (value > EXPLODED_ABOVE) return '!';
    return value < VANISHED_BELOW ? '/' : CHARACTERS[Math.min(9, Math.floor(shade * 10))]!;
  }
  if (value > EXPLODED_ABOVE) return '\u001b[0;41;97m^';
  const background = RAMP[Math.min(RAMP.length - 1, Math.floor(shade * RAMP.length))]!;
  return `\u001b[0;48;5;${background}m${value < VANISHED_BELOW ? '\u001b[38;5;250m/' : ' '}`;
}

/** Short lines: one that wraps would throw a picture that is drawn in place out of step. */
function legend(any: boolean, low: number, high: number, colour: boolean): string[] {
  const ramp = colour ? `${RAMP.map((c) => `\u001b[48;5;${c}m `).join('')}\u001b[0m` : `[${CHARACTERS}]`;
  const range = any ? `${formatNumber(10 ** low)} ${ramp} ${formatNumber(10 ** high)}` : ramp;
  return [`kernel gradient l2: ${range}`, `/ vanished (< 1e-7)  ${colour ? '^' : '!'} exploded (> 10)  X not finite`];
}

/** At most `most` of the items, evenly spread, first and last among them. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  if (most === 1) return [items[0]!];
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]!);
}

function fitted(text: string, width: number): string {
  return text.length > width ? `…${text.slice(text.length - width + 1)}` : text.padEnd(width);
}

/** The nearest colour of xterm's 6 × 6 × 6 cube, which every terminal with colours has. */
function xterm(hex: string): number {
  const levels = [0, 95, 135, 175, 215, 255];
  const part = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16);
    return levels.reduce((best, l, i) => (Math.abs(l - value) < Math.abs(levels[best]! - value) ? i : best), 0);
  };
  return 16 + 36 * part(1) + 6 * part(3) + part(5);
}
