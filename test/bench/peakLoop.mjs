// Owns the loop behind peak.ts, compiled as the kernels are: without relaxed SIMD and with it.
import { writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

/** Independent sums: more than two units of latency four need, few enough for the registers. */
export const SUMS = 10;

const names = Array.from({ length: SUMS }, (_, i) => `s${i}`);
const source = `
// @ts-ignore: decorator
@inline function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}
export function loop(turns: i32, x: f32, y: f32): f32 {
  const a = f32x4.splat(x), b = f32x4.splat(y);
  let ${names.map((s, i) => `${s} = f32x4.splat(${i})`).join(', ')};
  for (let i = 0; i < turns; i++) {
    ${names.map((s) => `${s} = fma(a, b, ${s});`).join('\n    ')}
  }
  return f32x4.extract_lane(${names.reduce((sum, s) => `f32x4.add(${sum}, ${s})`)}, 0);
}
`;

/** @param {string} folder where peak-simd.wasm and peak-relaxed.wasm go */
export async function buildPeakLoop(folder) {
  for (const [flavour, enable] of [
    ['simd', ['simd']],
    ['relaxed', ['simd', 'relaxed-simd']],
  ]) {
    const { binary, error, stderr } = await asc.compileString(source, { optimizeLevel: 3, runtime: 'stub', enable });
    if (error || !binary) throw new Error(`the peak loop does not compile: ${stderr}`);
    writeFileSync(`${folder}/peak-${flavour}.wasm`, binary);
  }
}
