// Owns which records are worth sharing among threads: an estimate of their work, from the arguments alone. How they are
// shared is the kernels' (`kernels/assembly/threads.ts`).
import {
  ACTIVATION_CODE,
  LAST_DERIVATIVE_FROM_OUTPUT,
  LOSS_CODE,
  OP,
  OPTIMIZER_CODE,
  type Op,
  RECURRENT_KIND,
} from './kernels/contract';

/** Work below this is done by one thread: to meet costs the others about as long. In multiply-adds, 8 a nanosecond or so. */
const LEAST_WORK = 32_768;
/** What one number costs in an operation that goes through memory once, in the same unit. */
const PASS = 6;
/** How many times that where it is a function of its own, such as tanh. */
const FUNCTION = 3;

/** By operation: its work in multiply-adds, 0 for those that one thread always does. Arguments as in the contract. */
const WORK: Readonly<Record<keyof typeof OP, (args: readonly number[]) => number>> = {
  gather: ([, features = 0, , ld = 0]) => passOver(features * ld),
  gatherLabels: () => 0,
  gemm: ([M = 0, N = 0, K = 0, ...rest]) => M * N * K * (rest[9] ?? 1),
  biasActivation: ([units = 0, positions = 0, , , , activation = 0, , ld = 0]) =>
    (activation <= ACTIVATION_CODE.relu ? 1 : FUNCTION) * passOver(units * positions * ld),
  activationBackward: ([units = 0, positions = 0, , , , activation = 0, , ld = 0]) =>
    (activation <= LAST_DERIVATIVE_FROM_OUTPUT ? 1 : FUNCTION) * passOver(units * positions * ld),
  // With statistics it is an output layer's, whose rows are few: one thread sums them.
  softmax: ([groups = 0, units = 0, , ld = 0, s = 0]) => (s < 0 ? 4 * passOver(groups * units * ld) : 0),
  softmaxBackward: ([groups = 0, units = 0, , , , ld = 0, , , s = 0]) =>
    s < 0 ? 2 * passOver(groups * units * ld) : 0,
  loss: ([kind, units = 0, positions = 0, , , , ld = 0]) =>
    (kind === LOSS_CODE.softmaxCrossEntropy ? FUNCTION : 1) * passOver(units * positions * ld),
  biasGradient: ([units = 0, positions = 0, , ld = 0]) => (units * positions * ld * PASS) / 4,
  axpy: ([count = 0]) => (count * PASS) / 2,
  axpyGradient: ([count = 0]) => (count * PASS) / 2,
  copyBlocks: ([blocks = 0, rows = 0]) => (blocks * rows * PASS) / 2,
  dropout: ([count = 0]) => passOver(count),
  update: ([kind = 0, rows = 0, columns = 0]) => (kind === OPTIMIZER_CODE.sgd ? 1 : 3) * passOver(rows * columns),
  gradientStatistics: ([rows = 0, columns = 0]) => passOver(rows * columns),
  clip: () => 0,
  adaptiveClip: ([rows = 0, columns = 0]) => passOver(rows * columns),
  squaredNorm: ([count = 0]) => (count * PASS) / 4,

  convolution: ([positions = 0, filters = 0, window = 0, ...rest]) => positions * filters * window * (rest[5] ?? 1),
  convolutionInputGradient: ([positions = 0, channels = 0, taps = 0, ...rest]) =>
    positions * channels * taps * (rest[5] ?? 1),
  convolutionKernelGradient: ([positions = 0, filters = 0, window = 0, ...rest]) =>
    positions * filters * window * (rest[4] ?? 1),
  pool: ([positions = 0, channels = 0, window = 0, ...rest]) =>
    passOver(positions * channels * window * (rest[5] ?? 1)),
  poolBackward: ([positions = 0, channels = 0, window = 0, ...rest]) =>
    passOver(positions * channels * window * (rest[5] ?? 1)),

  // Two or three passes each, of several steps a number.
  normalize: ([, channels = 0, positions = 0, ...rest]) => 2 * passOver(channels * positions * (rest[7] ?? 0)),
  normalizeBackward: ([, channels = 0, positions = 0, ...rest]) => 3 * passOver(channels * positions * (rest[8] ?? 0)),
  movingAverage: () => 0,

  lookup: ([positions = 0, width = 0, , , , , ld = 0]) => passOver(positions * width * ld),
  lookupGradient: ([positions = 0, width = 0, rows = 0, , , , ld = 0]) => passOver(width * (positions * ld + rows)),

  multiply: ([count = 0, , inputs = 0]) => passOver((count * inputs) / 2),
  multiplyGradient: () => 0,

  recurrentCell: ([kind, units = 0, ld = 0]) => units * ld * (kind === RECURRENT_KIND.simpleRNN ? 15 : 60),
  recurrentCellBackward: ([kind, units = 0, ld = 0]) => units * ld * (kind === RECURRENT_KIND.simpleRNN ? 20 : 60),
  alignExponents: ([count = 0, size = 0]) => passOver(count * size),

  columnProduct: ([repeat = 0, M = 0, N = 0, K = 0, , , , , ld = 0]) => repeat * M * N * K * ld,
};
const BY_CODE = Object.entries(OP)
  .sort(([, a], [, b]) => a - b)
  .map(([name]) => WORK[name as keyof typeof OP]);

/** Estimate of a record's work in multiply-adds. */
export function workOf(operation: Op, args: readonly number[]): number {
  return BY_CODE[operation]!(args);
}

/** Whether a record is to be shared, where there are threads to share it. */
export function isParallel(operation: Op, args: readonly number[]): boolean {
  return workOf(operation, args) >= LEAST_WORK;
}

/** Work of an operation that reads or writes `count` numbers once. */
export function passOver(count: number): number {
  return count * PASS;
}
