// Owns the symptom `dropoutBeforeOutput`.
import type { Symptom } from '../evidence';

export const dropoutBeforeOutput: Symptom = {
  name: 'dropoutBeforeOutput',
  detect: () => [],
};
