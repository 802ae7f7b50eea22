// Owns which panels are open, one a spec, beside its editor; brings them back after the window was reloaded.
import * as vscode from 'vscode';
import { Disposables } from '../base/disposable';
import { Panel, type PanelActions } from './panel';
import type { Session } from './session';
import type { Sessions } from './sessions';

const VIEW_TYPE = 'gradoscope.panel';

export class Panels implements vscode.Disposable {
  readonly #owned = new Disposables();
  readonly #panels = new Map<string, Panel>();
  readonly #extensionUri: vscode.Uri;
  readonly #actions: PanelActions;
  readonly #sessions: Sessions;
  readonly #changed = new vscode.EventEmitter<void>();
  /** A panel was opened, closed, shown, hidden or got the focus. */
  readonly onDidChange = this.#changed.event;

  constructor(extensionUri: vscode.Uri, sessions: Sessions, actions: PanelActions) {
    this.#extensionUri = extensionUri;
    this.#sessions = sessions;
    this.#actions = actions;
    this.#owned.add(this.#changed);
    this.#owned.add(
      vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
        deserializeWebviewPanel: (webviewPanel, state: unknown) => this.#restore(webviewPanel, state),
      }),
    );
    this.#owned.add({ dispose: () => this.#disposeAll() });
  }

  find(source: string): Panel | undefined {
    return this.#panels.get(source);
  }

  /** The panel that has the focus. */
  get active(): Panel | undefined {
    return [...this.#panels.values()].find((p) => p.active);
  }

  get visible(): readonly Panel[] {
    return [...this.#panels.values()].filter((p) => p.visible);
  }

  /** Shows the session's panel, beside the editor where it is new; the keyboard stays where it is. */
  show(session: Session): Panel {
    const known = this.#panels.get(session.source);
    if (known) {
      if (!known.visible) known.show();
      return known;
    }
    this.#sessions.restoreLastRun(session);
    // Panels share a column: "beside" would mean one more column for each.
    const taken = vscode.window.activeTextEditor?.viewColumn;
    const shared = this.visible.map((p) => p.viewColumn).find((column) => column !== undefined && column !== taken);
    const where = { viewColumn: shared ?? vscode.ViewColumn.Beside, preserveFocus: true };
    return this.#adopt(vscode.window.createWebviewPanel(VIEW_TYPE, 'Gradients', where), session);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #adopt(webviewPanel: vscode.WebviewPanel, session: Session): Panel {
    const panel = new Panel(webviewPanel, session, this.#extensionUri, this.#actions);
    this.#panels.get(session.source)?.dispose();
    this.#panels.set(session.source, panel);
    panel.onDidDispose(() => {
      if (this.#panels.get(session.source) === panel) this.#panels.delete(session.source);
      this.#changed.fire();
      panel.dispose();
    });
    panel.onDidChangeViewState(() => this.#changed.fire());
    panel.onDidLoad(() => this.#changed.fire());
    this.#changed.fire();
    return panel;
  }

  async #restore(webviewPanel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const source = (state as { readonly source?: unknown } | null | undefined)?.source;
    try {
      if (typeof source !== 'string') throw new Error('a panel was saved without its spec');
      const session = await this.#sessions.open(source);
      this.#sessions.restoreLastRun(session);
      this.#adopt(webviewPanel, session);
    } catch (error) {
      // Its spec is gone: there is nothing that the panel could show.
      this.#actions.log(`a panel was not restored: ${error instanceof Error ? error.message : String(error)}`);
      webviewPanel.dispose();
    }
  }

  #disposeAll(): void {
    // On deactivation the tabs stay, so that the window's reload brings them back.
    this.#panels.clear();
  }
}
