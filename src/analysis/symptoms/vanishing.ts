// Owns the symptom `vanishing`.
import type { Symptom } from '../evidence';

export const vanishing: Symptom = {
  name: 'vanishing',
  detect: () => [],
};
