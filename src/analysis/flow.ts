// Owns the summary of a prediction that vanishing and exploding are judged by: from which layer to which, how much of the
// gradient is left, what that does to learning, and which property costs most.

import type { GraphLayer } from '../spec/network';
import type { OptimizerSpec } from '../spec/schema';
import type { Evidence } from './evidence';
import { weightMoments } from './initialWeights';
import type { LayerPrediction, Term } from './prediction';
import { formulaOf, kernelOf, kernelProperty, normalizes } from './surroundings';
import { inputMeanSquare } from './symptoms/signal';

export interface Flow {
  readonly basis: 'prediction' | 'probe' | 'run';
  /** The first and last layer with parameters. */
  readonly first: GraphLayer;
  readonly last: GraphLayer;
  /** How many layers with parameters there are. */
  readonly depth: number;
  readonly firstToLast: number;
  readonly factorPerLayer: number;
  /**
   * `firstToLast` without what pooling does. That happens once for each pooling and grows with no depth, and learning does not
   * feel it: the gradient of a kernel is a sum over the positions that it was spread over.
   */
  readonly throughDepth: number;
  /** Update ratio of the last layer ÷ the first's; NaN where it is not known. */
  readonly imbalance: number;
  /** `cumulative`, layer by layer of the graph; NaN where it is not known. */
  readonly cumulative: readonly number[];
}

/**
 * A table of vectors is not the first layer: its vectors start as small as somebody likes, and each gets the gradient of its own
 * samples alone.
 * @returns undefined where nothing can be said of the first layer, or there are not three: the last takes the loss's gradient
 * as it is, so that two layers have no depth
 */
export function flowOf(evidence: Evidence): Flow | undefined {
  const { graph, prediction } = evidence;
  const withParameters = graph.layers.filter((l) => l.parameters.some((p) => !p.isState));
  const start = withParameters.findIndex((l) => !isTable(l));
  const first = withParameters[start];
  const last = withParameters.at(-1);
  const depth = withParameters.length - start;
  if (!first || !last || depth < 3) return undefined;
  const measured = flowOfRun(first, last, depth, evidence);
  if (measured || !prediction) return measured;
  const predicted = prediction.layers[first.index];
  const firstToLast = start === 0 ? prediction.firstToLast : (predicted?.cumulative ?? Number.NaN);
  const factorPerLayer = start === 0 ? prediction.factorPerLayer : firstToLast ** (1 / (depth - 1));
  if (Number.isNaN(firstToLast) || Number.isNaN(factorPerLayer)) return undefined;
  return {
    basis: predicted?.basis === 'probe' ? 'probe' : 'prediction',
    first,
    last,
    depth,
    firstToLast,
    factorPerLayer,
    throughDepth: firstToLast / pooling(evidence),
    imbalance: imbalanceOf(first, last, evidence),
    cumulative: prediction.layers.map((l) => l.cumulative),
  };
}

/** What a run has shown so far: medians over its steps. */
function flowOfRun(first: GraphLayer, last: GraphLayer, depth: number, evidence: Evidence): Flow | undefined {
  const { graph, run } = evidence;
  const seen = new Map(run?.layers.map((layer) => [layer.name, layer]));
  const of = ({ name }: GraphLayer) => 10 ** (seen.get(name)?.cumulative ?? Number.NaN);
  const firstToLast = of(first) / of(last);
  if (Number.isNaN(firstToLast)) return undefined;
  const ratio = ({ name }: GraphLayer) => seen.get(name)?.updateRatio ?? Number.NaN;
  return {
    basis: 'run',
    first,
    last,
    depth,
    firstToLast,
    factorPerLayer: firstToLast ** (1 / (depth - 1)),
    throughDepth: firstToLast / pooling(evidence),
    imbalance: ratio(last) / ratio(first),
    cumulative: graph.layers.map(of),
  };
}

/** What the predicted poolings multiply the gradient by, all together. */
function pooling({ prediction }: Evidence): number {
  let product = 1;
  for (const { terms } of prediction?.layers ?? []) {
    for (const { kind, factor } of terms) if (kind === 'pooling' && factor > 0) product *= factor;
  }
  return product;
}

/** Depth-normalized, of `throughDepth`. */
export function depthFactor({ throughDepth, depth }: Flow): number {
  return throughDepth ** (1 / (depth - 1));
}

function isTable({ spec }: GraphLayer): boolean {
  return spec.type === 'embedding' || spec.type === 'positionalEmbedding';
}

/** Optimizers whose steps do not depend on the size of the gradient, with the size at which that ends. */
export function evensOut(optimizer: OptimizerSpec): { readonly epsilon: number } | undefined {
  switch (optimizer.type) {
    case 'sgd':
      return undefined;
    case 'lion':
      return { epsilon: 0 };
    default:
      return { epsilon: optimizer.epsilon };
  }
}

