// Owns the fit of a scale to values and its ticks. Colours come from `palette.ts`.

/** `log`: `low` and `high` are powers of ten; `linear`: values. */
export interface Scale {
  readonly kind: 'log' | 'linear';
  readonly low: number;
  readonly high: number;
}

/** Shares run from nothing to all. */
export const SHARE_SCALE: Scale = { kind: 'linear', low: 0, high: 1 };
/** Before anything is measured. */
export const INITIAL_LOG_SCALE: Scale = { kind: 'log', low: -10, high: 1 };

/** Snaps to whole decades, two at least. Not finite (nothing measured): the initial scale. */
export function fitDecades(smallest: number, largest: number): Scale {
  if (!(smallest > 0) || !Number.isFinite(largest) || largest < smallest) return INITIAL_LOG_SCALE;
  // A hair's breadth, so that 1e-7 computed as 0.99999e-7 does not take another decade.
  let low = Math.floor(Math.log10(smallest) + 1e-6);
  // Adding 0 makes a −0 of it a 0.
  let high = Math.ceil(Math.log10(largest) - 1e-6) + 0;
  while (high - low < 2) {
    if (high - Math.log10(largest) < Math.log10(smallest) - low) high++;
    else low--;
  }
  return { kind: 'log', low, high };
}

/** Share of the scale at which a value lies, not clipped; zero on a log scale lies below all of it. */
export function position(scale: Scale, value: number): number {
  const at = scale.kind === 'log' ? Math.log10(value) : value;
  return (at - scale.low) / (scale.high - scale.low);
}

/** Powers of ten to label: so many, or one more. */
export function decadeTicks(low: number, high: number, most: number): number[] {
  const span = high - low;
  let step = 1;
  for (const candidate of [1, 2, 3, 5, 10, 20, 50, 100, 200]) {
    step = candidate;
    if (span / candidate <= Math.max(1, most)) break;
  }
  const ticks: number[] = [];
  for (let e = Math.ceil(low / step) * step; e <= high; e += step) ticks.push(e === 0 ? 0 : e);
  return ticks;
}

/** A round distance between ticks (1, 2, 5 times a power of ten; never below `least`) so that there are at most so many. */
export function niceStep(span: number, most: number, least = 0): number {
  const raw = Math.max(span / Math.max(1, most), least, 1e-300);
  const power = 10 ** Math.floor(Math.log10(raw));
  const head = raw / power;
  const step = (head <= 1 + 1e-9 ? 1 : head <= 2 + 1e-9 ? 2 : head <= 5 + 1e-9 ? 5 : 10) * power;
  return Math.max(step, least);
}
