// Owns one spec's life in the editor: its text as it is now, its run, and what the panel is told of both. Knows no
// `vscode`, so that plain Node tests it; `sessions.ts` feeds it documents.
import { createHash } from 'node:crypto';
import type { Backend, BackendRun, RunListener } from '../backends/backend';
import { UserError } from '../base/errors';
import type { Finding } from '../protocol/analysis';
import type { PanelFinding, PanelSnapshot, PreviewLayer } from '../protocol/panel';
import type { Failure, Progress, RunInfo, WindowQuery, WindowReply } from '../protocol/run';
import type { StartOptions } from '../protocol/worker';

/** What the spec says now, by its text alone. */
export interface SessionText {
  readonly text: string;
  /** The spec's `name`, or its file's. */
  readonly name: string;
  readonly seed: number;
  readonly preview: readonly PreviewLayer[];
  readonly plannedSteps?: number;
  readonly errorCount: number;
}

export interface LaunchRequest {
  readonly mode: 'train' | 'gradients';
  readonly seed?: number;
  readonly paused?: boolean;
}

/** What is kept of a run so that a reloaded window finds it. */
export interface RememberedRun {
  readonly historyFile: string;
  /** Of the text that was trained. */
  readonly textHash: string;
}

export interface SessionHost {
  readonly backend: Backend;
  /** Throws UserError where the world does not allow a start. */
  startOptions(source: string, text: string, request: LaunchRequest): StartOptions;
  /** The session's run now is this one. */
  remember(source: string, run: RememberedRun): void;
  log(text: string): void;
}

/** `run`: another run, or none, is shown; `progress`: how it stands; `findings`: what it shows; `text`: what the spec says; `selection`: the layer. */
export type SessionEvent =
  | { readonly type: 'run' | 'progress' | 'findings' | 'text' | 'selection' }
  | { readonly type: 'failure'; readonly failure: Failure };

interface Launched {
  readonly handle: BackendRun;
  readonly textHash: string;
  readonly historyFile: string | undefined;
  info?: RunInfo;
  progress: Progress;
  findings: readonly Finding[];
  /** Step one batch, once it has started. */
  stepOnStart: boolean;
}

const NOTHING_YET: Progress = {
  status: 'starting',
  step: 0,
  loss: Number.NaN,
  metric: Number.NaN,
  stepsPerSecond: 0,
  stride: 1,
};
const RANK: Readonly<Record<PanelFinding['severity'], number>> = { error: 0, warning: 1, information: 2 };
const LIVE: ReadonlySet<string> = new Set<Progress['status']>(['starting', 'running', 'paused']);

export class Session {
  /** The spec's URI. */
  readonly source: string;
  readonly #host: SessionHost;
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  #text: SessionText;
  #textHash: string;
  #run: Launched | undefined;
  /** Asked to start and not yet heard of; what was shown stays until it answers. */
  #pending: Launched | undefined;
  /** An earlier run on its way back from its file: shown once it is there, and no news where it is not. */
  #returning: Launched | undefined;
  #selectedLayer: string | undefined;

  constructor(source: string, text: SessionText, host: SessionHost) {
    this.source = source;
    this.#text = text;
    this.#textHash = hashOf(text.text);
    this.#host = host;
  }

  get text(): SessionText {
    return this.#text;
  }

  get run(): RunInfo | undefined {
    return this.#run?.info;
  }

  /** How the run stands; `starting` while one is asked for and none is shown. */
  get progress(): Progress | undefined {
    return this.#run?.progress ?? this.#pending?.progress;
  }

  /** A run is starting, running or paused. */
  get live(): boolean {
    return this.#pending !== undefined || (this.#run !== undefined && LIVE.has(this.#run.progress.status));
  }

  /** The text is no longer what the run was started from. */
  get stale(): boolean {
    return this.#run !== undefined && this.#run.textHash !== this.#textHash;
  }

  /** What the run shows, while the text is what it was started from: the ranges are of that text. */
  get findings(): readonly Finding[] {
    return this.#run && !this.stale ? this.#run.findings : [];
  }

  /** The same in short, worst first. */
  get panelFindings(): readonly PanelFinding[] {
    return this.findings
      .map(({ code, severity, message, hint, layer }) => ({
        code,
        severity,
        message,
        hint,
        ...(layer ? { layer } : {}),
      }))
      .sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  }

  get selectedLayer(): string | undefined {
    return this.#selectedLayer;
  }

