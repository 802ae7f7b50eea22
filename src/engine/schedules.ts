// Owns how the learning rate changes over the steps: a pure function of the schedule, the step and how many there are.
import type { ScheduleSpec } from '../spec/schema';

/**
 * Learning rate of a step. Let s be the step and T their number, both counted from the end of the warm-up; then
 *
 * - warm-up of w steps, before any schedule: base · (step + 1) ÷ w;
 * - `constant`: base;
 * - `step`: base · gamma^⌊s ÷ stepSize⌋ (PyTorch's StepLR);
 * - `exponential`: base · gamma^s (ExponentialLR, stepped each training step);
 * - `cosine`: min + (base − min) · (1 + cos(π s ÷ (T − 1))) ÷ 2 (CosineAnnealingLR with T_max = T − 1: the last step has min);
 * - `oneCycle`: OneCycleLR with max_lr = base, cosine, no cycling of momentum: from base ÷ divFactor to base during the
 *   first pctStart · T steps, then to base ÷ divFactor ÷ finalDivFactor at the last.
 *
 * @param base the optimizer's learning rate
 * @param step counted from 0
 * @param totalSteps of the whole training; from there on the last value stays
 */
export function learningRateAt(schedule: ScheduleSpec, base: number, step: number, totalSteps: number): number {
  if (step < schedule.warmup) return (base * (step + 1)) / schedule.warmup;
  const last = Math.max(0, totalSteps - schedule.warmup - 1);
  const s = step - schedule.warmup;
  switch (schedule.type) {
    case 'constant':
      return base;
    case 'step':
      return base * schedule.gamma ** Math.floor(s / schedule.stepSize);
    case 'exponential':
      return base * schedule.gamma ** s;
    case 'cosine':
      return anneal(base, schedule.minLearningRate, last === 0 ? 0 : Math.min(s, last) / last);
    case 'oneCycle': {
      const first = base / schedule.divFactor;
      const peak = schedule.pctStart * (last + 1) - 1;
      if (s < peak) return anneal(first, base, s / peak);
      return anneal(
        base,
        first / schedule.finalDivFactor,
        last <= peak ? 0 : (Math.min(s, last) - peak) / (last - peak),
      );
    }
  }
}

/** Half a cosine from `start` (share 0) to `end` (share 1). */
function anneal(start: number, end: number, share: number): number {
  return end + ((start - end) / 2) * (1 + Math.cos(Math.PI * share));
}
