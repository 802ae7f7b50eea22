// Owns the geometry of windows over positions: which inputs a convolution or a pooling looks at, in TensorFlow's terms, and
// what profiles and correlations become under it.
import { NEAR, NEAR_SIDE } from '../signal';

export interface Axis {
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  /** Inputs, outputs, and cells added before the first input. */
  readonly inputs: number;
  readonly outputs: number;
  readonly before: number;
}

type Padding = 'valid' | 'same' | 'causal';
type Pair = number | readonly number[];

export interface WindowOptions {
  readonly size: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly padding: Padding;
}

/** @param inputs @param outputs positions, axis by axis */
export function windowAxes(
  { size, stride, dilation, padding }: WindowOptions,
  inputs: readonly number[],
  outputs: readonly number[],
): readonly Axis[] {
  const at = (value: Pair, i: number): number => (typeof value === 'number' ? value : (value[i] ?? value[0] ?? 1));
  return inputs.map((n, i) => {
    const [k, step, apart] = [at(size, i), at(stride, i), at(dilation, i)];
    const reach = (k - 1) * apart;
    let before = 0;
    if (padding === 'causal') before = reach;
    if (padding === 'same') before = Math.floor(Math.max((Math.ceil(n / step) - 1) * step + reach + 1 - n, 0) / 2);
    return { size: k, stride: step, dilation: apart, inputs: n, outputs: outputs[i]!, before };
  });
}

export function cellCount(axes: readonly Axis[]): number {
  return axes.reduce((product, { size }) => product * size, 1);
}

/**
 * Sum over each output's window of the inputs that are there. The axes are gone through one after the other, since a window
 * is a product of stretches.
 * @param values one an input position, row-major; absent: ones
 */
export function gather(axes: readonly Axis[], values: Float64Array | undefined): Float64Array {
  return through(axes, values, false);
}

/** Sum over all windows that each input is in, of the outputs' values: the transpose of `gather`. */
export function scatter(axes: readonly Axis[], values: Float64Array | undefined): Float64Array {
  return through(axes, values, true);
}

function through(axes: readonly Axis[], values: Float64Array | undefined, back: boolean): Float64Array {
  const sizes = axes.map((a) => (back ? a.outputs : a.inputs));
  let current = values ?? new Float64Array(sizes.reduce((a, b) => a * b, 1)).fill(1);
  for (const [i, axis] of axes.entries()) {
    const from = sizes[i]!;
    const to = back ? axis.inputs : axis.outputs;
    const inner = sizes.slice(i + 1).reduce((a, b) => a * b, 1);
    const outer = current.length / (from * inner);
    const next = new Float64Array(outer * to * inner);
    // A window much longer than the axis has no more than the axis in it.
    for (let out = 0; out < axis.outputs; out++) {
      const start = out * axis.stride - axis.before;
      const first = Math.max(0, Math.ceil(-start / axis.dilation));
      const last = Math.min(axis.size - 1, Math.floor((axis.inputs - 1 - start) / axis.dilation));
      for (let k = first; k <= last; k++) {
        const at = start + k * axis.dilation;
        const [source, target] = back ? [out, at] : [at, out];
        for (let o = 0; o < outer; o++) {
          const a = (o * from + source) * inner;
          const b = (o * to + target) * inner;
          for (let x = 0; x < inner; x++) next[b + x] = next[b + x]! + current[a + x]!;
        }
      }
    }
    current = next;
    sizes[i] = to;
  }
  return current;
}

/** Mean of a profile, and the profile brought to mean 1 where it is not flat. */
export function profileOf(values: Float64Array): { readonly mean: number; readonly profile?: Float64Array } {
  let [sum, least, most] = [0, Number.POSITIVE_INFINITY, 0];
  for (const v of values) {
    sum += v;
    least = Math.min(least, v);
    most = Math.max(most, v);
  }
  const mean = sum / values.length;
  if (!(mean > 0) || most - least < 1e-9 * mean) return { mean };
  return { mean, profile: values.map((v) => v / mean) };
}

/**
 * Correlations with nearby outputs: those of inputs `stride` times as far.
 * @param far what positions too far away for `near` have in common
 */
export function strideNear(near: Float64Array, axes: readonly Axis[], far: number): Float64Array {
  return Float64Array.from(near, (_, i) => {
    const dy = Math.floor(i / NEAR_SIDE) - NEAR;
    const dx = (i % NEAR_SIDE) - NEAR;
    const [y, x] = [dy * (axes[0]?.stride ?? 1), dx * (axes[1]?.stride ?? 1)];
    if (Math.abs(y) > NEAR || Math.abs(x) > NEAR) return far;
    return near[(y + NEAR) * NEAR_SIDE + x + NEAR]!;
  });
}

/** The other way: inputs between those that one stride reaches have no output in common. */
export function spreadNear(near: Float64Array, axes: readonly Axis[]): Float64Array {
  return Float64Array.from(near, (_, i) => {
    const dy = Math.floor(i / NEAR_SIDE) - NEAR;
    const dx = (i % NEAR_SIDE) - NEAR;
    const [y, x] = [dy / (axes[0]?.stride ?? 1), dx / (axes[1]?.stride ?? 1)];
    if (!Number.isInteger(y) || !Number.isInteger(x)) return 0;
    return near[(y + NEAR) * NEAR_SIDE + x + NEAR]!;
  });
}

/** Mean correlation of two different cells of one window. */
export function windowCorrelation(near: Float64Array, axes: readonly Axis[], far: number): number {
  let [sum, pairs] = [0, 0];
  const [height, width] = [axes[0]?.size ?? 1, axes[1]?.size ?? 1];
  const [reachY, reachX] = [Math.min(height, 3 * NEAR), Math.min(width, 3 * NEAR)];
  for (let dy = 1 - reachY; dy < reachY; dy++) {
    for (let dx = 1 - reachX; dx < reachX; dx++) {
      if (dy === 0 && dx === 0) continue;
      const weight = (height - Math.abs(dy)) * (width - Math.abs(dx));
      const inside = Math.abs(dy) <= NEAR && Math.abs(dx) <= NEAR;
      sum += weight * (inside ? near[(dy + NEAR) * NEAR_SIDE + dx + NEAR]! : far);
      pairs += weight;
    }
  }
  return pairs > 0 ? sum / pairs : 1;
}
