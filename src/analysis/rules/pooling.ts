// Owns pooling layers, windowed and global: means, whose parts add up by how they correlate, and largest values, through
// which the gradient goes whole.

import { ACTIVATIONS } from '../../engine/activations';
import type { GraphLayer } from '../../spec/network';
import type { ElementwiseName } from '../activationMoments';
import {
  diagonalMean,
  type Field,
  type Gradient,
  NEAR,
  NEAR_SIDE,
  normalized,
  type Positions,
  positionCount,
  type Rule,
  type Signal,
} from '../signal';
import { farCorrelation, pooledThrough } from './convolution';
import { withoutWinners } from './nonlinearity';
import {
  type Axis,
  cellCount,
  gather,
  profileOf,
  scatter,
  spreadNear,
  strideNear,
  windowAxes,
  windowCorrelation,
} from './windows';
import { type Windows, winnerValue } from './winners';

export const poolingRule: Rule = (layer, [input]) => {
  const positions = input?.field.positions;
  const axes = positions && axesOf(layer, positions.sizes);
  if (!input || !positions || !axes) return undefined;
  const outputs = layer.outputShape.slice(0, -1);
  return isMax(layer) ? largest(input, positions, axes, outputs) : mean(input, positions, axes, outputs);
};

function isMax(layer: GraphLayer): boolean {
  return (
    layer.spec.type === 'maxPooling1d' || layer.spec.type === 'maxPooling2d' || layer.spec.type === 'globalMaxPooling2d'
  );
}

function axesOf(layer: GraphLayer, sizes: readonly number[]): readonly Axis[] | undefined {
  const { spec } = layer;
  switch (spec.type) {
    case 'maxPooling1d':
    case 'maxPooling2d':
    case 'averagePooling1d':
    case 'averagePooling2d':
      return windowAxes(
        { size: spec.poolSize, stride: spec.strides, dilation: 1, padding: spec.padding },
        sizes,
        layer.outputShape.slice(0, -1),
      );
    case 'globalAveragePooling1d':
    case 'globalAveragePooling2d':
    case 'globalMaxPooling2d':
      return windowAxes(
        { size: sizes, stride: 1, dilation: 1, padding: 'valid' },
        sizes,
        sizes.map(() => 1),
      );
    default:
      return undefined;
  }
}

function isGlobal(outputs: readonly number[]): boolean {
  return outputs.length === 0;
}

/** Mean over each window of the true cells. */
function mean(input: Signal, positions: Positions, axes: readonly Axis[], outputs: readonly number[]) {
  const { field } = input;
  const { samples } = field;
  const cells = cellCount(axes);
  const far = farCorrelation(field);
  const count = positionCount(field);
  const isWhole = isGlobal(outputs);
  const alike = isWhole ? far : windowCorrelation(positions.near, axes, far);
  // Of a window of m cells that correlate so: 1/m + (1 − 1/m) of the mean square is left.
  const share = 1 / cells + (1 - 1 / cells) * alike;
  // Different samples: nearby positions have as much in common as one sample's have, in proportion.
  const gram = isWhole ? positions.pooled : field.gram.map((k) => k * share);
  const truly = gather(axes, undefined);
  const seen = profileOf(Float64Array.from(gather(axes, positions.profile), (v, p) => v / (truly[p]! || 1)));
  const back = scatter(
    axes,
    Float64Array.from(truly, (n) => 1 / (n || 1) ** 2),
  );
  const fieldOut: Field = isWhole
    ? { samples, gram }
    : {
        samples,
        gram: gram.map((k) => k * (positions.profile ? seen.mean : 1)),
        positions: {
          sizes: outputs,
          ...(seen.profile ? { profile: seen.profile } : {}),
          near: averagedNear(positions.near, axes, far, share),
          pooled: pooledMean(field, outputs, share),
        },
      };
  const output: Signal = {
    ...withoutOrigin(input),
    field: fieldOut,
    isData: false,
    // The mean of many numbers is more Gaussian than they are, about a mean that stays.
    gaussian: input.gaussian,
  };
  const outputCount = isWhole ? 1 : outputs.reduce((a, b) => a * b, 1);
  return {
    output,
    basis: 'meanField' as const,
    backward(gradient: Gradient) {
      const g = gradient.field;
      const given = g.positions;
      // Each cell gets 1/m of what its windows get; windows that overlap add what they have in common.
      const weights = Float64Array.from(truly, (n, p) => (given?.profile?.[p] ?? 1) / (n || 1) ** 2);
      const spread = given || !isWhole ? profileOf(scatter(axes, weights)) : profileOf(back);
      const factor = (spread.mean * count) / outputCount;
      const next: Field = {
        samples,
        gram: g.gram,
        positions: {
          sizes: positions.sizes,
          ...(spread.profile ? { profile: spread.profile } : {}),
          near: isWhole ? new Float64Array(NEAR_SIDE * NEAR_SIDE).fill(1) : blockNear(axes),
          pooled: isWhole ? g.gram : blockPooled(g, given, cells, count),
        },
      };
      return {
        delta: gradient,
        inputs: [{ ...withoutWinners(gradient), log: gradient.log + Math.log(factor), field: normalized(next).field }],
        terms: [{ term: `mean of ${cells}`, kind: 'pooling' as const, factor: Math.sqrt(factor) }],
        isExact: true as const,
      };
    },
  };
}

