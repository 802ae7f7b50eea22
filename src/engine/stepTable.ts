// Owns what the kernels are told of each step ahead of a run: a row of heads a step (contract.ts), and the samples that it
// points to. Rows are kept from run to run and only what changed is written, since small networks take less than a
// microsecond a step.
import { mix32 } from '../base/random';
import type { Spec } from '../spec/schema';
import type { Batches } from './batches';
import { type EngineMemory, FLOAT_HEAD, HEAD_LENGTH, INT_HEAD } from './kernels/contract';
import { OptimizerClock } from './optimizers';
import type { Allocator } from './planBuilder';
import { learningRateAt } from './schedules';

/** Where the table lies: indexes into ints and floats. */
export interface StepPlaces {
  /** Steps; one row more is for single measurements. */
  readonly steps: number;
  readonly ints: number;
  readonly floats: number;
  /** So many epochs' orders of samples, one behind the other. */
  readonly orders: number;
  readonly epochs: number;
  /** Samples of a single measurement. */
  readonly measured: number;
}

/** Takes the memory of a table for runs of up to `steps` steps. */
export function placeSteps(allocator: Allocator, steps: number, batches: Batches): StepPlaces {
  // A run that begins within an epoch touches one more; epochs that are all alike share one order.
  const epochs = batches.shuffles ? Math.ceil(steps / batches.stepsPerEpoch) + 1 : 1;
  return {
    steps,
    ints: allocator.allocateInts((steps + 1) * HEAD_LENGTH),
    floats: allocator.allocateFloats((steps + 1) * HEAD_LENGTH),
    orders: allocator.allocateInts(epochs * batches.count),
    epochs,
    measured: allocator.allocateInts(batches.batchSize),
  };
}

export class StepTable {
  readonly #memory: EngineMemory;
  readonly #places: StepPlaces;
  readonly #batches: Batches;
  readonly #spec: Spec;
  readonly #totalSteps: number;
  readonly #dropoutSeed: number;
  readonly #clock: OptimizerClock;
  /** By place for an order: whose it is, and its view. */
  readonly #epochOf: number[] = [];
  readonly #orderOf: Int32Array[] = [];

  /** @param seed of the run */
  constructor(
    memory: EngineMemory,
    places: StepPlaces,
    batches: Batches,
    spec: Spec,
    seed: number,
    totalSteps: number,
  ) {
    this.#memory = memory;
    this.#places = places;
    this.#batches = batches;
    this.#spec = spec;
    this.#totalSteps = totalSteps;
    this.#dropoutSeed = mix32((seed | 0) ^ mix32(Math.floor(seed / 2 ** 32)));
    this.#clock = new OptimizerClock(spec.optimizer);
    for (let row = 0; row <= places.steps; row++) memory.floats[this.floatRow(row) + FLOAT_HEAD.clipScale] = 1;
  }

  /** Index in ints of a row's heads; row 0 is the run's first step. */
  intRow(row: number): number {
    return this.#places.ints + row * HEAD_LENGTH;
  }

  floatRow(row: number): number {
    return this.#places.floats + row * HEAD_LENGTH;
  }

  batchOf(row: number): number {
    return this.#memory.ints[this.intRow(row) + INT_HEAD.batch]!;
  }

  /** @param step counted from 0 */
  learningRate(step: number): number {
    const { optimizer, training } = this.#spec;
    return learningRateAt(training.schedule, optimizer.learningRate, step, this.#totalSteps);
  }

  /** Writes the rows of `count` training steps, the first of which is `first` (from 0). Every step once, in their order. */
  prepare(first: number, count: number): void {
    const { ints, floats } = this.#memory;
    const { schedule } = this.#spec.training;
    const { stepsPerEpoch, batchSize, lastSize } = this.#batches;
    const settled = schedule.type === 'constant' && first >= schedule.warmup;
    const { ticks } = this.#clock;
    let rate = this.learningRate(first);
    let epoch = Math.floor(first / stepsPerEpoch);
    let batch = first - epoch * stepsPerEpoch;
    let order = this.#order(epoch);
    let at = this.#places.ints;
    let heads = this.#places.floats;
    for (let step = first; step < first + count; step++) {
      if (batch === stepsPerEpoch) {
        epoch++;
        batch = 0;
        order = this.#order(epoch);
      }
      const size = batch === stepsPerEpoch - 1 ? lastSize : batchSize;
      if (ints[at + INT_HEAD.batch] !== size) {
        ints[at + INT_HEAD.batch] = size;
        floats[heads + FLOAT_HEAD.inverseBatch] = 1 / size;
      }
      ints[at + INT_HEAD.samples] = order + batch * batchSize;
      ints[at + INT_HEAD.dropoutKey] = mix32(this.#dropoutSeed + step) | 0;
      if (!settled) rate = this.learningRate(step);
      floats[heads + FLOAT_HEAD.learningRate] = rate;
      if (ticks) this.#clock.tick(floats, heads);
      batch++;
      at += HEAD_LENGTH;
      heads += HEAD_LENGTH;
    }
  }

  /** Sets the heads themselves for a measurement of these samples, with the dropout of a step (from 0). */
  setHeads(samples: Int32Array, dropoutStep: number): void {
    const { ints, floats } = this.#memory;
    const { steps, measured } = this.#places;
    const at = this.intRow(steps);
    const heads = this.floatRow(steps);
    ints.set(samples, measured);
    ints[at + INT_HEAD.batch] = samples.length;
    ints[at + INT_HEAD.samples] = measured;
    ints[at + INT_HEAD.dropoutKey] = mix32(this.#dropoutSeed + dropoutStep) | 0;
    floats[heads + FLOAT_HEAD.inverseBatch] = 1 / samples.length;
    ints.copyWithin(0, at, at + HEAD_LENGTH);
    floats.copyWithin(0, heads, heads + HEAD_LENGTH);
  }

  /** Where the order of an epoch's samples begins in ints. */
  #order(epoch: number): number {
    const { orders, epochs } = this.#places;
    const { count } = this.#batches;
    const place = epoch % epochs;
    const at = orders + place * count;
    if (epochs === 1 ? this.#epochOf[0] === undefined : this.#epochOf[place] !== epoch) {
      this.#orderOf[place] ??= this.#memory.ints.subarray(at, at + count);
      this.#batches.writeOrder(epoch, this.#orderOf[place]);
      this.#epochOf[place] = epoch;
    }
    return at;
  }
}
