// Owns the statistics by which a noisy curve is judged: medians, spread and trend that single odd points do not move.

/** Linear between neighbours; NaN of nothing. `sorted` ascends. */
export function quantileOf(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)]!;
  const high = sorted[Math.ceil(at)]!;
  // Two equal infinities have no difference to go along.
  return low === high ? low : low + (high - low) * (at - Math.floor(at));
}

/** Of the numbers that are not NaN; NaN where there are none. */
export function medianOf(values: Iterable<number>): number {
  return quantileOf(Float64Array.from([...values].filter((v) => !Number.isNaN(v))).sort(), 0.5);
}

/** NaN of nothing. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

/**
 * Standard deviation of normal numbers with this median absolute deviation from their median: what a few far ones do not
 * move (Rousseeuw & Croux 1993).
 */
export function robustDeviation(values: readonly number[]): number {
  const middle = medianOf(values);
  return 1.4826 * medianOf(values.map((v) => Math.abs(v - middle)));
}

/** Means of groups of neighbours, so that no more than `most` points are left; all groups but the last are alike. */
export function thinnedTo(values: readonly number[], most: number): readonly number[] {
  const group = Math.ceil(values.length / most);
  if (group <= 1) return values;
  const groups = Math.ceil(values.length / group);
  return Array.from({ length: groups }, (_, k) => meanOf(values.slice(k * group, (k + 1) * group)));
}

/** Median of the slopes between all pairs of points, a step from one to the next (Theil 1950, Sen 1968); 0 for a single point. */
export function theilSenSlope(values: readonly number[]): number {
  const slopes = new Float64Array((values.length * (values.length - 1)) / 2);
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    for (let k = i + 1; k < values.length; k++) slopes[n++] = (values[k]! - values[i]!) / (k - i);
  }
  return n === 0 ? 0 : quantileOf(slopes.sort(), 0.5);
}

/**
 * Mann and Kendall's test for a trend: how many standard deviations the count of rising pairs less falling ones lies from
 * what order by chance would give. Below −2.33 the curve falls, above 2.33 it rises, each with 99 % confidence. Ties are
 * allowed for. 0 for fewer than 4 points (Mann 1945, Kendall 1975).
 */
export function mannKendall(values: readonly number[]): number {
  const n = values.length;
  if (n < 4) return 0;
  let score = 0;
  for (let i = 0; i < n; i++) for (let k = i + 1; k < n; k++) score += Math.sign(values[k]! - values[i]!);
  const counts = new Map<number, number>();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  let variance = n * (n - 1) * (2 * n + 5);
  for (const t of counts.values()) variance -= t * (t - 1) * (2 * t + 5);
  return variance <= 0 ? 0 : (score - Math.sign(score)) / Math.sqrt(variance / 18);
}

/** What is left of the points without the straight line through them. */
export function detrended(values: readonly number[]): readonly number[] {
  const slope = theilSenSlope(values);
  const level = medianOf(values.map((v, i) => v - slope * i));
  return values.map((v, i) => v - slope * i - level);
}

/** Share of the inner points that lie above or below both neighbours: 2/3 for noise, 0 for a steady curve. */
export function turningShare(values: readonly number[]): number {
  let turns = 0;
  for (let i = 1; i + 1 < values.length; i++) {
    if ((values[i]! - values[i - 1]!) * (values[i + 1]! - values[i]!) < 0) turns++;
  }
  return values.length < 3 ? 0 : turns / (values.length - 2);
}
