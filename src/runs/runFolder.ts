// Owns a run's folder on disk, as the command line keeps runs: manifest.json (what it was, how it ended), the spec as it
// was, records.jsonl (one step a line) and weights.safetensors. Leaves the lines' content to who writes them.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { UserError } from '../base/errors';
import { type Tensor, writeSafetensors } from './formats/safetensors';

const FORMAT = 'gradoscope.run/1';
const MANIFEST = 'manifest.json';
const BUFFER_CHARACTERS = 2 ** 16;

/** One run being written. Every method throws UserError where the disk refuses. */
export class RunFolder {
  readonly folder: string;
  readonly #records: number;
  #buffer: string[] = [];
  #buffered = 0;

  /**
   * Makes the folder, or takes over that of an earlier run; one with other things in it is left alone.
   * @param about fields of the manifest
   */
  constructor(folder: string, specText: string, about: object) {
    this.folder = folder;
    this.#records = guarded(folder, () => {
      mkdirSync(folder, { recursive: true });
      if (!isFree(folder)) {
        throw new UserError(`The folder “${folder}” has other files in it.`, 'Name a new or an empty folder.');
      }
      writeFileSync(path.join(folder, 'spec.netspec.json'), specText);
      this.#writeManifest({ ...about, status: 'running' });
      return openSync(path.join(folder, 'records.jsonl'), 'w');
    });
  }

  /** @param line without its line end */
  appendRecord(line: string): void {
    this.#buffer.push(line, '\n');
    this.#buffered += line.length;
    if (this.#buffered > BUFFER_CHARACTERS) this.flush();
  }

  /** What was appended is in the file after this. */
  flush(): void {
    const bytes = new TextEncoder().encode(this.#buffer.join(''));
    this.#buffer = [];
    this.#buffered = 0;
    guarded(this.folder, () => {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#records, bytes, done);
    });
  }

  /** Writes the rest, the weights and the final manifest, and closes. */
  end(about: object, weights: readonly Tensor[]): void {
    this.flush();
    guarded(this.folder, () => {
      closeSync(this.#records);
      writeFileSync(path.join(this.folder, 'weights.safetensors'), writeSafetensors(weights));
      this.#writeManifest(about);
    });
  }

  /** By a second file, so that a reader never sees half of it. */
  #writeManifest(about: object): void {
    const draft = path.join(this.folder, `${MANIFEST}.new`);
    const text = JSON.stringify(
      { format: FORMAT, ...about },
      (_key, v: unknown) => (typeof v === 'number' && !Number.isFinite(v) ? String(v) : v),
      2,
    );
    writeFileSync(draft, `${text}\n`);
    renameSync(draft, path.join(this.folder, MANIFEST));
  }
}

/** Empty, or a run's. */
function isFree(folder: string): boolean {
  if (readdirSync(folder).length === 0) return true;
  const manifest = path.join(folder, MANIFEST);
  if (!existsSync(manifest)) return false;
  try {
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { format?: unknown } | null)?.format === FORMAT;
  } catch {
    return false;
  }
}

function guarded<T>(folder: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`The run cannot be kept in “${folder}”: ${why}.`, 'Check the folder and its free space.');
  }
}
