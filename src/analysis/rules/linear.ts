// Owns the linear part of layers with a kernel: z = W·a + b forward, Wᵀ·δ backward, W random. Where in a sample the inputs
// lie (all units of a position, the window of a convolution) is the layer's own file's.
import type { GraphLayer, ParameterInfo } from '../../spec/network';
import { biasMeanSquare, type KernelLaw, kernelLaw } from '../kernelLaw';
import type { Term } from '../prediction';
import {
  affine,
  diagonalMean,
  type Field,
  type Gradient,
  MOST_STRAYING,
  type Noise,
  normalized,
  overlap,
  type Signal,
  type Straying,
  within,
} from '../signal';
import { positionShare } from './straying';

export interface LinearParts {
  readonly kernel: ParameterInfo;
  readonly bias: ParameterInfo | undefined;
  /** Property of the layer that names the kernel's initializer. */
  readonly property: string;
  /** How many inputs one output sums, and how many outputs one input goes into, borders aside. */
  readonly fanIn: number;
  readonly fanOut: number;
  /** Whether a sample's inputs go through the kernel once: windows that overlap undo what is orthogonal about it. */
  readonly once: boolean;
  /** Independent numbers a position: in and out. */
  readonly unitsIn: number;
  readonly unitsOut: number;
}

export interface Linear {
  readonly z: Signal;
  /** E w² as the network will have it. */
  readonly meanSquare: number;
  /**
   * @param field of the gradient by the inputs, mean 1, as the kernel's geometry makes it
   * @param reach share of the products that is there: below 1 where windows reach over a border
   */
  backward(delta: Gradient, field: Field, reach: number): Gradient;
  readonly terms: (reach: number) => readonly Term[];
}

/** @param input what the kernel sees: mean over its window, at each output position @returns undefined for a kernel that is no random matrix */
export function passLinear(parts: LinearParts, input: Signal, batch: number, label: string): Linear | undefined {
  const law = kernelLaw(parts.kernel.initializer, parts.kernel);
  if (law.kind === 'alike' || law.kind === 'identity') return undefined;
  const looseness = parts.once ? law.looseness : ([1, 1] as const);
  const bias = biasMeanSquare(parts.bias);
  const before = diagonalMean(input.field);
  // The variance that is brought to 1 is about the units' own mean, which few units have in common.
  const seen = 1 - overlap(input.field, batch) / parts.unitsOut;
  const meanSquare =
    law.kind === 'scaled' ? lsuvMeanSquare(before * Math.max(0.1, seen), parts.fanIn, bias) : law.meanSquare;
  const gain = parts.fanIn * meanSquare;
  const field = clamped(affine(input.field, gain, bias));
  const after = diagonalMean(field);
  const share = after > 0 ? Math.min(1, (gain * before) / after) : 0;
  // One sum over all units is brought to 1 by hand: it does not stray.
  const held = law.kind === 'scaled';
  const own = held ? 0 : (2 * share * share * looseness[0] * overlap(field, batch)) / parts.unitsOut;
  const z: Signal = {
    field,
    mean: new Float64Array(field.samples),
    units: parts.unitsOut,
    isData: false,
    gaussian: 1,
    drift: held ? 0 : share * input.drift + 0.5 * share * (1 - share) * input.stray - 0.5 * own,
    stray: held ? 0 : share * share * input.stray + own,
    ...(input.unknown ? { unknown: true } : {}),
  };
  return {
    z,
    meanSquare,
    backward(delta, next, reach) {
      const factor = gain * reach;
      const positioned = input.field.positions !== undefined;
      const along = positioned
        ? undefined
        : radialThrough(delta, parts, law.kind === 'random' ? looseness[1] : 0, share);
      const field = normalized(next).field;
      return {
        log: delta.log + Math.log(factor * (along?.factor ?? 1)),
        field,
        noise: backwardNoise(delta.noise, { share, own, held, narrow: 1 / parts.unitsIn }),
        straying: strayingThrough(delta, field, looseness[1] / parts.unitsIn, positionShare(next, batch)),
        ...(along ? { radial: along.radial } : {}),
      };
    },
    terms: (reach) => terms(parts, law, gain, reach, label),
  };
}

