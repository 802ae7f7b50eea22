// Owns the actions above a spec's first line: what can be done with it as it stands now.
import * as vscode from 'vscode';
import { type Disposable, Disposables } from '../../base/disposable';
import { pathRange } from '../../spec/analyze';
import type { App } from '../app';
import { readSettings } from '../settings';
import { SPEC_SELECTOR } from '../specDocuments';
import { gradientFindings } from './codeActions';

export function registerCodeLens(app: App): Disposable {
  const owned = new Disposables();
  const changed = owned.add(new vscode.EventEmitter<void>());
  const states = new Map<string, string>();
  /** Specs that something was found about the gradients of. */
  const fixable = new Set<string>();
  owned.add(
    app.sessions.onDidChange(({ session }) => {
      // Progress comes many times a second; the actions change with the state alone.
      const state = session.live ? (session.progress?.status ?? 'starting') : 'idle';
      if (states.get(session.source) === state) return;
      states.set(session.source, state);
      changed.fire();
    }),
  );
  owned.add(
    vscode.workspace.onDidChangeConfiguration((e) => {
      if (e.affectsConfiguration('gradoscope.codeLens')) changed.fire();
    }),
  );
  owned.add(
    vscode.languages.onDidChangeDiagnostics(({ uris }) => {
      // The way to the fixes stands there while there is something to fix.
      for (const uri of uris) {
        const document = app.documents.find(uri.toString());
        const has = document !== undefined && gradientFindings(document).length > 0;
        if (fixable.has(uri.toString()) === has) continue;
        if (has) fixable.add(uri.toString());
        else fixable.delete(uri.toString());
        changed.fire();
      }
    }),
  );
  const provideCodeLenses = (document: vscode.TextDocument): vscode.CodeLens[] => {
    if (!readSettings().codeLens) return [];
    const at = pathRange(app.documents.analysisOf(document).tree, []).start;
    const line = document.positionAt(at).line;
    const range = new vscode.Range(line, 0, line, 0);
    const source = document.uri.toString();
    const actions = [...actionsOf(app, source), ...(fixable.has(source) ? [FIX] : [])];
    return actions.map(
      ([title, command, tooltip]) => new vscode.CodeLens(range, { title, command, tooltip, arguments: [source] }),
    );
  };
  owned.add(
    vscode.languages.registerCodeLensProvider(SPEC_SELECTOR, {
      onDidChangeCodeLenses: changed.event,
      provideCodeLenses,
    }),
  );
  return owned;
}

type Action = readonly [title: string, command: string, tooltip: string];

const FIX: Action = ['Fix gradients', 'gradoscope.fixGradients', 'Measure what mends the findings'];

function actionsOf(app: App, source: string): readonly Action[] {
  const session = app.sessions.find(source);
  const stop: Action = ['$(debug-stop) Stop', 'gradoscope.stop', 'End the run; what was recorded is kept'];
  const gradients: Action = ['Show gradients', 'gradoscope.showGradients', 'Show the panel of this spec'];
  if (!session?.live) {
    return [
      ['▷ Train', 'gradoscope.train', 'Train this spec as it stands and watch its gradients'],
      ['Show gradients', 'gradoscope.showGradients', 'Measure the gradients of one batch, without training'],
    ];
  }
  if (session.progress?.status === 'paused') {
    return [
      ['$(debug-continue) Resume', 'gradoscope.resume', 'Go on training'],
      ['$(debug-step-over) Step one batch', 'gradoscope.stepBatch', 'One step, then wait'],
      stop,
      gradients,
    ];
  }
  return [stop, ['$(debug-pause) Pause', 'gradoscope.pause', 'Wait after the current step'], gradients];
}
