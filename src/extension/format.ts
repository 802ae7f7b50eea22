// Owns how numbers read in the editor: hovers, status bar, progress. The panel has the same formats on its side of the
// boundary. Knows no `vscode`.

/** A gradient or loss-like magnitude: `1.2e-9`, exponent signed so that it pastes; exact 0 and 1 plain. */
export function formatMagnitude(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  if (value === 0) return '0';
  if (value === 1) return '1';
  return value.toExponential(1);
}

/** A share of another gradient: `0.76`, `5.9`, and far from one as any magnitude, `2.5e-8`. */
export function formatRelative(value: number): string {
  const size = Math.abs(value);
  return value !== 1 && size >= 0.00995 && size < 99.5 ? value.toPrecision(2) : formatMagnitude(value);
}

/** A factor: `×0.19`, `×1.04`, `×12`; far from one `×1.2e-9`. */
export function formatFactor(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const size = Math.abs(value);
  if (value === 0 || value === 1) return `×${value}`;
  if (size < 1e-3 || size >= 9999.5) return `×${value.toExponential(1)}`;
  if (size >= 0.0995 && size < 9.995) return `×${value.toFixed(2)}`;
  return `×${size >= 99.5 ? formatCount(Math.round(value)) : value.toPrecision(2)}`;
}

/** A share of one: `22 %`, one decimal below 1 %. */
export function formatShare(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const percent = value * 100;
  if (percent === 0 || percent >= 0.95) return `${Math.round(percent)} %`;
  return percent >= 0.05 ? `${percent.toFixed(1)} %` : '< 0.1 %';
}

/** A step or a count: `1,234`. */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US');
}

/** A loss: `2.11`, `0.034`, `1.2e-5`. */
export function formatLoss(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-3 || size >= 1e5) return value.toExponential(1);
  if (size < 0.0995) return value.toPrecision(2);
  return size >= 99.5 ? formatCount(Math.round(value)) : value.toFixed(2);
}

/** Steps a second with two digits: `3.1k steps/s`. */
export function formatRate(perSecond: number): string {
  const [value, unit] =
    perSecond >= 999_500 ? [perSecond / 1e6, 'M'] : perSecond >= 999.5 ? [perSecond / 1e3, 'k'] : [perSecond, ''];
  const shown = value >= 99.5 ? String(Math.round(value)) : value > 0.00095 ? value.toPrecision(2) : '0';
  return `${shown}${unit} steps/s`;
}

/** A time that is left: `12 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatDuration(seconds: number): string {
  const s = Math.max(0, Math.ceil(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return s % 60 === 0 ? `${s / 60} min` : `${Math.floor(s / 60)} min ${s % 60} s`;
  const minutes = Math.ceil(s / 60);
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * One block character a value on a log scale where all are positive, on a plain one otherwise; `·` where there is no
 * value and `✕` where it is not finite.
 */
export function sparkline(values: readonly (number | undefined)[]): string {
  const finite = values.filter((v): v is number => v !== undefined && Number.isFinite(v));
  const positive = finite.every((v) => v > 0);
  const scaled = (v: number): number => (positive ? Math.log10(v) : v);
  const low = Math.min(...finite.map(scaled));
  const high = Math.max(...finite.map(scaled));
  // Less than a hundredth of a decade (or a relative hundredth) is flat, not noise blown up to full height.
  const flat = high - low <= (positive ? 0.01 : 0.01 * Math.max(Math.abs(low), Math.abs(high)));
  return values
    .map((v) => {
      if (v === undefined) return '·';
      if (!Number.isFinite(v)) return '✕';
      return BLOCKS[flat ? 3 : Math.min(7, Math.floor((8 * (scaled(v) - low)) / (high - low)))];
    })
    .join('');
}

const BLOCKS = '▁▂▃▄▅▆▇█';

function formatNonFinite(value: number): string {
  return Number.isNaN(value) ? '✕ NaN' : value > 0 ? '✕ +Inf' : '✕ -Inf';
}
