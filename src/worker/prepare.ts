// Owns the way from a start request to something that trains: text, spec, data, trainer. Leaves the loop to
// `trainingRun.ts`.
import { RunJudge } from '../analysis/runJudge';
import { thresholdsFrom } from '../analysis/thresholds';
import { nodeThreads } from '../backends/nodeThreads';
import { UserError } from '../base/errors';
import type { DataContext } from '../data/files';
import { loadDataset } from '../data/loadDataset';
import { nodeFiles } from '../data/nodeFiles';
import { peekDataShape, shapeOfDataset } from '../data/peekDataShape';
import { Trainer } from '../engine/trainer';
import type { RunInfo } from '../protocol/run';
import type { StartOptions } from '../protocol/worker';
import { analyzeSpec, type SpecAnalysis } from '../spec/analyze';
import type { Dataset } from '../spec/dataset';
import type { Spec } from '../spec/schema';

/** As much of the trainer as the loop drives. */
export type TrainerLike = Pick<
  Trainer,
  | 'layout'
  | 'totalSteps'
  | 'stepsPerEpoch'
  | 'step'
  | 'diverged'
  | 'nonFinite'
  | 'run'
  | 'readRecord'
  | 'lossOf'
  | 'metricOf'
  | 'evaluate'
  | 'gradients'
  | 'dispose'
>;

/** As much of the judge as the loop feeds and asks. */
export type JudgeLike = Pick<RunJudge, 'step' | 'record' | 'evaluation' | 'news'>;

export interface Prepared {
  readonly trainer: TrainerLike;
  readonly run: RunInfo;
  /** One record is kept of so many steps. */
  readonly recordEvery: number;
  /** Steps from one evaluation on the test samples to the next. */
  readonly evaluateEvery: number;
  /** Judges the run while it lasts; absent for a single measurement. */
  readonly judge?: JudgeLike;
}

export type PrepareRun = (options: StartOptions, startedAt: number) => Prepared;

/**
 * Reads the spec and its data and builds the trainer.
 * @throws UserError with the first problem's words where the spec, its data or the memory does not allow it
 */
export const prepareRun: PrepareRun = (options, startedAt) => {
  const { memoryLimitBytes } = options;
  const first = required(analyzeSpec(options.specText, { memoryLimitBytes }));
  const spec = options.seed === undefined ? first.spec : { ...first.spec, seed: options.seed };
  const context: DataContext = {
    folder: options.folder,
    allowedFolders: options.allowedFolders,
    dataFolder: options.dataFolder,
    files: nodeFiles,
  };
  // Headers first: what does not fit is refused before it is read.
  const seen = peekDataShape(spec.data, context, spec.loss);
  required(analyzeSpec(options.specText, { memoryLimitBytes, dataShape: seen }));
  const dataset = loadDataset(spec, context);
  // Files tell their true shapes only once read: the graph is checked against those.
  const { graph, tree } = required(
    analyzeSpec(options.specText, { memoryLimitBytes, dataShape: shapeOfDataset(dataset) }),
  );
  if (!graph || !tree)
    throw new UserError('The layers of the spec do not form a network.', 'See the problems in the editor.');
  const { mode, steps } = options;
  const trainer = Trainer.create({ graph, spec, dataset, mode, steps, threads: nodeThreads() });
  const chance = chanceOf(spec, dataset);
  const { layout, totalSteps, stepsPerEpoch } = trainer;
  const thresholds = options.thresholds ?? thresholdsFrom();
  const judged = { spec, graph, tree, dataset, thresholds, layout, totalSteps, stepsPerEpoch, chance };
  return {
    trainer,
    run: {
      id: options.id,
      name: spec.name ?? baseName(options.source),
      source: options.source,
      seed: spec.seed,
      mode,
      layout,
      parameterCount: graph.parameterCount,
      totalSteps,
      batchSize: trainer.batchSize,
      stepsPerEpoch,
      engine: `embedded, ${trainer.kernelName}`,
      chance,
      startedAt,
    },
    recordEvery: spec.training.recordEvery,
    evaluateEvery: spec.training.evaluateEvery ?? stepsPerEpoch,
    ...(mode === 'train' ? { judge: new RunJudge(judged) } : {}),
  };
};

function required(analysis: SpecAnalysis): SpecAnalysis & { readonly spec: Spec } {
  const problem = analysis.problems.find((p) => p.severity === 'error');
  if (problem) throw new UserError(problem.message, problem.hint, problem.code);
  if (!analysis.spec) throw new Error('a spec without problems has no meaning');
  return { ...analysis, spec: analysis.spec };
}

/** Loss and accuracy of giving every class the same odds. */
function chanceOf(spec: Spec, dataset: Dataset): RunInfo['chance'] {
  if (dataset.targetKind !== 'classes' || dataset.classes === undefined) return undefined;
  const accuracy = 1 / dataset.classes;
  if (spec.loss === 'softmaxCrossEntropy') return { loss: Math.log(dataset.classes), accuracy };
  if (spec.loss === 'binaryCrossEntropy') return { loss: Math.LN2, accuracy };
  return undefined;
}

function baseName(source: string): string {
  const last = source.split(/[/\\]/).at(-1) ?? source;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
