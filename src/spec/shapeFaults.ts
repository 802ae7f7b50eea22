// Owns what is said where a layer cannot take what it is given. Each sentence names this layer, the layer that it takes
// its input from, and the shapes of both: what one needs and what the other gives. Whether there is a fault at all is
// for `shapes.ts` and `build.ts` to find.
import type { ProblemCode } from './codes';
import { formatCount, shapeText } from './format';
import type { GraphLayer } from './network';
import type { PlainLayerSpec } from './schema';

/** Without the batch. */
export type Shape = readonly number[];

/** Why a layer cannot take what it is given. */
export interface ShapeFault {
  readonly code: ProblemCode;
  /** Field to blame; `type` where it is none in particular. */
  readonly field: string;
  readonly message: string;
  readonly hint: string;
}

/** One input of a layer. */
export interface LayerInput {
  readonly shape: Shape;
  /** What gives it; undefined is the data. */
  readonly from: Pick<GraphLayer, 'name' | 'spec'> | undefined;
}

/** A layer and what it is given. */
export interface Taker {
  readonly name: string;
  /** At least one. */
  readonly inputs: readonly LayerInput[];
}

/** Such as `` `dense_1` gives 64 ``. */
function gives({ shape, from }: LayerInput): string {
  return `${from ? `\`${from.name}\`` : 'the data'} gives ${shapeText(shape)}`;
}

function product(shape: Shape): number {
  return shape.reduce((a, b) => a * b, 1);
}

const RANK_WORDS: Readonly<Record<number, string>> = {
  2: 'a sequence (time × features)',
  3: 'an image (height × width × channels)',
};

/** @param rank 2 or 3 */
export function rankFault({ name, inputs }: Taker, rank: number): ShapeFault {
  const input = inputs[0]!;
  const message = `\`${name}\` takes ${RANK_WORDS[rank]}, but ${gives(input)}.`;
  return { code: 'NS205', field: 'type', message, hint: rankHint(input, rank) };
}

function rankHint({ shape, from }: LayerInput, rank: number): string {
  const spec = from?.spec;
  if (from && rank === 2 && spec && 'returnSequences' in spec && !spec.returnSequences) {
    return `Set \`returnSequences\` of \`${from.name}\` to true, so that it answers at every time step.`;
  }
  if (from && spec?.type === 'flatten') return `Remove \`${from.name}\`, or put a \`reshape\` after it.`;
  const target = reshaped(shape, rank).join(', ');
  return `Put \`{ "type": "reshape", "targetShape": [${target}] }\` before it, or another shape of as many numbers.`;
}

/** The same numbers with that many axes: the nearest guess of what they may stand for. */
function reshaped(shape: Shape, rank: number): Shape {
  if (shape.length > rank) return [...shape.slice(0, rank - 1), product(shape.slice(rank - 1))];
  const side = Math.sqrt(shape[0] ?? 1);
  if (shape.length === 1 && rank === 3 && Number.isInteger(side)) return [side, side, 1];
  return [...shape, ...new Array<number>(rank - shape.length).fill(1)];
}

/** @param size of the window, without what dilation adds */
export function windowFault(taker: Taker, field: string, size: Shape, dilation: Shape): ShapeFault {
  const spread = size.map((s, i) => (s - 1) * dilation[i]! + 1);
  const dilated = spread.some((s, i) => s !== size[i]);
  // Of one axis a bare number would be taken for a count.
  const text = (window: Shape) => (window.length === 1 ? `${window[0]} time steps` : shapeText(window));
  const what = dilated ? `windows of ${text(spread)} (${shapeText(size)}, dilated)` : `windows of ${text(size)}`;
  const message = `\`${taker.name}\` takes ${what}, but ${gives(taker.inputs[0]!)}: nothing would be left.`;
  const hint = `Use a smaller ${dilated ? 'window, less dilation,' : 'window,'} or \`"padding": "same"\`.`;
  return { code: 'NS207', field, message, hint };
}

