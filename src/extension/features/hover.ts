// Owns the hover on a layer: its measured values where there is a run, and what it is. The words are `hoverText.ts`'s and
// `spec/describe.ts`'s.
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposable';
import { describeLayer } from '../../spec/describe';
import type { GraphLayer } from '../../spec/network';
import type { App } from '../app';
import { gradientColumn, hoverText, SPARKLINE_BINS } from '../hoverText';
import { layersAt } from '../layersAt';
import type { Session } from '../session';
import { readSettings } from '../settings';
import { SPEC_SELECTOR } from '../specDocuments';

export function registerHover(app: App): Disposable {
  return vscode.languages.registerHoverProvider(SPEC_SELECTOR, {
    provideHover: (document, position) => provideHover(app, document, position),
  });
}

async function provideHover(
  app: App,
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<vscode.Hover | undefined> {
  if (!readSettings().hover) return undefined;
  const { graph } = app.documents.refresh(document);
  const layers = graph ? layersAt(graph, document.offsetAt(position)) : [];
  const first = layers[0];
  if (!first) return undefined;
  const session = app.sessions.find(document.uri.toString());
  const parts: string[] = [];
  try {
    const measured = session && (await measuredText(session, layers));
    if (measured) parts.push(measured);
  } catch (error) {
    // A worker that does not answer costs the numbers, not the hover.
    app.log.warn(`a hover had no record: ${error instanceof Error ? error.message : String(error)}`);
  }
  parts.push(describeLayer(first));
  const range = new vscode.Range(document.positionAt(first.range.start), document.positionAt(first.range.end));
  return new vscode.Hover(new vscode.MarkdownString(parts.join('\n\n---\n\n')), range);
}

async function measuredText(session: Session, layers: readonly GraphLayer[]): Promise<string | undefined> {
  const { run, progress, stale } = session;
  if (!run || progress?.lastStep === undefined) return undefined;
  const { layout, mode } = run;
  const indexes = layers
    .map((layer) => layout.layers.findIndex((l) => l.name === layer.name && l.type === layer.spec.type))
    .filter((i) => i >= 0);
  const record = indexes.length > 0 ? await session.record(progress.lastStep) : undefined;
  if (!record) return undefined;
  const from = progress.firstStep ?? 0;
  const last = record[layout.measures.step.indexOf('step')] ?? progress.lastStep;
  const most = indexes.length > 1 ? SPARKLINE_BINS.several : SPARKLINE_BINS.single;
  const binSteps = Math.max(1, Math.ceil((last + 1 - from) / most));
  const columns = indexes.map((i) => gradientColumn(layout, layout.layers[i]!));
  const { bins, counts, values } = await session.window({ from, to: last + 1, binSteps, columns });
  const history = columns.map((_, c) =>
    Array.from({ length: bins }, (_bin, k) => (counts[k] ? values[3 * (c * bins + k) + 1] : undefined)),
  );
  return hoverText({ layout, layers: indexes, record, history, steps: [from, last], mode, stale });
}
