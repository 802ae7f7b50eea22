// Owns what the tests of predicted numbers in the editor share: predictions made up for a text's graph.
import type { LayerPrediction, Prediction } from '../../../src/protocol/analysis';
import { analyzeSpec } from '../../../src/spec/analyze';
import type { Graph } from '../../../src/spec/network';

export function opened(text: string) {
  const { graph, tree, spec, problems } = analyzeSpec(text);
  if (!graph || !tree || !spec) throw new Error(`the text has no graph: ${JSON.stringify(problems)}`);
  return { graph, tree, spec };
}

/** One layer of a prediction; what is not given is plain. */
export function predicted(of: Partial<LayerPrediction> & { readonly name: string }): LayerPrediction {
  return {
    type: 'dense',
    index: 0,
    backwardFactor: 0.2,
    activationFactor: 0.2,
    weightFactor: 1,
    cumulative: 0.5,
    band: [0.4, 0.6],
    basis: 'meanField',
    terms: [],
    ...of,
  };
}

/** A prediction of a graph in which each layer multiplies the gradient by the factor; 1 at the last one. */
export function shrinking(graph: Graph, factor: number): Prediction {
  const count = graph.layers.length;
  const layers = graph.layers.map(({ name, index, spec: { type } }) =>
    predicted({ name, index, type, backwardFactor: factor, cumulative: factor ** (count - 1 - index) }),
  );
  return { layers, firstToLast: factor ** (count - 1), firstToLastBand: [0, 1], factorPerLayer: factor };
}
