// Owns the symptom `oscillating`.
import type { Symptom } from '../evidence';

export const oscillating: Symptom = {
  name: 'oscillating',
  detect: () => [],
};
