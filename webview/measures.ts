// Owns what the heatmap can show: for each measure its column in a record, its scale, its number format, and the lines
// beyond which a cell is marked. Definitions of the measures themselves: the language's documentation.
import type { LayerLayout, RecordLayout } from '../src/protocol/run';
import { formatFactor, formatPercent, formatScientific } from './format';

export type MeasureId =
  | 'kernelGradient'
  | 'updateRatio'
  | 'outputGradient'
  | 'backwardFactor'
  | 'activationStd'
  | 'saturated'
  | 'dead';

export interface Mark {
  readonly limit: number;
  /** Said of a cell beyond the limit, and in the legend. */
  readonly word: string;
}

export interface Measure {
  readonly id: MeasureId;
  /** In the dropdown. */
  readonly label: string;
  /** Inside a sentence. */
  readonly phrase: string;
  /** `linear` is a share of 1, shown from 0 to 100 %. */
  readonly scale: 'log' | 'linear';
  readonly format: (value: number) => string;
  readonly low?: Mark;
  readonly high?: Mark;
  /** Column of the value, or nothing where the measure does not apply to the layer. */
  readonly column: (layer: LayerLayout, layout: RecordLayout) => number | undefined;
  /** Column of the count of non-finite numbers behind the value: tells a true NaN from one that says "not applicable". */
  readonly nonFinite: (layer: LayerLayout, layout: RecordLayout) => number | undefined;
}

/** Position of a measure in its block of a record; absent when this run's records do not have it. */
function within(offset: number | undefined, names: readonly string[], name: string): number | undefined {
  const at = names.indexOf(name);
  return offset === undefined || at < 0 ? undefined : offset + at;
}

/** The parameter that multiplies the layer's input, by name: `kernel`, `depthwiseKernel`, `embeddings`, … */
export function kernelOf(layer: LayerLayout): LayerLayout['parameters'][number] | undefined {
  return layer.parameters.find((p) => /^(.*kernel|embeddings)$/i.test(p.name));
}

const ofKernel =
  (name: string) =>
  (layer: LayerLayout, layout: RecordLayout): number | undefined =>
    within(kernelOf(layer)?.offset, layout.measures.parameter, name);
const ofOutput =
  (name: string) =>
  (layer: LayerLayout, layout: RecordLayout): number | undefined =>
    within(layer.outputGradient, layout.measures.outputGradient, name);
const ofFlow =
  (name: string) =>
  (layer: LayerLayout, layout: RecordLayout): number | undefined =>
    within(layer.flow, layout.measures.flow, name);
const ofActivation =
  (name: string) =>
  (layer: LayerLayout, layout: RecordLayout): number | undefined =>
    within(layer.activationStats, layout.measures.activation, name);

/**
 * Vanished: SageMaker Debugger's rule VanishingGradient fires below a mean magnitude of 1e-7. A norm is never below the
 * mean magnitude, so whatever is marked here fires there too.
 */
const VANISHED: Mark = { limit: 1e-7, word: 'vanished' };
/**
 * Exploded: our own line, ten times the largest norm that is commonly clipped to (1), as no published rule has a number
 * for it short of NaN (SageMaker Debugger) or 1e+6 (TheDeepChecker), by which time the run is lost.
 */
const EXPLODED: Mark = { limit: 10, word: 'exploded' };

