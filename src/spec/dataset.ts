// Owns the form in which every source hands over its samples: the data room makes it, the engine trains on it, and neither
// knows the other.

/**
 * Samples ready to train on: normalized, split and limited, in one order that depends on the seed alone.
 * `inputs` is sample-major: sample i has its `product(inputShape)` values at `i * product(inputShape)`, row-major.
 */
export interface Samples {
  readonly count: number;
  readonly inputs: Float32Array;
  /**
   * Classes (`targetKind: 'classes'`): `product(targetShape)` labels a sample, each in 0…classes−1.
   * Values: `product(targetShape)` numbers a sample.
   */
  readonly targets: Float32Array | Int32Array;
}

export interface Dataset {
  /** Shape of one input without the batch, such as [28, 28, 1] or [2]. */
  readonly inputShape: readonly number[];
  /** `classes`: targets are Int32Array labels; `values`: Float32Array numbers. */
  readonly targetKind: 'classes' | 'values';
  /** Shape of one target without the batch: [] for one label, [length] for a label per time step, [n] for n values. */
  readonly targetShape: readonly number[];
  /** How many classes there are; absent for values. */
  readonly classes?: number;
  readonly train: Samples;
  /** Empty (count 0) where nothing was kept for testing. */
  readonly test: Samples;
}
