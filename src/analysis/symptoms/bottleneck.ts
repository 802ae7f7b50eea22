// Owns the symptom `bottleneck`.
import type { Symptom } from '../evidence';

export const bottleneck: Symptom = {
  name: 'bottleneck',
  detect: () => [],
};
