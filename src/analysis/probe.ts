// Owns the probe: one batch (and a few steps) at initialization, measured with several seeds. It says what theory cannot, and
// what theory is held against. How much of it a network affords, `probeCost.ts` says; what is measured of its kernels beyond
// a record, `kernelMeasures.ts`.
import { UserError } from '../base/errors';
import { ACTIVATION_MEASURES, FLOW_MEASURES, PARAMETER_MEASURES } from '../engine/record';
import { Trainer } from '../engine/trainer';
import type { Dataset } from '../spec/dataset';
import type { Graph, GraphLayer } from '../spec/network';
import type { Spec } from '../spec/schema';
import { GradientNoise, trainedParameter, unitSpread } from './kernelMeasures';
import { affordableProbe, type ProbeSize } from './probeCost';

/** Statistics over the seeds of one layer; NaN where a number does not apply. */
export interface ProbedLayer {
  readonly name: string;
  readonly index: number;
  /** One number a seed: log10 of `cumulative`, `backwardFactor`, `activationFactor`, `weightFactor`. −Infinity for 0. */
  readonly cumulative: readonly number[];
  readonly backwardFactor: readonly number[];
  readonly activationFactor: readonly number[];
  readonly weightFactor: readonly number[];
  /** log10 of the l2 of the output gradient. */
  readonly outputGradient: readonly number[];
  /** Means over the seeds. */
  readonly activationMean: number;
  readonly activationStd: number;
  readonly zeroFraction: number;
  readonly saturatedFraction: number;
  readonly deadFraction: number;
  /** ‖Δw‖ ÷ ‖w‖ of the kernel (the first parameter that trains) at the first step, median over seeds. */
  readonly updateRatio: number;
  /**
   * Signal to noise of one batch's gradient of the kernel: ‖what all batches have in common‖ ÷ root of the mean squared
   * deviation from it. Both are estimates without bias (what is left of the noise in the mean is taken out of it), so 0
   * is where the noise hides the signal. NaN where the data is one batch.
   */
  readonly signalToNoise: number;
  /**
   * Largest difference between any two units' gradients ÷ the largest gradient, or the same of their weights where that is
   * more: 0 where units are clones, which begin alike and stay alike. First seed. Gates of a cell are looked at apart.
   */
  readonly unitSpread: number;
  /** Recurrent layers: ‖∂L/∂h_t‖ ÷ that of the last time step of the input, first time step first; median over seeds. */
  readonly timeProfile?: readonly number[];
}

export interface ProbeResult {
  readonly seeds: readonly number[];
  readonly layers: readonly ProbedLayer[];
  /** Mean over the seeds, at initialization. */
  readonly loss: number;
  /** Loss of the first batch after each of the first few steps of training, first seed; NaN once training broke off. */
  readonly firstLosses: readonly number[];
  /** Samples of a batch: the spec's, or fewer where the network is large. */
  readonly batchSize?: number;
}

export interface ProbeOptions {
  readonly graph: Graph;
  readonly spec: Spec;
  readonly dataset: Dataset;
  /** How many seeds, the spec's own first. Default: 3. */
  readonly seeds?: number;
  /** Training steps of the first seed for update ratios and first losses. Default: 3. */
  readonly steps?: number;
  /** Batches whose gradients are compared for `signalToNoise`. Default: 4. */
  readonly batches?: number;
}

/**
 * Measures a network at initialization, with fewer seeds, steps, batches or samples than wanted where it is large
 * (`seeds`, `firstLosses` and `batchSize` say what was done). Always in float32, whatever the spec's precision.
 * @returns undefined where the network is too large for a probe while somebody types (`LARGEST_COST_MS`), or does not fit
 * its data or the memory
 */
