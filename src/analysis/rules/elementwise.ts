// Owns layers that act number by number and learn nothing: activation, dropout; and those that only give numbers other
// places: flatten, reshape.

import { independentPositions, positionSizes } from '../fields';
import { diagonalMean, type Gradient, type Rule, type Signal } from '../signal';
import { activationTerm } from './dense';
import { passNonlinearity, withoutWinners } from './nonlinearity';
import { passSoftmax } from './softmax';

/** Below this share of Gaussian numbers, an activation's Gaussian means say too little of it. */
const GAUSSIAN_ENOUGH = 0.7;

export const activationRule: Rule = (layer, [input], { batch }) => {
  const { spec } = layer;
  if (spec.type !== 'activation' || !input) return undefined;
  const { activation } = spec;
  if (activation !== 'linear' && input.gaussian < GAUSSIAN_ENOUGH) return undefined;
  const activated = activation === 'softmax' ? passSoftmax(input) : passNonlinearity(activation, input, batch);
  return {
    output: activated.output,
    preActivationMeanSquare: diagonalMean(input.field),
    preActivation: input,
    basis: 'meanField',
    backward(gradient) {
      const { delta, factor } = activated.backward(gradient);
      return { delta, inputs: [delta], terms: activationTerm(activation, factor) };
    },
  };
};

export const dropoutRule: Rule = (layer, [input]) => {
  const { spec } = layer;
  if (spec.type !== 'dropout' || !input) return undefined;
  const kept = 1 / (1 - spec.rate);
  const { field, units } = input;
  // Masks of two numbers are independent: only what a number has with itself grows.
  const count = field.positions ? field.positions.sizes.reduce((a, b) => a * b, 1) : 1;
  const grown = (gram: Float64Array, by: number) =>
    gram.map((k, i) => (i % (field.samples + 1) === 0 ? k + by * (kept - 1) * field.gram[i]! : k));
  const shrunk = (near: Float64Array) => near.map((c, i) => (i === (near.length - 1) / 2 ? c : c / kept));
  const output: Signal = {
    ...input,
    field: {
      samples: field.samples,
      gram: grown(field.gram, 1),
      ...(field.positions
        ? {
            positions: {
              ...field.positions,
              near: shrunk(field.positions.near),
              pooled: grown(field.positions.pooled, 1 / count),
            },
          }
        : {}),
    },
    isData: false,
    gaussian: input.gaussian * (1 - spec.rate),
  };
  return {
    output,
    basis: 'meanField',
    backward(gradient) {
      const { positions, gram, samples } = gradient.field;
      const next: Gradient = {
        ...withoutWinners(gradient),
        log: gradient.log + Math.log(kept),
        field: {
          samples,
          gram: gram.map((k, i) => (i % (samples + 1) === 0 ? k : k / kept)),
          ...(positions
            ? {
                positions: {
                  ...positions,
                  near: shrunk(positions.near),
                  pooled: positions.pooled.map((k, i) =>
                    i % (samples + 1) === 0 ? (k - gram[i]! / count) / kept + gram[i]! / count : k / kept,
                  ),
                },
              }
            : {}),
        },
      };
      // Which numbers are kept is drawn anew: a little noise of its own.
      const own = spec.rate / (1 - spec.rate) / Math.max(1, units * count * samples);
      return {
        delta: gradient,
        inputs: [{ ...next, noise: { ...next.noise, spread: next.noise.spread + own } }],
        terms: [{ term: `dropout ${spec.rate}`, kind: 'dropout', factor: Math.sqrt(kept), property: 'rate' }],
      };
    },
  };
};

/** Flatten and reshape: all numbers keep their values; those of one position may come to lie at several. */
export const reshapeRule: Rule = (layer, [input]) => {
  if (!input) return undefined;
  const units = layer.outputShape.at(-1) ?? 1;
  const { samples, gram, positions: before } = input.field;
  const sizes = positionSizes(layer.outputShape);
  const same = before && sizes && sameSizes(before.sizes, sizes);
  const positions = same ? before : sizes && independentPositions(sizes, gram);
  const { origin: _, ...rest } = input;
  return {
    output: { ...rest, field: { samples, gram, ...(positions ? { positions } : {}) }, units },
    basis: 'meanField',
    backward(gradient) {
      const g = gradient.field;
      const back = same && g.positions ? g.positions : before && independentPositions(before.sizes, g.gram);
      const field = { samples: g.samples, gram: g.gram, ...(back ? { positions: back } : {}) };
      return { delta: gradient, inputs: [{ ...withoutWinners(gradient), field }], terms: [] };
    },
  };
};

function sameSizes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}
