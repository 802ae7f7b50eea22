// Owns the tie between the text and the panel: a row's layer is shown in the spec, the cursor's layer marks its row.
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposable';
import type { App } from '../app';
import { layersAt } from '../layersAt';
import type { Session } from '../session';
import { isSpec } from '../specDocuments';

/** Sessions whose spec is being brought into sight: a cursor that an opened editor starts with is nobody's choice. */
const revealing = new WeakSet<Session>();

export function registerReveal(app: App): Disposable {
  const follow = (editor: vscode.TextEditor): void => {
    const { document } = editor;
    const session = isSpec(document) ? app.sessions.find(document.uri.toString()) : undefined;
    if (session && revealing.has(session)) return;
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
  const viewColumn = columnFor(app, document);
  let editor: vscode.TextEditor;
  revealing.add(session);
  try {
    editor = await vscode.window.showTextDocument(document, { viewColumn, preserveFocus: !focus });
  } finally {
    revealing.delete(session);
  }
  // The caret at the layer's start, and that line's beginning in sight: its end may lie far to the right.
  editor.selection = new vscode.Selection(range.end, range.start);
  const lineStart = range.start.with({ character: 0 });
  editor.revealRange(new vscode.Range(lineStart, range.start), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** Where the spec is in sight, or has a tab; else a column without the panel, which it must not cover. */
function columnFor(app: App, document: vscode.TextDocument): vscode.ViewColumn {
  const visible = vscode.window.visibleTextEditors.find((e) => e.document === document)?.viewColumn;
  if (visible !== undefined) return visible;
  const source = document.uri.toString();
  const panel = app.panels.find(source)?.viewColumn;
  const groups = vscode.window.tabGroups.all.filter((group) => group.viewColumn !== panel);
  const holds = ({ input }: vscode.Tab): boolean =>
    input instanceof vscode.TabInputText && input.uri.toString() === source;
  const group = groups.find(({ tabs }) => tabs.some(holds)) ?? groups[0];
  return group?.viewColumn ?? vscode.ViewColumn.Beside;
}
