// Owns multi-head self-attention at initialization: its weights are not far from equal, so it averages values over positions;
// the way back through queries and keys is derived too. What typical heads do, `heads.ts` finds out.
import { followHeads, type HeadsForward } from '../heads';
import { biasIsCommon, biasMeanSquare, type KernelLaw, kernelLaw } from '../kernelLaw';
import type { Term } from '../prediction';
import { pairsOf, sampleCovariance, sequenceCovariance, sequencePositions } from '../sequences';
import { type Field, normalized, overlap, type Rule, type Signal } from '../signal';
import { parameterOf } from './linear';

/** The cost grows with their square; longer sequences are measured. */
const MOST_POSITIONS = 40;

export const attentionRule: Rule = (layer, [input], { batch }) => {
  const { spec } = layer;
  if (spec.type !== 'multiHeadAttention' || !input?.field.positions || input.unknown || spec.dropout > 0)
    return undefined;
  const positions = layer.inputShapes[0]![0]!;
  if (positions > MOST_POSITIONS) return undefined;
  const features = input.units;
  const kernel = (name: string): KernelLaw | undefined => {
    const parameter = parameterOf(layer, `${name}Kernel`);
    return parameter && kernelLaw(parameter.initializer, parameter);
  };
  const [query, key, value, out] = [kernel('query'), kernel('key'), kernel('value'), kernel('output')];
  if (query?.kind !== 'random' || key?.kind !== 'random' || value?.kind !== 'random' || out?.kind !== 'random')
    return undefined;
  if (['query', 'key', 'value', 'output'].some((name) => biasIsCommon(parameterOf(layer, `${name}Bias`))))
    return undefined;
  const bias = (name: string) => biasMeanSquare(parameterOf(layer, `${name}Bias`));
  const covariance = sequenceCovariance(input.field, false);
  const projected = (law: { meanSquare: number }, name: string) =>
    covariance.map((k) => features * law.meanSquare * k + bias(name));
  const heads = followHeads({
    ...{ positions, keyDim: spec.keyDim, valueDim: spec.valueDim, causal: spec.causal },
    ...{ query: projected(query, 'query'), key: projected(key, 'key'), value: projected(value, 'value') },
  });
  const joined = spec.numHeads * spec.valueDim;
  const output = outputOf(heads, input, positions, joined * out.meanSquare, bias('output'), batch);
  if (!output) return undefined;
  return {
    output,
    basis: 'meanField',
    backward(gradient) {
      const unit = normalized(gradient.field).field;
      const incoming = sampleCovariance(unit, positions).map((k) => features * out.meanSquare * k);
      const by = heads.backward(incoming);
      const keyed = spec.numHeads * spec.keyDim;
      const total = by.value.map(
        (v, k) =>
          joined * value.meanSquare * v + keyed * query.meanSquare * by.query[k]! + keyed * key.meanSquare * by.key[k]!,
      );
      const passed = mean(positions, (t) => total[t * positions + t]!);
      const kernels = Math.sqrt(features * out.meanSquare * joined * value.meanSquare);
      const terms: Term[] = [
        { term: `attention over ${positions} positions`, kind: 'attention', factor: Math.sqrt(passed) / kernels },
        { term: 'value and output kernels', kind: 'initialization', factor: kernels, property: 'kernelInitializer' },
      ];
      const { samples, gram } = unit;
      const pooled = passed > 0 ? total.reduce((a, b) => a + b, 0) / positions ** 2 / passed : 1;
      const field: Field = {
        samples,
        gram,
        positions: {
          ...sequencePositions(positions, (t, u) => total[t * positions + u]!),
          pooled: gram.map((k) => k * pooled),
        },
      };
      const own = 2 * overlap(field, batch) * (1 / features + 1 / joined);
      const { noise } = gradient;
      return {
        delta: gradient,
        inputs: [
          {
            log: gradient.log + Math.log(passed),
            field,
            noise: { ...noise, spread: noise.spread + own, shift: noise.shift - 0.5 * own, slope: 0, bend: 0 },
          },
        ],
        terms,
      };
    },
  };
};

function outputOf(
  { answers }: HeadsForward,
  input: Signal,
  positions: number,
  gain: number,
  bias: number,
  batch: number,
): Signal | undefined {
  const side = 2 * positions;
  const { samples } = input.field;
  const at = (t: number, u: number, other: number) => gain * answers[2 * t * side + 2 * u + other]! + bias;
  const same = mean(positions, (t) => at(t, t, 0));
  if (!(same > 0) || !Number.isFinite(same)) return undefined;
  const all = (other: number) => mean(positions, (t) => mean(positions, (u) => at(t, u, other)));
  const field: Field = {
    samples,
    gram: pairsOf(
      samples,
      same,
      mean(positions, (t) => at(t, t, 1)),
    ),
    positions: {
      ...sequencePositions(positions, (t, u) => at(t, u, 0)),
      pooled: pairsOf(samples, all(0), all(1)),
    },
  };
  const own = (2 * overlap(field, batch)) / input.units;
  return {
    field,
    mean: new Float64Array(samples),
    units: input.units,
    isData: false,
    gaussian: 1,
    drift: -0.5 * own,
    stray: own,
  };
}

function mean(count: number, value: (place: number) => number): number {
  let sum = 0;
  for (let t = 0; t < count; t++) sum += value(t);
  return sum / count;
}
