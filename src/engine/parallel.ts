// Owns which records are worth sharing among threads: an estimate of their work, from the arguments alone. How they are
// shared is the kernels' (`kernels/assembly/threads.ts`).
import { OP, type Op, RECURRENT_KIND } from './kernels/contract';

/** Work below this is done by one thread: to meet costs the others about as long. In multiply-adds, 8 a nanosecond or so. */
const LEAST_WORK = 32_768;
/** What one number costs in an operation that goes through memory once, in the same unit. */
const PASS = 6;

/** By operation: its work in multiply-adds, 0 for those that one thread always does. Arguments as in the contract. */
const WORK: Readonly<Record<keyof typeof OP, (args: readonly number[]) => number>> = {
  gather: () => 0,
  gatherLabels: () => 0,
  gemm: ([M = 0, N = 0, K = 0, ...rest]) => M * N * K * (rest[9] ?? 1),
  biasActivation: () => 0,
  activationBackward: () => 0,
  softmax: () => 0,
  softmaxBackward: () => 0,
  loss: () => 0,
  biasGradient: () => 0,
  axpy: () => 0,
  axpyGradient: () => 0,
  copyBlocks: () => 0,
  dropout: () => 0,
  update: () => 0,
  gradientStatistics: () => 0,
  clip: () => 0,
  adaptiveClip: () => 0,
  squaredNorm: () => 0,

  convolution: () => 0,
  convolutionInputGradient: () => 0,
  convolutionKernelGradient: () => 0,
  pool: () => 0,
  poolBackward: () => 0,

  normalize: () => 0,
  normalizeBackward: () => 0,
  movingAverage: () => 0,

  lookup: () => 0,
  lookupGradient: () => 0,

  multiply: () => 0,
  multiplyGradient: () => 0,

  recurrentCell: ([kind, units = 0, ld = 0]) => units * ld * (kind === RECURRENT_KIND.simpleRNN ? 15 : 60),
  recurrentCellBackward: ([kind, units = 0, ld = 0]) => units * ld * (kind === RECURRENT_KIND.simpleRNN ? 20 : 60),
  alignExponents: ([count = 0, size = 0]) => passOver(count * size),

  columnProduct: () => 0,
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
