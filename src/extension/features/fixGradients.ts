// Owns the commands "Fix gradients" and "Combine fixes until nothing is found": remedies measured in the analysis worker, chosen from a list with
// their figures, looked at as a difference, and applied as one edit.
import * as vscode from 'vscode';
import { type Disposable, Disposables } from '../../base/disposable';
import { UserError } from '../../base/errors';
import type { FixProgress, FixResult } from '../../protocol/analysis';
import type { FixedAll, LongTask } from '../analyst';
import type { App } from '../app';
import { type FixRow, fixGroups, measuredHow } from '../fixText';
import { plainWords, wrapped } from '../plainWords';
import { FIX_SCHEME, isSpec } from '../specDocuments';
import { editTo } from '../specEdits';
import { targetSource } from '../target';

export function registerFixGradients(app: App): Disposable {
  const owned = new Disposables();
  const previews = owned.add(new Previews());
  const run = (argument: unknown, act: (document: vscode.TextDocument) => Promise<void>): Promise<void> =>
    app.faults.guard(async () => {
      const document = await documentOf(app, argument);
      if (document) await act(document);
      else void vscode.window.showInformationMessage('Open a .netspec.json first.');
    });
  const { registerCommand } = vscode.commands;
  owned.add(
    registerCommand('gradoscope.fixGradients', (argument: unknown) =>
      run(argument, (document) => fixGradients(app, document, previews)),
    ),
  );
  owned.add(
    registerCommand('gradoscope.fixAllGradients', (argument: unknown) =>
      run(argument, (document) => fixAllGradients(app, document)),
    ),
  );
  return owned;
}

async function documentOf(app: App, argument: unknown): Promise<vscode.TextDocument | undefined> {
  const given = argument instanceof vscode.Uri ? argument.toString() : argument;
  const source = typeof given === 'string' ? given : targetSource(app);
  if (source === undefined) return undefined;
  const document = app.documents.find(source) ?? (await vscode.workspace.openTextDocument(vscode.Uri.parse(source)));
  return isSpec(document) ? document : undefined;
}

async function fixGradients(app: App, document: vscode.TextDocument, previews: Previews): Promise<void> {
  refuseFaulty(app, document);
  const subject = app.predictions.subjectOf(document);
  const result = await withProgress(`Measuring fixes of ${nameOf(document)}`, (progress) =>
    app.analyst.fix(subject, progress),
  );
  if (!result) return;
  if (result.codes.length === 0) {
    const ignored = app.documents.analysisOf(document).spec?.ignore ?? [];
    const but = ignored.length > 0 ? `, but for what it ignores (${ignored.join(', ')})` : '';
    void vscode.window.showInformationMessage(`Nothing to mend was found in ${nameOf(document)}${but}.`);
    return;
  }
  if (result.remedies.length === 0) {
    const found = result.codes.join(', ');
    void vscode.window.showInformationMessage(`No remedy is known for ${found} in ${nameOf(document)}.`);
    return;
  }
  let active: FixRow | undefined;
  try {
    for (;;) {
      const row = await chooseRemedy(document, result, active);
      if (!row) return;
      if (row === 'all') {
        await fixAllGradients(app, document);
        return;
      }
      active = row;
      await previews.show(document, row.remedy.text, row.label);
      const decision = await decide(row);
      if (decision === undefined) return;
      if (decision === 'back') continue;
      await apply(document, subject.text, row.remedy.text);
      return;
    }
  } finally {
    await previews.close();
  }
}

async function fixAllGradients(app: App, document: vscode.TextDocument): Promise<void> {
  refuseFaulty(app, document);
  const subject = app.predictions.subjectOf(document);
  const fixed: FixedAll | undefined = await withProgress(`Combining fixes of ${nameOf(document)}`, (progress) =>
    app.analyst.fixAll(subject, progress),
  );
  if (!fixed) return;
  if (fixed.applied.length === 0) {
    void vscode.window.showInformationMessage(`Nothing was found that helps the gradients of ${nameOf(document)}.`);
    return;
  }
  await apply(document, subject.text, fixed.text);
  const left = fixed.left.length > 0 ? `${fixed.left.join(', ')} is left. ` : '';
  const done = fixed.applied.map(({ title }) => plainWords(title)).join('; ');
  void vscode.window.showInformationMessage(
    `Applied to ${nameOf(document)}: ${done}. ${left}One undo takes all of it back.`,
  );
}

/** @throws UserError with the first problem: there is nothing to measure yet */
function refuseFaulty(app: App, document: vscode.TextDocument): void {
  const problem = app.documents.refresh(document).problems.find((p) => p.severity === 'error');
  if (problem) throw new UserError(problem.message, problem.hint, problem.code);
}

