// Problems in the editor: their code, their range, and that they follow the text.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, edit, gradoscope, openSpec, specText, until, write } from './scene';

/** Problems of the text and its data; findings about gradients have suites of their own. */
const ours = (uri: vscode.Uri): vscode.Diagnostic[] =>
  vscode.languages.getDiagnostics(uri).filter((d) => d.source === 'Gradoscope' && String(d.code).startsWith('NS'));
const changed = vscode.languages.onDidChangeDiagnostics;

/** Problems of a document once there are any. */
async function problems(editor: vscode.TextEditor): Promise<{ code: unknown; marked: string; message: string }[]> {
  const { document } = editor;
  const found = await until(
    'a problem',
    () => (ours(document.uri).length > 0 ? ours(document.uri) : undefined),
    changed,
  );
  return found.map((d) => ({ code: d.code, marked: document.getText(d.range), message: d.message }));
}

describe('diagnostics', () => {
  before(gradoscope);
  afterEach(closeAll);

  it('mark exactly what is wrong, with code and hint, and go when it is mended', async () => {
    const editor = await openSpec('diagnose-name', specText().replace('"sigmoid"', '"sigmoit"'));
    const [problem] = await problems(editor);
    assert.match(String(problem?.code), /^NS1\d\d$/);
    assert.equal(problem?.marked, '"sigmoit"');
    assert.match(problem?.message ?? '', /sigmoid/);
    await edit(editor, '"sigmoit"', '"sigmoid"');
    await until('no problem', () => ours(editor.document.uri).length === 0 || undefined, changed);
  });

  it('survive broken text, and come back with it', async () => {
    const editor = await openSpec('diagnose-broken', specText());
    await edit(editor, '"layers": [', '"layers": ');
    const [problem] = await problems(editor);
    assert.match(String(problem?.code), /^NS1\d\d$/);
  });

  it('refuse a billion units with the estimate, at once', async () => {
    const layers = [
      { type: 'dense', units: 1_000_000_000 },
      { type: 'dense', units: 2 },
    ];
    const [problem] = await problems(await openSpec('diagnose-huge', specText({ layers })));
    assert.match(String(problem?.code), /^NS4\d\d$/);
    assert.match(problem?.message ?? '', /(G|T|P)iB/);
  });

  it('look into data files: one that is missing, one that leads out, one whose columns do not fit', async () => {
    const missing = specText({ data: { source: 'csv', path: 'no-such.csv' } });
    const [notThere] = await problems(await openSpec('diagnose-missing', missing));
    assert.deepEqual([notThere?.code, notThere?.marked], ['NS302', '"no-such.csv"']);

    const outside = specText({ data: { source: 'csv', path: '../../etc/passwd' } });
    const [leaves] = await problems(await openSpec('diagnose-outside', outside));
    assert.deepEqual([leaves?.code, leaves?.marked], ['NS301', '"../../etc/passwd"']);

    await write('diagnose.csv', 'x,y,kind\n1,2,a\n3,4,b\n5,6,a\n7,8,b\n9,1,a\n');
    const column = specText({ data: { source: 'csv', path: 'diagnose.csv', target: 'sort' } });
    const [unknown] = await problems(await openSpec('diagnose-column', column));
    assert.equal(unknown?.code, 'NS306');
  });

  it('follow a data file that changed, when the spec is saved', async () => {
    const editor = await openSpec('diagnose-later', specText({ data: { source: 'csv', path: 'later.csv' } }));
    await problems(editor);
    await write('later.csv', 'x,y,kind\n1,2,a\n3,4,b\n5,6,a\n7,8,b\n9,1,a\n2,3,b\n');
    await edit(editor, '"seed": 3', '"seed": 4');
    await editor.document.save();
    await until('no problem', () => ours(editor.document.uri).length === 0 || undefined, changed);
  });

  it('leave other JSON alone', async () => {
    const uri = await write('plain.json', '{ "netspec": "no" ');
    await vscode.window.showTextDocument(uri);
    assert.equal(ours(uri).length, 0);
  });
});
