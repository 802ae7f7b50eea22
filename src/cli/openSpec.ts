// Owns the way from a path on the command line to a checked network with its samples. Training is the commands'.
import path from 'node:path';
import { UserError } from '../base/errors';
import { DATA_CODES, type DataContext, DataError } from '../data/files';
import { loadDataset } from '../data/loadDataset';
import { nodeFiles } from '../data/nodeFiles';
import { peekDataShape, shapeOfDataset } from '../data/peekDataShape';
import { analyzeSpec, pathRange, type SpecAnalysis } from '../spec/analyze';
import type { Dataset } from '../spec/dataset';
import type { Graph } from '../spec/network';
import { MAX_TEXT_LENGTH, type SpecNode } from '../spec/parse';
import type { Spec, TrainingSpec } from '../spec/schema';
import { type Arguments, integerOption, type OptionSpec } from './commandLine';
import { type Finding, findingsOf } from './findings';
import { type CliIo, UsageError } from './io';

/** A character takes at most four bytes in UTF-8; what is longer than the language allows is cut, and refused by it. */
const MOST_SPEC_BYTES = 4 * MAX_TEXT_LENGTH + 4;

export const ALLOW_OPTION: OptionSpec = {
  type: 'string',
  multiple: true,
  value: 'DIR',
  doc: "a further folder that the spec's paths may lead into; may be given again",
};

export const MEMORY_OPTION: OptionSpec = {
  type: 'string',
  value: 'MIB',
  doc: 'most memory that training may take, in MiB (default: 2048)',
};

/** Bytes of --memory-limit; undefined leaves the language's own limit. @throws UsageError */
export function memoryLimit(args: Arguments): number | undefined {
  const mib = integerOption(args, 'memory-limit', 1);
  return mib === undefined ? undefined : mib * 2 ** 20;
}

/** A spec has errors: it can be shown and not be run. */
export class SpecError extends Error {
  readonly findings: readonly Finding[];
  constructor(findings: readonly Finding[]) {
    super('the spec has errors');
    this.name = 'SpecError';
    this.findings = findings;
  }
}

export interface SpecText {
  /** As it was given. */
  readonly path: string;
  readonly absolutePath: string;
  readonly text: string;
}

/** @throws UsageError where there is no such file, UserError where it cannot be read */
export function readSpecText(specPath: string, io: CliIo): SpecText {
  const absolutePath = path.resolve(io.cwd, specPath);
  const kind = nodeFiles.kind(absolutePath);
  if (kind !== 'file') {
    const what = {
      missing: 'There is no file',
      directory: 'There is a folder, not a file,',
      other: 'There is no plain file',
    };
    throw new UsageError(`${what[kind]} at “${specPath}”.`, 'Give the path of a .netspec.json file.');
  }
  let bytes: Uint8Array;
  try {
    bytes = nodeFiles.read(absolutePath, MOST_SPEC_BYTES);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`“${specPath}” cannot be read: ${why}.`, 'Check that it may be read.');
  }
  return { path: specPath, absolutePath, text: new TextDecoder().decode(bytes) };
}

export function dataContext(spec: SpecText, args: Arguments, io: CliIo): DataContext {
  return {
    folder: path.dirname(spec.absolutePath),
    allowedFolders: args.all('allow').map((folder) => path.resolve(io.cwd, folder)),
    dataFolder: path.join(io.root, 'media', 'data'),
    files: nodeFiles,
  };
}

/** A fault of the data at the property of the spec that names it. */
export function dataFinding(error: DataError, spec: SpecText, analysis: SpecAnalysis): Finding {
  const range = pathRange(analysis.tree, error.field);
  const { message, hint } = error;
  const code = error.code ?? 'NS300';
  return findingsOf(spec.path, spec.text, [{ code, severity: 'error', range, message, hint }])[0]!;
}

export interface OpenSpec extends SpecText {
  readonly spec: Spec;
  readonly graph: Graph;
  readonly tree: SpecNode;
  readonly dataset: Dataset;
  /** What is worth knowing and does not stop it. */
  readonly warnings: readonly Finding[];
}

export interface Overrides {
  readonly seed?: number;
  readonly precision?: TrainingSpec['precision'];
}

/**
 * Reads, checks and loads a spec and its data.
 * @throws SpecError where the spec is wrong, DataError where its data is, UsageError where it is not there
 */
export function openSpec(specPath: string, overrides: Overrides, args: Arguments, io: CliIo): OpenSpec {
  const source = readSpecText(specPath, io);
  const memoryLimitBytes = memoryLimit(args);
  const first = analyzeSpec(source.text, { memoryLimitBytes });
  const spec = withOverrides(checked(first, source), overrides);
  let dataset: Dataset;
  try {
    const context = dataContext(source, args, io);
    // Headers first: what does not fit is refused before it is read.
    const dataShape = peekDataShape(spec.data, context, spec.loss);
    checked(analyzeSpec(source.text, { memoryLimitBytes, dataShape }), source);
    dataset = loadDataset(spec, context);
  } catch (error) {
    // What the spec itself says wrongly is told at its place; the files' faults are theirs.
    const ofSpec: readonly (string | undefined)[] = [DATA_CODES.path, DATA_CODES.column];
    if (error instanceof DataError && ofSpec.includes(error.code))
      throw new SpecError([dataFinding(error, source, first)]);
    throw error;
  }
  // Files tell their true shapes only once read: the graph is checked against those.
  const analysis = analyzeSpec(source.text, { memoryLimitBytes, dataShape: shapeOfDataset(dataset) });
  checked(analysis, source);
  const { graph, tree } = analysis;
  if (!graph || !tree) throw new Error('a spec without problems has no graph');
  return {
    ...source,
    spec,
    graph,
    tree,
    dataset,
    warnings: findingsOf(specPath, source.text, analysis.problems),
  };
}

function checked(analysis: SpecAnalysis, source: SpecText): Spec {
  if (analysis.problems.some((p) => p.severity === 'error')) {
    throw new SpecError(findingsOf(source.path, source.text, analysis.problems));
  }
  if (!analysis.spec) throw new Error('a spec without problems has no meaning');
  return analysis.spec;
}

function withOverrides(spec: Spec, { seed, precision }: Overrides): Spec {
  return {
    ...spec,
    seed: seed ?? spec.seed,
    training: { ...spec.training, precision: precision ?? spec.training.precision },
  };
}
