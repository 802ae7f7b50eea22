// Owns the symptom `unnormalizedInputs`.
import type { Symptom } from '../evidence';

export const unnormalizedInputs: Symptom = {
  name: 'unnormalizedInputs',
  detect: () => [],
};
