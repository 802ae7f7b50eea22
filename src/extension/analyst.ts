// Owns the host's side of the analysis worker: its thread, spawned when it is first needed and again after a death, and every
// request's one end. What is asked and what becomes of the answers is the callers'. Knows no `vscode`.
import type { WorkerThread } from '../backends/workerThread';
import type { Disposable } from '../base/disposable';
import { UserError } from '../base/errors';
import type {
  AnalysisSubject,
  Finding,
  FixProgress,
  FixResult,
  FromAnalyst,
  MeasuredRemedy,
  Prediction,
  QuickRemedy,
  ToAnalyst,
} from '../protocol/analysis';
import type { Failure } from '../protocol/run';

/** Without a sign of life for so long, a request has hung its thread. Reading large data takes some seconds. */
const SILENCE_MS = 60_000;

export interface AnalystOptions {
  readonly spawn: () => WorkerThread<ToAnalyst>;
  /** A fault of ours or the worker's own output. */
  readonly log: (text: string) => void;
  readonly silenceMs?: number;
}

/** What is known of a text. `prediction` is absent where the spec has errors. */
export interface Analysis {
  readonly prediction?: Prediction;
  readonly findings: readonly Finding[];
  /** Measured at initialization too. */
  readonly probed: boolean;
  /** Nothing more follows for this text. */
  readonly last: boolean;
}

export interface FixedAll {
  readonly text: string;
  readonly applied: readonly MeasuredRemedy[];
  /** Codes that are found all the same. */
  readonly left: readonly string[];
}

/** Work that takes long: `done` rejects with UserError where it fails or is cancelled. */
export interface LongTask<T> {
  readonly done: Promise<T>;
  cancel(): void;
}

type WithoutId<M> = M extends ToAnalyst ? Omit<M, 'id'> : never;
type Answer = Exclude<FromAnalyst, { readonly type: 'failed' }>;

interface Waiting {
  readonly message: ToAnalyst;
  readonly answered: (answer: Answer) => void;
  readonly failed: (failure: Failure) => void;
  timer: ReturnType<typeof setTimeout>;
  /** It was under way when a thread died; twice is once too often. */
  deaths: number;
}

export class Analyst implements Disposable {
  readonly #options: AnalystOptions;
  readonly #waiting = new Map<number, Waiting>();
  /** Of each source, its request that is under way. */
  readonly #analyses = new Map<string, number>();
  #thread: WorkerThread<ToAnalyst> | undefined;
  #lastId = 0;
  #disposed = false;

  constructor(options: AnalystOptions) {
    this.#options = options;
  }

  /** A thread is there. */
  get awake(): boolean {
    return this.#thread !== undefined;
  }