/** Runs a task under a notification; undefined where it was cancelled there. */
function withProgress<T>(
  title: string,
  start: (progress: (progress: FixProgress) => void) => LongTask<T>,
): Thenable<T | undefined> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, async (shown, token) => {
    let share = 0;
    const task = start((progress) => {
      shown.report({ message: plainWords(progress.doing), increment: Math.max(0, (progress.share - share) * 100) });
      share = Math.max(share, progress.share);
    });
    const heard = token.onCancellationRequested(() => task.cancel());
    try {
      return await task.done;
    } catch (error) {
      if (token.isCancellationRequested) return undefined;
      throw error;
    } finally {
      heard.dispose();
    }
  });
}

interface RowItem extends vscode.QuickPickItem {
  readonly row?: FixRow | 'all';
}

async function chooseRemedy(
  document: vscode.TextDocument,
  result: FixResult,
  active: FixRow | undefined,
): Promise<FixRow | 'all' | undefined> {
  const separator = (label: string): RowItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const items = fixGroups(result).flatMap(({ title, rows }): RowItem[] => [
    separator(title),
    ...rows.map((row) => ({ ...row, row })),
  ]);
  items.push(separator('All together'), {
    label: '$(wand) Combine fixes until nothing is found',
    detail: 'Applies the best, measures what is left, and so on.',
    row: 'all',
  });
  const picker = vscode.window.createQuickPick<RowItem>();
  picker.title = `Fixes of ${nameOf(document)}, best first`;
  picker.placeholder = measuredHow(result);
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.ignoreFocusOut = true;
  picker.items = items;
  const before = items.find(({ row }) => typeof row === 'object' && row.remedy === active?.remedy);
  if (before) picker.activeItems = [before];
  return (await picked(picker))?.row;
}

type Decision = 'apply' | 'back';

/** Characters that a row of the list holds at its usual width of 600 pixels. */
const ROW_CHARACTERS = 82;

async function decide({ label, description, detail, remedy }: FixRow): Promise<Decision | undefined> {
  const picker = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly decision?: Decision }>();
  picker.title = label.replace(/^\$\(\w+\) /, '');
  picker.placeholder = [description, detail].filter((s) => s !== '').join(' · ');
  picker.ignoreFocusOut = true;
  const worse = remedy.verdict === 'worse';
  const apply = {
    label: worse ? '$(warning) Apply all the same' : '$(check) Apply',
    description: 'as one edit, which one undo takes back',
    decision: 'apply',
  } as const;
  const back = { label: '$(arrow-left) Back to the list', decision: 'back' } as const;
  // A row has two lines, each cut off where it is too long.
  const lines = wrapped(plainWords(remedy.why), ROW_CHARACTERS);
  const why = lines.flatMap((label, i) => (i % 2 === 0 ? [{ label, detail: lines[i + 1] }] : []));
  picker.items = [
    // Enter alone must not make anything worse.
    ...(worse ? [back, apply] : [apply, back]),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    ...why,
  ];
  return (await picked(picker, ({ decision }) => decision !== undefined))?.decision;
}

/** @param counts whether an item can be taken; the others are there to be read */
function picked<T extends vscode.QuickPickItem>(
  picker: vscode.QuickPick<T>,
  counts: (item: T) => boolean = () => true,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    picker.onDidAccept(() => {
      const [item] = picker.selectedItems;
      if (!item || !counts(item)) return;
      resolve(item);
      picker.hide();
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
    picker.show();
  });
}

/** @param measured the text that the fix was measured on: another one is not edited */
async function apply(document: vscode.TextDocument, measured: string, text: string): Promise<void> {
  if (document.isClosed || document.getText() !== measured) {
    throw new UserError('The spec was changed since its fixes were measured.', 'Run Fix gradients again.');
  }
  if (!(await vscode.workspace.applyEdit(editTo(document, text)))) {
    throw new UserError('The editor did not take the edit.', 'Check that the file may be written.');
  }
  await vscode.window.showTextDocument(document);
}

function nameOf(document: vscode.TextDocument): string {
  return document.uri.path.split('/').at(-1) ?? document.uri.path;
}

/** The texts with a remedy, as read-only documents on the right of a difference. */
class Previews implements vscode.TextDocumentContentProvider, Disposable {
  readonly #owned = new Disposables();
  readonly #texts = new Map<string, string>();
  #count = 0;

  constructor() {
    this.#owned.add(vscode.workspace.registerTextDocumentContentProvider(FIX_SCHEME, this));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? '';
  }

  async show(document: vscode.TextDocument, text: string, title: string): Promise<void> {
    await this.close();
    const uri = document.uri.with({ scheme: FIX_SCHEME, query: String(++this.#count) });
    this.#texts.set(uri.toString(), text);
    const options: vscode.TextDocumentShowOptions = { preview: true, preserveFocus: true };
    await vscode.commands.executeCommand('vscode.diff', document.uri, uri, `${nameOf(document)}: ${title}`, options);
  }

  async close(): Promise<void> {
    const tabs = vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(({ input }) => input instanceof vscode.TabInputTextDiff && input.modified.scheme === FIX_SCHEME);
    if (tabs.length > 0) await vscode.window.tabGroups.close(tabs, true);
    this.#texts.clear();
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
