// What is known before training, in the editor: hints at the ends of lines, findings, hovers; and that they follow the text.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { GradoscopeTestApi } from '../../src/extension/api';
import { closeAll, edit, gradoscope, LIMIT_MS, openSpec, positionOf, specText, until } from './scene';

const LAYERS = [
  { type: 'repeat', times: 10, layers: [{ type: 'dense', units: 32, activation: 'sigmoid' }] },
  { type: 'dense', name: 'logits', units: 2 },
];
const changed = vscode.languages.onDidChangeDiagnostics;

describe('predictions in the editor', () => {
  let api: GradoscopeTestApi;
  before(async () => {
    api = await gradoscope();
  });
  afterEach(async () => {
    await vscode.workspace.getConfiguration('gradoscope').update('inlayHints', undefined, true);
    await vscode.workspace.getConfiguration('gradoscope').update('findings', undefined, true);
    await closeAll();
  });

  /** The hints of the whole document, each with the text of its line up to it. */
  const hints = async ({ document }: vscode.TextEditor): Promise<readonly string[]> => {
    const all = new vscode.Range(0, 0, document.lineCount, 0);
    const found = await vscode.commands.executeCommand<vscode.InlayHint[]>(
      'vscode.executeInlayHintProvider',
      document.uri,
      all,
    );
    return found.map(({ label, position }) => {
      const text = typeof label === 'string' ? label : label.map((part) => part.value).join('');
      const line = document.lineAt(position.line).text.slice(0, position.character).trim();
      return `${line} ‹${text}›`;
    });
  };
  const judged = ({ document }: vscode.TextEditor) => api.prediction(document.uri.toString(), LIMIT_MS);
  const findings = (editor: vscode.TextEditor): vscode.Diagnostic[] =>
    vscode.languages.getDiagnostics(editor.document.uri).filter((d) => String(d.code).startsWith('GF'));
  const hover = async ({ document }: vscode.TextEditor, marker: string): Promise<string> => {
    const at = positionOf(document, marker, 1);
    const command = 'vscode.executeHoverProvider';
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(command, document.uri, at);
    return hovers
      .flatMap((h) => h.contents)
      .map((c) => (typeof c === 'string' ? c : c.value))
      .join('\n');
  };

  it('stand at the end of each layer’s line, with the numbers that the prediction has', async () => {
    const editor = await openSpec('predict-hints', specText({ layers: LAYERS }));
    const layers = await judged(editor);
    assert.equal(layers.length, 11);
    assert.ok((layers[0]?.cumulative ?? 1) < 1e-4, 'ten sigmoid layers');
    const [repeated, logits, ...none] = await hints(editor);
    assert.deepEqual(none, []);
    assert.match(repeated ?? '', /^"type": "dense", ‹16×32 · 9,600 · ∇ ×0\.\d\d each, /);
    const [last, first] = [layers[9]!.cumulative.toPrecision(2), layers[0]!.cumulative.toExponential(1)];
    assert.ok(repeated?.endsWith(`${last} → ${first}›`), repeated);
    assert.match(logits ?? '', /^"type": "dense", ‹16×2 · 66 · ∇ ×\d\.\d\d → 1›$/);
  });

  it('are three kinds, each with its setting', async () => {
    const editor = await openSpec('predict-kinds', specText({ layers: LAYERS }));
    await judged(editor);
    const settings = vscode.workspace.getConfiguration('gradoscope.inlayHints');
    await settings.update('gradient', false, true);
    await settings.update('shape', false, true);
    assert.deepEqual(await hints(editor), ['"type": "dense", ‹9,600›', '"type": "dense", ‹66›']);
    await settings.update('parameters', false, true);
    assert.deepEqual(await hints(editor), []);
    for (const kind of ['gradient', 'shape', 'parameters']) await settings.update(kind, undefined, true);
    assert.equal((await hints(editor)).length, 2);
  });

  it('stay where the text is broken elsewhere, and follow it when it is mended', async () => {
    const editor = await openSpec('predict-broken', specText({ layers: LAYERS }));
    await judged(editor);
    const before = await hints(editor);
    await edit(editor, '"netspec": 1,', '"netspec": 1,\n  "name": "half');
    assert.deepEqual(await hints(editor), before);
    await edit(editor, '"name": "half', '"name": "whole",');
    await edit(editor, '"units": 32', '"units": 16');
    await judged(editor);
    assert.match((await hints(editor))[0] ?? '', /‹16×16 · /);
  });

  it('find what vanishes, at the property to blame, with the layers that suffer; and let go when it is mended', async () => {
    const editor = await openSpec('predict-findings', specText({ layers: LAYERS }));
    const [vanishing] = await until('the finding', () => findings(editor).filter((d) => d.code === 'GF101'), changed);
    assert.equal(editor.document.getText(vanishing?.range), '"sigmoid"');
    assert.equal(vanishing?.source, 'Gradoscope');
    assert.ok((vanishing?.relatedInformation?.length ?? 0) > 0);
    assert.match(vanishing?.message ?? '', /×0\.\d+/);
    await edit(editor, '"sigmoid"', '"relu", "kernelInitializer": "heNormal"');
    await judged(editor);
    await until('none of it', () => findings(editor).every((d) => d.code !== 'GF101') || undefined, changed);
  });

  it('show what a run has found, as long as the text is what was trained', async () => {
    const text = specText({ steps: 300 }).replace('"learningRate": 0.1', '"learningRate": 1e-9');
    const editor = await openSpec('predict-run', text);
    const codes = () => findings(editor).map((d) => d.code);
    await vscode.commands.executeCommand('gradoscope.train');
    await until('that the loss stands', () => codes().includes('GF109') || undefined, changed);
    await until('the rate', () => codes().includes('GF108') || undefined, changed);
    assert.equal(codes().filter((code) => code === 'GF108').length, 1, 'predicted and seen, and told once');
    await edit(editor, '1e-9', '0.1');
    await until(
      'none of it',
      () => codes().every((code) => code !== 'GF109' && code !== 'GF108') || undefined,
      changed,
    );
  });

  it('say nothing beside an error, nothing where the setting says so, and nothing that the spec silences', async () => {
    const editor = await openSpec('predict-silent', specText({ layers: LAYERS }));
    const some = () => findings(editor).some((d) => d.code === 'GF101') || undefined;
    const none = () => !some() || undefined;
    await until('the finding', some, changed);
    await edit(editor, '"sigmoid"', '"sigmoit"');
    await until('the error alone', none, changed);
    await edit(editor, '"sigmoit"', '"sigmoid"');
    await until('the finding', some, changed);
    await vscode.workspace.getConfiguration('gradoscope').update('findings', 'off', true);
    await until('silence', none, changed);
    await vscode.workspace.getConfiguration('gradoscope').update('findings', undefined, true);
    await until('the finding', some, changed);
    await edit(editor, '"seed": 3,', '"seed": 3, "ignore": ["GF101"],');
    await until('silence', none, changed);
  });

  it('explain a layer in its hover: the terms, their product, what is left, a picture', async () => {
    const editor = await openSpec('predict-hover', specText({ layers: LAYERS }));
    const layers = await judged(editor);
    const logits = await hover(editor, '"logits"');
    assert.match(logits, /\*\*Predicted\*\* at initialization, derived from the spec/);
    assert.match(logits, /glorotUniform \| `×\d/);
    assert.ok(logits.includes(`\`×${layers.at(-1)?.backwardFactor.toPrecision(3)}\``), logits);
    assert.match(logits, /!\[.*\]\(data:image\/svg\+xml;base64,[A-Za-z0-9+/=]+\|width=\d+,height=\d+\)/);
    const repeated = await hover(editor, '"units": 32');
    assert.match(repeated, /dense\\_1\/2 … dense\\_1\/10: sigmoid `×0\.\d{3}`/);
    await vscode.commands.executeCommand('gradoscope.showGradients');
    const source = editor.document.uri.toString();
    await api.waitFor(source, 'the measurement', (v) => v.status === 'completed', LIMIT_MS);
    const beside = await hover(editor, '"logits"');
    assert.match(beside, /\| \| predicted \| measured \|/);
    assert.match(beside, /\*\*Backward factor\*\* \| `×[\d.]+` \| `×[\d.]+` \|/);
  });

  it('come back after the analysis worker has died', async () => {
    const editor = await openSpec('predict-death', specText({ layers: LAYERS }));
    await judged(editor);
    api.killAnalyst();
    await edit(editor, '"units": 32', '"units": 8');
    const layers = await judged(editor);
    assert.equal(layers.length, 11);
  });
});
