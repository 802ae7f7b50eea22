// Owns the whole way from a text to what is known of it: the one entry of this room. Pure, and fast enough for every
// keystroke; what files say comes in as a `DataShape`.
import { buildGraph, checkMemory } from './build';
import { knownDataShape } from './dataShape';
import { checkEmbedded } from './embedded';
import { expandGraph } from './graph';
import type { DataShape, Graph, GraphLayer } from './network';
import { checkOutput } from './output';
import { parseText, pathRange, type SpecNode } from './parse';
import type { Problem } from './problem';
import type { Spec } from './schema';
import { checkTrainable } from './trainable';
import { validateTree } from './validate';

export interface SpecAnalysis {
  /** In the order of the text, errors before warnings in the same place. */
  readonly problems: readonly Problem[];
  /** Present where every value is right by itself. */
  readonly spec?: Spec;
  /**
   * Present where names, inputs and shapes are right too; a network that cannot be trained (too large, not yet
   * supported) has one all the same. Train only where no problem is an error.
   */
  readonly graph?: Graph;
  /** What was known of the data's shapes. */
  readonly dataShape?: DataShape;
  readonly tree?: SpecNode;
}

export interface AnalyzeOptions {
  /** What is known of the data beyond the spec itself: its fields go before those that the spec tells. */
  readonly dataShape?: DataShape;
  /** Most that training may take. */
  readonly memoryLimitBytes?: number;
}

export const DEFAULT_MEMORY_LIMIT_BYTES = 2 * 1024 ** 3;

export { pathRange } from './parse';

export function analyzeSpec(text: string, options: AnalyzeOptions = {}): SpecAnalysis {
  const { tree, problems: syntax } = parseText(text);
  if (!tree) return { problems: syntax };
  const broken = syntax.some((p) => p.code === 'NS101');
  const { spec, problems: faults, nodes } = validateTree(tree, broken);
  const problems: Problem[] = [...syntax, ...faults];
  const finish = (rest: Partial<SpecAnalysis> = {}): SpecAnalysis => ({ ...rest, problems: sorted(problems), tree });
  if (!spec) return finish();
  problems.push(...checkTrainable(tree));
  const dataShape = withKnown(knownDataShape(spec.data), options.dataShape ?? {});
  const expansion = expandGraph(spec, nodes);
  problems.push(...expansion.problems);
  if (expansion.layers.length === 0 || dataShape.inputShape === undefined) return finish({ spec, dataShape });
  const build = buildGraph(expansion, dataShape.inputShape, nodes);
  problems.push(...build.problems);
  const { graph } = build;
  if (!graph) return finish({ spec, dataShape });
  const last = graph.layers[graph.output]!;
  const sources = expansion.layers.map(({ source }) => source);
  problems.push(
    ...checkEmbedded(graph, spec.data, sources, nodes),
    ...checkOutput({
      spec,
      data: dataShape,
      layer: last.spec,
      name: last.name,
      source: expansion.layers[graph.output]!.source,
      outputShape: last.outputShape,
      nodes,
      lossRange: pathRange(tree, ['loss']),
    }),
  );
  const limit = options.memoryLimitBytes ?? DEFAULT_MEMORY_LIMIT_BYTES;
  const tooLarge = checkMemory(graph, spec, dataShape, limit, expansion, tree, nodes);
  if (tooLarge) problems.push(tooLarge);
  return finish({ spec, graph, dataShape });
}

/**
 * The layer whose object of the text holds the offset: the innermost, and of a repeat's the first time. Within a
 * residual but in none of its layers it is the one that the residual itself adds; within a repeat alone there is none.
 */
export function layerAt(graph: Graph, offset: number): GraphLayer | undefined {
  let found: GraphLayer | undefined;
  let size = Number.POSITIVE_INFINITY;
  for (const layer of graph.layers) {
    const { start, end } = layer.range;
    if (start <= offset && offset <= end && end - start < size) {
      found = layer;
      size = end - start;
    }
  }
  return found;
}

/** What the files say goes before what the spec says, but what they leave open does not undo it. */
function withKnown(fromSpec: DataShape, fromFiles: DataShape): DataShape {
  return { ...fromSpec, ...Object.fromEntries(Object.entries(fromFiles).filter(([, value]) => value !== undefined)) };
}

function sorted(problems: readonly Problem[]): Problem[] {
  const rank = (p: Problem) => (p.severity === 'error' ? 0 : 1);
  return [...problems].sort(
    (a, b) =>
      a.range.start - b.range.start || rank(a) - rank(b) || a.range.end - b.range.end || (a.code < b.code ? -1 : 1),
  );
}
