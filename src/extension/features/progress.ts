// Owns the progress notification of a long run whose panel is out of sight: step, time left, and a way to stop. A short
// run, and one whose panel shows all that anyway, is left to the status bar.
import * as vscode from 'vscode';
import { type Disposable, Disposables } from '../../base/disposable';
import type { App } from '../app';
import { formatCount, formatDuration } from '../format';
import type { Session } from '../session';

/** A run is long that will take more than this. */
const LONG_SECONDS = 5;
const REPORT_MS = 500;

export function registerProgress(app: App): Disposable {
  const owned = new Disposables();
  /** Runs that have their notification, or had it and were told to be quiet, by session. */
  const told = new Map<Session, string>();
  const look = (session: Session): void => {
    const { run, progress } = session;
    if (!run || progress?.status !== 'running' || told.get(session) === run.id) return;
    if ((progress.secondsLeft ?? 0) < LONG_SECONDS || app.panels.find(session.source)?.visible) return;
    told.set(session, run.id);
    void vscode.window
      .withProgress(
        { location: vscode.ProgressLocation.Notification, title: `Training “${run.name}”`, cancellable: true },
        (report, token) => follow(app, session, run.id, report, token),
      )
      .then((hiddenByPanel) => {
        if (hiddenByPanel) told.delete(session);
      });
  };
  owned.add(app.sessions.onDidChange(({ session, event }) => event.type === 'progress' && look(session)));
  owned.add(
    app.panels.onDidChange(() => {
      for (const session of app.sessions.all) look(session);
    }),
  );
  return owned;
}

/** Resolves when the run ends or is another one, with true where the panel came into sight. */
function follow(
  app: App,
  session: Session,
  runId: string,
  report: vscode.Progress<{ message?: string; increment?: number }>,
  token: vscode.CancellationToken,
): Promise<boolean> {
  return new Promise((resolve) => {
    const owned = new Disposables();
    const finish = (hiddenByPanel: boolean): void => {
      owned.dispose();
      resolve(hiddenByPanel);
    };
    let shown = 0;
    let reported = 0;
    const tell = (): void => {
      const { run, progress } = session;
      if (!session.live || !run || run.id !== runId || !progress) {
        finish(false);
        return;
      }
      if (app.panels.find(session.source)?.visible) {
        finish(true);
        return;
      }
      if (Date.now() - reported < REPORT_MS) return;
      reported = Date.now();
      const percent = (100 * progress.step) / Math.max(1, run.totalSteps);
      const left = progress.secondsLeft === undefined ? '' : `, ${formatDuration(progress.secondsLeft)} left`;
      const paused = progress.status === 'paused' ? ', paused' : '';
      report.report({
        message: `step ${formatCount(progress.step)} of ${formatCount(run.totalSteps)}${left}${paused}`,
        increment: percent - shown,
      });
      shown = percent;
    };
    owned.add(session.onDidChange(tell));
    owned.add(app.panels.onDidChange(tell));
    owned.add(token.onCancellationRequested(() => session.stop()));
    tell();
  });
}
