// Fixes of findings about gradients in the editor: quick fixes with what is predicted, silencing, and combining measured ones.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { GradoscopeTestApi } from '../../src/extension/api';
import { closeAll, gradoscope, LIMIT_MS, openSpec, positionOf, specText, until } from './scene';

const LAYERS = [
  { type: 'repeat', times: 8, layers: [{ type: 'dense', units: 8, activation: 'sigmoid' }] },
  { type: 'dense', name: 'logits', units: 2 },
];
const changed = vscode.languages.onDidChangeDiagnostics;
// A comment and a list on one line, to be kept.
const TEXT = specText({ layers: LAYERS, steps: 40 })
  .replace('"seed": 3,', '"seed": 3, // as it was')
  .replace(/"optimizer": \{[^}]*\}/, '"optimizer": { "type": "sgd", "learningRate": 0.5 }');

describe('fixes of gradients', () => {
  let api: GradoscopeTestApi;
  before(async () => {
    api = await gradoscope();
  });
  afterEach(closeAll);

  const codes = ({ document }: vscode.TextEditor): string[] =>
    vscode.languages.getDiagnostics(document.uri).flatMap(({ code }) => {
      const value = typeof code === 'object' ? code.value : code;
      return typeof value === 'string' && value.startsWith('GF') ? [value] : [];
    });
  /** Opens the spec and waits until its gradients are known to vanish. */
  const fading = async (name: string, text = TEXT): Promise<vscode.TextEditor> => {
    const editor = await openSpec(name, text);
    await until('the finding', () => codes(editor).includes('GF101') || undefined, changed);
    await api.prediction(editor.document.uri.toString(), LIMIT_MS);
    return editor;
  };
  const actions = async ({ document }: vscode.TextEditor, kind?: string): Promise<vscode.CodeAction[]> => {
    const at = positionOf(document, '"sigmoid"', 1);
    const command = 'vscode.executeCodeActionProvider';
    const range = new vscode.Range(at, at);
    for (let asked = 1; ; asked++) {
      try {
        return await vscode.commands.executeCommand<vscode.CodeAction[]>(command, document.uri, range, kind);
      } catch (error) {
        // VS Code gives a question up where another extension begins to answer such questions meanwhile.
        if (asked === 5 || !/Canceled/.test(String(error))) throw error;
      }
    }
  };
  const apply = async (action: vscode.CodeAction | undefined): Promise<void> => {
    assert.ok(action?.edit, 'the action has an edit');
    assert.ok(await vscode.workspace.applyEdit(action.edit));
  };
  const gone = (editor: vscode.TextEditor): Promise<unknown> =>
    until('the finding to go', () => !codes(editor).includes('GF101') || undefined, changed);

  it('are offered where the finding stands, the likeliest preferred, with what is predicted', async () => {
    const editor = await fading('fix-offered');
    const offered = await actions(editor);
    const titles = offered.map(({ title }) => title);
    const relu = offered.find(({ title }) => /^Use ReLU with He initialization/.test(title));
    assert.match(relu?.title ?? '', /∇ \d\.\de-\d+ → \d?\.?\d+ \(predicted\)$/, titles.join('\n'));
    assert.equal(offered.filter(({ isPreferred }) => isPreferred).length, 1);
    assert.ok(titles.includes('Measure fixes…'), titles.join('\n'));
    assert.ok(titles.includes('Ignore GF101 in this spec'), titles.join('\n'));
  });

  it('are one edit that keeps everything else, and one undo takes it back', async () => {
    const editor = await fading('fix-applied');
    const relu = (await actions(editor)).find(({ title }) => title.startsWith('Use ReLU'));
    await apply(relu);
    const text = editor.document.getText();
    assert.match(text, /"activation": "relu"/);
    assert.match(text, /"seed": 3, \/\/ as it was\n/);
    const kept = TEXT.split('\n').filter((l) => !l.includes('sigmoid'));
    for (const line of kept) assert.ok(text.includes(line), line);
    await gone(editor);
    await vscode.commands.executeCommand('undo');
    assert.equal(editor.document.getText(), TEXT);
  });

  for (const [name, before, after] of [
    ['first', '', /"ignore": \[\s*"GF101"\s*\]/],
    ['second', '"ignore": ["GF118"], ', /"ignore": \[\s*"GF118",\s*"GF101"\s*\]/],
  ] as const) {
    it(`can be done without: a ${name} finding is silenced in the spec`, async () => {
      const editor = await fading(`fix-ignored-${name}`, TEXT.replace('"seed"', `${before}"seed"`));
      await apply((await actions(editor)).find(({ title }) => title === 'Ignore GF101 in this spec'));
      assert.match(editor.document.getText(), after);
      await gone(editor);
    });
  }

  it('combine by a command until nothing is found, which is one edit too', async () => {
    const editor = await fading('fix-all');
    const [all] = await actions(editor, 'source.fixAll.gradoscope');
    assert.equal(all?.command?.command, 'gradoscope.fixAllGradients');
    await vscode.commands.executeCommand(all.command.command, ...(all.command.arguments ?? []));
    assert.notEqual(editor.document.getText(), TEXT);
    await gone(editor);
    await vscode.commands.executeCommand('undo');
    assert.equal(editor.document.getText(), TEXT);
  });

  it('have a CodeLens while there is something to fix', async () => {
    const editor = await fading('fix-lens');
    const { uri } = editor.document;
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 20);
    assert.ok(lenses.some((l) => l.command?.command === 'gradoscope.fixGradients'));
  });
});
