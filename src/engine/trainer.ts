// Owns a network being trained: its memory, its steps, what is known of each. Knows no files and no clock, and threads only
// as something that the host may offer; the numbers are the kernels', the plans `plan.ts`'s, their meaning `probes.ts`'s.

import { UserError } from '../base/errors';
import { Random } from '../base/random';
import type { Dataset, Samples } from '../spec/dataset';
import type { Graph } from '../spec/network';
import type { Spec } from '../spec/schema';
import { alignedBytes } from './arena';
import { type Batch, Batches, batchOf } from './batches';
import { type NonFinite, nonFiniteChain, nonFiniteParameter } from './divergence';
import { checkEmbeddingRange } from './embeddingRange';
import type { Histogram } from './histogram';
import { initialize } from './initializers';
import { dataGradient, layerOutput } from './inspection';
import { chooseKernels } from './kernels/choice';
import type { Kernels } from './kernels/contract';
import type { PlanKind } from './layers/layer';
import { type LossPlan, lossPlan } from './losses';
import { isScaledByData, scaleByData } from './lsuv';
import { type GradientRows, type NamedTensor, ParameterStore } from './parameterStore';
import { type CompiledNetwork, type CompileOptions, compileNetwork, type DataPlace, type Plan } from './plan';
import { arenaAllocator, CountingAllocator } from './planBuilder';
import { Prober, type RawStep, recordLayout } from './probes';
import type { RecordLayout } from './record';
import { StepRunner } from './stepRunner';
import { placeSteps, type StepPlaces, StepTable } from './stepTable';
import { LEAST_SHARED_WORK, type ThreadSource } from './threads';

/** Most steps of one `run`; fewer where a step's statistics are long or its batch large. */
export const RING_STEPS = 256;
/** What each mode has to compute. */
const KINDS: Readonly<Record<NonNullable<TrainerOptions['mode']>, readonly PlanKind[]>> = {
  train: ['train', 'gradients', 'loss', 'evaluate'],
  gradients: ['gradients', 'loss', 'evaluate'],
  probe: ['train', 'gradients', 'loss'],
};
/** Most that statistics and orders of samples of one `run` take, roughly. */
const RING_BYTES = 16 * 2 ** 20;

