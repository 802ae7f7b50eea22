// Owns the symptom `exploding`.
import type { Symptom } from '../evidence';

export const exploding: Symptom = {
  name: 'exploding',
  detect: () => [],
};
