// Owns a record in words: the object that the command line's `gradients` prints, with names in place of columns.
import type { LayerLayout, RecordLayout } from './record';

type Measures = Readonly<Record<string, number>>;

export interface LayerReport {
  readonly name: string;
  readonly type: string;
  /** The batch first. */
  readonly outputShape: readonly number[];
  readonly outputGradient: Measures;
  /** Absent where it does not apply, such as a factor back through a layer whose input's gradient nobody wants. */
  readonly backwardFactor?: number;
  readonly activationFactor?: number;
  readonly weightFactor?: number;
  readonly cumulative?: number;
  readonly activation: Measures;
  /** Recurrent layers: l2 of the gradient by the hidden state, first time step of the input first. */
  readonly timeGradient?: readonly number[];
  readonly parameters: Readonly<Record<string, Measures & { readonly shape: readonly number[] }>>;
}

export interface GradientReport {
  readonly loss: number;
  readonly metric: number;
  readonly batchSize: number;
  readonly gradientNorm: number;
  readonly layers: readonly LayerReport[];
}

/**
 * @param record derived numbers of one step; those that are not finite stay as they are, for the serializer to spell
 * @param batchSize samples of this step
 */
export function gradientReport(record: Float64Array, layout: RecordLayout, batchSize: number): GradientReport {
  return {
    loss: record[layout.measures.step.indexOf('loss')]!,
    metric: record[layout.measures.step.indexOf('metric')]!,
    batchSize,
    gradientNorm: record[layout.measures.step.indexOf('gradientNorm')]!,
    layers: layout.layers.map((layer) => layerReport(record, layout, layer, batchSize)),
  };
}

function layerReport(record: Float64Array, layout: RecordLayout, layer: LayerLayout, batchSize: number): LayerReport {
  const { measures } = layout;
  const outputGradient = named(record, layer.outputGradient, measures.outputGradient);
  const activation = named(record, layer.activationStats, measures.activation);
  const flow = named(record, layer.flow, measures.flow);
  const forwardIsFinite = Number.isFinite(activation.mean);
  const gradientIsFinite = outputGradient.nonFinite === 0;
  return {
    name: layer.name,
    type: layer.type,
    outputShape: [batchSize, ...layer.outputShape],
    outputGradient,
    ...(gradientIsFinite ? applying(flow) : flow),
    activation: forwardIsFinite ? applying(activation) : activation,
    ...timeGradient(record, layer),
    parameters: Object.fromEntries(
      layer.parameters.map(({ name, shape, offset }) => {
        const all = named(record, offset, measures.parameter);
        const { updateRatio = Number.NaN, ...gradient } = all;
        // Without an update there is no ratio.
        return [name, { shape, ...gradient, ...(Number.isNaN(updateRatio) ? {} : { updateRatio }) }];
      }),
    ) as LayerReport['parameters'],
  };
}

/** The time steps of a recurrent layer as a field; none for other layers. */
export function timeGradient(record: Float64Array, { timeGradient }: LayerLayout): Pick<LayerReport, 'timeGradient'> {
  if (!timeGradient) return {};
  const { offset, steps } = timeGradient;
  return { timeGradient: Array.from(record.subarray(offset, offset + steps)) };
}

function named(record: Float64Array, at: number, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name, k) => [name, record[at + k]!]));
}

/** NaN means "does not apply" where the tensor itself is finite, and is left out then. */
function applying(measures: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(measures).filter(([, value]) => !Number.isNaN(value)));
}
