// Owns which records are worth sharing among threads, by an estimate of their work from the arguments alone, and where
// threads need not wait for each other. How records are shared is the kernels' (`kernels/assembly/threads.ts`).
import {
  ACTIVATION_CODE,
  LAST_DERIVATIVE_FROM_OUTPUT,
  LOSS_CODE,
  OP,
  OPEN,
  OPTIMIZER_CODE,
  type Op,
  OWNED,
  PARALLEL,
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

/** A record before it is known which threads do it. */
export interface PlannedRecord {
  readonly operation: Op;
  readonly args: readonly number[];
  /** Records of different owners need nothing of each other; −1: this one may need anything. */
  readonly owner: number;
}

/** The first words of a plan's records, with their flags, and the work that threads may share. */
export function share(records: readonly PlannedRecord[]): { readonly words: number[]; readonly sharedWork: number } {
  const works = records.map(({ operation, args }) => BY_CODE[operation]!(args));
  const words = records.map(({ operation }, k) => operation + (works[k]! >= LEAST_WORK ? PARALLEL : 0));
  markOwned(records, works, words);
  for (let k = 0; k + 1 < records.length; k++) markOpen(records, words, k);
  let sharedWork = 0;
  for (const [k, word] of words.entries()) if (word >= PARALLEL) sharedWork += works[k]!;
  return { words, sharedWork };
}

/** Operations that are known to touch nothing of another layer's. */
const SEPARABLE: ReadonlySet<Op> = new Set([
  OP.gemm,
  OP.biasGradient,
  OP.update,
  OP.gradientStatistics,
  OP.convolutionKernelGradient,
]);
/** So many times the largest owner's work, and threads find enough owners of about the same. */
const LEAST_OWNERS = 8;

/** Where many layers of about the same size compute their gradients, each thread does whole layers: they meet once. */
function markOwned(records: readonly PlannedRecord[], works: readonly number[], words: number[]): void {
  const byOwner = new Map<number, number>();
  for (const [k, { owner, operation }] of records.entries()) {
    if (owner < 0) continue;
    if (!SEPARABLE.has(operation)) return;
    byOwner.set(owner, (byOwner.get(owner) ?? 0) + works[k]!);
  }
  const all = [...byOwner.values()].reduce((sum, work) => sum + work, 0);
  if (all < LEAST_OWNERS * Math.max(LEAST_WORK, ...byOwner.values())) return;
  const turns = new Map([...byOwner.keys()].map((owner, turn) => [owner, turn]));
  for (const [k, { owner, operation }] of records.entries()) {
    if (owner >= 0) words[k] = operation + OWNED + (turns.get(owner)! << 16);
  }
}

/** Numbers in an activation from which on its rows are worth cutting: twice `CHUNK` of the kernels' statistics.ts. */
const LEAST_CUT = 4096;

/** Flags record k, and shares the next one, where threads that do the same rows of both need not meet between them. */
function markOpen(records: readonly PlannedRecord[], words: number[], k: number): void {
  const { operation, args } = records[k]!;
  const next = records[k + 1]!;
  if (!(words[k]! & PARALLEL)) return;
  const activates = next.operation === OP.biasActivation || next.operation === OP.activationBackward;
  if (operation === OP.gemm && activates) {
    const [M = 0, N = 0, , , , , , , , C, ldc, , repeat = 1] = args;
    // Z, or dH: where both begin to read.
    const [units, positions, from] = next.args;
    if (repeat > 1 || positions !== 1 || M < N || M * N < LEAST_CUT) return;
    if (units !== M || from !== C || ldc !== N || next.args[7] !== N) return;
    words[k]! += OPEN;
    words[k + 1]! |= PARALLEL;
  } else if (next.operation === OP.gemm && words[k + 1]! & PARALLEL) {
    if (operation === OP.biasActivation && args[8]! < 0) return;
    if (operation !== OP.biasActivation && operation !== OP.activationBackward) return;
    // What is measured of these rows may be read again while the product is written.
    const rows = args[3]!;
    const end = rows + args[0]! * args[1]! * args[7]!;
    const [M = 0, , , , , , , , , C = 0, ldc = 0, , repeat = 1] = next.args;
    if (repeat === 1 && (C >= end || C + M * ldc <= rows)) words[k]! += OPEN;
  }
}

/** Work of an operation that reads or writes `count` numbers once. */
export function passOver(count: number): number {
  return count * PASS;
}
