// Owns the way from a subject's text to what can be judged: its analysis with the data's true shapes, and the data, kept until
// the spec names other data or a file changes. Leaves the judgement to the analysis room.
import { type DataContext, DataError } from '../data/files';
import { loadDataset } from '../data/loadDataset';
import { nodeFiles } from '../data/nodeFiles';
import { type FileTimes, notingFiles, unchanged } from '../data/notedFiles';
import { peekDataShape, shapeOfDataset } from '../data/peekDataShape';
import type { AnalysisSubject } from '../protocol/analysis';
import { analyzeSpec, type SpecAnalysis } from '../spec/analyze';
import type { Dataset } from '../spec/dataset';
import type { DataShape } from '../spec/network';
import type { Spec } from '../spec/schema';
import { product } from '../spec/shapes';

/** Input numbers beyond which data is not read while somebody types: 200 MB, some seconds from a table. */
const MOST_INPUT_NUMBERS = 50e6;
/** Two specs side by side, each with the data it had before its last change. */
const MOST_DATASETS = 4;

/** `dataset` is absent where the spec has errors, or its data cannot be read or is too large to be read at once. */
export interface OpenedSubject {
  readonly analysis: SpecAnalysis;
  readonly dataset?: Dataset;
}

interface Kept {
  readonly dataset: Dataset | undefined;
  readonly shape: DataShape;
  readonly times: FileTimes;
}

/** Opens subjects; the same data is read once. */
export class SubjectOpener {
  /** The one used last stands last. */
  readonly #datasets = new Map<string, Kept>();

  /**
   * @param text instead of the subject's own, such as the text with a remedy
   * Bad text and bad data are in the result; only a fault of ours throws.
   */
  open(subject: AnalysisSubject, text = subject.text): OpenedSubject {
    const { memoryLimitBytes } = subject;
    const first = analyzeSpec(text, { memoryLimitBytes });
    const { spec } = first;
    if (!spec || hasErrors(first)) return { analysis: first };
    const kept = this.#dataOf(spec, first.dataShape, subject);
    if (!kept) return { analysis: first };
    // Files tell their true shapes only once read: the graph is checked against those.
    const analysis = analyzeSpec(text, { memoryLimitBytes, dataShape: kept.shape });
    return hasErrors(analysis) ? { analysis } : { analysis, dataset: kept.dataset };
  }

  #dataOf(spec: Spec, known: DataShape | undefined, subject: AnalysisSubject): Kept | undefined {
    const { folder, allowedFolders, dataFolder } = subject;
    const key = JSON.stringify([spec.data, spec.seed, spec.loss, folder, allowedFolders]);
    let kept = this.#datasets.get(key);
    this.#datasets.delete(key);
    if (!kept || !unchanged(kept.times)) {
      const times = new Map<string, number>();
      const files = notingFiles(nodeFiles, times);
      kept = read(spec, known, { folder, allowedFolders, dataFolder, files }, times);
      if (!kept) return undefined;
    }
    this.#datasets.set(key, kept);
    for (const oldest of this.#datasets.keys()) {
      if (this.#datasets.size <= MOST_DATASETS) break;
      this.#datasets.delete(oldest);
    }
    return kept;
  }
}

/** Undefined where the data cannot be read: the editor says why by itself. */
function read(spec: Spec, known: DataShape | undefined, context: DataContext, times: FileTimes): Kept | undefined {
  try {
    const seen = { ...known, ...peekDataShape(spec.data, context, spec.loss) };
    const { inputShape, trainSamples = 0, testSamples = 0 } = seen;
    if (inputShape && product(inputShape) * (trainSamples + testSamples) > MOST_INPUT_NUMBERS) {
      return { dataset: undefined, shape: seen, times };
    }
    const dataset = loadDataset(spec, context);
    return { dataset, shape: shapeOfDataset(dataset), times };
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

export function hasErrors({ problems }: SpecAnalysis): boolean {
  return problems.some((p) => p.severity === 'error');
}
