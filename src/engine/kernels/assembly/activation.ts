// Owns φ and φ′ of the element-wise activations, four floats at once. The code of the activation is a constant wherever
// these are inlined into a loop of their own, so that the choice costs nothing there.
import { Activation } from './contract';
import * as functions from './functions';
import { fma, oneMinusSquare } from './simd';

const SELU_SCALE: f32 = 1.0507009873554805;
const SELU_SCALED_ALPHA: f32 = 1.7580993408473768;

/** φ(z) of all but tanh and sigmoid, which hotRows.ts has. `alpha`: slope of leakyRelu, scale of elu. */
// @ts-ignore: decorator
@inline export function activate(code: i32, z: v128, alpha: v128): v128 {
  const zero = f32x4.splat(0);
  // Not pmax(z, 0): that would turn NaN into 0.
  if (code == Activation.relu) return v128.andnot(z, f32x4.lt(z, zero));
  if (code == Activation.leakyRelu) return v128.bitselect(z, f32x4.mul(z, alpha), f32x4.gt(z, zero));
  if (code == Activation.elu) return v128.bitselect(z, f32x4.mul(functions.expm1(z), alpha), f32x4.gt(z, zero));
  if (code == Activation.selu) {
    const left = f32x4.mul(functions.expm1(z), f32x4.splat(SELU_SCALED_ALPHA));
    return v128.bitselect(f32x4.mul(z, f32x4.splat(SELU_SCALE)), left, f32x4.gt(z, zero));
  }
  if (code == Activation.softplus) return functions.softplus(z);
  if (code == Activation.softsign) return f32x4.div(z, f32x4.add(f32x4.abs(z), f32x4.splat(1)));
  if (code == Activation.hardSigmoid) return clamp(fma(z, f32x4.splat(0.2), f32x4.splat(0.5)), 0, 1);
  if (code == Activation.hardTanh) return clamp(z, -1, 1);
  if (code == Activation.relu6) return clamp(z, 0, 6);
  if (code == Activation.gelu) return functions.gelu(z);
  if (code == Activation.silu) return functions.silu(z);
  if (code == Activation.mish) return functions.mish(z);
  return z;
}

/** dh · φ′, φ′ from y: h or z, as LAST_DERIVATIVE_FROM_OUTPUT in contract.ts says. */
// @ts-ignore: decorator
@inline export function backward(code: i32, dh: v128, y: v128, alpha: v128): v128 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  // As in PyTorch, a NaN output does not stop the gradient: a run that breaks must not look like one that vanished.
  if (code == Activation.relu) return v128.andnot(dh, f32x4.le(y, zero));
  if (code == Activation.tanh) return f32x4.mul(dh, oneMinusSquare(y));
  if (code == Activation.sigmoid) return f32x4.mul(dh, f32x4.mul(y, f32x4.sub(one, y)));
  if (code == Activation.leakyRelu) return v128.bitselect(dh, f32x4.mul(dh, alpha), f32x4.gt(y, zero));
  if (code == Activation.elu) return v128.bitselect(dh, f32x4.mul(dh, f32x4.add(y, alpha)), f32x4.gt(y, zero));
  if (code == Activation.selu) {
    const left = f32x4.add(y, f32x4.splat(SELU_SCALED_ALPHA));
    return f32x4.mul(dh, v128.bitselect(f32x4.splat(SELU_SCALE), left, f32x4.gt(y, zero)));
  }
  if (code == Activation.softplus) return f32x4.mul(dh, f32x4.neg(functions.expm1(f32x4.neg(y))));
  if (code == Activation.softsign) {
    const d = f32x4.sub(one, f32x4.abs(y));
    return f32x4.mul(dh, f32x4.mul(d, d));
  }
  if (code == Activation.hardSigmoid) return f32x4.mul(v128.andnot(dh, outside(y, 0, 1)), f32x4.splat(0.2));
  if (code == Activation.hardTanh) return v128.andnot(dh, outside(y, -1, 1));
  if (code == Activation.relu6) return v128.andnot(dh, outside(y, 0, 6));
  if (code == Activation.gelu) return f32x4.mul(dh, functions.geluDerivative(y));
  if (code == Activation.silu) return f32x4.mul(dh, functions.siluDerivative(y));
  if (code == Activation.mish) return f32x4.mul(dh, functions.mishDerivative(y));
  return dh;
}

/** All ones where h of a squashing activation hardly passes gradients on: φ′ below 5 % of its maximum (netspec.md). */
// @ts-ignore: decorator
@inline export function saturated(code: i32, h: v128): v128 {
  const one = f32x4.splat(1);
  if (code == Activation.tanh) return f32x4.gt(f32x4.mul(h, h), f32x4.splat(0.95));
  if (code == Activation.sigmoid) return f32x4.lt(f32x4.mul(h, f32x4.sub(one, h)), f32x4.splat(0.0125));
  if (code == Activation.softsign) return f32x4.gt(f32x4.abs(h), f32x4.splat(0.7763932022500211));
  if (code == Activation.hardSigmoid) return v128.or(f32x4.le(h, f32x4.splat(0)), f32x4.ge(h, one));
  if (code == Activation.hardTanh) return f32x4.ge(f32x4.abs(h), one);
  return f32x4.splat(0);
}

/** The activations that `saturated` knows. */
// @ts-ignore: decorator
@inline export function saturates(code: i32): bool {
  return (
    code == Activation.tanh ||
    code == Activation.sigmoid ||
    code == Activation.softsign ||
    code == Activation.hardSigmoid ||
    code == Activation.hardTanh
  );
}

// @ts-ignore: decorator
@inline function clamp(x: v128, low: f32, high: f32): v128 {
  return f32x4.pmax(f32x4.pmin(x, f32x4.splat(high)), f32x4.splat(low));
}
// @ts-ignore: decorator
@inline function outside(x: v128, low: f32, high: f32): v128 {
  return v128.or(f32x4.le(x, f32x4.splat(low)), f32x4.ge(x, f32x4.splat(high)));
}
