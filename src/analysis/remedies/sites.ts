// Owns how remedies look at a network: by the objects of the text, of which a repeat's stand for several layers, and by what
// stands before and after each.

import type { Graph, GraphLayer } from '../../spec/network';
import { nodeAt, propertyOf, type SpecNode } from '../../spec/parse';
import type { ActivationName, InitializerSpec, PlainLayerSpec } from '../../spec/schema';
import { layerPath, type SpecPath } from '../blame';
import type { Evidence } from '../evidence';
import type { Finding } from '../finding';
import type { SpecChange } from '../specEdit';

/** One layer object of the text. */
export interface Site {
  readonly path: SpecPath;
  readonly node: SpecNode;
  readonly spec: PlainLayerSpec;
  /** The layers that it stands for, one a time of the repeats around it. */
  readonly layers: readonly GraphLayer[];
}

/** Layers whose kernels' product with the input passes through their activation, and the property of their initializer. */
const KERNELS: Readonly<Record<string, string>> = {
  dense: 'kernelInitializer',
  conv1d: 'kernelInitializer',
  conv2d: 'kernelInitializer',
  depthwiseConv2d: 'depthwiseInitializer',
};

/** In the order of the text; what a residual adds by itself has no site. */
export function sitesOf({ graph, tree }: Evidence): readonly Site[] {
  // Layers of a repeat share their place in the text, which is looked up once.
  const byPlace = new Map<number, GraphLayer[]>();
  for (const layer of graph.layers) {
    const others = byPlace.get(layer.range.start);
    if (others) others.push(layer);
    else byPlace.set(layer.range.start, [layer]);
  }
  return [...byPlace.values()].flatMap((all) => {
    const path = layerPath(tree, all[0]!);
    const node = nodeAt(tree, path);
    const type = node && propertyOf(node, 'type')?.value;
    const layers = all.filter(({ spec }) => spec.type === type);
    return node && layers[0] ? [{ path, node, spec: layers[0].spec, layers }] : [];
  });
}

/** The property of the site's kernel initializer; undefined where it has no such kernel. */
export function kernelProperty(site: Site): string | undefined {
  return KERNELS[site.spec.type];
}

export function hasKernel({ type }: PlainLayerSpec): boolean {
  return type in KERNELS;
}

export function isRecurrent({ type }: PlainLayerSpec): boolean {
  return type === 'simpleRNN' || type === 'lstm' || type === 'gru';
}

export function isNormalization({ type }: PlainLayerSpec): boolean {
  return type.endsWith('Normalization');
}

/** Of each graph, what is worked out once: remedies ask for it at every layer. */
const CONSUMERS = new WeakMap<Graph, readonly (readonly GraphLayer[])[]>();

/** Layers that take the layer's output. */
export function consumersOf({ graph }: Evidence, { index }: GraphLayer): readonly GraphLayer[] {
  let consumers = CONSUMERS.get(graph);
  if (!consumers) {
    const found: GraphLayer[][] = graph.layers.map(() => []);
    for (const layer of graph.layers) for (const input of new Set(layer.inputs)) found[input]?.push(layer);
    consumers = found;
    CONSUMERS.set(graph, consumers);
  }
  return consumers[index] ?? [];
}

/** Layers from the last one with parameters to the loss: what they answer is the output. */
export function headOf({ graph }: Evidence): ReadonlySet<number> {
  const head = new Set<number>();
  let layer = graph.layers[graph.output];
  while (layer) {
    head.add(layer.index);
    if (layer.parameters.length > 0 && !isNormalization(layer.spec)) break;
    layer = layer.inputs.length === 1 ? graph.layers[layer.inputs[0]!] : undefined;
  }
  return head;
}

/** Sites before the head, gates (whose output is multiplied with another) left out. */
export function hiddenSites(evidence: Evidence): readonly Site[] {
  const head = headOf(evidence);
  const isGate = (layer: GraphLayer): boolean =>
    consumersOf(evidence, layer).some(
      (next) => next.spec.type === 'multiply' || (next.spec.type === 'activation' && isGate(next)),
    );
  return sitesOf(evidence).filter((site) => !site.layers.some((layer) => head.has(layer.index) || isGate(layer)));
}

