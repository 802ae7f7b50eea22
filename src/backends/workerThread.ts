// Owns a worker thread as the embedded backend sees it, and the real one of Node. What is said over it is `embedded.ts`'s.
import { Worker } from 'node:worker_threads';
import type { ToWorker } from '../protocol/worker';

/** As much of a worker thread as is needed, which takes messages of type M; tests stand in for it. */
export interface WorkerThread<M = ToWorker> {
  postMessage(message: M): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, with what is known of the reason; after it the thread is gone. */
  onExit(listener: (reason: string) => void): void;
  onOutput(listener: (text: string) => void): void;
  terminate(): void;
}

/** A thread that runs a bundled worker. */
export function spawnWorkerThread<M = ToWorker>(file: string, name = 'gradoscope-training'): WorkerThread<M> {
  // The host's own flags and environment are not the worker's business; its error output goes to the log.
  const worker = new Worker(file, { name, execArgv: [], stdout: true, stderr: true });
  let reason = '';
  worker.on('error', (error: unknown) => {
    reason = error instanceof Error ? error.message : String(error);
  });
  return {
    postMessage: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on('message', listener),
    onExit: (listener) => void worker.on('exit', (code) => listener(reason || `exit code ${code}`)),
    onOutput: (listener) => {
      for (const stream of [worker.stdout, worker.stderr])
        stream.on('data', (chunk: Buffer) => listener(String(chunk)));
    },
    terminate: () => void worker.terminate(),
  };
}
