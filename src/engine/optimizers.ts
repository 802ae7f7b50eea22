// Owns what the update operation needs of an optimizer: its code, constants, states and the per-step numbers of the
// head. The update rules themselves (PyTorch's) are the kernels'.
import { optimizerStates } from '../spec/memory';
import type { OptimizerSpec } from '../spec/schema';
import { FLOAT_HEAD, HYPER, OPTIMIZER_CODE, UPDATE_FLAG } from './kernels/contract';

export interface OptimizerPlan {
  readonly code: number;
  /** Constants in the order of `HYPER`. */
  readonly hyper: readonly number[];
  /** How many numbers an entry of a parameter has beside it: 0, 1 or 2. Momentum is the first of sgd, the second of rmsprop. */
  readonly states: 0 | 1 | 2;
  readonly flags: number;
}

/** @param clipValue largest magnitude of a gradient's entry; 0 for no such clipping */
export function optimizerPlan(optimizer: OptimizerSpec, clipValue: number): OptimizerPlan {
  const hyper = new Array<number>(HYPER.length).fill(0);
  hyper[HYPER.weightDecay] = optimizer.weightDecay;
  hyper[HYPER.clipValue] = clipValue;
  // What float32 cannot tell from 0 would have rules divide 0 by 0.
  if ('epsilon' in optimizer) hyper[HYPER.epsilon] = optimizer.epsilon && Math.max(optimizer.epsilon, 2 ** -126);
  if ('momentum' in optimizer) hyper[HYPER.momentum] = optimizer.momentum;
  if ('rho' in optimizer) hyper[HYPER.beta1] = optimizer.rho;
  if ('beta1' in optimizer) {
    hyper[HYPER.beta1] = optimizer.beta1;
    hyper[HYPER.beta2] = optimizer.beta2;
  }
  hyper[HYPER.rest1] = 1 - hyper[HYPER.beta1]!;
  hyper[HYPER.rest2] = 1 - hyper[HYPER.beta2]!;
  const nesterov = optimizer.type === 'sgd' && optimizer.nesterov && optimizer.momentum > 0;
  return {
    code: OPTIMIZER_CODE[optimizer.type],
    hyper,
    states: optimizerStates(optimizer),
    flags: nesterov ? UPDATE_FLAG.nesterov : 0,
  };
}

/** The numbers of the head that depend on how many steps came before. NAdam's running product makes it stateful. */
export class OptimizerClock {
  /** Whether there are any such numbers. */
  readonly ticks: boolean;
  readonly #optimizer: OptimizerSpec;
  #muProduct = 1;
  #steps = 0;

  constructor(optimizer: OptimizerSpec) {
    this.#optimizer = optimizer;
    this.ticks = 'beta1' in optimizer;
  }

  /** Writes the next step's bias corrections and NAdam's μ into `heads` from `at` on. */
  tick(heads: Float32Array | Float64Array, at: number): void {
    const t = ++this.#steps;
    const o = this.#optimizer;
    if (!('beta1' in o)) return;
    heads[at + FLOAT_HEAD.biasCorrection1] = 1 - o.beta1 ** t;
    heads[at + FLOAT_HEAD.biasCorrection2] = 1 - o.beta2 ** t;
    if (o.type !== 'nadam') return;
    const mu = momentumAt(t, o.beta1, o.momentumDecay);
    this.#muProduct *= mu;
    heads[at + FLOAT_HEAD.mu] = mu;
    heads[at + FLOAT_HEAD.muNext] = momentumAt(t + 1, o.beta1, o.momentumDecay);
    heads[at + FLOAT_HEAD.muProduct] = this.#muProduct;
  }
}

/** NAdam's μ of a step, counted from 1 (Dozat 2016). */
function momentumAt(step: number, beta1: number, decay: number): number {
  return beta1 * (1 - 0.5 * 0.96 ** (step * decay));
}
