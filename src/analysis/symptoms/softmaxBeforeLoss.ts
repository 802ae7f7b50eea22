// Owns the symptom `softmaxBeforeLoss`.
import type { Symptom } from '../evidence';

export const softmaxBeforeLoss: Symptom = {
  name: 'softmaxBeforeLoss',
  detect: () => [],
};
