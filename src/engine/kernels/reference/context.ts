// Owns what every reference operation is given: the memory, and the limits that depend on the precision.
import type { EngineMemory } from '../contract';

export interface ReferenceContext extends EngineMemory {
  /** Magnitudes below this become 0 in activations and gradients: 2^−100 in float32; 0 in float64, which has room. */
  readonly flushBelow: number;
  /** The smallest normal number of the precision: below it the optimizer and its states get 0. */
  readonly smallestNormal: number;
  /** Rounds to the precision. */
  readonly round: (x: number) => number;
}

/** An operation: `p` is the index in `ints` of its first argument, `base` where the step's record of statistics starts. */
export type ReferenceOperation = (c: ReferenceContext, p: number, base: number) => void;

/** x · 2^e without the intermediate overflow or underflow of Math.pow. */
export function scaleByPower(x: number, e: number): number {
  let y = x;
  let rest = e;
  for (; rest > 1000 && y !== 0; rest -= 1000) y *= 2 ** 1000;
  for (; rest < -1000 && y !== 0; rest += 1000) y *= 2 ** -1000;
  return y === 0 ? y : y * 2 ** rest;
}
