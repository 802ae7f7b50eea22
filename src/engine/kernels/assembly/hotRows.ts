// Owns the two activations that have no time to lose, tanh and sigmoid, over whole rows: bias, function, zeros for what is
// tiny. V8 builds vector constants anew wherever they are used, three instructions each, but keeps what was loaded before
// a loop: so the constants of both lie in memory, and are loaded from there. That makes tanh a third faster.
import { scratch, SCRATCH_CONSTANTS } from './memory';
import { flush, fma, TINY } from './simd';

/** Writes the constants into scratch; once, before the first step. */
export function writeConstants(): void {
  const at = scratch + SCRATCH_CONSTANTS;
  v128.store(at, f32x4.splat(8.023340225219727), 0);
  v128.store(at, f32x4.splat(-8.023340225219727), 16);
  v128.store(at, f32x4.splat(-2.76076847742355e-16), 32);
  v128.store(at, f32x4.splat(2.00018790482477e-13), 48);
  v128.store(at, f32x4.splat(-8.60467152213735e-11), 64);
  v128.store(at, f32x4.splat(5.12229709037114e-8), 80);
  v128.store(at, f32x4.splat(1.48572235717979e-5), 96);
  v128.store(at, f32x4.splat(6.37261928875436e-4), 112);
  v128.store(at, f32x4.splat(4.89352455891786e-3), 128);
  v128.store(at, f32x4.splat(1.19825839466702e-6), 144);
  v128.store(at, f32x4.splat(1.18534705686654e-4), 160);
  v128.store(at, f32x4.splat(2.268434632439e-3), 176);
  v128.store(at, f32x4.splat(4.89352518554385e-3), 192);
  v128.store(at, f32x4.splat(TINY), 208);
  v128.store(at, f32x4.splat(87.33654), 224);
  v128.store(at, f32x4.splat(-87.33654), 240);
  v128.store(at, f32x4.splat(1.44269504088896341), 256);
  v128.store(at, f32x4.splat(12582912), 272);
  v128.store(at, f32x4.splat(-0.693359375), 288);
  v128.store(at, f32x4.splat(2.1219444e-4), 304);
  v128.store(at, f32x4.splat(1.98756915e-4), 320);
  v128.store(at, f32x4.splat(1.3981999507e-3), 336);
  v128.store(at, f32x4.splat(8.3334519073e-3), 352);
  v128.store(at, f32x4.splat(4.1665795894e-2), 368);
  v128.store(at, f32x4.splat(1.6666665459e-1), 384);
  v128.store(at, f32x4.splat(5.0000001201e-1), 400);
  v128.store(at, f32x4.splat(1), 416);
  v128.store(at, i32x4.splat(0x3f800000), 432);
  v128.store(at, f32x4.splat(TINY), 448);
  v128.store(at, f32x4.splat(9.313225746154785e-10), 464);
  v128.store(at, i32x4.splat(0x7fffffff), 480);
}

/** z = z + bias into Z and H, where both are wanted. */
function spread(units: i32, positions: i32, Z: usize, H: usize, bias: usize, stride: usize, gap: usize): void {
  for (let q = 0; q < positions; q++) {
    for (let u = 0; u < units; u++) {
      const b = bias == 0 ? f32x4.splat(0) : v128.load_splat<f32>(bias + (<usize>u << 2));
      for (const end = Z + stride; Z < end; Z += 16) {
        const z = f32x4.add(v128.load(Z), b);
        v128.store(Z, z);
        v128.store(H, z);
        H += 16;
      }
    }
    Z += gap;
    H += gap;
  }
}

/**
 * h = tanh(z + bias) by the rational approximation that Eigen uses: relative error 3e-7, and never beyond ±1. Inputs are
 * cut at ±8.0233, the first number at which the approximation is exactly 1 both with fused multiply-add and without: what
 * was left short of 1 would be a slope that no saturated unit has. Z, H: positions times `units` rows of `stride` bytes,
 * then `gap` bytes; z is kept where Z is not H. bias: 0 for none.
 */
export function tanhRows(
  units: i32, positions: i32, Z: usize, H: usize, bias: usize, stride: usize, gap: usize = 0,
): void {
  if (Z != H) {
    spread(units, positions, Z, H, bias, stride, gap);
    bias = 0;
  }
  const constants = scratch + SCRATCH_CONSTANTS;
  for (let q = 0; q < positions; q++) {
    for (let u = 0; u < units; u++) {
      const b = bias == 0 ? f32x4.splat(0) : v128.load_splat<f32>(bias + (<usize>u << 2));
      for (const end = H + stride; H < end; H += 32) {
        tanhPair(constants, H, f32x4.add(v128.load(H), b), f32x4.add(v128.load(H, 16), b));
      }
    }
    H += gap;
  }
}
/**
 * Two vectors side by side, so that a constant is loaded for both, and from where it lies: of what does not fit the sixteen
 * registers, V8 would move more than that. In pairs of powers rather than one by one: what waits for what is shorter.
 */
