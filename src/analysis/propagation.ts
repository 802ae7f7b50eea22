// Owns the walk of signal and gradient through the graph: second moments carried layer by layer, forward from the data's
// own, backward from the loss. What each kind of layer does to them stands in `rules/`, what is carried in `signal.ts`.
import type { Dataset } from '../spec/dataset';
import { DATA_INPUT, type Graph, type GraphLayer } from '../spec/network';
import type { Spec } from '../spec/schema';
import { chooseSamples, dataSignal, lossGradient } from './fields';
import { mergeGradients } from './gradients';
import type { LayerPrediction, Prediction, Term } from './prediction';
import type { ProbeResult } from './probe';
import { measuredPassage } from './rules/measured';
import { RULES } from './rules/table';
import { type Backward, diagonalMean, type Gradient, type Passage, type Signal, typicalOf } from './signal';

export interface PredictOptions {
  readonly graph: Graph;
  readonly spec: Spec;
  /** The data itself, for its moments; absent where it cannot be read: then standard-normal inputs are assumed. */
  readonly dataset?: Dataset;
  /** Stands in for the layers on which theory has no honest answer. */
  readonly probe?: ProbeResult;
}

/** Samples that are followed: many in a net of few layers, few in one of many, so that the time stays. */
function sampleCount(layers: number, batch: number): number {
  const most = layers <= 60 ? 24 : layers <= 120 ? 16 : layers <= 400 ? 8 : 6;
  return Math.max(1, Math.min(most, batch));
}

/** 95 % of a normal lie within so many standard deviations. */
const TWO_SIDED_95 = 1.959963984540054;
/** Less than this, of a factor, is not worth a term of its own. */
const FELT = 0.002;

/**
 * How far the prediction itself may be off, as a standard deviation in decades: measured over generated nets (`test/bench/
 * propagation.mjs`), where it grows with depth ÷ width. Everything else in the band is derived.
 */
const THEORY_ERROR = { least: 0.02, perNarrow: 0.2 };

function theoryError(own: State, reference: State): number {
  if (own === reference || own.mean === reference.mean) return 0;
  return Math.LN10 * (THEORY_ERROR.least + THEORY_ERROR.perNarrow * Math.max(0, own.narrow - reference.narrow));
}

/** What the gradient of every layer will be at initialization. Never throws for a graph that `analyzeSpec` made. */
export function predict({ graph, spec, dataset, probe }: PredictOptions): Prediction {
  const available = dataset && dataset.train.count > 0 ? dataset.train.count : Number.POSITIVE_INFINITY;
  const batch = Math.max(1, Math.min(spec.training.batchSize, available));
  const chosen = chooseSamples(dataset, sampleCount(graph.layers.length, batch));
  const data = dataSignal(graph, dataset, chosen);
  const passages: Passage[] = new Array(graph.layers.length);
  const inputsOf = (layer: GraphLayer): Signal[] =>
    layer.inputs.map((i) => (i === DATA_INPUT ? data : passages[i]!.output));
  for (const i of graph.order) {
    const layer = graph.layers[i]!;
    const inputs = inputsOf(layer);
    const probed = probe?.layers.find((p) => p.index === i);
    // Behind a gap in the theory no signal is known: only what no signal matters to can be derived.
    const rule = inputs.some((input) => input.unknown) && dependsOnSignal(layer) ? undefined : RULES[layer.spec.type];
    passages[i] = rule?.(layer, inputs, { spec, dataset, batch, probed }) ?? measuredPassage(layer, inputs, probed);
  }
  const output = passages[graph.output]!.output;
  const walk = walkBack(graph, passages, lossGradient(graph, spec, dataset, output, chosen));
  const learned = graph.order.filter((i) => graph.layers[i]!.parameters.length > 0);
  const reference = state(passages, walk, learned.at(-1) ?? graph.output, batch);
  const layers = graph.layers.map((layer) =>
    describe(
      layer,
      passages[layer.index]!,
      walk[layer.index],
      inputsOf(layer),
      reference,
      state(passages, walk, layer.index, batch),
      batch,
    ),
  );
  const first = learned[0];
  const firstToLast = first === undefined ? Number.NaN : layers[first]!.cumulative;
  // By its logarithm: the whole may be too small for a number.
  const log = first === undefined ? Number.NaN : 0.5 * (state(passages, walk, first, batch).mean - reference.mean);
  return {
    layers,
    firstToLast,
    firstToLastBand: first === undefined ? [Number.NaN, Number.NaN] : layers[first]!.band,
    factorPerLayer: learned.length < 2 ? firstToLast : Math.exp(log / (learned.length - 1)),
  };
}

