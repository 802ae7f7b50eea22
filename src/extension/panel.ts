// Owns one panel: its page, what it is told of its session, and what it asks. Which panels there are is `panels.ts`'s.
import * as vscode from 'vscode';
import { Disposables } from '../base/disposable';
import { UserError } from '../base/errors';
import type { FromPanel, PanelCommand, ToPanel } from '../protocol/panel';
import type { Failure } from '../protocol/run';
import { encodeProgress } from '../protocol/wire';
import { panelHtml } from './panelHtml';
import { readPanelMessage } from './panelMessage';
import type { Session, SessionEvent } from './session';

export interface PanelActions {
  run(command: PanelCommand, session: Session): void;
  reveal(session: Session, layer: string, focus: boolean): void;
  log(text: string): void;
}

export class Panel implements vscode.Disposable {
  readonly session: Session;
  readonly #webviewPanel: vscode.WebviewPanel;
  readonly #actions: PanelActions;
  readonly #owned = new Disposables();
  readonly #loadListeners: (() => void)[] = [];
  #ready = false;
  /** A panel that was closed throws at every touch, and answers may still be on their way to it. */
  #closed = false;

  constructor(webviewPanel: vscode.WebviewPanel, session: Session, extensionUri: vscode.Uri, actions: PanelActions) {
    this.session = session;
    this.#webviewPanel = webviewPanel;
    this.#actions = actions;
    const { webview } = webviewPanel;
    const dist = vscode.Uri.joinPath(extensionUri, 'dist');
    webview.options = { enableScripts: true, localResourceRoots: [dist] };
    const uri = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(dist, file)).toString();
    this.#owned.add(webview.onDidReceiveMessage((message: unknown) => this.#receive(message)));
    this.#owned.add(
      webviewPanel.onDidChangeViewState(() => {
        if (webviewPanel.visible && this.#ready) this.#sendSnapshot();
      }),
    );
    this.#owned.add(session.onDidChange((event) => this.#tell(event)));
    this.#owned.add(
      webviewPanel.onDidDispose(() => {
        this.#closed = true;
      }),
    );
    webview.html = panelHtml({
      cspSource: webview.cspSource,
      scriptUri: uri('webview.js'),
      styleUri: uri('webview.css'),
      source: session.source,
      title: session.text.name,
    });
    this.#setTitle();
  }

  get viewColumn(): vscode.ViewColumn | undefined {
    return this.#closed ? undefined : this.#webviewPanel.viewColumn;
  }

  get visible(): boolean {
    return !this.#closed && this.#webviewPanel.visible;
  }

  get active(): boolean {
    return !this.#closed && this.#webviewPanel.active;
  }

  /** Whether its page has answered: tests wait for it. */
  get ready(): boolean {
    return this.#ready;
  }

  onDidDispose(listener: () => void): void {
    this.#owned.add(this.#webviewPanel.onDidDispose(listener));
  }

  /** Its page has said that it is there: at first, and again each time it was hidden. */
  onDidLoad(listener: () => void): void {
    this.#loadListeners.push(listener);
  }

  onDidChangeViewState(listener: () => void): void {
    this.#owned.add(this.#webviewPanel.onDidChangeViewState(listener));
  }

  /** Brings it to the front where it is, without taking the keyboard. */
  show(): void {
    this.#webviewPanel.reveal(undefined, true);
  }

  /** Releases what listens; the tab is closed too where it is still there. */
  dispose(): void {
    this.#owned.dispose();
    this.#webviewPanel.dispose();
  }

  /** A page that is hidden has no content: it says `ready` again when it is shown. */
  #post(message: ToPanel): void {
    if (this.#ready && this.visible) void this.#webviewPanel.webview.postMessage(message);
  }

  #sendSnapshot(): void {
    this.#setTitle();
    const snapshot = this.session.snapshot();
    const progress = snapshot.progress && encodeProgress(snapshot.progress);
    this.#post({ type: 'snapshot', snapshot: { ...snapshot, progress } });
  }

  #setTitle(): void {
    const title = `Gradients: ${this.session.text.name}`;
    if (!this.#closed && this.#webviewPanel.title !== title) this.#webviewPanel.title = title;
  }

  #tell(event: SessionEvent): void {
    const { session } = this;
    switch (event.type) {
      case 'run':
        this.#sendSnapshot();
        break;
      case 'progress':
        if (session.run && session.progress)
          this.#post({ type: 'progress', progress: encodeProgress(session.progress) });
        else this.#sendSnapshot();
        return;
      case 'findings':
        this.#post({ type: 'findings', findings: session.panelFindings });
        break;
      case 'text':
        // Rows follow the text only while no run shows its own.
        if (session.run) {
          this.#post({ type: 'stale', stale: session.stale, errorCount: session.text.errorCount });
          this.#post({ type: 'findings', findings: session.panelFindings });
        } else this.#sendSnapshot();
        this.#setTitle();
        break;
      case 'selection':
        this.#post({ type: 'select', layer: session.selectedLayer });
        break;
      case 'failure':
        this.#post({ type: 'failure', failure: event.failure });
        break;
    }
  }

  #receive(data: unknown): void {
    const message = readPanelMessage(data);
    if (!message) {
      this.#actions.log(`the panel sent what is no message: ${JSON.stringify(data)?.slice(0, 200)}`);
      return;
    }
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        this.#sendSnapshot();
        for (const listener of this.#loadListeners) listener();
        break;
      case 'window':
        return void this.#answer(message, async (id) => ({
          type: 'window',
          id,
          reply: await this.session.window(message.query),
        }));
      case 'record':
        return void this.#answer(message, async (id) => ({
          type: 'record',
          id,
          record: await this.session.record(message.step),
        }));
      case 'reveal':
        this.#actions.reveal(this.session, message.layer, message.focus);
        break;
      case 'command':
        this.#actions.run(message.command, this.session);
        break;
    }
  }

  /** Answers or refuses: a request never stays open. */
  async #answer(
    { id }: Extract<FromPanel, { readonly id: number }>,
    reply: (id: number) => Promise<ToPanel>,
  ): Promise<void> {
    try {
      this.#post(await reply(id));
    } catch (error) {
      this.#post({ type: 'refused', id, failure: failureOf(error) });
      if (!(error instanceof UserError)) this.#actions.log(String(error instanceof Error ? error.stack : error));
    }
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof UserError) return { message: error.message, hint: error.hint, code: error.code };
  return { message: error instanceof Error ? error.message : String(error), hint: 'The log of Gradoscope has more.' };
}
