// Owns the list of what the language has and the engine cannot train yet. A part leaves the list when the engine learns
// it, and the list leaves when it is empty.
import { problem } from './codes';
import { fieldRange } from './names';
import { nodeAt, propertyOf, rangeOf, type SpecNode } from './parse';
import type { Problem } from './problem';
import type { LayerSpec, Spec } from './schema';

export const NOT_TRAINED_YET: {
  readonly layers: ReadonlySet<LayerSpec['type']>;
  readonly initializers: ReadonlySet<string>;
  readonly pretraining: boolean;
} = {
  layers: new Set<LayerSpec['type']>(['simpleRNN', 'lstm', 'gru']),
  initializers: new Set(['lsuv']),
  pretraining: true,
};

/** One problem for each such part, at the name of it. */
export function checkTrainable(spec: Spec, tree: SpecNode, nodes: ReadonlyMap<object, SpecNode>): Problem[] {
  const problems: Problem[] = [];
  const visit = (layers: readonly LayerSpec[]): void => {
    for (const layer of layers) {
      if (NOT_TRAINED_YET.layers.has(layer.type)) {
        const hint = 'Use layers such as `dense`, `activation`, `dropout`, `flatten`, `add` or `concatenate`.';
        problems.push(notYet(fieldRange(layer, nodes, 'type'), `A \`${layer.type}\` layer`, hint));
      }
      problems.push(...initializerProblems(layer, nodes));
      if (layer.type === 'repeat' || layer.type === 'residual') visit(layer.layers);
    }
  };
  visit(spec.layers);
  const pretraining = nodeAt(tree, ['training', 'pretraining']);
  if (pretraining && NOT_TRAINED_YET.pretraining) {
    const place = propertyOf(pretraining, 'type') ?? pretraining;
    problems.push(notYet(rangeOf(place), 'Layer-by-layer pretraining', 'Remove `pretraining`.'));
  }
  return problems;
}

function initializerProblems(layer: LayerSpec, nodes: ReadonlyMap<object, SpecNode>): Problem[] {
  const node = nodes.get(layer);
  if (!node) return [];
  const problems: Problem[] = [];
  for (const [key, value] of Object.entries(layer)) {
    if (!key.endsWith('Initializer') || typeof value !== 'object' || value === null || !('type' in value)) continue;
    if (typeof value.type !== 'string' || !NOT_TRAINED_YET.initializers.has(value.type)) continue;
    const written = propertyOf(node, key);
    const place = written && (propertyOf(written, 'type') ?? written);
    if (!place) continue;
    problems.push(notYet(rangeOf(place), `The initializer \`${value.type}\``, 'Use `orthogonal` or `heNormal`.'));
  }
  return problems;
}

function notYet(range: Problem['range'], what: string, hint: string): Problem {
  return problem('NS290', range, `${what} cannot be trained yet.`, hint);
}
