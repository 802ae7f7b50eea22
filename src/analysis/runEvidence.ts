// Owns what is remembered of a run for the judgement: a summary of bounded size, whatever the run's length, fed step by step
// and record by record. It depends on the records alone, not on when they were read. Curves are `runSeries.ts`'s.
import type { NonFinite } from '../engine/divergence';
import type { LayerLayout, RecordLayout } from '../engine/record';
import { type Series, SeriesBuilder } from './runSeries';
import { quantileOf } from './trend';

export type { Series } from './runSeries';

/** Typical values of a layer: medians over the steps observed, and over the last fifth of them. NaN where it does not apply. */
export interface RunLayer {
  readonly name: string;
  /** log10 of `cumulative`, and of the output gradient's l2. */
  readonly cumulative: number;
  readonly lateCumulative: number;
  readonly outputGradient: number;
  /** Of the kernel: the layer's first parameter. */
  readonly updateRatio: number;
  readonly lateUpdateRatio: number;
  /** Of the first step. */
  readonly firstUpdateRatio: number;
  /** Largest of all steps observed; the first 64 always are. */
  readonly peakUpdateRatio: number;
  readonly saturatedFraction: number;
  readonly lateSaturatedFraction: number;
  readonly deadFraction: number;
  readonly lateDeadFraction: number;
  readonly activationStd: number;
  /** Of the kernel's gradient over the last fifth: mean of its l2 ÷ standard deviation of its l2. */
  readonly gradientNormSpread: number;
  /**
   * Of one batch, over the last fifth: |mean| ÷ standard deviation of the average entry of each parameter's gradient, root
   * mean square over the layer's parameters. The average entry is the gradient along one fixed direction; over directions
   * the squares average to those of the whole gradient's signal to noise.
   */
  readonly signalToNoise: number;
}

/** The first steps, before much was learned: at most 8, and at most half an epoch. NaN before the first. */
export interface Opening {
  /** Loss of the first step, before any update. */
  readonly first: number;
  readonly highest: number;
  /** Mean and standard deviation. */
  readonly loss: number;
  readonly spread: number;
  readonly metric: number;
  readonly steps: number;
}

export interface RunEvidence {
  readonly status: 'running' | 'completed' | 'cancelled' | 'diverged';
  readonly step: number;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly loss: Series;
  /** Of the steps at which it was read. */
  readonly metric: Series;
  /** Mean loss of each whole epoch, in which every sample was seen once: free of the noise of choosing batches. */
  readonly epochLoss: Series;
  /** Of the held-out samples, a point an evaluation. */
  readonly testLoss: Series;
  readonly testMetric: Series;
  readonly opening: Opening;
  readonly layers: readonly RunLayer[];
  /** Loss and accuracy of equal odds. */
  readonly chance?: { readonly loss: number; readonly accuracy: number };
  /** Lowest loss that the same answer to every training sample has. */
  readonly constantLoss?: number;
  readonly nonFinite?: NonFinite;
}

export interface RunObserverOptions {
  readonly layout: RecordLayout;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly chance?: { readonly loss: number; readonly accuracy: number };
  readonly constantLoss?: number;
}

/** Points of a curve at most. */
const MOST_POINTS = 512;
/** Records kept at most: between half as many and so many, evenly spaced over the run. */
const MOST_ROWS = 256;
const LEAST_ROWS = 64;
/** Numbers kept at most, roughly; a network of very many layers keeps fewer records. */
const MOST_NUMBERS = 2 ** 19;
const OPENING_STEPS = 8;
/** What is kept of each layer's record. */
const KEPT = ['cumulative', 'outputGradient', 'updateRatio', 'saturated', 'dead', 'std', 'gradient'] as const;
const AT = Object.fromEntries(KEPT.map((name, i) => [name, i])) as Readonly<Record<(typeof KEPT)[number], number>>;

interface Columns {
  readonly layer: LayerLayout;
  /** Columns of a record, in the order of KEPT; −1 where the layer has none. */
  readonly from: readonly number[];
  /** Average entries of its parameters' gradients. */
  readonly means: readonly number[];
  /** Where they are kept in a row. */
  readonly at: number;
}

