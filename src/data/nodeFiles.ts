// Owns the data room's view of Node's file system. Leaves what may be read to `files.ts`.
import { closeSync, fstatSync, openSync, readSync, realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import type { FileReader } from './files';

export const nodeFiles: FileReader = {
  read(absolutePath, maxBytes, from = 0) {
    const file = openSync(absolutePath, 'r');
    try {
      const bytes = new Uint8Array(Math.max(0, Math.min(maxBytes, fstatSync(file).size - from)));
      let done = 0;
      while (done < bytes.length) {
        const n = readSync(file, bytes, done, bytes.length - done, from + done);
        if (n === 0) break;
        done += n;
      }
      return bytes.subarray(0, done);
    } finally {
      closeSync(file);
    }
  },
  size(absolutePath) {
    const stats = statsOf(absolutePath);
    return stats?.isFile() ? stats.size : undefined;
  },
  kind(absolutePath) {
    const stats = statsOf(absolutePath);
    if (!stats) return 'missing';
    if (stats.isFile()) return 'file';
    return stats.isDirectory() ? 'directory' : 'other';
  },
  resolve: (folder, name) => path.resolve(folder, name),
  realPath(absolutePath) {
    // The longest part that exists is made real, so that a missing file in a linked folder is judged by where it would be.
    const rest: string[] = [];
    for (let known = path.resolve(absolutePath); ; known = path.dirname(known)) {
      try {
        return path.join(realpathSync(known), ...rest);
      } catch {
        if (path.dirname(known) === known) return path.resolve(absolutePath);
        rest.unshift(path.basename(known));
      }
    }
  },
  isInside(folder, realPath) {
    const relative = path.relative(folder, realPath);
    return (
      relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative))
    );
  },
};

function statsOf(absolutePath: string): Stats | undefined {
  try {
    return statSync(absolutePath);
  } catch {
    return undefined;
  }
}
