// Owns the trial of one network: short trainings, one a seed, its gradient at initialization and what it reaches on held-out
// samples. Trials with the same seeds and steps are paired: batches come in the same order, and layers that both networks
// have begin alike. Pure: whoever drives it owns the clock, and may stop between slices. Ranking is `ranking.ts`'s.
import { Trainer } from '../engine/trainer';
import type { Dataset } from '../spec/dataset';
import type { Graph } from '../spec/network';
import type { Spec } from '../spec/schema';
import { type RunEvidence, RunObserver } from './runEvidence';
import { stepMs } from './trialSize';

export interface TrialNetwork {
  readonly graph: Graph;
  readonly spec: Spec;
  readonly dataset: Dataset;
}

/** What a network did in its trials: medians over the seeds. */
export interface TrialOutcome {
  /** Measured at initialization: `cumulative` of the first layer with parameters. */
  readonly firstToLast: number;
  readonly factorPerLayer: number;
  /** Of the training samples, mean of the last tenth of the steps; NaN where training diverged. */
  readonly loss: number;
  /** Of the held-out samples: accuracy, or mean absolute error. Of the training samples where nothing is held out. */
  readonly testLoss: number;
  readonly testMetric: number;
  /** Whether any seed's training did; what is said of it then is that of its last good weights. */
  readonly diverged: boolean;
  /** One entry a seed. */
  readonly testMetrics: readonly number[];
  readonly testLosses: readonly number[];
  /** What `testMetric` is; a remedy may change it, with the loss. */
  readonly metric?: 'accuracy' | 'meanAbsoluteError';
}

export interface TrialOptions {
  readonly seeds: readonly number[];
  readonly steps: number;
}

/** An outcome with what was seen of the first seed's training, for the judgement. */
export interface ObservedTrial {
  readonly outcome: TrialOutcome;
  readonly run: RunEvidence;
}

export interface Share {
  /** 0 … 1 of the whole. */
  readonly share: number;
}

/** Milliseconds of work between two yields, by estimate. */
const SLICE_MS = 8;
/** Records that are read of the first seed's training. */
const RECORDS = 200;

/**
 * Measures a network by short trainings.
 * @throws UserError where memory is short, or data and network do not fit
 */
export function* runTrial(network: TrialNetwork, options: TrialOptions): Generator<Share, TrialOutcome, void> {
  return (yield* observeTrial(network, options)).outcome;
}

/** The same, with what the first seed's training showed. */
export function* observeTrial(network: TrialNetwork, options: TrialOptions): Generator<Share, ObservedTrial, void> {
  const { seeds } = options;
  if (seeds.length === 0) throw new Error('a trial needs a seed');
  // Where nothing is held out, the training samples have to do.
  const dataset =
    network.dataset.test.count > 0 ? network.dataset : { ...network.dataset, test: network.dataset.train };
  const trainings: Training[] = [];
  for (const [k, seed] of seeds.entries()) {
    const training = trainOnce({ ...network, dataset }, seed, options.steps, k === 0);
    for (let next = training.next(); ; next = training.next()) {
      if (next.done) {
        trainings.push(next.value);
        break;
      }
      yield { share: (k + next.value.share) / seeds.length };
    }
  }
  const median = (pick: (training: Training) => number): number => medianOf(trainings.map(pick));
  const outcome: TrialOutcome = {
    firstToLast: median((t) => t.firstToLast),
    factorPerLayer: median((t) => t.factorPerLayer),
    loss: median((t) => t.loss),
    testLoss: median((t) => t.testLoss),
    testMetric: median((t) => t.testMetric),
    diverged: trainings.some((t) => t.diverged),
    testMetrics: trainings.map((t) => t.testMetric),
    testLosses: trainings.map((t) => t.testLoss),
    metric: trainings[0]!.metric,
  };
  return { outcome, run: trainings[0]!.run! };
}

