// Owns the hover on a layer: its measured values where there is a run, its predicted gradient, and what it is. The words are
// `hoverText.ts`'s, `predictionText.ts`'s and `spec/describe.ts`'s.
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposable';
import { describeLayer, layerSummary, typeText } from '../../spec/describe';
import type { GraphLayer } from '../../spec/network';
import type { App } from '../app';
import { formatCount } from '../format';
import type { ThemeKind } from '../heat';
import { predictionsOf } from '../hintText';
import { flowOf, gradientColumn, hoverText, SPARKLINE_BINS } from '../hoverText';
import { layersAt, propertyAt } from '../layersAt';
import { predictionPicture } from '../predictionPicture';
import { type MeasuredFlow, predictionText } from '../predictionText';
import type { Session } from '../session';
import { readSettings } from '../settings';
import { isSpec } from '../specDocuments';

export function registerHover(app: App): Disposable {
  // Any language ranks below a named one: what the schema says of a property comes first, and then its layer.
  return vscode.languages.registerHoverProvider(
    { language: '*' },
    {
      provideHover: (document, position) => (isSpec(document) ? provideHover(app, document, position) : undefined),
    },
  );
}

async function provideHover(
  app: App,
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<vscode.Hover | undefined> {
  if (!readSettings().hover) return undefined;
  const { graph, tree } = app.documents.refresh(document);
  const offset = document.offsetAt(position);
  const layers = graph ? layersAt(graph, offset) : [];
  const first = layers[0];
  if (!first) return undefined;
  const session = app.sessions.find(document.uri.toString());
  const property = propertyAt(tree, first, offset);
  const parts: string[] = [];
  let measured: Measured | undefined;
  try {
    measured = session && (await measure(session, layers));
    if (measured) parts.push(measured.text);
  } catch (error) {
    // A worker that does not answer costs the numbers, not the hover.
    app.log.warn(`a hover had no record: ${error instanceof Error ? error.message : String(error)}`);
  }
  const description = descriptionAt(layers, property?.key, measured !== undefined);
  // The editor asked before the text was judged: numbers of another text are not this one's.
  const predicted = document.isClosed ? '' : predictedText(app, document, layers, measured);
  // Before what the layer is: a hover shows its first dozen lines, and these are what changes with the spec.
  if (predicted !== '') parts.push(predicted);
  if (description !== undefined) parts.push(description);
  const { start, end } = property?.range ?? first.range;
  const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
  return new vscode.Hover(new vscode.MarkdownString(parts.join('\n\n---\n\n')), range);
}

/** What the layer is: all of it at its type, its name and its braces; at its other properties a line, or nothing below values. */
function descriptionAt(layers: readonly GraphLayer[], key: string | undefined, measured: boolean): string | undefined {
  const first = layers[0]!;
  const [head, ...rest] = describeLayer(first).split('\n\n');
  if (key === undefined || key === 'name') return [head, ...rest].join('\n\n');
  // The schema's hover on a type tells already what such a layer does.
  if (key === 'type') return [head, ...rest.filter((part) => part !== typeText(first.spec.type))].join('\n\n');
  if (measured) return undefined;
  const place = layers.length > 1 ? ` · first of ${layers.length}` : '';
  return `${head} · ${layerSummary(first)}${place}`;
}

/** What is predicted of the layers; empty where the text was not judged as it is. */
function predictedText(
  app: App,
  document: vscode.TextDocument,
  layers: readonly GraphLayer[],
  measured: Measured | undefined,
): string {
  const { prediction, text } = app.predictions.of(document) ?? {};
  if (!prediction || text !== document.getText()) return '';
  const predicted = predictionsOf(layers, prediction).filter((p) => p !== undefined);
  const marked = new Set(predicted.map((p) => p.index));
  return predictionText(predicted, {
    measured: measured && predicted.map(({ name }) => measured.flow.get(name)),
    measuredWhen: measured?.when,
    picture: predictionPicture(prediction, marked, themeKind()),
  });
}

function themeKind(): ThemeKind {
  switch (vscode.window.activeColorTheme.kind) {
    case vscode.ColorThemeKind.Light:
      return 'light';
    case vscode.ColorThemeKind.HighContrast:
      return 'highContrast';
    case vscode.ColorThemeKind.HighContrastLight:
      return 'highContrastLight';
    default:
      return 'dark';
  }
}

interface Measured {
  readonly text: string;
  /** By layer. */
  readonly flow: ReadonlyMap<string, MeasuredFlow>;
  readonly when: string;
}

async function measure(session: Session, layers: readonly GraphLayer[]): Promise<Measured | undefined> {
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
  return {
    text: hoverText({ layout, layers: indexes, record, history, steps: [from, last], mode, stale }),
    // What a run of another text measured is not this text's.
    flow: new Map(stale ? [] : indexes.map((i) => [layout.layers[i]!.name, flowOf(layout, layout.layers[i]!, record)])),
    when: mode === 'gradients' ? 'measured' : `at step ${formatCount(last)}`,
  };
}
