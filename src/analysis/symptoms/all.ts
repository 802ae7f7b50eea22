// Owns the list of all symptoms.
import type { Symptom } from '../evidence';
import { batchNormalizationSmallBatch } from './batchNormalizationSmallBatch';
import { bottleneck } from './bottleneck';
import { deadUnits } from './deadUnits';
import { diverged } from './diverged';
import { dropoutBeforeOutput } from './dropoutBeforeOutput';
import { exploding } from './exploding';
import { gradientNoise } from './gradientNoise';
import { learningRateTooHigh } from './learningRateTooHigh';
import { learningRateTooLow } from './learningRateTooLow';
import { lossMismatch } from './lossMismatch';
import { lossNotDecreasing } from './lossNotDecreasing';
import { missingNonLinearity } from './missingNonLinearity';
import { oscillating } from './oscillating';
import { overfitting } from './overfitting';
import { poorInitialization } from './poorInitialization';
import { saturation } from './saturation';
import { softmaxBeforeLoss } from './softmaxBeforeLoss';
import { symmetricInitialization } from './symmetricInitialization';
import { unnormalizedInputs } from './unnormalizedInputs';
import { vanishing } from './vanishing';

export const ALL_SYMPTOMS: readonly Symptom[] = [
  vanishing,
  exploding,
  deadUnits,
  saturation,
  poorInitialization,
  symmetricInitialization,
  learningRateTooHigh,
  learningRateTooLow,
  lossNotDecreasing,
  oscillating,
  diverged,
  overfitting,
  unnormalizedInputs,
  missingNonLinearity,
  softmaxBeforeLoss,
  lossMismatch,
  batchNormalizationSmallBatch,
  dropoutBeforeOutput,
  bottleneck,
  gradientNoise,
];
