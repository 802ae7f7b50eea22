// Owns the threads that Node gives the engine. What they do is the engine's; this starts and ends them.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { HELPER_PROGRAM, type Helper, type HelperTask, type ThreadSource } from '../engine/threads';

/** More hardly pay: a step has as many meetings for eight threads as for two. */
const MOST_THREADS = 4;

const PROGRAM = `(${HELPER_PROGRAM})(require('node:worker_threads').workerData);`;

/** @param count threads that a network may use, the one that trains included */
export function nodeThreads(count = Math.min(availableParallelism(), MOST_THREADS)): ThreadSource {
  return { count, start: startHelper, now: () => performance.now() };
}

function startHelper(task: HelperTask, onEnd: () => void): Helper {
  let stopped = false;
  const end = (): void => {
    if (!stopped) onEnd();
  };
  try {
    // It says nothing: what becomes of it, `onEnd` tells.
    const worker = new Worker(PROGRAM, {
      eval: true,
      name: 'gradoscope-helper',
      workerData: task,
      execArgv: [],
      env: {},
      stdout: true,
      stderr: true,
    });
    worker.on('error', end);
    worker.on('exit', end);
    worker.unref();
    return {
      stop() {
        stopped = true;
        void worker.terminate();
      },
    };
  } catch {
    // No more threads, or none at all: the network trains without.
    end();
    return { stop() {} };
  }
}
