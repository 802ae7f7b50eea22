// Owns the problems shown in the editor: what the analysis says, at its ranges. Judges nothing itself.
import * as vscode from 'vscode';
import { type Disposable, Disposables } from '../../base/disposable';
import type { Problem } from '../../spec/problem';
import type { App } from '../app';
import { sentences } from '../faults';
import { isSpec } from '../specDocuments';

export function registerDiagnostics(app: App): Disposable {
  const owned = new Disposables();
  const shown = owned.add(vscode.languages.createDiagnosticCollection('gradoscope'));
  const refresh = (document: vscode.TextDocument): void => {
    if (document.isClosed || !isSpec(document)) return;
    const { problems } = app.documents.analysisOf(document);
    shown.set(
      document.uri,
      problems.map((p) => diagnosticOf(document, p)),
    );
  };
  owned.add(app.documents.onDidAnalyze(refresh));
  owned.add(app.documents.onDidClose((uri) => shown.delete(uri)));
  return owned;
}

function diagnosticOf(document: vscode.TextDocument, problem: Problem): vscode.Diagnostic {
  const range = new vscode.Range(document.positionAt(problem.range.start), document.positionAt(problem.range.end));
  const { Error: error, Warning: warning } = vscode.DiagnosticSeverity;
  const diagnostic = new vscode.Diagnostic(range, sentences(problem), problem.severity === 'error' ? error : warning);
  diagnostic.source = 'Gradoscope';
  diagnostic.code = problem.code;
  return diagnostic;
}
