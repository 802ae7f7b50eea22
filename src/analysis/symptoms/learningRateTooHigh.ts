// Owns the symptom `learningRateTooHigh`.
import type { Symptom } from '../evidence';

export const learningRateTooHigh: Symptom = {
  name: 'learningRateTooHigh',
  detect: () => [],
};
