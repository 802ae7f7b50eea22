// Owns the objects that `train --json` writes a line each, and `records.jsonl` keeps: what of a record scripts get.
import { timeGradient } from '../engine/gradientReport';
import type { LayerLayout, RecordLayout } from '../engine/record';

/** A layer's gradient is that of its first parameter, as in the panel; layers without parameters have none. */
export interface LayerStep {
  readonly name: string;
  readonly gradientL2?: number;
  readonly updateRatio?: number;
  readonly outputGradientL2: number;
  /** Recurrent layers: l2 of the gradient by the hidden state, first time step of the input first. */
  readonly timeGradient?: readonly number[];
}

export interface StepEvent {
  readonly event: 'step';
  readonly step: number;
  readonly loss: number;
  /** Of the step's batch, under its name. */
  readonly metric: Readonly<Record<string, number>>;
  readonly learningRate: number;
  readonly layers: readonly LayerStep[];
  /** Of the test samples, where they were evaluated after this step. */
  readonly test?: Readonly<Record<string, number>>;
}

export interface Evaluation {
  readonly loss: number;
  readonly metric: number;
}

/** Columns of a record by name. */
export function stepColumn(layout: RecordLayout, measure: string): number {
  return layout.measures.step.indexOf(measure);
}

/** Column of a measure of the layer's first parameter; undefined where it has none. */
export function kernelColumn(layout: RecordLayout, layer: LayerLayout, measure: string): number | undefined {
  const kernel = layer.parameters[0];
  return kernel && kernel.offset + layout.measures.parameter.indexOf(measure);
}

export function stepEvent(record: Float64Array, layout: RecordLayout, test?: Evaluation): StepEvent {
  const { measures, layers } = layout;
  const at = (measure: string) => record[stepColumn(layout, measure)]!;
  return {
    event: 'step',
    step: at('step'),
    loss: at('loss'),
    metric: { [layout.metric]: at('metric') },
    learningRate: at('learningRate'),
    layers: layers.map((layer) => {
      const l2 = kernelColumn(layout, layer, 'l2');
      const ratio = kernelColumn(layout, layer, 'updateRatio');
      return {
        name: layer.name,
        ...(l2 === undefined || ratio === undefined ? {} : { gradientL2: record[l2]!, updateRatio: record[ratio]! }),
        outputGradientL2: record[layer.outputGradient + measures.outputGradient.indexOf('l2')]!,
        ...timeGradient(record, layer),
      };
    }),
    ...(test ? { test: testMeasures(test, layout) } : {}),
  };
}

/** `{ loss, accuracy }`, or with the layout's other metric. */
export function testMeasures(test: Evaluation, layout: RecordLayout): Record<string, number> {
  return { loss: test.loss, [layout.metric]: test.metric };
}
