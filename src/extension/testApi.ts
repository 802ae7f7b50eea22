// Owns the test API's making. What it says is `api.ts`'s.
import { UserError } from '../base/errors';
import type { GradoscopeTestApi, PredictedView, SessionView } from './api';
import type { App } from './app';
import type { Session } from './session';

export function createTestApi(
  app: App,
  activationMs: number,
  statusBarText: () => string | undefined,
): GradoscopeTestApi {
  const session = (source: string): Session => {
    const found = app.sessions.find(source);
    if (!found) throw new UserError(`There is no session of ${source}.`, 'Run a command on it first.');
    return found;
  };
  return {
    apiVersion: 1,
    activationMs,
    sessions: () => app.sessions.all.map((s) => viewOf(app, s)),
    waitFor(source, what, accept, limitMs) {
      return new Promise((resolve, reject) => {
        const look = (): boolean => {
          const found = app.sessions.find(source);
          const view = found && viewOf(app, found);
          if (!view || !accept(view)) return false;
          done();
          resolve(view);
          return true;
        };
        const timer = setTimeout(() => {
          done();
          const found = app.sessions.find(source);
          const now = found ? JSON.stringify(viewOf(app, found)) : 'no session';
          reject(new Error(`waited ${limitMs} ms for ${what}; now: ${now}`));
        }, limitMs);
        const heard = [app.sessions.onDidChange(look), app.panels.onDidChange(look)];
        const done = (): void => {
          clearTimeout(timer);
          for (const h of heard) h.dispose();
        };
        look();
      });
    },
    prediction(source, limitMs) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const document = app.documents.find(source);
          const known = document && app.predictions.of(document);
          if (!known?.last || known.text !== document?.getText()) return;
          done();
          resolve(known.prediction?.layers.map(viewOfLayer) ?? []);
        };
        const timer = setTimeout(() => {
          done();
          reject(new Error(`waited ${limitMs} ms for a prediction of ${source}`));
        }, limitMs);
        const heard = app.predictions.onDidChange(look);
        const done = (): void => {
          clearTimeout(timer);
          heard.dispose();
        };
        look();
      });
    },
    killAnalyst: () => app.analyst.killThread(),
    record: (source, step) => session(source).record(step),
    statusBarText,
    killWorker(source) {
      const handle = session(source).handle as { killWorker?: () => void } | undefined;
      if (!handle?.killWorker) throw new Error('this run has no worker');
      handle.killWorker();
    },
  };
}

function viewOfLayer({ name, backwardFactor, cumulative }: PredictedView): PredictedView {
  return { name, backwardFactor, cumulative };
}

function viewOf(app: App, session: Session): SessionView {
  const { source, live, stale, text, selectedLayer, run, progress } = session;
  const panel = app.panels.find(source);
  return {
    source,
    live,
    stale,
    errorCount: text.errorCount,
    selectedLayer,
    run: run && {
      id: run.id,
      mode: run.mode,
      seed: run.seed,
      totalSteps: run.totalSteps,
      layers: run.layout.layers.map((l) => l.name),
    },
    status: progress?.status,
    step: progress?.step,
    loss: progress?.loss,
    message: progress?.message,
    panel: !panel ? 'none' : !panel.visible ? 'hidden' : panel.ready ? 'shown' : 'loading',
  };
}
