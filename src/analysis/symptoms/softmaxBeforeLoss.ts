// Owns the symptom `softmaxBeforeLoss`: the last activation is the one that the loss applies itself. Other activations that do
// not suit the loss are `lossMismatch`'s.
import type { LossName } from '../../spec/schema';
import type { Symptom } from '../evidence';
import { Surroundings } from '../surroundings';
import { outputActivation } from './outputActivation';
import { atLayer } from './report';

/** What a loss applies to the net's outputs before it compares. */
export const APPLIED: Partial<Readonly<Record<LossName, 'softmax' | 'sigmoid'>>> = {
  softmaxCrossEntropy: 'softmax',
  binaryCrossEntropy: 'sigmoid',
};

export const softmaxBeforeLoss: Symptom = {
  name: 'softmaxBeforeLoss',
  detect(evidence) {
    const { loss } = evidence.spec;
    const output = outputActivation(new Surroundings(evidence.graph));
    if (!output || output.name !== APPLIED[loss]) return [];
    return [
      atLayer(evidence, 'softmaxBeforeLoss', output.layer, 'activation', {
        severity: 'warning',
        basis: 'spec',
        message: `\`${loss}\` takes logits: it applies ${output.name} itself, and here it would be applied twice.`,
        hint: output.layer.spec.type === 'activation' ? 'Remove this layer.' : 'Remove this `activation`.',
        evidence: { activation: output.name, loss },
      }),
    ];
  },
};
