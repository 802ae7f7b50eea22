// Owns how numbers stand in the sentences of findings.

/** `1.23e-9`, and plain where that is as short: `0.0123`, `12.3`; three digits at most. */
export function numberWords(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'not a number' : 'infinite';
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5
    ? String(Number(value.toPrecision(3)))
    : Number(value.toPrecision(3)).toExponential();
}

/** `22 %`, `0.3 %`, `1.2e-5 %`; from ten times on `12 times`. */
export function shareWords(share: number): string {
  const percent = share * 100;
  if (Math.abs(share) >= 10) return `${numberWords(share)} times`;
  const size = Math.abs(percent);
  if (size >= 10) return `${Math.round(percent)} %`;
  return `${size >= 0.01 && size < 10 ? Number(percent.toPrecision(2)) : numberWords(percent)} %`;
}

/** `1,200 steps`, `1 step`. */
export function countWords(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

/** One significant digit, as people write settings: 0.037 becomes 0.04. */
export function roundSetting(value: number): number {
  return Number(value.toPrecision(1));
}
