// Owns what a list of layers means as a graph: composites expanded, names given, inputs resolved, an order to compute
// in. Shapes come after, in `shapes.ts`.
import { problem } from './codes';
import { fieldRange, nameLayers, nameRange } from './names';
import { DATA_INPUT } from './network';
import { propertyOf, rangeOf, type SpecNode } from './parse';
import type { Problem, TextRange } from './problem';
import type { LayerSpec, PlainLayerSpec, Spec } from './schema';
import { nearestName } from './suggest';

/** A layer of the expanded graph that knows no shapes yet. */
export interface ExpandedLayer {
  readonly name: string;
  /**
   * For the dense layer of a projection, `units` is not known before shapes are: it is 0, and `projectionOf` is the
   * index of the layer whose shape it must answer.
   */
  readonly spec: PlainLayerSpec;
  readonly projectionOf?: number;
  readonly coefficients?: readonly number[];
  /** Indexes of layers; `DATA_INPUT` is the data. */
  readonly inputs: readonly number[];
  /** The object of the text that it comes from. */
  readonly source: LayerSpec;
  readonly groups: readonly string[];
}

export interface Expansion {
  readonly layers: readonly ExpandedLayer[];
  readonly order: readonly number[];
  /** Empty where `layers` and `order` can be relied on. */
  readonly problems: readonly Problem[];
}

/** Most layers of an expanded graph. Deeper has been trained (10,000 layers, Xiao et al. 2018), twice as deep has not. */
export const MAX_LAYERS = 20_000;

/** @param nodes where each layer of the spec stands in the text */
export function expandGraph(spec: Spec, nodes: ReadonlyMap<object, SpecNode>): Expansion {
  const refuse = (problems: readonly Problem[]): Expansion => ({ layers: [], order: [], problems });
  const tooMany = tooManyLayers(spec, nodes);
  if (tooMany) return refuse([tooMany]);
  const { names, problems } = nameLayers(spec.layers, nodes);
  if (problems.length > 0) return refuse(problems);
  const expander = new Expander(names, nodes);
  expander.expand(spec.layers);
  const layers = expander.resolve();
  if (expander.problems.length > 0) return refuse(expander.problems);
  const sorted = sortLayers(layers, nodes);
  return 'problem' in sorted
    ? refuse([sorted.problem])
    : { layers, order: sorted.order, problems: unused(layers, nodes) };
}

function tooManyLayers(spec: Spec, nodes: ReadonlyMap<object, SpecNode>): Problem | undefined {
  let largest: { layer: LayerSpec; count: number } | undefined;
  const count = (layers: readonly LayerSpec[]): number => {
    let sum = 0;
    for (const layer of layers) {
      let own = 1;
      if (layer.type === 'repeat') {
        own = layer.times * count(layer.layers);
        if (own > MAX_LAYERS && (!largest || layer.times > (largest.layer as typeof layer).times))
          largest = { layer, count: own };
      } else if (layer.type === 'residual') own = count(layer.layers) + (layer.shortcut === 'projection' ? 2 : 1);
      sum += own;
    }
    return sum;
  };
  const total = count(spec.layers);
  if (total <= MAX_LAYERS) return undefined;
  const range = largest ? fieldRange(largest.layer, nodes, 'times') : fieldRange(spec.layers.at(-1)!, nodes, 'type');
  const message = `The network would have ${total < 1e15 ? total.toLocaleString('en-US') : total.toExponential(1)} layers; at most ${MAX_LAYERS.toLocaleString('en-US')} are built.`;
  return problem('NS401', range, message, 'Use fewer layers, or repeat them less often.');
}

/** What a layer takes: a layer already made, the data, or a name to be looked up when all are made. */
type Source =
  | number
  | { readonly name: string; readonly node: SpecNode | undefined; readonly scope: Scope; readonly layer: LayerSpec };

/** Names as they are called within one time of one composite: layer or composite → index of its output. */
interface Scope {
  readonly own: Map<string, number>;
  readonly parent: Scope | undefined;
}

interface Place {
  readonly scope: Scope;
  readonly groups: readonly string[];
  /** Times of the repeats around, such as `/2/1`. */
  readonly times: string;
  /** Names of the residuals around with a slash, which their layers may leave out. */
  readonly prefix: string;
}

interface PendingLayer extends Omit<ExpandedLayer, 'inputs'> {
  readonly sources: readonly Source[];
}

class Expander {
  readonly problems: Problem[] = [];
  readonly #names: ReadonlyMap<LayerSpec, string>;
  readonly #nodes: ReadonlyMap<object, SpecNode>;
  readonly #layers: PendingLayer[] = [];
  /** Every layer and composite by its full name. */
  readonly #byName = new Map<string, number>();
  readonly #reported = new Set<SpecNode | LayerSpec>();

