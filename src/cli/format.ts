// Owns how the command line writes numbers, tables and colours for people. Scripts take `--json`.
import type { CliIo, TextSink } from './io';

/** `1.23e-9`, and plain where that is as short: `0.0123`, `12.3`. Exactly 0 is `0`. */
export function formatNumber(value: number | undefined): string {
  if (value === undefined) return '–';
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(3))) : value.toExponential(2);
}

/** `22 %`, with one decimal below 1 % and above 99 %. */
export function formatShare(value: number | undefined): string {
  if (value === undefined) return '–';
  if (!Number.isFinite(value)) return String(value);
  const percent = value * 100;
  const plain = percent === 0 || percent === 100 || (percent >= 1 && percent <= 99);
  return `${plain ? Math.round(percent) : percent.toFixed(1)} %`;
}

export function formatCount(value: number): string {
  return value.toLocaleString('en-US');
}

/** `12 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatDuration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/**
 * Rows under a header.
 * @param sides where each column's cells stand; the first to the left and the others to the right where it is not given
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  sides: readonly ('left' | 'right')[] = ['left'],
): string {
  const widths = header.map((h, c) => Math.max(h.length, ...rows.map((r) => (r[c] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, c) => (sides[c] === 'left' ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!)))
      .join('  ')
      .trimEnd();
  return `${[header, ...rows].map(line).join('\n')}\n`;
}

/** Whether colours may be used there: a terminal, and NO_COLOR (https://no-color.org) is not set. */
export function usesColour(sink: TextSink, io: CliIo): boolean {
  return sink.isTerminal && !io.env.NO_COLOR && io.env.TERM !== 'dumb';
}

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;

export function styled(style: keyof typeof STYLES, text: string, colour: boolean): string {
  return colour ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;
}
