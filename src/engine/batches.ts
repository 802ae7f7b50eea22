// Owns which samples a step sees: each epoch in an order of its own, drawn from the seed, the last batch as short as it is.
import { Random } from '../base/random';
import type { Dataset } from '../spec/dataset';
import { featureCount } from './layers/layer';

export interface Batch {
  readonly inputs: Float32Array;
  /** The batch first. */
  readonly inputShape: readonly number[];
  readonly targets: Float32Array | Int32Array;
  readonly targetShape: readonly number[];
}

/** Copies of these samples, by their numbers among those to train on. */
export function batchOf({ inputShape, targetShape, train }: Dataset, samples: Int32Array): Batch {
  return {
    inputs: gathered(train.inputs, samples, featureCount(inputShape)),
    inputShape: [samples.length, ...inputShape],
    targets: gathered(train.targets, samples, featureCount(targetShape)),
    targetShape: [samples.length, ...targetShape],
  };
}

function gathered<T extends Float32Array | Int32Array>(source: T, samples: Int32Array, length: number): T {
  const values = source.slice(0, samples.length * length) as T;
  for (const [i, sample] of samples.entries()) {
    values.set(source.subarray(sample * length, (sample + 1) * length), i * length);
  }
  return values;
}

export class Batches {
  readonly stepsPerEpoch: number;
  readonly batchSize: number;
  /** Samples of an epoch's last batch. */
  readonly lastSize: number;
  readonly count: number;
  /** Whether epochs differ. */
  readonly shuffles: boolean;
  readonly #seed: number;
  #first: Int32Array | undefined;

  /** @param batchSize as wanted; never more than there are samples */
  constructor(count: number, batchSize: number, seed: number, shuffles: boolean) {
    this.batchSize = Math.min(batchSize, count);
    this.stepsPerEpoch = Math.ceil(count / this.batchSize);
    this.lastSize = count - (this.stepsPerEpoch - 1) * this.batchSize;
    this.count = count;
    this.shuffles = shuffles;
    this.#seed = seed;
  }

  /** Writes the numbers of all samples into `into`, `count` long, in the order in which the epoch (from 0) takes them. */
  writeOrder(epoch: number, into: Int32Array): void {
    for (let i = 0; i < this.count; i++) into[i] = i;
    if (this.shuffles) new Random(this.#seed, `shuffle/${epoch}`).shuffle(into);
  }

  /** The numbers of the samples of a batch of the first epoch, counted from 0. */
  ofFirstEpoch(batch: number): Int32Array {
    if (!this.#first) {
      this.#first = new Int32Array(this.count);
      this.writeOrder(0, this.#first);
    }
    return this.#first.subarray(batch * this.batchSize, (batch + 1) * this.batchSize);
  }
}
