// Owns the reference of the convolutions of any rank: the definition, tap by tap.
import type { ReferenceContext } from './context';
import { forEachTap, type Geometry, geometryAt } from './geometry';

/** What meets in a product: an entry of the kernel, a row of the input, and a row of the output. */
type Visit = (weight: number, input: number, output: number) => void;

function forEachProduct(g: Geometry, visit: Visit): void {
  const taps = g.kernelHeight * g.kernelWidth;
  const { inChannels, outChannels, multiplier } = g;
  forEachTap(g, (output, input, tap) => {
    for (let f = 0; f < outChannels; f++) {
      const row = output * outChannels + f;
      if (multiplier > 0) visit(f * taps + tap, input * inChannels + Math.floor(f / multiplier), row);
      else for (let k = 0; k < inChannels; k++) visit((f * taps + tap) * inChannels + k, input * inChannels + k, row);
    }
  });
}

/** OP.convolution */
export function convolution(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [positions, filters] = [ints[p]!, ints[p + 1]!];
  const [X, W, Y, ld] = [ints[p + 4]!, ints[p + 5]!, ints[p + 6]!, ints[p + 8]!];
  const sums = new Float64Array(positions * filters * ld);
  forEachProduct(geometryAt(c, ints[p + 3]!), (weight, input, output) => {
    const w = floats[W + weight]!;
    for (let j = 0; j < ld; j++) sums[output * ld + j]! += w * floats[X + input * ld + j]!;
  });
  floats.set(sums, Y);
}

/** OP.convolutionInputGradient */
export function convolutionInputGradient(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [positions, channels] = [ints[p]!, ints[p + 1]!];
  const [dY, W, dX, ld] = [ints[p + 4]!, ints[p + 5]!, ints[p + 6]!, ints[p + 8]!];
  const sums = new Float64Array(positions * channels * ld);
  forEachProduct(geometryAt(c, ints[p + 3]!), (weight, input, output) => {
    const w = floats[W + weight]!;
    for (let j = 0; j < ld; j++) sums[input * ld + j]! += w * floats[dY + output * ld + j]!;
  });
  floats.set(sums, dX);
}

/** OP.convolutionKernelGradient */
export function convolutionKernelGradient(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [filters, window] = [ints[p + 1]!, ints[p + 2]!];
  const [X, dY, dW, ld] = [ints[p + 4]!, ints[p + 5]!, ints[p + 6]!, ints[p + 7]!];
  const sums = new Float64Array(filters * window);
  forEachProduct(geometryAt(c, ints[p + 3]!), (weight, input, output) => {
    let sum = 0;
    for (let j = 0; j < ld; j++) sum += floats[dY + output * ld + j]! * floats[X + input * ld + j]!;
    sums[weight]! += sum;
  });
  floats.set(sums, dW);
}
