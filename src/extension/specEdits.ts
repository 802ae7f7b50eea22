// Owns the way from a changed text to an edit of its document: as small as can be, so that formatting, cursors and folds stay.
import * as vscode from 'vscode';
import { editsBetween } from '../analysis/specEdit';

/** One edit, and so one undo, that makes the document's text this one. */
export function editTo(document: vscode.TextDocument, text: string): vscode.WorkspaceEdit {
  const edit = new vscode.WorkspaceEdit();
  const edits = editsBetween(document.getText(), text).map(
    (e) => new vscode.TextEdit(new vscode.Range(document.positionAt(e.start), document.positionAt(e.end)), e.text),
  );
  edit.set(document.uri, edits);
  return edit;
}
