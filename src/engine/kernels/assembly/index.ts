// Owns the interpreter: reads the plan's records and calls their operations, one step or many, inside WebAssembly.
// The operations are exported as well, so that the optimizer does not melt them all into the one big function here.
import { activationBackward } from './backward';
import { HEAD_LENGTH, Op, PARALLEL, RECORD_LENGTH } from './contract';
import { biasActivation } from './forward';
import { gemm } from './gemm';
import { PANEL_BYTES } from './packed';
import { writeConstants } from './hotRows';
import { loss } from './losses';
import { convolution, convolutionInputGradient, convolutionKernelGradient, pool, poolBackward } from './convolution';
import { normalize, normalizeBackward, movingAverage } from './normalization';
import { lookup, lookupGradient } from './lookup';
import { multiply, multiplyGradient } from './elementwise';
import { recurrentCell, recurrentCellBackward, alignExponents } from './recurrent';
import { columnProduct } from './attention';
import {
  diverged, floatAt, floatOrNone, FLOATS, intAt, PARTIAL_BYTES, PARTIAL_COUNT, SCRATCH_PANELS, setDiverged, setPartials,
  setScratch, STATS, statsOrNone,
} from './memory';
import { axpy, axpyGradient, biasGradient, copyBlocks, dropout, gather, gatherLabels } from './moves';
import { adaptiveClip, clip } from './optimizers';
import { gradientStatistics, parameter } from './parameters';
import { softmax, softmaxBackward } from './softmax';
import { sharedSumOfSquares } from './statistics';
import { part } from './threads';

export { activationBackward, linearBackward } from './backward';
export { activationStatistics, biasActivation } from './forward';
export { productDirect, productDots } from './gemm';
export { productPacked } from './packed';
export { sigmoidRows, tanhRows } from './hotRows';
export { convolution, convolutionInputGradient, convolutionKernelGradient, pool, poolBackward } from './convolution';
export { normalize, normalizeBackward, movingAverage } from './normalization';
export { lookup, lookupGradient } from './lookup';
export { multiply, multiplyGradient } from './elementwise';
export { recurrentCell, recurrentCellBackward, alignExponents } from './recurrent';
export { columnProduct } from './attention';
export { crossEntropy, elementLoss, squaredError } from './losses';
export {
  adaptiveClip, axpy, axpyGradient, biasGradient, clip, copyBlocks, dropout, gather, gatherLabels, gradientStatistics, loss,
  gemm, parameter, sharedSumOfSquares, softmax, softmaxBackward,
};

/** Bytes of scratch space that the operations want behind the arena. */
export function scratchBytes(): i32 {
  return <i32>(<usize>PARTIAL_COUNT * PARTIAL_BYTES + SCRATCH_PANELS + PANEL_BYTES);
}
/** Tells where the scratch space begins, a multiple of 64. */
export function initialize(scratch: i32): void {
  setPartials(<usize>scratch);
  setScratch(<usize>scratch + <usize>PARTIAL_COUNT * PARTIAL_BYTES);
  writeConstants();
}

/** Kernels.runOnce of contract.ts: indexes into ints and stats. Answers whether the step has to be the last. */
export function runOnce(plan: i32, count: i32, stats: i32): i32 {
  setDiverged(0);
  const first = <usize>plan << 2;
  interpret(first, first + ((<usize>count * RECORD_LENGTH) << 2), STATS + (<usize>stats << 3));
  return diverged;
}

/** Kernels.runSteps of contract.ts. */
export function runSteps(
  plan: i32, count: i32, steps: i32, intTable: i32, floatTable: i32, stats: i32, recordLength: i32, lossOffset: i32,
): i32 {
  const first = <usize>plan << 2;
  const end = first + ((<usize>count * RECORD_LENGTH) << 2);
  let ints = <usize>intTable << 2;
  let floats = FLOATS + (<usize>floatTable << 2);
  let record = STATS + (<usize>stats << 3);
  setDiverged(0);
  for (let k = 0; k < steps; k++) {
    v128.store(0, v128.load(ints));
    v128.store(16, v128.load(ints, 16));
    v128.store(FLOATS, v128.load(floats));
    v128.store(FLOATS + 16, v128.load(floats, 16));
    interpret(first, end, record);
    const value = load<f64>(record + (<usize>lossOffset << 3));
    if (diverged != 0 || !(Math.abs(value) < Infinity)) return k + 1;
    ints += HEAD_LENGTH << 2;
    floats += HEAD_LENGTH << 2;
    record += <usize>recordLength << 3;
  }
  return steps;
}

