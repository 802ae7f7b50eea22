// Owns the one part of the language that the engine cannot train yet: layer-by-layer pretraining. The file leaves when the
// engine learns it.
import { problem } from './codes';
import { nodeAt, propertyOf, rangeOf, type SpecNode } from './parse';
import type { Problem } from './problem';

/** A problem at the name of what cannot be trained. */
export function checkTrainable(tree: SpecNode): Problem[] {
  const pretraining = nodeAt(tree, ['training', 'pretraining']);
  if (!pretraining) return [];
  const range = rangeOf(propertyOf(pretraining, 'type') ?? pretraining);
  return [problem('NS290', range, 'Layer-by-layer pretraining cannot be trained yet.', 'Remove `pretraining`.')];
}
