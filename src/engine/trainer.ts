// Owns a network being trained: its memory, its steps, what is known of each. Knows no files, no clock and no threads; the
// numbers are the kernels', the plans `plan.ts`'s, their meaning `probes.ts`'s.

import { UserError } from '../base/errors';
import { mix32, Random } from '../base/random';
import type { Dataset, Samples } from '../spec/dataset';
import type { Graph } from '../spec/network';
import type { Spec } from '../spec/schema';
import { type ArenaBytes, alignedBytes } from './arena';
import { Batches } from './batches';
import type { Histogram } from './histogram';
import { initialize } from './initializers';
import { FLOAT_HEAD, HEAD_LENGTH, INT_HEAD, type Kernels } from './kernels/contract';
import { createReferenceKernels } from './kernels/reference';
import { createWasmKernels, wasmFlavours } from './kernels/wasm';
import { featureCount, type PlanKind } from './layers/layer';
import { type LossPlan, lossPlan } from './losses';
import { OptimizerClock } from './optimizers';
import { type NamedTensor, ParameterStore } from './parameterStore';
import { type CompiledNetwork, type CompileOptions, compileNetwork, type DataPlace, type Plan } from './plan';
import { arenaAllocator, CountingAllocator } from './planBuilder';
import { scaleByPower } from './powers';
import { Prober, type RawStep, recordLayout } from './probes';
import type { RecordLayout } from './record';
import { learningRateAt } from './schedules';

/** Most steps of one `run`; fewer where a step's statistics are long. */
export const RING_STEPS = 256;
const RING_BYTES = 16 * 2 ** 20;

export interface TrainerOptions {
  readonly graph: Graph;
  readonly spec: Spec;
  readonly dataset: Dataset;
  /** Instead of the spec's. */
  readonly seed?: number;
  /** `auto` takes WebAssembly where the machine has it and the precision is float32. */
  readonly kernels?: 'auto' | 'reference';
  /** Instead of what the spec says. */
  readonly steps?: number;
  /** `gradients` spares the memory and plan that training needs; `run` does nothing then. Default: `train`. */
  readonly mode?: 'train' | 'gradients';
}

export interface Batch {
  readonly inputs: Float32Array;
  /** The batch first. */
  readonly inputShape: readonly number[];
  readonly targets: Float32Array | Int32Array;
  readonly targetShape: readonly number[];
}

/** Loss and metric (accuracy or mean absolute error) over many samples. */
export interface Evaluation {
  readonly loss: number;
  readonly metric: number;
}

export class Trainer {
  readonly layout: RecordLayout;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly batchSize: number;
  readonly kernelName: Kernels['name'];
  readonly usedBytes: number;
  /** Most steps that one `run` does. */
  readonly ringSteps: number;

  readonly #options: TrainerOptions;
  readonly #seed: number;
  readonly #dropoutSeed: number;
  readonly #loss: LossPlan;
  readonly #kernels: Kernels;
  readonly #network: CompiledNetwork;
  readonly #store: ParameterStore;
  readonly #batches: Batches;
  readonly #clock: OptimizerClock;
  /** Tables of heads and samples, a row a step of the ring; one row more for single measurements. */
  readonly #intTable: number;
  readonly #floatTable: number;
  readonly #samples: number;
  readonly #ring: number;
  readonly #trainProber: Prober | undefined;
  readonly #gradientsProber: Prober;
  #step = 0;
  #diverged = false;
  /** The last `run`: its first step (counted from 1) and how many. */
  #firstStep = 1;
  #ranSteps = 0;

  /**
   * Takes the memory and initializes the network.
   * @throws UserError where memory is short, or data and network do not fit
   */
  static create(options: TrainerOptions): Trainer {
    return new Trainer(options);
  }

