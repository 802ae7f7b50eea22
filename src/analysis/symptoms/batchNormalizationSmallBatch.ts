// Owns the symptom `batchNormalizationSmallBatch`.
import type { Symptom } from '../evidence';

export const batchNormalizationSmallBatch: Symptom = {
  name: 'batchNormalizationSmallBatch',
  detect: () => [],
};
