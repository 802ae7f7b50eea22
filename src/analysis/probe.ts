// Owns the probe: one batch (and a few steps) at initialization, measured with several seeds. It says what theory cannot, and
// what theory is held against.
import type { Dataset } from '../spec/dataset';
import type { Graph } from '../spec/network';
import type { Spec } from '../spec/schema';

/** Statistics over the seeds of one layer; NaN where a number does not apply. */
export interface ProbedLayer {
  readonly name: string;
  readonly index: number;
  /** One number a seed: log10 of `cumulative`, `backwardFactor`, `activationFactor`, `weightFactor`. −Infinity for 0. */
  readonly cumulative: readonly number[];
  readonly backwardFactor: readonly number[];
  readonly activationFactor: readonly number[];
  readonly weightFactor: readonly number[];
  /** log10 of the l2 of the output gradient. */
  readonly outputGradient: readonly number[];
  /** Means over the seeds. */
  readonly activationMean: number;
  readonly activationStd: number;
  readonly zeroFraction: number;
  readonly saturatedFraction: number;
  readonly deadFraction: number;
  /** ‖Δw‖ ÷ ‖w‖ of the kernel (the first parameter that trains) at the first step, median over seeds. */
  readonly updateRatio: number;
  /** ‖mean of the kernel's gradient over the batches‖ ÷ root of its mean squared deviation from it: signal to noise of one batch. */
  readonly signalToNoise: number;
  /** Largest difference between any two units' gradients ÷ the largest gradient: 0 where units are clones. */
  readonly unitSpread: number;
}

export interface ProbeResult {
  readonly seeds: readonly number[];
  readonly layers: readonly ProbedLayer[];
  /** Mean over the seeds, at initialization. */
  readonly loss: number;
  /** Loss after each of the first few steps of training with the spec's optimizer, first seed. */
  readonly firstLosses: readonly number[];
}

export interface ProbeOptions {
  readonly graph: Graph;
  readonly spec: Spec;
  readonly dataset: Dataset;
  /** How many seeds, the spec's own first. Default: 3. */
  readonly seeds?: number;
  /** Training steps of the first seed for update ratios and first losses. Default: 3. */
  readonly steps?: number;
  /** Batches whose gradients are compared for `signalToNoise`. Default: 4. */
  readonly batches?: number;
}

/** @returns undefined where the network or its data is too large for a probe while somebody types */
export function probe(_options: ProbeOptions): ProbeResult | undefined {
  return undefined;
}
