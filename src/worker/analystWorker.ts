// Owns what the analysis worker does with each message of its host: which request goes first, which is given up, and how long
// work is split into slices. Written against a small port, so that it runs in a thread and in a plain test alike.
import { type Judged, judge } from '../analysis/evaluate';
import { type FixOptions, type FixProgress, fixAll, measureRemedies } from '../analysis/fix';
import { remedyPredictor } from '../analysis/predictedRemedies';
import { assertNever, UserError } from '../base/errors';
import { nodeFiles } from '../data/nodeFiles';
import { type OpenedSpecText, TextOpener } from '../data/openText';
import type { AnalysisSubject, FromAnalyst, ToAnalyst } from '../protocol/analysis';
import type { Failure } from '../protocol/run';

/** The probe waits for so much quiet: it cannot be broken off, and a keystroke's answer would come after it. */
export const PROBE_AFTER_MS = 80;
/** Long work lets messages in after this. */
const SLICE_MS = 20;
/** At most ten reports of progress a second. */
const PROGRESS_EVERY_MS = 100;
/** Input numbers beyond which data is not read while somebody types: 200 MB, some seconds from a table. */
const MOST_INPUT_NUMBERS = 50e6;
/** Undo and redo, and several remedies of one text, find what was judged before. */
const MOST_JUDGED = 6;

/** The surroundings of the worker. Plain tests stand in for them. */
export interface AnalystSurroundings {
  post(message: FromAnalyst): void;
  /** Milliseconds that only go forward. */
  now(): number;
  /** Runs the task soon, after messages that have arrived. */
  defer(task: () => void): void;
  /** Runs the task after so many milliseconds. */
  later(task: () => void, afterMs: number): void;
  /** For the host's log. */
  log(text: string): void;
  /** What is done; tests put other work in its place. */
  readonly work?: AnalystWork;
}

/** The analysis room's part. */
export interface AnalystWork {
  readonly judge: typeof judge;
  readonly remedyPredictor: typeof remedyPredictor;
  measureRemedies(options: FixOptions): ReturnType<typeof measureRemedies>;
  fixAll(options: FixOptions): ReturnType<typeof fixAll>;
}

type Request<T extends ToAnalyst['type']> = Extract<ToAnalyst, { readonly type: T }>;

interface JudgedText {
  readonly opened: OpenedSpecText;
  readonly probe: boolean;
  readonly judged: Judged | undefined;
}

export class AnalystWorker {
  readonly #around: AnalystSurroundings;
  readonly #work: AnalystWork;
  readonly #opener = new TextOpener();
  /** Of each source, the request that is not yet answered in full. */
  readonly #latest = new Map<string, number>();
  /** Requests that are being worked on and were not cancelled. */
  readonly #open = new Set<number>();
  /** By subject; the one used last stands last. */
  readonly #judged = new Map<string, JudgedText>();

  constructor(around: AnalystSurroundings) {
    this.#around = around;
    this.#work = around.work ?? { judge, remedyPredictor, measureRemedies, fixAll };
  }

