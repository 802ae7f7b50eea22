// Owns which layers a place in a spec's text means, and back. Pure.
import { findNodeAtOffset } from 'jsonc-parser';
import type { Graph, GraphLayer } from '../spec/network';
import { rangeOf, type SpecNode } from '../spec/parse';
import type { TextRange } from '../spec/problem';

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

/** The layer's own property around the offset; undefined between its properties. */
export function propertyAt(
  tree: SpecNode | undefined,
  layer: GraphLayer,
  offset: number,
): { readonly key: string; readonly range: TextRange } | undefined {
  const object = tree && findNodeAtOffset(tree, layer.range.start);
  const property = object?.children
    ?.map((node) => ({ node, range: rangeOf(node) }))
    .find(({ range }) => {
      return range.start <= offset && offset <= range.end;
    });
  const key: unknown = property?.node.children?.[0]?.value;
  return property && typeof key === 'string' ? { key, range: property.range } : undefined;
}
