// Owns the check that the numbers of the data fit the embeddings that look them up: whole, from 0 to inputDim − 1. Kernels cut
// off what does not fit, so that nothing is read elsewhere; here it is said, once, before training.
import { UserError } from '../base/errors';
import type { Dataset } from '../spec/dataset';
import { DATA_INPUT, type Graph, type GraphLayer } from '../spec/network';

/** Layers that hand on the numbers they get. */
const HANDS_ON: ReadonlySet<string> = new Set(['flatten', 'reshape']);

/**
 * @throws UserError NS320 where an embedding that takes the data, directly or through `flatten` and `reshape`, would meet a
 *   number that is not one of its own
 */
export function checkEmbeddingRange(graph: Graph, dataset: Dataset): void {
  let smallest: number | undefined;
  for (const layer of graph.layers) {
    const { spec } = layer;
    if (spec.type !== 'embedding' || !takesData(graph, layer)) continue;
    // The narrowest table says it all, but the first that does not fit is the one to name.
    if (smallest !== undefined && spec.inputDim >= smallest) continue;
    smallest = spec.inputDim;
    checkNumbers(layer.name, spec.inputDim, dataset);
  }
}

function takesData(graph: Graph, layer: GraphLayer): boolean {
  const source = layer.inputs[0]!;
  if (source === DATA_INPUT) return true;
  const before = graph.layers[source]!;
  return HANDS_ON.has(before.spec.type) && takesData(graph, before);
}

function checkNumbers(layer: string, inputDim: number, dataset: Dataset): void {
  let largest = Number.NEGATIVE_INFINITY;
  let smallest = Number.POSITIVE_INFINITY;
  let fraction: number | undefined;
  for (const { inputs } of [dataset.train, dataset.test]) {
    for (const x of inputs) {
      if (!Number.isInteger(x)) fraction ??= x;
      else if (x > largest) largest = x;
      if (x < smallest) smallest = x;
    }
  }
  const takes = `\`${layer}\` takes whole numbers from 0 to ${inputDim - 1} (\`inputDim\` ${inputDim})`;
  if (fraction !== undefined) {
    throw misfit(
      `${takes}, and the data has ${fraction}.`,
      'Embed numbers that name things, such as words; remove `normalize` if the data is scaled, or use `dense`.',
    );
  }
  if (smallest < 0) {
    throw misfit(`${takes}, and the smallest in the data is ${smallest}.`, 'Number what is embedded from 0 on.');
  }
  if (largest >= inputDim) {
    throw misfit(
      `${takes}, and the largest in the data is ${largest}.`,
      `Set \`inputDim\` to ${largest + 1} at least.`,
    );
  }
}

function misfit(message: string, hint: string): UserError {
  return new UserError(message, hint, 'NS320');
}
