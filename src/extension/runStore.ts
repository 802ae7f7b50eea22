// Owns where runs' records lie on disk and which run a spec had last, so that a reloaded window finds it.
import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type * as vscode from 'vscode';
import type { RememberedRun } from './session';

/** Files of runs that are kept; the oldest beyond these go. */
const MOST_FILES = 20;
const SUFFIX = '.gradients';

export class RunStore {
  readonly #folder: string;
  readonly #memory: vscode.Memento;

  constructor(folder: string, memory: vscode.Memento) {
    this.#folder = folder;
    this.#memory = memory;
  }

  /** A new run's id and the file for its records. */
  newRun(): { readonly id: string; readonly historyFile: string } {
    this.#prune();
    const id = randomUUID();
    return { id, historyFile: join(this.#folder, `${id}${SUFFIX}`) };
  }

  remember(source: string, run: RememberedRun): void {
    void this.#memory.update(keyOf(source), run);
  }

  /** The run that the spec had last, where its file is still there. */
  recall(source: string): RememberedRun | undefined {
    const run = this.#memory.get<unknown>(keyOf(source)) as Partial<RememberedRun> | undefined;
    if (typeof run?.historyFile !== 'string' || typeof run.textHash !== 'string') return undefined;
    return statOf(run.historyFile) ? { historyFile: run.historyFile, textHash: run.textHash } : undefined;
  }

  #prune(): void {
    let names: string[];
    try {
      names = readdirSync(this.#folder).filter((f) => f.endsWith(SUFFIX));
    } catch {
      return;
    }
    const files = names.map((f) => join(this.#folder, f)).map((file) => ({ file, time: statOf(file)?.mtimeMs ?? 0 }));
    files.sort((a, b) => b.time - a.time);
    for (const { file } of files.slice(MOST_FILES - 1)) rmSync(file, { force: true });
  }
}

function keyOf(source: string): string {
  return `run:${source}`;
}

function statOf(file: string): { readonly mtimeMs: number } | undefined {
  return statSync(file, { throwIfNoEntry: false });
}
