// Owns the embedded backend: one worker thread a run, its messages, its death. What the thread does inside is the worker
// room's; how a run is shown is the extension's.
import { UserError } from '../base/errors';
import type { Failure, Progress, RunInfo, WindowQuery, WindowReply } from '../protocol/run';
import type { FromWorker, StartOptions, ToWorker } from '../protocol/worker';
import type { Backend, BackendRun, RunListener } from './backend';
import { Requests } from './requests';
import type { WorkerThread } from './workerThread';

/** A stopped run is shown as stopped after this, whatever the worker is busy with. */
export const STOP_SHOWN_MS = 80;
/** A worker that has not answered `stop` by then is terminated. */
export const STOP_GRACE_MS = 2000;
const REQUEST_TIMEOUT_MS = 10_000;

export interface EmbeddedOptions {
  readonly spawn: () => WorkerThread;
  readonly requestTimeoutMs?: number;
  readonly stopShownMs?: number;
  readonly stopGraceMs?: number;
}

/** A run that also lets tests end its worker as a crash would. */
export interface EmbeddedRun extends BackendRun {
  killWorker(): void;
}

/** Trains in a worker thread of this process. */
export class EmbeddedBackend implements Backend {
  readonly #options: EmbeddedOptions;

  constructor(options: EmbeddedOptions) {
    this.#options = options;
  }

