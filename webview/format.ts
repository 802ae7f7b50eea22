// Owns how numbers are written in the panel (the formats of the design). ASCII, so that what is copied pastes. Where a
// number stands on the screen, and in what colour, is the views' business.

/** `✕ NaN`, `✕ +Inf`, `✕ -Inf`. */
export function formatNonFinite(value: number): string {
  return `✕ ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`;
}

/**
 * A gradient: one decimal and a signed exponent (`1.2e-9`, `2.4e+3`). Exactly 1 is `1`, exactly 0 is `0`. Works down to
 * the smallest float64.
 */
export function formatScientific(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  if (value === 0) return '0';
  if (value === 1) return '1';
  return value.toExponential(1);
}

/** Parts of a formatted number, so that the exponents of a column can stand under each other. */
export function splitExponent(text: string): { readonly mantissa: string; readonly exponent: string } {
  const at = /^-?\d/.test(text) ? text.indexOf('e') : -1;
  return at < 0 ? { mantissa: text, exponent: '' } : { mantissa: text.slice(0, at), exponent: text.slice(at) };
}

/** Two significant digits without an exponent, for values from 1e-3 to 1e6; grouped in thousands. */
function twoDigits(value: number): string {
  const rounded = Number(value.toPrecision(2));
  const size = Math.abs(rounded);
  if (size >= 10) return formatInteger(rounded);
  const decimals = size === 0 ? 1 : Math.max(0, 1 - Math.floor(Math.log10(size)));
  return rounded.toFixed(decimals);
}

/** A factor: `×0.19`, `×1.04`, `×12`; far from 1 with an exponent: `×3.1e-7`. */
export function formatFactor(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const size = Math.abs(value);
  if (value === 0 || value === 1) return `×${value}`;
  if (size < 1e-3 || size >= 1e4) return `×${value.toExponential(1)}`;
  return size >= 0.1 && size < 9.995 ? `×${value.toFixed(2)}` : `×${twoDigits(value)}`;
}

/** `1,234`. */
export function formatInteger(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Steps a second in two digits: `3.1k`, `310`, `0.42`. */
export function formatRate(value: number): string {
  if (!Number.isFinite(value) || value <= 0) return '0';
  const rounded = Number(value.toPrecision(2));
  if (rounded >= 1e6) return `${twoDigits(rounded / 1e6)}M`;
  if (rounded >= 1e3) return `${twoDigits(rounded / 1e3)}k`;
  return rounded < 1e-3 ? rounded.toExponential(1) : twoDigits(rounded);
}

/** A share of 1: `22 %`. What is not quite nothing, or not quite all, does not say so. */
export function formatPercent(share: number): string {
  if (!Number.isFinite(share)) return formatNonFinite(share);
  const percent = share * 100;
  const whole = Math.round(percent);
  if ((whole === 0 || whole === 100) && percent !== whole) {
    if (Math.abs(percent) < 0.05) return percent < 0 ? '>-0.1 %' : '<0.1 %';
    const fine = percent.toFixed(1);
    return fine === '100.0' ? '>99.9 %' : `${fine} %`;
  }
  return `${whole} %`;
}

/** A loss or an error: `2.11`, `0.034`, `1.2e-5`, `1.2e+6`. */
export function formatLoss(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-3 || size >= 1e5) return value.toExponential(1);
  if (size < 0.1) return twoDigits(value);
  return size >= 100 ? formatInteger(value) : value.toFixed(2);
}

/** A time to go: `0.2 s`, `45 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole / 60} min`;
  const minutes = Math.round(whole / 60);
  return minutes % 60 ? `${formatInteger(Math.floor(minutes / 60))} h ${minutes % 60} min` : `${minutes / 60} h`;
}

/** A power of ten as a tick of a scale: `1e-8`, `1`, `1e+1`. */
export function formatDecade(exponent: number): string {
  return exponent === 0 ? '1' : `1e${exponent > 0 ? '+' : ''}${exponent}`;
}

/**
 * A layer's name in two parts, so that a narrow column cuts the first and keeps what tells it from its neighbours:
 * `dense_1` `/10`, `dense` `_12`.
 */
export function splitName(name: string): { readonly head: string; readonly tail: string } {
  const tail = /[/_]\d{1,4}$/.exec(name)?.[0] ?? '';
  return { head: name.slice(0, name.length - tail.length), tail };
}

/** `784→64`, `28×28×1→784`. */
export function formatShapes(input: readonly number[], output: readonly number[]): string {
  const one = (shape: readonly number[]): string => (shape.length === 0 ? '1' : shape.join('×'));
  return `${one(input)}→${one(output)}`;
}

const ACTIVATION_SIGNS: Readonly<Record<string, string>> = { sigmoid: 'σ', linear: 'lin' };

/** The activation as the row header has room for it. */
export function formatActivation(name: string | undefined): string {
  return name === undefined ? '' : (ACTIVATION_SIGNS[name] ?? name);
}

/** One step, or a column of several: `step 230`, `steps 120–127`. */
export function formatSteps(from: number, to: number): string {
  return to > from ? `steps ${formatInteger(from)}–${formatInteger(to)}` : `step ${formatInteger(from)}`;
}

/**
 * Names of layers for an axis: the first in full, those that differ from the one before by their last number alone as
 * that number.
 */
export function shortNames(names: readonly string[]): string[] {
  const parts = names.map((name) => /^(.*?)(\d+)$/.exec(name));
  return names.map((name, i) => {
    const here = parts[i];
    const before = parts[i - 1];
    return here && before && here[1] === before[1] ? (here[2] ?? name) : name;
  });
}