const PASSED: ReadonlySet<string> = new Set([
  ...['dropout', 'flatten', 'reshape', 'maxPooling1d', 'maxPooling2d', 'averagePooling1d', 'averagePooling2d'],
  ...['batchNormalization', 'layerNormalization', 'rmsNormalization', 'groupNormalization'],
]);

/** The function that the layer's pre-activations go through: its own, or that of an `activation` layer behind it. */
export function activationOf(evidence: Evidence, layer: GraphLayer): ActivationName {
  const { spec } = layer;
  if ('activation' in spec && (spec.activation !== 'linear' || spec.type === 'activation')) return spec.activation;
  const [next, ...others] = consumersOf(evidence, layer);
  if (!next || others.length > 0) return 'linear';
  if (next.spec.type === 'activation') return next.spec.activation;
  return PASSED.has(next.spec.type) ? activationOf(evidence, next) : 'linear';
}

/** Whether the next thing that happens to the layer's output, but for dropout, is a normalization. */
export function isNormalized(evidence: Evidence, layer: GraphLayer): boolean {
  return consumersOf(evidence, layer).some(
    (next) => isNormalization(next.spec) || (next.spec.type === 'dropout' && isNormalized(evidence, next)),
  );
}

/** The site whose kernel's product goes into an `activation` layer, with nothing between them. */
export function kernelBefore(evidence: Evidence, sites: readonly Site[], site: Site): Site | undefined {
  const [input] = site.layers[0]!.inputs;
  const before = sites.find(({ layers }) => layers.some(({ index }) => index === input));
  return before && kernelProperty(before) && activationOf(evidence, before.layers[0]!) !== 'linear'
    ? before
    : undefined;
}

/** The site that a finding blames: by its layer, or by where it points. */
export function siteOf(finding: Finding, sites: readonly Site[]): Site | undefined {
  return (
    sites.find(({ layers }) => layers.some(({ name }) => name === finding.layer)) ??
    sites.find(({ node }) => node.offset <= finding.range.start && finding.range.start < node.offset + node.length)
  );
}

/** The sites that a finding blames or says to suffer; all where it names none. */
export function sufferingSites(finding: Finding, sites: readonly Site[]): readonly Site[] {
  const names = new Set([...finding.related.map(({ layer }) => layer), ...(finding.layer ? [finding.layer] : [])]);
  const blamed = siteOf(finding, sites);
  const found = sites.filter((site) => site === blamed || site.layers.some(({ name }) => names.has(name)));
  return found.length > 0 ? found : sites;
}

/** Such as `in 10 layers`, and of a single layer its name. */
export function inLayers(sites: readonly Site[]): string {
  const layers = sites.flatMap((site) => site.layers);
  return layers.length === 1 ? `in \`${layers[0]!.name}\`` : `in ${layers.length} layers`;
}

/** Whether the site's object writes the property, rather than leave it to its default. */
export function isWritten(site: Site, property: string): boolean {
  return propertyOf(site.node, property) !== undefined;
}

/** The last of the text first: what is inserted or taken away there moves no path of those before. */
export function backwards(sites: readonly Site[]): readonly Site[] {
  return [...sites].sort((a, b) => b.node.offset - a.node.offset);
}

export function setAt(site: Site, property: string, value: unknown): SpecChange {
  return { type: 'set', path: [...site.path, property], value };
}

/** Leaves the property to its default; nothing where it is left already. */
export function removeAt(site: Site, property: string): readonly SpecChange[] {
  return isWritten(site, property) ? [{ type: 'remove', path: [...site.path, property] }] : [];
}

/** The path of a place in the list that the site stands in, so many places behind it. */
export function placeBehind({ path }: Site, places: number): SpecPath {
  return [...path.slice(0, -1), (path.at(-1) as number) + places];
}

export function initializerOf(site: Site, property: string): InitializerSpec | undefined {
  return (site.spec as unknown as Readonly<Record<string, InitializerSpec | undefined>>)[property];
}
