// Owns the reference kernels: every operation of the contract in the plainest TypeScript, one file a family in
// `reference/`. They are the oracle that the fast kernels are held against, the only ones in float64, and the fallback
// where WebAssembly SIMD is missing. They are not made to be fast.
import type { ArenaBytes } from '../arena';
import { alignedBytes, createArrayArena } from '../arena';
import { isCalmAfter, isCalmBefore } from '../watch';
import type { Kernels } from './contract';
import { FLOAT_HEAD, HEAD_LENGTH, OP, PARALLEL, RECORD_LENGTH, WATCH } from './contract';
import { activationBackward, biasActivation } from './reference/activations';
import { columnProduct } from './reference/attention';
import type { ReferenceContext, ReferenceOperation } from './reference/context';
import { convolution, convolutionInputGradient, convolutionKernelGradient } from './reference/convolution';
import { multiply, multiplyGradient } from './reference/elementwise';
import { gemm } from './reference/gemm';
import { lookup, lookupGradient } from './reference/lookup';
import { loss } from './reference/losses';
import {
  axpy,
  axpyGradient,
  biasGradient,
  copyBlocks,
  dropout,
  gather,
  gatherLabels,
  squaredNorm,
} from './reference/moves';
import { movingAverage, normalize, normalizeBackward } from './reference/normalization';
import { adaptiveClip, clip, gradientStatistics, setHeads, update } from './reference/optimizers';
import { pool, poolBackward } from './reference/pooling';
import { alignExponents, recurrentCell, recurrentCellBackward } from './reference/recurrent';
import { softmax, softmaxBackward } from './reference/softmax';

const OPERATIONS: Readonly<Record<keyof typeof OP, ReferenceOperation>> = {
  gather,
  gatherLabels,
  gemm,
  biasActivation,
  activationBackward,
  softmax,
  softmaxBackward,
  loss,
  biasGradient,
  axpy,
  axpyGradient,
  copyBlocks,
  dropout,
  update,
  gradientStatistics,
  clip,
  adaptiveClip,
  squaredNorm,
  convolution,
  convolutionInputGradient,
  convolutionKernelGradient,
  pool,
  poolBackward,
  normalize,
  normalizeBackward,
  movingAverage,
  lookup,
  lookupGradient,
  multiply,
  multiplyGradient,
  recurrentCell,
  recurrentCellBackward,
  alignExponents,
  columnProduct,
};
const BY_CODE: readonly ReferenceOperation[] = Object.entries(OP)
  .sort(([, a], [, b]) => a - b)
  .map(([name]) => OPERATIONS[name as keyof typeof OP]);

/**
 * Kernels over plain arrays.
 * @param bytes what the plan will allocate in each view (`alignedBytes` of each allocation); the heads come on top
 * @throws UserError where the machine has not that much memory
 */
export function createReferenceKernels(bytes: ArenaBytes, precision: 'float32' | 'float64'): Kernels {
  const floatBytes = precision === 'float64' ? 8 : 4;
  const arena = createArrayArena(
    {
      floats: bytes.floats + alignedBytes(HEAD_LENGTH, floatBytes),
      ints: bytes.ints + alignedBytes(HEAD_LENGTH, 4),
      stats: bytes.stats,
    },
    precision,
  );
  arena.allocateInts(HEAD_LENGTH);
  arena.allocateFloats(HEAD_LENGTH);
  arena.floats[FLOAT_HEAD.clipScale] = 1;
  const context: ReferenceContext = {
    floats: arena.floats,
    ints: arena.ints,
    stats: arena.stats,
    flushBelow: precision === 'float64' ? 0 : 2 ** -100,
    smallestNormal: precision === 'float64' ? 2 ** -1022 : 2 ** -126,
    round: precision === 'float64' ? (x) => x : Math.fround,
  };
  const runOnce = (plan: number, count: number, stats: number): void => {
    for (let k = 0; k < count; k++) {
      const at = plan + k * RECORD_LENGTH;
      const operation = BY_CODE[context.ints[at]! & (PARALLEL - 1)];
      if (!operation) throw new Error(`record ${k} of the plan names no operation: ${context.ints[at]}`);
      operation(context, at + 1, stats);
    }
  };
  return {
    name: 'reference',
    arena,
    floatBytes,
    runOnce,
    threads: 1,
    runSteps(plan, count, steps, intTable, floatTable, stats, recordLength, watch, careful) {
      const split = context.ints[watch + WATCH.split]!;
      let calm = !careful;
      for (let k = 0; k < steps; k++) {
        const record = stats + k * recordLength;
        setHeads(context, intTable + k * HEAD_LENGTH, floatTable + k * HEAD_LENGTH, HEAD_LENGTH);
        runOnce(plan, split, record);
        if (!calm || !isCalmBefore(context.stats, record, context.ints, watch)) return k;
        runOnce(plan + split * RECORD_LENGTH, count - split, record);
        calm = isCalmAfter(context.stats, record, context.ints, watch);
      }
      return steps;
    },
    dispose() {},
  };
}
