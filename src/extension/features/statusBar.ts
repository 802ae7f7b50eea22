// Owns the status bar item: step, rate, loss and time left of the run that goes on. A click shows its panel.
import * as vscode from 'vscode';
import { type Disposable, Disposables } from '../../base/disposable';
import type { App } from '../app';
import { statusText, statusWord } from '../runText';
import type { Session } from '../session';
import { targetSource } from '../target';

export interface StatusBar extends Disposable {
  /** Undefined while it is hidden. */
  readonly text: string | undefined;
}

export function registerStatusBar(app: App): StatusBar {
  const owned = new Disposables();
  const item = owned.add(vscode.window.createStatusBarItem('gradoscope.run', vscode.StatusBarAlignment.Left, 10));
  item.name = 'Gradoscope run';
  let text: string | undefined;
  const refresh = (): void => {
    const session = sessionToShow(app);
    const { run, progress } = session ?? {};
    text = session && progress ? statusText(run, progress) : undefined;
    if (!session || text === undefined) {
      item.hide();
      return;
    }
    item.text = text;
    item.tooltip = `${session.text.name}: ${statusWord(progress?.status ?? 'starting')}. Click to show its gradients.`;
    item.accessibilityInformation = { label: `Gradoscope: ${text.replace(/\$\(.*?\) ?/, '')}`, role: 'button' };
    item.command = { title: 'Show gradients', command: 'gradoscope.showGradients', arguments: [session.source] };
    item.show();
  };
  owned.add(app.sessions.onDidChange(refresh));
  owned.add(vscode.window.onDidChangeActiveTextEditor(refresh));
  return {
    get text() {
      return text;
    },
    dispose: () => owned.dispose(),
  };
}

/** The live run of the spec at hand, or else the live one that there is. */
function sessionToShow(app: App): Session | undefined {
  const live = app.sessions.all.filter((s) => s.live);
  const source = targetSource(app);
  return live.find((s) => s.source === source) ?? live[0];
}
