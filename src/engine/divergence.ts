// Owns the finding of the first number that is not finite in a step that went wrong, and the way back to the parameters
// before it. When to look is `watch.ts`'s.
import type { Graph } from '../spec/network';
import { ACTIVATION_RAW, GRADIENT_RAW, PARAMETER_RAW, STEP_RAW, TIME_RAW } from './kernels/contract';
import { timeSteps } from './layers/layer';
import type { CompiledNetwork } from './plan';
import { LARGEST_WEIGHT } from './watch';

/** What went wrong first in a step, in the order of computation. */
export interface NonFinite {
  /** Such as `the output of dense_1`, or `the loss`. */
  readonly tensor: string;
  /** Undefined for the loss. */
  readonly layer?: string;
  readonly phase: 'forward' | 'backward' | 'update';
}

const PHASE_WORDS: Readonly<Record<NonFinite['phase'], string>> = {
  forward: 'forward pass',
  backward: 'backward pass',
  update: 'update',
};

/** The sentence that a run ends with. @param step the step that went wrong, from 1 on; 0 for a measurement before any */
export function divergedSentence({ tensor, phase }: NonFinite, step: number): string {
  const what = `${tensor} is not finite (${PHASE_WORDS[phase]}).`;
  if (step === 0) return `At initialization ${what}`;
  return `Step ${step} diverged: ${what} The ${step === 1 ? 'initial weights' : `weights of step ${step - 1}`} are kept.`;
}

/** The first tensor of forward pass, loss and backward chain that is not finite. `at`: where the step's statistics begin. */
export function nonFiniteChain(
  graph: Graph,
  { raw }: CompiledNetwork,
  stats: Float64Array,
  at: number,
): NonFinite | undefined {
  const finite = (...offsets: readonly number[]) => offsets.every((o) => Number.isFinite(stats[at + o]!));
  for (const i of graph.order) {
    const a = raw.activation[i]!;
    const layer = graph.layers[i]!.name;
    if (!finite(a + ACTIVATION_RAW.pivot, a + ACTIVATION_RAW.sum, a + ACTIVATION_RAW.sumOfSquares)) {
      return { tensor: `the output of ${layer}`, layer, phase: 'forward' };
    }
  }
  if (!finite(raw.step + STEP_RAW.loss)) return { tensor: 'the loss', phase: 'forward' };
  for (const i of [...graph.order].reverse()) {
    const g = raw.gradient[i]!;
    const layer = graph.layers[i]!.name;
    const times = raw.time[i]!;
    for (let t = timeSteps(graph.layers[i]!) - 1; t >= 0; t--) {
      if (finite(times + t * TIME_RAW.length + TIME_RAW.sumOfSquares)) continue;
      return { tensor: `the gradient by the hidden state of ${layer} at time step ${t}`, layer, phase: 'backward' };
    }
    if (!finite(g + GRADIENT_RAW.incomingSumOfSquares, g + GRADIENT_RAW.sum, g + GRADIENT_RAW.sumOfSquares)) {
      return { tensor: `the gradient by the output of ${layer}`, layer, phase: 'backward' };
    }
  }
  return undefined;
}

/** The first parameter whose gradient or step is not finite, by a step's statistics. */
export function nonFiniteParameter(
  { parameters }: CompiledNetwork,
  stats: Float64Array,
  at: number,
): NonFinite | undefined {
  const learned = parameters.filter((p) => !p.info.isState);
  for (const p of learned) {
    const { name: layer } = p.layer;
    if (stats[at + p.statistics + PARAMETER_RAW.nonFinite] === 0) continue;
    return { tensor: `the gradient by the ${p.info.name} of ${layer}`, layer, phase: 'backward' };
  }
  for (const p of learned) {
    const { name: layer } = p.layer;
    if (Number.isFinite(stats[at + p.statistics + PARAMETER_RAW.updateSumOfSquares]!)) continue;
    return { tensor: `the update of the ${p.info.name} of ${layer}`, layer, phase: 'update' };
  }
  return undefined;
}

interface Place {
  readonly at: number;
  readonly count: number;
  readonly layer: string;
  readonly tensor: string;
}

/** All that a training step changes for good: parameters, the layers' states, the optimizer's. Kept and brought back. */
export class Checkpoint {
  readonly #floats: Float32Array | Float64Array;
  readonly #places: readonly Place[];
  readonly #kept: Float32Array | Float64Array;

  constructor(floats: Float32Array | Float64Array, { parameters, optimizerStates }: CompiledNetwork) {
    this.#floats = floats;
    const changing = parameters.filter((p) => p.info.trainable || p.info.isState);
    this.#places = [
      ...changing.map((p) => ({ ...sizeOf(p), at: p.weights, tensor: `the ${p.info.name} of ${p.layer.name}` })),
      ...optimizerStates.map(({ parameter: p, at }) => ({
        ...sizeOf(p),
        at,
        tensor: `what the optimizer keeps for the ${p.info.name} of ${p.layer.name}`,
      })),
    ];
    const total = this.#places.reduce((n, { count }) => n + count, 0);
    this.#kept = floats instanceof Float64Array ? new Float64Array(total) : new Float32Array(total);
  }

  /** Keeps all as it is now. */
  keep(): void {
    let to = 0;
    for (const { at, count } of this.#places) {
      this.#kept.set(this.#floats.subarray(at, at + count), to);
      to += count;
    }
  }

  /** Brings back what was kept last. */
  restore(): void {
    let from = 0;
    for (const { at, count } of this.#places) {
      this.#floats.set(this.#kept.subarray(from, from + count), at);
      from += count;
    }
  }

  /** Looks at all of it: the first that is not finite, and whether any is large enough to be suspicious. */
  inspect(): { readonly bad: NonFinite | undefined; readonly large: boolean } {
    let large = false;
    for (const { at, count, tensor, layer } of this.#places) {
      let largest = 0;
      for (let i = at; i < at + count; i++) {
        const size = Math.abs(this.#floats[i]!);
        if (!(size <= largest)) largest = size;
      }
      if (!Number.isFinite(largest)) return { bad: { tensor, layer, phase: 'update' }, large: true };
      large ||= largest > LARGEST_WEIGHT;
    }
    return { bad: undefined, large };
  }
}

function sizeOf(p: CompiledNetwork['parameters'][number]): { readonly count: number; readonly layer: string } {
  return { count: p.rows * p.columns, layer: p.layer.name };
}
