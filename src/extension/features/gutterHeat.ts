// Owns the heat beside a spec's lines: each layer's lines in the colour of its predicted gradient, in the gutter and in the
// overview ruler. Colours and icons are `heat.ts`'s.
import * as vscode from 'vscode';
import { type Disposable, Disposables } from '../../base/disposable';
import type { App } from '../app';
import { gutterIcon, HEAT_STEPS, type HeatStep, heatColour } from '../heat';
import { heatLines } from '../heatLines';
import { readSettings } from '../settings';
import { isSpec } from '../specDocuments';

export function registerGutterHeat(app: App): Disposable {
  const owned = new Disposables();
  const types = new Map(HEAT_STEPS.map((step) => [step, owned.add(decorationOf(step))]));
  const draw = (editor: vscode.TextEditor): void => {
    if (!isSpec(editor.document)) return;
    const lines = readSettings().gutterHeat ? linesOf(app, editor.document) : new Map<number, HeatStep>();
    const ranges = new Map<HeatStep, vscode.Range[]>(HEAT_STEPS.map((step) => [step, []]));
    for (const [line, step] of lines) ranges.get(step)?.push(new vscode.Range(line, 0, line, 0));
    for (const [step, type] of types) editor.setDecorations(type, ranges.get(step) ?? []);
  };
  const drawAll = (document?: vscode.TextDocument): void => {
    for (const editor of vscode.window.visibleTextEditors) if (!document || editor.document === document) draw(editor);
  };
  owned.add(app.predictions.onDidChange(drawAll));
  owned.add(vscode.window.onDidChangeVisibleTextEditors(() => drawAll()));
  owned.add(
    vscode.workspace.onDidChangeConfiguration((e) => {
      if (e.affectsConfiguration('gradoscope.gutterHeat')) drawAll();
    }),
  );
  return owned;
}

function linesOf(app: App, document: vscode.TextDocument): ReadonlyMap<number, HeatStep> {
  const known = app.predictions.of(document);
  const { graph } = known?.analysis ?? {};
  if (!known?.prediction || !graph) return new Map();
  return heatLines(graph, known.prediction, known.moves, (offset) => document.positionAt(offset).line);
}

function decorationOf(step: HeatStep): vscode.TextEditorDecorationType {
  const looks = (theme: 'light' | 'dark'): vscode.ThemableDecorationRenderOptions => ({
    gutterIconPath: vscode.Uri.parse(gutterIcon(step, theme)),
    // The whole height of the line, so that neighbours join.
    gutterIconSize: '100% 100%',
    overviewRulerColor: heatColour(step, theme),
  });
  return vscode.window.createTextEditorDecorationType({
    light: looks('light'),
    dark: looks('dark'),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
}
