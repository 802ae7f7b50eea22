// Owns the questions that symptoms ask about a layer's place in the graph: what comes before and after it, which property
// holds its activation, whether it is the output.
import { ACTIVATIONS, type Activation } from '../engine/activations';
import type { ElementwiseActivation } from '../engine/kernels/contract';
import { DATA_INPUT, type Graph, type GraphLayer, type ParameterInfo } from '../spec/network';
import type { ActivationName, PlainLayerSpec } from '../spec/schema';

type LayerType = PlainLayerSpec['type'];

const RESHAPING: ReadonlySet<LayerType> = new Set(['flatten', 'reshape']);
const NORMALIZING: ReadonlySet<LayerType> = new Set([
  'batchNormalization',
  'layerNormalization',
  'rmsNormalization',
  'groupNormalization',
]);
const DENSE: ReadonlySet<LayerType> = new Set(['dense', 'conv1d', 'conv2d', 'depthwiseConv2d']);
const RECURRENT: ReadonlySet<LayerType> = new Set(['simpleRNN', 'lstm', 'gru']);

/** Gives the same numbers another shape. */
export const reshapes = (layer: GraphLayer) => RESHAPING.has(layer.spec.type);
export const normalizes = (layer: GraphLayer) => NORMALIZING.has(layer.spec.type);
/** Dense or a convolution: weighted sums, then an activation. */
export const isDense = (layer: GraphLayer) => DENSE.has(layer.spec.type);
export const isRecurrent = (layer: GraphLayer) => RECURRENT.has(layer.spec.type);

/** The layers of a graph with those that take their outputs. */
export class Surroundings {
  readonly graph: Graph;
  readonly #consumers: readonly (readonly GraphLayer[])[];
  readonly #residuals: ReadonlySet<string | undefined>;

  constructor(graph: Graph) {
    this.graph = graph;
    const consumers: GraphLayer[][] = graph.layers.map(() => []);
    for (const layer of graph.layers) {
      for (const input of new Set(layer.inputs)) if (input !== DATA_INPUT) consumers[input]!.push(layer);
    }
    this.#consumers = consumers;
    this.#residuals = new Set(graph.layers.filter((l) => l.coefficients).map((l) => l.groups.at(-1)));
  }

  /** Whether a normalization takes the size of its weights away again. */
  isNormalized(layer: GraphLayer): boolean {
    const next = this.nextPast(layer, reshapes);
    return next !== undefined && normalizes(next);
  }

  /** Whether it stands in a residual: the signal goes past it too. */
  isInBranch({ groups }: GraphLayer): boolean {
    return groups.some((group) => this.#residuals.has(group));
  }

  consumers(layer: GraphLayer): readonly GraphLayer[] {
    return this.#consumers[layer.index]!;
  }

  /** The one layer that takes the output; undefined for the output layer and where there are several. */
  next(layer: GraphLayer): GraphLayer | undefined {
    const consumers = this.consumers(layer);
    return consumers.length === 1 ? consumers[0] : undefined;
  }

  /** The one layer whose output it takes; undefined where it is the data or there are several. */
  previous(layer: GraphLayer): GraphLayer | undefined {
    return layer.inputs.length === 1 ? this.graph.layers[layer.inputs[0]!] : undefined;
  }

  /** The next layer past those that pass. */
  nextPast(layer: GraphLayer, passes: (layer: GraphLayer) => boolean): GraphLayer | undefined {
    let next = this.next(layer);
    while (next && passes(next)) next = this.next(next);
    return next;
  }

  /** The layer before, past those that pass. */
  previousPast(layer: GraphLayer, passes: (layer: GraphLayer) => boolean): GraphLayer | undefined {
    let previous = this.previous(layer);
    while (previous && passes(previous)) previous = this.previous(previous);
    return previous;
  }

  /** The last layers, from the loss back to the last one with weights of its own, that one included. */
  outputChain(): readonly GraphLayer[] {
    const chain: GraphLayer[] = [];
    for (let layer = this.graph.layers[this.graph.output]; layer; layer = this.previous(layer)) {
      chain.push(layer);
      if (kernelOf(layer)) break;
    }
    return chain;
  }

  /** Whether nothing with weights comes after it. */
  isOutput(layer: GraphLayer): boolean {
    return this.outputChain().includes(layer);
  }
}

/** What the layer's weights are called in its spec: its first parameter, where that is a matrix. */
export function kernelOf(layer: GraphLayer): ParameterInfo | undefined {
  const first = layer.parameters[0];
  return first && first.shape.length > 1 && first.name !== 'embeddings' ? first : undefined;
}

/** The property that says what the kernel starts from. */
export function kernelProperty(layer: GraphLayer): string {
  return layer.spec.type === 'depthwiseConv2d' ? 'depthwiseInitializer' : 'kernelInitializer';
}

/** The layer's own activation; undefined where it has none or `linear`. */
export function ownActivation({ spec }: GraphLayer): ActivationName | undefined {
  return 'activation' in spec && spec.activation !== 'linear' ? spec.activation : undefined;
}

/** The layer's own activation, `linear` where it has none. */
export function activationOf(layer: GraphLayer): ActivationName {
  return ownActivation(layer) ?? 'linear';
}

/** Formula and kind of an activation; undefined for `softmax`, which is not applied number by number. */
export function formulaOf(name: ActivationName): Activation | undefined {
  return name === 'softmax' ? undefined : ACTIVATIONS[name satisfies ElementwiseActivation];
}

/** The activation that takes what the layer's weights answer: its own, or that of the next layer. */
export function activationAfter(
  layer: GraphLayer,
  surroundings: Surroundings,
): { readonly name: ActivationName; readonly layer: GraphLayer } | undefined {
  const own = ownActivation(layer);
  if (own) return { name: own, layer };
  const next = surroundings.nextPast(layer, (l) => reshapes(l) || l.spec.type === 'dropout');
  const name = next?.spec.type === 'activation' ? ownActivation(next) : undefined;
  return next && name ? { name, layer: next } : undefined;
}

/** Layers that share their text, as those of a `repeat` do, in one list. */
export function byText<T extends { readonly layer: GraphLayer }>(found: readonly T[]): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of found) {
    const { start, end } = item.layer.range;
    const key = `${start}-${end}`;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}
