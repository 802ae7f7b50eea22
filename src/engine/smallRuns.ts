// Owns which records are so small that the kernels do well to do them in one go. Only plans of which nothing is shared
// among threads have such runs. What is computed does not depend on it: whoever does the records one by one gets the same.
import { OP, SMALL, SMALL_RUN } from './kernels/contract';
import type { PlannedRecord } from './parallel';

/** Numbers in a product or in an operand of one: all of them stay in the L1 cache. */
const MOST_NUMBERS = 1024;
/** Numbers in a kernel: what its descent does in one block. */
const MOST_WEIGHTS = 512;
/** Depth of a product of columns by columns. Those beyond are done another way (`kernels/assembly/gemm.ts`). */
const MOST_COLUMNS = 128;

/** Adds to the first words of records where a run of small ones begins. */
export function markSmallRuns(records: readonly PlannedRecord[], words: number[]): void {
  for (let k = 0; k + 1 < records.length; k++) {
    const run = runAt(records, k);
    if (run === undefined) continue;
    words[k]! += SMALL + (run.code << 16);
    k += run.length - 1;
  }
}

interface Run {
  readonly code: number;
  readonly length: number;
}

function runAt(records: readonly PlannedRecord[], k: number): Run | undefined {
  const { operation, args } = records[k]!;
  if (operation !== OP.gemm) return undefined;
  const [M = 0, N = 0, K = 0, A, , csa, , rsb, csb, C, ldc, accumulate, repeat] = args;
  if (repeat !== 1 || M * N > MOST_NUMBERS || K * N > MOST_NUMBERS || M * K > MOST_NUMBERS) return undefined;
  const next = records[k + 1]!;
  if (csb === 1 && N % 8 === 0 && accumulate === 0) {
    const activates = next.operation === OP.biasActivation || next.operation === OP.activationBackward;
    if (!activates) return undefined;
    const [units, positions, from] = next.args;
    if (units !== M || positions !== 1 || from !== C || ldc !== N || next.args[7] !== N) return undefined;
    return { code: next.operation === OP.biasActivation ? SMALL_RUN.forward : SMALL_RUN.backward, length: 2 };
  }
  if (M * N > MOST_WEIGHTS) return undefined;
  const dots = csa === 1 && rsb === 1 && K % 4 === 0 && K <= MOST_COLUMNS;
  if (!dots || (accumulate !== 0 && accumulate !== 2)) return undefined;
  if (isUpdate(next, C)) return { code: SMALL_RUN.update, length: 2 };
  if (next.operation !== OP.biasGradient) return undefined;
  const [units, positions, from, , biasGradient] = next.args;
  const kernel = records[k + 2];
  const bias = records[k + 3];
  if (units !== M || positions !== 1 || from !== A || !isUpdate(kernel, C) || !isUpdate(bias, biasGradient)) {
    return undefined;
  }
  if (ALIKE.some((i) => kernel!.args[i] !== bias!.args[i])) return undefined;
  return { code: SMALL_RUN.biasedUpdate, length: 4 };
}

/** Arguments of OP.update that a kernel and its bias have in common: rule, constants, exponent, flags. */
const ALIKE = [0, 7, 8, 11];

/** Whether a record updates by this gradient, and measures it. */
function isUpdate(record: PlannedRecord | undefined, gradient: number | undefined): boolean {
  return record?.operation === OP.update && record.args[4] === gradient && record.args[9]! >= 0;
}
