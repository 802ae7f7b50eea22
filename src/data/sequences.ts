// Owns the sources of sequences that are made from the seed. Leaves shuffle, split and normalization to `samples.ts`.
//
// - adding: step t is (v, m): v uniform on (0, 1), m = 1 at one step of the first half, ⌊length/2⌋ steps, and at one of the
//   second, else 0. Target: the sum of the two marked v, + noise·n with n standard normal. The task of Hochreiter &
//   Schmidhuber (1997) in the form of Le, Jaitly & Hinton (2015).
// - copy:   what stands at a step is blank (0), a symbol (1 … symbols) or the mark “repeat” (symbols + 1): first `length`
//   random symbols, then the mark, then `length` blanks. Labels: 0 up to the mark and at it, then the symbols in their
//   order, so that each has to be kept for length + 1 steps. With `oneHot` a step is a row with 1 at that number,
//   + noise·n everywhere; otherwise the number itself.
import { Random } from '../base/random';
import { copySteps } from '../spec/dataShape';
import type { DataSpec } from '../spec/schema';
import { checkTotal, type RawSamples, type SourceShape } from './samples';

type AddingSpec = Extract<DataSpec, { source: 'adding' }>;
type CopySpec = Extract<DataSpec, { source: 'copy' }>;

/** Makes the samples of the adding problem. @throws DataError NS303 where they are too many */
export function makeAdding(data: AddingSpec, seed: number): { shape: SourceShape; samples: RawSamples } {
  const { samples: count, length } = data;
  checkTotal(count, 2 * length, ['data', 'samples']);
  const random = new Random(seed, 'data');
  const inputs = new Float32Array(count * length * 2);
  const targets = new Float32Array(count);
  const half = Math.floor(length / 2);
  for (let i = 0; i < count; i++) {
    const at = i * length * 2;
    for (let t = 0; t < length; t++) inputs[at + 2 * t] = random.uniform();
    const first = at + 2 * random.below(half);
    const second = at + 2 * (half + random.below(length - half));
    inputs[first + 1] = 1;
    inputs[second + 1] = 1;
    targets[i] = inputs[first]! + inputs[second]! + data.noise * random.normal();
  }
  const shape = { inputShape: [length, 2], targetKind: 'values', targetShape: [1] } as const;
  return { shape, samples: { count, inputs, scale: 1, targets } };
}

/** Makes sequences to be repeated. @throws DataError NS303 where they are too many */
export function makeCopy(data: CopySpec, seed: number): { shape: SourceShape; samples: RawSamples } {
  const { samples: count, length, symbols, oneHot, noise } = data;
  const steps = copySteps(length);
  const width = oneHot ? symbols + 2 : 1;
  checkTotal(count, steps * (width + 1), ['data', 'samples']);
  const random = new Random(seed, 'data');
  const inputs = new Float32Array(count * steps * width);
  const targets = new Int32Array(count * steps);
  const put = (step: number, what: number): void => {
    if (oneHot) inputs[step * width + what] = 1;
    else inputs[step] = what;
  };
  for (let i = 0; i < count; i++) {
    const at = i * steps;
    for (let t = 0; t < length; t++) {
      const symbol = 1 + random.below(symbols);
      put(at + t, symbol);
      put(at + length + 1 + t, 0);
      targets[at + length + 1 + t] = symbol;
    }
    put(at + length, symbols + 1);
  }
  // A stream of its own: the same sequences with any noise.
  const disturbance = new Random(seed, 'data/noise');
  if (oneHot && noise > 0) for (let k = 0; k < inputs.length; k++) inputs[k]! += noise * disturbance.normal();
  const inputShape = oneHot ? [steps, width] : [steps];
  const shape = { inputShape, targetKind: 'classes', targetShape: [steps], classes: symbols + 1 } as const;
  return { shape, samples: { count, inputs, scale: 1, targets } };
}
