// Owns what a training worker needs of its surroundings, so that plain Node tests run it without a thread.
import type { FromWorker } from '../protocol/worker';
import type { HistoryStore } from '../runs/historyFile';
import type { PrepareRun } from './prepare';

export interface WorkerSurroundings {
  /** Sends to the host; the buffers in `transfer` are given away. */
  post(message: FromWorker, transfer?: readonly ArrayBuffer[]): void;
  /** Milliseconds that only go forward. */
  now(): number;
  /** Milliseconds since 1970. */
  wallClock(): number;
  /** Runs the task soon, after messages that have arrived. */
  defer(task: () => void): void;
  store(historyFile: string): HistoryStore;
  prepare: PrepareRun;
  /** For the host's log. */
  log(text: string): void;
}
