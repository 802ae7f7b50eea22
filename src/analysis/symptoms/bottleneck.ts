// Owns the symptom `bottleneck`: a hidden layer of one unit through which everything must pass.
import type { GraphLayer } from '../../spec/network';
import { DATA_INPUT, type Graph } from '../../spec/network';
import type { Evidence, Symptom } from '../evidence';
import type { Finding } from '../finding';
import { byText, kernelOf, Surroundings } from '../surroundings';
import { atLayer, judged, namesText } from './report';

export const bottleneck: Symptom = {
  name: 'bottleneck',
  detect(evidence) {
    const surroundings = new Surroundings(evidence.graph);
    const narrow = evidence.graph.layers
      .filter((layer) => isNarrow(layer, evidence) && !surroundings.isOutput(layer) && isCut(layer, evidence.graph))
      .map((layer) => ({ layer }));
    return byText(narrow).map((group) =>
      finding(
        group.map(({ layer }) => layer),
        evidence,
      ),
    );
  },
};

function isNarrow(layer: GraphLayer, { thresholds }: Evidence): boolean {
  return kernelOf(layer) !== undefined && width(layer) <= thresholds.bottleneckUnits;
}

/** All numbers that a sample has here: one channel of a map is no bottleneck. */
function width(layer: GraphLayer): number {
  return layer.outputShape.reduce((a, b) => a * b, 1);
}

/** Whether no way leads from the data to the output past the layer. */
function isCut(layer: GraphLayer, { layers, order, output }: Graph): boolean {
  const reached = new Set<number>([DATA_INPUT]);
  for (const index of order) {
    if (index !== layer.index && layers[index]!.inputs.some((i) => reached.has(i))) reached.add(index);
  }
  return !reached.has(output);
}

function finding(layers: readonly GraphLayer[], evidence: Evidence): Finding {
  const [layer] = layers;
  const units = width(layer!);
  const names = layers.map(({ name }) => name);
  const property = layer!.spec.type.startsWith('conv') ? 'filters' : 'units';
  const one = units === 1;
  return atLayer(evidence, 'bottleneck', layer!, property, {
    severity: 'warning',
    basis: 'spec',
    message: `All that the net knows of a sample passes through ${one ? 'the one unit' : `the ${units} units`} of ${namesText(names)}.`,
    hint: `Give it more units: as many as the layers around it have.`,
    judgements: [judged(evidence, 'units of a hidden layer', units, 'bottleneckUnits')],
    evidence: { units, layers: names },
  });
}
