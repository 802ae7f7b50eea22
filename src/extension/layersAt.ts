// Owns which layers a place in a spec's text means, and back. Pure.
import type { Graph, GraphLayer } from '../spec/network';

/**
 * The layers whose object is the innermost around the offset: one, or all the times of a repeat, in the spec's order.
 * A residual's own `add` answers for the parts of its object that no inner layer has.
 */
export function layersAt(graph: Graph, offset: number): readonly GraphLayer[] {
  const around = graph.layers.filter(({ range }) => range.start <= offset && offset <= range.end);
  const size = ({ range }: GraphLayer): number => range.end - range.start;
  const smallest = Math.min(...around.map(size));
  return around.filter((l) => size(l) === smallest);
}
