// Owns the running of training steps: many at once while they are calm, one by one under supervision where something might
// not be finite (`watch.ts` says when, `divergence.ts` what is looked for), so that the step that goes wrong changes
// nothing. Which samples and rates a step has, the table knows; what its statistics mean, `probes.ts`.
import type { Graph } from '../spec/network';
import { Checkpoint, type NonFinite, nonFiniteChain, nonFiniteParameter } from './divergence';
import { type Kernels, PARAMETER_RAW, RECORD_LENGTH } from './kernels/contract';
import type { CompiledNetwork, Plan } from './plan';
import type { StepTable } from './stepTable';
import { calmPower, isCalmAfter, LARGEST_LEARNING_RATE } from './watch';

export interface StepRunnerParts {
  readonly graph: Graph;
  readonly network: CompiledNetwork;
  readonly plan: Plan;
  readonly kernels: Kernels;
  readonly table: StepTable;
  /** Index in stats of the first of the rows in which steps leave their statistics. */
  readonly ring: number;
  /** Inputs of the first step. */
  readonly firstInputs: () => Float32Array;
}

export class StepRunner {
  readonly #parts: StepRunnerParts;
  #nonFinite: NonFinite | undefined;
  /** Whether the next step has to be supervised; undefined where its parameters came from outside and are to be looked at. */
  #careful: boolean | undefined;
  #checkpoint: Checkpoint | undefined;
  #supervised = 0;

  constructor(parts: StepRunnerParts) {
    this.#parts = parts;
  }

  /** What was not finite in the last step; after that nothing is to be run. */
  get nonFinite(): NonFinite | undefined {
    return this.#nonFinite;
  }

  /** Steps so far that were finished under supervision, which costs a copy of all that is trained. */
  get supervised(): number {
    return this.#supervised;
  }

  /** To be called where a parameter was set from outside. */
  lookAgain(): void {
    this.#careful = undefined;
  }

  /**
   * Runs the steps that the table was prepared for, up to one that goes wrong.
   * @param before steps that were run before
   * @returns how many were run, the one that went wrong included
   */
  run(before: number, steps: number): number {
    this.#careful ??= before > 0 || !this.#startsCalm();
    // As large as all that is trained: not kept longer than it may be wanted.
    if (!this.#careful) this.#checkpoint = undefined;
    let done = 0;
    while (done < steps && !this.#nonFinite) {
      done += this.#runUnwatched(before, done, steps - done);
      if (done === steps) break;
      this.#finishSupervised(done);
      done++;
    }
    return done;
  }

  /**
   * Whether the parameters before the first step are such as a calm step leaves (what the optimizer keeps is still 0), and
   * its inputs as small, which nothing else tells where the first weights are 0.
   */
  #startsCalm(): boolean {
    const { graph, kernels, network, firstInputs } = this.#parts;
    const { floats } = kernels.arena;
    const limit = 4 ** calmPower(graph);
    const areCalm = (numbers: Float32Array | Float64Array): boolean => {
      let squares = 0;
      for (let i = 0; i < numbers.length; i++) squares += numbers[i]! * numbers[i]!;
      return squares <= limit;
    };
    return (
      areCalm(firstInputs()) &&
      network.parameters.every((p) => areCalm(floats.subarray(p.weights, p.weights + p.rows * p.columns)))
    );
  }

  /** Up to `count` steps from a row on; answers how many were done to their end. The next one was begun if fewer. */
  #runUnwatched(before: number, row: number, count: number): number {
    const { network, plan, kernels, table } = this.#parts;
    const { raw, watch } = network;
    const { stats, ints } = kernels.arena;
    // Rates change little from step to step: one look a call will do.
    const careful = this.#careful === true || table.learningRate(before + row) > LARGEST_LEARNING_RATE;
    const [heads, rates, at] = [table.intRow(row), table.floatRow(row), this.#statsOf(row)];
    const done = kernels.runSteps(plan.start, plan.count, count, heads, rates, at, raw.length, watch, careful);
    if (done > 0) this.#careful = !isCalmAfter(stats, this.#statsOf(row + done - 1), ints, watch);
    return done;
  }

  /** The rest of a step that was begun: not at all where something is not finite; else so that it can be undone. */
  #finishSupervised(row: number): void {
    const { graph, network, plan, kernels } = this.#parts;
    const { stats, ints, floats } = kernels.arena;
    const at = this.#statsOf(row);
    this.#supervised++;
    this.#nonFinite = nonFiniteChain(graph, network, stats, at);
    if (this.#nonFinite) {
      // Nothing else was measured in this step.
      for (const { statistics } of network.parameters) {
        if (statistics >= 0) stats.fill(Number.NaN, at + statistics, at + statistics + PARAMETER_RAW.length);
      }
      return;
    }
    this.#checkpoint ??= new Checkpoint(floats, network);
    this.#checkpoint.keep();
    kernels.runOnce(plan.start + plan.split * RECORD_LENGTH, plan.count - plan.split, at);
    const { bad, large } = this.#checkpoint.inspect();
    this.#nonFinite = nonFiniteParameter(network, stats, at) ?? bad;
    this.#careful = large || !isCalmAfter(stats, at, ints, network.watch);
    if (this.#nonFinite) this.#checkpoint.restore();
  }

  #statsOf(row: number): number {
    return this.#parts.ring + row * this.#parts.network.raw.length;
  }
}
