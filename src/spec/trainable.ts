// Owns what the language has and the engine cannot train yet. A part leaves this file when the engine learns it, and the
// file leaves when nothing is left.
import { problem } from './codes';
import { nodeAt, propertyOf, rangeOf, type SpecNode } from './parse';
import type { Problem } from './problem';

/** One problem for each such part, at the name of it. */
export function checkTrainable(tree: SpecNode): Problem[] {
  const pretraining = nodeAt(tree, ['training', 'pretraining']);
  if (!pretraining) return [];
  const place = propertyOf(pretraining, 'type') ?? pretraining;
  const message = 'Layer-by-layer pretraining cannot be trained yet.';
  return [problem('NS290', rangeOf(place), message, 'Remove `pretraining`.')];
}
