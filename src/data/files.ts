// Owns how the data room gets at files: which paths a spec may name, how large a file may be, and how a fault of either is
// told. Leaves the bytes' meaning to the sources, and the reading itself to a FileReader (`nodeFiles.ts` is Node's).
import { UserError } from '../base/errors';

/** The file system as the data room needs it; all paths absolute. */
export interface FileReader {
  /**
   * Up to `maxBytes` of the file from byte `from` (default 0) on, fewer where it ends before.
   * @throws what the file system throws
   */
  read(absolutePath: string, maxBytes: number, from?: number): Uint8Array;
  /** Bytes of a regular file; undefined where there is none at this path. */
  size(absolutePath: string): number | undefined;
  /** What is at the path: devices and pipes are `other`, and are never opened. */
  kind(absolutePath: string): 'file' | 'directory' | 'other' | 'missing';
  /** A path of a spec, seen from `folder`. */
  resolve(folder: string, path: string): string;
  /** The path with every symbolic link followed; a part that does not exist stays as it is. */
  realPath(absolutePath: string): string;
  /** Whether a real path is `folder` or lies in it. */
  isInside(folder: string, realPath: string): boolean;
}

export interface DataContext {
  /** Folder of the spec: its paths are relative to it, and may lead anywhere in it. Absent: the spec has no file. */
  readonly folder?: string;
  /** Further folders that a spec's paths may lead into, absolute. */
  readonly allowedFolders: readonly string[];
  /** Where the shipped digits lie. */
  readonly dataFolder: string;
  readonly files: FileReader;
}

/** Codes of this room's faults. */
export const DATA_CODES = {
  /** A path leads out of the folders that a spec may read. */
  path: 'NS301',
  /** There is no such file, or it is no file that can be read. */
  missing: 'NS302',
  /** A file or a set of samples is too large. */
  size: 'NS303',
  /** A table is not well formed: ragged rows, quotes, delimiter. */
  table: 'NS304',
  /** A cell is not what its column wants. */
  cell: 'NS305',
  /** A column of a table, or an array of an archive, that is not there. */
  column: 'NS306',
  /** An IDX or gzip file's header or length is wrong. */
  idx: 'NS307',
  /** Labels that are none, or not as many as the samples. */
  labels: 'NS308',
  /** Too few samples to train on. */
  samples: 'NS309',
  /** A NumPy array's header, type or length is wrong (NS310 was another fault's, and is not used again). */
  numpy: 'NS311',
  /** A zip archive is damaged, or packed in a way that is not read. */
  archive: 'NS312',
} as const;

/** What the codes mean; for documentation and rules of other tools. */
export const DATA_DOCS: Readonly<Record<(typeof DATA_CODES)[keyof typeof DATA_CODES], string>> = {
  NS301: 'A path leads out of the folders that a spec may read.',
  NS302: 'There is no such file, or it is no file that can be read.',
  NS303: 'A file or a set of samples is too large.',
  NS304: 'A table is not well formed.',
  NS305: 'A cell is not what its column wants.',
  NS306: 'A column of a table, or an array of an archive, is not there.',
  NS307: 'The header or the length of an IDX or gzip file is wrong.',
  NS308: 'Labels are none, or not as many as the samples.',
  NS309: 'There are too few samples to train on.',
  NS311: 'The header, type or length of a NumPy array is wrong.',
  NS312: 'A zip archive is damaged, or packed in a way that is not read.',
};

/** A fault of the data that a spec names, with the property of the spec that names it. */
export class DataError extends UserError {
  /** Path of that property in the spec, such as ['data', 'path']. */
  readonly field: readonly string[];

  constructor(code: string, message: string, hint: string, field: readonly string[]) {
    super(message, hint, code);
    this.name = 'DataError';
    this.field = field;
  }
}

/** Most bytes of a file that is read, and of what a compressed one holds. */
export const MOST_FILE_BYTES = 512 * 2 ** 20;
const MIB = 2 ** 20;

/** A file of a spec, found and allowed. */
export interface FoundFile {
  /** As the spec writes it: what messages call it. */
  readonly name: string;
  readonly absolutePath: string;
  readonly bytes: number;
  /** The property of the spec that names it. */
  readonly field: readonly string[];
}

/**
 * Finds a file that a spec names, inside the folders that it may read.
 * @throws DataError NS301 where the path leads elsewhere, NS302 where no file is there, NS303 where it is too large
 */
export function findFile(name: string, field: readonly string[], context: DataContext): FoundFile {
  const { files, folder } = context;
  if (folder === undefined) {
    throw new DataError(
      DATA_CODES.path,
      `“${name}” is relative to the spec, and the spec has no file yet.`,
      'Save the spec first.',
      field,
    );
  }
  if (name.includes('\0')) {
    throw new DataError(DATA_CODES.path, 'The path has a zero character in it.', 'Remove it.', field);
  }
  const absolutePath = files.realPath(files.resolve(folder, name));
  const allowed = [folder, ...context.allowedFolders];
  if (!allowed.some((f) => files.isInside(files.realPath(f), absolutePath))) {
    throw new DataError(
      DATA_CODES.path,
      `“${name}” leads out of the folder that this spec may read.`,
      'Move the file beside the spec, or allow its folder in the setting `gradoscope.allowedFolders`.',
      field,
    );
  }
  const kind = files.kind(absolutePath);
  const bytes = kind === 'file' ? files.size(absolutePath) : undefined;
  if (bytes === undefined) {
    const what = {
      missing: 'There is no file',
      directory: 'There is a folder, not a file,',
      other: 'There is no plain file',
    };
    throw new DataError(
      DATA_CODES.missing,
      `${what[kind === 'file' ? 'missing' : kind]} at “${name}”.`,
      'Check the path: it is relative to the spec.',
      field,
    );
  }
  if (bytes > MOST_FILE_BYTES) {
    throw new DataError(
      DATA_CODES.size,
      `“${name}” has ${Math.ceil(bytes / MIB).toLocaleString('en')} MiB, and at most ${MOST_FILE_BYTES / MIB} MiB are read.`,
      'Take a part of it.',
      field,
    );
  }
  return { name, absolutePath, bytes, field };
}

/**
 * The file's first `maxBytes` from byte `from` on, all of it without.
 * @throws DataError NS302 where the file system refuses
 */
export function readFound(file: FoundFile, files: FileReader, maxBytes = MOST_FILE_BYTES, from = 0): Uint8Array {
  try {
    return files.read(file.absolutePath, maxBytes, from);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError(
      DATA_CODES.missing,
      `“${file.name}” cannot be read: ${reason}.`,
      'Check that it may be read.',
      file.field,
    );
  }
}
