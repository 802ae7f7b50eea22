// Owns the problems shown in the editor: what the analysis of the text says, and the findings of prediction, probe and run, at
// their ranges. Judges nothing itself.
import * as vscode from 'vscode';
import { type Disposable, Disposables } from '../../base/disposable';
import type { Finding } from '../../protocol/analysis';
import type { Problem, TextRange } from '../../spec/problem';
import type { App } from '../app';
import { problemsBeside, shownFindings } from '../findingsShown';
import { plainWords } from '../plainWords';
import { readSettings } from '../settings';
import { isSpec } from '../specDocuments';

export function registerDiagnostics(app: App): Disposable {
  const owned = new Disposables();
  const shown = owned.add(vscode.languages.createDiagnosticCollection('gradoscope'));
  const refresh = (document: vscode.TextDocument): void => {
    if (document.isClosed || !isSpec(document)) return;
    const { problems } = app.documents.analysisOf(document);
    const findings = findingsOf(app, document);
    shown.set(document.uri, [
      ...problemsBeside(problems, findings).map((p) => diagnosticOf(document, p)),
      ...findings.map((f) => diagnosticOfFinding(document, f)),
    ]);
  };
  owned.add(app.documents.onDidAnalyze(refresh));
  owned.add(app.predictions.onDidChange(refresh));
  owned.add(
    app.sessions.onDidChange(({ session, event }) => {
      if (event.type !== 'findings' && event.type !== 'run') return;
      const document = app.documents.find(session.source);
      if (document) refresh(document);
    }),
  );
  owned.add(app.documents.onDidClose((uri) => shown.delete(uri)));
  return owned;
}

/** What is found in the document as it stands: none beside an error, which comes first. */
export function findingsOf(app: App, document: vscode.TextDocument): readonly Finding[] {
  const { problems } = app.documents.analysisOf(document);
  if (problems.some((p) => p.severity === 'error')) return [];
  // A session has none once its text has changed.
  const run = app.sessions.find(document.uri.toString())?.findings ?? [];
  return shownFindings({ known: app.predictions.of(document), run, level: readSettings().findings });
}

function diagnosticOfFinding(document: vscode.TextDocument, finding: Finding): vscode.Diagnostic {
  const diagnostic = diagnosticOf(document, finding);
  diagnostic.relatedInformation = finding.related.map((r) => {
    const place = new vscode.Location(document.uri, rangeIn(document, r.range));
    return new vscode.DiagnosticRelatedInformation(place, plainWords(r.message));
  });
  return diagnostic;
}

function diagnosticOf(
  document: vscode.TextDocument,
  { range, message, hint, severity, code }: Problem | Finding,
): vscode.Diagnostic {
  // What to do has a line of its own: the editor's view of one problem shows each line as far as it fits.
  const text = plainWords(hint === '' ? message : `${message}\n${hint}`);
  const diagnostic = new vscode.Diagnostic(rangeIn(document, range), text, SEVERITIES[severity]);
  diagnostic.source = 'Gradoscope';
  diagnostic.code = code;
  return diagnostic;
}

function rangeIn(document: vscode.TextDocument, { start, end }: TextRange): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end));
}

const SEVERITIES: Readonly<Record<Finding['severity'], vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
};
