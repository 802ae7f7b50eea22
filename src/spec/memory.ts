// Owns the estimate of what training takes, made from the spec alone before anything is allocated: within a tenth of what
// is used, or 2 MiB where that is more. What a layer keeps is `layerMemory.ts`'s.
//
// Counted is what is held while a net trains, recording everything: the engine's memory (parameters with their gradients
// and the optimizer's numbers, one batch's values and gradients of every layer, all samples, the plans, the statistics of
// the steps in hand), and the samples once more as the data room hands them over. Not counted is what passes: the file
// or the samples as made, which are gone before the engine takes its memory, and a copy of all that is trained, taken
// while a step is about to diverge; nor the kernels' scratch space, some hundred KiB a thread, nor the records kept of
// earlier steps, which have a limit of their own.
import { layerMemory } from './layerMemory';
import type { DataShape, Graph, ParameterInfo } from './network';
import type { OptimizerSpec, Spec } from './schema';
import { product } from './shapes';

/** The engine takes its memory in pieces of this size. */
const PIECE_BYTES = 64;
/** Of one operation in a plan. */
const RECORD_BYTES = 64;
/** The engine's: most steps in hand, and most that their statistics and the numbers of their samples may take, roughly. */
const STEPS_IN_HAND = 256;
const IN_HAND_BYTES = 16 * 2 ** 20;
/** Numbers measured of a step, of a layer (its output and its gradient), of a time step, and of a parameter. */
const MEASURED = { step: 4, layer: 14, timeStep: 2, parameter: 10 } as const;

export interface MemoryEstimate {
  readonly bytes: number;
  /** By what it is for; the sum is `bytes`. */
  readonly parameters: number;
  readonly values: number;
  readonly data: number;
  /** Plans, and statistics of the steps in hand. */
  readonly recording: number;
  /** Bytes of each layer, parameters and values, in the order of the graph. */
  readonly layers: readonly number[];
}

/** @returns bytes of the whole, for training with all that is recorded */
export function estimateMemory(graph: Graph, spec: Spec, dataShape: DataShape): number {
  return memoryOf(graph, spec, dataShape).bytes;
}

export function memoryOf(graph: Graph, spec: Spec, dataShape: DataShape): MemoryEstimate {
  const element = spec.training.precision === 'float64' ? 8 : 4;
  const { trainSamples, testSamples = 0 } = dataShape;
  // A batch is never larger than what there is to train on.
  const batch = Math.min(spec.training.batchSize, trainSamples ?? Number.POSITIVE_INFINITY);
  const columns = Math.ceil(batch / 8) * 8;
  const states = optimizerStates(spec.optimizer);
  const consumers = new Uint32Array(graph.layers.length);
  consumers[graph.output]!++;
  for (const { inputs } of graph.layers) for (const i of inputs) if (i >= 0) consumers[i]!++;

  let parameters = 0;
  // The plans of training, measuring, comparing and evaluating; a few operations each that no layer has.
  let recording = 4 * 6 * RECORD_BYTES;
  let measured: number = MEASURED.step;
  const { clipNorm, adaptiveClip } = spec.training;
  // Clipped in both ways, a gradient is measured before each.
  const perParameter = MEASURED.parameter * (clipNorm !== undefined && adaptiveClip !== undefined ? 2 : 1);
  const layers = graph.layers.map((layer) => {
    const own = layer.parameters.reduce((sum, p) => sum + parameterBytes(p, element, states), 0);
    const { values, constants, operations, timeSteps } = layerMemory(layer);
    // The gradient of whoever is taken by several is the sum of one from each.
    const merged = consumers[layer.index]! > 1 ? product(layer.outputShape) : 0;
    parameters += own;
    const learned = layer.parameters.filter((p) => !p.isState).length;
    measured += MEASURED.layer + MEASURED.timeStep * timeSteps + perParameter * learned;
    // Forward in all four plans, backward in two: as many operations again, and a few a parameter.
    recording += RECORD_BYTES * (6 * operations + 4 * learned);
    return own + element * (columns * (values + merged) + constants);
  });
  const labels = spec.loss === 'softmaxCrossEntropy';
  const outputs = product(graph.layers[graph.output]!.outputShape);
  const targets = labels ? product(dataShape.targetShape ?? []) : outputs;
  const targetElement = labels ? 4 : element;
  const features = product(graph.inputShape);
  // The batch, the loss's gradient, and the batch's targets.
  const batchBytes = columns * (element * (features + outputs) + targetElement * targets);
  const values = layers.reduce((a, b) => a + b, 0) - parameters + batchBytes;

  // Of the steps in hand: the orders of their epochs, their settings, and their statistics; one step more to measure by.
  const epochSteps = Math.ceil((trainSamples ?? 0) / batch) || 1;
  const allSteps = spec.training.steps ?? (spec.training.epochs ?? 1) * epochSteps;
  const inHand = Math.floor(Math.min(STEPS_IN_HAND, allSteps, IN_HAND_BYTES / (8 * measured + 4 * batch)));
  const steps = Math.max(1, inHand);
  const epochs = spec.data.shuffle ? Math.ceil(steps / epochSteps) + 1 : 1;
  recording += 4 * (epochs * (trainSamples ?? 0) + batch) + (steps + 1) * (8 * measured + 32 + 8 * element);

  // As handed over, and where the engine reads its batches from.
  const samples = (trainSamples ?? 0) + testSamples;
  const data = samples * (features * (4 + element) + targets * (4 + targetElement));
  return { bytes: parameters + values + data + recording, parameters, values, data, recording, layers };
}

/** Weights; and where they are learned their gradient and the norm of each unit's; where trained, the optimizer's states. */
function parameterBytes(p: ParameterInfo, element: number, states: number): number {
  const tensor = Math.ceil((product(p.shape) * element) / PIECE_BYTES) * PIECE_BYTES;
  if (p.isState) return tensor;
  const { unitAxes = 1, shape } = p;
  const units = shape.length < 2 ? 0 : product(unitAxes > 0 ? shape.slice(-unitAxes) : shape.slice(0, -unitAxes));
  return tensor * (p.trainable ? 2 + states : 2) + (unitAxes === 0 ? 0 : units * element);
}

/** Numbers that the update rule keeps beside each weight. */
export function optimizerStates(optimizer: OptimizerSpec): 0 | 1 | 2 {
  switch (optimizer.type) {
    case 'sgd':
      return optimizer.momentum > 0 ? 1 : 0;
    case 'rmsprop':
      return optimizer.momentum > 0 ? 2 : 1;
    case 'adagrad':
    case 'lion':
      return 1;
    case 'adadelta':
    case 'adam':
    case 'adamw':
    case 'nadam':
      return 2;
  }
}
