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
  /**
   * Starts a thread that runs HELPER_PROGRAM on the task. It has to keep no process alive.
   * @param onEnd called where it ends otherwise than by `stop`, or could not start
   */
  start(task: HelperTask, onEnd: () => void): Helper;
  /** Milliseconds on any clock; where there is none, all threads are always used. */
  now?(): number;
}

/**
 * Milliseconds of training with all threads before one alone is tried for the first time (by then the kernels are compiled
 * for good), of each trial, and in between.
 */
const FIRST_TRIAL_MS = 200;
const TRIAL_MS = 10;
const BETWEEN_TRIALS_MS = 500;
/** What is changed to has to be so much faster. */
const GAIN = 0.97;

/**
 * Chooses between all threads and one alone by how fast steps were lately: where other programs keep the processors busy,
 * threads that wait for each other are slower than one. Results do not depend on the choice.
 */
export class ThreadChoice {
  /** Whether all are used, and whether that is on trial. */
  #all = true;
  #onTrial = false;
  /** Of the present choice, and milliseconds a step of the one before. */
  #spent = 0;
  #steps = 0;
  #before = 0;
  #until = FIRST_TRIAL_MS;

  /** Whether the next steps are to be done by all. */
  get all(): boolean {
    return this.#all;
  }

  /** What steps took that were done as chosen. */
  add(steps: number, milliseconds: number): void {
    this.#steps += steps;
    this.#spent += milliseconds;
    if (this.#spent < this.#until || this.#steps === 0) return;
    const rate = this.#spent / this.#steps;
    if (this.#onTrial) {
      this.#onTrial = false;
      if (rate > GAIN * this.#before) this.#all = !this.#all;
      this.#until = BETWEEN_TRIALS_MS;
    } else {
      this.#onTrial = true;
      this.#before = rate;
      this.#all = !this.#all;
      this.#until = TRIAL_MS;
    }
    this.#spent = 0;
    this.#steps = 0;
  }
}

/** A step below so much shared work, some 100 µs of one thread, is not worth a second one. In `parallel.ts`'s unit. */
export const LEAST_SHARED_WORK = 800_000;