  /** The run's handle, for the test API alone. */
  get handle(): BackendRun | undefined {
    return (this.#pending ?? this.#run)?.handle;
  }

  /** Calls `listener` at each change until the result is disposed. */
  onDidChange(listener: (event: SessionEvent) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  setText(text: SessionText): void {
    this.#text = text;
    this.#textHash = hashOf(text.text);
    this.#fire({ type: 'text' });
  }

  select(layer: string | undefined): void {
    if (layer === this.#selectedLayer) return;
    this.#selectedLayer = layer;
    this.#fire({ type: 'selection' });
  }

  /** Starts a run of the text as it is now; one that is live is stopped. Throws UserError where it cannot begin. */
  start(request: LaunchRequest, stepOnStart = false): void {
    const options = this.#host.startOptions(this.source, this.#text.text, request);
    this.stop();
    this.#pending?.handle.dispose();
    this.#returning?.handle.dispose();
    this.#returning = undefined;
    const { historyFile } = options;
    this.#launch(
      { textHash: this.#textHash, historyFile, stepOnStart },
      (listener) => this.#host.backend.start(options, listener),
      (launched) => {
        this.#pending = launched;
        this.#fire({ type: 'progress' });
      },
    );
  }

  /** Shows an earlier run from its file. */
  restore(remembered: RememberedRun): void {
    if (this.live || this.#run || this.#returning) return;
    const { historyFile, textHash } = remembered;
    this.#launch(
      { textHash, historyFile, stepOnStart: false },
      (listener) => this.#host.backend.open(historyFile, listener),
      (launched) => {
        this.#returning = launched;
      },
    );
  }

  /** Whether the text is now what that run was started from. */
  matches(remembered: RememberedRun): boolean {
    return remembered.textHash === this.#textHash;
  }

  /** A seed that the last run did not have: the next number. */
  nextSeed(): number {
    const last = this.#run?.info?.seed ?? this.#text.seed;
    return last < Number.MAX_SAFE_INTEGER ? last + 1 : 0;
  }

  stop(): void {
    if (this.#pending) this.#pending.handle.stop();
    else if (this.live) this.#run?.handle.stop();
  }

  pause(): void {
    if (this.live) this.#run?.handle.pause();
  }

  resume(): void {
    if (this.live) this.#run?.handle.resume();
  }

  /** One step of the live run, or of a new one that then waits. Throws UserError as `start`. */
  stepBatch(): void {
    if (this.#pending) this.#pending.stepOnStart = true;
    else if (this.live) this.#run?.handle.step();
    else this.start({ mode: 'train', paused: true }, true);
  }

  /** Throws UserError where there is no run or its worker does not answer. */
  window(query: WindowQuery): Promise<WindowReply> {
    return this.#recorded().window(query);
  }

  /** The record of the step or of the nearest one before it. Throws as `window`. */
  record(step: number): Promise<Float64Array | undefined> {
    return this.#recorded().record(step);
  }

  snapshot(): PanelSnapshot {
    const { name, preview, plannedSteps, errorCount } = this.#text;
    return {
      source: this.source,
      title: name,
      preview,
      plannedSteps,
      errorCount,
      run: this.run,
      progress: this.progress,
      stale: this.stale,
      findings: this.panelFindings,
      selectedLayer: this.#selectedLayer,
    };
  }

  dispose(): void {
    this.#listeners.clear();
    for (const launched of [this.#pending, this.#returning, this.#run]) launched?.handle.dispose();
    this.#pending = this.#returning = this.#run = undefined;
  }

  #recorded(): BackendRun {
    if (!this.#run?.info) throw new UserError('There is no run to read from.', 'Run Gradoscope: Train first.');
    return this.#run.handle;
  }

  #launch(
    of: Pick<Launched, 'textHash' | 'historyFile' | 'stepOnStart'>,
    begin: (listener: RunListener) => BackendRun,
    keep: (launched: Launched) => void,
  ): void {
    // The backend may answer before its handle is known, so listeners look the launch up when called.
    let launched: Launched | undefined;
    const early: (() => void)[] = [];
    const when = (act: (l: Launched) => void): void => {
      if (launched) act(launched);
      else early.push(() => launched && act(launched));
    };
    const handle = begin({
      started: (info) => when((l) => this.#started(l, info)),
      progress: (progress) => when((l) => this.#progressed(l, progress)),
      findings: (findings) => when((l) => this.#found(l, findings)),
      ended: (progress) => when((l) => this.#ended(l, progress)),
      failed: (failure) => when((l) => this.#failed(l, failure)),
      log: (text) => this.#host.log(text),
    });
    launched = { ...of, handle, progress: NOTHING_YET, findings: [] };
    keep(launched);
    for (const act of early) act();
  }

  #started(launched: Launched, info: RunInfo): void {
    if (launched === this.#pending) this.#pending = undefined;
    else if (launched === this.#returning) this.#returning = undefined;
    else return;
    this.#run?.handle.dispose();
    this.#run = launched;
    launched.info = info;
    const { historyFile, textHash } = launched;
    if (historyFile) this.#host.remember(this.source, { historyFile, textHash });
    this.#fire({ type: 'run' });
    if (launched.stepOnStart) launched.handle.step();
  }

  #progressed(launched: Launched, progress: Progress): void {
    launched.progress = progress;
    if (launched === this.#run || launched === this.#pending) this.#fire({ type: 'progress' });
  }

  #found(launched: Launched, findings: readonly Finding[]): void {
    launched.findings = findings;
    if (launched === this.#run) this.#fire({ type: 'findings' });
  }

  #ended(launched: Launched, progress: Progress): void {
    launched.progress = progress;
    if (launched === this.#pending) {
      // Stopped before it started: what was shown before stays.
      this.#pending = undefined;
      launched.handle.dispose();
      this.#fire({ type: 'progress' });
    } else if (launched === this.#run) {
      this.#fire({ type: 'progress' });
      if (progress.status === 'failed') {
        this.#fire({ type: 'failure', failure: { message: progress.message ?? '', hint: progress.hint ?? '' } });
      }
    }
  }

  #failed(launched: Launched, failure: Failure): void {
    launched.handle.dispose();
    if (launched === this.#returning) {
      this.#returning = undefined;
      this.#host.log(`an earlier run cannot be shown: ${failure.message}`);
    } else if (launched === this.#pending) {
      this.#pending = undefined;
      this.#fire({ type: 'progress' });
      this.#fire({ type: 'failure', failure });
    }
  }

  #fire(event: SessionEvent): void {
    for (const listener of [...this.#listeners]) {
      // One listener's fault must not keep the others from hearing, nor end the run.
      try {
        listener(event);
      } catch (error) {
        this.#host.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
      }
    }
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