// @ts-ignore: decorator
@inline function tanhPair(constants: usize, to: usize, z: v128, z2: v128): void {
  const limit = v128.load(constants, 0), minusLimit = v128.load(constants, 16);
  const x = f32x4.pmax(f32x4.pmin(z, limit), minusLimit), y = f32x4.pmax(f32x4.pmin(z2, limit), minusLimit);
  // Where x is so small that the result is x itself, its square and powers would be denormal, and slow: 2^−30 does as well.
  const least = v128.load(constants, 464);
  const x2 = f32x4.pmax(f32x4.mul(x, x), least), y2 = f32x4.pmax(f32x4.mul(y, y), least);
  const x4 = f32x4.mul(x2, x2), y4 = f32x4.mul(y2, y2);
  const p5 = v128.load(constants, 48), p4 = v128.load(constants, 64), p6 = v128.load(constants, 32);
  let top = fma(p6, x4, fma(p5, x2, p4)), top2 = fma(p6, y4, fma(p5, y2, p4));
  const p3 = v128.load(constants, 80), p2 = v128.load(constants, 96);
  top = fma(top, x4, fma(p3, x2, p2));
  top2 = fma(top2, y4, fma(p3, y2, p2));
  const p1 = v128.load(constants, 112), p0 = v128.load(constants, 128);
  top = fma(top, x4, fma(p1, x2, p0));
  top2 = fma(top2, y4, fma(p1, y2, p0));
  const q3 = v128.load(constants, 144), q2 = v128.load(constants, 160);
  let bottom = fma(q3, x2, q2), bottom2 = fma(q3, y2, q2);
  const q1 = v128.load(constants, 176), q0 = v128.load(constants, 192);
  bottom = fma(bottom, x4, fma(q1, x2, q0));
  bottom2 = fma(bottom2, y4, fma(q1, y2, q0));
  const tiny = v128.load(constants, 208), magnitude = v128.load(constants, 480);
  const h = f32x4.div(f32x4.mul(x, top), bottom), h2 = f32x4.div(f32x4.mul(y, top2), bottom2);
  v128.store(to, v128.andnot(h, f32x4.lt(v128.and(h, magnitude), tiny)));
  v128.store(to, v128.andnot(h2, f32x4.lt(v128.and(h2, magnitude), tiny)), 16);
}

/** h = 1 ÷ (1 + e^−(z + bias)), otherwise as `tanhRows`. e^x as in functions.ts. */
export function sigmoidRows(
  units: i32, positions: i32, Z: usize, H: usize, bias: usize, stride: usize, gap: usize = 0,
): void {
  if (Z != H) {
    spread(units, positions, Z, H, bias, stride, gap);
    bias = 0;
  }
  const constants = scratch + SCRATCH_CONSTANTS;
  const limit = v128.load(constants, 224), minusLimit = v128.load(constants, 240), perLn2 = v128.load(constants, 256);
  const magic = v128.load(constants, 272), ln2High = v128.load(constants, 288), ln2Low = v128.load(constants, 304);
  const c5 = v128.load(constants, 320), c4 = v128.load(constants, 336), c3 = v128.load(constants, 352);
  const c2 = v128.load(constants, 368), c1 = v128.load(constants, 384), c0 = v128.load(constants, 400);
  const one = v128.load(constants, 416), oneBits = v128.load(constants, 432), tiny = v128.load(constants, 448);
  for (let q = 0; q < positions; q++) {
    for (let u = 0; u < units; u++) {
      const b = bias == 0 ? f32x4.splat(0) : v128.load_splat<f32>(bias + (<usize>u << 2));
      for (const end = H + stride; H < end; H += 16) {
        const z = f32x4.add(v128.load(H), b);
        const x = f32x4.pmax(f32x4.pmin(f32x4.neg(z), limit), minusLimit);
        // 1.5 · 2^23 more leaves the nearest integer in the low bits.
        const shifted = fma(x, perLn2, magic);
        const n = f32x4.sub(shifted, magic);
        const r = fma(n, ln2Low, fma(n, ln2High, x));
        let p = fma(c5, r, c4);
        p = fma(p, r, c3);
        p = fma(p, r, c2);
        p = fma(p, r, c1);
        p = fma(p, r, c0);
        const power = i32x4.add(i32x4.shl(shifted, 23), oneBits);
        const e = f32x4.mul(fma(p, f32x4.mul(r, r), f32x4.add(r, one)), power);
        v128.store(H, flush(f32x4.div(one, f32x4.add(one, e)), tiny));
      }
    }
    H += gap;
  }
}