/** The largest of each window; to it alone the gradient goes. */
function largest(input: Signal, positions: Positions, axes: readonly Axis[], outputs: readonly number[]) {
  const { field } = input;
  const { samples } = field;
  const cells = cellCount(axes);
  const far = farCorrelation(field);
  const count = positionCount(field);
  const isWhole = isGlobal(outputs);
  const origin = input.origin;
  const square = diagonalMean(field);
  const [name, q, near] = origin
    ? [origin.activation, origin.meanSquare, origin.near ?? positions.near]
    : ['linear', square, positions.near];
  if (!isElementwise(name) || (!origin && input.gaussian < 0.7 && !input.isData)) return undefined;
  const windows: Windows = { count: cells, correlation: isWhole ? far : windowCorrelation(near, axes, far) };
  const winner = winnerValue(name, q, windows);
  // Two samples' winners: alike as the samples are, about a mean of their own.
  const gram = Float64Array.from(field.gram, (k) => {
    const alike = square > 0 ? Math.max(0, Math.min(1, k / square)) : 1;
    return winner.mean ** 2 + alike * (winner.square - winner.mean ** 2);
  });
  for (let s = 0; s < samples; s++) {
    const i = s * (samples + 1);
    gram[i] = square > 0 ? (winner.square * field.gram[i]!) / square : winner.square;
  }
  const seen = profileOf(Float64Array.from(gather(axes, positions.profile)));
  const fieldOut: Field = isWhole
    ? { samples, gram }
    : {
        samples,
        gram,
        positions: {
          sizes: outputs,
          ...(seen.profile ? { profile: seen.profile } : {}),
          near: strideNear(positions.near, axes, far).map((c) => meanShare(c, winner)),
          pooled: maxPooled(gram, outputs, winner, far),
        },
      };
  const output: Signal = {
    ...withoutOrigin(input),
    field: fieldOut,
    mean: new Float64Array(samples).fill(winner.mean),
    isData: false,
    gaussian: 0,
  };
  const outputCount = isWhole ? 1 : outputs.reduce((a, b) => a * b, 1);
  return {
    output,
    basis: 'meanField' as const,
    backward(gradient: Gradient) {
      const g = gradient.field;
      const profile = profileOf(scatter(axes, g.positions?.profile));
      const winning = outputCount / count;
      const next: Field = {
        samples,
        gram: Float64Array.from(g.gram, (k, i) => (i % (samples + 1) === 0 ? k : k * winning)),
        positions: {
          sizes: positions.sizes,
          ...(profile.profile && profile.profile.length < 4096 ? { profile: profile.profile } : {}),
          near: g.positions ? spreadNear(g.positions.near, axes) : single(),
          pooled: g.gram.map((k) => k / count),
        },
      };
      return {
        delta: gradient,
        inputs: [{ ...gradient, field: normalized(next).field, winners: windows }],
        terms: [{ term: `largest of ${cells}`, kind: 'pooling' as const, factor: 1 }],
        isExact: true as const,
      };
    },
  };
}

function isElementwise(name: string): name is ElementwiseName {
  return Object.hasOwn(ACTIVATIONS, name);
}

function withoutOrigin({ origin: _, ...rest }: Signal): Signal {
  return rest;
}

function meanShare(c: number, { mean: m, square }: { mean: number; square: number }): number {
  return square > 0 ? (m * m + Math.max(0, c) * (square - m * m)) / square : 0;
}

function maxPooled(
  gram: Float64Array,
  sizes: readonly number[],
  winner: { mean: number; square: number },
  far: number,
): Float64Array {
  const count = sizes.reduce((a, b) => a * b, 1);
  return gram.map((k) => {
    const apart = winner.mean ** 2 + Math.max(0, far) * (k - winner.mean ** 2);
    return k / count + (1 - 1 / count) * apart;
  });
}

function pooledMean(field: Field, sizes: readonly number[], share: number): Float64Array {
  const after = sizes.reduce((a, b) => a * b, 1);
  const through = pooledThrough(field, sizes, 1);
  // Only what a position has with itself is averaged away.
  return through.map((k, i) => k - (field.gram[i]! * (1 - share)) / after);
}

function averagedNear(near: Float64Array, axes: readonly Axis[], far: number, share: number): Float64Array {
  return strideNear(near, axes, far).map((c, i) =>
    i === NEAR * NEAR_SIDE + NEAR ? 1 : share > 0 ? Math.min(1, c / share) : 0,
  );
}

/** Cells of one window get the same. */
function blockNear(axes: readonly Axis[]): Float64Array {
  const [height, width] = [axes[0]?.size ?? 1, axes[1]?.size ?? 1];
  return Float64Array.from({ length: NEAR_SIDE * NEAR_SIDE }, (_, i) => {
    const dy = Math.abs(Math.floor(i / NEAR_SIDE) - NEAR);
    const dx = Math.abs((i % NEAR_SIDE) - NEAR);
    return Math.max(0, 1 - dy / height) * Math.max(0, 1 - dx / width);
  });
}

function blockPooled(g: Field, given: Positions | undefined, cells: number, count: number): Float64Array {
  const before = positionCount(g);
  return g.gram.map((k, i) => {
    const apart = given && before > 1 ? (given.pooled[i]! - k / before) / (1 - 1 / before) : 0;
    const same = Math.min(1, cells / count);
    return same * k + (1 - same) * apart;
  });
}

function single(): Float64Array {
  const near = new Float64Array(NEAR_SIDE * NEAR_SIDE);
  near[NEAR * NEAR_SIDE + NEAR] = 1;
  return near;
}
