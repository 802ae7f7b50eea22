// Owns the WebAssembly kernels as the engine sees them: which of the two builds runs here, its memory, its calls. The
// operations themselves are in `assembly/`.
import relaxedBytes from '../../../build/kernels-relaxed.wasm';
import simdBytes from '../../../build/kernels-simd.wasm';
import type { ArenaBytes } from '../arena';
import { ALIGNMENT_BYTES, createSharedArena, orOutOfMemory, SHARED_HEAD_BYTES } from '../arena';
import { ThreadChoice, type ThreadSource, threadImports } from '../threads';
import type { Kernels } from './contract';
import { FLOAT_HEAD, HEAD_LENGTH } from './contract';

/** The exports of assembly/index.ts that are called from here. */
interface KernelExports {
  commonBytes(): number;
  scratchBytes(): number;
  initialize(common: number, scratch: number, patienceMs: number): void;
  hasFault(): number;
  orthonormalize(count: number, stride: number, at: number, dots: number): void;
  readyThreads(most: number): number;
  runOnce(plan: number, count: number, stats: number): void;
  runSteps(
    plan: number,
    count: number,
    steps: number,
    intTable: number,
    floatTable: number,
    stats: number,
    recordLength: number,
    watch: number,
    careful: number,
    most: number,
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

/**
 * The import of the memory as the builds have it: shared, with a maximum of 65,536 pages. The byte at SHARED_FLAG is 3
 * for that and 1 for plain memory; all else, atomics included, is the same in both.
 */
const MEMORY_IMPORT = [3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2, 3, 1, 0x80, 0x80, 4];
const SHARED_FLAG = 12;

/** A build as it is compiled: for plain or for shared memory. */
interface CompiledBuild {
  readonly module: WebAssembly.Module;
  /** Bytes behind the arena: for all threads together, and for each. */
  readonly commonBytes: number;
  readonly scratchBytes: number;
}
const builds = new Map<string, CompiledBuild>();

function buildOf(flavour: WasmFlavour, shared: boolean): CompiledBuild {
  const key = `${flavour}/${shared}`;
  let build = builds.get(key);
  if (!build) {
    const bytes = flavour === 'wasm-simd' ? simdBytes : relaxedBytes;
    const module = new WebAssembly.Module(shared ? bytes : withPlainMemory(bytes));
    // What the build wants of the memory only it can say, and it speaks only once it has some.
    const asked = instantiate(module, new WebAssembly.Memory({ initial: 1, maximum: 1, shared }));
    build = { module, commonBytes: asked.commonBytes(), scratchBytes: asked.scratchBytes() };
    builds.set(key, build);
  }
  return build;
}

function withPlainMemory(bytes: Uint8Array): Uint8Array {
  const at = bytes.findIndex((_, i) => MEMORY_IMPORT.every((byte, k) => bytes[i + k] === byte));
  if (at < 0) throw new Error('the build imports its memory in another way');
  const plain = bytes.slice();
  plain[at + SHARED_FLAG] = 1;
  return plain;
}

function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  return new WebAssembly.Instance(module, { env: { memory, ...threadImports(memory) } })
    .exports as unknown as KernelExports;
}

export interface ThreadOptions {
  /** Where helpers come from; none where absent, or where this machine shares no memory. */
  readonly threads?: ThreadSource | undefined;
  /** Milliseconds after which a thread that does not come is taken for dead. */
  readonly patienceMs?: number;
}

/** Room for the products of four vectors with the 32 of a block. */
const DOTS_BYTES = 1024;

/**
 * `orthonormalize` of `../orthonormal.ts`, bit for bit, in a memory of its own.
 * @returns whether it was done; not where the machine cannot run the build or has not that much memory
 */
export function orthonormalizeFast(
  vectors: Float64Array,
  count: number,
  stride: number,
  flavour: WasmFlavour | undefined = wasmFlavours()[0],
): boolean {
  if (!flavour) return false;
  let memory: WebAssembly.Memory;
  const pages = Math.ceil((DOTS_BYTES + vectors.byteLength) / PAGE_BYTES);
  try {
    memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
  const inside = new Float64Array(memory.buffer, DOTS_BYTES, vectors.length);
  inside.set(vectors);
  const { module } = buildOf(flavour, false);
  instantiate(module, memory).orthonormalize(count, stride * 8, DOTS_BYTES, 0);
  vectors.set(inside);
  return true;
}

/** No record takes so long. */
const PATIENCE_MS = 60_000;
/** The job's word has eight bits for their number. */
const MOST_THREADS = 64;

/**
 * Kernels over one WebAssembly memory, float32.
 * @param bytes what the plan will allocate in each view (`alignedBytes` of each allocation); the heads and the kernels'
 * own scratch space come on top
 * @param flavour which build to run; the best that runs here where absent
 * @throws UserError where the machine has not that much memory; Error where it cannot run the build at all (ask
 * `wasmFlavours` first, and take the reference kernels)
 */
export function createWasmKernels(
  bytes: ArenaBytes,
  flavour: WasmFlavour | undefined = wasmFlavours()[0],
  options: ThreadOptions = {},
): Kernels {
  const { patienceMs = PATIENCE_MS } = options;
  if (!flavour) throw new Error('this machine runs no WebAssembly SIMD');
  const wanted = Math.min(options.threads?.count ?? 1, MOST_THREADS);
  const { build, memory, arenaEnd, most } =
    (wanted > 1 ? withShared(bytes, flavour, wanted) : undefined) ?? withPlain(bytes, flavour);
  const kernels = instantiate(build.module, memory);
  const scratch = arenaEnd + build.commonBytes;
  kernels.initialize(arenaEnd, scratch, patienceMs);
  const arena = createSharedArena(memory.buffer, arenaEnd);
  arena.allocateInts(HEAD_LENGTH);
  arena.allocateFloats(HEAD_LENGTH);
  arena.floats[FLOAT_HEAD.clipScale] = 1;
  // A helper that ended may have been counted already: the others then do without any.
  let allowed = most;
  const choice = new ThreadChoice();
  const serve = [arenaEnd, scratch + build.scratchBytes, patienceMs];
  const alone = () => {
    allowed = 1;
  };
  const helpers = Array.from({ length: most - 1 }, () =>
    options.threads!.start({ module: build.module, memory, serve }, alone),
  );
  return {
    name: flavour,
    arena,
    floatBytes: 4,
    get threads() {
      return kernels.readyThreads(allowed);
    },
    runOnce(plan, count, stats) {
      kernels.runOnce(plan, count, stats);
    },
    runSteps(plan, count, steps, intTable, floatTable, stats, recordLength, watch, careful) {
      const begun = options.threads?.now?.() ?? 0;
      try {
        const done = kernels.runSteps(
          plan,
          count,
          steps,
          intTable,
          floatTable,
          stats,
          recordLength,
          watch,
          careful ? 1 : 0,
          choice.all ? allowed : 1,
        );
        if (options.threads?.now && kernels.readyThreads(allowed) > 1) choice.add(done, options.threads.now() - begun);
        return done;
      } catch (error) {
        if (most > 1 && kernels.hasFault()) throw new Error('a thread of the engine has died', { cause: error });
        throw error;
      }
    },
    dispose() {
      alone();
      for (const helper of helpers.splice(0)) helper.stop();
    },
  };
}

interface KernelMemory {
  readonly build: CompiledBuild;
  readonly memory: WebAssembly.Memory;
  /** One behind the last byte of the arena. */
  readonly arenaEnd: number;
  /** Threads that it has room for. */
  readonly most: number;
}

/** Undefined where the machine shares no memory, or not so much. */
function withShared(bytes: ArenaBytes, flavour: WasmFlavour, threads: number): KernelMemory | undefined {
  if (typeof SharedArrayBuffer === 'undefined') return undefined;
  try {
    return reserve(buildOf(flavour, true), bytes, threads, true);
  } catch {
    return undefined;
  }
}

function withPlain(bytes: ArenaBytes, flavour: WasmFlavour): KernelMemory {
  return reserve(buildOf(flavour, false), bytes, 1, false);
}

function reserve(build: CompiledBuild, bytes: ArenaBytes, threads: number, shared: boolean): KernelMemory {
  const round = (n: number): number => Math.ceil(n / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const arenaEnd = SHARED_HEAD_BYTES + round(bytes.floats) + round(bytes.ints) + round(bytes.stats);
  const end = arenaEnd + build.commonBytes + threads * build.scratchBytes;
  const memory = orOutOfMemory(end, () => {
    if (end > MOST_BYTES) throw new RangeError('more than 32 bits can address');
    const pages = Math.ceil(end / PAGE_BYTES);
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  });
  return { build, memory, arenaEnd, most: threads };
}
