// Owns the interface of whoever trains: the embedded worker today, other engines behind the same words. Knows neither
// `vscode` nor how a backend does it.
import type { Disposable } from '../base/disposable';
import type { Finding } from '../protocol/analysis';
import type { Failure, Progress, RunInfo, WindowQuery, WindowReply } from '../protocol/run';
import type { StartOptions } from '../protocol/worker';

/** What a run tells its owner, in this order: `started` at most once, `progress` and `findings` often, then `ended` or `failed` once. */
export interface RunListener {
  started(run: RunInfo): void;
  progress(progress: Progress): void;
  /** What the run shows so far: all of it, in place of what was told before. Ranges are of the text as it was started. */
  findings(findings: readonly Finding[]): void;
  /** Nothing is trained any more; records can still be asked for. */
  ended(progress: Progress): void;
  /** It never started. */
  failed(failure: Failure): void;
  /** A fault of ours or the worker's own output, for the log alone. */
  log(text: string): void;
}

/** One run as its owner drives it. Calls that no longer apply do nothing. */
export interface BackendRun extends Disposable {
  pause(): void;
  resume(): void;
  /** One step, paused after it. */
  step(): void;
  /** `ended` follows at once or within `STOP_SHOWN_MS`, whatever the engine is busy with. */
  stop(): void;
  /** Throws UserError when refused, timed out, or nobody is left to answer. */
  window(query: WindowQuery): Promise<WindowReply>;
  /** The record of the step, or of the nearest one kept before it; undefined where there is none. Throws as `window`. */
  record(step: number): Promise<Float64Array | undefined>;
}

export interface Backend {
  start(options: StartOptions, listener: RunListener): BackendRun;
  /** Serves the records of an earlier run from its file: `started` and `ended` follow, or `failed`. */
  open(historyFile: string, listener: RunListener): BackendRun;
}
