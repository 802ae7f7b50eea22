// Owns what a training worker does with each message of its host. Written against a small port, so that it runs in a
// thread and in a plain test alike.
import { assertNever, UserError } from '../base/errors';
import type { Finding } from '../protocol/analysis';
import type { Failure, Progress, RunInfo } from '../protocol/run';
import type { StartOptions, ToWorker } from '../protocol/worker';
import type { History } from '../runs/history';
import { readHistory } from '../runs/historyFile';
import type { WorkerSurroundings } from './port';
import { TrainingRun } from './trainingRun';

/** Most that an opened history may take in memory. */
const OPEN_LIMIT_BYTES = 512 * 2 ** 20;

export class TrainingWorker {
  readonly #around: WorkerSurroundings;
  #run: TrainingRun | undefined;
  #history: History | undefined;

  constructor(around: WorkerSurroundings) {
    this.#around = around;
  }

  /** Never throws: every fault becomes a message. */
  receive(message: ToWorker): void {
    switch (message.type) {
      case 'start':
        this.#orFail(() => this.#start(message.options));
        break;
      case 'open':
        this.#orFail(() => this.#open(message.historyFile));
        break;
      case 'pause':
        this.#run?.pause();
        break;
      case 'resume':
        this.#run?.resume();
        break;
      case 'step':
        this.#run?.step();
        break;
      case 'stop':
        this.#run?.stop();
        break;
      case 'window':
        this.#orRefuse(message.id, (history) => {
          const reply = history.window(message.query);
          this.#around.post({ type: 'window', id: message.id, reply }, buffersOf(reply.counts, reply.values));
        });
        break;
      case 'record':
        this.#orRefuse(message.id, (history) => {
          const record = history.nearest(message.step);
          this.#around.post({ type: 'record', id: message.id, record }, record ? buffersOf(record) : []);
        });
        break;
      default:
        assertNever(message);
    }
  }

  #start(options: StartOptions): void {
    if (this.#run || this.#history) throw new Error('a training worker serves one run');
    const { historyFile, historyLimitBytes, paused } = options;
    const prepared = this.#around.prepare(options, this.#around.wallClock());
    const historyStore = historyFile ? this.#around.store(historyFile) : undefined;
    this.#run = new TrainingRun(prepared, { historyLimitBytes, historyStore, paused: paused ?? false }, this.#around);
    this.#history = this.#run.history;
  }

  #open(historyFile: string): void {
    if (this.#run || this.#history) throw new Error('a training worker serves one run');
    const { run, history, end } = readHistory(this.#around.store(historyFile), { limitBytes: OPEN_LIMIT_BYTES });
    this.#history = history;
    this.#around.post({ type: 'started', run: run as RunInfo });
    const { findings, progress } = endingOf(end);
    if (findings.length > 0) this.#around.post({ type: 'findings', findings });
    this.#around.post({ type: 'ended', progress: progress ?? interrupted(run as RunInfo, history) });
  }

  #orFail(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#around.post({ type: 'failed', failure: this.#failureOf(error) });
    }
  }

  #orRefuse(id: number, act: (history: History) => void): void {
    try {
      if (!this.#history) throw new UserError('This run has no records yet.', 'Ask again once it has started.');
      act(this.#history);
    } catch (error) {
      this.#around.post({ type: 'refused', id, failure: this.#failureOf(error) });
    }
  }

  #failureOf(error: unknown): Failure {
    if (error instanceof UserError) return { message: error.message, hint: error.hint, code: error.code };
    this.#around.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return {
      message: `The training worker failed: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'The log of Gradoscope has more.',
    };
  }
}

/** How a run stands whose file says nothing of its end: what ended it left no time for more. */
function interrupted(run: RunInfo, history: History): Progress {
  const record = history.lastStep === undefined ? undefined : history.nearest(history.lastStep);
  const column = (name: string): number => record?.[run.layout.measures.step.indexOf(name)] ?? Number.NaN;
  return {
    status: 'interrupted',
    step: history.lastStep ?? 0,
    loss: column('loss'),
    metric: column('metric'),
    stepsPerSecond: 0,
    stride: history.stride,
    firstStep: history.firstStep,
    lastStep: history.lastStep,
  };
}

/** What a file says of a run's end. Files of earlier versions have no findings. */
function endingOf(end: unknown): { readonly progress?: Progress; readonly findings: readonly Finding[] } {
  const { findings, ...progress } = (end ?? {}) as Partial<Progress> & { readonly findings?: unknown };
  if (typeof progress.status !== 'string' || typeof progress.step !== 'number') return { findings: [] };
  return { progress: progress as Progress, findings: Array.isArray(findings) ? (findings as Finding[]) : [] };
}

function buffersOf(...views: (Float64Array | Uint32Array)[]): ArrayBuffer[] {
  return views.map((v) => v.buffer as ArrayBuffer);
}
