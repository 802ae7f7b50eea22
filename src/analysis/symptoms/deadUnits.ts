// Owns the symptom `deadUnits`.
import type { Symptom } from '../evidence';

export const deadUnits: Symptom = {
  name: 'deadUnits',
  detect: () => [],
};