export interface TrainerOptions {
  readonly graph: Graph;
  readonly spec: Spec;
  readonly dataset: Dataset;
  /** Instead of the spec's. */
  readonly seed?: number;
  /** `auto` takes the best WebAssembly that the machine has; a name takes that one. In float64 it is always the reference. */
  readonly kernels?: 'auto' | Kernels['name'];
  /** Instead of what the spec says. */
  readonly steps?: number;
  /**
   * `gradients` spares the memory and plan that training needs; `run` does nothing then. `probe` trains one step a `run`,
   * and has no evaluation. Default: `train`.
   */
  readonly mode?: 'train' | 'gradients' | 'probe';
  /** Where helpers come from, for networks whose steps are long enough; what is computed does not depend on it. */
  readonly threads?: ThreadSource;
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
  readonly #loss: LossPlan;
  readonly #kernels: Kernels;
  readonly #network: CompiledNetwork;
  readonly #store: ParameterStore;
  readonly #places: StepPlaces;
  /** What a seed makes: the order of the samples, the steps' table, what runs them. */
  #batches!: Batches;
  #table!: StepTable;
  /** Statistics, a row a step; one row more for single measurements. */
  readonly #ring: number;
  #runner: StepRunner | undefined;
  readonly #trainProber: Prober | undefined;
  readonly #gradientsProber: Prober;
  #step = 0;
  #nonFinite: NonFinite | undefined;
  #disposed = false;
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
    checkEmbeddingRange(graph, dataset);
    this.#options = options;
    const seed = options.seed ?? spec.seed;
    this.#loss = lossPlan(spec.loss, graph.layers[graph.output]!.outputShape, dataset);
    const batches = new Batches(dataset.train.count, spec.training.batchSize, seed, spec.data.shuffle);
    this.batchSize = batches.batchSize;
    this.stepsPerEpoch = batches.stepsPerEpoch;
    this.totalSteps = options.steps ?? spec.training.steps ?? (spec.training.epochs ?? 1) * this.stepsPerEpoch;
    this.layout = recordLayout(graph, this.#loss.metric);

    const kinds: PlanKind[] = [...KINDS[mode]];
    if (isScaledByData(graph)) kinds.push('initialize');
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
    const { raw, plans } = compileNetwork(compileOptions, counter);
    const fitting = Math.floor(RING_BYTES / (raw.length * 8 + this.batchSize * 4));
    this.ringSteps = mode === 'train' ? Math.max(1, Math.min(RING_STEPS, this.totalSteps, fitting)) : 1;
    const rows = this.ringSteps + 1;
    placeSteps(counter, this.ringSteps, batches);
    const bytes = { ...counter.bytes, stats: alignedBytes(rows * raw.length, 8) };
    const precision = spec.training.precision;
    const threads = (plans.train?.sharedWork ?? 0) >= LEAST_SHARED_WORK ? options.threads : undefined;
    this.#kernels = chooseKernels(bytes, precision, options.kernels, threads);
    const { arena } = this.#kernels;
    const allocator = arenaAllocator(arena);
    this.#network = compileNetwork(compileOptions, allocator);
    this.#places = placeSteps(allocator, this.ringSteps, batches);
    this.#ring = arena.allocateStats(rows * raw.length);
    this.kernelName = this.#kernels.name;
    this.usedBytes = arena.usedBytes;

    this.#store = new ParameterStore(arena, this.#network.parameters);
    this.#placeData(dataset.train, this.#network.train);
    if (this.#network.test) this.#placeData(dataset.test, this.#network.test);
    const { train, gradients } = this.#network.plans;
    this.#trainProber = train && new Prober(graph, this.#loss, this.layout, this.#network, train);
    this.#gradientsProber = new Prober(graph, this.#loss, this.layout, this.#network, planned(gradients));
    this.reinitialize(seed);
  }

  /**
   * Begins anew with another seed, in the same memory and plans: parameters, order of samples and dropout are bit for bit
   * those of a new trainer with this seed, and no step has been done.
   * @throws UserError where an initializer does not fit its parameter
   */
  reinitialize(seed: number): void {
    const { graph, spec, dataset } = this.#options;
    const { arena } = this.#kernels;
    const { plans, optimizerStates } = this.#network;
    this.#step = 0;
    this.#ranSteps = 0;
    this.#nonFinite = undefined;
    this.#batches = new Batches(dataset.train.count, spec.training.batchSize, seed, spec.data.shuffle);
    this.#table = new StepTable(arena, this.#places, this.#batches, spec, seed, this.totalSteps);
    for (const { parameter, at } of optimizerStates) arena.floats.fill(0, at, at + parameter.rows * parameter.columns);
    this.#initializeParameters(seed);
    const parts = { graph, network: this.#network, kernels: this.#kernels, table: this.#table, ring: this.#ring };
    const firstInputs = () => this.batch(0).inputs;
    this.#runner = plans.train && new StepRunner({ ...parts, plan: plans.train, firstInputs });
  }

  /** Completed steps. */
  get step(): number {
    return this.#step;
  }

  /** Whether something in the last step was not finite; nothing is trained after that. */
  get diverged(): boolean {
    return this.#runner?.nonFinite !== undefined;
  }

  /** The first tensor that was not finite in the last step, or in `gradients`; undefined where all were finite. */
  get nonFinite(): NonFinite | undefined {
    return this.#nonFinite;
  }

  /** Steps that had to be supervised, since something in them was so large that it might not have stayed finite. */
  get supervisedSteps(): number {
    return this.#runner?.supervised ?? 0;
  }

  /** Threads that the next `run` would have, this one included; helpers come one by one after the start. */
  get threads(): number {
    return this.#kernels.threads;
  }

  /** Ends the helpers. What was trained stays readable; `run` does nothing any more. */
  dispose(): void {
    this.#disposed = true;
    this.#kernels.dispose();
  }

  /**
   * Trains up to `maxSteps` further steps; fewer at the ring's size, at the end, and after a step that diverged. That step
   * counts, and its record tells what was not finite; but parameters, states and what the optimizer keeps are those of
   * the step before.
   * @returns how many were done; their records can be read until the next call
   */
  run(maxSteps: number): number {
    const steps = Math.max(0, Math.min(Math.floor(maxSteps), this.ringSteps, this.totalSteps - this.#step));
    if (!this.#runner || steps === 0 || this.diverged || this.#disposed) return 0;
    this.#table.prepare(this.#step, steps);
    this.#firstStep = this.#step + 1;
    const done = this.#runner.run(this.#step, steps);
    this.#nonFinite = this.#runner.nonFinite;
    this.#ranSteps = done;
    this.#step += done;
    return done;
  }

  /** Index in stats of a row of the ring. */
  #ringRow(row: number): number {
    return this.#ring + row * this.#network.raw.length;
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
    const raw = this.#measure(plan, this.#batchSamples(batch), batch);
    this.#gradientsProber.derive(raw, record);
    this.#nonFinite =
      nonFiniteChain(this.#options.graph, this.#network, raw.stats, raw.at) ??
      nonFiniteParameter(this.#network, raw.stats, raw.at);
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
    const plan = planned(this.#network.plans.gradients);
    return layerOutput(this.#options.graph, plan, this.#kernels.arena, this.#network.ld, layer);
  }

  /**
   * The gradient by the data of the last `gradients`, for tests.
   * @returns (batch, …inputShape), row-major; zeros where no layer passes any on
   */
  inputGradient(): Float64Array {
    const plan = planned(this.#network.plans.gradients);
    return dataGradient(this.#options.graph, plan, this.#kernels.arena, this.#network.ld);
  }

  /** Copies of all parameters, in TensorFlow.js's layout and the network's precision. */
  parameters(): NamedTensor[] {
    return this.#store.weights();
  }

  /** @param name `layer/parameter` @param values in TensorFlow.js's layout @throws Error for a name or a count that is wrong */
  setParameter(name: string, values: ArrayLike<number>): void {
    this.#runner?.lookAgain();
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

  /** The gradient of a parameter where it lies, of the last step or `gradients`; overwritten by whatever runs next. */
  gradientView(layer: string, parameter: string): GradientRows {
    return this.#store.gradientView(layer, parameter);
  }

  /** Histogram of a parameter's gradient, of the last step or `gradients`. */
  gradientHistogram(layer: string, parameter: string): Histogram {
    return this.#store.gradientHistogram(layer, parameter);
  }

  /** Copies of the samples of a batch of the first epoch. */
  batch(index: number): Batch {
    return batchOf(this.#options.dataset, this.#batchSamples(index));
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
    return this.#batches.ofFirstEpoch(batch);
  }

  #rawStep(step: number): RawStep {
    const row = step - this.#firstStep;
    if (row < 0 || row >= this.#ranSteps) throw new Error(`step ${step} is not one of the last run`);
    return {
      stats: this.#kernels.arena.stats,
      at: this.#ringRow(row),
      batch: this.#table.batchOf(row),
      step,
      learningRate: this.#table.learningRate(step - 1),
    };
  }

  /** Runs a plan once on these samples. */
  #measure(plan: Plan, samples: Int32Array, dropoutStep = 0): RawStep {
    this.#table.setHeads(samples, dropoutStep);
    const at = this.#ringRow(this.ringSteps);
    this.#kernels.runOnce(plan.start, plan.count, at);
    return { stats: this.#kernels.arena.stats, at, batch: samples.length, step: 0, learningRate: Number.NaN };
  }

  #placeData(samples: Samples, place: DataPlace): void {
    const { ints, floats } = this.#kernels.arena;
    floats.set(samples.inputs, place.inputs);
    (this.#loss.targets === 'labels' ? ints : floats).set(samples.targets, place.targets);
  }

  #initializeParameters(seed: number): void {
    for (const { layer, info } of this.#network.parameters) {
      const name = `${layer.name}/${info.name}`;
      const values = initialize(info.initializer, info, new Random(seed, `init/${name}`));
      this.#store.set(name, info.ones ? values.fill(1, info.ones.from, info.ones.to) : values);
    }
    const plan = this.#network.plans.initialize;
    const run = (part: Plan) => this.#measure(part, this.#batches.ofFirstEpoch(0));
    if (plan) scaleByData(this.#options.graph, this.#network, plan, this.#kernels.arena.floats, run);
  }
}

function planned(plan: Plan | undefined): Plan {
  if (!plan) throw new Error('the plan was not compiled');
  return plan;
}
