// Owns the remedies that change how the inputs are scaled.
import { DATA_INPUT } from '../../spec/network';
import type { RemedyRule } from './remedy';

export const standardInputs: RemedyRule = {
  codes: ['GF101', 'GF102', 'GF104', 'GF109', 'GF111', 'GF113'],
  propose({ spec, graph, dataset }, { code }) {
    const namesThings = graph.layers.some(
      ({ spec: layer, inputs }) => layer.type === 'embedding' && inputs.includes(DATA_INPUT),
    );
    if (spec.data.normalize === 'standard' || namesThings) return [];
    // For other findings only where the inputs may be to blame.
    if (code !== 'GF113' && (!dataset || isNormal(dataset.train.inputs))) return [];
    return [
      {
        id: 'data.normalize',
        title: 'Normalize the inputs to mean 0 and standard deviation 1',
        why: 'Features of like size around 0 give the first layer a loss that is as steep in every direction (LeCun et al. 1998).',
        changes: [{ type: 'set', path: ['data', 'normalize'], value: 'standard' }],
      },
    ];
  },
};

/** A root mean square within this factor of 1 is left alone. */
const NEAR = 4;

function isNormal(inputs: Float32Array): boolean {
  let sum = 0;
  for (const x of inputs) sum += x * x;
  const rms = Math.sqrt(sum / Math.max(1, inputs.length));
  return rms <= NEAR && rms * NEAR >= 1;
}
