// Owns the look that every step gets before it changes anything: whether its statistics are so large that something may
// have overflowed, or may yet. Why that is enough, `../watch.ts` says.
import { Watch } from './contract';

// ACTIVATION_RAW, GRADIENT_RAW, TIME_RAW, PARAMETER_RAW of contract.ts, in bytes.
const ACTIVATION_BYTES: usize = 48;
const GRADIENT_BYTES: usize = 64;
const TIME_BYTES: usize = 16;
const PARAMETER_BYTES: usize = 80;

/** `isCalmBefore` of ../watch.ts. `base`: the step's statistics; `watch`: WATCH of contract.ts, both as addresses. */
export function calmBefore(base: usize, watch: usize): bool {
  const largest = largestOf(watch);
  const squares = largest * largest;
  const magnitude = i64x2.splat(0x7fffffffffffffff);
  // Limits of pairs of numbers; a NaN is never below.
  const first = f64x2(largest, Infinity);
  const second = f64x2(squares, Infinity);
  const third = f64x2(Infinity, squares);
  const fourth = f64x2(0, squares);
  let calm = f64x2.lt(f64x2.abs(v128.load64_splat(at(base, watch, Watch.loss))), f64x2.splat(Infinity));
  const layers = load<i32>(watch, Watch.layers << 2);
  let activation = at(base, watch, Watch.activations);
  let gradient = at(base, watch, Watch.gradients);
  for (let k = 0; k < layers; k++) {
    // pivot, sum; sumOfSquares, zeros
    calm = v128.and(calm, f64x2.le(v128.and(v128.load(activation), magnitude), first));
    calm = v128.and(calm, f64x2.le(v128.load(activation, 16), second));
    // sum, sumOfSquares; exponent, incomingSumOfSquares
    calm = v128.and(calm, f64x2.le(v128.load(gradient), third));
    calm = v128.and(calm, f64x2.le(v128.load(gradient, 48), fourth));
    activation += ACTIVATION_BYTES;
    gradient += GRADIENT_BYTES;
  }
  // sumOfSquares, exponent
  const fifth = f64x2(squares, 0);
  let time = at(base, watch, Watch.times);
  for (let k = load<i32>(watch, Watch.timeCount << 2); k > 0; k--) {
    calm = v128.and(calm, f64x2.le(v128.load(time), fifth));
    time += TIME_BYTES;
  }
  return i64x2.all_true(calm);
}

/** `isCalmAfter` of ../watch.ts. */
export function calmAfter(base: usize, watch: usize): bool {
  const largest = largestOf(watch);
  const first = f64x2(Infinity, largest * largest);
  const second = f64x2.splat(largest * largest);
  let calm = i64x2.splat(-1);
  const parameters = load<i32>(watch, Watch.parameterCount << 2);
  let parameter = at(base, watch, Watch.parameters);
  for (let k = 0; k < parameters; k++) {
    // sum, sumOfSquares; updateSumOfSquares, weightSumOfSquares
    calm = v128.and(calm, f64x2.le(v128.load(parameter), first));
    calm = v128.and(calm, f64x2.le(v128.load(parameter, 64), second));
    parameter += PARAMETER_BYTES;
  }
  return i64x2.all_true(calm);
}

// @ts-ignore: decorator
@inline function largestOf(watch: usize): f64 {
  return <f64>(<i64>1 << load<i32>(watch, Watch.power << 2));
}
// @ts-ignore: decorator
@inline function at(base: usize, watch: usize, index: i32): usize {
  return base + (<usize>load<i32>(watch + (<usize>index << 2)) << 3);
}
