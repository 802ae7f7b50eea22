// Hovers, CodeLens, the tie between cursor and panel, and the examples.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { GradoscopeTestApi } from '../../src/extension/api';
import { closeAll, FOREVER, folder, gradoscope, LIMIT_MS, openSpec, positionOf, specText } from './scene';

describe('features in the editor', () => {
  let api: GradoscopeTestApi;
  before(async () => {
    api = await gradoscope();
  });
  afterEach(async () => {
    for (const { source, live } of api.sessions()) {
      if (live) await vscode.commands.executeCommand('gradoscope.stop', source);
    }
    await closeAll();
  });

  /** All that a hover at the marker says. */
  const hover = async (document: vscode.TextDocument, marker: string): Promise<string> => {
    const at = positionOf(document, marker, 1);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      at,
    );
    return hovers
      .flatMap((h) => h.contents)
      .map((c) => (typeof c === 'string' ? c : c.value))
      .join('\n');
  };
  const lenses = async (document: vscode.TextDocument): Promise<string[]> => {
    const all = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
      20,
    );
    return all.map((l) => l.command?.command ?? '');
  };

  it('say what a layer is before any run: shapes and parameters', async () => {
    const { document } = await openSpec('hover-before', specText());
    const text = await hover(document, '"logits"');
    assert.match(text, /logits/);
    assert.match(text, /18/, 'parameters of 8 → 2 with bias');
  });

  it('say of a property what it is, and of its layer one line', async () => {
    const { document } = await openSpec('hover-property', specText());
    const text = await hover(document, '"units": 8');
    assert.match(text, /How many units/);
    assert.match(text, /dense_1\/1.* · 2 → 8 · 24 parameters · first of 3/);
    assert.doesNotMatch(text, /starts from/, 'no table of parameters');
  });

  it('show the values of the run: the same as its record has', async () => {
    const { document } = await openSpec('hover-after', specText());
    const source = document.uri.toString();
    await vscode.commands.executeCommand('gradoscope.showGradients');
    await api.waitFor(source, 'the measurement', (v) => v.status === 'completed', LIMIT_MS);
    const measured = await hover(document, '"logits"');
    const record = await api.record(source, 0);
    const values = new Set([...(record ?? [])].map((x) => x.toExponential(1)));
    const l2 = /Kernel gradient l2 \| `([^`]+)`/.exec(measured)?.[1];
    assert.ok(l2 && values.has(l2), `${l2} is a value of the record, in:\n${measured}`);
    assert.match(measured, /Rank by gradient \| `1 of 4`/);
    const repeated = await hover(document, '"units": 8');
    for (const name of ['dense\\_1/1', 'dense\\_1/2', 'dense\\_1/3']) assert.ok(repeated.includes(name), repeated);
  });

  it('draw a course over the steps after training', async () => {
    const { document } = await openSpec('hover-trained', specText());
    await vscode.commands.executeCommand('gradoscope.train');
    await api.waitFor(document.uri.toString(), 'the end', (v) => v.status === 'completed', LIMIT_MS);
    const text = await hover(document, '"logits"');
    assert.match(text, /`[▁▂▃▄▅▆▇█]{8,}` l2, steps 1–60/);
    assert.match(text, /Update ratio/);
  });

  it('offer what can be done as the run stands', async () => {
    // One layer, in which nothing is found.
    const layers = [{ type: 'dense', name: 'logits', units: 2 }];
    const { document } = await openSpec('lenses', specText({ steps: FOREVER, layers }));
    const source = document.uri.toString();
    assert.deepEqual(await lenses(document), ['gradoscope.train', 'gradoscope.showGradients']);
    await vscode.commands.executeCommand('gradoscope.train');
    await api.waitFor(source, 'some steps', (v) => v.status === 'running', LIMIT_MS);
    assert.deepEqual(await lenses(document), ['gradoscope.stop', 'gradoscope.pause', 'gradoscope.showGradients']);
    await vscode.commands.executeCommand('gradoscope.pause');
    await api.waitFor(source, 'the pause', (v) => v.status === 'paused', LIMIT_MS);
    assert.ok((await lenses(document)).includes('gradoscope.resume'));
    await vscode.commands.executeCommand('gradoscope.stop');
    await api.waitFor(source, 'the stop', (v) => !v.live, LIMIT_MS);
    assert.deepEqual(await lenses(document), ['gradoscope.train', 'gradoscope.showGradients']);
  });

  it("mark the row of the cursor's layer", async () => {
    const editor = await openSpec('cursor', specText());
    const { document } = editor;
    const source = document.uri.toString();
    await vscode.commands.executeCommand('gradoscope.showGradients');
    await api.waitFor(source, 'the measurement', (v) => v.status === 'completed', LIMIT_MS);
    const put = (marker: string): void => {
      const at = positionOf(document, marker, 1);
      editor.selection = new vscode.Selection(at, at);
    };
    put('"logits"');
    await api.waitFor(source, 'logits', (v) => v.selectedLayer === 'logits', LIMIT_MS);
    put('"units": 8');
    await api.waitFor(source, 'the first of the repeat', (v) => v.selectedLayer === 'dense_1/1', LIMIT_MS);
    put('"loss"');
    await api.waitFor(source, 'none', (v) => v.selectedLayer === undefined, LIMIT_MS);
  });

  it('copy an example with the data it needs, under a free name', async () => {
    await vscode.commands.executeCommand('gradoscope.newSpec', 'vanishing-sigmoid');
    const editor = vscode.window.activeTextEditor;
    assert.equal(editor?.document.uri.path, `${folder().path}/vanishing-sigmoid-2.netspec.json`);
    assert.equal(editor?.document.languageId, 'netspec');

    const table = vscode.Uri.joinPath(folder(), 'flowers.csv');
    await vscode.workspace.fs.delete(table);
    await vscode.commands.executeCommand('gradoscope.newSpec', 'flowers');
    assert.ok((await vscode.workspace.fs.stat(table)).size > 0, 'its table came along');
    const source = vscode.window.activeTextEditor?.document.uri.toString() ?? '';
    await vscode.commands.executeCommand('gradoscope.showGradients', source);
    await api.waitFor(source, 'the measurement', (v) => v.status === 'completed', LIMIT_MS);
  });
});
