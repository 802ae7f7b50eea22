// Owns the symptom `missingNonLinearity`.
import type { Symptom } from '../evidence';

export const missingNonLinearity: Symptom = {
  name: 'missingNonLinearity',
  detect: () => [],
};