  start(options: StartOptions, listener: RunListener): EmbeddedRun {
    return new Run(this.#options, listener, { type: 'start', options }, options.historyFile);
  }

  open(historyFile: string, listener: RunListener): EmbeddedRun {
    return new Run(this.#options, listener, { type: 'open', historyFile }, historyFile);
  }
}

const IDLE: Progress = {
  status: 'starting',
  step: 0,
  loss: Number.NaN,
  metric: Number.NaN,
  stepsPerSecond: 0,
  stride: 1,
};

class Run implements EmbeddedRun {
  readonly #options: EmbeddedOptions;
  readonly #listener: RunListener;
  readonly #historyFile: string | undefined;
  readonly #requests: Requests;
  #thread: WorkerThread | undefined;
  #info: RunInfo | undefined;
  #progress: Progress = IDLE;
  #ended = false;
  #disposed = false;
  /** Set while a stop waits for the worker's answer; the worker may still correct the figures then. */
  #stopTimers: ReturnType<typeof setTimeout>[] = [];

  constructor(
    options: EmbeddedOptions,
    listener: RunListener,
    first: Extract<ToWorker, { type: 'start' | 'open' }>,
    historyFile: string | undefined,
  ) {
    this.#options = options;
    this.#listener = listener;
    this.#historyFile = historyFile;
    this.#requests = new Requests(options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS);
    this.#thread = this.#spawn();
    this.#thread.postMessage(first);
  }

  pause(): void {
    this.#tell('pause');
  }

  resume(): void {
    this.#tell('resume');
  }

  step(): void {
    this.#tell('step');
  }

  stop(): void {
    if (this.#ended || this.#stopTimers.length > 0) return;
    if (!this.#info) {
      // Nothing is recorded yet: there is nothing to wait for.
      this.#drop(new UserError('The run was stopped before it started.', 'Train again.'));
      this.#end({ ...this.#progress, status: 'cancelled' });
      return;
    }
    this.#tell('stop');
    this.#stopTimers = [
      setTimeout(() => this.#end(this.#stopped()), this.#options.stopShownMs ?? STOP_SHOWN_MS),
      setTimeout(() => {
        this.#drop(new UserError('The training worker did not stop and was ended.', 'Train again.'));
        this.#end(this.#stopped());
      }, this.#options.stopGraceMs ?? STOP_GRACE_MS),
    ];
  }

  window(query: WindowQuery): Promise<WindowReply> {
    return this.#ask<WindowReply>('the records', (id) => ({ type: 'window', id, query }));
  }

  record(step: number): Promise<Float64Array | undefined> {
    return this.#ask<Float64Array | undefined>('the record', (id) => ({ type: 'record', id, step }));
  }

  killWorker(): void {
    this.#thread?.terminate();
  }

  dispose(): void {
    this.#disposed = true;
    this.#drop(new UserError('The run was closed.', 'Train again.'));
  }

  #stopped(): Progress {
    const { secondsLeft: _none, ...rest } = this.#progress;
    return { ...rest, status: 'cancelled' };
  }

  #tell(type: 'pause' | 'resume' | 'step' | 'stop'): void {
    if (!this.#ended) this.#thread?.postMessage({ type });
  }

  async #ask<T>(what: string, message: (id: number) => ToWorker): Promise<T> {
    if (this.#disposed) throw new UserError('The run was closed.', 'Train again.');
    this.#thread ??= this.#reopen();
    const thread = this.#thread;
    return this.#requests.send<T>(what, (id) => thread.postMessage(message(id)));
  }

  /** After a worker's death its records are served from what it had written. */
  #reopen(): WorkerThread {
    if (!this.#historyFile || !this.#info) {
      throw new UserError('The records of this run are gone with its worker.', 'Train again to see them.');
    }
    const thread = this.#spawn();
    thread.postMessage({ type: 'open', historyFile: this.#historyFile });
    return thread;
  }

  #spawn(): WorkerThread {
    const thread = this.#options.spawn();
    thread.onMessage((message) => {
      if (thread === this.#thread) this.#receive(message);
    });
    thread.onExit((reason) => {
      if (thread === this.#thread) this.#died(reason);
    });
    thread.onOutput((text) => this.#listener.log(text));
    return thread;
  }

  #receive(message: unknown): void {
    if (this.#disposed) return;
    if (!isFromWorker(message)) {
      this.#listener.log(`unknown message of the training worker: ${JSON.stringify(message)?.slice(0, 200)}`);
      return;
    }
    switch (message.type) {
      case 'started':
        if (this.#info) return;
        this.#info = message.run;
        this.#listener.started(message.run);
        break;
      case 'progress':
        if (this.#ended) return;
        this.#progress = message.progress;
        this.#listener.progress(message.progress);
        break;
      case 'findings':
        // Also after a stop was shown: the worker judges the whole run before it says its end.
        this.#listener.findings(message.findings);
        break;
      case 'ended':
        this.#workerEnded(message.progress);
        break;
      case 'failed':
        this.#workerFailed(message.failure);
        break;
      case 'window':
        this.#requests.settle(message.id, message.reply);
        break;
      case 'record':
        this.#requests.settle(message.id, message.record);
        break;
      case 'refused':
        this.#requests.refuse(message.id, errorOf(message.failure));
        break;
    }
  }

  #workerFailed(failure: Failure): void {
    this.#drop(errorOf(failure));
    if (this.#info) {
      this.#end({ ...this.#progress, status: 'failed', message: failure.message, hint: failure.hint });
    } else if (!this.#ended) {
      this.#ended = true;
      this.#listener.failed(failure);
    }
  }

  #workerEnded(progress: Progress): void {
    const stopping = this.#stopTimers.length > 0;
    this.#clearTimers();
    if (!this.#ended) {
      this.#end(progress);
      return;
    }
    // The stop was shown before the worker's answer: its figures are the true ones. (A reopened file says nothing new.)
    if (stopping) {
      this.#progress = progress;
      this.#listener.progress(progress);
    }
  }

  #died(reason: string): void {
    this.#thread = undefined;
    this.#clearTimers();
    const message = `The training worker ended unexpectedly (${reason}).`;
    const hint = this.#historyFile
      ? 'Train again; what was recorded up to the last saved step is kept.'
      : 'Train again; its records are lost.';
    this.#requests.refuseAll(new UserError(message, hint));
    if (this.#disposed || this.#ended) return;
    this.#listener.log(message);
    if (this.#info) {
      const { secondsLeft: _none, ...rest } = this.#progress;
      this.#end({ ...rest, status: 'failed', stepsPerSecond: 0, message, hint });
      return;
    }
    this.#ended = true;
    this.#listener.failed({ message, hint: 'Train again.' });
  }

  #end(progress: Progress): void {
    if (this.#ended || this.#disposed) return;
    this.#ended = true;
    this.#progress = progress;
    this.#listener.ended(progress);
  }

  /** Ends the thread on purpose. */
  #drop(error: UserError): void {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#clearTimers();
    thread?.terminate();
    this.#requests.refuseAll(error);
  }

  #clearTimers(): void {
    for (const timer of this.#stopTimers) clearTimeout(timer);
    this.#stopTimers = [];
  }
}

function errorOf({ message, hint, code }: Failure): UserError {
  return new UserError(message, hint, code);
}

const TYPES: ReadonlySet<string> = new Set<FromWorker['type']>([
  'started',
  'progress',
  'findings',
  'ended',
  'failed',
  'window',
  'record',
  'refused',
]);

/** The thread runs our own code, so its tag is checked and not every field. */
function isFromWorker(message: unknown): message is FromWorker {
  if (typeof message !== 'object' || message === null) return false;
  const { type } = message as { readonly type?: unknown };
  return typeof type === 'string' && TYPES.has(type);
}
