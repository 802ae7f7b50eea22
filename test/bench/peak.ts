// Owns the measure of what the machine's 128-bit SIMD can do at most: a loop of multiply-adds that wait for nothing but
// themselves, in WebAssembly, fused where the kernels' are here. The loop itself: peakLoop.mjs.
import { readFileSync } from 'node:fs';
import { wasmFlavours } from '../../src/engine/kernels/wasm';

/** Turns of the loop in one step of the workload `peak`. */
const TURNS = 100_000;

export function peak(): (done: () => boolean) => number {
  const flavour = wasmFlavours()[0] === 'wasm-relaxed-simd' ? 'relaxed' : 'simd';
  const module = new WebAssembly.Module(readFileSync(`out/bench/peak-${flavour}.wasm`));
  // It imports nothing; the kernels do.
  const instance = new WebAssembly.Instance(module, { env: { memory: new WebAssembly.Memory({ initial: 1 }) } });
  const { loop } = instance.exports;
  if (typeof loop !== 'function') throw new Error('there is no loop');
  return (done) => {
    let turns = 0;
    do {
      loop(TURNS, 1e-3, 1e-3);
      turns += TURNS;
    } while (!done());
    return turns;
  };
}
