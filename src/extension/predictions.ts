// Owns what is known of each open spec before training: asks the analyst at every change and keeps its last good answer, which
// stays beside its lines while the text is being edited. What is shown of it is the features'.
import * as vscode from 'vscode';
import { Disposables } from '../base/disposable';
import type { AnalysisSubject } from '../protocol/analysis';
import type { SpecAnalysis } from '../spec/analyze';
import type { Analyst } from './analyst';
import { type Known, leavesOpen, withCarried } from './known';
import { readSettings, readThresholds } from './settings';
import { foldersOf, isSpec, type SpecDocuments } from './specDocuments';
import type { TextMove } from './textMoves';

interface Entry {
  known?: Known;
  /** Asked about and not yet answered. */
  asked?: { readonly text: string; readonly analysis: SpecAnalysis; moves: readonly TextMove[] };
}

/** More edits than this since the last good text, and nothing of it is worth keeping. */
const MOST_MOVES = 500;

export interface PredictionsOptions {
  readonly documents: SpecDocuments;
  readonly analyst: Analyst;
  /** The extension's `media/data`. */
  readonly dataFolder: string;
}

export class Predictions implements vscode.Disposable {
  readonly #owned = new Disposables();
  readonly #options: PredictionsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #changed = new vscode.EventEmitter<vscode.TextDocument>();
  /** More, or other, is known of a document: ask `of`. */
  readonly onDidChange = this.#changed.event;

  constructor(options: PredictionsOptions) {
    this.#options = options;
    const { documents, analyst } = options;
    this.#owned.add(this.#changed);
    this.#owned.add(documents.onDidAnalyze((document) => this.#ask(document)));
    this.#owned.add(
      documents.onDidClose((uri) => {
        const source = uri.toString();
        this.#entries.delete(source);
        analyst.forget(source);
        if (documents.open.length === 0) analyst.rest();
      }),
    );
    this.#owned.add(
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (isSpec(document)) this.#move(document, contentChanges);
      }),
    );
  }

  /** What was last known, of this text or of an earlier one (`moves`). */
  of(document: vscode.TextDocument): Known | undefined {
    return this.#entries.get(document.uri.toString())?.known;
  }

  /** What the analyst is told of a text. */
  subjectOf(document: vscode.TextDocument, text = document.getText()): AnalysisSubject {
    const { memoryLimitBytes } = readSettings();
    const { dataFolder } = this.#options;
    const thresholds = readThresholds(document.uri);
    return { text, ...foldersOf(document.uri), dataFolder, memoryLimitBytes, thresholds };
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #ask(document: vscode.TextDocument): void {
    const { documents, analyst } = this.#options;
    const source = document.uri.toString();
    const analysis = documents.analysisOf(document);
    const entry = this.#entries.get(source) ?? {};
    this.#entries.set(source, entry);
    if (!analysis.graph || analysis.problems.some((p) => p.severity === 'error')) {
      entry.asked = undefined;
      analyst.forget(source);
      this.#changed.fire(document);
      return;
    }
    const asked: Entry['asked'] = { text: document.getText(), analysis, moves: [] };
    entry.asked = asked;
    const subject = this.subjectOf(document, asked.text);
    analyst.analyze(source, subject, readSettings().probe, (answer) => {
      if (entry.asked !== asked || document.isClosed) return;
      if (answer && entry.known && leavesOpen(answer, entry.known)) return;
      const { text, moves } = asked;
      if (!answer || answer.last) entry.asked = undefined;
      const { prediction, probed = false, last = true } = answer ?? {};
      const findings = answer ? withCarried(answer, entry.known, moves.length) : [];
      entry.known = { text, analysis, moves, prediction, findings, probed, last };
      this.#changed.fire(document);
    });
    if (entry.known) return;
    // Shapes need no analyst.
    entry.known = { text: asked.text, analysis, moves: [], findings: [], probed: false, last: false };
    this.#changed.fire(document);
  }

  #move(document: vscode.TextDocument, changes: readonly vscode.TextDocumentContentChangeEvent[]): void {
    const entry = this.#entries.get(document.uri.toString());
    if (!entry || changes.length === 0) return;
    const made = changes.map((c) => ({ start: c.rangeOffset, removed: c.rangeLength, added: c.text.length }));
    const { known, asked } = entry;
    if (asked) asked.moves = [...asked.moves, ...made];
    if (!known) return;
    const moves = [...known.moves, ...made];
    entry.known = moves.length > MOST_MOVES ? undefined : { ...known, moves };
  }
}
