// Owns the symptom `oscillating`: the loss swings far up and down, long after the start, and more than the choice of batches
// would make it.
import { SYMPTOMS } from '../../spec/symptoms';
import type { Symptom } from '../evidence';
import { hadTime, lossScale, lossSwings } from '../lossCourse';
import { learningRateRange } from '../stepSize';
import { countWords, shareWords } from '../words';
import { numberText } from './report';

/** Noise turns at two of three points, a steady curve at none. */
const LEAST_TURNING = 0.25;
/** Deviations of the means of batches that chance alone hardly reaches. */
const LEAST_OVER_NOISE = 2;

export const oscillating: Symptom = {
  name: 'oscillating',
  detect({ run, spec, tree, thresholds }) {
    if (!run || run.status === 'diverged' || !hadTime(run, thresholds.lossPatience)) return [];
    const swings = lossSwings(run);
    if (!swings) return [];
    const { swing, level, turning, overNoise, of } = swings;
    const share = swing / lossScale(run, level);
    if (!(share > thresholds.oscillation) || turning < LEAST_TURNING || overNoise < LEAST_OVER_NOISE) return [];
    const from = of === 'epochs' ? 'from epoch to epoch' : 'up and down';
    const { learningRate } = spec.optimizer;
    return [
      {
        code: SYMPTOMS.oscillating.code,
        symptom: 'oscillating',
        severity: 'warning',
        range: learningRateRange(tree),
        message:
          `The loss swings ${from} by ${numberText(swing)} around ${numberText(level)} in the second half of ` +
          `${countWords(run.step, 'step')}: ${shareWords(share)} of what it began with, or of its level.`,
        hint: `Lower \`learningRate\` from ${numberText(learningRate)}, let a schedule lower it, or raise \`batchSize\`.`,
        basis: 'run',
        judgements: [{ what: 'swing', value: share, threshold: thresholds.oscillation, setting: 'oscillation' }],
        evidence: { swing, level, turning, learningRate },
        related: [],
      },
    ];
  },
};
