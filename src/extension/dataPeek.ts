// Owns what is known of a spec's data files without training: their shapes or their first fault, asked for off the
// keystroke path and kept until a file changes.
import { type DataContext, DataError } from '../data/files';
import { nodeFiles } from '../data/nodeFiles';
import { type FileTimes, notingFiles, unchanged } from '../data/notedFiles';
import { peekDataShape } from '../data/peekDataShape';
import type { DataShape } from '../spec/network';
import type { DataSpec, Spec } from '../spec/schema';

/** What the files say. `fault` is the first thing wrong, with the property of the spec it is about. */
export interface DataLook {
  readonly shape?: DataShape;
  readonly fault?: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly path: readonly string[];
  };
}

interface Kept {
  readonly key: string;
  readonly look: DataLook;
  readonly times: FileTimes;
}

/** Sources whose shapes only their files tell. */
export function readsFiles(data: DataSpec): boolean {
  return data.source === 'csv' || data.source === 'idx' || data.source === 'npy' || data.source === 'npz';
}

export class DataPeek {
  readonly #kept = new Map<string, Kept>();

  /** What was found out earlier about exactly this data of this spec; files are not touched. */
  known(source: string, spec: Spec): DataLook | undefined {
    const kept = this.#kept.get(source);
    return kept && kept.key === keyOf(spec) ? kept.look : undefined;
  }

  /** Looks into the files unless nothing changed since; true where there is something new to know. */
  refresh(source: string, spec: Spec, context: Omit<DataContext, 'files'>): boolean {
    const key = keyOf(spec);
    const kept = this.#kept.get(source);
    if (kept?.key === key && unchanged(kept.times)) return false;
    const times = new Map<string, number>();
    const look = lookInto(spec, { ...context, files: notingFiles(nodeFiles, times) });
    this.#kept.set(source, { key, look, times });
    return JSON.stringify(kept?.look) !== JSON.stringify(look) || kept?.key !== key;
  }

  forget(source: string): void {
    this.#kept.delete(source);
  }
}

/** What a look depends on: the loss decides whether a table's target is labels or numbers. */
function keyOf({ data, loss }: Spec): string {
  return JSON.stringify([data, loss]);
}

function lookInto({ data, loss }: Spec, context: DataContext): DataLook {
  try {
    return { shape: peekDataShape(data, context, loss) };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const { message, hint, field } = error;
    return { fault: { code: error.code ?? 'NS300', message, hint, path: field } };
  }
}
