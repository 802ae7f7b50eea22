// A file system in memory for the data room's tests: plain names in folders, no links.
import type { DataContext, FileReader } from '../../../src/data/files';

export function memoryContext(contents: Readonly<Record<string, Uint8Array | string>>): DataContext {
  const bytesAt = (path: string): Uint8Array | undefined => {
    const content = contents[path.replace(/^\/spec\//, '')];
    return typeof content === 'string' ? new TextEncoder().encode(content) : content;
  };
  const files: FileReader = {
    read: (path, maxBytes, from = 0) => bytesAt(path)!.subarray(from, from + maxBytes),
    size: (path) => bytesAt(path)?.length,
    kind: (path) => (bytesAt(path) ? 'file' : 'missing'),
    resolve: (folder, path) => (path.startsWith('/') ? path : `${folder}/${path}`),
    realPath: (path) => path,
    isInside: (folder, path) => path === folder || path.startsWith(`${folder}/`),
  };
  return { folder: '/spec', allowedFolders: [], dataFolder: '/data', files };
}
