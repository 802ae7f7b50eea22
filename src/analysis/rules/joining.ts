// Owns layers that take several values: add (a residual's too), concatenate, multiply.
import { positionSizes } from '../fields';
import {
  affine,
  diagonalMean,
  type Field,
  type Gradient,
  type Noise,
  normalized,
  type Passage,
  type Positions,
  type Radial,
  type Rule,
  type Signal,
} from '../signal';
import { withoutWinners } from './nonlinearity';

/**
 * h = Σ cᵢ xᵢ. Different ways to here have passed different random matrices: what they have in common is the mean over units
 * alone.
 */
export const addRule: Rule = (layer, inputs) => {
  if (layer.spec.type !== 'add' || inputs.length === 0) return undefined;
  // One value taken twice is one value with the sum of both coefficients.
  const coefficients = inputs.map((_, k) => layer.coefficients?.[k] ?? 1);
  const together = inputs.map((input, k) =>
    inputs.indexOf(input) === k ? coefficients.reduce((sum, c, j) => sum + (inputs[j] === input ? c : 0), 0) : 0,
  );
  const { samples } = inputs[0]!.field;
  const parts = inputs.map((input, k) => affine(input.field, together[k]! ** 2));
  const mean = new Float64Array(samples);
  inputs.forEach((input, k) => {
    for (let s = 0; s < samples; s++) mean[s] = mean[s]! + together[k]! * input.mean[s]!;
  });
  const crossed = new Float64Array(samples * samples);
  for (let s = 0; s < samples; s++) {
    for (let t = 0; t < samples; t++) {
      let own = 0;
      inputs.forEach((input, k) => {
        own += together[k]! ** 2 * input.mean[s]! * input.mean[t]!;
      });
      crossed[s * samples + t] = mean[s]! * mean[t]! - own;
    }
  }
  const field = sumOf(parts, crossed);
  const whole = diagonalMean(field);
  const shares = parts.map((part) => (whole > 0 ? diagonalMean(part) / whole : 0));
  const output: Signal = {
    field,
    mean,
    units: inputs[0]!.units,
    isData: false,
    gaussian: inputs.reduce((sum, input, k) => sum + shares[k]! * input.gaussian, 0),
    drift: inputs.reduce((sum, input, k) => sum + shares[k]! * input.drift, 0),
    stray: commonStray(inputs, shares),
    ...(inputs.some((i) => i.unknown) ? { unknown: true as const } : {}),
  };
  // What ways have in common, their units' means, is carried on by every block: measured on branches that end in an activation.
  const common = whole > 0 ? COMMON_MEANS * Math.max(0, diagonalMean({ samples, gram: crossed }) / whole) : 0;
  const size = Math.hypot(...coefficients);
  const numbers = layer.outputShape.reduce((a, b) => a * b, 1);
  return {
    output,
    basis: 'meanField',
    backward(gradient) {
      const plain = withoutWinners(gradient);
      return {
        delta: gradient,
        inputs: inputs.map((_, k) => ({
          ...plain,
          log: plain.log + Math.log(coefficients[k]! ** 2),
          noise: lessSure(scaledNoise(plain.noise, shares[k]!), common / numbers),
          ...radialPart(plain, shares[k]!, numbers),
        })),
        terms: [
          {
            term: layer.coefficients ? 'skip connection' : 'add',
            kind: 'residual',
            factor: size,
            ...(layer.coefficients ? { property: 'scale' } : {}),
          },
        ],
        isExact: true,
      };
    },
  };
};

/** Ways that split have in common what happened before: of two strays the smaller is taken to be a part of the larger. */
function commonStray(inputs: readonly Signal[], shares: readonly number[]): number {
  let sum = 0;
  inputs.forEach((a, i) => {
    inputs.forEach((b, j) => {
      sum += shares[i]! * shares[j]! * Math.min(a.stray, b.stray);
    });
  });
  return sum;
}

const COMMON_MEANS = 40;

function lessSure(noise: Noise, by: number): Noise {
  return { ...noise, narrow: noise.narrow + by };
}

/** Of what the gradient has along the sum, each part has its share along itself. */
function radialPart({ radial }: Gradient, share: number, numbers: number): { radial?: Radial } {
  if (!radial) return {};
  return {
    radial: { share: 1 / numbers + (radial.share - 1 / numbers) * Math.min(1, share), variance: radial.variance },
  };
}

/** What depends on the sum depends on each part by its share. */
export function scaledNoise({ spread, shift, slope, bend, narrow }: Noise, share: number): Noise {
  return { spread, shift, narrow, slope: share * slope, bend: share * share * bend + share * (1 - share) * slope };
}

function sumOf(fields: readonly Field[], crossed: Float64Array): Field {
  const { samples } = fields[0]!;
  const gram = crossed.slice();
  for (const field of fields) for (let i = 0; i < gram.length; i++) gram[i] = gram[i]! + field.gram[i]!;
  const all = fields.map((f) => f.positions);
  const [first] = all;
  if (!first || !all.every((p): p is Positions => p !== undefined)) return { samples, gram };
  const weights = fields.map(diagonalMean);
  const total = weights.reduce((a, b) => a + b, 0);
  const shares = weights.map((w) => (total > 0 ? w / total : 1 / weights.length));
  const pooled = crossed.slice();
  for (const p of all) for (let i = 0; i < pooled.length; i++) pooled[i] = pooled[i]! + p.pooled[i]!;
  const count = first.sizes.reduce((a, b) => a * b, 1);
  const profile = all.some((p) => p.profile)
    ? Float64Array.from({ length: count }, (_, i) =>
        all.reduce((sum, p, k) => sum + shares[k]! * (p.profile?.[i] ?? 1), 0),
      )
    : undefined;
  const near = Float64Array.from(first.near, (_, i) => all.reduce((sum, p, k) => sum + shares[k]! * p.near[i]!, 0));
  return { samples, gram, positions: { sizes: first.sizes, near, pooled, ...(profile ? { profile } : {}) } };
}

