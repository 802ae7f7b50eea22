// Owns every threshold by which a symptom is judged: its default, its unit and where the default comes from. The editor's
// settings (`gradoscope.thresholds.…`) and their descriptions come from this table; a test holds package.json to it.

export interface Threshold {
  readonly default: number;
  readonly min: number;
  readonly max?: number;
  /** What the number is; one sentence. */
  readonly doc: string;
  /** Paper, tool or measurement that the default comes from. */
  readonly source: string;
}

export const THRESHOLDS = {
  vanishingFactor: {
    default: 0.75,
    min: 0,
    max: 1,
    doc: 'Gradients vanish where the depth-normalized factor of a layer is below this, and learning suffers (`learningImbalance`).',
    source: 'our measurement',
  },
  explodingFactor: {
    default: 1.35,
    min: 1,
    doc: 'Gradients explode where the depth-normalized factor of a layer is above this, and learning suffers (`learningImbalance`).',
    source: 'our measurement',
  },
  learningImbalance: {
    default: 30,
    min: 1,
    doc: 'How many times faster, by update ratio, the last layer may learn than the first (vanishing), or the first than the last (exploding).',
    source: 'our measurement',
  },
} as const satisfies Record<string, Threshold>;

export type ThresholdName = keyof typeof THRESHOLDS;
export type Thresholds = Readonly<Record<ThresholdName, number>>;

/** The table's defaults with what somebody set instead; nonsense (not a number, out of bounds) leaves the default. */
export function thresholdsFrom(values: Readonly<Record<string, unknown>> = {}): Thresholds {
  const entries = Object.entries(THRESHOLDS).map(([name, threshold]: [string, Threshold]) => {
    const value = values[name];
    const { min, max = Number.POSITIVE_INFINITY } = threshold;
    return [name, typeof value === 'number' && value >= min && value <= max ? value : threshold.default];
  });
  return Object.fromEntries(entries) as Thresholds;
}
