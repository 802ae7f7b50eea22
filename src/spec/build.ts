// Owns the step from an expanded graph to a network: shapes put through layer by layer, faults placed in the text.
import { problem } from './codes';
import { formatBytes } from './format';
import type { ExpandedLayer, Expansion } from './graph';
import { memoryOf } from './memory';
import { fieldRange } from './names';
import { DATA_INPUT, type DataShape, type Graph, type GraphLayer } from './network';
import { pathRange, rangeOf, type SpecNode } from './parse';
import type { Problem, TextRange } from './problem';
import type { LayerSpec, Spec } from './schema';
import {
  type LayerInput,
  passesOn,
  residualFault,
  type Shape,
  type ShapeFault,
  type Taker,
  wholeNumbersFault,
} from './shapeFaults';
import { layerShapes, product, sameShape } from './shapes';

export interface Build {
  /** Present where every shape is known. */
  readonly graph?: Graph;
  readonly problems: readonly Problem[];
}

/**
 * @param expansion its layers and their order; problems in it that leave those usable do not matter
 * @param nodes where each layer of the spec stands in the text
 */
export function buildGraph(
  { layers, order }: Expansion,
  inputShape: Shape,
  nodes: ReadonlyMap<object, SpecNode>,
): Build {
  const problems: Problem[] = [];
  // Layers of a repeat share their text: one problem is enough.
  const blamed = new Set<LayerSpec>();
  const built: (GraphLayer | undefined)[] = new Array(layers.length);
  // Whether a layer's output is the data's own numbers, and so whole where those are.
  const whole: (boolean | undefined)[] = new Array(layers.length);
  for (const index of order) {
    const layer = layers[index]!;
    const inputs = layer.inputs.map((i) => inputOf(i, built, inputShape));
    const goal = layer.projectionOf === undefined ? undefined : inputOf(layer.projectionOf, built, inputShape);
    // After a fault nothing is known, and nothing more is said, of what depends on it.
    if (!inputs.every((i) => i !== undefined) || (layer.projectionOf !== undefined && !goal)) continue;
    const taker: Taker = { name: layer.name, inputs };
    const spec = goal && layer.spec.type === 'dense' ? { ...layer.spec, units: goal.shape.at(-1) ?? 1 } : layer.spec;
    const result = waysFault(layer, inputs, goal) ?? numbersFault(layer, taker, whole) ?? layerShapes(spec, taker);
    if ('code' in result) {
      if (!blamed.has(layer.source)) {
        const { code, field, message, hint } = result;
        problems.push(problem(code, fieldRange(layer.source, nodes, field), message, hint));
      }
      blamed.add(layer.source);
      continue;
    }
    const node = nodes.get(layer.source);
    built[index] = {
      name: layer.name,
      index,
      spec,
      inputs: layer.inputs,
      ...(layer.coefficients ? { coefficients: layer.coefficients } : {}),
      range: node ? rangeOf(node) : { start: 0, end: 0 },
      groups: layer.groups,
      inputShapes: inputs.map(({ shape }) => shape),
      ...result,
    };
    whole[index] = passesOn(spec.type) && layer.inputs.every((i) => i === DATA_INPUT || whole[i] === true);
  }
  const complete = built.filter((l) => l !== undefined);
  if (problems.length > 0 || complete.length < layers.length) return { problems };
  const parameterCount = complete.reduce((n, l) => n + l.parameters.reduce((m, p) => m + product(p.shape), 0), 0);
  return { graph: { layers: complete, order, output: layers.length - 1, inputShape, parameterCount }, problems };
}

function inputOf(index: number, built: readonly (GraphLayer | undefined)[], inputShape: Shape): LayerInput | undefined {
  if (index === DATA_INPUT) return { shape: inputShape, from: undefined };
  const from = built[index];
  return from && { shape: from.outputShape, from };
}

/** @param goal of a projection: what it must answer the shape of */
function waysFault(
  layer: ExpandedLayer,
  inputs: readonly LayerInput[],
  goal: LayerInput | undefined,
): ShapeFault | undefined {
  if (layer.source.type !== 'residual') return undefined;
  const past = inputs[0]!;
  const through = goal ?? inputs[1]!;
  if (sameShape(past.shape, through.shape)) return undefined;
  if (goal && sameShape(past.shape.slice(0, -1), through.shape.slice(0, -1))) return undefined;
  // The two parts that a residual adds itself are called `…/add` and `…/shortcut`: it is the residual that is meant.
  return residualFault(layer.name.replace(/\/(?:add|shortcut)((?:\/\d+)*)$/, '$1'), past, through, goal !== undefined);
}

function numbersFault(layer: ExpandedLayer, taker: Taker, whole: readonly (boolean | undefined)[]) {
  if (layer.spec.type !== 'embedding') return undefined;
  return layer.inputs.every((i) => i === DATA_INPUT || whole[i]) ? undefined : wholeNumbersFault(taker);
}

/** Refuses what would not fit, at the number that is to blame most. */
export function checkMemory(
  graph: Graph,
  spec: Spec,
  dataShape: DataShape,
  limitBytes: number,
  expansion: Expansion,
  tree: SpecNode,
  nodes: ReadonlyMap<object, SpecNode>,
): Problem | undefined {
  const estimate = memoryOf(graph, spec, dataShape);
  // Sums of what float64 cannot hold are no numbers either.
  if (estimate.bytes <= limitBytes) return undefined;
  const { range, hint } = blame();
  const message = `Training needs about ${formatBytes(estimate.bytes)}, more than the ${formatBytes(limitBytes)} allowed.`;
  const setting = 'or raise the setting `gradoscope.memoryLimitMiB`.';
  return problem('NS402', range, message, `${hint} ${setting}`);

  function blame(): { range: TextRange; hint: string } {
    const { data, values, parameters } = estimate;
    if (data > values && data > parameters) {
      const path = 'samples' in spec.data ? ['data', 'samples'] : ['data', 'source'];
      return { range: pathRange(tree, path), hint: 'Use fewer samples (`limit`),' };
    }
    if (values > parameters && spec.training.batchSize > LARGE_BATCH) {
      return { range: pathRange(tree, ['training', 'batchSize']), hint: 'Use a smaller batch,' };
    }
    const bySource = new Map<LayerSpec, number>();
    expansion.layers.forEach(({ source }, i) => {
      bySource.set(source, (bySource.get(source) ?? 0) + (estimate.layers[i] ?? 0));
    });
    const worst = [...bySource].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
    return { range: fieldRange(worst, nodes, sizeField(worst)), hint: 'Make this layer smaller,' };
  }
}

/** Above this a batch is more likely to blame than the layers; usual ones have 16 to 1,024 samples. */
const LARGE_BATCH = 4096;

function sizeField(layer: LayerSpec): string {
  return ['units', 'filters', 'outputDim', 'keyDim', 'targetShape'].find((f) => f in layer) ?? 'type';
}
