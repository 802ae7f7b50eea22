// Owns a history's bytes on disk, by Node's fs. Leaves what they mean to `historyFile.ts`.
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { HistoryStore } from './historyFile';

/** A history at an absolute path; its folder is made where it is missing. */
export function nodeHistoryStore(path: string): HistoryStore {
  let length: number | undefined;
  return {
    read() {
      try {
        return readFileSync(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    replace(parts) {
      mkdirSync(dirname(path), { recursive: true });
      const draft = `${path}.new`;
      const file = openSync(draft, 'w');
      let written = 0;
      try {
        for (const part of parts) {
          writeAll(file, part, written);
          written += part.length;
        }
      } catch (error) {
        closeSync(file);
        rmSync(draft, { force: true });
        throw error;
      }
      closeSync(file);
      renameSync(draft, path);
      length = written;
    },
    append(bytes) {
      if (length === undefined) throw new Error(`${path} was not begun by this store`);
      const file = openSync(path, 'r+');
      try {
        writeAll(file, bytes, length);
        length += bytes.length;
      } catch (error) {
        // A full disk may have taken a part: the next append shall not stand behind half a frame.
        ftruncateSync(file, length);
        throw error;
      } finally {
        closeSync(file);
      }
    },
  };
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, position + done);
  }
}
