// Owns the symptom `lossMismatch`.
import type { Symptom } from '../evidence';

export const lossMismatch: Symptom = {
  name: 'lossMismatch',
  detect: () => [],
};
