// Owns what stands in where theory has no honest answer: the layer's own measurement at initialization, or, without one, the
// admission that nothing is known.
import type { GraphLayer } from '../../spec/network';
import { independentPositions, positionSizes } from '../fields';
import type { ProbedLayer } from '../probe';
import type { Gradient, Passage, Signal } from '../signal';

/** From log10 of a norm to ln of its square. */
const LN_SQUARE = 2 * Math.LN10;

/** @param probed undefined: factors are NaN, and so is everything that they enter */
export function measuredPassage(
  layer: GraphLayer,
  inputs: readonly Signal[],
  probed: ProbedLayer | undefined,
): Passage {
  const output = measuredSignal(layer, inputs[0], probed);
  return {
    output,
    basis: 'probe',
    backward(gradient) {
      const whole = summary(probed?.backwardFactor);
      const own = summary(probed?.activationFactor);
      const through = (gradient: Gradient, { mean, variance }: { mean: number; variance: number }): Gradient => ({
        log: gradient.log + LN_SQUARE * mean,
        field: gradient.field,
        noise: {
          ...gradient.noise,
          spread: gradient.noise.spread + LN_SQUARE * LN_SQUARE * variance,
          slope: 0,
          bend: 0,
        },
      });
      const delta = through(gradient, own);
      const passed = through(gradient, whole);
      const share = Math.log(inputs.length || 1);
      return {
        delta,
        inputs: inputs.map((input) => ({
          ...passed,
          log: passed.log - share,
          field: {
            samples: gradient.field.samples,
            gram: gradient.field.gram,
            ...(input.field.positions
              ? { positions: independentPositions(input.field.positions.sizes, gradient.field.gram) }
              : {}),
          },
        })),
        terms: Number.isNaN(whole.mean) ? [] : [{ term: 'measured', kind: 'measured', factor: 10 ** whole.mean }],
      };
    },
  };
}

/** Over the seeds; NaN where there are none. −∞, which is 0 in every seed, stays. */
function summary(values: readonly number[] | undefined): { mean: number; variance: number } {
  if (!values || values.length === 0) return { mean: Number.NaN, variance: 0 };
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  if (!Number.isFinite(mean) || values.length < 2) return { mean, variance: 0 };
  return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1) };
}

function measuredSignal(layer: GraphLayer, input: Signal | undefined, probed: ProbedLayer | undefined): Signal {
  const samples = input?.field.samples ?? 1;
  const known = probed !== undefined && Number.isFinite(probed.activationMean) && Number.isFinite(probed.activationStd);
  const mean = known ? probed.activationMean : 0;
  const square = known ? mean * mean + probed.activationStd ** 2 : 1;
  const gram = new Float64Array(samples * samples);
  for (let s = 0; s < samples; s++) {
    for (let t = 0; t < samples; t++) {
      const before = input ? Math.sqrt(input.field.gram[s * samples + s]! * input.field.gram[t * samples + t]!) : 0;
      const correlation = s === t ? 1 : before > 0 ? input!.field.gram[s * samples + t]! / before : 0;
      gram[s * samples + t] = square * correlation;
    }
  }
  const sizes = positionSizes(layer.outputShape);
  return {
    field: { samples, gram, ...(sizes ? { positions: independentPositions(sizes, gram) } : {}) },
    mean: new Float64Array(samples).fill(mean),
    units: layer.outputShape.at(-1) ?? 1,
    isData: false,
    gaussian: 0,
    drift: 0,
    stray: 0,
    ...(known ? {} : { unknown: true }),
  };
}
