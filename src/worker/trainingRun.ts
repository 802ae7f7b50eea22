// Owns the loop of one run inside its worker: slices of training between messages, records kept, progress told. Leaves
// messages to `trainingWorker.ts` and the numbers to the engine.
import type { Finding } from '../analysis/finding';
import { divergedSentence, type NonFinite } from '../engine/divergence';
import type { Progress, RunStatus } from '../protocol/run';
import { History } from '../runs/history';
import { type HistoryStore, HistoryWriter } from '../runs/historyFile';
import type { WorkerSurroundings } from './port';
import type { Prepared } from './prepare';

/** Training goes on so long before messages are looked at. */
const SLICE_MS = 10;
/** At most 20 progress messages a second. */
const PROGRESS_MS = 50;
const FLUSH_MS = 500;
/** The rate is that of the last second or so, so that it follows the machine's load. */
const RATE_MS = 500;
/** Findings are looked for so often, or less often where that takes more than a hundredth of the time. */
const JUDGE_MS = 1000;
const JUDGE_SHARE = 0.01;
const MOST_STEPS_A_SLICE = 4096;

export interface TrainingRunOptions {
  readonly historyLimitBytes: number;
  readonly historyStore?: HistoryStore;
  readonly paused: boolean;
}

export class TrainingRun {
  readonly history: History;
  readonly #around: WorkerSurroundings;
  readonly #record: Float64Array;
  #prepared: Prepared | undefined;
  #writer: HistoryWriter | undefined;
  #status: RunStatus = 'running';
  /** Steps that may still be done while paused. */
  #stepsWanted = 0;
  #scheduled = false;
  #stepsASlice = 1;
  #test: { readonly loss: number; readonly metric: number } | undefined;
  #rate = 0;
  #rateStep = 0;
  #rateSettled = false;
  #rateTime: number;
  #progressTime = -Infinity;
  #flushTime: number;
  #judgeTime: number;
  #findings: readonly Finding[] = [];
  #message: { readonly message: string; readonly hint: string } | undefined;
  #last: { step: number; loss: number; metric: number } = { step: 0, loss: Number.NaN, metric: Number.NaN };

  /** Says `started` and begins; throws what the file throws when it cannot be begun. */
  constructor(prepared: Prepared, options: TrainingRunOptions, around: WorkerSurroundings) {
    const { run, recordEvery } = prepared;
    this.#around = around;
    this.#prepared = prepared;
    this.history = new History(run.layout, { limitBytes: options.historyLimitBytes, stride: recordEvery });
    this.#record = new Float64Array(run.layout.width);
    this.#rateTime = this.#flushTime = around.now();
    this.#judgeTime = this.#rateTime + JUDGE_MS;
    const store = options.historyStore;
    if (store) this.#saving(() => new HistoryWriter(store, run, this.history));
    around.post({ type: 'started', run });
    if (run.mode === 'gradients') {
      this.#measure();
    } else {
      if (options.paused) this.#status = 'paused';
      this.#tellProgress();
      this.#schedule();
    }
  }

  get ended(): boolean {
    return this.#prepared === undefined;
  }

