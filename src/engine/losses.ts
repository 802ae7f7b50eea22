// Owns how a loss meets outputs and data: its code and shape for the loss operation, in which form targets lie in the
// arena (as the data has them), and what the metric counts. The formulas are the kernels', PyTorch's throughout (huber: δ = 1).

import { UserError } from '../base/errors';
import type { Dataset } from '../spec/dataset';
import type { LossName } from '../spec/schema';
import { LOSS_CODE } from './kernels/contract';

export interface LossPlan {
  readonly code: number;
  /** Length of the last axis of the output, and how many of it a sample has. */
  readonly units: number;
  readonly positions: number;
  /** Targets of a sample in the arena: labels in `ints`, or one number an output in `floats`. */
  readonly targets: 'labels' | 'numbers';
  readonly targetsPerSample: number;
  /** Multiplied onto 1 ÷ batch, so that the loss is the mean over all that is compared. */
  readonly scale: number;
  readonly metric: 'accuracy' | 'meanAbsoluteError';
  /** How many right predictions (or absolute differences) a sample contributes to the metric. */
  readonly metricPerSample: number;
}

/**
 * @param outputShape of the last layer, without the batch
 * @throws UserError where the data's targets do not fit the outputs
 */
export function lossPlan(loss: LossName, outputShape: readonly number[], dataset: Dataset): LossPlan {
  const outputs = outputShape.reduce((a, b) => a * b, 1);
  const units = outputShape[outputShape.length - 1] ?? 1;
  const positions = outputs / units;
  const given = dataset.targetShape.reduce((a, b) => a * b, 1);
  const code = LOSS_CODE[loss];
  if (loss === 'softmaxCrossEntropy') {
    if (dataset.targetKind !== 'classes') {
      throw new UserError(
        'The loss "softmaxCrossEntropy" compares with classes, and the data has numbers to predict.',
        'Use "meanSquaredError", or data whose target is a class.',
      );
    }
    if (given !== positions) throw misfit(`${positions} class labels a sample`, `${given}`);
    if ((dataset.classes ?? 0) > units) throw misfit(`${units} classes`, `${dataset.classes}`);
    return {
      code,
      units,
      positions,
      targets: 'labels',
      targetsPerSample: positions,
      scale: 1 / positions,
      metric: 'accuracy',
      metricPerSample: positions,
    };
  }
  if (given !== outputs) throw misfit(`${outputs} targets a sample`, `${given}`);
  const twoClasses = loss === 'binaryCrossEntropy' || loss === 'hinge';
  if (twoClasses && (dataset.classes ?? 2) > 2) throw misfit('two classes', `${dataset.classes}`);
  return {
    code,
    units,
    positions,
    targets: 'numbers',
    targetsPerSample: outputs,
    scale: 1 / outputs,
    metric: twoClasses ? 'accuracy' : 'meanAbsoluteError',
    metricPerSample: outputs,
  };
}

function misfit(wanted: string, given: string): UserError {
  return new UserError(
    `The network's output stands for ${wanted}, and the data has ${given}.`,
    'Make the last layer as large as the data asks for, or choose another loss.',
    'NS210',
  );
}
