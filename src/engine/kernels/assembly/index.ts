// Owns the interpreter: reads the plan's records and calls their operations, one step or many, one thread or several,
// inside WebAssembly.
// The operations are exported as well, so that the optimizer does not melt them all into the one big function here.
import { activationBackward } from './backward';
import { HEAD_LENGTH, Op, OPEN, OWNED, PARALLEL, RECORD_LENGTH, SMALL, Watch } from './contract';
import { biasActivation } from './forward';
import { gemm } from './gemm';
import { PANEL_BYTES } from './packed';
import { writeConstants } from './hotRows';
import { loss } from './losses';
import { convolution, convolutionInputGradient } from './convolution';
import { convolutionKernelGradient } from './kernelGradient';
import { pool, poolBackward } from './pooling';
import { normalize, normalizeBackward, movingAverage } from './normalization';
import { lookup, lookupGradient } from './lookup';
import { multiply, multiplyGradient } from './elementwise';
import { recurrentCell, recurrentCellBackward, alignExponents } from './recurrent';
import { columnProduct } from './attention';
import {
  COMMON_PARTIALS, floatAt, floatOrNone, FLOATS, intAt, SCRATCH_PANELS, setCommonPartials, setScratch, STATS, statsOrNone,
  useCommonPartials, usePrivatePartials,
} from './memory';
import { axpy, axpyGradient, biasGradient, copyBlocks, dropout, gather, gatherLabels } from './moves';
import { adaptiveClip, clip } from './optimizers';
import { gradientStatistics, parameter } from './parameters';
import { smallRun } from './small';
import { softmax, softmaxBackward } from './softmax';
import { sharedSumOfSquares } from './statistics';
import {
  awaitJob, CONTROL_BYTES, crewOf, dismiss, enlist, faulted, goesOn, meetOf, order, part, parts, post, setControl, setOpen, setParts,
} from './threads';
import { calmAfter, calmBefore } from './watch';

export { activationBackward, linearBackward } from './backward';
export { activationStatistics, biasActivation } from './forward';
export { productDirect, productDots } from './gemm';
export { productPacked } from './packed';
export { sigmoidRows, tanhRows } from './hotRows';
export { convolution, convolutionInputGradient } from './convolution';
export { convolutionKernelGradient } from './kernelGradient';
export { pool, poolBackward } from './pooling';
export { normalize, normalizeBackward, movingAverage } from './normalization';
export { lookup, lookupGradient } from './lookup';
export { orthonormalize } from './orthonormal';
export { multiply, multiplyGradient } from './elementwise';
export { recurrentCell, recurrentCellBackward, alignExponents } from './recurrent';
export { columnProduct, productLine } from './attention';
export { crossEntropy, elementLoss, squaredError } from './losses';
export {
  adaptiveClip, axpy, axpyGradient, biasGradient, clip, copyBlocks, dropout, gather, gatherLabels, gradientStatistics, loss,
  gemm, parameter, sharedSumOfSquares, smallRun, softmax, softmaxBackward,
};

const RECORD_BYTES: usize = <usize>RECORD_LENGTH << 2;

/** Bytes behind the arena that all threads share. */
export function commonBytes(): i32 {
  return <i32>(CONTROL_BYTES + COMMON_PARTIALS);
}
/** Bytes of scratch space that each thread wants for itself, a multiple of 64. */
export function scratchBytes(): i32 {
  return <i32>((SCRATCH_PANELS + PANEL_BYTES + 63) & ~63);
}
/**
 * Tells a thread where the common bytes and its own scratch space begin, multiples of 64; to be called before anything else.
 * @param patienceMs after which a thread that does not come to a meeting is taken for dead
 */
export function initialize(common: i32, scratch: i32, patienceMs: i32): void {
  setControl(<usize>common, patienceMs);
  setCommonPartials(<usize>common + CONTROL_BYTES);
  setScratch(<usize>scratch);
  usePrivatePartials();
  writeConstants();
}
/** Whether a thread has waited in vain for another. */
export function hasFault(): bool {
  return faulted();
}
/** Threads that the next runSteps would have, with `most` allowed. */
export function readyThreads(most: i32): i32 {
  return crewOf(most);
}

/** Which of the job's threads this is, and how many do it. */
let thread: i32 = 0;
let crew: i32 = 1;
/** Which place of the partial sums is next: the other one behind every record that threads leave without waiting. */
let place: i32 = 0;

/** What may stand between a thread and its next record: what the first thread did alone, nothing, what each did alone. */
const ALONE: i32 = 0;
const TOGETHER: i32 = 1;
const APART: i32 = 2;

/** Kernels.runOnce of contract.ts: indexes into ints and stats. Never shared. */
export function runOnce(plan: i32, count: i32, stats: i32): void {
  crew = 1;
  const first = <usize>plan << 2;
  interpret(first, first + <usize>count * RECORD_BYTES, STATS + (<usize>stats << 3));
}