export function probe(options: ProbeOptions): ProbeResult | undefined {
  const { seeds = 3, steps = 3, batches = 4 } = options;
  const { graph, dataset } = options;
  if (dataset.train.count === 0) return undefined;
  const batchSize = Math.min(options.spec.training.batchSize, dataset.train.count);
  const size = affordableProbe(graph, { seeds, steps, batches, batchSize });
  if (!size) return undefined;
  const training = { ...options.spec.training, batchSize: size.batchSize, precision: 'float32' } as const;
  const spec = { ...options.spec, training };
  try {
    return new Probe(graph, spec, sampled(dataset, size), size).measure();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Numbers of inputs above which not all samples are copied into the probe's memory. */
const MANY_INPUTS = 2 ** 22;

/** The samples that a probe chooses its batches from: all of them, or evenly spread ones of a large set; none to test with. */
function sampled(dataset: Dataset, { batches, steps, batchSize }: ProbeSize): Dataset {
  const { train } = dataset;
  const none = { count: 0, inputs: new Float32Array(0), targets: train.targets.slice(0, 0) };
  if (train.inputs.length <= MANY_INPUTS) return { ...dataset, test: none };
  const features = train.inputs.length / train.count;
  const wanted = Math.max(2 * batchSize * Math.max(batches, steps), Math.floor(MANY_INPUTS / 4 / features));
  const count = Math.min(train.count, wanted);
  const each = train.targets.length / train.count;
  const inputs = new Float32Array(count * features);
  const targets = train.targets.slice(0, count * each);
  for (let k = 0; k < count; k++) {
    const i = Math.floor((k * train.count) / count);
    inputs.set(train.inputs.subarray(i * features, (i + 1) * features), k * features);
    targets.set(train.targets.subarray(i * each, (i + 1) * each), k * each);
  }
  return { ...dataset, train: { count, inputs, targets }, test: none };
}

type Flow = (typeof FLOW_MEASURES)[number];
const UPDATE_RATIO = PARAMETER_MEASURES.indexOf('updateRatio');

/** One probe under way. */
class Probe {
  readonly #graph: Graph;
  readonly #spec: Spec;
  readonly #size: ProbeSize;
  readonly #samples: number;
  readonly #trainer: Trainer;
  /** Records at initialization and of the first step, one a seed. */
  readonly #records: Float64Array[] = [];
  readonly #firstSteps: Float64Array[] = [];

  constructor(graph: Graph, spec: Spec, dataset: Dataset, size: ProbeSize) {
    this.#graph = graph;
    this.#spec = spec;
    this.#size = size;
    this.#samples = dataset.train.count;
    this.#trainer = Trainer.create({ graph, spec, dataset, mode: 'probe' });
  }

  measure(): ProbeResult {
    const trainer = this.#trainer;
    const { batchSize } = trainer;
    const seeds = Array.from({ length: this.#size.seeds }, (_, k) => this.#spec.seed + k);
    const layers = this.#graph.layers;
    this.#records.push(trainer.gradients(0));
    const spreads = layers.map((layer) => unitSpread(trainer, layer));
    const ratios = this.#signalsToNoise();
    const firstLosses = this.#firstLosses();
    for (const seed of seeds.slice(1)) {
      trainer.reinitialize(seed);
      this.#records.push(trainer.gradients(0));
      this.#step();
    }
    trainer.dispose();
    return {
      seeds,
      layers: layers.map((layer) => ({
        ...this.#layer(layer),
        signalToNoise: ratios[layer.index]!,
        unitSpread: spreads[layer.index]!,
      })),
      loss: mean(this.#records.map((record) => record[1]!)),
      firstLosses,
      batchSize,
    };
  }

  #signalsToNoise(): number[] {
    const trainer = this.#trainer;
    const { layers } = this.#graph;
    // A short batch at the end of an epoch has more noise than the others.
    const whole = Math.min(this.#size.batches, Math.floor(this.#samples / trainer.batchSize));
    if (whole < 2) return layers.map(() => Number.NaN);
    const noises = layers.map((layer) => new GradientNoise(trainer, layer));
    for (let batch = 0; batch < whole; batch++) {
      // The first one's gradients are there already.
      if (batch > 0) trainer.gradients(batch);
      for (const noise of noises) noise.add();
    }
    return noises.map((noise) => noise.signalToNoise());
  }

  #firstLosses(): number[] {
    const losses: number[] = [];
    for (let step = 0; step < this.#size.steps; step++) {
      const wentWell = step === 0 ? this.#step() : this.#trainer.run(1) === 1;
      if (!wentWell && !this.#trainer.diverged) break;
      losses.push(this.#trainer.diverged ? Number.NaN : this.#trainer.lossAt(0));
    }
    return losses;
  }

  /** The first step of a seed. */
  #step(): boolean {
    const trainer = this.#trainer;
    if (trainer.run(1) === 0) return false;
    const record = new Float64Array(trainer.layout.width);
    trainer.readRecord(1, record);
    this.#firstSteps.push(record);
    return true;
  }

  #layer(layer: GraphLayer): Omit<ProbedLayer, 'signalToNoise' | 'unitSpread'> {
    const { flow, activationStats, outputGradient, parameters, timeGradient } =
      this.#trainer.layout.layers[layer.index]!;
    const column = (at: number) => this.#records.map((record) => record[at]!);
    const flowOf = (name: Flow) => column(flow + FLOW_MEASURES.indexOf(name)).map(Math.log10);
    const activationOf = (name: (typeof ACTIVATION_MEASURES)[number]) =>
      mean(column(activationStats + ACTIVATION_MEASURES.indexOf(name)));
    const kernel = parameters.find(({ name }) => name === trainedParameter(layer)?.name);
    return {
      name: layer.name,
      index: layer.index,
      cumulative: flowOf('cumulative'),
      backwardFactor: flowOf('backwardFactor'),
      activationFactor: flowOf('activationFactor'),
      weightFactor: flowOf('weightFactor'),
      outputGradient: column(outputGradient).map(Math.log10),
      activationMean: activationOf('mean'),
      activationStd: activationOf('std'),
      zeroFraction: activationOf('zeroFraction'),
      saturatedFraction: activationOf('saturatedFraction'),
      deadFraction: activationOf('deadFraction'),
      updateRatio: kernel ? median(this.#firstSteps.map((r) => r[kernel.offset + UPDATE_RATIO]!)) : Number.NaN,
      ...(timeGradient ? { timeProfile: this.#timeProfile(timeGradient) } : {}),
    };
  }

  #timeProfile({ offset, steps }: { readonly offset: number; readonly steps: number }): number[] {
    return Array.from({ length: steps }, (_, t) =>
      median(this.#records.map((record) => record[offset + t]! / record[offset + steps - 1]!)),
    );
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** Of those that are numbers; NaN where there is none. */
function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) return Number.NaN;
  return low === high ? low : (low + high) / 2;
}
