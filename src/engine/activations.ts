// Owns what each activation is: its formula and derivative in float64, its code in plan records, the bounds of its
// derivative, and which statistics mean something for it. The kernels have their own fast forms, tested against these.
import type { ActivationName } from '../spec/schema';
import { ACTIVATION_CODE, type ElementwiseActivation } from './kernels/contract';

export interface Activation {
  /** φ(z); `alpha` is the slope of leakyRelu, the scale of elu, and ignored elsewhere. */
  value(z: number, alpha?: number): number;
  /** φ′(z); at a kink the derivative that PyTorch takes. */
  derivative(z: number, alpha?: number): number;
  /** Largest |φ′| over all z (for α = 1 where it depends on α). */
  readonly maxDerivative: number;
  /** Sigmoid and tanh family: flat at both ends, so that a saturated fraction says something. */
  readonly saturates: boolean;
  /** ReLU family: exactly flat below 0, so that a unit can be dead. */
  readonly rectifies: boolean;
}

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** Error function in float64: a series of positive terms below 2.5, a continued fraction above. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return Number.NaN;
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    // erf x = 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!
    let term = a;
    let sum = a;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * a * a) / (2 * n + 1);
      sum += term;
    }
    return (Math.sign(x) * 2 * Math.exp(-a * a) * sum) / Math.sqrt(Math.PI);
  }
  // erfc x = e^(−x²)/√π · 1/(x + ½/(x + 1/(x + 1½/(x + …)))), from the inside out.
  let fraction = a;
  for (let k = 60; k >= 1; k--) fraction = a + k / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * fraction));
}

const sigmoid = (z: number) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
const softplus = (z: number) => (z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z)));
const normalCdf = (z: number) => 0.5 * (1 + erf(z * Math.SQRT1_2));
const normalPdf = (z: number) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
const plain = { saturates: false, rectifies: false };
const saturating = { saturates: true, rectifies: false };
const rectifying = { saturates: false, rectifies: true };

export const ACTIVATIONS: Readonly<Record<ElementwiseActivation, Activation>> = {
  linear: { ...plain, maxDerivative: 1, value: (z) => z, derivative: () => 1 },
  sigmoid: {
    ...saturating,
    maxDerivative: 0.25,
    value: sigmoid,
    derivative: (z) => sigmoid(z) * sigmoid(-z),
  },
  tanh: { ...saturating, maxDerivative: 1, value: Math.tanh, derivative: (z) => 1 - Math.tanh(z) ** 2 },
  relu: { ...rectifying, maxDerivative: 1, value: (z) => Math.max(0, z), derivative: (z) => (z > 0 ? 1 : 0) },
  leakyRelu: {
    ...plain,
    maxDerivative: 1,
    value: (z, alpha = 0.3) => (z > 0 ? z : alpha * z),
    derivative: (z, alpha = 0.3) => (z > 0 ? 1 : alpha),
  },
  elu: {
    ...plain,
    maxDerivative: 1,
    value: (z, alpha = 1) => (z > 0 ? z : alpha * Math.expm1(z)),
    derivative: (z, alpha = 1) => (z > 0 ? 1 : alpha * Math.exp(z)),
  },
  selu: {
    ...plain,
    maxDerivative: SELU_SCALE * SELU_ALPHA,
    value: (z) => SELU_SCALE * (z > 0 ? z : SELU_ALPHA * Math.expm1(z)),
    derivative: (z) => SELU_SCALE * (z > 0 ? 1 : SELU_ALPHA * Math.exp(z)),
  },
  /** Its derivative exceeds 1: at most 1.1289 at z = √2. */
  gelu: {
    ...plain,
    maxDerivative: 1.128904145,
    value: (z) => z * normalCdf(z),
    derivative: (z) => normalCdf(z) + z * normalPdf(z),
  },
  silu: {
    ...plain,
    maxDerivative: 1.09983932,
    value: (z) => z * sigmoid(z),
    derivative: (z) => sigmoid(z) * (1 + z * sigmoid(-z)),
  },
  mish: {
    ...plain,
    maxDerivative: 1.0884992,
    value: (z) => z * Math.tanh(softplus(z)),
    derivative: (z) => {
      const t = Math.tanh(softplus(z));
      return t + z * sigmoid(z) * (1 - t * t);
    },
  },
  softplus: { ...plain, maxDerivative: 1, value: softplus, derivative: sigmoid },
  softsign: {
    ...saturating,
    maxDerivative: 1,
    value: (z) => z / (1 + Math.abs(z)),
    derivative: (z) => 1 / (1 + Math.abs(z)) ** 2,
  },
  /** Keras's and TensorFlow.js's (slope 0.2), not PyTorch's (slope 1/6). */
  hardSigmoid: {
    ...saturating,
    maxDerivative: 0.2,
    value: (z) => Math.min(1, Math.max(0, 0.2 * z + 0.5)),
    derivative: (z) => (z > -2.5 && z < 2.5 ? 0.2 : 0),
  },
  hardTanh: {
    ...saturating,
    maxDerivative: 1,
    value: (z) => Math.min(1, Math.max(-1, z)),
    derivative: (z) => (z > -1 && z < 1 ? 1 : 0),
  },
  relu6: {
    ...rectifying,
    maxDerivative: 1,
    value: (z) => Math.min(6, Math.max(0, z)),
    derivative: (z) => (z > 0 && z < 6 ? 1 : 0),
  },
};

/** α of the activations that have one: TensorFlow.js's defaults. */
export const DEFAULT_ALPHA: Partial<Readonly<Record<ActivationName, number>>> = { leakyRelu: 0.3, elu: 1 };

/** The code of an element-wise activation in plan records, or undefined for softmax, which has operations of its own. */
export function activationCode(name: ActivationName): number | undefined {
  return name === 'softmax' ? undefined : ACTIVATION_CODE[name];
}

/** What `ACTIVATIONS` says, with softmax (neither saturates nor rectifies in the sense of the statistics) told apart. */
export function activationFamily(name: ActivationName | undefined): { saturates: boolean; rectifies: boolean } {
  if (name === undefined || name === 'softmax') return plain;
  const { saturates, rectifies } = ACTIVATIONS[name];
  return { saturates, rectifies };
}
