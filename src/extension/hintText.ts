// Owns the texts at the ends of a spec's lines: each layer's shape, parameters and predicted gradient, and where in the text they
// stand. Pure; showing them is `features/inlayHints.ts`'s.
import { findNodeAtOffset } from 'jsonc-parser';
import type { LayerPrediction, Prediction } from '../protocol/analysis';
import { formatCount, parameterCount, shapeText } from '../spec/describe';
import type { Graph, GraphLayer } from '../spec/network';
import { propertyOf, rangeOf, type SpecNode } from '../spec/parse';
import type { TextRange } from '../spec/problem';
import { formatFactor, formatRelative } from './format';
import { predictionText } from './predictionText';

/** Which kinds are wanted. */
export interface HintKinds {
  readonly shape: boolean;
  readonly parameters: boolean;
  readonly gradient: boolean;
}

export interface HintPart {
  readonly kind: keyof HintKinds;
  readonly text: string;
  /** Markdown. */
  readonly tooltip: string;
}

/** What stands beside one layer's object, or beside the one object of all the times of a repeat. */
export interface LayerHint {
  /** Of the object. */
  readonly range: TextRange;
  /** Where the hint stands. */
  readonly offset: number;
  readonly parts: readonly HintPart[];
}

export interface HintInput {
  readonly text: string;
  readonly tree: SpecNode;
  readonly graph: Graph;
  readonly batchSize: number;
  readonly prediction?: Prediction;
}

/** In the order of the text. Numbers that cannot be said are left out. */
export function layerHints(input: HintInput, kinds: HintKinds): readonly LayerHint[] {
  const groups = layerGroups(input.graph);
  const types = groups.map((layers) => typeRange(input, layers[0]!));
  const lines = types.map(({ start }) => lineStart(input.text, start));
  return groups.flatMap((layers, i) => {
    const parts = [
      ...(kinds.shape ? [shapePart(layers, input.batchSize)] : []),
      ...(kinds.parameters ? parametersPart(layers) : []),
      ...(kinds.gradient ? gradientPart(layers, input.prediction) : []),
    ];
    if (parts.length === 0) return [];
    const { range } = layers[0]!;
    const alone = lines.filter((line) => line === lines[i]).length === 1;
    return [{ range, offset: hintOffset(input.text, range, types[i]!, alone), parts }];
  });
}

/** The layers that stand at one place of the text, one group a place, in the order of the text. */
export function layerGroups(graph: Graph): readonly (readonly GraphLayer[])[] {
  const groups = new Map<string, GraphLayer[]>();
  for (const layer of graph.layers) {
    const key = `${layer.range.start}:${layer.range.end}`;
    const group = groups.get(key);
    if (group) group.push(layer);
    else groups.set(key, [layer]);
  }
  return [...groups.values()].sort((a, b) => a[0]!.range.start - b[0]!.range.start);
}

/** What is predicted of the layers, in their order; undefined for one of which nothing is. */
export function predictionsOf(
  layers: readonly GraphLayer[],
  prediction: Prediction | undefined,
): readonly (LayerPrediction | undefined)[] {
  return layers.map((layer) => {
    const found = prediction?.layers[layer.index];
    return found?.name === layer.name && found.type === layer.spec.type ? found : undefined;
  });
}

function shapePart(layers: readonly GraphLayer[], batchSize: number): HintPart {
  const { outputShape } = layers.at(-1)!;
  const shape = outputShape.length === 0 ? '' : `×${shapeText(outputShape)}`;
  const samples = `${formatCount(batchSize)} ${batchSize === 1 ? 'sample' : 'samples'}`;
  return {
    kind: 'shape',
    text: `${batchSize}${shape}`,
    tooltip: `Output of a batch: ${samples} of shape ${shapeText(outputShape)}.`,
  };
}

