// Owns what the suites in the extension host share: the extension's test API, specs of their own in the opened folder, and
// waits that end on a condition or name what they waited for.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { GradoscopeTestApi } from '../../src/extension/api';

export const LIMIT_MS = 20_000;

/** The extension's test API; activates it where it is not. */
export async function gradoscope(): Promise<GradoscopeTestApi> {
  const extension = vscode.extensions.getExtension<GradoscopeTestApi>('gradoscope.gradoscope');
  assert.ok(extension, 'VS Code knows the extension');
  return extension.activate();
}

export function folder(): vscode.Uri {
  const uri = vscode.workspace.workspaceFolders?.[0]?.uri;
  assert.ok(uri, 'a folder is open');
  return uri;
}

/** Writes a file into the opened folder. */
export async function write(name: string, text: string): Promise<vscode.Uri> {
  const uri = vscode.Uri.joinPath(folder(), name);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  return uri;
}

/** Writes a spec and shows it in the first column; each suite has names of its own. */
export async function openSpec(name: string, text: string): Promise<vscode.TextEditor> {
  const uri = await write(`${name}.netspec.json`, text);
  return vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.One });
}

/** A spec whose training ends soon, or never where `steps` says so. */
export function specText(options: { steps?: number; data?: object; layers?: object[] } = {}): string {
  const layers = options.layers ?? [
    { type: 'repeat', times: 3, layers: [{ type: 'dense', units: 8, activation: 'sigmoid' }] },
    { type: 'dense', name: 'logits', units: 2 },
  ];
  const spec = {
    netspec: 1,
    seed: 3,
    data: options.data ?? { source: 'spiral', samples: 200 },
    layers,
    loss: 'softmaxCrossEntropy',
    optimizer: { type: 'sgd', learningRate: 0.1 },
    training: { batchSize: 16, steps: options.steps ?? 60 },
  };
  return `${JSON.stringify(spec, null, 2)}\n`;
}

export const FOREVER = 1_000_000_000;

/** Resolves once `ask` gives something; asked now and after each of `events`. */
export function until<T>(
  what: string,
  ask: () => T | undefined,
  ...events: vscode.Event<unknown>[]
): Promise<NonNullable<T>> {
  return new Promise((resolve, reject) => {
    const heard: vscode.Disposable[] = [];
    const done = (): void => {
      clearTimeout(timer);
      for (const h of heard) h.dispose();
    };
    const look = (): void => {
      const found = ask();
      if (found === undefined || found === null || found === false) return;
      done();
      resolve(found as NonNullable<T>);
    };
    const timer = setTimeout(() => {
      done();
      reject(new Error(`waited ${LIMIT_MS} ms for ${what}`));
    }, LIMIT_MS);
    heard.push(...events.map((event) => event(look)));
    look();
  });
}

/** Replaces the first `from` in the editor's text, as typing does. */
export async function edit(editor: vscode.TextEditor, from: string, to: string): Promise<void> {
  const { document } = editor;
  const at = document.getText().indexOf(from);
  assert.ok(at >= 0, `${from} is in the text`);
  const range = new vscode.Range(document.positionAt(at), document.positionAt(at + from.length));
  assert.ok(await editor.edit((builder) => builder.replace(range, to)), 'the edit was taken');
}

/** The place of the first `marker` in a document, and so many characters after it. */
export function positionOf(document: vscode.TextDocument, marker: string, after = 0): vscode.Position {
  const at = document.getText().indexOf(marker);
  assert.ok(at >= 0, `${marker} is in the text`);
  return document.positionAt(at + after);
}

/** Saves and closes everything, so that suites do not see each other's editors. */
export async function closeAll(): Promise<void> {
  await vscode.workspace.saveAll(false);
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}
