// Owns the symptom `saturation`.
import type { Symptom } from '../evidence';

export const saturation: Symptom = {
  name: 'saturation',
  detect: () => [],
};
