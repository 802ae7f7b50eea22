// Owns which records are so small that the kernels do well to do them in one go. Only plans of which nothing is shared
// among threads have such runs. What is computed does not depend on it: whoever does the records one by one gets the same.
import { OP, SMALL, SMALL_RUN } from './kernels/contract';
import type { PlannedRecord } from './parallel';

/** Numbers in a product or in an operand of one: all of them stay in the L1 cache. */
const MOST_NUMBERS = 512;
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
  const [M = 0, N = 0, K = 0, A, , csa, B, rsb, csb, C, ldc, accumulate, repeat] = args;
  if (repeat !== 1 || M * N > MOST_NUMBERS || K * N > MOST_NUMBERS || M * K > MOST_NUMBERS) return undefined;
  const next = records[k + 1]!;
  if (csb === 1 && N % 8 === 0 && accumulate === 0) {
    const activates = next.operation === OP.biasActivation || next.operation === OP.activationBackward;
    if (!activates) return undefined;
    const [units, positions, from] = next.args;
    if (units !== M || positions !== 1 || from !== C || ldc !== N || next.args[7] !== N) return undefined;
    return { code: next.operation === OP.biasActivation ? SMALL_RUN.forward : SMALL_RUN.backward, length: 2 };
  }
  if (csa !== 1 || rsb !== 1 || K % 4 !== 0 || K > MOST_COLUMNS || (accumulate !== 0 && accumulate !== 2))
    return undefined;
  if (B === C || !updates(next.operation === OP.biasGradient ? records[k + 2] : next, C)) return undefined;
  if (next.operation !== OP.biasGradient) return { code: SMALL_RUN.update, length: 2 };
  const [units, positions, from, , bias] = next.args;
  if (units !== M || positions !== 1 || from !== A || !updates(records[k + 3], bias)) return undefined;
  return { code: SMALL_RUN.biasedUpdate, length: 4 };
}

/** Whether a record updates from this gradient and is all that is done about it. */
function updates(record: PlannedRecord | undefined, gradient: number | undefined): boolean {
  return record?.operation === OP.update && record.args[4] === gradient;
}