  pause(): void {
    if (this.ended || this.#status === 'paused') return;
    this.#status = 'paused';
    this.#flush();
    this.#tellProgress();
  }

  resume(): void {
    if (this.ended || this.#status === 'running') return;
    this.#status = 'running';
    this.#stepsWanted = 0;
    this.#restartRate();
    this.#tellProgress();
    this.#schedule();
  }

  step(): void {
    if (this.ended) return;
    this.#status = 'paused';
    this.#stepsWanted++;
    this.#schedule();
  }

  stop(): void {
    if (!this.ended) this.#end('cancelled');
  }

  progress(): Progress {
    const { step, loss, metric } = this.#last;
    const running = this.#status === 'running';
    const left = (this.#prepared?.trainer.totalSteps ?? step) - step;
    return {
      status: this.#status,
      step,
      loss,
      metric,
      testLoss: this.#test?.loss,
      testMetric: this.#test?.metric,
      stepsPerSecond: this.#rate,
      secondsLeft: running && this.#rate > 0 ? left / this.#rate : undefined,
      stride: this.history.stride,
      firstStep: this.history.firstStep,
      lastStep: this.history.lastStep,
      ...this.#message,
    };
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#around.defer(() => {
      this.#scheduled = false;
      if (!this.ended) this.#guarded(() => this.#slice());
    });
  }

  /** A fault in the loop ends this run and is told; the worker still answers for what was recorded. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#around.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
      const what = error instanceof Error ? error.message : String(error);
      this.#message = {
        message: `Training failed after step ${this.#last.step}: ${what}`,
        hint: 'The log of Gradoscope has more; what was recorded is kept.',
      };
      this.#end('failed');
    }
  }

  #slice(): void {
    if (!this.#prepared) return;
    const { trainer, evaluateEvery } = this.#prepared;
    const stepping = this.#status === 'paused';
    if (stepping && this.#stepsWanted === 0) return;
    const begun = this.#around.now();
    const untilEvaluation = evaluateEvery - (trainer.step % evaluateEvery);
    const wanted = Math.min(
      stepping ? 1 : this.#stepsASlice,
      trainer.totalSteps - trainer.step,
      Math.max(1, untilEvaluation),
    );
    const before = trainer.step;
    const done = wanted > 0 ? trainer.run(wanted) : 0;
    if (stepping) this.#stepsWanted--;
    this.#keep(before + 1, before + done);
    const finished = trainer.diverged || trainer.step >= trainer.totalSteps;
    this.#adapt(done, this.#around.now() - begun);
    if (!trainer.diverged && done > 0 && (finished || trainer.step % evaluateEvery === 0)) this.#evaluate();
    if (trainer.diverged && trainer.nonFinite) {
      this.#diverged(trainer.nonFinite);
      return;
    }
    if (finished) {
      this.#end('completed');
      return;
    }
    const now = this.#around.now();
    if (stepping || now - this.#flushTime >= FLUSH_MS) this.#flush();
    if (now >= this.#judgeTime) this.#judge('running');
    if (stepping || now - this.#progressTime >= PROGRESS_MS) this.#tellProgress();
    if (!stepping || this.#stepsWanted > 0) this.#schedule();
  }

  /** Keeps the records of steps first … last: those on the stride, the latest, and the first of all. */
  #keep(first: number, last: number): void {
    if (!this.#prepared || last < first) return;
    const { trainer, judge } = this.#prepared;
    for (let step = first; step <= last; step++) {
      const kept = step % this.history.stride === 0 || step === last || this.history.count === 0;
      const judged = judge?.step(step, trainer) ?? false;
      const wanted = kept || !Number.isFinite(trainer.lossOf(step));
      if (!wanted && !judged) continue;
      trainer.readRecord(step, this.#record);
      if (judged) judge?.record(step, this.#record);
      if (wanted) this.history.append(step, this.#record);
    }
    this.#last = { step: last, loss: trainer.lossOf(last), metric: trainer.metricOf(last) };
  }

  #evaluate(): void {
    if (!this.#prepared) return;
    const { trainer, judge } = this.#prepared;
    const test = trainer.evaluate();
    this.#test = test;
    if (test) judge?.evaluation(trainer.step, test.loss, test.metric);
  }

  /** Tells what the run shows so far, where that is news. */
  #judge(status: 'running' | 'completed' | 'cancelled' | 'diverged', bad?: NonFinite): void {
    const judge = this.#prepared?.judge;
    if (!judge) return;
    const begun = this.#around.now();
    try {
      const news = judge.news(status, bad);
      if (news) {
        this.#findings = news;
        this.#around.post({ type: 'findings', findings: news });
      }
    } catch (error) {
      // A fault in the judgement costs the judgement, not the run.
      this.#around.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    const now = this.#around.now();
    this.#judgeTime = now + Math.max(JUDGE_MS, (now - begun) / JUDGE_SHARE);
  }

  #adapt(done: number, elapsedMs: number): void {
    const ideal = done * (SLICE_MS / Math.max(elapsedMs, 0.01));
    // A single odd slice may halve or double the count, not more.
    const bounded = Math.min(Math.max(ideal, this.#stepsASlice / 2), this.#stepsASlice * 2);
    this.#stepsASlice = Math.max(1, Math.min(MOST_STEPS_A_SLICE, Math.round(bounded)));
    const now = this.#around.now();
    const window = now - this.#rateTime;
    // Until the first window is full its own figure serves, however rough; after that only full windows count.
    if (window <= 0 || (this.#rateSettled && window < RATE_MS)) return;
    const rate = ((this.#last.step - this.#rateStep) * 1000) / window;
    this.#rate = this.#rateSettled && window < 4 * RATE_MS ? (this.#rate + rate) / 2 : rate;
    if (window < RATE_MS) return;
    this.#rateSettled = true;
    this.#restartRate();
  }

  #restartRate(): void {
    this.#rateStep = this.#last.step;
    this.#rateTime = this.#around.now();
  }

  /** Show gradients: one batch at initialization, nothing updated. */
  #measure(): void {
    this.#guarded(() => {
      const trainer = this.#prepared!.trainer;
      const record = trainer.gradients(0);
      this.history.append(0, record);
      this.#last = { step: 0, loss: record[1] ?? Number.NaN, metric: record[2] ?? Number.NaN };
      if (trainer.nonFinite) this.#diverged(trainer.nonFinite);
      else this.#end('completed');
    });
  }

  #diverged(bad: NonFinite): void {
    this.#message = {
      message: divergedSentence(bad, this.#last.step),
      hint: 'Lower the learning rate, clip the gradient, or choose a smaller initialization.',
    };
    this.#end('diverged', bad);
  }

  #end(status: RunStatus, bad?: NonFinite): void {
    this.#status = status;
    if (status === 'completed' || status === 'cancelled' || status === 'diverged') this.#judge(status, bad);
    this.#saving(() => {
      this.#writer?.end({ ...this.progress(), findings: this.#findings });
      return this.#writer;
    });
    const progress = this.progress();
    // The trainer's memory and threads go with the run; the records stay.
    this.#prepared?.trainer.dispose();
    this.#prepared = undefined;
    this.#writer = undefined;
    this.#around.post({ type: 'ended', progress });
  }

  #flush(): void {
    this.#flushTime = this.#around.now();
    this.#saving(() => {
      this.#writer?.flush();
      return this.#writer;
    });
  }

  /** A file that cannot be written costs the saving, never the run; the user is told once. */
  #saving(act: () => HistoryWriter | undefined): void {
    try {
      this.#writer = act();
    } catch (error) {
      this.#writer = undefined;
      const why = error instanceof Error ? error.message : String(error);
      this.#around.log(`the run's records can no longer be saved: ${why}`);
      this.#message ??= {
        message: `The records can no longer be saved (${why}).`,
        hint: 'Free some disk space and train again to have them after a reload.',
      };
    }
  }

  #tellProgress(): void {
    this.#progressTime = this.#around.now();
    this.#around.post({ type: 'progress', progress: this.progress() });
  }
}
