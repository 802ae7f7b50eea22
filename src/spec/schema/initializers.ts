// Owns the names and options of initializers and activations. The formulas themselves are the engine's.
import { choice, real, type ValueOf, variant, variants, withDefault } from './fields';

export const activationTexts = {
  linear: 'Passes its input on: φ(z) = z. Slope 1 everywhere.',
  sigmoid: 'φ(z) = 1 ÷ (1 + e⁻ᶻ). Its slope is at most 1⁄4, so each layer passes back a quarter at best.',
  tanh: 'Hyperbolic tangent. Its slope is 1 at zero and fades where it saturates.',
  relu: 'φ(z) = max(0, z). Slope 1 or 0: half of the units pass the gradient whole.',
  leakyRelu: 'ReLU with slope 0.3 for negative inputs, so that no unit dies.',
  elu: 'z above zero, eᶻ − 1 below: smooth, with a mean nearer to zero than ReLU.',
  selu: 'ELU scaled so that mean and variance keep themselves (Klambauer et al. 2017); use with `leCunNormal`.',
  gelu: 'z · Φ(z) with the exact normal distribution function (Hendrycks & Gimpel 2016).',
  silu: 'z · sigmoid(z), also called swish.',
  mish: 'z · tanh(softplus(z)) (Misra 2019).',
  softplus: 'ln(1 + eᶻ): a smooth ReLU.',
  softsign: 'z ÷ (1 + |z|): saturates more slowly than tanh.',
  hardSigmoid:
    '0.2 z + 0.5, cut off at 0 and 1: a sigmoid of straight lines, whose slope is exactly zero where it saturates.',
  hardTanh: 'z, cut off at −1 and 1.',
  relu6: 'ReLU, cut off at 6.',
  softmax: 'Turns the last axis into positive numbers with sum 1.',
} as const;
export const activation = choice('activation', activationTexts);

const fanMode = choice('mode', {
  fanIn: 'Divides by the number of inputs of a unit: keeps the size of activations.',
  fanOut: 'Divides by the number of outputs: keeps the size of gradients.',
  fanAvg: 'Divides by the mean of both.',
});
const distribution = choice('distribution', {
  normal: 'Normal, truncated at two standard deviations.',
  uniform: 'Uniform.',
  truncatedNormal: 'Normal, truncated at two standard deviations.',
});

export const initializer = variants(
  'initializer',
  'type',
  {
    zeros: variant('All zeros.', {}),
    ones: variant('All ones.', {}),
    constant: variant('All the same value.', { value: withDefault(real(), 0, 'The value.') }),
    randomUniform: variant('Uniform between two bounds, whatever the size of the layer.', {
      minval: withDefault(real(), -0.05, 'Lower bound.'),
      maxval: withDefault(real(), 0.05, 'Upper bound.'),
    }),
    randomNormal: variant('Normal, whatever the size of the layer.', {
      mean: withDefault(real(), 0, 'Mean.'),
      stddev: withDefault(real({ min: 0 }), 0.05, 'Standard deviation.'),
    }),
    truncatedNormal: variant('Normal, drawn again where further than two standard deviations from the mean.', {
      mean: withDefault(real(), 0, 'Mean.'),
      stddev: withDefault(real({ min: 0 }), 0.05, 'Standard deviation before truncation.'),
    }),
    glorotUniform: variant(
      'Uniform, variance 2 ÷ (fan-in + fan-out) (Glorot & Bengio 2010). Made for tanh-like units.',
      {},
    ),
    glorotNormal: variant('Truncated normal, variance 2 ÷ (fan-in + fan-out) (Glorot & Bengio 2010).', {}),
    heUniform: variant(
      'Uniform, variance 2 ÷ fan-in (He et al. 2015). Made for ReLU, which loses half of the signal.',
      {},
    ),
    heNormal: variant('Truncated normal, variance 2 ÷ fan-in (He et al. 2015). Made for ReLU.', {}),
    leCunUniform: variant('Uniform, variance 1 ÷ fan-in (LeCun et al. 1998).', {}),
    leCunNormal: variant('Truncated normal, variance 1 ÷ fan-in (LeCun et al. 1998). Made for SELU.', {}),
    orthogonal: variant('An orthogonal matrix: keeps lengths exactly (Saxe et al. 2014).', {
      gain: withDefault(real(), 1, 'What the matrix is multiplied by.'),
    }),
    identity: variant('The identity matrix.', { gain: withDefault(real(), 1, 'What the matrix is multiplied by.') }),
    varianceScaling: variant('Variance `scale` ÷ fan: the general form of Glorot, He and LeCun.', {
      scale: withDefault(real({ exclusiveMin: 0 }), 1, 'Numerator of the variance.'),
      mode: withDefault(fanMode, 'fanIn', 'Which fan divides.'),
      distribution: withDefault(distribution, 'normal', 'What the weights are drawn from.'),
    }),
    lsuv: variant('Orthogonal, then scaled to unit output variance on one batch (Mishkin & Matas 2016).', {}),
  },
  true,
);

export type ActivationName = ValueOf<typeof activation>;
export type InitializerSpec = ValueOf<typeof initializer>;
