// Owns what the engine asks of its host to have threads, which it cannot start itself, and when that is worth while. What
// threads do is the kernels' (`kernels/wasm.ts`, `kernels/assembly/threads.ts`).

/** What the kernels import beside their memory: assembly/threads.ts. */
export interface ThreadImports {
  /** Sleeps while the word at `at` (bytes) is `value`; answers 1 where `limitMs` are over, which are none if negative. */
  sleep(at: number, value: number, limitMs: number): number;
  /** Wakes all that sleep at `at`. */
  wake(at: number): void;
}

export function threadImports(memory: WebAssembly.Memory): ThreadImports {
  const words = new Int32Array(memory.buffer);
  return {
    sleep: (at, value, limitMs) =>
      Atomics.wait(words, at >>> 2, value, limitMs < 0 ? Number.POSITIVE_INFINITY : limitMs) === 'timed-out' ? 1 : 0,
    wake: (at) => void Atomics.notify(words, at >>> 2),
  };
}

/** The whole program of a helper: a function of its task, as text, so that it needs no file. It does not return. */
export const HELPER_PROGRAM = `({ module, memory, serve }) => {
  const words = new Int32Array(memory.buffer);
  const sleep = (at, value, limitMs) =>
    Atomics.wait(words, at >>> 2, value, limitMs < 0 ? Infinity : limitMs) === 'timed-out' ? 1 : 0;
  const wake = (at) => void Atomics.notify(words, at >>> 2);
  new WebAssembly.Instance(module, { env: { memory, sleep, wake } }).exports.serve(...serve);
}`;

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
  /** Milliseconds that only go forward, to find out whether the helpers help; they always work where it is absent. */
  readonly now?: () => number;
  /**
   * Starts a thread that runs HELPER_PROGRAM on the task. It has to keep no process alive.
   * @param onEnd called where it ends otherwise than by `stop`, or could not start
   */
  start(task: HelperTask, onEnd: () => void): Helper;
}

/** A step below so much shared work, some 100 µs of one thread, is not worth a second one. In `parallel.ts`'s unit. */
export const LEAST_SHARED_WORK = 800_000;
