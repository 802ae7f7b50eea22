// Owns how large a trial may be: how long a step of a network takes, roughly, and from that how many steps and seeds a
// measurement of remedies can afford while somebody waits. Pure: an estimate of work, never a clock.
import type { Dataset } from '../spec/dataset';
import type { Graph, GraphLayer } from '../spec/network';
import type { Spec } from '../spec/schema';

/** Multiplications and additions a millisecond that small networks reach; our measurement, one thread of 2 GHz. */
const OPERATIONS_A_MS = 8e6;
/** What a layer costs however small it is, in milliseconds; our measurement. */
const LAYER_MS = 0.003;

/** Milliseconds of one training when a whole network is tried beside ten remedies in 5 to 20 seconds. */
const SHORT_TRAINING_MS = 500;
/** The same of one that may take up to a minute. */
const LONG_TRAINING_MS = 2500;
/** Fewer say nothing about learning. */
const FEWEST_STEPS = 60;
/** From here on a short training is long enough to compare two networks by; our measurement. */
const TELLING_STEPS = 300;

/**
 * Milliseconds that a step takes, within a factor of three or so.
 * @param batch samples a step
 */
export function stepMs(graph: Graph, batch: number): number {
  const operations = graph.layers.reduce((sum, layer) => sum + layerOperations(layer), 0);
  return graph.layers.length * LAYER_MS + (operations * batch) / OPERATIONS_A_MS;
}

/** Forward and backward of one sample. */
function layerOperations(layer: GraphLayer): number {
  const outputs = sizeOf(layer.outputShape);
  const kernels = layer.parameters.filter(({ shape }) => shape.length > 1 && layer.spec.type !== 'embedding');
  const weights = kernels.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  // A weight is used once a place: each position of an image, each time step of a sequence.
  const inputs = layer.inputShapes[0] ?? [];
  const recurrent = layer.parameters.some(({ name }) => name === 'recurrentKernel');
  const places = recurrent ? (inputs[0] ?? 1) : outputs / (layer.outputShape.at(-1) ?? 1);
  const attention = layer.spec.type === 'multiHeadAttention' ? 2 * (inputs[0] ?? 1) * outputs : 0;
  return 6 * (weights * places + attention) + 10 * outputs * (recurrent ? places : 1);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Steps that the spec itself asks for. */
export function stepsOfSpec(spec: Spec, dataset: Dataset): number {
  const batch = Math.min(spec.training.batchSize, dataset.train.count);
  return spec.training.steps ?? (spec.training.epochs ?? 1) * Math.max(1, Math.ceil(dataset.train.count / batch));
}

/**
 * Steps and seeds of each trial: the spec's own number of steps where that is short, otherwise what time allows.
 * The seeds begin with the spec's own.
 */
export function trialSize(network: { readonly graph: Graph; readonly spec: Spec; readonly dataset: Dataset }): {
  readonly seeds: readonly number[];
  readonly steps: number;
} {
  const { graph, spec, dataset } = network;
  const wanted = stepsOfSpec(spec, dataset);
  const each = stepMs(graph, Math.min(spec.training.batchSize, Math.max(1, dataset.train.count)));
  const short = Math.floor(SHORT_TRAINING_MS / each);
  const isShort = short >= Math.min(wanted, TELLING_STEPS);
  const affordable = isShort ? short : Math.floor(LONG_TRAINING_MS / each);
  const steps = Math.max(1, Math.min(wanted, Math.max(FEWEST_STEPS, affordable)));
  const seeds = Array.from({ length: isShort ? 3 : 2 }, (_, k) => spec.seed + k);
  return { seeds, steps };
}
