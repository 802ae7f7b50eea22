// Owns what the engine asks of its host to have threads, which it cannot start itself, and when that is worth while. What
// threads do is the kernels' (`kernels/wasm.ts`, `kernels/assembly/threads.ts`).

/** What a helper's thread is given. All of it can be sent to a thread. */
export interface HelperTask {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Arguments of the export `serve`. */
  readonly serve: readonly number[];
}

/** A helper as its network sees it. */
export interface Helper {
  /** Ends it at once, whatever it is at. */
  stop(): void;
}

/** Starts helpers. */
export interface ThreadSource {
  /** Threads that one network may use, the one that trains included. */
  readonly count: number;
  /**
   * Starts a thread that does `new WebAssembly.Instance(module, { env: { memory } }).exports.serve(...serve)`, which does
   * not return. It has to keep no process alive.
   * @param onEnd called where it ends otherwise than by `stop`, or could not start
   */
  start(task: HelperTask, onEnd: () => void): Helper;
}

/** A step below so much shared work, some 100 µs of one thread, is not worth a second one. In `parallel.ts`'s unit. */
export const LEAST_SHARED_WORK = 800_000;
