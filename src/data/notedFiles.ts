// Owns the memory of which files were looked at, so that what was read is kept until one of them changes.
import { statSync } from 'node:fs';
import type { FileReader } from './files';

/** Files and their times of change when they were looked at; 0 where there was none. */
export type FileTimes = ReadonlyMap<string, number>;

/** The same reader, noting into `times` which files it was asked for. */
export function notingFiles(files: FileReader, times: Map<string, number>): FileReader {
  const note = (file: string): void => void times.set(file, timeOf(file));
  return {
    ...files,
    read(file, maxBytes, from) {
      note(file);
      return files.read(file, maxBytes, from);
    },
    kind(file) {
      note(file);
      return files.kind(file);
    },
  };
}

/** Whether every file is as it was noted. */
export function unchanged(times: FileTimes): boolean {
  return [...times].every(([file, time]) => timeOf(file) === time);
}

function timeOf(file: string): number {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}
