// Owns the reference of the poolings, forward and backward.
import { POOL_CODE } from '../contract';
import type { ReferenceContext } from './context';
import { forEachTap, type Geometry, geometryAt } from './geometry';

/** How many taps of each window lie inside of the input: at least one. */
function trueCells(g: Geometry): Float64Array {
  const counts = new Float64Array(g.outHeight * g.outWidth);
  forEachTap(g, (output) => {
    counts[output]!++;
  });
  return counts;
}

/** OP.pool */
export function pool(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const g = geometryAt(c, ints[p + 4]!);
  const [X, Y, winner] = [ints[p + 5]!, ints[p + 6]!, ints[p + 7]!];
  // A position's channels and columns, one after the other.
  const size = g.inChannels * ints[p + 8]!;
  const isMax = ints[p + 3] === POOL_CODE.max;
  const counts = trueCells(g);
  const results = new Float64Array(counts.length * size);
  const seen = new Uint8Array(counts.length);
  forEachTap(g, (output, input, tap) => {
    for (let k = 0; k < size; k++) {
      const x = floats[X + input * size + k]!;
      const at = output * size + k;
      if (!isMax) results[at]! += x / counts[output]!;
      else if (!seen[output] || x > results[at]! || Number.isNaN(x)) {
        results[at] = x;
        if (winner >= 0) floats[winner + at] = tap;
      }
    }
    seen[output] = 1;
  });
  floats.set(results, Y);
}

/** OP.poolBackward */
export function poolBackward(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const g = geometryAt(c, ints[p + 4]!);
  const [dY, dX, winner] = [ints[p + 5]!, ints[p + 6]!, ints[p + 7]!];
  const size = g.inChannels * ints[p + 8]!;
  const isMax = ints[p + 3] === POOL_CODE.max;
  const counts = trueCells(g);
  const sums = new Float64Array(g.inHeight * g.inWidth * size);
  forEachTap(g, (output, input, tap) => {
    for (let k = 0; k < size; k++) {
      const at = output * size + k;
      if (!isMax) sums[input * size + k]! += floats[dY + at]! / counts[output]!;
      else if (floats[winner + at] === tap) sums[input * size + k]! += floats[dY + at]!;
    }
  });
  floats.set(sums, dX);
}
