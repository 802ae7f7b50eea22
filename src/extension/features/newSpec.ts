// Owns "New spec from an example": a copy of a shipped example in the workspace, with the data files it needs.
import * as vscode from 'vscode';
import { type Disposable, Disposables } from '../../base/disposable';
import { UserError } from '../../base/errors';
import { analyzeSpec } from '../../spec/analyze';
import type { DataSpec } from '../../spec/schema';
import type { App } from '../app';

/** What each example lets one see; an example without a line here shows its layers and source. */
const LESSONS: Readonly<Record<string, string>> = {
  'vanishing-sigmoid':
    'Ten sigmoid layers: the gradient fades on its way to the input, and the early layers stand still',
  'repaired-relu': 'The same net with ReLU and He initialization: the gradient arrives',
  exploding: 'Weights too large: each layer multiplies the gradient until numbers end',
  residual: 'A way round each block: a deep net that trains all the same',
  spiral: 'A small net on two spirals: everything at a glance',
  flowers: 'Your own table: four columns of a CSV file, three species',
  'digits-convolutional': 'Two convolutions with pooling: what the gradient of an image net looks like',
  'residual-batchnorm': 'Batch normalization within shortcuts: every block gets as much',
  'long-memory-lstm': 'Two numbers to be remembered over 50 steps: the gradient back through time',
  'copy-attention': 'Attention looks back at what it is to repeat, however long ago',
};

interface ExampleItem extends vscode.QuickPickItem {
  readonly base: string;
  readonly text: string;
  /** Files that its data names, relative to it. */
  readonly files: readonly string[];
}

export function registerNewSpec(app: App): Disposable {
  const owned = new Disposables();
  owned.add(
    vscode.commands.registerCommand('gradoscope.newSpec', (argument: unknown) =>
      app.faults.guard(() => newSpec(app, typeof argument === 'string' ? argument : undefined)),
    ),
  );
  return owned;
}

/** @param wanted an example's name, instead of asking */
async function newSpec(app: App, wanted: string | undefined): Promise<void> {
  const examples = vscode.Uri.joinPath(app.context.extensionUri, 'examples');
  const items = await readExamples(examples);
  const item =
    wanted === undefined
      ? await vscode.window.showQuickPick(items, { placeHolder: 'An example to start from', matchOnDetail: true })
      : items.find((i) => i.base === wanted);
  if (!item) return;
  const target = await targetOf(item);
  if (target === 'untitled') {
    const document = await vscode.workspace.openTextDocument({ language: 'netspec', content: item.text });
    await vscode.window.showTextDocument(document);
    return;
  }
  if (!target) return;
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(item.text));
  for (const file of item.files) {
    const copy = vscode.Uri.joinPath(target, '..', file);
    // A file of that name is the user's, or a copy from before: it stays.
    if (!(await exists(copy))) await vscode.workspace.fs.copy(vscode.Uri.joinPath(examples, file), copy);
  }
  await vscode.window.showTextDocument(target);
}

async function readExamples(folder: vscode.Uri): Promise<ExampleItem[]> {
  const suffix = '.netspec.json';
  const names = (await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name);
  const items = await Promise.all(
    names
      .filter((name) => name.endsWith(suffix))
      .map(async (name) => {
        const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, name)));
        const { spec, graph } = analyzeSpec(text);
        const base = name.slice(0, -suffix.length);
        const shape = [spec?.data.source, graph && `${graph.layers.length} layers`].filter((s) => s !== undefined);
        return {
          base,
          text,
          label: spec?.name ?? base,
          description: shape.join(' · '),
          detail: LESSONS[base],
          files: spec ? filesOf(spec.data) : [],
        };
      }),
  );
  if (items.length === 0) throw new UserError('The shipped examples are missing.', 'Install Gradoscope again.');
  const order = Object.keys(LESSONS);
  const place = (item: ExampleItem): number => (order.includes(item.base) ? order.indexOf(item.base) : order.length);
  return items.sort((a, b) => place(a) - place(b) || a.base.localeCompare(b.base));
}

/** Where the copy goes: into the workspace; without one a new untitled file, or a place that is asked for. */
async function targetOf(item: ExampleItem): Promise<vscode.Uri | 'untitled' | undefined> {
  const active = vscode.window.activeTextEditor?.document.uri;
  const folder =
    (active && vscode.workspace.getWorkspaceFolder(active))?.uri ?? vscode.workspace.workspaceFolders?.[0]?.uri;
  if (!folder) {
    if (item.files.length === 0) return 'untitled';
    return vscode.window.showSaveDialog({ title: `Save “${item.label}” and its data`, filters: { Netspec: ['json'] } });
  }
  for (let n = 1; ; n++) {
    const uri = vscode.Uri.joinPath(folder, `${item.base}${n > 1 ? `-${n}` : ''}.netspec.json`);
    if (!(await exists(uri))) return uri;
  }
}

function filesOf(data: DataSpec): readonly string[] {
  switch (data.source) {
    case 'csv':
    case 'npz':
      return [data.path];
    case 'idx':
      return [data.images, data.labels, ...(data.test ? [data.test.images, data.test.labels] : [])];
    case 'npy':
      return [data.x, data.y];
    default:
      return [];
  }
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}