/** Middle of the numbers; NaN where one of them is. */
export function medianOf(values: readonly number[]): number {
  if (values.some(Number.isNaN)) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

interface Training {
  readonly firstToLast: number;
  readonly factorPerLayer: number;
  readonly loss: number;
  readonly testLoss: number;
  readonly testMetric: number;
  readonly diverged: boolean;
  readonly metric: 'accuracy' | 'meanAbsoluteError';
  readonly run?: RunEvidence;
}

function* trainOnce(
  { graph, spec, dataset }: TrialNetwork,
  seed: number,
  steps: number,
  observed: boolean,
): Generator<Share, Training, void> {
  const trainer = Trainer.create({ graph, spec, dataset, seed, steps });
  try {
    const flow = measuredFlow(graph, trainer);
    yield { share: 0 };
    const { layout, totalSteps, stepsPerEpoch } = trainer;
    const chance = chanceOf(spec, dataset);
    const observer = observed ? new RunObserver({ layout, totalSteps, stepsPerEpoch, chance }) : undefined;
    const record = new Float64Array(layout.width);
    const recordEvery = Math.max(1, Math.floor(totalSteps / RECORDS));
    const evaluateEvery = Math.max(1, Math.ceil(totalSteps / 10));
    const slice = stepsPerSlice(graph, trainer.batchSize);
    const lossFrom = totalSteps - Math.max(1, Math.ceil(totalSteps / 10));
    let lossSum = 0;
    let lossCount = 0;
    let last = trainer.evaluate();
    while (trainer.step < totalSteps && !trainer.diverged) {
      const before = trainer.step;
      const done = trainer.run(Math.min(slice, evaluateEvery - (before % evaluateEvery)));
      for (let step = before + 1; step <= before + done; step++) {
        const loss = trainer.lossOf(step);
        if (step > lossFrom) {
          lossSum += loss;
          lossCount++;
        }
        if (!observer) continue;
        observer.step(step, loss, trainer.metricOf(step));
        if (step !== 1 && step % recordEvery !== 0) continue;
        trainer.readRecord(step, record);
        observer.record(step, record);
      }
      const finished = trainer.diverged || trainer.step >= totalSteps;
      if (finished || (observer && trainer.step % evaluateEvery === 0)) {
        last = trainer.evaluate();
        if (last) observer?.evaluation(trainer.step, last.loss, last.metric);
      }
      yield { share: trainer.step / totalSteps };
    }
    return {
      ...flow,
      loss: trainer.diverged ? Number.NaN : lossSum / lossCount,
      testLoss: last?.loss ?? Number.NaN,
      testMetric: last?.metric ?? Number.NaN,
      diverged: trainer.diverged,
      metric: layout.metric,
      run: observer?.evidence(trainer.diverged ? 'diverged' : 'completed', trainer.nonFinite),
    };
  } finally {
    trainer.dispose();
  }
}

/** Steps between two yields. */
export function stepsPerSlice(graph: Graph, batch: number): number {
  return Math.max(1, Math.floor(SLICE_MS / stepMs(graph, batch)));
}

/** How much of the gradient reaches the first layer with parameters at initialization, and the same a layer. */
function measuredFlow(graph: Graph, trainer: Trainer): { firstToLast: number; factorPerLayer: number } {
  const withParameters = graph.layers.filter(({ parameters }) => parameters.length > 0);
  const first = withParameters[0];
  if (!first) return { firstToLast: Number.NaN, factorPerLayer: Number.NaN };
  const record = trainer.gradients(0);
  const cumulative = trainer.layout.measures.flow.indexOf('cumulative');
  const firstToLast = record[trainer.layout.layers[first.index]!.flow + cumulative]!;
  const ways = withParameters.length - 1;
  return { firstToLast, factorPerLayer: ways === 0 ? 1 : firstToLast ** (1 / ways) };
}

/** Loss and accuracy of giving every class the same odds. */
function chanceOf(spec: Spec, { targetKind, classes }: Dataset): { loss: number; accuracy: number } | undefined {
  if (targetKind !== 'classes' || classes === undefined) return undefined;
  if (spec.loss === 'softmaxCrossEntropy') return { loss: Math.log(classes), accuracy: 1 / classes };
  if (spec.loss === 'binaryCrossEntropy') return { loss: Math.LN2, accuracy: 1 / classes };
  return undefined;
}