/** The records from `r` to `end`; `base` is the address of the step's statistics. Argument n lies at byte 4 (n + 1). */
function interpret(r: usize, end: usize, base: usize): void {
  for (; r < end; r += <usize>RECORD_LENGTH << 2) {
    switch (load<i32>(r) & (PARALLEL - 1)) {
      case Op.gather: gather(floatAt(r + 4), load<i32>(r, 8), floatAt(r + 12), load<i32>(r, 16)); break;
      case Op.gatherLabels: gatherLabels(intAt(r + 4), load<i32>(r, 8), intAt(r + 12), load<i32>(r, 16)); break;
      case Op.gemm:
        gemm(
          load<i32>(r, 4), load<i32>(r, 8), load<i32>(r, 12),
          floatAt(r + 16), load<i32>(r, 20), load<i32>(r, 24), floatAt(r + 28), load<i32>(r, 32), load<i32>(r, 36),
          floatAt(r + 40), load<i32>(r, 44), load<i32>(r, 48), load<i32>(r, 52), intAt(r + 56),
        );
        break;
      case Op.biasActivation:
        biasActivation(
          load<i32>(r, 24), load<i32>(r, 4), load<i32>(r, 8), floatAt(r + 12), floatAt(r + 16), floatOrNone(r + 20),
          floatAt(r + 28), load<i32>(r, 32), statsOrNone(r + 36, base),
        );
        break;
      case Op.activationBackward:
        activationBackward(
          load<i32>(r, 24), load<i32>(r, 4) * load<i32>(r, 8), floatAt(r + 12), floatAt(r + 16), floatAt(r + 20),
          floatAt(r + 28), load<i32>(r, 32), intAt(r + 36), intAt(r + 40), statsOrNone(r + 44, base), load<i32>(r, 48),
        );
        break;
      case Op.softmax: softmax(load<i32>(r, 4), load<i32>(r, 8), floatAt(r + 12), load<i32>(r, 16), statsOrNone(r + 20, base)); break;
      case Op.softmaxBackward:
        softmaxBackward(
          load<i32>(r, 4), load<i32>(r, 8), floatAt(r + 12), floatAt(r + 16), floatAt(r + 20), load<i32>(r, 24),
          intAt(r + 28), intAt(r + 32), statsOrNone(r + 36, base), load<i32>(r, 40),
        );
        break;
      case Op.loss: {
        const kind = load<i32>(r, 4);
        // Labels lie in ints, other targets in floats.
        const targets = kind == 3 ? intAt(r + 20) : floatAt(r + 20);
        loss(
          kind, load<i32>(r, 8), load<i32>(r, 12), floatAt(r + 16), targets, floatOrNone(r + 24), load<i32>(r, 28),
          statsOrNone(r + 32, base), floatAt(r + 36),
        );
        break;
      }
      case Op.biasGradient: biasGradient(load<i32>(r, 4), load<i32>(r, 8), floatAt(r + 12), load<i32>(r, 16), floatAt(r + 20)); break;
      case Op.axpy: axpy(load<i32>(r, 4), floatAt(r + 8), floatAt(r + 12), floatAt(r + 16), load<i32>(r, 20)); break;
      case Op.axpyGradient:
        axpyGradient(load<i32>(r, 4), floatAt(r + 8), floatAt(r + 12), floatAt(r + 16), intAt(r + 20), intAt(r + 24), load<i32>(r, 28));
        break;
      case Op.copyBlocks:
        copyBlocks(load<i32>(r, 4), load<i32>(r, 8), floatAt(r + 12), load<i32>(r, 16), floatAt(r + 20), load<i32>(r, 24));
        break;
      case Op.dropout:
        dropout(load<i32>(r, 4), floatAt(r + 8), floatAt(r + 12), floatAt(r + 20), load<i32>(r, 24));
        if (load<i32>(r, 28) != 0 && part == 0) store<i32>(intAt(r + 36), load<i32>(intAt(r + 32)));
        break;
      case Op.update:
        parameter(
          load<i32>(r, 4), load<i32>(r, 8), load<i32>(r, 12), floatAt(r + 16), floatAt(r + 20), floatOrNone(r + 24),
          floatOrNone(r + 28), floatAt(r + 32), load<i32>(intAt(r + 36)), statsOrNone(r + 40, base), floatOrNone(r + 44),
          load<i32>(r, 48),
        );
        break;
      case Op.gradientStatistics:
        gradientStatistics(
          load<i32>(r, 4), load<i32>(r, 8), floatAt(r + 12), load<i32>(intAt(r + 16)), statsOrNone(r + 20, base),
          floatOrNone(r + 24),
        );
        break;
      case Op.clip: clip(intAt(r + 4), load<i32>(r, 8), load<f32>(floatAt(r + 12)), base, statsOrNone(r + 16, base)); break;
      case Op.adaptiveClip:
        adaptiveClip(
          load<i32>(r, 4), load<i32>(r, 8), floatAt(r + 12), floatAt(r + 16), load<f32>(floatAt(r + 20)),
          load<f32>(floatAt(r + 24)), load<i32>(intAt(r + 28)),
        );
        break;
      case Op.squaredNorm: {
        const out = statsOrNone(r + 16, base);
        const sum = sharedSumOfSquares(load<i32>(r, 4), floatAt(r + 8));
        if (part == 0) {
          store<f64>(out, sum);
          store<f64>(out, <f64>load<i32>(intAt(r + 12)), 8);
        }
        break;
      }
      case Op.convolution: convolution(r, base); break;
      case Op.convolutionInputGradient: convolutionInputGradient(r, base); break;
      case Op.convolutionKernelGradient: convolutionKernelGradient(r, base); break;
      case Op.pool: pool(r, base); break;
      case Op.poolBackward: poolBackward(r, base); break;
      case Op.normalize: normalize(r, base); break;
      case Op.normalizeBackward: normalizeBackward(r, base); break;
      case Op.movingAverage: movingAverage(r, base); break;
      case Op.lookup: lookup(r, base); break;
      case Op.lookupGradient: lookupGradient(r, base); break;
      case Op.multiply: multiply(r, base); break;
      case Op.multiplyGradient: multiplyGradient(r, base); break;
      case Op.recurrentCell: recurrentCell(r, base); break;
      case Op.recurrentCellBackward: recurrentCellBackward(r, base); break;
      case Op.alignExponents: alignExponents(r, base); break;
      case Op.columnProduct: columnProduct(r, base); break;
      default: unreachable();
    }
  }
}