  constructor(names: ReadonlyMap<LayerSpec, string>, nodes: ReadonlyMap<object, SpecNode>) {
    this.#names = names;
    this.#nodes = nodes;
  }

  expand(layers: readonly LayerSpec[]): void {
    this.#list(layers, DATA_INPUT, { scope: { own: new Map(), parent: undefined }, groups: [], times: '', prefix: '' });
  }

  /** @returns the last layer's output */
  #list(layers: readonly LayerSpec[], input: Source, place: Place): Source {
    let previous = input;
    for (const layer of layers) previous = this.#layer(layer, previous, place);
    return previous;
  }

  #layer(layer: LayerSpec, previous: Source, place: Place): number {
    const base = this.#names.get(layer)!;
    const sources = this.#sources(layer, previous, place.scope);
    const input = sources[0] ?? previous;
    let output: number;
    if (layer.type === 'repeat') {
      let last = input;
      for (let time = 1; time <= layer.times; time++) {
        last = this.#list(layer.layers, last, {
          scope: { own: new Map(), parent: place.scope },
          groups: [...place.groups, `${base}${place.times}/${time}`],
          times: `${place.times}/${time}`,
          prefix: place.prefix,
        });
      }
      output = this.#layers.length - 1;
      this.#register(`${base}${place.times}`, output, layer);
    } else if (layer.type === 'residual') {
      output = this.#residual(layer, input, base, place);
      this.#register(`${base}${place.times}`, output, layer);
    } else {
      output = this.#push({ name: `${base}${place.times}`, spec: layer, sources, source: layer, groups: place.groups });
    }
    place.scope.own.set(base, output);
    if (base.startsWith(place.prefix)) place.scope.own.set(base.slice(place.prefix.length), output);
    return output;
  }

  #residual(layer: Extract<LayerSpec, { type: 'residual' }>, input: Source, base: string, place: Place): number {
    const groups = [...place.groups, `${base}${place.times}`];
    const scope = { own: new Map<string, number>(), parent: place.scope };
    const body = this.#list(layer.layers, input, { scope, groups, times: place.times, prefix: `${base}/` });
    let shortcut = input;
    if (layer.shortcut === 'projection') {
      const name = `${base}/shortcut${place.times}`;
      const projectionOf = this.#layers.length - 1;
      shortcut = this.#push({
        name,
        spec: projectionSpec(name),
        projectionOf,
        sources: [input],
        source: layer,
        groups,
      });
    }
    const name = `${base}/add${place.times}`;
    const coefficients = [1, layer.scale];
    // Names as inputs belong to the text; what it is computed from is `inputs` of the graph's layer.
    const spec: PlainLayerSpec = { type: 'add', name, inputs: [] };
    return this.#push({ name, spec, sources: [shortcut, body], coefficients, source: layer, groups });
  }

  #push(layer: PendingLayer): number {
    this.#layers.push(layer);
    this.#register(layer.name, this.#layers.length - 1, layer.source);
    return this.#layers.length - 1;
  }

  #register(name: string, index: number, source: LayerSpec): void {
    if (this.#byName.has(name) && !this.#reported.has(source)) {
      this.#reported.add(source);
      const message = `Two layers would be called \`${name}\`, one of them by its place in a composite.`;
      this.problems.push(problem('NS202', nameRange(source, this.#nodes), message, 'Give this layer another name.'));
    }
    this.#byName.set(name, index);
  }

  #sources(layer: LayerSpec, previous: Source, scope: Scope): readonly Source[] {
    if (layer.inputs === undefined) return [previous];
    const node = this.#nodes.get(layer);
    const items = node && propertyOf(node, 'inputs')?.children;
    return layer.inputs.map((name, i) => ({ name, node: items?.[i], scope, layer }));
  }

  resolve(): ExpandedLayer[] {
    return this.#layers.map(({ sources, ...layer }) => ({ ...layer, inputs: sources.map((s) => this.#resolve(s)) }));
  }

  #resolve(source: Source): number {
    if (typeof source === 'number') return source;
    for (let scope: Scope | undefined = source.scope; scope; scope = scope.parent) {
      const found = scope.own.get(source.name);
      if (found !== undefined) return found;
    }
    const found = this.#byName.get(source.name);
    if (found !== undefined) return found;
    if (source.name !== 'data') this.#reportUnknown(source);
    return DATA_INPUT;
  }

  #reportUnknown({ name, node, layer }: Exclude<Source, number>): void {
    if (this.#reported.has(node ?? layer)) return;
    this.#reported.add(node ?? layer);
    const range = node ? rangeOf(node) : fieldRange(layer, this.#nodes, 'inputs');
    const shown = name.length > 60 ? `${name.slice(0, 60)}…` : name;
    const repeated = this.#byName.has(`${name}/1`);
    const nearest = repeated ? undefined : nearestName(name, ['data', ...this.#byName.keys()]);
    const hint = repeated
      ? `It is repeated: say which time, such as \`${name}/1\`.`
      : nearest === undefined
        ? 'Give a layer this name, or take the name of another; `data` is the data.'
        : `Did you mean \`${nearest}\`?`;
    this.problems.push(problem('NS201', range, `No layer is called \`${shown}\`.`, hint));
  }
}

/** A dense layer without activation; its units follow from the shape of the other way. */
function projectionSpec(name: string): PlainLayerSpec {
  return {
    type: 'dense',
    name,
    units: 0,
    activation: 'linear',
    useBias: true,
    kernelInitializer: { type: 'glorotUniform' },
    biasInitializer: { type: 'zeros' },
    trainable: true,
  };
}

/** Each layer after its inputs, otherwise in the order of the spec. */
function sortLayers(
  layers: readonly ExpandedLayer[],
  nodes: ReadonlyMap<object, SpecNode>,
): { order: number[] } | { problem: Problem } {
  const order: number[] = [];
  const state = new Uint8Array(layers.length); // 0 not met, 1 on the way, 2 done
  const way: { index: number; next: number }[] = [];
  for (let start = 0; start < layers.length; start++) {
    if (state[start] !== 0) continue;
    way.push({ index: start, next: 0 });
    state[start] = 1;
    while (way.length > 0) {
      const top = way.at(-1)!;
      const { inputs, projectionOf } = layers[top.index]!;
      // A projection's units follow from the shape of the other way, so that must come first.
      const input = top.next === inputs.length ? projectionOf : inputs[top.next];
      top.next++;
      if (input === undefined) {
        state[top.index] = 2;
        order.push(top.index);
        way.pop();
      } else if (input !== DATA_INPUT && state[input] === 1) {
        return {
          problem: cycle(
            layers,
            way.map((w) => w.index),
            input,
            nodes,
          ),
        };
      } else if (input !== DATA_INPUT && state[input] === 0) {
        state[input] = 1;
        way.push({ index: input, next: 0 });
      }
    }
  }
  return { order };
}

function cycle(
  layers: readonly ExpandedLayer[],
  way: readonly number[],
  from: number,
  nodes: ReadonlyMap<object, SpecNode>,
): Problem {
  const circle = way.slice(way.indexOf(from));
  // What can be changed is a name in somebody's `inputs`: every circle has one, since a layer before is never in front.
  const named = [...circle].reverse().find((i) => layers[i]!.source.inputs !== undefined) ?? from;
  const source = layers[named]!.source;
  const names = [...circle, from].map((i) => `\`${layers[i]!.name}\``);
  const shown = names.length > 6 ? [...names.slice(0, 3), '…', ...names.slice(-2)] : names;
  const message = `These layers take each other's outputs in a circle: ${shown.join(' ← ')}.`;
  return problem(
    'NS203',
    inputRange(source, nodes, circle, layers),
    message,
    'Take the output of an earlier layer instead.',
  );
}

/** The entry of `inputs` that leads into the circle. */
function inputRange(
  source: LayerSpec,
  nodes: ReadonlyMap<object, SpecNode>,
  circle: readonly number[],
  layers: readonly ExpandedLayer[],
): TextRange {
  const node = nodes.get(source);
  const items = (node && propertyOf(node, 'inputs')?.children) ?? [];
  const consumer = circle.find((i) => layers[i]!.source === source);
  const position = consumer === undefined ? -1 : layers[consumer]!.inputs.findIndex((i) => circle.includes(i));
  const item = items[position] ?? items[0];
  return item ? rangeOf(item) : fieldRange(source, nodes, 'inputs');
}

/** Layers that the loss never sees have no gradient at all: that is a slip, not a design. */
function unused(layers: readonly ExpandedLayer[], nodes: ReadonlyMap<object, SpecNode>): Problem[] {
  const taken = new Set(layers.flatMap((l) => l.inputs));
  const reported = new Set<LayerSpec>();
  const problems: Problem[] = [];
  layers.slice(0, -1).forEach(({ name, source }, i) => {
    if (taken.has(i) || reported.has(source)) return;
    reported.add(source);
    const message = `Nothing takes the output of \`${name}\`, so it gets no gradient.`;
    const hint = "Name it in the `inputs` of another layer, or remove it; the spec's last layer goes into the loss.";
    problems.push(problem('NS213', nameRange(source, nodes), message, hint));
  });
  return problems;
}
