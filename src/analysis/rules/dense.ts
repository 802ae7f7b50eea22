// Owns the dense layer: h = φ(W·a + b) at every position.
import { biasIsCommon, biasMeanSquare, kernelLaw } from '../kernelLaw';
import type { Term } from '../prediction';
import { affine, type Field, type Gradient, type Passage, type Rule, type Signal } from '../signal';
import { parameterOf, passLinear } from './linear';
import { passNonlinearity } from './nonlinearity';
import { passSoftmax } from './softmax';

export const denseRule: Rule = (layer, [input], { batch }) => {
  const { spec } = layer;
  const kernel = parameterOf(layer, 'kernel');
  if (spec.type !== 'dense' || !kernel || !input) return undefined;
  const bias = parameterOf(layer, 'bias');
  const law = kernelLaw(kernel.initializer, kernel);
  const [unitsIn, unitsOut] = [input.units, spec.units];
  if (law.kind === 'identity')
    return identity(input, unitsOut, law.gain, biasMeanSquare(bias), spec.activation === 'linear');
  if (biasIsCommon(bias) && spec.activation !== 'linear') return undefined;
  const parts = {
    kernel,
    bias,
    property: 'kernelInitializer',
    fanIn: unitsIn,
    fanOut: unitsOut,
    unitsIn,
    unitsOut,
    once: true,
  };
  const linear = passLinear(parts, input, batch, spec.kernelInitializer.type);
  if (!linear) return undefined;
  const activated =
    spec.activation === 'softmax' ? passSoftmax(linear.z) : passNonlinearity(spec.activation, linear.z, batch);
  return {
    output: activated.output,
    preActivationMeanSquare: meanSquare(linear.z.field),
    preActivation: linear.z,
    basis: 'meanField',
    backward(gradient) {
      const { delta, factor } = activated.backward(gradient);
      return {
        delta,
        inputs: [linear.backward(delta, delta.field, 1)],
        terms: [...activationTerm(spec.activation, factor), ...linear.terms(1)],
      };
    },
  };
};

export function activationTerm(activation: string, factor: number): Term[] {
  return activation === 'linear'
    ? []
    : [{ term: activation, kind: 'activation', factor: Math.sqrt(factor), property: 'activation' }];
}

export function meanSquare({ gram, samples }: Field): number {
  let sum = 0;
  for (let s = 0; s < samples; s++) sum += gram[s * samples + s]!;
  return sum / samples;
}

/**
 * The identity hands its inputs on as they are, and with them their distribution, which is not known to be Gaussian: exact as
 * long as nothing bends them. Where it is not square, units are left out, or get zeros.
 */
function identity(input: Signal, unitsOut: number, gain: number, bias: number, isLinear: boolean): Passage | undefined {
  if (!isLinear) return undefined;
  const forward = (gain * gain * Math.min(input.units, unitsOut)) / unitsOut;
  const backward = (gain * gain * Math.min(input.units, unitsOut)) / unitsOut;
  const field = affine(input.field, forward, bias);
  const output: Signal = {
    ...input,
    field,
    mean: input.mean.map((m) => (m * gain * Math.min(input.units, unitsOut)) / unitsOut),
    units: unitsOut,
    isData: false,
  };
  return {
    output,
    preActivationMeanSquare: meanSquare(field),
    preActivation: output,
    basis: 'meanField',
    backward(gradient: Gradient) {
      const passed = { ...gradient, log: gradient.log + Math.log(backward) };
      const term: Term = {
        term: 'identity',
        kind: 'initialization',
        factor: Math.sqrt(backward),
        property: 'kernelInitializer',
      };
      return { delta: gradient, inputs: [passed], terms: [term] };
    },
  };
}