const SCALE_FREE: ReadonlySet<string> = new Set(['linear', 'relu', 'leakyRelu']);
const SIGNAL_FREE: ReadonlySet<string> = new Set([
  ...['dense', 'activation', 'dropout', 'flatten', 'reshape', 'add', 'concatenate', 'conv1d', 'conv2d'],
  ...['depthwiseConv2d', 'averagePooling1d', 'averagePooling2d', 'globalAveragePooling1d', 'globalAveragePooling2d'],
  ...['positionalEmbedding', 'embedding'],
]);

/** Whether a layer's factor is another where what it takes is larger or smaller. */
function dependsOnSignal({ spec, parameters }: GraphLayer): boolean {
  if (!SIGNAL_FREE.has(spec.type) || parameters.some(({ initializer }) => initializer.type === 'lsuv')) return true;
  return 'activation' in spec && !SCALE_FREE.has(spec.activation);
}

/** One layer on the way back: what came to its output, and what it made of it. */
interface Way {
  readonly incoming: Gradient;
  readonly outgoing: Backward;
  /** Of the `add` of a residual, known once the way back has come to the block's input. */
  block?: LayerPrediction['block'];
}

/** @returns by layer; undefined where no gradient comes */
function walkBack(graph: Graph, passages: readonly Passage[], loss: Gradient): readonly (Way | undefined)[] {
  const arriving: { readonly from: number; readonly gradient: Gradient }[][] = graph.layers.map(() => []);
  arriving[graph.output]!.push({ from: graph.output, gradient: loss });
  const ways: (Way | undefined)[] = new Array(graph.layers.length).fill(undefined);
  for (let k = graph.order.length - 1; k >= 0; k--) {
    const i = graph.order[k]!;
    const layer = graph.layers[i]!;
    const parts = arriving[i]!;
    const incoming = mergeGradients(
      parts.map(({ gradient }) => gradient),
      layer.outputShape.reduce((a, b) => a * b, 1),
    );
    arriving[i] = [];
    if (!incoming) continue;
    for (const { from, gradient } of parts) {
      const way = ways[from];
      if (way && isBlock(graph, i, from, parts)) way.block = blockOf(incoming, gradient);
    }
    const outgoing = passages[i]!.backward(incoming);
    ways[i] = { incoming, outgoing };
    layer.inputs.forEach((input, at) => {
      const gradient = outgoing.inputs[at];
      if (gradient && input !== DATA_INPUT) arriving[input]!.push({ from: i, gradient });
    });
  }
  return ways;
}

/** Whether what takes `input` is one identity shortcut, into the residual's `add`, and that residual's own layers. */
function isBlock(graph: Graph, input: number, add: number, parts: readonly { readonly from: number }[]): boolean {
  const { coefficients, inputs, groups } = graph.layers[add]!;
  if (!coefficients || inputs[0] !== input || add === input) return false;
  const group = groups.at(-1);
  return group !== undefined && parts.every(({ from }) => graph.layers[from]!.groups.includes(group));
}

function blockOf(whole: Gradient, skip: Gradient): LayerPrediction['block'] {
  const factor = Math.exp(whole.log - skip.log);
  return { factor, branch: factor - 1 };
}

/** ln ‖δ‖² of a layer over draws of the weights: expectation and variance. */
interface State {
  readonly mean: number;
  readonly spread: number;
  readonly narrow: number;
}

