// Owns the hints at the ends of a spec's lines in the editor. Their words and places are `hintText.ts`'s; which of an earlier text
// still stand is decided here.
import * as vscode from 'vscode';
import { type Disposable, Disposables } from '../../base/disposable';
import type { App } from '../app';
import { type HintKinds, type LayerHint, layerHints } from '../hintText';
import type { Known } from '../known';
import { readSettings } from '../settings';
import { isSpec, SPEC_SELECTOR } from '../specDocuments';
import { movedOffset, movedRange } from '../textMoves';

export function registerInlayHints(app: App): Disposable {
  const owned = new Disposables();
  const changed = owned.add(new vscode.EventEmitter<void>());
  owned.add(app.predictions.onDidChange(() => changed.fire()));
  owned.add(
    vscode.workspace.onDidChangeConfiguration((e) => {
      if (e.affectsConfiguration('gradoscope.inlayHints')) changed.fire();
    }),
  );
  owned.add(
    vscode.languages.registerInlayHintsProvider(SPEC_SELECTOR, {
      onDidChangeInlayHints: changed.event,
      provideInlayHints: (document, range) => (isSpec(document) ? provideHints(app, document, range) : []),
    }),
  );
  return owned;
}

function provideHints(app: App, document: vscode.TextDocument, shown: vscode.Range): vscode.InlayHint[] {
  const known = app.predictions.of(document);
  const { inlayHints: kinds } = readSettings();
  if (!known) return [];
  const broken = app.documents.analysisOf(document).problems.some((p) => p.severity === 'error');
  return hintsOf(known, kinds).flatMap((hint) => {
    const object = movedRange(hint.range, known.moves);
    const offset = movedOffset(hint.offset, known.moves);
    // What is being written is not what was judged; while it says nothing else that holds, its hint goes.
    if (!object || offset === undefined || (broken && object.touched)) return [];
    const position = document.positionAt(offset);
    return shown.contains(position) ? [inlayHint(position, hint)] : [];
  });
}

/** Computed once for what is known: the editor asks again at every scroll. */
const made = new WeakMap<object, { readonly kinds: string; readonly hints: readonly LayerHint[] }>();

function hintsOf(known: Known, kinds: HintKinds): readonly LayerHint[] {
  const { text, analysis, prediction } = known;
  const { graph, tree, spec } = analysis;
  if (!graph || !tree || !spec) return [];
  // `known` itself is another object after each edit.
  const key = prediction ?? analysis;
  const wanted = JSON.stringify(kinds);
  const before = made.get(key);
  if (before?.kinds === wanted) return before.hints;
  const { batchSize } = spec.training;
  const hints = layerHints({ text, tree, graph, batchSize, prediction }, kinds);
  made.set(key, { kinds: wanted, hints });
  return hints;
}

function inlayHint(position: vscode.Position, { parts }: LayerHint): vscode.InlayHint {
  const label = parts.map(({ text, tooltip }, i) => {
    const part = new vscode.InlayHintLabelPart(i === 0 ? text : ` · ${text}`);
    part.tooltip = new vscode.MarkdownString(tooltip);
    return part;
  });
  const hint = new vscode.InlayHint(position, label);
  hint.paddingLeft = true;
  return hint;
}