/** Values side by side: each keeps its part of the gradient. */
export const concatenateRule: Rule = (layer, inputs) => {
  if (layer.spec.type !== 'concatenate' || inputs.length === 0) return undefined;
  const sizes = layer.inputShapes.map((shape) => shape.reduce((a, b) => a * b, 1));
  const total = sizes.reduce((a, b) => a + b, 0);
  const parts = inputs.map((input, k) => affine(input.field, sizes[k]! / total));
  const { samples } = inputs[0]!.field;
  const onUnits = layer.spec.axis === -1 || layer.spec.axis === layer.outputShape.length - 1;
  const summed = sumOf(parts, new Float64Array(samples * samples));
  const positions = positionSizes(layer.outputShape);
  const independent = positions && !onUnits ? joinedPositions(positions, parts, summed) : summed.positions;
  const field: Field = { samples, gram: summed.gram, ...(independent ? { positions: independent } : {}) };
  const whole = diagonalMean(field);
  const shares = parts.map((part) => (whole > 0 ? diagonalMean(part) / whole : 0));
  const mean = Float64Array.from({ length: samples }, (_, s) =>
    inputs.reduce((sum, input, k) => sum + (input.mean[s]! * sizes[k]!) / total, 0),
  );
  const output: Signal = {
    field,
    mean,
    units: layer.outputShape.at(-1) ?? 1,
    isData: inputs.every((i) => i.isData),
    gaussian: Math.min(...inputs.map((i) => i.gaussian)),
    drift: inputs.reduce((sum, input, k) => sum + shares[k]! * input.drift, 0),
    stray: commonStray(inputs, shares),
    ...(inputs.some((i) => i.unknown) ? { unknown: true as const } : {}),
  };
  return {
    output,
    basis: 'meanField',
    backward(gradient) {
      const plain = withoutWinners(gradient);
      return {
        delta: gradient,
        inputs: inputs.map((input, k) => ({
          ...plain,
          log: plain.log + Math.log(sizes[k]! / total),
          field: onUnits ? plain.field : withSizes(plain.field, input.field.positions?.sizes),
          noise: scaledNoise(plain.noise, shares[k]!),
        })),
        terms: [],
        isExact: true,
      };
    },
  };
};

function joinedPositions(sizes: readonly number[], parts: readonly Field[], summed: Field): Positions {
  const first = parts[0]!.positions!;
  return { sizes, near: first.near, pooled: summed.positions?.pooled ?? summed.gram };
}

function withSizes(field: Field, sizes: readonly number[] | undefined): Field {
  if (!field.positions || !sizes) return { samples: field.samples, gram: field.gram };
  const { profile: _, ...rest } = field.positions;
  return { ...field, positions: { ...rest, sizes } };
}

/**
 * The product of independent values: mean squares multiply, sample by sample. A value taken twice is another thing: the probe's.
 */
export const multiplyRule: Rule = (layer, inputs): Passage | undefined => {
  if (layer.spec.type !== 'multiply' || new Set(inputs).size < inputs.length || inputs.length === 0) return undefined;
  const { samples } = inputs[0]!.field;
  const productOf = (fields: readonly Field[]): Field => {
    const gram = new Float64Array(samples * samples).fill(1);
    for (const f of fields) for (let i = 0; i < gram.length; i++) gram[i] = gram[i]! * f.gram[i]!;
    const all = fields.map((f) => f.positions);
    const [first] = all;
    if (!first || !all.every((p): p is Positions => p !== undefined)) return { samples, gram };
    const count = first.sizes.reduce((a, b) => a * b, 1);
    const near = Float64Array.from(first.near, (_, i) => all.reduce((product, p) => product * p.near[i]!, 1));
    const pooled = Float64Array.from(gram, (k, i) => {
      const apart = fields.reduce(
        (product, f) => product * (count > 1 ? (f.positions!.pooled[i]! - f.gram[i]! / count) / (1 - 1 / count) : 1),
        1,
      );
      return k / count + (1 - 1 / count) * apart;
    });
    return { samples, gram, positions: { sizes: first.sizes, near, pooled } };
  };
  const output: Signal = {
    field: productOf(inputs.map((i) => i.field)),
    mean: Float64Array.from({ length: samples }, (_, s) => inputs.reduce((product, i) => product * i.mean[s]!, 1)),
    units: inputs[0]!.units,
    isData: false,
    gaussian: 0,
    drift: inputs.reduce((sum, i) => sum + i.drift, 0),
    stray: inputs.reduce((sum, i) => sum + i.stray, 0),
    ...(inputs.some((i) => i.unknown) ? { unknown: true } : {}),
  };
  return {
    output,
    basis: 'meanField',
    backward(gradient) {
      const squares = inputs.map((_, k) => {
        const others = inputs.filter((__, j) => j !== k).map((i) => i.field);
        const grown = productOf([gradient.field, ...others]);
        return { unit: normalized(grown), others };
      });
      const total = squares.reduce((sum, { unit }) => sum + Math.exp(unit.log), 0);
      return {
        delta: gradient,
        inputs: squares.map(
          ({ unit }): Gradient => ({
            log: gradient.log + unit.log,
            field: unit.field,
            noise: inputs.length > 1 ? { ...gradient.noise, bend: 0 } : gradient.noise,
          }),
        ),
        terms: [{ term: 'other inputs', kind: 'fan', factor: Math.sqrt(total) }],
        isExact: true,
      };
    },
  };
};