function backwardNoise(
  { spread, shift, slope, bend, narrow: before }: Noise,
  { share, own, held, narrow }: { share: number; own: number; held: boolean; narrow: number },
): Noise {
  const curved = share * (1 - share);
  return {
    spread: spread + slope * slope * own,
    // `own` moves the mean of ln of a mean square by −½ of itself.
    shift: shift - 0.5 * slope * own + 0.5 * bend * own,
    // A kernel that is divided by the size of its input passes the gradient on divided by it.
    slope: held ? -1 : share * slope,
    bend: held ? 0 : share * share * bend + curved * slope,
    narrow: before + narrow,
  };
}

/** Wᵀδ of random W: inner products of two samples stray as those of Gaussian vectors do. */
function strayingThrough(delta: Gradient, { samples, gram }: Field, share: number, overlap: number): Straying {
  const norms = new Float64Array(samples * samples);
  const products = new Float64Array(samples * samples);
  for (let i = 0; i < norms.length; i++) {
    const [s, t] = [Math.floor(i / samples), i % samples];
    const size = gram[s * (samples + 1)]! * gram[t * (samples + 1)]!;
    const m = delta.straying?.norms[i] ?? 0;
    const x = delta.straying?.products[i] ?? 0;
    const square = (size > 0 ? (overlap * gram[i]! * gram[i]!) / size : 0) + x;
    norms[i] = Math.min(MOST_STRAYING, m + 2 * share * square);
    products[i] = Math.min(MOST_STRAYING, x + share * (1 + m + square));
  }
  return { norms, products };
}

/**
 * a·Wᵀδ = z·δ, whatever W: along its own input the gradient is not a random matrix's. Elsewhere it is.
 * @param share of z's mean square that W·a has, the rest being the bias
 */
function radialThrough(delta: Gradient, { unitsIn, unitsOut }: LinearParts, looseness: number, share: number) {
  if (looseness < 0.5 && unitsIn <= unitsOut)
    return { factor: 1, radial: { share: delta.radial?.share ?? 1 / unitsIn, variance: delta.radial?.variance ?? 2 } };
  const r = delta.radial?.share ?? 1 / unitsOut;
  const along = (share * r * unitsOut) / unitsIn;
  const factor = 1 - 1 / unitsIn + along;
  return { factor, radial: { share: along / factor, variance: delta.radial?.variance ?? 2 / unitsOut } };
}

function lsuvMeanSquare(before: number, fanIn: number, bias: number): number {
  return before > 0 && bias < 1 ? (1 - bias) / (before * fanIn) : 0;
}

function clamped(field: Field): Field {
  const mean = diagonalMean(field);
  const held = within(mean);
  if (held === mean) return field;
  return affine(field, mean > 0 && Number.isFinite(mean) ? held / mean : 0);
}

/**
 * √(n_in · E w²) in parts that a reader can act on: what the initializer makes of a layer as wide as it is long, then what
 * its fans being unequal adds, then the borders.
 */
function terms(parts: LinearParts, law: KernelLaw, gain: number, reach: number, label: string): Term[] {
  const square = law.kind === 'random' ? parts.fanIn * law.squareMeanSquare : gain;
  const fan = square > 0 ? gain / square : 1;
  const list: Term[] = [{ term: label, kind: 'initialization', factor: Math.sqrt(square), property: parts.property }];
  if (Math.abs(fan - 1) > 1e-9) {
    list.push({
      term: `fan-in ${parts.fanIn} ÷ fan-out ${parts.fanOut}`,
      kind: 'fan',
      factor: Math.sqrt(fan),
      property: 'units',
    });
  }
  if (Math.abs(reach - 1) > 1e-9)
    list.push({ term: 'borders', kind: 'fan', factor: Math.sqrt(reach), property: 'padding' });
  return list;
}

export function parameterOf(layer: GraphLayer, name: string): ParameterInfo | undefined {
  return layer.parameters.find((p) => p.name === name);
}