export const MEASURES: readonly Measure[] = [
  {
    id: 'kernelGradient',
    label: 'Kernel gradient, l2',
    phrase: 'kernel gradient l2',
    scale: 'log',
    format: formatScientific,
    low: VANISHED,
    high: EXPLODED,
    column: ofKernel('l2'),
    nonFinite: ofKernel('nonFinite'),
  },
  {
    id: 'updateRatio',
    label: 'Update ratio',
    phrase: 'kernel update ratio',
    scale: 'log',
    format: formatScientific,
    // SageMaker Debugger's rule WeightUpdateRatio: outside 1e-8…10.
    low: { limit: 1e-8, word: 'stalled' },
    high: { limit: 10, word: 'overshot' },
    column: ofKernel('updateRatio'),
    nonFinite: ofKernel('nonFinite'),
  },
  {
    id: 'outputGradient',
    label: 'Output gradient, l2',
    phrase: 'output gradient l2',
    scale: 'log',
    format: formatScientific,
    low: VANISHED,
    high: EXPLODED,
    column: ofOutput('l2'),
    nonFinite: ofOutput('nonFinite'),
  },
  {
    // No marks: what a factor does depends on the depth. ×0.5 a layer is harmless over three layers and fatal over fifty.
    id: 'backwardFactor',
    label: 'Backward factor',
    phrase: 'backward factor',
    scale: 'log',
    format: formatFactor,
    column: ofFlow('backwardFactor'),
    nonFinite: ofOutput('nonFinite'),
  },
  {
    // No marks: the published range, 0.5…2 (TheDeepChecker), presumes inputs and initializations of unit variance.
    id: 'activationStd',
    label: 'Activation, std',
    phrase: 'activation std',
    scale: 'log',
    format: formatScientific,
    column: ofActivation('std'),
    nonFinite: ofOutput('nonFinite'),
  },
  {
    // No marks, here and below: a share speaks for itself.
    id: 'saturated',
    label: 'Activation, saturated',
    phrase: 'saturated share',
    scale: 'linear',
    format: formatPercent,
    column: ofActivation('saturatedFraction'),
    nonFinite: ofOutput('nonFinite'),
  },
  {
    id: 'dead',
    label: 'Activation, dead units',
    phrase: 'share of dead units',
    scale: 'linear',
    format: formatPercent,
    column: ofActivation('deadFraction'),
    nonFinite: ofOutput('nonFinite'),
  },
];

/** The measure of an id; what is unknown (an older panel's saved state) is the first one. */
export function measureOf(id: string | undefined): Measure {
  return MEASURES.find((m) => m.id === id) ?? MEASURES[0]!;
}

export type CellKind = 'empty' | 'value' | 'low' | 'high' | 'nonFinite';

/**
 * What a cell is. A column of several steps shows its mean; one step beyond the high mark or not finite marks it all.
 * @param bad largest count of non-finite numbers in the column
 */
export function classify(measure: Measure, mean: number, largest: number, bad: number): CellKind {
  if (bad > 0 || mean === Number.POSITIVE_INFINITY || mean === Number.NEGATIVE_INFINITY) return 'nonFinite';
  if (Number.isNaN(mean)) return 'empty';
  if (measure.high && largest > measure.high.limit) return 'high';
  if (measure.low && mean < measure.low.limit) return 'low';
  return 'value';
}

/** The word for a marked cell, or nothing. */
export function markWord(measure: Measure, kind: CellKind): string | undefined {
  if (kind === 'nonFinite') return 'not finite';
  return kind === 'low' ? measure.low?.word : kind === 'high' ? measure.high?.word : undefined;
}

/** What a record says of one layer. `undefined` where the measure does not apply to the layer or was not taken. */
export function readMeasure(
  measure: Measure,
  record: Float64Array,
  layer: LayerLayout,
  layout: RecordLayout,
): { readonly value: number; readonly kind: CellKind } | undefined {
  const column = measure.column(layer, layout);
  if (column === undefined) return undefined;
  const value = record[column] ?? Number.NaN;
  const bad = record[measure.nonFinite(layer, layout) ?? -1] ?? 0;
  const kind = classify(measure, value, value, bad);
  if (kind === 'empty') return undefined;
  return { value: kind === 'nonFinite' && Number.isFinite(value) ? Number.NaN : value, kind };
}

/**
 * What the gradient was multiplied by on its way from the layer of the row below to this one: the ratio of their δ, so
 * that what is left at a layer is the product of the rows below it. In a chain that is this layer's activation factor
 * times the later one's weights; both parts are NaN where they do not make the ratio (a branching graph).
 */
export function passedFrom(
  layer: LayerLayout,
  record: Float64Array,
  layout: RecordLayout,
): { readonly factor: number; readonly activation: number; readonly weights: number } {
  const below = layout.layers[layout.layers.indexOf(layer) + 1];
  const none = { factor: Number.NaN, activation: Number.NaN, weights: Number.NaN };
  if (!below) return none;
  const flow = (of: LayerLayout, name: string): number =>
    record[of.flow + layout.measures.flow.indexOf(name)] ?? Number.NaN;
  const factor = flow(layer, 'cumulative') / flow(below, 'cumulative');
  const activation = flow(layer, 'activationFactor');
  const weights = flow(below, 'weightFactor');
  // Both sides are sums of many rounded float32 squares: 1 % tells a chain from a branch, not rounding.
  const chain = Math.abs(activation * weights - factor) <= 0.01 * factor;
  return chain ? { factor, activation, weights } : { ...none, factor };
}
