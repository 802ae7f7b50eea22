// Owns the commands: each finds its spec, asks the session, shows the panel. What a session does with it is its own.
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposable';
import { Disposables } from '../../base/disposable';
import type { PanelCommand } from '../../protocol/panel';
import type { App } from '../app';
import type { Session } from '../session';
import { targetSession, targetSource } from '../target';

/** Where a command comes from: the panel's own buttons mean what they say. */
type Origin = 'editor' | 'panel';

/** Commands that start from the text as it is now; the others must not wait for it. */
const NEED_TEXT: ReadonlySet<PanelCommand> = new Set(['train', 'trainNewSeed', 'showGradients', 'stepBatch'] as const);

export function registerCommands(app: App): Disposable {
  const owned = new Disposables();
  const run = (command: PanelCommand, argument: unknown): Promise<void> =>
    app.faults.guard(async () => {
      const session = await targetSession(app, argument, NEED_TEXT.has(command));
      if (session) await runCommand(app, command, session, 'editor');
      else await offerExample();
    });
  const add = (disposable: vscode.Disposable): void => void owned.add(disposable);
  const { registerCommand } = vscode.commands;
  add(registerCommand('gradoscope.train', (argument: unknown) => run('train', argument)));
  add(registerCommand('gradoscope.stop', (argument: unknown) => run('stop', argument)));
  add(registerCommand('gradoscope.pause', (argument: unknown) => run('pause', argument)));
  add(registerCommand('gradoscope.resume', (argument: unknown) => run('resume', argument)));
  add(registerCommand('gradoscope.stepBatch', (argument: unknown) => run('stepBatch', argument)));
  add(registerCommand('gradoscope.showGradients', (argument: unknown) => run('showGradients', argument)));
  add(registerCommand('gradoscope.trainNewSeed', (argument: unknown) => run('trainNewSeed', argument)));
  const follow = (): void => setContext(app);
  add(vscode.window.onDidChangeActiveTextEditor(follow));
  add(app.panels.onDidChange(follow));
  add(app.sessions.onDidChange(({ event }) => (event.type === 'progress' || event.type === 'run') && follow()));
  follow();
  return owned;
}

/** What the panel's buttons do. */
export function runPanelCommand(app: App, command: PanelCommand, session: Session): void {
  void app.faults.guard(async () => {
    if (NEED_TEXT.has(command)) await app.sessions.open(session.source);
    await runCommand(app, command, session, 'panel');
  });
}

async function runCommand(app: App, command: PanelCommand, session: Session, origin: Origin): Promise<void> {
  const status = session.progress?.status;
  switch (command) {
    case 'train':
      // A run of this very text is not thrown away by one keystroke too many; one of an older text is restarted.
      if (session.live && !session.stale && !(await confirmsRestart(session))) return;
      session.start({ mode: 'train' });
      break;
    case 'trainNewSeed':
      session.start({ mode: 'train', seed: session.nextSeed() });
      break;
    case 'showGradients':
      // A run of this very text has the gradients already; from the panel, which shows it, the wish is a new measurement.
      if (!session.live && (origin === 'panel' || !hasCurrentRun(app, session))) session.start({ mode: 'gradients' });
      break;
    case 'stepBatch':
      session.stepBatch();
      break;
    case 'stop':
      if (!session.live) return nothingTo('stop');
      return session.stop();
    case 'pause':
      if (!session.live) return nothingTo('pause');
      return session.pause();
    case 'resume':
      if (status !== 'paused') return nothingTo('resume');
      return session.resume();
  }
  app.panels.show(session);
}

/** Whether a run of the text as it is now is shown, or comes back. */
function hasCurrentRun(app: App, session: Session): boolean {
  return session.run ? !session.stale : app.sessions.restoreLastRun(session, true);
}

async function confirmsRestart(session: Session): Promise<boolean> {
  const restart = 'Stop and Restart';
  const said = `“${session.text.name}” is training already.`;
  return (await vscode.window.showInformationMessage(said, restart)) === restart;
}

function nothingTo(act: 'stop' | 'pause' | 'resume'): void {
  void vscode.window.showInformationMessage(
    act === 'resume' ? 'There is no paused run to resume.' : `Nothing is training: there is no run to ${act}.`,
  );
}

async function offerExample(): Promise<void> {
  const open = 'Open an Example';
  if ((await vscode.window.showInformationMessage('Open a .netspec.json first.', open)) === open) {
    await vscode.commands.executeCommand('gradoscope.newSpec');
  }
}

/** `gradoscope.state` is what the menus go by: `running`, `paused` or `idle` of the spec that commands mean. */
function setContext(app: App): void {
  const source = targetSource(app);
  const session = source === undefined ? undefined : app.sessions.find(source);
  const state = !session?.live ? 'idle' : session.progress?.status === 'paused' ? 'paused' : 'running';
  if (lastState.get(app) === state) return;
  lastState.set(app, state);
  void vscode.commands.executeCommand('setContext', 'gradoscope.state', state);
}

const lastState = new WeakMap<App, string>();
