// Owns what symptoms ask of the predicted signal: how large what goes into a layer is, and what its mean.
import { DATA_INPUT, type GraphLayer } from '../../spec/network';
import { inputMoments } from '../dataMoments';
import type { Evidence } from '../evidence';

/** E a² of what the layer takes, from the prediction or, for the first layer, the data; NaN where it is not known. */
export function inputMeanSquare(layer: GraphLayer, evidence: Evidence): number {
  return inputMoment(layer, evidence, 'meanSquare');
}

/** E a of what the layer takes; NaN where it is not known. */
export function inputMean(layer: GraphLayer, evidence: Evidence): number {
  return inputMoment(layer, evidence, 'mean');
}

function inputMoment(layer: GraphLayer, { graph, prediction, dataset }: Evidence, what: 'mean' | 'meanSquare'): number {
  for (let input = layer.inputs[0]; input !== undefined; input = graph.layers[input]?.inputs[0]) {
    if (input === DATA_INPUT) return dataset ? inputMoments(dataset).all[what] : Number.NaN;
    const known = prediction?.layers[input]?.signal?.[what];
    if (known !== undefined && !Number.isNaN(known)) return known;
    const { type } = graph.layers[input]!.spec;
    if (type !== 'flatten' && type !== 'reshape') return Number.NaN;
  }
  return Number.NaN;
}
