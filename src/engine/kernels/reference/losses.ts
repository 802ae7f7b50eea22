// Owns the losses of the reference: value, gradient and what counts as right.
import { FLOAT_HEAD, INT_HEAD, LOSS_CODE, STEP_RAW } from '../contract';
import { sigmoid, softplus } from './activations';
import type { ReferenceContext } from './context';

/** One element's share: loss, gradient by y, and 1 where right (or |y − t|). */
type ElementLoss = (y: number, t: number) => readonly [loss: number, gradient: number, correct: number];

/** Losses whose elements do not know of each other. Huber's δ is 1; hinge takes any target above 0 as +1, else −1. */
const ELEMENT_LOSSES: Readonly<Record<number, ElementLoss>> = {
  [LOSS_CODE.meanSquaredError]: (y, t) => [(y - t) ** 2, 2 * (y - t), Math.abs(y - t)],
  [LOSS_CODE.meanAbsoluteError]: (y, t) => [Math.abs(y - t), Math.sign(y - t), Math.abs(y - t)],
  [LOSS_CODE.huber]: (y, t) => {
    const d = y - t;
    const a = Math.abs(d);
    return a <= 1 ? [0.5 * d * d, d, a] : [a - 0.5, Math.sign(d), a];
  },
  // softplus(y) − y·t, the cross-entropy of a logit
  [LOSS_CODE.binaryCrossEntropy]: (y, t) => [
    t * softplus(-y) + (1 - t) * softplus(y),
    sigmoid(y) - t,
    y > 0 === t > 0.5 ? 1 : 0,
  ],
  [LOSS_CODE.hinge]: (y, t) => {
    const sign = t > 0 ? 1 : -1;
    const margin = 1 - sign * y;
    return [margin <= 0 ? 0 : margin, margin > 0 ? -sign : 0, y > 0 === t > 0 ? 1 : 0];
  },
};

/** OP.loss */
export function loss(c: ReferenceContext, p: number, base: number): void {
  const { floats, ints, stats } = c;
  const kind = ints[p]!;
  const [units, positions, Y, T] = [ints[p + 1]!, ints[p + 2]!, ints[p + 3]!, ints[p + 4]!];
  const [dY, ld, s] = [ints[p + 5]!, ints[p + 6]!, ints[p + 7]!];
  const batch = ints[INT_HEAD.batch]!;
  const factor = floats[ints[p + 8]!]! * floats[FLOAT_HEAD.inverseBatch]!;
  const rows = units * positions;
  let total = 0;
  let correct = 0;
  const emit = (k: number, gradient: number): void => {
    if (dY < 0) return;
    const g = gradient * factor;
    floats[dY + k] = Math.abs(g) < c.smallestNormal ? 0 : g;
  };
  const element = ELEMENT_LOSSES[kind];
  for (let j = 0; j < batch; j++) {
    if (element) {
      for (let k = j; k < rows * ld; k += ld) {
        const [value, gradient, right] = element(floats[Y + k]!, floats[T + k]!);
        total += value;
        correct += right;
        emit(k, gradient);
      }
      continue;
    }
    for (let q = 0; q < positions; q++) {
      const column = q * units * ld + j;
      const label = ints[T + q * ld + j]!;
      let best = 0;
      for (let u = 1; u < units; u++) if (floats[Y + column + u * ld]! > floats[Y + column + best * ld]!) best = u;
      const largest = floats[Y + column + best * ld]!;
      let sum = 0;
      for (let u = 0; u < units; u++) sum += Math.exp(floats[Y + column + u * ld]! - largest);
      total += Math.log(sum) + largest - floats[Y + column + label * ld]!;
      if (best === label) correct++;
      for (let u = 0; u < units; u++) {
        const k = column + u * ld;
        emit(k, Math.exp(floats[Y + k]! - largest) / sum - (u === label ? 1 : 0));
      }
    }
  }
  if (dY >= 0) for (let r = 0; r < rows; r++) floats.fill(0, dY + r * ld + batch, dY + (r + 1) * ld);
  if (s < 0) return;
  stats[base + s + STEP_RAW.loss] = total * factor;
  stats[base + s + STEP_RAW.correct] = correct;
}