/** How many times faster the last layer's kernel learns than the first's, under plain gradient descent. */
function imbalanceOf(first: GraphLayer, last: GraphLayer, evidence: Evidence): number {
  if (evidence.probe && !evensOut(evidence.spec.optimizer)) {
    const measured = (layer: GraphLayer) => evidence.probe?.layers[layer.index]?.updateRatio ?? Number.NaN;
    const ratio = measured(last) / measured(first);
    if (!Number.isNaN(ratio)) return ratio;
  }
  return (relativeGradient(last, evidence) / relativeGradient(first, evidence)) * pooling(evidence);
}

/**
 * ‖∂L/∂W‖ ÷ ‖W‖ of the kernel, up to a factor that all layers share: ‖δ‖ · rms(a) · √fan-in ÷ (√(fan-in · fan-out · Var w)),
 * as ‖∂L/∂W‖ = ‖δ‖ · ‖a‖ for one sample.
 */
function relativeGradient(layer: GraphLayer, evidence: Evidence): number {
  const kernel = kernelOf(layer);
  if (!kernel) return Number.NaN;
  const { mean, variance } = weightMoments(kernel);
  const units = kernel.shape.at(-1) ?? 1;
  const cumulative = evidence.prediction?.layers[layer.index]?.cumulative ?? Number.NaN;
  return (cumulative * Math.sqrt(inputMeanSquare(layer, evidence))) / Math.sqrt(units * (variance + mean * mean));
}

/** A property of the text, and the log of what it multiplies the gradient by over the whole net. */
export interface Share {
  readonly layer: GraphLayer;
  readonly property: string | undefined;
  readonly term: string;
  readonly log: number;
  /** How many layers of the net have it. */
  readonly times: number;
}

/**
 * What each property costs (log below 0) or adds over the net, the costliest first. What an initializer made for the activation
 * would make up for counts as the initializer's: half of a ReLU's signal is lost by design, and He's doubles the variance.
 */
export function shares({ graph, prediction }: Evidence): readonly Share[] {
  const sums = new Map<
    string,
    { layer: GraphLayer; property: string | undefined; term: string; log: number; times: number }
  >();
  const add = (layer: GraphLayer, property: string | undefined, term: string, factor: number) => {
    const log = Math.log(factor);
    if (!Number.isFinite(log) || log === 0) return;
    const key = `${layer.range.start}-${property ?? ''}`;
    const sum = sums.get(key);
    if (sum) {
      sum.log += log;
      sum.times++;
    } else sums.set(key, { layer, property, term, log, times: 1 });
  };
  for (const predicted of prediction?.layers ?? []) {
    const layer = graph.layers[predicted.index]!;
    const { terms, movedTo } = settled(layer, predicted, graph.layers);
    for (const { term, property, factor } of terms) add(layer, property, term, factor);
    if (movedTo) add(movedTo.layer, movedTo.property, movedTo.term, movedTo.factor);
  }
  return [...sums.values()].sort((a, b) => a.log - b.log);
}

interface Moved {
  readonly layer: GraphLayer;
  readonly property: string;
  readonly term: string;
  readonly factor: number;
}

/** The layer's terms, without an activation's that is put down to the initializer before it. */
function settled(
  layer: GraphLayer,
  { terms }: LayerPrediction,
  layers: readonly GraphLayer[],
): { readonly terms: readonly Term[]; readonly movedTo?: Moved } {
  const activation = terms.find(({ kind }) => kind === 'activation');
  const weights = weightsBefore(layer, layers);
  const kernel = weights && kernelOf(weights);
  const name = 'activation' in layer.spec ? layer.spec.activation : undefined;
  const formula = name && formulaOf(name);
  if (!activation || !weights || !kernel || !formula) return { terms };
  // A slope of 1 somewhere, and not flat nearly everywhere: weights of the right size carry the gradient through.
  const mendable = formula.maxDerivative >= 1 && !formula.saturates && activation.factor > 0.5 && activation.factor < 1;
  if (!mendable) return { terms };
  return {
    terms: terms.filter((t) => t !== activation),
    movedTo: {
      layer: weights,
      property: kernelProperty(weights),
      term: kernel.initializer.type,
      factor: activation.factor,
    },
  };
}

/** The layer whose weights make what enters the layer's activation. */
function weightsBefore(layer: GraphLayer, layers: readonly GraphLayer[]): GraphLayer | undefined {
  let at: GraphLayer | undefined = layer;
  while (at && !kernelOf(at)) {
    if (normalizes(at) || at.inputs.length !== 1) return undefined;
    at = layers[at.inputs[0]!];
  }
  return at;
}
