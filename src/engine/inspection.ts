// Owns reading whole tensors out of the arena after a measurement, for tests and for looking closer: outputs of layers and
// the gradient by the data. They are overwritten by whatever runs next.
import type { Graph } from '../spec/network';
import { type EngineMemory, INT_HEAD } from './kernels/contract';
import { featureCount } from './layers/layer';
import type { Plan } from './plan';
import { scaleByPower } from './powers';

/** @returns (batch, …outputShape) of a layer's output, row-major @throws Error where there is no such layer */
export function layerOutput(graph: Graph, plan: Plan, memory: EngineMemory, ld: number, name: string): Float64Array {
  const layer = graph.layers.find((candidate) => candidate.name === name);
  if (!layer) throw new Error(`there is no layer ${name}`);
  return sampleMajor(memory, ld, plan.outputs[layer.index]!, featureCount(layer.outputShape), 0);
}

/** @returns (batch, …inputShape) of the gradient by the data, row-major; zeros where no layer passes any on */
export function dataGradient(graph: Graph, plan: Plan, memory: EngineMemory, ld: number): Float64Array {
  const features = featureCount(graph.inputShape);
  const sum = new Float64Array(memory.ints[INT_HEAD.batch]! * features);
  for (const { at, exponent } of plan.dataGradients) {
    const part = sampleMajor(memory, ld, at, features, memory.ints[exponent]!);
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + part[i]!;
  }
  return sum;
}

/** The samples of the last measurement, from rows of `ld` columns. */
function sampleMajor(
  { floats, ints }: EngineMemory,
  ld: number,
  at: number,
  features: number,
  exponent: number,
): Float64Array {
  const values = new Float64Array(ints[INT_HEAD.batch]! * features);
  for (let i = 0; i < values.length; i++) {
    const sample = Math.floor(i / features);
    values[i] = scaleByPower(floats[at + (i % features) * ld + sample]!, exponent);
  }
  return values;
}
