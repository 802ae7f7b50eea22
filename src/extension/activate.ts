// Owns the extension's start and end: makes the long-lived parts, registers the features. Light: nothing is read, parsed
// or spawned before it is asked for.
import * as vscode from 'vscode';
import { EmbeddedBackend } from '../backends/embedded';
import { spawnWorkerThread } from '../backends/workerThread';
import { Disposables } from '../base/disposable';
import type { ToAnalyst } from '../protocol/analysis';
import { Analyst } from './analyst';
import type { GradoscopeTestApi } from './api';
import type { App } from './app';
import { Faults } from './faults';
import { registerCodeActions } from './features/codeActions';
import { registerCodeLens } from './features/codeLens';
import { registerCommands, runPanelCommand } from './features/commands';
import { registerDiagnostics } from './features/diagnostics';
import { registerFixGradients } from './features/fixGradients';
import { registerGutterHeat } from './features/gutterHeat';
import { registerHover } from './features/hover';
import { registerInlayHints } from './features/inlayHints';
import { registerNewSpec } from './features/newSpec';
import { registerProgress } from './features/progress';
import { registerReveal, revealLayer } from './features/reveal';
import { registerStatusBar } from './features/statusBar';
import { Panels } from './panels';
import { Predictions } from './predictions';
import { RunStore } from './runStore';
import { Sessions } from './sessions';
import { SpecDocuments } from './specDocuments';
import { createTestApi } from './testApi';

/** Called by VS Code on the first netspec document, command or panel to be restored. */
export function activate(context: vscode.ExtensionContext): GradoscopeTestApi {
  const begun = performance.now();
  const owned = new Disposables();
  context.subscriptions.push(owned);
  const log = owned.add(vscode.window.createOutputChannel('Gradoscope', { log: true }));
  const faults = new Faults(log);
  const dataFolder = context.asAbsolutePath('media/data');
  const worker = context.asAbsolutePath('dist/worker.cjs');
  const runs = vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, 'runs');

  const documents = owned.add(new SpecDocuments(dataFolder, faults));
  const analystFile = context.asAbsolutePath('dist/analyst.cjs');
  const analyst = owned.add(
    new Analyst({
      spawn: () => spawnWorkerThread<ToAnalyst>(analystFile, 'gradoscope-analysis'),
      log: (text) => log.info(text.trimEnd()),
    }),
  );
  const predictions = owned.add(new Predictions({ documents, analyst, dataFolder }));
  const store = new RunStore(runs.fsPath, context.workspaceState);
  const backend = new EmbeddedBackend({ spawn: () => spawnWorkerThread(worker) });
  const sessions = owned.add(new Sessions({ documents, backend, store, faults, log, dataFolder }));
  const panels = owned.add(
    new Panels(context.extensionUri, sessions, {
      run: (command, session) => runPanelCommand(app, command, session),
      reveal: (session, layer, focus) => void faults.guard(() => revealLayer(app, session, layer, focus)),
      log: (text) => log.warn(text),
    }),
  );
  const app: App = { context, documents, analyst, predictions, sessions, panels, faults, log };

  owned.add(
    sessions.onDidChange(({ event }) => {
      if (event.type === 'failure') void faults.showFailure(event.failure);
    }),
  );
  owned.add(registerDiagnostics(app));
  owned.add(registerCommands(app));
  owned.add(registerNewSpec(app));
  owned.add(registerCodeLens(app));
  owned.add(registerHover(app));
  owned.add(registerCodeActions(app));
  owned.add(registerFixGradients(app));
  owned.add(registerInlayHints(app));
  owned.add(registerGutterHeat(app));
  owned.add(registerReveal(app));
  owned.add(registerProgress(app));
  const statusBar = owned.add(registerStatusBar(app));
  documents.begin();
  return createTestApi(app, performance.now() - begun, () => statusBar.text);
}
