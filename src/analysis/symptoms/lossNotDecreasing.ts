// Owns the symptom `lossNotDecreasing`.
import type { Symptom } from '../evidence';

export const lossNotDecreasing: Symptom = {
  name: 'lossNotDecreasing',
  detect: () => [],
};
