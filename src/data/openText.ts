// Owns the way from a spec's text to its analysis with its samples, for many texts that name the same data: samples are read
// once, and again where one of their files has changed. What is made of it is the callers'.
import { analyzeSpec, type SpecAnalysis } from '../spec/analyze';
import type { Dataset } from '../spec/dataset';
import type { DataShape } from '../spec/network';
import type { Spec } from '../spec/schema';
import { product } from '../spec/shapes';
import { type DataContext, DataError } from './files';
import { loadDataset } from './loadDataset';
import { type FileTimes, notingFiles, unchanged } from './notedFiles';
import { peekDataShape, shapeOfDataset } from './peekDataShape';

export interface OpenOptions {
  readonly context: DataContext;
  /** Most that training may take; undefined leaves the language's own limit. */
  readonly memoryLimitBytes?: number;
  /** Samples of more input numbers are not read. */
  readonly mostInputNumbers?: number;
}

export interface OpenedSpecText {
  /** Against the shapes that the samples have, as far as these are known. */
  readonly analysis: SpecAnalysis;
  /** Absent where the spec has errors, and where its data cannot be read or is more than was asked for. */
  readonly dataset?: Dataset;
  /** Why the data cannot be read. */
  readonly fault?: DataError;
}

interface Kept {
  /** Absent where there is too much of it. */
  readonly dataset?: Dataset;
  readonly shape: DataShape;
  readonly times: FileTimes;
}

/** So many sets of samples are kept: of a spec and what its remedies make of it, or of two specs side by side. */
const MOST_KEPT = 4;

export class TextOpener {
  /** By what decides about the samples; the one used last stands last. */
  readonly #kept = new Map<string, Kept>();

  /** Never throws for a text or for data that are wrong: both are told. */
  open(text: string, options: OpenOptions): OpenedSpecText {
    const analyze = (dataShape?: DataShape): SpecAnalysis =>
      analyzeSpec(text, { memoryLimitBytes: options.memoryLimitBytes, dataShape });
    const plain = analyze();
    const { spec } = plain;
    if (!spec) return { analysis: plain };
    const key = keyOf(spec, options);
    let kept = this.#kept.get(key);
    this.#kept.delete(key);
    if (!kept || !unchanged(kept.times)) {
      try {
        const times = new Map<string, number>();
        const context = { ...options.context, files: notingFiles(options.context.files, times) };
        // Headers first: what does not fit is refused before it is read.
        const shape = { ...plain.dataShape, ...peekDataShape(spec.data, context, spec.loss) };
        const seen = analyze(shape);
        if (hasErrors(seen)) return { analysis: seen };
        const isTooMuch = inputNumbers(shape) > (options.mostInputNumbers ?? Number.POSITIVE_INFINITY);
        const dataset = isTooMuch ? undefined : loadDataset(spec, context);
        kept = { dataset, shape: dataset ? shapeOfDataset(dataset) : shape, times };
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        return { analysis: plain, fault: error };
      }
    }
    this.#kept.set(key, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
    }
    // Files tell their true shapes only once read: the graph is checked against those.
    const analysis = analyze(kept.shape);
    return hasErrors(analysis) ? { analysis } : { analysis, dataset: kept.dataset };
  }
}

function keyOf(spec: Spec, { context, mostInputNumbers }: OpenOptions): string {
  const { folder, allowedFolders, dataFolder } = context;
  return JSON.stringify([spec.data, spec.seed, spec.loss, folder, allowedFolders, dataFolder, mostInputNumbers]);
}

/** Of all samples together; 0 where it cannot be told before they are read. */
function inputNumbers({ inputShape, trainSamples = 0, testSamples = 0 }: DataShape): number {
  return inputShape ? product(inputShape) * (trainSamples + testSamples) : 0;
}

function hasErrors({ problems }: SpecAnalysis): boolean {
  return problems.some((p) => p.severity === 'error');
}
