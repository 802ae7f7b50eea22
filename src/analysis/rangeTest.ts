// Owns the learning-rate range test (Smith 2017, “Cyclical Learning Rates for Training Neural Networks”): the rate rises from
// step to step until training blows up, and the loss on the way tells which rates learn. Pure and deterministic.
import { Trainer } from '../engine/trainer';
import type { Spec } from '../spec/schema';
import { type Share, stepsPerSlice, type TrialNetwork } from './trials';

export interface RangeTestOptions {
  /** Trainings whose losses are averaged step by step, against the noise of single batches. */
  readonly seeds: readonly number[];
  /** Default: 120. */
  readonly steps?: number;
}

export interface RangeTestResult {
  /** Rate of each step up to where training blew up, and the smoothed loss there. */
  readonly rates: readonly number[];
  readonly losses: readonly number[];
  /** Where the loss falls fastest; NaN where it never falls. */
  readonly steepest: number;
  /** A tenth of the rate from which on the loss rises for good; NaN where the loss never falls. */
  readonly belowEdge: number;
  /** The rate to begin with: between the two, or `belowEdge` where that is the smaller; NaN where none learns. */
  readonly suggested: number;
}

const LOWEST_RATE = 1e-6;
const HIGHEST_RATE = 10;
const STEPS = 120;
/** Weight of the past in the smoothed loss: five steps, a quarter of a decade of rates. */
const SMOOTHING = 0.8;
/** Training has blown up where the smoothed loss is so many times the best before it, as in fastai's finder. */
const BLOWN_UP = 4;
/** A fall of the loss by less than this share of where it began is noise. */
const LEAST_FALL = 0.02;

/**
 * Runs the test with the network's own optimizer and clipping, whatever its schedule.
 * @throws UserError where memory is short, or data and network do not fit
 */
export function* rangeTest(network: TrialNetwork, options: RangeTestOptions): Generator<Share, RangeTestResult, void> {
  const { seeds, steps = STEPS } = options;
  const gamma = (HIGHEST_RATE / LOWEST_RATE) ** (1 / (steps - 1));
  // What the batch and its dropout do to the loss is known from a training that stands still, and taken away.
  const changes = new Float64Array(steps);
  let start = 0;
  let reached = steps;
  for (const [k, seed] of seeds.entries()) {
    const share = (part: number): number => (k + part / 2) / seeds.length;
    const still = yield* lossesOf(network, at(network.spec, 0, 1), seed, steps, share(0));
    const rising = yield* lossesOf(network, at(network.spec, LOWEST_RATE, gamma), seed, steps, share(1));
    reached = Math.min(reached, still.length, rising.length);
    for (let i = 0; i < reached; i++) {
      changes[i]! += rising[i]! - still[i]!;
      start += still[i]! / reached;
    }
  }
  const rates = Array.from({ length: reached }, (_, i) => LOWEST_RATE * gamma ** i);
  return read(
    rates,
    rates.map((_, i) => (start + changes[i]!) / seeds.length),
  );
}

function at(spec: Spec, learningRate: number, gamma: number): Spec {
  return {
    ...spec,
    optimizer: { ...spec.optimizer, learningRate },
    training: { ...spec.training, schedule: { type: 'exponential', gamma, warmup: 0 } },
  };
}

/** Loss of each step, up to the one before training diverged. */
function* lossesOf(
  { graph, dataset }: TrialNetwork,
  spec: Spec,
  seed: number,
  steps: number,
  share: number,
): Generator<Share, readonly number[], void> {
  const trainer = Trainer.create({ graph, spec, dataset, seed, steps });
  try {
    const slice = stepsPerSlice(graph, trainer.batchSize);
    const seen: number[] = [];
    while (trainer.step < steps && !trainer.diverged) {
      const before = trainer.step;
      const done = trainer.run(slice);
      for (let step = before + 1; step <= before + done; step++) seen.push(trainer.lossOf(step));
      yield { share };
    }
    return trainer.diverged ? seen.slice(0, -1) : seen;
  } finally {
    trainer.dispose();
  }
}

/** What the curve of losses says. */
function read(rates: readonly number[], losses: readonly number[]): RangeTestResult {
  const smooth: number[] = [];
  let average = 0;
  let weight = 0;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < losses.length && Number.isFinite(losses[i]); i++) {
    average = SMOOTHING * average + (1 - SMOOTHING) * losses[i]!;
    weight = SMOOTHING * weight + (1 - SMOOTHING);
    const value = average / weight;
    if (value > BLOWN_UP * best) break;
    smooth.push(value);
    best = Math.min(best, value);
  }
  const found = { rates: rates.slice(0, smooth.length), losses: smooth };
  const lowest = smooth.indexOf(Math.min(...smooth));
  const nothing = { ...found, steepest: Number.NaN, belowEdge: Number.NaN, suggested: Number.NaN };
  if (smooth.length < 3) return nothing;
  const highest = smooth.slice(0, lowest + 1).reduce((at, value, i) => (value >= smooth[at]! ? i : at), 0);
  if (smooth[highest]! - smooth[lowest]! < LEAST_FALL * Math.abs(smooth[0]!)) return nothing;
  // Slopes over a few steps, since neighbours differ by noise.
  let steepestAt = highest;
  let fall = 0;
  for (let i = highest; i + 4 <= lowest; i++) {
    const slope = smooth[i]! - smooth[i + 4]!;
    if (slope <= fall) continue;
    fall = slope;
    steepestAt = i + 2;
  }
  const steepest = rates[steepestAt]!;
  const belowEdge = rates[lowest]! / 10;
  return { ...found, steepest, belowEdge, suggested: Math.min(belowEdge, Math.sqrt(steepest * belowEdge)) };
}
