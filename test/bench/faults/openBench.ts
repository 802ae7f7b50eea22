// Owns how the benchmark's texts become networks: its tables lie in memory, the shipped digits in the project's own folder.
import path from 'node:path';
import type { OpenText } from '../../../src/analysis/fix';
import { nodeFiles } from '../../../src/data/nodeFiles';
import { TextOpener } from '../../../src/data/openText';
import { tables } from './bases';

const FOLDER = '/tables';

/** @param root of the project */
export function benchOpener(root: string): OpenText {
  const bytes = new Map(
    Object.entries(tables()).map(([name, text]) => [`${FOLDER}/${name}`, new TextEncoder().encode(text)]),
  );
  const files = {
    ...nodeFiles,
    read: (at: string, most: number, from = 0) =>
      bytes.get(at)?.slice(from, from + most) ?? nodeFiles.read(at, most, from),
    size: (at: string) => bytes.get(at)?.length ?? nodeFiles.size(at),
    kind: (at: string) => (bytes.has(at) ? 'file' : nodeFiles.kind(at)),
  };
  const dataFolder = path.join(root, 'media', 'data');
  const opener = new TextOpener();
  return (text) => {
    const { analysis, dataset, fault } = opener.open(text, {
      context: { folder: FOLDER, allowedFolders: [], dataFolder, files },
    });
    if (fault) throw fault;
    return dataset && { analysis, dataset };
  };
}
