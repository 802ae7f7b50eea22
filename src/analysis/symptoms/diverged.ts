// Owns the symptom `diverged`.
import type { Symptom } from '../evidence';

export const diverged: Symptom = {
  name: 'diverged',
  detect: () => [],
};
