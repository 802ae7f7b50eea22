// Owns the recurrent layers: simpleRNN, lstm and gru through all their time steps. What their units do, `recurrence.ts`
// finds out; here moments of a sequence become what it needs, and what it answers becomes a signal and a gradient.
import type { GraphLayer } from '../../spec/network';
import { biasIsCommon, biasMeanSquare, kernelLaw } from '../kernelLaw';
import type { Term } from '../prediction';
import { type CellKind, type ForwardPass, followUnits } from '../recurrence';
import { pairsOf, sampleCovariance, sequenceCovariance, sequencePositions } from '../sequences';
import { type Field, type Gradient, normalized, overlap, type Passage, type Rule, type Signal } from '../signal';
import { parameterOf } from './linear';

/** The cost grows with their square; longer sequences are measured. */
const MOST_STEPS = 40;

export const recurrentRule: Rule = (layer, [input], { batch }) => {
  const { spec } = layer;
  const kernel = parameterOf(layer, 'kernel');
  const recurrent = parameterOf(layer, 'recurrentKernel');
  if (spec.type !== 'simpleRNN' && spec.type !== 'lstm' && spec.type !== 'gru') return undefined;
  if (!kernel || !recurrent || !input?.field.positions || input.unknown) return undefined;
  const steps = layer.inputShapes[0]![0]!;
  const [inLaw, stateLaw] = [kernelLaw(kernel.initializer, kernel), kernelLaw(recurrent.initializer, recurrent)];
  const bias = parameterOf(layer, 'bias');
  if (inLaw.kind !== 'random' || stateLaw.kind !== 'random' || steps > MOST_STEPS || biasIsCommon(bias))
    return undefined;
  const kind: CellKind = spec.type === 'gru' && !spec.resetAfter ? 'gruResetBefore' : spec.type;
  const back = spec.goBackwards;
  const gain = input.units * inLaw.meanSquare;
  const biased = biasMeanSquare(bias);
  const pass = followUnits({
    kind,
    activation: spec.activation,
    recurrentActivation: spec.type === 'simpleRNN' ? 'linear' : spec.recurrentActivation,
    steps,
    input: sequenceCovariance(input.field, back).map((k) => gain * k + biased),
    recurrent: spec.units * stateLaw.meanSquare,
    recurrentBias: kind === 'gru' ? biased : 0,
    forget: spec.type === 'lstm' && spec.useBias && spec.unitForgetBias ? 1 : 0,
  });
  const output = outputOf(layer, pass, input, steps, batch, spec.returnSequences, spec.units);
  if (!output) return undefined;
  return {
    output,
    basis: 'meanField',
    backward(gradient) {
      return backThrough(layer, pass, { input, gradient, steps, batch, gain, units: spec.units, back });
    },
  } satisfies Passage;
};

function outputOf(
  layer: GraphLayer,
  { states, means }: ForwardPass,
  input: Signal,
  steps: number,
  batch: number,
  sequences: boolean,
  units: number,
): Signal | undefined {
  const side = 2 * steps;
  const { samples } = input.field;
  const at = (t: number, u: number, other: number) => states[2 * t * side + 2 * u + other]!;
  const places = sequences ? Array.from({ length: steps }, (_, t) => t) : [steps - 1];
  const same = average(places, (t) => at(t, t, 0));
  if (!(same > 0) || !Number.isFinite(same)) return undefined;
  const gram = pairsOf(
    samples,
    same,
    average(places, (t) => at(t, t, 1)),
  );
  const all = (other: number) => average(places, (t) => average(places, (u) => at(t, u, other)));
  const field: Field = {
    samples,
    gram,
    ...(sequences
      ? {
          positions: {
            ...sequencePositions(steps, (t, u) => at(t, u, 0)),
            pooled: pairsOf(samples, all(0), all(1)),
          },
        }
      : {}),
  };
  const mean = average(places, (t) => means[t]!);
  const own = (2 * overlap(field, batch)) / units;
  return {
    field,
    mean: new Float64Array(samples).fill(mean),
    units: layer.outputShape.at(-1) ?? units,
    isData: false,
    gaussian: 0,
    drift: -0.5 * own,
    stray: own,
  };
}

interface Return {
  readonly input: Signal;
  readonly gradient: Gradient;
  readonly steps: number;
  readonly batch: number;
  readonly gain: number;
  readonly units: number;
  readonly back: boolean;
}

function backThrough(
  layer: GraphLayer,
  pass: ForwardPass,
  { input, gradient, steps, batch, gain, units, back }: Return,
): ReturnType<Passage['backward']> {
  const unit = normalized(gradient.field).field;
  const outer = sampleCovariance(unit, steps);
  const { gates, states } = pass.backward(outer);
  const trace = (m: Float64Array) =>
    Array.from({ length: steps }, (_, t) => m[t * steps + t]!).reduce((a, b) => a + b, 0);
  const time = trace(gates) / trace(outer);
  const inOrder = (t: number) => (back ? steps - 1 - t : t);
  const positions = sequencePositions(steps, (t, u) => gates[inOrder(t) * steps + inOrder(u)]!);
  const { samples, gram } = unit;
  const total = gates.reduce((a, b) => a + b, 0) / (steps * trace(gates));
  const field = { samples, gram, positions: { ...positions, pooled: gram.map((k) => k * total) } };
  const last = states[inOrder(steps - 1)]!;
  const terms: Term[] = [
    { term: `${layer.spec.type} over ${steps} time steps`, kind: 'time', factor: Math.sqrt(time) },
    { term: 'input kernel', kind: 'initialization', factor: Math.sqrt(gain), property: 'kernelInitializer' },
  ];
  const own = (2 * overlap(field, batch)) / units + (2 * overlap(field, batch)) / input.units;
  return {
    delta: gradient,
    inputs: [
      {
        log: gradient.log + Math.log(time * gain),
        field,
        noise: {
          ...gradient.noise,
          spread: gradient.noise.spread + own,
          shift: gradient.noise.shift - 0.5 * own,
          slope: 0,
          bend: 0,
        },
      },
    ],
    terms,
    timeProfile: Array.from({ length: steps }, (_, t) => Math.sqrt(states[inOrder(t)]! / last)),
  };
}

function average(places: readonly number[], value: (place: number) => number): number {
  return places.reduce((sum, place) => sum + value(place), 0) / places.length;
}
