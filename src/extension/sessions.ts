// Owns which sessions there are, one a spec: makes them for documents, feeds them the text, and hands over what they
// report. Leaves a session's own life to `session.ts`.
import * as vscode from 'vscode';
import type { Backend } from '../backends/backend';
import { Disposables } from '../base/disposable';
import type { StartOptions } from '../protocol/worker';
import type { Faults } from './faults';
import type { RunStore } from './runStore';
import { type LaunchRequest, type RememberedRun, Session, type SessionEvent, type SessionHost } from './session';
import { readSettings, readThresholds } from './settings';
import { foldersOf, type SpecDocuments } from './specDocuments';
import { textOf } from './specText';

export interface SessionsOptions {
  readonly documents: SpecDocuments;
  readonly backend: Backend;
  readonly store: RunStore;
  readonly faults: Faults;
  readonly log: vscode.LogOutputChannel;
  /** The extension's `media/data`. */
  readonly dataFolder: string;
}

export interface SessionChange {
  readonly session: Session;
  readonly event: SessionEvent;
}

export class Sessions implements vscode.Disposable {
  readonly #owned = new Disposables();
  readonly #sessions = new Map<string, Session>();
  readonly #changed = new vscode.EventEmitter<SessionChange>();
  readonly #options: SessionsOptions;
  readonly #host: SessionHost;
  readonly onDidChange = this.#changed.event;

  constructor(options: SessionsOptions) {
    this.#options = options;
    const { documents, backend, store, log } = options;
    this.#host = {
      backend,
      startOptions: (source, text, request) => this.#startOptions(source, text, request),
      remember: (source: string, run: RememberedRun) => store.remember(source, run),
      log: (text) => log.info(text.trimEnd()),
    };
    this.#owned.add(this.#changed);
    this.#owned.add(documents.onDidAnalyze((document) => this.#update(document)));
    this.#owned.add({ dispose: () => this.#disposeAll() });
  }

  get all(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  /** The session of a spec where it has one. */
  find(source: string): Session | undefined {
    return this.#sessions.get(source);
  }

  /** The session of a document, made where there is none, with the text as it is now. */
  of(document: vscode.TextDocument): Session {
    this.#options.documents.refresh(document);
    const source = document.uri.toString();
    const known = this.#sessions.get(source);
    if (known) {
      this.#update(document);
      return known;
    }
    const session = new Session(source, this.#textOf(document), this.#host);
    session.onDidChange((event) => this.#changed.fire({ session, event }));
    this.#sessions.set(source, session);
    return session;
  }

  /** The session of a spec by its URI; its document is opened where it is not. Throws where it cannot be read. */
  async open(source: string): Promise<Session> {
    const document =
      this.#options.documents.find(source) ?? (await vscode.workspace.openTextDocument(vscode.Uri.parse(source, true)));
    return this.of(document);
  }

  /**
   * Brings back the run that the spec had last, where none is shown and its records are still there.
   * @param ofThisText not a run of an older text
   * @returns whether it is on its way
   */
  restoreLastRun(session: Session, ofThisText = false): boolean {
    const remembered = session.run || session.live ? undefined : this.#options.store.recall(session.source);
    if (!remembered || (ofThisText && !session.matches(remembered))) return false;
    session.restore(remembered);
    return true;
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #textOf(document: vscode.TextDocument): ReturnType<typeof textOf> {
    return textOf(document.getText(), this.#options.documents.analysisOf(document), document.uri.path);
  }

  #update(document: vscode.TextDocument): void {
    this.#sessions.get(document.uri.toString())?.setText(this.#textOf(document));
  }

  #startOptions(source: string, specText: string, request: LaunchRequest): StartOptions {
    const { memoryLimitBytes, historyLimitBytes } = readSettings();
    const { store, dataFolder } = this.#options;
    const uri = vscode.Uri.parse(source, true);
    return {
      ...store.newRun(),
      ...request,
      ...foldersOf(uri),
      specText,
      source,
      dataFolder,
      memoryLimitBytes,
      historyLimitBytes,
      thresholds: readThresholds(uri),
    };
  }

  #disposeAll(): void {
    for (const session of this.#sessions.values()) session.dispose();
    this.#sessions.clear();
  }
}