  private constructor(options: TrainerOptions) {
    const { graph, spec, dataset } = options;
    const mode = options.mode ?? 'train';
    if (dataset.train.count === 0) {
      throw new UserError('There are no samples to train on.', 'Raise data.samples, or lower data.testSplit.');
    }
    this.#options = options;
    this.#seed = options.seed ?? spec.seed;
    this.#dropoutSeed = mix32((this.#seed | 0) ^ mix32(Math.floor(this.#seed / 2 ** 32)));
    this.#loss = lossPlan(spec.loss, graph.layers[graph.output]!.outputShape, dataset);
    this.#batches = new Batches(dataset.train.count, spec.training.batchSize, this.#seed, spec.data.shuffle);
    this.#clock = new OptimizerClock(spec.optimizer);
    this.batchSize = this.#batches.batchSize;
    this.stepsPerEpoch = this.#batches.stepsPerEpoch;
    this.totalSteps = options.steps ?? spec.training.steps ?? (spec.training.epochs ?? 1) * this.stepsPerEpoch;
    this.layout = recordLayout(graph, this.#loss.metric);

    const kinds: PlanKind[] =
      mode === 'train' ? ['train', 'gradients', 'loss', 'evaluate'] : ['gradients', 'loss', 'evaluate'];
    const compileOptions: CompileOptions = {
      graph,
      spec,
      loss: this.#loss,
      dataset,
      batchSize: this.batchSize,
      kinds,
    };
    // Once to count, once more in the memory itself: the same code, so the same order.
    const double = spec.training.precision === 'float64';
    const counter = new CountingAllocator(double ? 8 : 4);
    const { raw, ld } = compileNetwork(compileOptions, counter);
    const fitting = Math.floor(RING_BYTES / (raw.length * 8));
    this.ringSteps = mode === 'train' ? Math.max(1, Math.min(RING_STEPS, this.totalSteps, fitting)) : 1;
    const rows = this.ringSteps + 1;
    counter.allocateInts(rows * HEAD_LENGTH);
    counter.allocateFloats(rows * HEAD_LENGTH);
    counter.allocateInts(rows * ld);
    const bytes = { ...counter.bytes, stats: alignedBytes(rows * raw.length, 8) };
    const precision = spec.training.precision;
    this.#kernels =
      options.kernels === 'reference' || double ? createReferenceKernels(bytes, precision) : fastKernels(bytes);
    const { arena } = this.#kernels;
    this.#network = compileNetwork(compileOptions, arenaAllocator(arena));
    this.#intTable = arena.allocateInts(rows * HEAD_LENGTH);
    this.#floatTable = arena.allocateFloats(rows * HEAD_LENGTH);
    this.#samples = arena.allocateInts(rows * ld);
    this.#ring = arena.allocateStats(rows * raw.length);
    this.kernelName = this.#kernels.name;
    this.usedBytes = arena.usedBytes;

    this.#store = new ParameterStore(arena, this.#network.parameters);
    this.#placeData(dataset.train, this.#network.train);
    if (this.#network.test) this.#placeData(dataset.test, this.#network.test);
    this.#initializeParameters();
    const { train, gradients } = this.#network.plans;
    this.#trainProber = train && new Prober(graph, this.#loss, this.layout, this.#network, train);
    this.#gradientsProber = new Prober(graph, this.#loss, this.layout, this.#network, planned(gradients));
  }

  /** Completed steps. */
  get step(): number {
    return this.#step;
  }

  /** Whether the last step's loss, gradients or weights were not finite; nothing is trained after that. */
  get diverged(): boolean {
    return this.#diverged;
  }

  /**
   * Trains up to `maxSteps` further steps; fewer at the ring's size, at the end, and after a step that diverged.
   * @returns how many were done; their records can be read until the next call
   */
  run(maxSteps: number): number {
    const plan = this.#network.plans.train;
    const prober = this.#trainProber;
    const steps = Math.max(0, Math.min(Math.floor(maxSteps), this.ringSteps, this.totalSteps - this.#step));
    if (!plan || !prober || steps === 0 || this.#diverged) return 0;
    for (let row = 0; row < steps; row++) this.#prepareRow(row, this.#step + row);
    const { length, step } = this.#network.raw;
    const done = this.#kernels.runSteps(
      plan.start,
      plan.count,
      steps,
      this.#intTable,
      this.#floatTable,
      this.#ring,
      length,
      step,
    );
    this.#firstStep = this.#step + 1;
    this.#ranSteps = done;
    this.#step += done;
    this.#diverged = prober.diverged(this.#rawStep(this.#step));
    return done;
  }

  /** Derives the record of a step of the last `run` (the first step is 1) into `into`, `layout.width` long. */
  readRecord(step: number, into: Float64Array): void {
    this.#trained().derive(this.#rawStep(step), into);
  }

  /** The mean loss of the step's batch, before its update; a step of the last `run`. */
  lossOf(step: number): number {
    return this.#trained().loss(this.#rawStep(step));
  }

  metricOf(step: number): number {
    return this.#trained().metric(this.#rawStep(step));
  }

  /** Loss and metric on the test samples; undefined where there are none. */
  evaluate(): Evaluation | undefined {
    const plan = this.#network.plans.evaluate;
    if (!plan) return undefined;
    const { count } = this.#options.dataset.test;
    let loss = 0;
    let metric = 0;
    for (let start = 0; start < count; start += this.batchSize) {
      const samples = Int32Array.from({ length: Math.min(this.batchSize, count - start) }, (_, k) => start + k);
      const raw = this.#measure(plan, samples);
      loss += this.#gradientsProber.loss(raw) * samples.length;
      metric += this.#gradientsProber.metric(raw) * samples.length;
    }
    return { loss: loss / count, metric: metric / count };
  }

  /**
   * One forward and backward pass on a batch of the first epoch, with that step's dropout, and no update.
   * @returns the derived record, its step 0
   */
  gradients(batch: number): Float64Array {
    const record = new Float64Array(this.layout.width);
    const plan = planned(this.#network.plans.gradients);
    this.#gradientsProber.derive(this.#measure(plan, this.#batchSamples(batch), batch), record);
    return record;
  }

  /** The loss that `gradients` is the gradient of, at the parameters as they are; what central differences take. */
  lossAt(batch: number): number {
    const plan = planned(this.#network.plans.loss);
    return this.#gradientsProber.loss(this.#measure(plan, this.#batchSamples(batch), batch));
  }

  /**
   * A layer's output in the last `gradients`, for tests and for looking closer; overwritten by whatever runs next.
   * @returns (batch, …outputShape), row-major
   */
  outputOf(layer: string): Float64Array {
    const { graph } = this.#options;
    const index = graph.layers.findIndex(({ name }) => name === layer);
    if (index < 0) throw new Error(`there is no layer ${layer}`);
    const plan = planned(this.#network.plans.gradients);
    return this.#sampleMajor(plan.outputs[index]!, featureCount(graph.layers[index]!.outputShape), 0);
  }

  /**
   * The gradient by the data of the last `gradients`, for tests.
   * @returns (batch, …inputShape), row-major; zeros where no layer passes any on
   */
  inputGradient(): Float64Array {
    const { graph } = this.#options;
    const { ints } = this.#kernels.arena;
    const features = featureCount(graph.inputShape);
    const sum = new Float64Array(this.#measuredBatch() * features);
    for (const { at, exponent } of planned(this.#network.plans.gradients).dataGradients) {
      const part = this.#sampleMajor(at, features, ints[exponent]!);
      for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + part[i]!;
    }
    return sum;
  }

  /** Samples of the last measurement. */
  #measuredBatch(): number {
    return this.#kernels.arena.ints[INT_HEAD.batch]!;
  }

  #sampleMajor(at: number, features: number, exponent: number): Float64Array {
    const { floats } = this.#kernels.arena;
    const values = new Float64Array(this.#measuredBatch() * features);
    for (let i = 0; i < values.length; i++) {
      const sample = Math.floor(i / features);
      values[i] = scaleByPower(floats[at + (i % features) * this.#network.ld + sample]!, exponent);
    }
    return values;
  }

  /** Copies of all parameters, in TensorFlow.js's layout and the network's precision. */
  parameters(): NamedTensor[] {
    return this.#store.weights();
  }

  /** @param name `layer/parameter` @param values in TensorFlow.js's layout @throws Error for a name or a count that is wrong */
  setParameter(name: string, values: ArrayLike<number>): void {
    this.#store.set(name, values);
  }

  /** True values of all gradients of the last step or `gradients`; where `adaptiveClip` cut the last step's, the cut ones. */
  parameterGradients(): NamedTensor<Float64Array>[] {
    return this.#store.gradients();
  }

  /** l2 of the gradient of each unit's part of a parameter, of the last step or `gradients`. */
  unitGradient(layer: string, parameter: string): Float64Array {
    return this.#store.unitGradient(layer, parameter);
  }

  /** Histogram of a parameter's gradient, of the last step or `gradients`. */
  gradientHistogram(layer: string, parameter: string): Histogram {
    return this.#store.gradientHistogram(layer, parameter);
  }

  /** Copies of the samples of a batch of the first epoch. */
  batch(index: number): Batch {
    const { inputShape, targetShape, train } = this.#options.dataset;
    const samples = this.#batchSamples(index);
    return {
      inputs: Float32Array.from(gathered(train.inputs, samples, featureCount(inputShape))),
      inputShape: [samples.length, ...inputShape],
      targets: gathered(train.targets, samples, featureCount(targetShape)),
      targetShape: [samples.length, ...targetShape],
    };
  }

  #trained(): Prober {
    if (!this.#trainProber) throw new Error('a trainer for gradients has no steps');
    return this.#trainProber;
  }

  #batchSamples(batch: number): Int32Array {
    if (!Number.isInteger(batch) || batch < 0 || batch >= this.stepsPerEpoch) {
      throw new UserError(
        `There is no batch ${batch}.`,
        `The batches of an epoch are numbered from 0 to ${this.stepsPerEpoch - 1}.`,
      );
    }
    return this.#batches.samples(batch);
  }

  #rawStep(step: number): RawStep {
    const row = step - this.#firstStep;
    if (row < 0 || row >= this.#ranSteps) throw new Error(`step ${step} is not one of the last run`);
    const { ints, stats } = this.#kernels.arena;
    return {
      stats,
      at: this.#ring + row * this.#network.raw.length,
      batch: ints[this.#intTable + row * HEAD_LENGTH + INT_HEAD.batch]!,
      step,
      learningRate: this.#learningRate(step - 1),
    };
  }

  /** @param step counted from 0 */
  #learningRate(step: number): number {
    const { optimizer, training } = this.#options.spec;
    return learningRateAt(training.schedule, optimizer.learningRate, step, this.totalSteps);
  }

  /** Writes the heads and samples of a training step (counted from 0) into a row of the tables. */
  #prepareRow(row: number, step: number): void {
    const { ints, floats } = this.#kernels.arena;
    this.#setHeads(row, this.#batches.write(step, ints, this.#sampleRow(row)), step);
    const at = this.#floatTable + row * HEAD_LENGTH;
    floats[at + FLOAT_HEAD.learningRate] = this.#learningRate(step);
    this.#clock.tick(floats, at);
  }

  /** Where a row's sample numbers belong. */
  #sampleRow(row: number): number {
    return this.#samples + row * this.#network.ld;
  }

  #setHeads(row: number, batch: number, step: number): void {
    const { ints, floats } = this.#kernels.arena;
    const at = this.#intTable + row * HEAD_LENGTH;
    ints[at + INT_HEAD.batch] = batch;
    ints[at + INT_HEAD.samples] = this.#sampleRow(row);
    ints[at + INT_HEAD.dropoutKey] = mix32(this.#dropoutSeed + step) | 0;
    const heads = this.#floatTable + row * HEAD_LENGTH;
    floats[heads + FLOAT_HEAD.inverseBatch] = 1 / batch;
    floats[heads + FLOAT_HEAD.clipScale] = 1;
  }

  /** Runs a plan once in the tables' last row. */
  #measure(plan: Plan, samples: Int32Array, dropoutStep = 0): RawStep {
    const { ints, floats, stats } = this.#kernels.arena;
    const row = this.ringSteps;
    ints.set(samples, this.#sampleRow(row));
    this.#setHeads(row, samples.length, dropoutStep);
    ints.copyWithin(0, this.#intTable + row * HEAD_LENGTH, this.#intTable + (row + 1) * HEAD_LENGTH);
    floats.copyWithin(0, this.#floatTable + row * HEAD_LENGTH, this.#floatTable + (row + 1) * HEAD_LENGTH);
    const at = this.#ring + row * this.#network.raw.length;
    this.#kernels.runOnce(plan.start, plan.count, at);
    return { stats, at, batch: samples.length, step: 0, learningRate: Number.NaN };
  }

  #placeData(samples: Samples, place: DataPlace): void {
    const { ints, floats } = this.#kernels.arena;
    floats.set(samples.inputs, place.inputs);
    (this.#loss.targets === 'labels' ? ints : floats).set(samples.targets, place.targets);
  }

  #initializeParameters(): void {
    for (const { layer, info } of this.#network.parameters) {
      const name = `${layer.name}/${info.name}`;
      const values = initialize(info.initializer, info, new Random(this.#seed, `init/${name}`));
      this.#store.set(name, info.ones ? values.fill(1, info.ones.from, info.ones.to) : values);
    }
  }
}

function planned(plan: Plan | undefined): Plan {
  if (!plan) throw new Error('the plan was not compiled');
  return plan;
}

function gathered<T extends Float32Array | Int32Array>(source: T, samples: Int32Array, length: number): T {
  const values = source.slice(0, samples.length * length) as T;
  for (const [i, sample] of samples.entries())
    values.set(source.subarray(sample * length, (sample + 1) * length), i * length);
  return values;
}

/** WebAssembly SIMD; the reference where the machine has none. */
function fastKernels(bytes: ArenaBytes): Kernels {
  const flavour = wasmFlavours()[0];
  return flavour ? createWasmKernels(bytes, flavour) : createReferenceKernels(bytes, 'float32');
}