/** Kernels.runSteps of contract.ts, by up to `most` threads. */
export function runSteps(
  plan: i32, count: i32, steps: i32, intTable: i32, floatTable: i32, stats: i32, recordLength: i32, watch: i32, careful: i32,
  most: i32,
): i32 {
  const threads = crewOf(most);
  thread = 0;
  place = 0;
  crew = threads;
  if (threads == 1) return train(plan, count, steps, intTable, floatTable, stats, recordLength, watch, careful);
  const to = order();
  store<i32>(to, plan);
  store<i32>(to, count, 4);
  store<i32>(to, steps, 8);
  store<i32>(to, stats, 12);
  store<i32>(to, recordLength, 16);
  store<i32>(to, watch, 20);
  post(threads);
  const done = train(plan, count, steps, intTable, floatTable, stats, recordLength, watch, careful);
  dismiss(threads);
  return done;
}

/** What the first thread does of runSteps: it alone sets the heads, and decides when to stop. */
function train(
  plan: i32, count: i32, steps: i32, intTable: i32, floatTable: i32, stats: i32, recordLength: i32, watch: i32, careful: i32,
): i32 {
  const watchAt = <usize>watch << 2;
  const first = <usize>plan << 2;
  const split = first + <usize>load<i32>(watchAt, Watch.split << 2) * RECORD_BYTES;
  const end = first + <usize>count * RECORD_BYTES;
  let ints = <usize>intTable << 2;
  let floats = FLOATS + (<usize>floatTable << 2);
  let record = STATS + (<usize>stats << 3);
  let calm = careful == 0;
  for (let k = 0; k < steps; k++) {
    v128.store(0, v128.load(ints));
    v128.store(16, v128.load(ints, 16));
    v128.store(FLOATS, v128.load(floats));
    v128.store(FLOATS + 16, v128.load(floats, 16));
    interpret(first, split, record);
    if (!calm || !calmBefore(record, watchAt)) return k;
    interpret(split, end, record);
    calm = calmAfter(record, watchAt);
    ints += HEAD_LENGTH << 2;
    floats += HEAD_LENGTH << 2;
    record += <usize>recordLength << 3;
  }
  return steps;
}

/**
 * A helper's whole life: it waits for jobs of the first thread's runSteps and does its part of them, for ever. Helper k
 * (from 1 on, in the order in which they come) has the k-th scratch space from `scratch` on, `scratchBytes` each.
 */
export function serve(common: i32, scratch: i32, patienceMs: i32): void {
  setControl(<usize>common, patienceMs);
  const index = enlist();
  initialize(common, scratch + (index - 1) * scratchBytes(), patienceMs);
  for (;;) {
    crew = awaitJob(index);
    thread = index;
    // Who was sent away early was so in the last meeting.
    if (help()) meetOf(crew);
  }
}
/** A helper's part of runSteps. Answers false where the first thread stopped early, at a meeting. */
function help(): bool {
  place = 0;
  const from = order();
  const first = <usize>load<i32>(from) << 2;
  const end = first + <usize>load<i32>(from, 4) * RECORD_BYTES;
  const steps = load<i32>(from, 8);
  let record = STATS + (<usize>load<i32>(from, 12) << 3);
  const length = <usize>load<i32>(from, 16) << 3;
  const split = first + <usize>load<i32>(<usize>load<i32>(from, 20) << 2, Watch.split << 2) * RECORD_BYTES;
  for (let k = 0; k < steps; k++) {
    if (!interpret(first, split, record) || !interpret(split, end, record)) return false;
    record += length;
  }
  return true;
}

/**
 * The records from `r` to `end`; `base` is the address of the step's statistics. Argument n lies at byte 4 (n + 1).
 * Of several threads the first does the records that are not shared while the others wait at the next one that is; after
 * one that is all meet, unless it is open. Answers false to a helper whose first thread has stopped.
 */
function interpret(r: usize, end: usize, base: usize): bool {
  // Before the first shared record all have to see what the first thread did before: heads, and the records in between.
  let before = ALONE;
  for (; r < end; r += RECORD_BYTES) {
    const word = load<i32>(r);
    // No plan has both these and records that are shared.
    if ((word & SMALL) != 0) {
      r = smallRun(word >>> 16, r, base);
      continue;
    }
    if (crew != 1) {
      const now = word < PARALLEL ? ALONE : (word & OWNED) == 0 ? TOGETHER : APART;
      if (now != before) {
        if (before == APART || before == ALONE) {
          meetOf(crew);
          if (!goesOn()) return false;
        }
        before = now;
      }
      if (now == TOGETHER) {
        setParts(thread, crew);
        setOpen((word & OPEN) != 0);
        useCommonPartials(place);
      } else if ((now == ALONE ? 0 : (word >>> 16) % crew) != thread) continue;
    }
    switch (word & (PARALLEL - 1)) {
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
      case Op.softmax:
        softmax(load<i32>(r, 4), load<i32>(r, 8), floatAt(r + 12), load<i32>(r, 16), statsOrNone(r + 20, base), load<i32>(r, 24));
        break;
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
    if (parts != 1) {
      if ((word & OPEN) == 0) meetOf(crew);
      // An open product takes no sums: what is in the one place may still be read while the other is written.
      else if ((word & (PARALLEL - 1)) != Op.gemm) place ^= 1;
      setParts(0, 1);
      usePrivatePartials();
    }
  }
  // The first thread looks at what the others have measured.
  if (before == APART) meetOf(crew);
  return true;
}
