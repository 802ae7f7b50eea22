// Owns which samples a step sees: each epoch in an order of its own, drawn from the seed, the last batch as short as it is.
import { Random } from '../base/random';

export class Batches {
  readonly stepsPerEpoch: number;
  readonly batchSize: number;
  readonly #count: number;
  readonly #seed: number;
  readonly #shuffle: boolean;
  #epoch = -1;
  readonly #order: Int32Array;

  /** @param batchSize as wanted; never more than there are samples */
  constructor(count: number, batchSize: number, seed: number, shuffle: boolean) {
    this.batchSize = Math.min(batchSize, count);
    this.stepsPerEpoch = Math.ceil(count / this.batchSize);
    this.#count = count;
    this.#seed = seed;
    this.#shuffle = shuffle;
    this.#order = Int32Array.from({ length: count }, (_, i) => i);
  }

  /**
   * Writes the numbers of the samples of a step (counted from 0) into `into` from `at` on.
   * @returns how many
   */
  write(step: number, into: Int32Array, at: number): number {
    const epoch = Math.floor(step / this.stepsPerEpoch);
    if (this.#shuffle && epoch !== this.#epoch) {
      for (let i = 0; i < this.#count; i++) this.#order[i] = i;
      new Random(this.#seed, `shuffle/${epoch}`).shuffle(this.#order);
      this.#epoch = epoch;
    }
    const start = (step - epoch * this.stepsPerEpoch) * this.batchSize;
    const length = Math.min(this.batchSize, this.#count - start);
    // Small batches: a loop costs less than a view and a copy.
    for (let i = 0; i < length; i++) into[at + i] = this.#order[start + i]!;
    return length;
  }

  /** The numbers alone. */
  samples(step: number): Int32Array {
    const samples = new Int32Array(this.batchSize);
    return samples.subarray(0, this.write(step, samples, 0));
  }
}
