// Owns how the first number that is not finite is caught as it appears, at next to no cost. Which tensor it is,
// `divergence.ts` says; what is done about it, `trainer.ts`.
//
// A step has two parts: forward, loss and the backward chain change no parameter; the parameters' gradients, clipping and
// update follow. Statistics are looked at between the two, and after the second. While they are calm, nothing that is not
// finite can appear before the next look:
//
// - The layers' outputs and gradients have norms of at most 2^24 (an output around a pivot of at most 2^24), and no
//   exponent is above 0. An entry of a parameter's gradient is a scalar product of two such tensors, or of parts of them,
//   over positions and samples: by Cauchy and Schwarz at most 2^50, and so is every partial sum. Inside a recurrent or an
//   attention layer up to seven such norms meet, weights included: where there is one, the limit is 2^16 in place of 2^24,
//   and the seven make 2^112. float32 ends at 2^128.
// - Then the squares that second moments are made of are finite, and what a rule takes off a weight is at most the
//   learning rate, itself at most 2^16, times a gradient ÷ (1 − momentum), or times 1 ÷ √(1 − β2) where it is divided by
//   its root mean square: below 2^119 in either case, which no weight of at most 2^100 overflows by.
// - Gradients, weights and steps of the parameters' part have norms within the same limit, or the next step is not
//   calm; moments and weights beyond 2^100 are never taken for calm, nor is a step whose parameters came from outside,
//   but for the first of all where their norms are as small (`trainer.ts`).
//
// Where they are not calm nothing need be wrong: the step is then finished under supervision, so that it can be undone.
import type { Graph } from '../spec/network';
import { ACTIVATION_RAW, GRADIENT_RAW, PARAMETER_RAW, STEP_RAW, TIME_RAW, WATCH } from './kernels/contract';
import { timeSteps } from './layers/layer';

/** WATCH.power of a graph. */
export function calmPower(graph: Graph): number {
  return graph.layers.some((layer) => layer.spec.type === 'multiHeadAttention' || timeSteps(layer) > 0) ? 16 : 24;
}
/** Learning rates above, and weights and moments above, are suspicious whatever the statistics say. */
export const LARGEST_LEARNING_RATE = 2 ** 16;
export const LARGEST_WEIGHT = 2 ** 100;

/** Whether forward pass, loss and backward chain of a step are calm. `at`: where its statistics begin. */
export function isCalmBefore(stats: Float64Array, at: number, ints: Int32Array, watch: number): boolean {
  if (!Number.isFinite(stats[at + ints[watch + WATCH.loss]! + STEP_RAW.loss]!)) return false;
  const largest = 2 ** ints[watch + WATCH.power]!;
  const squares = largest * largest;
  let activation = at + ints[watch + WATCH.activations]!;
  let gradient = at + ints[watch + WATCH.gradients]!;
  for (let k = ints[watch + WATCH.layers]!; k > 0; k--) {
    const calm =
      Math.abs(stats[activation + ACTIVATION_RAW.pivot]!) <= largest &&
      stats[activation + ACTIVATION_RAW.sumOfSquares]! <= squares &&
      stats[gradient + GRADIENT_RAW.sumOfSquares]! <= squares &&
      stats[gradient + GRADIENT_RAW.incomingSumOfSquares]! <= squares &&
      stats[gradient + GRADIENT_RAW.exponent]! <= 0;
    if (!calm) return false;
    activation += ACTIVATION_RAW.length;
    gradient += GRADIENT_RAW.length;
  }
  let time = at + ints[watch + WATCH.times]!;
  for (let k = ints[watch + WATCH.timeCount]!; k > 0; k--) {
    const calm = stats[time + TIME_RAW.sumOfSquares]! <= squares && stats[time + TIME_RAW.exponent]! <= 0;
    if (!calm) return false;
    time += TIME_RAW.length;
  }
  return true;
}

/** Whether the parameters' part of a step was calm. */
export function isCalmAfter(stats: Float64Array, at: number, ints: Int32Array, watch: number): boolean {
  const squares = 4 ** ints[watch + WATCH.power]!;
  let parameter = at + ints[watch + WATCH.parameters]!;
  for (let k = ints[watch + WATCH.parameterCount]!; k > 0; k--) {
    const calm =
      stats[parameter + PARAMETER_RAW.sumOfSquares]! <= squares &&
      stats[parameter + PARAMETER_RAW.updateSumOfSquares]! <= squares &&
      stats[parameter + PARAMETER_RAW.weightSumOfSquares]! <= squares;
    if (!calm) return false;
    parameter += PARAMETER_RAW.length;
  }
  return true;
}