  /**
   * Judges a text; `heard` is called once, or twice where `probe` asks for a measurement too, unless a newer request of the same
   * source takes its place. A failure is logged, and heard as undefined.
   */
  analyze(
    source: string,
    subject: AnalysisSubject,
    probe: boolean,
    heard: (analysis: Analysis | undefined) => void,
  ): void {
    this.forget(source);
    const answered = (answer: Answer): void => {
      if (answer.type !== 'analyzed') return;
      const { prediction, findings, probed, last } = answer;
      heard({ prediction, findings, probed, last });
    };
    const id = this.#send({ type: 'analyze', source, probe, subject }, answered, ({ message }) => {
      this.#options.log(message);
      heard(undefined);
    });
    // A request that failed on the spot is not under way.
    if (this.#waiting.has(id)) this.#analyses.set(source, id);
  }

  /** What is under way for the source is of no interest any more. */
  forget(source: string): void {
    const id = this.#analyses.get(source);
    this.#analyses.delete(source);
    if (id !== undefined) this.#cancel(id);
  }

  /** Remedies for the findings with these codes, predicted; throws UserError where none can be told. */
  remedies(
    codes: readonly string[],
    subject: AnalysisSubject,
    runFindings?: readonly Finding[],
  ): LongTask<readonly QuickRemedy[]> {
    return this.#task({ type: 'remedies', codes, runFindings, subject }, (answer) =>
      answer.type === 'remedies' ? { result: answer.remedies } : undefined,
    );
  }

  /** Measures what may mend the spec. */
  fix(subject: AnalysisSubject, progress: (progress: FixProgress) => void): LongTask<FixResult> {
    return this.#task({ type: 'fix', subject }, (answer) => {
      if (answer.type === 'fixProgress') progress(answer.progress);
      return answer.type === 'fixed' ? { result: answer.result } : undefined;
    });
  }

  /** Mends the spec until nothing is found or nothing helps. */
  fixAll(subject: AnalysisSubject, progress: (progress: FixProgress) => void): LongTask<FixedAll> {
    return this.#task({ type: 'fixAll', subject }, (answer) => {
      if (answer.type === 'fixProgress') progress(answer.progress);
      return answer.type === 'fixedAll'
        ? { result: { text: answer.text, applied: answer.applied, left: answer.left } }
        : undefined;
    });
  }

  /** Ends the thread unless something is under way: nobody has a spec open. It comes back when it is needed. */
  rest(): void {
    if (this.#waiting.size > 0) return;
    this.#drop();
  }

  /** Ends the thread as a crash would, for tests. */
  killThread(): void {
    this.#thread?.terminate();
  }

  dispose(): void {
    this.#disposed = true;
    this.#drop();
    for (const id of [...this.#waiting.keys()]) this.#fail(id, { message: 'The editor was closed.', hint: '' });
  }

  #task<T>(
    message: WithoutId<ToAnalyst>,
    resultOf: (answer: Answer) => { readonly result: T } | undefined,
  ): LongTask<T> {
    let id = 0;
    const done = new Promise<T>((resolve, reject) => {
      id = this.#send(
        message,
        (answer) => {
          const found = resultOf(answer);
          if (found) resolve(found.result);
        },
        ({ message: text, hint, code }) => reject(new UserError(text, hint, code)),
      );
    });
    return { done, cancel: () => this.#cancel(id) };
  }

  #send(content: WithoutId<ToAnalyst>, answered: (answer: Answer) => void, failed: (failure: Failure) => void): number {
    const id = ++this.#lastId;
    const message = { ...content, id } as ToAnalyst;
    this.#waiting.set(id, { message, answered, failed, timer: this.#timer(id), deaths: 0 });
    try {
      this.#post(message);
    } catch (error) {
      // No thread can be had: the promise must not hang.
      const text = error instanceof Error ? error.message : String(error);
      this.#fail(id, { message: `The analysis could not be started: ${text}`, hint: 'Reload the window.' });
    }
    return id;
  }

  #post(message: ToAnalyst): void {
    if (this.#disposed) throw new UserError('The editor was closed.', '');
    this.#thread ??= this.#spawn();
    this.#thread.postMessage(message);
  }

  #spawn(): WorkerThread<ToAnalyst> {
    const thread = this.#options.spawn();
    thread.onMessage((message) => {
      if (thread === this.#thread) this.#receive(message);
    });
    thread.onExit((reason) => {
      if (thread === this.#thread) this.#died(reason);
    });
    thread.onOutput((text) => this.#options.log(text));
    return thread;
  }

  #receive(message: unknown): void {
    if (!isFromAnalyst(message)) {
      this.#options.log(`unknown message of the analysis worker: ${JSON.stringify(message)?.slice(0, 200)}`);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    if (message.type === 'failed') {
      this.#fail(message.id, message.failure);
      return;
    }
    clearTimeout(waiting.timer);
    waiting.timer = this.#timer(message.id);
    // The last answer ends the request before it is heard: what hears it may ask again, or throw.
    const ends = message.type !== 'fixProgress' && !(message.type === 'analyzed' && !message.last);
    if (ends) this.#take(message.id);
    waiting.answered(message);
  }

  #died(reason: string): void {
    this.#thread = undefined;
    this.#options.log(`The analysis worker ended unexpectedly (${reason}).`);
    for (const [id, waiting] of [...this.#waiting]) {
      const again = waiting.message.type === 'analyze' || waiting.message.type === 'remedies';
      waiting.deaths++;
      if (!again || waiting.deaths > 1 || !this.#sentAgain(id, waiting)) {
        this.#fail(id, { message: `The analysis worker ended unexpectedly (${reason}).`, hint: 'Try again.' });
      }
    }
  }

  #sentAgain(id: number, waiting: Waiting): boolean {
    try {
      clearTimeout(waiting.timer);
      waiting.timer = this.#timer(id);
      this.#post(waiting.message);
      return true;
    } catch {
      return false;
    }
  }

  #timer(id: number): ReturnType<typeof setTimeout> {
    const silenceMs = this.#options.silenceMs ?? SILENCE_MS;
    return setTimeout(() => {
      const { type } = this.#waiting.get(id)?.message ?? {};
      const message = `The analysis worker did not answer within ${silenceMs / 1000} s and was ended.`;
      this.#fail(id, { message, hint: type === 'analyze' ? '' : 'Try again.' });
      // Whatever it hangs on, the others start afresh.
      this.#thread?.terminate();
    }, silenceMs);
  }

  #cancel(id: number): void {
    if (!this.#waiting.has(id)) return;
    this.#thread?.postMessage({ type: 'cancel', id });
    const { message } = this.#waiting.get(id)!;
    if (message.type === 'analyze') this.#take(id);
    else this.#fail(id, { message: 'The analysis was cancelled.', hint: '' });
  }

  #fail(id: number, failure: Failure): void {
    this.#take(id)?.failed(failure);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (!waiting) return undefined;
    clearTimeout(waiting.timer);
    this.#waiting.delete(id);
    const { message } = waiting;
    if (message.type === 'analyze' && this.#analyses.get(message.source) === id) this.#analyses.delete(message.source);
    return waiting;
  }

  #drop(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    thread?.terminate();
  }
}

const TYPES: ReadonlySet<string> = new Set<FromAnalyst['type']>([
  'analyzed',
  'remedies',
  'fixProgress',
  'fixed',
  'fixedAll',
  'failed',
]);

/** The thread runs our own code, so its tag is checked and not every field. */
function isFromAnalyst(message: unknown): message is FromAnalyst {
  if (typeof message !== 'object' || message === null) return false;
  const { type, id } = message as { readonly type?: unknown; readonly id?: unknown };
  return typeof type === 'string' && TYPES.has(type) && typeof id === 'number';
}
