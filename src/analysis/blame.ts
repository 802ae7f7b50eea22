// Owns where in the text a finding points: the property to blame, or the nearest thing that stands there.
import { findNodeAtOffset, getNodePath } from 'jsonc-parser';
import type { GraphLayer } from '../spec/network';
import { nodeAt, pathRange, propertyOf, rangeOf, type SpecNode } from '../spec/parse';
import type { TextRange } from '../spec/problem';

export type SpecPath = readonly (string | number)[];

/** Path of the layer's object in the text, such as ['layers', 1, 'layers', 0]. */
export function layerPath(tree: SpecNode, layer: GraphLayer): SpecPath {
  const node = findNodeAtOffset(tree, layer.range.start);
  return node ? getNodePath(node) : ['layers'];
}

/** The value of the layer's property; of one that is left to its default, the layer's `type`. */
export function layerRange(tree: SpecNode, layer: GraphLayer, property?: string): TextRange {
  const object = nodeAt(tree, layerPath(tree, layer));
  const value = object && ((property && propertyOf(object, property)) || propertyOf(object, 'type'));
  return value ? rangeOf(value) : layer.range;
}

/** The value at a path of the spec, or the nearest thing around it that stands there; of the root, the first property's key. */
export function specRange(tree: SpecNode, path: SpecPath): TextRange {
  for (let length = path.length; length > 0; length--) {
    const node = nodeAt(tree, path.slice(0, length));
    if (node) return rangeOf(node);
  }
  return pathRange(tree, ['netspec']);
}
