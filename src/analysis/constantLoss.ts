// Owns the loss of the best answer that is the same for every sample: a network that does no better has learned nothing of
// its inputs.
import type { Dataset } from '../spec/dataset';
import type { LossName } from '../spec/schema';
import { medianOf } from './trend';

/** Over the training samples; undefined where there is no simple answer (Huber, losses that do not fit the targets). */
export function constantLoss(loss: LossName, { targetKind, classes, train }: Dataset): number | undefined {
  const { targets, count } = train;
  if (count === 0 || targets.length === 0) return undefined;
  if (targetKind === 'classes') {
    const shares = new Float64Array(classes ?? 0);
    for (const label of targets) shares[label] = (shares[label] ?? 0) + 1 / targets.length;
    if (loss === 'softmaxCrossEntropy' || (loss === 'binaryCrossEntropy' && shares.length === 2)) {
      return shares.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
    }
    return loss === 'hinge' && shares.length === 2 ? 2 * Math.min(shares[0]!, shares[1]!) : undefined;
  }
  if (loss !== 'meanSquaredError' && loss !== 'meanAbsoluteError') return undefined;
  const outputs = targets.length / count;
  let sum = 0;
  for (let k = 0; k < outputs; k++) {
    const values = Array.from({ length: count }, (_, i) => targets[i * outputs + k]!);
    const middle = loss === 'meanSquaredError' ? values.reduce((s, v) => s + v, 0) / count : medianOf(values);
    for (const v of values) sum += loss === 'meanSquaredError' ? (v - middle) ** 2 : Math.abs(v - middle);
  }
  return sum / (outputs * count);
}