export class RunObserver {
  readonly #options: RunObserverOptions;
  readonly #loss = new SeriesBuilder(MOST_POINTS);
  readonly #metric = new SeriesBuilder(MOST_POINTS);
  readonly #epochLoss = new SeriesBuilder(MOST_POINTS);
  readonly #testLoss = new SeriesBuilder(MOST_POINTS);
  readonly #testMetric = new SeriesBuilder(MOST_POINTS);
  readonly #opening: { readonly loss: number; readonly metric: number }[] = [];
  readonly #openingSteps: number;
  readonly #columns: readonly Columns[];
  readonly #width: number;
  readonly #most: number;
  readonly #rows: Float64Array;
  readonly #rowSteps: Float64Array;
  readonly #peaks: Float64Array;
  /** Update ratios of the first record. */
  readonly #firsts: Float64Array;
  #count = 0;
  /** A record is kept of so many steps. */
  #stride = 1;
  #step = 0;
  #epochSum = 0;
  #epochCount = 0;

  constructor(options: RunObserverOptions) {
    this.#options = options;
    const { layout, stepsPerEpoch } = options;
    this.#openingSteps = Math.max(1, Math.min(OPENING_STEPS, Math.floor(stepsPerEpoch / 2)));
    let width = 0;
    this.#columns = layout.layers.map((layer) => {
      const columns = columnsOf(layout, layer, width);
      width += KEPT.length + columns.means.length;
      return columns;
    });
    this.#width = width;
    const fitting = 2 * Math.floor(MOST_NUMBERS / Math.max(width, 1) / 2);
    this.#most = Math.max(LEAST_ROWS, Math.min(MOST_ROWS, fitting));
    this.#rows = new Float64Array(this.#most * width);
    this.#rowSteps = new Float64Array(this.#most);
    this.#peaks = new Float64Array(layout.layers.length).fill(Number.NaN);
    this.#firsts = this.#peaks.slice();
  }

  /** Takes a step's loss, and its metric where that was read (NaN otherwise); cheap enough for every step. Steps come in order. */
  step(step: number, loss: number, metric: number): void {
    this.#step = step;
    if (this.#opening.length < this.#openingSteps && Number.isFinite(loss)) this.#opening.push({ loss, metric });
    this.#loss.add(step, loss);
    this.#metric.add(step, metric);
    this.#epochSum += loss;
    this.#epochCount++;
    if (step % this.#options.stepsPerEpoch !== 0) return;
    // Only whole epochs: every sample once.
    if (this.#epochCount === this.#options.stepsPerEpoch) this.#epochLoss.add(step, this.#epochSum / this.#epochCount);
    this.#epochSum = this.#epochCount = 0;
  }

  /** Whether this step's record is one to remember: every one at first, ever fewer as the run grows long. */
  wants(step: number): boolean {
    return step % this.#stride === 0;
  }

  /** Takes a step's whole record, of those that it `wants`; others are left out. */
  record(step: number, record: Float64Array): void {
    if (!this.wants(step)) return;
    const row = this.#count * this.#width;
    for (const [i, { from, means, at }] of this.#columns.entries()) {
      for (let k = 0; k < from.length; k++) this.#rows[row + at + k] = from[k]! < 0 ? Number.NaN : record[from[k]!]!;
      for (let k = 0; k < means.length; k++) this.#rows[row + at + from.length + k] = record[means[k]!]!;
      const ratio = this.#rows[row + at + AT.updateRatio]!;
      if (step === 1) this.#firsts[i] = ratio;
      if (!(ratio <= this.#peaks[i]!) && !Number.isNaN(ratio)) this.#peaks[i] = ratio;
    }
    this.#rowSteps[this.#count++] = step;
    if (this.#count === this.#most) this.#thin();
  }

  evaluation(step: number, testLoss: number, testMetric: number): void {
    this.#testLoss.add(step, testLoss);
    this.#testMetric.add(step, testMetric);
  }

  /** What is known so far. */
  evidence(status: RunEvidence['status'], nonFinite?: NonFinite): RunEvidence {
    const { totalSteps, stepsPerEpoch, chance, constantLoss } = this.#options;
    let late = this.#count;
    while (late > 0 && this.#rowSteps[late - 1]! > 0.8 * this.#step) late--;
    const scratch = new Float64Array(this.#count);
    return {
      status,
      step: this.#step,
      totalSteps,
      stepsPerEpoch,
      loss: this.#loss.series(),
      metric: this.#metric.series(),
      epochLoss: this.#epochLoss.series(),
      testLoss: this.#testLoss.series(),
      testMetric: this.#testMetric.series(),
      opening: openingOf(this.#opening),
      layers: this.#columns.map((_, i) => this.#layer(i, late, scratch)),
      ...(chance ? { chance } : {}),
      ...(constantLoss === undefined ? {} : { constantLoss }),
      ...(nonFinite ? { nonFinite } : {}),
    };
  }

  #layer(index: number, late: number, scratch: Float64Array): RunLayer {
    const { layer, at, means } = this.#columns[index]!;
    const middle = (kept: number, from: number): number => this.#median(at + kept, from, scratch);
    const gradient = this.#moments(at + AT.gradient, late);
    const signals = means
      .map((_, k) => this.#moments(at + KEPT.length + k, late))
      .filter(({ deviation }) => deviation > 0)
      // A mean over n numbers holds 1/n of their variance that is no signal.
      .map(({ mean, deviation, count }) => mean ** 2 / deviation ** 2 - 1 / count);
    const square = signals.reduce((sum, s) => sum + s, 0) / signals.length;
    return {
      name: layer.name,
      cumulative: Math.log10(middle(AT.cumulative, 0)),
      lateCumulative: Math.log10(middle(AT.cumulative, late)),
      outputGradient: Math.log10(middle(AT.outputGradient, 0)),
      updateRatio: middle(AT.updateRatio, 0),
      lateUpdateRatio: middle(AT.updateRatio, late),
      firstUpdateRatio: this.#firsts[index]!,
      peakUpdateRatio: this.#peaks[index]!,
      saturatedFraction: middle(AT.saturated, 0),
      lateSaturatedFraction: middle(AT.saturated, late),
      deadFraction: middle(AT.dead, 0),
      lateDeadFraction: middle(AT.dead, late),
      activationStd: middle(AT.std, 0),
      gradientNormSpread: gradient.mean / gradient.deviation,
      signalToNoise: Math.sqrt(Math.max(0, square)),
    };
  }

  /** Of the rows from `from` on, without those that have no number there. */
  #median(column: number, from: number, scratch: Float64Array): number {
    let n = 0;
    for (let i = from; i < this.#count; i++) {
      const value = this.#rows[i * this.#width + column]!;
      if (!Number.isNaN(value)) scratch[n++] = value;
    }
    return quantileOf(scratch.subarray(0, n).sort(), 0.5);
  }

  #moments(
    column: number,
    from: number,
  ): { readonly mean: number; readonly deviation: number; readonly count: number } {
    let count = 0;
    let mean = 0;
    let squares = 0;
    for (let i = from; i < this.#count; i++) {
      const value = this.#rows[i * this.#width + column]!;
      if (!Number.isFinite(value)) continue;
      count++;
      const difference = value - mean;
      mean += difference / count;
      squares += difference * (value - mean);
    }
    return count < 8
      ? { mean: Number.NaN, deviation: Number.NaN, count }
      : { mean, deviation: Math.sqrt(squares / (count - 1)), count };
  }

  /** The stride doubles: rows of steps that are not on it go. */
  #thin(): void {
    this.#stride *= 2;
    let kept = 0;
    for (let i = 0; i < this.#count; i++) {
      if (!this.wants(this.#rowSteps[i]!)) continue;
      this.#rows.copyWithin(kept * this.#width, i * this.#width, (i + 1) * this.#width);
      this.#rowSteps[kept++] = this.#rowSteps[i]!;
    }
    this.#count = kept;
  }
}

function columnsOf(layout: RecordLayout, layer: LayerLayout, at: number): Columns {
  const { measures } = layout;
  const place = (offset: number | undefined, names: readonly string[], name: string): number => {
    const index = names.indexOf(name);
    return offset === undefined || index < 0 ? -1 : offset + index;
  };
  const kernel = layer.parameters[0]?.offset;
  const mean = measures.parameter.indexOf('mean');
  return {
    layer,
    from: [
      place(layer.flow, measures.flow, 'cumulative'),
      place(layer.outputGradient, measures.outputGradient, 'l2'),
      place(kernel, measures.parameter, 'updateRatio'),
      place(layer.activationStats, measures.activation, 'saturatedFraction'),
      place(layer.activationStats, measures.activation, 'deadFraction'),
      place(layer.activationStats, measures.activation, 'std'),
      place(kernel, measures.parameter, 'l2'),
    ],
    means: mean < 0 ? [] : layer.parameters.map(({ offset }) => offset + mean),
    at,
  };
}

function openingOf(steps: readonly { readonly loss: number; readonly metric: number }[]): Opening {
  const n = steps.length;
  const mean = (of: 'loss' | 'metric'): number => steps.reduce((sum, s) => sum + s[of], 0) / n;
  const loss = mean('loss');
  const spread = Math.sqrt(steps.reduce((sum, s) => sum + (s.loss - loss) ** 2, 0) / n);
  const highest = steps.reduce((most, s) => Math.max(most, s.loss), Number.NEGATIVE_INFINITY);
  return { first: steps[0]?.loss ?? Number.NaN, highest, loss, spread, metric: mean('metric'), steps: n };
}
