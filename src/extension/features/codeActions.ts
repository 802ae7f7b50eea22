// Owns the quick fixes on findings about gradients: remedies with what is predicted for them, the way to measured ones, and
// silencing. What remedies there are is the analysis worker's.
import * as vscode from 'vscode';
import { changedText } from '../../analysis/specEdit';
import { type Disposable, Disposables } from '../../base/disposable';
import type { QuickRemedy } from '../../protocol/analysis';
import type { App } from '../app';
import { quickTitle } from '../fixText';
import { SPEC_SELECTOR } from '../specDocuments';
import { editTo } from '../specEdits';

/** `source.fixAll` kinds run on save where somebody asks for that. */
const FIX_ALL = vscode.CodeActionKind.SourceFixAll.append('gradoscope');
/** Questions whose answers are kept: the editor asks again at every move of the cursor. */
const MOST_KEPT = 16;

type Remedies = Promise<readonly QuickRemedy[]>;

export function registerCodeActions(app: App): Disposable {
  const owned = new Disposables();
  const kept = new Map<string, Remedies>();
  const remediesOf = (document: vscode.TextDocument, code: string): Remedies => {
    const subject = app.predictions.subjectOf(document);
    const source = document.uri.toString();
    // What only a run has shown, the analysis worker cannot find by itself.
    const runFindings = (app.sessions.find(source)?.findings ?? []).filter((f) => f.code === code);
    const key = JSON.stringify([source, code, subject, runFindings]);
    const before = kept.get(key);
    if (before) return before;
    const { done } = app.analyst.remedies([code], subject, runFindings);
    // What failed is asked again the next time; the other actions are there all the same.
    const answer = done.catch((error: unknown) => {
      kept.delete(key);
      app.log.warn(error instanceof Error ? error.message : String(error));
      return [];
    });
    kept.set(key, answer);
    for (const oldest of kept.keys()) {
      if (kept.size <= MOST_KEPT) break;
      kept.delete(oldest);
    }
    return answer;
  };
  const provideCodeActions = async (
    document: vscode.TextDocument,
    _range: vscode.Range,
    context: vscode.CodeActionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.CodeAction[]> => {
    const actions: vscode.CodeAction[] = [];
    const { only } = context;
    if (only?.intersects(FIX_ALL)) {
      if (gradientFindings(document).length > 0) actions.push(fixAllAction(document));
      return actions;
    }
    if (only && !only.contains(vscode.CodeActionKind.QuickFix)) return actions;
    const findings = context.diagnostics.filter((d) => codeOf(d) !== undefined);
    if (findings.length === 0) return actions;
    const { version } = document;
    const quick = await Promise.all(findings.map((finding) => remediesOf(document, codeOf(finding)!)));
    // The text moved on: these edits are not for it.
    if (token.isCancellationRequested || document.version !== version) return actions;
    actions.push(...quickFixes(document, findings, quick), measureAction(document, findings));
    for (const code of new Set(findings.map((f) => codeOf(f)!)))
      actions.push(ignoreAction(app, document, code, findings));
    return actions;
  };
  const providedCodeActionKinds = [vscode.CodeActionKind.QuickFix, FIX_ALL];
  owned.add(
    vscode.languages.registerCodeActionsProvider(SPEC_SELECTOR, { provideCodeActions }, { providedCodeActionKinds }),
  );
  return owned;
}

/** The findings about gradients that the editor shows of a document. */
export function gradientFindings(document: vscode.TextDocument): readonly vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(document.uri).filter((d) => codeOf(d) !== undefined);
}

/** `GF101`; undefined where the diagnostic is no finding of ours about gradients. */
function codeOf({ source, code }: vscode.Diagnostic): string | undefined {
  const value = typeof code === 'object' ? code.value : code;
  return source === 'Gradoscope' && typeof value === 'string' && value.startsWith('GF') ? value : undefined;
}

/** A remedy once, for all findings that it may mend; the likeliest first. */
function quickFixes(
  document: vscode.TextDocument,
  findings: readonly vscode.Diagnostic[],
  remedies: readonly (readonly QuickRemedy[])[],
): vscode.CodeAction[] {
  const byText = new Map<string, vscode.CodeAction>();
  findings.forEach((finding, i) => {
    remedies[i]!.forEach((remedy) => {
      let action = byText.get(remedy.text);
      if (!action) {
        action = new vscode.CodeAction(quickTitle(remedy), vscode.CodeActionKind.QuickFix);
        action.edit = editTo(document, remedy.text);
        action.diagnostics = [];
        action.isPreferred = byText.size === 0;
        byText.set(remedy.text, action);
      }
      action.diagnostics!.push(finding);
    });
  });
  return [...byText.values()];
}

function measureAction(document: vscode.TextDocument, findings: readonly vscode.Diagnostic[]): vscode.CodeAction {
  const title = 'Measure fixes…';
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.diagnostics = [...findings];
  action.command = { title, command: 'gradoscope.fixGradients', arguments: [document.uri] };
  return action;
}

function fixAllAction(document: vscode.TextDocument): vscode.CodeAction {
  const title = 'Combine measured fixes until nothing is found';
  const action = new vscode.CodeAction(title, FIX_ALL);
  action.command = { title, command: 'gradoscope.fixAllGradients', arguments: [document.uri] };
  return action;
}

function ignoreAction(
  app: App,
  document: vscode.TextDocument,
  code: string,
  findings: readonly vscode.Diagnostic[],
): vscode.CodeAction {
  const action = new vscode.CodeAction(`Ignore ${code} in this spec`, vscode.CodeActionKind.QuickFix);
  const ignored = app.documents.analysisOf(document).spec?.ignore ?? [];
  const change =
    ignored.length > 0
      ? ({ type: 'insert', path: ['ignore', ignored.length], value: code } as const)
      : ({ type: 'set', path: ['ignore'], value: [code] } as const);
  action.edit = editTo(document, changedText(document.getText(), [change]));
  action.diagnostics = findings.filter((f) => codeOf(f) === code);
  return action;
}