function state(passages: readonly Passage[], ways: readonly (Way | undefined)[], index: number, batch: number): State {
  const way = ways[index];
  // Nothing takes what it answers: its gradient is 0.
  if (!way) return { mean: Number.NEGATIVE_INFINITY, spread: 0, narrow: 0 };
  const passage = passages[index]!;
  const { delta } = way.outgoing;
  const at = passage.preActivation ?? passage.output;
  return typicalOf(delta, at, batch);
}

function describe(
  layer: GraphLayer,
  passage: Passage,
  way: Way | undefined,
  inputs: readonly Signal[],
  reference: State,
  own: State,
  batch: number,
): LayerPrediction {
  const log = 0.5 * (own.mean - reference.mean);
  const deviation = Math.hypot(
    0.5 * Math.sqrt(Math.max(0, own.spread - reference.spread)),
    theoryError(own, reference),
  );
  const at = (deviations: number) => Math.exp(log + deviations * deviation);
  const { activationFactor, weightFactor, terms } = factors(passage, way, inputs, own, batch);
  return {
    name: layer.name,
    type: layer.spec.type,
    index: layer.index,
    backwardFactor:
      terms.length > 0 ? terms.reduce((product, { factor }) => product * factor, 1) : activationFactor * weightFactor,
    activationFactor,
    weightFactor,
    cumulative: at(0),
    band: [at(-TWO_SIDED_95), at(TWO_SIDED_95)],
    basis: passage.basis,
    terms,
    signal: {
      ...(passage.preActivationMeanSquare === undefined
        ? {}
        : { preActivationMeanSquare: passage.preActivationMeanSquare }),
      meanSquare: passage.output.unknown ? Number.NaN : diagonalMean(passage.output.field),
      mean: passage.output.unknown
        ? Number.NaN
        : passage.output.mean.reduce((a, b) => a + b, 0) / passage.output.mean.length,
    },
    ...(way?.block ? { block: way.block } : {}),
    ...(way?.outgoing.timeProfile ? { timeProfile: way.outgoing.timeProfile } : {}),
  };
}

/** The typical draw's factors; what few units do to it stands among the terms, so that these multiply to the whole. */
function factors(
  passage: Passage,
  way: Way | undefined,
  inputs: readonly Signal[],
  own: State,
  batch: number,
): { readonly activationFactor: number; readonly weightFactor: number; readonly terms: readonly Term[] } {
  if (!way) return { activationFactor: Number.NaN, weightFactor: Number.NaN, terms: [] };
  const { incoming, outgoing } = way;
  const before = typicalOf(incoming, passage.output, batch).mean;
  const passed = outgoing.inputs.map((gradient, i) =>
    gradient ? typicalOf(gradient, inputs[i]!, batch).mean : Number.NEGATIVE_INFINITY,
  );
  const most = Math.max(...passed);
  const after = Number.isFinite(most)
    ? most + Math.log(passed.reduce((sum, log) => sum + Math.exp(log - most), 0))
    : most;
  const activationFactor = own.mean === before ? 1 : Math.exp(0.5 * (own.mean - before));
  if (outgoing.isExact || passed.length === 0 || passage.basis === 'probe') {
    const product = outgoing.terms.reduce((all, { factor }) => all * factor, 1);
    const whole = outgoing.terms.length === 0 && passage.basis === 'probe' ? Number.NaN : product;
    return { activationFactor, weightFactor: whole / activationFactor, terms: outgoing.terms };
  }
  const product = outgoing.terms.reduce((all, { factor }) => all * factor, 1);
  const whole = Math.exp(0.5 * (after - before));
  const few = whole / product;
  if (!(Math.abs(few - 1) > FELT) || !(few > 0) || !Number.isFinite(few)) {
    return { activationFactor, weightFactor: product / activationFactor, terms: outgoing.terms };
  }
  const term: Term = { term: 'few units', kind: 'fan', factor: few, property: 'units' };
  return { activationFactor, weightFactor: whole / activationFactor, terms: [...outgoing.terms, term] };
}
