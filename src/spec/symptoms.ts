// Owns the codes of gradient-flow findings: part of the language, since a spec may silence them. The judgement is the
// analysis room's.

/** Codes are stable: a number is never used again for something else. The texts are for documentation and SARIF rules. */
export const SYMPTOMS = {
  vanishing: { code: 'GF101', doc: 'Gradients fade on their way to the first layers.' },
  exploding: { code: 'GF102', doc: 'Gradients grow on their way to the first layers.' },
  deadUnits: { code: 'GF103', doc: 'Units of the ReLU family answer 0 to every sample and get no gradient.' },
  saturation: { code: 'GF104', doc: 'Units sit where their activation is flat.' },
  poorInitialization: { code: 'GF105', doc: 'The initializer does not suit the activation.' },
  symmetricInitialization: { code: 'GF106', doc: 'All units of a layer start alike and stay alike.' },
  learningRateTooHigh: { code: 'GF107', doc: 'Steps are too large for the weights they change.' },
  learningRateTooLow: { code: 'GF108', doc: 'Steps are too small to learn in the time given.' },
  lossNotDecreasing: { code: 'GF109', doc: 'The loss does not go down.' },
  oscillating: { code: 'GF110', doc: 'The loss swings instead of settling.' },
  diverged: { code: 'GF111', doc: 'Training ended in numbers that are not finite.' },
  overfitting: { code: 'GF112', doc: 'The loss on held-out samples rises while that on training samples falls.' },
  unnormalizedInputs: { code: 'GF113', doc: 'The features of the data are far from mean 0 and spread 1.' },
  missingNonLinearity: { code: 'GF114', doc: 'Two dense layers without an activation between them are one.' },
  softmaxBeforeLoss: { code: 'GF115', doc: 'An activation is applied before a loss that applies it itself.' },
  lossMismatch: { code: 'GF116', doc: 'The loss does not fit the output or the labels.' },
  batchNormalizationSmallBatch: { code: 'GF117', doc: 'Batch normalization has too few samples to normalize by.' },
  dropoutBeforeOutput: { code: 'GF118', doc: 'Dropout stands before the output or where it harms.' },
  bottleneck: { code: 'GF119', doc: 'A layer is so narrow that gradient and signal pass through a single unit.' },
  gradientNoise: { code: 'GF120', doc: 'The gradient of one batch is mostly noise.' },
} as const;

export type SymptomName = keyof typeof SYMPTOMS;
export type FindingCode = (typeof SYMPTOMS)[SymptomName]['code'];