export function groupsFault({ name, inputs }: Taker, groups: number): ShapeFault {
  const channels = inputs[0]!.shape.at(-1) ?? 1;
  const message = `\`${name}\` divides the channels into ${groups} groups, but ${gives(inputs[0]!)}, and ${groups} does not divide ${channels}.`;
  // One group for all is always possible, one a channel seldom wanted.
  let divisor = Math.min(32, Math.max(1, Math.floor(channels / 2)));
  while (channels % divisor !== 0) divisor--;
  const hint = `Choose a number of groups that divides the channels, such as ${divisor}.`;
  return { code: 'NS209', field: 'groups', message, hint };
}

export function reshapeFault({ name, inputs }: Taker, target: Shape): ShapeFault {
  const input = inputs[0]!;
  const known = product(target.filter((s) => s > 0));
  const needs = target.includes(-1)
    ? `a multiple of ${formatCount(known)} values for ${shapeText(target)}`
    : `${formatCount(known)} values for ${shapeText(target)}`;
  return {
    code: 'NS206',
    field: 'targetShape',
    message: `\`${name}\` needs ${needs}, but ${gives(input)}, which is ${formatCount(product(input.shape))}.`,
    hint: 'Choose sizes whose product is that of the input; one of them may be −1.',
  };
}

/** Of `add` and `multiply`. @param other the first input whose shape is not that of the first of all */
export function elementwiseFault({ name, inputs }: Taker, other: LayerInput): ShapeFault {
  return {
    code: 'NS204',
    field: 'inputs',
    message: `\`${name}\` takes inputs of one shape, but ${gives(inputs[0]!)} and ${gives(other)}.`,
    hint: 'Bring them to one shape, by a dense layer for instance, or use `concatenate`.',
  };
}

export function axisFault({ name, inputs }: Taker, axis: number): ShapeFault {
  const { shape } = inputs[0]!;
  const message = `\`${name}\` joins along axis ${axis < 0 ? `−${-axis}` : axis}, but ${gives(inputs[0]!)}: there is no such axis.`;
  const hint = shape.length > 1 ? `Use −1 for the last, or 0 to ${shape.length - 1}.` : 'Use −1 or 0, the only one.';
  return { code: 'NS209', field: 'axis', message, hint };
}

export function concatenateFault({ name, inputs }: Taker, axis: number, other: LayerInput): ShapeFault {
  const message = `\`${name}\` takes inputs that differ in axis ${axis} alone, but ${gives(inputs[0]!)} and ${gives(other)}.`;
  return { code: 'NS204', field: 'inputs', message, hint: 'Bring the other axes to one size.' };
}

/** What numbers a layer may be given is as much a matter of where they come from as their shape. */
export function wholeNumbersFault({ name, inputs }: Taker): ShapeFault {
  const message = `\`${name}\` takes whole numbers, each the number of a row of its table, but ${gives(inputs[0]!)} numbers that need not be whole.`;
  return {
    code: 'NS205',
    field: 'type',
    message,
    hint: 'Let it take the data: give it `"inputs": ["data"]`, or put it first.',
  };
}

/**
 * Of the two ways through a residual.
 * @param past what the shortcut takes @param through what the layers answer
 * @param projects whether the shortcut is a projection
 */
export function residualFault(name: string, past: LayerInput, through: LayerInput, projects: boolean): ShapeFault {
  const needs = projects
    ? `\`${name}\` brings its input to the shape of what its layers answer in the last axis alone`
    : `\`${name}\` adds its input to what its layers answer`;
  const lastAxisAlone =
    past.shape.length === through.shape.length && past.shape.slice(0, -1).every((s, i) => s === through.shape[i]);
  const hint = lastAxisAlone
    ? 'Use `"shortcut": "projection"`, or let the layers end in the shape of the input.'
    : 'Let the layers end in the shape of the input.';
  return { code: 'NS208', field: 'shortcut', message: `${needs}, but ${gives(past)} and ${gives(through)}.`, hint };
}

/** Layers that answer with the numbers that they are given, in another order at most. */
const PASSES_ON: ReadonlySet<PlainLayerSpec['type']> = new Set(['flatten', 'reshape']);

/** Whether a layer's output is whole numbers where its inputs are: the data's may be, and what only moves them. */
export function passesOn(type: PlainLayerSpec['type']): boolean {
  return PASSES_ON.has(type);
}
