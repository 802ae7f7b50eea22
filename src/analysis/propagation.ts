// Owns the walk of signal and gradient through the graph: variances carried layer by layer, forward from the data's own
// moments, backward from the loss. What each kind of layer does to them stands in `rules/`.
import type { Dataset } from '../spec/dataset';
import type { Graph } from '../spec/network';
import type { Spec } from '../spec/schema';
import type { Prediction } from './prediction';
import type { ProbeResult } from './probe';

export interface PredictOptions {
  readonly graph: Graph;
  readonly spec: Spec;
  /** The data itself, for its moments; absent where it cannot be read: then standard-normal inputs are assumed. */
  readonly dataset?: Dataset;
  /** Stands in for the layers on which theory has no honest answer. */
  readonly probe?: ProbeResult;
}

/** What the gradient of every layer will be at initialization. Never throws for a graph that `analyzeSpec` made. */
export function predict({ graph }: PredictOptions): Prediction {
  const layers = graph.layers.map((layer) => ({
    name: layer.name,
    type: layer.spec.type,
    index: layer.index,
    backwardFactor: Number.NaN,
    activationFactor: Number.NaN,
    weightFactor: Number.NaN,
    cumulative: Number.NaN,
    band: [Number.NaN, Number.NaN] as const,
    basis: 'meanField' as const,
    terms: [],
  }));
  return { layers, firstToLast: Number.NaN, firstToLastBand: [Number.NaN, Number.NaN], factorPerLayer: Number.NaN };
}
