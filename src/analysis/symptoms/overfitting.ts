// Owns the symptom `overfitting`.
import type { Symptom } from '../evidence';

export const overfitting: Symptom = {
  name: 'overfitting',
  detect: () => [],
};
