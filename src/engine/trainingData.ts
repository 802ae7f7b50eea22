// Owns what the engine asks of data. The rooms of data and engine do not know each other: a dataset of the data room has
// this form, and so may anything else.

/** Samples in a fixed order, sample-major and row-major, `count` of them. */
export interface TrainingSamples {
  readonly count: number;
  readonly inputs: Float32Array;
  /** Int32Array of labels for classes, Float32Array for values. */
  readonly targets: Float32Array | Int32Array;
}

export interface TrainingData {
  /** Shapes without the batch; a `targetShape` of [] is one label a sample. */
  readonly inputShape: readonly number[];
  readonly targetShape: readonly number[];
  /** Whether targets are labels from 0 to `classes` − 1, or numbers. */
  readonly targetKind: 'classes' | 'values';
  readonly classes?: number;
  readonly train: TrainingSamples;
  /** Empty (count 0) where nothing was kept for testing. */
  readonly test: TrainingSamples;
}
