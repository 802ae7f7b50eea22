// Owns what layers are called in the text, before repetition: given names, and counts for the others.
import { problem } from './codes';
import { propertyOf, rangeOf, type SpecNode } from './parse';
import type { Problem } from './problem';
import type { LayerSpec } from './schema';

export interface LayerNames {
  /** Unique but for the times of a repeat: `dense_1`, `residual_1/dense_2`. */
  readonly names: ReadonlyMap<LayerSpec, string>;
  readonly problems: readonly Problem[];
}

/**
 * Names every layer of the text, composites included. A layer without a name is called by its type and a count over
 * the unnamed layers of that type, from 1, in the order of the text; within a residual the residual's name and a slash
 * stand in front.
 */
export function nameLayers(layers: readonly LayerSpec[], nodes: ReadonlyMap<object, SpecNode>): LayerNames {
  const names = new Map<LayerSpec, string>();
  const taken = new Map<string, LayerSpec>();
  const counts = new Map<string, number>();
  const problems: Problem[] = [];
  const visit = (list: readonly LayerSpec[], prefix: string): void => {
    for (const layer of list) {
      let name = layer.name;
      if (name === undefined) {
        const count = (counts.get(layer.type) ?? 0) + 1;
        counts.set(layer.type, count);
        name = `${prefix}${layer.type}_${count}`;
      }
      const other = taken.get(name);
      // Of two layers the one that was given the name can be given another.
      const given = layer.name !== undefined || !other ? layer : other;
      if (other) problems.push(duplicate(name, given, nodes, other.name === undefined || layer.name === undefined));
      taken.set(name, layer);
      names.set(layer, name);
      if (layer.type === 'residual') visit(layer.layers, `${name}/`);
      else if (layer.type === 'repeat') visit(layer.layers, prefix);
    }
  };
  visit(layers, '');
  return { names, problems };
}

function duplicate(name: string, layer: LayerSpec, nodes: ReadonlyMap<object, SpecNode>, automatic: boolean): Problem {
  const message = automatic
    ? `\`${name}\` is already what a layer without a name is called.`
    : `Another layer is called \`${name}\` too.`;
  return problem('NS202', nameRange(layer, nodes), message, 'Give this layer a name of its own.');
}

/** Where a layer's name stands; its type where it has none. */
export function nameRange(layer: object, nodes: ReadonlyMap<object, SpecNode>): Problem['range'] {
  return fieldRange(layer, nodes, 'name');
}

/** Where the value of a layer's field stands; its type's where the field is not written. */
export function fieldRange(layer: object, nodes: ReadonlyMap<object, SpecNode>, field: string): Problem['range'] {
  const node = nodes.get(layer);
  if (!node) return { start: 0, end: 0 };
  return rangeOf(propertyOf(node, field) ?? propertyOf(node, 'type') ?? node);
}
