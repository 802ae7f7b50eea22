// Owns the tie between the text and the panel: a row's layer is shown in the spec, the cursor's layer marks its row.
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposable';
import type { App } from '../app';
import { layersAt } from '../layersAt';
import type { Session } from '../session';
import { isSpec } from '../specDocuments';

export function registerReveal(app: App): Disposable {
  const follow = (editor: vscode.TextEditor): void => {
    const { document } = editor;
    const session = isSpec(document) ? app.sessions.find(document.uri.toString()) : undefined;
    const { graph } = session ? app.documents.analysisOf(document) : {};
    // While the text is broken there is no graph; the row that was marked stays.
    if (!session || !graph) return;
    const names = layersAt(graph, document.offsetAt(editor.selection.active)).map((l) => l.name);
    // All times of a repeat stand at the same place: the one that was chosen in the panel stays chosen.
    const { selectedLayer } = session;
    session.select(selectedLayer !== undefined && names.includes(selectedLayer) ? selectedLayer : names[0]);
  };
  return vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => follow(textEditor));
}

/** Shows a row's layer in its spec: selected, in sight, and with the keyboard where `focus` says so. */
export async function revealLayer(app: App, session: Session, name: string, focus: boolean): Promise<void> {
  const uri = vscode.Uri.parse(session.source, true);
  const document = app.documents.find(session.source) ?? (await vscode.workspace.openTextDocument(uri));
  const layer = app.documents.analysisOf(document).graph?.layers.find((l) => l.name === name);
  session.select(name);
  if (!layer) {
    vscode.window.setStatusBarMessage(`${name} is no longer in the spec.`, 4000);
    return;
  }
  const range = new vscode.Range(document.positionAt(layer.range.start), document.positionAt(layer.range.end));
  const visible = vscode.window.visibleTextEditors.find((e) => e.document === document);
  const editor = await vscode.window.showTextDocument(document, {
    viewColumn: visible?.viewColumn ?? vscode.ViewColumn.One,
    preserveFocus: !focus,
  });
  editor.selection = new vscode.Selection(range.start, range.end);
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
