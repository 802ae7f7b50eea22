// Owns the initializer `lsuv` (layer-sequential unit variance, Mishkin & Matas 2016): orthonormal kernels, scaled layer by
// layer until each pre-activation has variance 1 on the first batch. The orthonormal start is `initializers.ts`'s.
import type { Graph } from '../spec/network';
import { ACTIVATION_RAW, type EngineMemory, RECORD_LENGTH } from './kernels/contract';
import { featureCount } from './layers/layer';
import type { CompiledNetwork, Plan } from './plan';
import type { RawStep } from './probes';

/** The paper's: how far from 1 a variance may stay, and after how many attempts it is left as it is. */
const TOLERANCE = 0.01;
const MOST_ATTEMPTS = 10;

/** Whether any kernel wants to be scaled. */
export function isScaledByData(graph: Graph): boolean {
  return graph.layers.some((layer) => layer.parameters.some((p) => p.initializer.type === 'lsuv'));
}

/**
 * Scales those kernels in place, in the order of computation, so that each layer's z = W·x + b (the whole of it: units,
 * positions and batch; b as it is) has variance 1. A layer whose z is constant or not finite stays as it is.
 * @param plan of kind `initialize`
 * @param run runs a part of the plan on the first batch
 */
export function scaleByData(
  graph: Graph,
  network: CompiledNetwork,
  plan: Plan,
  floats: EngineMemory['floats'],
  run: (part: Plan) => RawStep,
): void {
  const { length } = ACTIVATION_RAW;
  let done = 0;
  for (const i of graph.order) {
    const layer = graph.layers[i]!;
    // What lies before it is as it will be: its own records are all that has to be run again.
    const part = { ...plan, start: plan.start + done * RECORD_LENGTH, count: plan.forwardEnds[i]! - done };
    done = plan.forwardEnds[i]!;
    let raw = run(part);
    const kernel = network.parameters.find((p) => p.layer === layer && p.info.initializer.type === 'lsuv');
    if (!kernel) continue;
    const weights = floats.subarray(kernel.weights, kernel.weights + kernel.rows * kernel.columns);
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const at = raw.at + network.raw.activation[i]!;
      const variance = varianceOf(raw.stats.subarray(at, at + length), featureCount(layer.outputShape) * raw.batch);
      if (!(variance > 0 && variance < Number.POSITIVE_INFINITY) || Math.abs(variance - 1) < TOLERANCE) break;
      const factor = 1 / Math.sqrt(variance);
      for (let k = 0; k < weights.length; k++) weights[k] = weights[k]! * factor;
      raw = run(part);
    }
  }
}

/** @param raw ACTIVATION_RAW of `count` numbers */
function varianceOf(raw: Float64Array, count: number): number {
  const mean = raw[ACTIVATION_RAW.sum]! / count;
  return raw[ACTIVATION_RAW.sumOfSquares]! / count - mean * mean;
}
