// Owns the WebAssembly kernels as the engine sees them: which of the two builds runs here, its memory, its calls. The
// operations themselves are in `assembly/`.
import relaxedBytes from '../../../build/kernels-relaxed.wasm';
import simdBytes from '../../../build/kernels-simd.wasm';
import type { ArenaBytes } from '../arena';
import { ALIGNMENT_BYTES, createSharedArena, orOutOfMemory, SHARED_HEAD_BYTES } from '../arena';
import type { Kernels } from './contract';
import { FLOAT_HEAD, HEAD_LENGTH } from './contract';

/** The exports of assembly/index.ts that are called from here. */
interface KernelExports {
  scratchBytes(): number;
  initialize(scratch: number): void;
  runOnce(plan: number, count: number, stats: number): number;
  runSteps(
    plan: number,
    count: number,
    steps: number,
    intTable: number,
    floatTable: number,
    stats: number,
    recordLength: number,
    lossOffset: number,
  ): number;
}

export type WasmFlavour = 'wasm-simd' | 'wasm-relaxed-simd';

const PAGE_BYTES = 65536;
const MOST_BYTES = 65536 * PAGE_BYTES;

// Modules of one function that answers a vector, i8x16.splat(0) in the first and f32x4.relaxed_madd of three such in the
// second: an engine without the feature takes them for broken.
const HEADER = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10];
const SPLAT_ZERO = [65, 0, 253, 15];
const SIMD_PROBE = Uint8Array.from([...HEADER, 8, 1, 6, 0, ...SPLAT_ZERO, 11]);
const RELAXED_PROBE = Uint8Array.from([
  ...HEADER,
  19,
  1,
  17,
  0,
  ...SPLAT_ZERO,
  ...SPLAT_ZERO,
  ...SPLAT_ZERO,
  253,
  0x85,
  2,
  11,
]);

/**
 * Asks the engine to accept relaxed SIMD, where it knows it but has it behind a flag: V8 11.3, which is Node 20.
 * A no-op elsewhere, such as in a browser.
 */
export function enableRelaxedSimd(): void {
  const host = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const v8 = host.process?.getBuiltinModule?.('node:v8') as
    | { setFlagsFromString?: (flags: string) => void }
    | undefined;
  v8?.setFlagsFromString?.('--experimental-wasm-relaxed-simd');
}

/** The builds that this machine can run, best first; none where WebAssembly or its SIMD is missing. */
export function wasmFlavours(enable: () => void = enableRelaxedSimd): readonly WasmFlavour[] {
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(SIMD_PROBE)) return [];
  if (!WebAssembly.validate(RELAXED_PROBE)) enable();
  return WebAssembly.validate(RELAXED_PROBE) ? ['wasm-relaxed-simd', 'wasm-simd'] : ['wasm-simd'];
}

const modules = new Map<WasmFlavour, WebAssembly.Module>();

function moduleOf(flavour: WasmFlavour): WebAssembly.Module {
  let module = modules.get(flavour);
  if (!module) {
    module = new WebAssembly.Module(flavour === 'wasm-simd' ? simdBytes : relaxedBytes);
    modules.set(flavour, module);
  }
  return module;
}

/**
 * Kernels over one WebAssembly memory, float32.
 * @param bytes what the plan will allocate in each view (`alignedBytes` of each allocation); the heads and the kernels'
 * own scratch space come on top
 * @param flavour which build to run; the best that runs here where absent
 * @throws UserError where the machine has not that much memory; Error where it cannot run the build at all (ask
 * `wasmFlavours` first, and take the reference kernels)
 */
export function createWasmKernels(bytes: ArenaBytes, flavour: WasmFlavour | undefined = wasmFlavours()[0]): Kernels {
  if (!flavour) throw new Error('this machine runs no WebAssembly SIMD');
  const module = moduleOf(flavour);
  const round = (n: number): number => Math.ceil(n / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const arenaEnd = SHARED_HEAD_BYTES + round(bytes.floats) + round(bytes.ints) + round(bytes.stats);
  const pagesFor = (end: number): number => Math.ceil(end / PAGE_BYTES);
  const memory = orOutOfMemory(arenaEnd, () => {
    if (arenaEnd > MOST_BYTES) throw new RangeError('more than 32 bits can address');
    return new WebAssembly.Memory({ initial: pagesFor(arenaEnd) });
  });
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = instance.exports as unknown as KernelExports;
  // How much scratch space there has to be behind the arena, only the build knows.
  orOutOfMemory(arenaEnd, () => memory.grow(pagesFor(arenaEnd + kernels.scratchBytes()) - pagesFor(arenaEnd)));
  kernels.initialize(arenaEnd);
  const arena = createSharedArena(memory.buffer, arenaEnd);
  arena.allocateInts(HEAD_LENGTH);
  arena.allocateFloats(HEAD_LENGTH);
  arena.floats[FLOAT_HEAD.clipScale] = 1;
  return {
    name: flavour,
    arena,
    floatBytes: 4,
    runOnce(plan, count, stats) {
      kernels.runOnce(plan, count, stats);
    },
    runSteps: (...args) => kernels.runSteps(...args),
  };
}
