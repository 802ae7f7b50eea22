// Owns the open specs as text: their analysis, kept by version and refreshed soon after each change. Sessions and
// features ask here; nothing else parses.
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { Disposables } from '../base/disposable';
import { analyzeSpec, pathRange, type SpecAnalysis } from '../spec/analyze';
import type { Problem } from '../spec/problem';
import { type DataLook, DataPeek, readsFiles } from './dataPeek';
import type { Faults } from './faults';
import { readSettings } from './settings';

/** Texts as a fix would leave them, beside the spec in a difference. */
export const FIX_SCHEME = 'gradoscope-fix';
export const SPEC_SELECTOR: vscode.DocumentSelector = [{ language: 'netspec' }, { pattern: '**/*.netspec.json' }];
/** Problems follow a keystroke after this. */
const ANALYZE_AFTER_MS = 60;
/** Data files are looked into after this much quiet. */
const PEEK_AFTER_MS = 300;

interface Kept {
  readonly version: number;
  readonly look: DataLook | undefined;
  readonly memoryLimitBytes: number;
  readonly analysis: SpecAnalysis;
}

/** Whether the document is one of ours: by language, or by name where another language was chosen for it. */
export function isSpec(document: vscode.TextDocument): boolean {
  // Other versions beside a diff, and what other extensions print, are not for training.
  if (['git', 'output', FIX_SCHEME].includes(document.uri.scheme)) return false;
  return document.languageId === 'netspec' || /\.netspec\.json$/i.test(document.uri.path);
}

/** Folders that the document's paths may lead into. */
export function foldersOf(uri: vscode.Uri): { readonly folder?: string; readonly allowedFolders: readonly string[] } {
  const { allowedFolders } = readSettings();
  if (uri.scheme !== 'file') return { allowedFolders };
  const folder = dirname(uri.fsPath);
  const workspace = vscode.workspace.getWorkspaceFolder(uri);
  return { folder, allowedFolders: [workspace?.uri.fsPath ?? folder, ...allowedFolders] };
}

export class SpecDocuments implements vscode.Disposable {
  readonly #owned = new Disposables();
  readonly #kept = new WeakMap<vscode.TextDocument, Kept>();
  readonly #timers = new Map<string, { analyze?: NodeJS.Timeout; peek?: NodeJS.Timeout }>();
  readonly #peek = new DataPeek();
  readonly #dataFolder: string;
  readonly #faults: Faults;
  readonly #analyzed = new vscode.EventEmitter<vscode.TextDocument>();
  readonly #closed = new vscode.EventEmitter<vscode.Uri>();
  /** A spec was opened, changed, or its data was looked into: ask `analysisOf`. */
  readonly onDidAnalyze = this.#analyzed.event;
  readonly onDidClose = this.#closed.event;

  constructor(dataFolder: string, faults: Faults) {
    this.#dataFolder = dataFolder;
    this.#faults = faults;
    const own = <T extends vscode.Disposable>(item: T): T => this.#owned.add(item);
    own(this.#analyzed);
    own(this.#closed);
    own(vscode.workspace.onDidOpenTextDocument((d) => isSpec(d) && this.#schedule(d, 0)));
    own(vscode.workspace.onDidChangeTextDocument((e) => isSpec(e.document) && this.#schedule(e.document)));
    own(vscode.workspace.onDidSaveTextDocument((d) => isSpec(d) && this.#schedule(d)));
    own(vscode.workspace.onDidCloseTextDocument((d) => isSpec(d) && this.#close(d)));
    own(
      vscode.workspace.onDidChangeConfiguration((e) => {
        if (e.affectsConfiguration('gradoscope')) for (const d of this.open) this.#schedule(d, 0);
      }),
    );
  }

  /** The specs that are open. */
  get open(): readonly vscode.TextDocument[] {
    return vscode.workspace.textDocuments.filter((d) => isSpec(d) && !d.isClosed);
  }

  /** Analyzes what is open already. */
  begin(): void {
    for (const document of this.open) this.#schedule(document, 0);
  }

  /** The open document of a URI. */
  find(source: string): vscode.TextDocument | undefined {
    return this.open.find((d) => d.uri.toString() === source);
  }

  /** What the text says as it is now; computed at most once a version. */
  analysisOf(document: vscode.TextDocument): SpecAnalysis {
    const { memoryLimitBytes } = readSettings();
    const kept = this.#kept.get(document);
    const source = document.uri.toString();
    if (kept && kept.version === document.version && kept.memoryLimitBytes === memoryLimitBytes) {
      const { spec } = kept.analysis;
      if (!spec || this.#peek.known(source, spec) === kept.look) return kept.analysis;
    }
    const text = document.getText();
    let analysis = analyzeSpec(text, { memoryLimitBytes });
    const look = analysis.spec && this.#peek.known(source, analysis.spec);
    if (look?.shape) analysis = analyzeSpec(text, { memoryLimitBytes, dataShape: look.shape });
    if (look?.fault) {
      const { code, message, hint, path } = look.fault;
      const range = pathRange(analysis.tree, path);
      const fault: Problem = { code, severity: 'error', range, message, hint };
      analysis = { ...analysis, problems: [...analysis.problems, fault].sort((a, b) => a.range.start - b.range.start) };
    }
    this.#kept.set(document, { version: document.version, look, memoryLimitBytes, analysis });
    return analysis;
  }

  /** Looks into the data files now and analyzes: for a hover or a command that must not wait for the quiet. */
  refresh(document: vscode.TextDocument): SpecAnalysis {
    const { spec } = this.analysisOf(document);
    if (spec && readsFiles(spec.data)) {
      const context = { ...foldersOf(document.uri), dataFolder: this.#dataFolder };
      this.#peek.refresh(document.uri.toString(), spec, context);
    }
    return this.analysisOf(document);
  }

  dispose(): void {
    for (const timers of this.#timers.values()) clear(timers);
    this.#timers.clear();
    this.#owned.dispose();
  }

  #schedule(document: vscode.TextDocument, afterMs = ANALYZE_AFTER_MS): void {
    const source = document.uri.toString();
    const timers = this.#timers.get(source) ?? {};
    clear(timers);
    this.#timers.set(source, timers);
    timers.analyze = setTimeout(() => this.#tell(document), afterMs);
    timers.peek = setTimeout(
      () =>
        void this.#faults.guard(() => {
          if (document.isClosed) return;
          const before = this.analysisOf(document);
          if (this.refresh(document) !== before) this.#tell(document);
        }),
      afterMs + PEEK_AFTER_MS,
    );
  }

  #tell(document: vscode.TextDocument): void {
    if (!document.isClosed && isSpec(document)) this.#analyzed.fire(document);
  }

  #close(document: vscode.TextDocument): void {
    const source = document.uri.toString();
    const timers = this.#timers.get(source);
    if (timers) clear(timers);
    this.#timers.delete(source);
    this.#peek.forget(source);
    this.#closed.fire(document.uri);
  }
}

function clear(timers: { analyze?: NodeJS.Timeout; peek?: NodeJS.Timeout }): void {
  clearTimeout(timers.analyze);
  clearTimeout(timers.peek);
}
