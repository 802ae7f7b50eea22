// Holds the extension, as VS Code loaded it, against its own manifest.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('the manifest', () => {
  const extension = () => {
    const found = vscode.extensions.getExtension('gradoscope.gradoscope');
    assert.ok(found, 'VS Code knows the extension');
    return found;
  };

  it('names only commands that are registered once the extension is active', async () => {
    await extension().activate();
    const registered = new Set(await vscode.commands.getCommands(true));
    const named: { command: string }[] = extension().packageJSON.contributes.commands;
    assert.ok(named.length > 0);
    const missing = named.map(({ command }) => command).filter((command) => !registered.has(command));
    assert.deepEqual(missing, []);
  });

  it('gives *.netspec.json files the language netspec', async () => {
    const [file] = await vscode.workspace.findFiles('*.netspec.json');
    assert.ok(file, 'the opened folder has a spec');
    const document = await vscode.workspace.openTextDocument(file);
    assert.equal(document.languageId, 'netspec');
  });
});