function parametersPart(layers: readonly GraphLayer[]): readonly HintPart[] {
  const counts = layers.map(parameterCount);
  const sum = counts.reduce((a, b) => a + b, 0);
  if (sum === 0) return [];
  const even = counts.every((n) => n === counts[0]);
  const text = layers.length === 1 || !even ? formatCount(sum) : `${layers.length} × ${formatCount(counts[0]!)}`;
  const tensors = layers[0]!.parameters.map(({ name, shape }) => `${name} ${shapeText(shape)}`).join(', ');
  const whole = layers.length === 1 ? '' : ` in all ${layers.length} times; the first has ${formatCount(counts[0]!)}`;
  return [{ kind: 'parameters', text, tooltip: `${formatCount(sum)} parameters${whole}: ${tensors}.` }];
}

function gradientPart(layers: readonly GraphLayer[], prediction: Prediction | undefined): readonly HintPart[] {
  const predicted = predictionsOf(layers, prediction).filter((l) => l !== undefined);
  const text = gradientText(predicted);
  return text === undefined ? [] : [{ kind: 'gradient', text: `∇ ${text}`, tooltip: predictionText(predicted) }];
}

/** `×0.20 → 2.5e-8`; of a repeat `×0.20 each, 2.1e-1 → 2.5e-8`: from its last time to its first, as the gradient goes. */
export function gradientText(layers: readonly LayerPrediction[]): string | undefined {
  const factors = layers.map((l) => l.backwardFactor).filter((f) => Number.isFinite(f));
  const first = layers[0]?.cumulative ?? Number.NaN;
  const last = layers.at(-1)?.cumulative ?? Number.NaN;
  const left = Number.isNaN(first) ? undefined : formatRelative(first);
  if (layers.length <= 1) {
    const factor = factors.length > 0 ? formatFactor(factors[0]!) : undefined;
    return factor === undefined ? left : left === undefined ? factor : `${factor} → ${left}`;
  }
  // The typical one: the first time may have other inputs than the rest.
  const typical = [...factors].sort((a, b) => a - b)[Math.floor(factors.length / 2)];
  const each = typical === undefined ? undefined : `${formatFactor(typical)} each`;
  const way = left === undefined || Number.isNaN(last) ? undefined : `${formatRelative(last)} → ${left}`;
  return each === undefined ? way : way === undefined ? each : `${each}, ${way}`;
}

/** The value of the `type` at whose line the layer's hint stands: its own, or its repeat's. */
function typeRange({ text, tree }: HintInput, layer: GraphLayer): TextRange {
  const object = findNodeAtOffset(tree, layer.range.start);
  const own = object && propertyOf(object, 'type');
  if (!own) return layer.range;
  return rangeOf(repeatType(object, text) ?? own);
}

/**
 * The `type` of a repeat whose `layers` hold this one layer in one line: behind such a line a hint is far from the eye, and what it
 * says is said of the whole repeat. Undefined for any other layer, and for a repeat that is itself on that line.
 */
function repeatType(object: SpecNode, text: string): SpecNode | undefined {
  const list = object.parent;
  const repeat = list?.parent?.parent;
  if (list?.children?.length !== 1 || !repeat) return undefined;
  const line = lineStart(text, list.offset);
  if (lineStart(text, list.offset + list.length) !== line) return undefined;
  const type = propertyOf(repeat, 'type');
  return type?.value === 'repeat' && lineStart(text, type.offset) !== line ? type : undefined;
}

/** The end of the type's line; where others share that line, the end of the object, or of the type's value in a longer one. */
function hintOffset(text: string, range: TextRange, type: TextRange, alone: boolean): number {
  if (!alone) {
    const oneLine = lineStart(text, range.end) === lineStart(text, type.start);
    const end = oneLine ? range.end : type.end;
    return text[end] === ',' ? end + 1 : end;
  }
  const lineEnd = text.slice(type.end).search(/\s*(\r?\n|$)/);
  return type.end + Math.max(0, lineEnd);
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}
