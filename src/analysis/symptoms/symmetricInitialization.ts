// Owns the symptom `symmetricInitialization`.
import type { Symptom } from '../evidence';

export const symmetricInitialization: Symptom = {
  name: 'symmetricInitialization',
  detect: () => [],
};
