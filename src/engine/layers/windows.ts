// Owns the geometry of windows that slide over a sequence or an image, in TensorFlow's terms.
import { GEOMETRY } from '../kernels/contract';
import type { LayerContext } from './layer';

export interface Windows {
  /** Height and width; one number for both, or for a sequence's only axis. */
  readonly size: number | readonly number[];
  readonly stride: number | readonly number[];
  readonly dilation: number | readonly number[];
  readonly padding: 'valid' | 'same' | 'causal';
  /** Depthwise: filters a channel; 0 elsewhere. */
  readonly multiplier: number;
}

/**
 * Cells added before an axis of length n. `same` adds so many in all that there are ⌈n ÷ stride⌉ windows, the odd one at
 * the end (PyTorch, where padding is explicit, adds the same number at both ends); `causal` adds all at the start.
 */
function paddingBefore(n: number, size: number, stride: number, dilation: number, padding: Windows['padding']): number {
  const reach = (size - 1) * dilation;
  if (padding === 'valid') return 0;
  if (padding === 'causal') return reach;
  return Math.floor(Math.max((Math.ceil(n / stride) - 1) * stride + reach + 1 - n, 0) / 2);
}

/**
 * The GEOMETRY of this layer's windows over its first input, as an index in ints, and how many cells a window has. A
 * sequence is an image of width 1.
 */
export function windowGeometry(
  c: LayerContext,
  { size, stride, dilation, padding, multiplier }: Windows,
): { readonly geometry: number; readonly cells: number } {
  const [input, output] = [c.layer.inputShapes[0]!, c.layer.outputShape].map(asImage) as [Image, Image];
  const isSequence = c.layer.inputShapes[0]!.length === 2;
  const pair = (value: number | readonly number[]): readonly [number, number] => {
    const [y = 1, x = isSequence ? 1 : y] = [value].flat();
    return [y, x];
  };
  const [kernelHeight, kernelWidth] = pair(size);
  const [strideY, strideX] = pair(stride);
  const [dilationY, dilationX] = pair(dilation);
  const values: Record<Exclude<keyof typeof GEOMETRY, 'length'>, number> = {
    inHeight: input.height,
    inWidth: input.width,
    inChannels: input.channels,
    outHeight: output.height,
    outWidth: output.width,
    outChannels: output.channels,
    kernelHeight,
    kernelWidth,
    strideY,
    strideX,
    dilationY,
    dilationX,
    padTop: paddingBefore(input.height, kernelHeight, strideY, dilationY, padding),
    padLeft: paddingBefore(input.width, kernelWidth, strideX, dilationX, padding),
    multiplier,
  };
  const ints = Array<number>(GEOMETRY.length).fill(0);
  for (const [name, value] of Object.entries(values)) ints[GEOMETRY[name as keyof typeof values]] = value;
  return { geometry: c.integers(ints), cells: kernelHeight * kernelWidth };
}

interface Image {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A vector, such as a global pooling answers, is an image of one cell. */
function asImage(shape: readonly number[]): Image {
  const [height, width] = [shape.length > 1 ? shape[0]! : 1, shape.length > 2 ? shape[1]! : 1];
  return { height, width, channels: shape[shape.length - 1]! };
}
