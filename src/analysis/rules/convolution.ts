// Owns convolution layers: a dense layer over each window, its kernel shared by all positions (Xiao et al. 2018).
import { biasIsCommon } from '../kernelLaw';
import { diagonalMean, type Field, type Gradient, normalized, positionCount, type Rule, type Signal } from '../signal';
import { activationTerm } from './dense';
import { parameterOf, passLinear } from './linear';
import { passNonlinearity } from './nonlinearity';
import { passSoftmax } from './softmax';
import { type Axis, cellCount, gather, profileOf, scatter, spreadNear, strideNear, windowAxes } from './windows';

export const convolutionRule: Rule = (layer, [input], { batch }) => {
  const { spec } = layer;
  if (spec.type !== 'conv1d' && spec.type !== 'conv2d' && spec.type !== 'depthwiseConv2d') return undefined;
  const depthwise = spec.type === 'depthwiseConv2d';
  const kernel = parameterOf(layer, depthwise ? 'depthwiseKernel' : 'kernel');
  const positions = input?.field.positions;
  if (!input || !kernel || !positions) return undefined;
  const bias = parameterOf(layer, 'bias');
  if (biasIsCommon(bias) && spec.activation !== 'linear') return undefined;
  const outputs = layer.outputShape.slice(0, -1);
  const { kernelSize: size, strides: stride, dilationRate: dilation, padding } = spec;
  const axes = windowAxes({ size, stride, dilation, padding }, positions.sizes, outputs);
  const cells = cellCount(axes);
  const unitsOut = layer.outputShape.at(-1) ?? 1;
  const parts = {
    kernel,
    bias,
    property: depthwise ? 'depthwiseInitializer' : 'kernelInitializer',
    fanIn: depthwise ? cells : cells * input.units,
    fanOut: depthwise ? cells * (unitsOut / input.units) : cells * unitsOut,
    once: cells === 1 && !depthwise,
    unitsIn: input.units,
    unitsOut,
  };
  const seen = windowSignal(input, axes, outputs, cells);
  const label = depthwise ? spec.depthwiseInitializer.type : spec.kernelInitializer.type;
  const linear = passLinear(parts, seen, batch, label);
  if (!linear) return undefined;
  const activated =
    spec.activation === 'softmax' ? passSoftmax(linear.z) : passNonlinearity(spec.activation, linear.z, batch);
  return {
    output: activated.output,
    preActivationMeanSquare: diagonalMean(linear.z.field),
    preActivation: linear.z,
    basis: 'meanField',
    backward(gradient) {
      const passed = activated.backward(gradient);
      const { factor } = passed;
      const delta = input.isData ? lessSure(passed.delta) : passed.delta;
      const { field, reach } = inputField(delta.field, axes, cells, positions.sizes);
      return {
        delta,
        inputs: [linear.backward(delta, field, reach)],
        terms: [...activationTerm(spec.activation, factor), ...linear.terms(reach)],
      };
    },
  };
};

/** Windows of data differ among themselves as no Gaussian ones do: measured on the digits. */
const DATA_WINDOWS = 0.5;

function lessSure(delta: Gradient): Gradient {
  return { ...delta, noise: { ...delta.noise, narrow: delta.noise.narrow + DATA_WINDOWS } };
}

/** What windows see: at each output position the mean over its window, cells beyond the border being 0. */
function windowSignal(input: Signal, axes: readonly Axis[], sizes: readonly number[], cells: number): Signal {
  const { field } = input;
  const positions = field.positions!;
  const { mean, profile } = profileOf(gather(axes, positions.profile));
  const scale = mean / cells;
  const square = diagonalMean(field);
  const far = square > 0 ? farCorrelation(field) : 0;
  // Windows of inputs that differ from place to place see what lies in the middle of the data more often.
  const seen: Field = {
    samples: field.samples,
    gram: field.gram.map((k) => k * scale),
    positions: {
      sizes,
      ...(profile ? { profile } : {}),
      near: strideNear(positions.near, axes, far),
      pooled: pooledThrough(field, sizes, scale),
    },
  };
  return { ...input, field: seen };
}

/** Mean correlation of two different positions of one sample. */
export function farCorrelation(field: Field): number {
  const { samples, gram, positions } = field;
  const count = positionCount(field);
  if (!positions || count < 2) return 1;
  let [far, own] = [0, 0];
  for (let s = 0; s < samples; s++) {
    far += (positions.pooled[s * (samples + 1)]! - gram[s * (samples + 1)]! / count) / (1 - 1 / count);
    own += gram[s * (samples + 1)]!;
  }
  return own > 0 ? far / own : 0;
}

/** Pairs of different positions keep what they have in common; how many pairs are one and the same changes with the count. */
export function pooledThrough(field: Field, sizes: readonly number[], scale: number): Float64Array {
  const before = positionCount(field);
  const after = sizes.reduce((a, b) => a * b, 1);
  const { gram } = field;
  return field.positions!.pooled.map((k, i) => {
    const apart = before > 1 ? (k - gram[i]! / before) / (1 - 1 / before) : k;
    return scale * (gram[i]! / after + (1 - 1 / after) * apart);
  });
}

function inputField(delta: Field, axes: readonly Axis[], cells: number, sizes: readonly number[]) {
  const given = delta.positions;
  const spread = scatter(axes, given?.profile);
  const { mean, profile } = profileOf(spread);
  const outputs = positionCount(delta);
  const inputs = sizes.reduce((a, b) => a * b, 1);
  const field: Field = {
    samples: delta.samples,
    gram: delta.gram,
    positions: {
      sizes,
      ...(profile ? { profile } : {}),
      near: given ? spreadNear(given.near, axes) : new Float64Array(0),
      pooled: given ? pooledThrough(delta, sizes, 1) : delta.gram,
    },
  };
  return { field: normalized(field).field, reach: (mean * inputs) / (outputs * cells) };
}