  /** Never throws: every fault becomes a message. */
  receive(message: ToAnalyst): void {
    switch (message.type) {
      case 'analyze':
        this.#supersede(message);
        this.#begin(message.id, () => this.#analyze(message));
        break;
      case 'remedies':
        this.#begin(message.id, () => this.#remedies(message));
        break;
      case 'fix':
        this.#begin(message.id, () =>
          this.#drive(message.id, this.#work.measureRemedies(this.#fixOptions(message.subject)), (result) => {
            this.#around.post({ type: 'fixed', id: message.id, result });
          }),
        );
        break;
      case 'fixAll':
        this.#begin(message.id, () =>
          this.#drive(message.id, this.#work.fixAll(this.#fixOptions(message.subject)), ({ text, applied, left }) => {
            this.#around.post({ type: 'fixedAll', id: message.id, text, applied, left });
          }),
        );
        break;
      case 'cancel':
        this.#cancel(message.id, CANCELLED);
        break;
      default:
        assertNever(message);
    }
  }

  #supersede({ id, source }: Request<'analyze'>): void {
    const before = this.#latest.get(source);
    if (before !== undefined) this.#cancel(before, SUPERSEDED);
    this.#latest.set(source, id);
  }

  #cancel(id: number, failure: Failure): void {
    if (this.#open.delete(id)) this.#around.post({ type: 'failed', id, failure });
  }

  #begin(id: number, act: () => void): void {
    this.#open.add(id);
    this.#around.defer(() => this.#guard(id, act));
  }

  /** Does a part of a request unless it was cancelled. What it throws ends that request alone. */
  #guard(id: number, act: () => void): void {
    if (!this.#open.has(id)) return;
    try {
      act();
    } catch (error) {
      this.#open.delete(id);
      this.#around.post({ type: 'failed', id, failure: this.#failureOf(error) });
    }
  }

  #analyze({ id, source, probe, subject }: Request<'analyze'>): void {
    const answer = (probed: boolean, last: boolean): JudgedText => {
      const known = this.#judge(subject, probed);
      const { prediction, findings = [], probe: measured } = known.judged ?? {};
      // A text with errors, or one that was measured before, has no more to come.
      const ends = last || !known.judged || known.probe === probe;
      if (ends) {
        this.#open.delete(id);
        if (this.#latest.get(source) === id) this.#latest.delete(source);
      }
      const message = { id, prediction, findings, probed: measured !== undefined, last: ends };
      this.#around.post({ type: 'analyzed', ...message });
      return known;
    };
    answer(false, !probe);
    if (!this.#open.has(id)) return;
    this.#around.later(() => this.#guard(id, () => void answer(true, true)), PROBE_AFTER_MS);
  }

  #remedies({ id, codes, runFindings = [], subject }: Request<'remedies'>): void {
    const { judged } = this.#judge(subject, false);
    const wanted = new Set(codes);
    const findings = [...(judged?.findings ?? []), ...runFindings].filter(({ code }) => wanted.has(code));
    const remedies = judged
      ? this.#work.remedyPredictor(subject.text, judged.evidence, (text) => this.#openText(subject, text))(findings)
      : [];
    const original = judged?.prediction.firstToLast;
    const known = original === undefined || Number.isNaN(original) ? {} : { originalFirstToLast: original };
    this.#open.delete(id);
    this.#around.post({ type: 'remedies', id, remedies: remedies.map((r) => ({ ...r, ...known })) });
  }

  /** The judgement of the subject's text, taken from memory where it was made with as much before. */
  #judge(subject: AnalysisSubject, probe: boolean): JudgedText {
    const { text, folder, allowedFolders, memoryLimitBytes, thresholds } = subject;
    const key = JSON.stringify([text, folder, allowedFolders, memoryLimitBytes, thresholds]);
    const opened = this.#openText(subject);
    const before = this.#judged.get(key);
    this.#judged.delete(key);
    const holds = before && before.opened.dataset === opened.dataset && (before.probe || !probe);
    const known = holds
      ? before
      : { opened, probe, judged: this.#work.judge(opened.analysis, opened.dataset, subject.thresholds, { probe }) };
    this.#judged.set(key, known);
    for (const oldest of this.#judged.keys()) {
      if (this.#judged.size <= MOST_JUDGED) break;
      this.#judged.delete(oldest);
    }
    return known;
  }

  /** @param text instead of the subject's own, such as the text with a remedy */
  #openText(subject: AnalysisSubject, text = subject.text): OpenedSpecText {
    const { folder, allowedFolders, dataFolder, memoryLimitBytes } = subject;
    const context = { folder, allowedFolders, dataFolder, files: nodeFiles };
    return this.#opener.open(text, { context, memoryLimitBytes, mostInputNumbers: MOST_INPUT_NUMBERS });
  }

  #fixOptions(subject: AnalysisSubject): FixOptions {
    return {
      text: subject.text,
      thresholds: subject.thresholds,
      open: (text) => {
        const { analysis, dataset } = this.#openText(subject, text);
        return dataset && { analysis, dataset };
      },
    };
  }

  /** Goes through a generator in slices, with progress, until it ends, fails or is cancelled. */
  #drive<T>(id: number, steps: Generator<FixProgress, T, void>, done: (result: T) => void): void {
    let toldAt = Number.NEGATIVE_INFINITY;
    const slice = (): void => {
      const begun = this.#around.now();
      let now = begun;
      do {
        const step = steps.next();
        if (step.done) {
          this.#open.delete(id);
          done(step.value);
          return;
        }
        now = this.#around.now();
        if (now - toldAt >= PROGRESS_EVERY_MS) {
          toldAt = now;
          this.#around.post({ type: 'fixProgress', id, progress: step.value });
        }
      } while (now - begun < SLICE_MS);
      this.#around.defer(() => (this.#open.has(id) ? this.#guard(id, slice) : void steps.return(undefined as T)));
    };
    slice();
  }

  #failureOf(error: unknown): Failure {
    if (error instanceof UserError) return { message: error.message, hint: error.hint, code: error.code };
    this.#around.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return {
      message: `The analysis failed: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'The log of Gradoscope has more.',
    };
  }
}

const CANCELLED: Failure = { message: 'The analysis was cancelled.', hint: '' };
const SUPERSEDED: Failure = { message: 'A newer request took its place.', hint: '' };
