// The life of a run as the commands drive it: start, progress, pause, stop, a killed worker, a new seed, a changed text.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { GradoscopeTestApi, SessionView } from '../../src/extension/api';
import { closeAll, edit, FOREVER, gradoscope, LIMIT_MS, openSpec, specText } from './scene';

describe('training', () => {
  let api: GradoscopeTestApi;
  before(async () => {
    api = await gradoscope();
    console.log(`activation took ${api.activationMs.toFixed(1)} ms`);
  });
  afterEach(async () => {
    for (const { source, live } of api.sessions()) {
      if (live) await vscode.commands.executeCommand('gradoscope.stop', source);
    }
    await closeAll();
  });

  const command = (name: string, ...args: unknown[]): Thenable<unknown> =>
    vscode.commands.executeCommand(`gradoscope.${name}`, ...args);
  const waitFor = (source: string, what: string, accept: (view: SessionView) => boolean): Promise<SessionView> =>
    api.waitFor(source, what, accept, LIMIT_MS);
  const begin = async (name: string, steps: number): Promise<[vscode.TextEditor, string]> => {
    const editor = await openSpec(name, specText({ steps }));
    return [editor, editor.document.uri.toString()];
  };

  it('trains the spec of the active editor to its end and shows the panel beside it', async () => {
    const [, source] = await begin('train-end', 60);
    await command('train');
    const end = await waitFor(source, 'the end', (v) => v.status === 'completed');
    assert.equal(end.step, 60);
    assert.deepEqual(end.run?.layers, ['dense_1/1', 'dense_1/2', 'dense_1/3', 'logits']);
    assert.equal(end.run?.mode, 'train');
    const record = await api.record(source, 60);
    assert.deepEqual([record?.[0], record?.[1]], [60, end.loss]);
    await waitFor(source, 'the panel', (v) => v.panel === 'shown');
    assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), source, 'the keyboard stays in the editor');
    assert.equal(vscode.window.tabGroups.all.length, 2);
  });

  it('goes on while the text is edited, says that it is stale, and stops when told', async () => {
    const [editor, source] = await begin('train-stop', FOREVER);
    await command('train');
    const running = await waitFor(source, 'some steps', (v) => v.status === 'running' && (v.step ?? 0) > 0);
    assert.equal(running.stale, false);
    assert.match(api.statusBarText() ?? '', /^\$\(pulse\) [\d,]+\/1,000,000,000 .*loss \d/);
    await edit(editor, '"units": 8', '"units": 9');
    const stale = await waitFor(source, 'stale', (v) => v.stale);
    assert.equal(stale.live, true);
    const later = await waitFor(source, 'further steps', (v) => (v.step ?? 0) > (stale.step ?? 0));
    assert.equal(later.run?.id, running.run?.id);
    await command('stop');
    const end = await waitFor(source, 'the stop', (v) => v.status === 'cancelled');
    assert.equal(end.live, false);
    assert.equal(api.statusBarText(), undefined);
    await edit(editor, '"units": 9', '"units": 8');
    await waitFor(source, 'the text as it was', (v) => !v.stale);
  });

  it('pauses, does one batch, goes on', async () => {
    const [, source] = await begin('train-pause', FOREVER);
    await command('train');
    await waitFor(source, 'some steps', (v) => (v.step ?? 0) > 0);
    await command('pause');
    const paused = await waitFor(source, 'the pause', (v) => v.status === 'paused');
    await command('stepBatch');
    const stepped = await waitFor(source, 'one step', (v) => (v.step ?? 0) > (paused.step ?? 0));
    assert.deepEqual([stepped.step, stepped.status], [(paused.step ?? 0) + 1, 'paused']);
    await command('resume');
    await waitFor(source, 'going on', (v) => v.status === 'running' && (v.step ?? 0) > (stepped.step ?? 0));
  });

  it('goes on when its panel is closed, and shows it again', async () => {
    const [, source] = await begin('train-panel', FOREVER);
    await command('train');
    const running = await waitFor(source, 'the panel of a run', (v) => v.panel === 'shown' && v.status === 'running');
    const tabs = vscode.window.tabGroups.all.flatMap((g) => g.tabs).filter((t) => t.label.startsWith('Gradients:'));
    await vscode.window.tabGroups.close(tabs);
    const closed = await waitFor(source, 'a closed panel', (v) => v.panel === 'none');
    await waitFor(source, 'further steps', (v) => (v.step ?? 0) > (closed.step ?? 0));
    await command('showGradients');
    const again = await waitFor(source, 'the panel again', (v) => v.panel === 'shown');
    assert.deepEqual([again.run?.id, again.live], [running.run?.id, true]);
  });

  it('does one batch of a spec that does not train yet, and waits', async () => {
    const [, source] = await begin('train-step', FOREVER);
    await command('stepBatch');
    const view = await waitFor(source, 'one step', (v) => v.step === 1);
    assert.equal(view.status, 'paused');
  });

  it('survives a killed worker: a message, the records kept, and the next run works', async () => {
    const [, source] = await begin('train-kill', FOREVER);
    await command('train');
    await waitFor(source, 'some steps', (v) => (v.step ?? 0) > 0);
    api.killWorker(source);
    const end = await waitFor(source, 'the failure', (v) => v.status === 'failed');
    assert.match(end.message ?? '', /training worker ended unexpectedly/);
    assert.equal(end.live, false);
    await command('train');
    const again = await waitFor(source, 'a new run', (v) => v.status === 'running' && v.run?.id !== end.run?.id);
    assert.equal(again.live, true);
  });

  it('trains with a new seed', async () => {
    const [, source] = await begin('train-seed', 20);
    await command('train');
    const first = await waitFor(source, 'the end', (v) => v.status === 'completed');
    await command('trainNewSeed');
    const second = await waitFor(
      source,
      'the second end',
      (v) => v.status === 'completed' && v.run?.id !== first.run?.id,
    );
    assert.equal(first.run?.seed, 3);
    assert.equal(second.run?.seed, 4);
    assert.notEqual(second.loss, first.loss);
  });

  it('shows gradients of one batch without training, and the same numbers every time', async () => {
    const [, source] = await begin('train-gradients', 20);
    await command('showGradients');
    const view = await waitFor(source, 'the measurement', (v) => v.status === 'completed');
    assert.deepEqual([view.run?.mode, view.step], ['gradients', 0]);
    const record = await api.record(source, 0);
    assert.equal(record?.[1], view.loss);
    await command('showGradients');
    assert.equal(
      api.sessions().find((s) => s.source === source)?.run?.id,
      view.run?.id,
      'it is shown, not measured anew',
    );
  });

  it('trains text that was never saved, and two specs at once', async () => {
    const untitled = await vscode.workspace.openTextDocument({ language: 'netspec', content: specText({ steps: 30 }) });
    await vscode.window.showTextDocument(untitled);
    const [, source] = await begin('train-two', 30);
    await command('train', untitled.uri);
    await command('train', source);
    for (const each of [untitled.uri.toString(), source]) {
      assert.equal((await waitFor(each, 'its end', (v) => v.status === 'completed')).step, 30);
    }
    await vscode.window.showTextDocument(untitled);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });

  it('says what is wrong with a spec that does not hold, and trains once it is mended', async () => {
    const editor = await openSpec('train-broken', specText().replace('"sigmoid"', '"sigmoit"'));
    const source = editor.document.uri.toString();
    await command('train');
    await waitFor(source, 'the refusal', (v) => !v.live);
    assert.equal(api.sessions().find((s) => s.source === source)?.run, undefined);
    await edit(editor, '"sigmoit"', '"sigmoid"');
    await command('train');
    await waitFor(source, 'the end', (v) => v.status === 'completed');
  });
});
