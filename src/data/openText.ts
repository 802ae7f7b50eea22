// Owns the way from a spec's text to its analysis with its samples, for many variants of one spec: samples are read once for
// all that name the same data. What is made of it is the callers'.
import { analyzeSpec, type SpecAnalysis } from '../spec/analyze';
import type { Dataset } from '../spec/dataset';
import type { Spec } from '../spec/schema';
import { type DataContext, DataError } from './files';
import { loadDataset } from './loadDataset';
import { peekDataShape, shapeOfDataset } from './peekDataShape';

export interface OpenedSpecText {
  /** Against the shapes that the samples have, as far as these are known. */
  readonly analysis: SpecAnalysis;
  /** Absent where the spec has errors and where its data cannot be read. */
  readonly dataset?: Dataset;
  /** Why the data cannot be read. */
  readonly fault?: DataError;
}

/** So many sets of samples are kept: the original's, and one or two with another normalization. */
const KEPT = 3;

export class TextOpener {
  readonly #context: DataContext;
  readonly #memoryLimitBytes: number | undefined;
  /** By what decides about the samples; the oldest first. */
  readonly #kept = new Map<string, Dataset>();

  /** @param memoryLimitBytes most that training may take; undefined leaves the language's own limit */
  constructor(context: DataContext, memoryLimitBytes?: number) {
    this.#context = context;
    this.#memoryLimitBytes = memoryLimitBytes;
  }

  /** Never throws for a text or for data that are wrong: both are told. */
  open(text: string): OpenedSpecText {
    const memoryLimitBytes = this.#memoryLimitBytes;
    const plain = analyzeSpec(text, { memoryLimitBytes });
    if (!plain.spec) return { analysis: plain };
    try {
      // Headers first: what does not fit is refused before it is read.
      const dataShape = peekDataShape(plain.spec.data, this.#context, plain.spec.loss);
      const seen = analyzeSpec(text, { memoryLimitBytes, dataShape });
      if (hasErrors(seen)) return { analysis: seen };
      const dataset = this.#dataset(plain.spec);
      // Files tell their true shapes only once read: the graph is checked against those.
      const analysis = analyzeSpec(text, { memoryLimitBytes, dataShape: shapeOfDataset(dataset) });
      return hasErrors(analysis) ? { analysis } : { analysis, dataset };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      return { analysis: plain, fault: error };
    }
  }

  #dataset(spec: Spec): Dataset {
    const key = JSON.stringify([spec.data, spec.seed, spec.loss]);
    const known = this.#kept.get(key);
    if (known) return known;
    const dataset = loadDataset(spec, this.#context);
    this.#kept.set(key, dataset);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return dataset;
  }
}

function hasErrors({ problems }: SpecAnalysis): boolean {
  return problems.some((p) => p.severity === 'error');
}
