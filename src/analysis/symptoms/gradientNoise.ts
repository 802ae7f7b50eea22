// Owns the symptom `gradientNoise`.
import type { Symptom } from '../evidence';

export const gradientNoise: Symptom = {
  name: 'gradientNoise',
  detect: () => [],
};
