// Owns how counts, shares and settings stand in the sentences about runs. Single numbers are `symptoms/report.ts`'s.
import { numberText, percentText } from './symptoms/report';

/** `22 %`; from ten times on `12 times`. */
export function shareWords(share: number): string {
  return Math.abs(share) >= 10 ? `${numberText(share)} times` : percentText(share);
}

/** `1,200 steps`, `1 step`. */
export function countWords(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

/** One significant digit, as people write settings: 0.037 becomes 0.04. */
export function roundSetting(value: number): number {
  return Number(value.toPrecision(1));
}
