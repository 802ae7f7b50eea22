// Owns the symptom `poorInitialization`.
import type { Symptom } from '../evidence';

export const poorInitialization: Symptom = {
  name: 'poorInitialization',
  detect: () => [],
};
