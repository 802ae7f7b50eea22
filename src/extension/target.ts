// Owns which spec a command means: the one it is given, the active editor's, the focused panel's, or the only one in sight.
import * as vscode from 'vscode';
import type { App } from './app';
import type { Session } from './session';
import { isSpec } from './specDocuments';

/** The URI of the spec that a command without an argument means, where there is one. */
export function targetSource(app: App): string | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor && isSpec(editor.document)) return editor.document.uri.toString();
  if (app.panels.active) return app.panels.active.session.source;
  const inSight = new Set([
    ...vscode.window.visibleTextEditors.filter((e) => isSpec(e.document)).map((e) => e.document.uri.toString()),
    ...app.panels.visible.map((p) => p.session.source),
  ]);
  return inSight.size === 1 ? [...inSight][0] : undefined;
}

/**
 * The session that a command means.
 * @param argument what the caller gave: a URI (menus), its text (CodeLens), or nothing (the palette)
 * @param textOfNow whether its document is opened and read first
 */
export async function targetSession(app: App, argument: unknown, textOfNow: boolean): Promise<Session | undefined> {
  const given =
    argument instanceof vscode.Uri ? argument.toString() : typeof argument === 'string' ? argument : undefined;
  const source = given ?? targetSource(app);
  if (source === undefined) return undefined;
  return (textOfNow ? undefined : app.sessions.find(source)) ?? app.sessions.open(source);
}
