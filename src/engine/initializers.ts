// Owns what parameters start from. Formulas are Keras's; values come in TensorFlow.js's layout, whatever the engine's.
import { assertNever, UserError } from '../base/errors';
import type { Random } from '../base/random';
import type { InitializerSpec } from '../spec/schema';
import { orthonormalizeFast } from './kernels/wasm';
import { orthonormalize, vectorStride } from './orthonormal';

/** Standard deviation of a standard normal cut off at ±2: Keras divides by it, so that the variance is the one wanted. */
const TRUNCATED_STDDEV = 0.87962566103423978;

/** What an initializer needs to know of a parameter. */
export interface InitializedTensor {
  /** As TensorFlow.js lays it out. */
  readonly shape: readonly number[];
  readonly fanIn: number;
  readonly fanOut: number;
}

/**
 * Start values of a parameter, row-major in `shape`. Realised variances (of one value, over seeds; fans are Keras's):
 *
 * | initializer | variance | |
 * | --- | --- | --- |
 * | zeros, ones, constant | 0 | |
 * | randomUniform | (maxval − minval)² ÷ 12 | |
 * | randomNormal | stddev² | |
 * | truncatedNormal | 0.7737 · stddev² | what is left of a normal cut off at ±2 stddev |
 * | glorotUniform, glorotNormal | 2 ÷ (fanIn + fanOut) | |
 * | heUniform, heNormal | 2 ÷ fanIn | |
 * | leCunUniform, leCunNormal | 1 ÷ fanIn | |
 * | varianceScaling | scale ÷ the fan of its mode | |
 * | orthogonal | gain² ÷ the longer side | of the matrix whose columns are the last axis |
 * | identity | gain² ÷ the longer side, as a mean square | no draw: ones on the diagonal |
 * | lsuv | 1 ÷ the longer side | before `lsuv.ts` scales it |
 *
 * The normal ones of Glorot, He, LeCun and varianceScaling are cut off at two standard deviations and widened, so that the
 * variance is the one above. PyTorch's `xavier_normal_` and `kaiming_normal_` have the same variances without the cut, and
 * its `trunc_normal_` cuts off at ±2 whatever the deviation.
 * @param random the parameter's own stream; how many numbers are drawn depends on initializer and shape alone, except
 *   for truncated normals, which are drawn again where they lie outside
 * @throws UserError where the initializer does not fit the shape
 */
export function initialize(initializer: InitializerSpec, tensor: InitializedTensor, random: Random): Float64Array {
  const values = new Float64Array(tensor.shape.reduce((a, b) => a * b, 1));
  const { fanIn, fanOut } = tensor;
  switch (initializer.type) {
    case 'zeros':
      return values;
    case 'ones':
      return values.fill(1);
    case 'constant':
      return values.fill(initializer.value);
    case 'randomUniform':
      return uniform(values, random, initializer.minval, initializer.maxval);
    case 'randomNormal':
      return fill(values, () => initializer.mean + initializer.stddev * random.normal());
    case 'truncatedNormal':
      return fill(values, () => initializer.mean + initializer.stddev * truncated(random));
    case 'glorotUniform':
      return scaled(values, random, 2 / (fanIn + fanOut), 'uniform');
    case 'glorotNormal':
      return scaled(values, random, 2 / (fanIn + fanOut), 'normal');
    case 'heUniform':
      return scaled(values, random, 2 / fanIn, 'uniform');
    case 'heNormal':
      return scaled(values, random, 2 / fanIn, 'normal');
    case 'leCunUniform':
      return scaled(values, random, 1 / fanIn, 'uniform');
    case 'leCunNormal':
      return scaled(values, random, 1 / fanIn, 'normal');
    case 'varianceScaling': {
      const fans = { fanIn, fanOut, fanAvg: (fanIn + fanOut) / 2 };
      const distribution = initializer.distribution === 'uniform' ? 'uniform' : 'normal';
      return scaled(values, random, initializer.scale / Math.max(1, fans[initializer.mode]), distribution);
    }
    case 'orthogonal':
      return orthogonal(values, matrixShape(tensor.shape, 'orthogonal'), initializer.gain, random);
    case 'lsuv':
      return orthogonal(values, matrixShape(tensor.shape, 'lsuv'), 1, random);
    case 'identity': {
      const [rows, columns] = matrixShape(tensor.shape, 'identity');
      for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = initializer.gain;
      return values;
    }
    default:
      return assertNever(initializer);
  }
}

function fill(values: Float64Array, draw: () => number): Float64Array {
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return values;
}

function uniform(values: Float64Array, random: Random, low: number, high: number): Float64Array {
  return fill(values, () => low + (high - low) * random.uniform());
}

function scaled(values: Float64Array, random: Random, variance: number, distribution: 'uniform' | 'normal') {
  if (distribution === 'uniform') return uniform(values, random, -Math.sqrt(3 * variance), Math.sqrt(3 * variance));
  const stddev = Math.sqrt(variance) / TRUNCATED_STDDEV;
  return fill(values, () => stddev * truncated(random));
}

function truncated(random: Random): number {
  for (;;) {
    const value = random.normal();
    if (Math.abs(value) <= 2) return value;
  }
}

/** A tensor as a matrix: the last axis its columns, as Keras flattens it. */
function matrixShape(shape: readonly number[], initializer: string): [rows: number, columns: number] {
  if (shape.length < 2) {
    throw new UserError(
      `The initializer "${initializer}" makes a matrix, and this parameter is a vector.`,
      'Use it for kernels, and "zeros" or "constant" for biases.',
    );
  }
  const columns = shape[shape.length - 1]!;
  return [shape.slice(0, -1).reduce((a, b) => a * b, 1), columns];
}

/** Numbers of a matrix below which it is not worth a memory of its own. */
const FEW_NUMBERS = 2048;

/**
 * Q of the QR decomposition (R's diagonal positive) of a normal matrix, so that it is uniformly distributed among all
 * orthogonal ones (Saxe et al. 2014; Mezzadri 2007). The long side's vectors, as many as the short side has.
 */
function orthogonal(
  values: Float64Array,
  [rows, columns]: [number, number],
  gain: number,
  random: Random,
): Float64Array {
  const length = Math.max(rows, columns);
  const count = Math.min(rows, columns);
  const stride = vectorStride(length);
  const vectors = new Float64Array(count * stride);
  for (let i = 0; i < count; i++) for (let k = 0; k < length; k++) vectors[i * stride + k] = random.normal();
  if (vectors.length < FEW_NUMBERS || !orthonormalizeFast(vectors, count, stride)) {
    orthonormalize(vectors, count, stride);
  }
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < length; k++) {
      values[rows >= columns ? k * columns + i : i * columns + k] = gain * vectors[i * stride + k]!;
    }
  }
  return values;
}
