// Owns the symptom `learningRateTooLow`.
import type { Symptom } from '../evidence';

export const learningRateTooLow: Symptom = {
  name: 'learningRateTooLow',
  detect: () => [],
};
