// Owns the folders that browser tests open: throw-away ones, with the examples or with specs of a test's own.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { ROOT } from './commands.mjs';

const EXAMPLES = path.join(ROOT, 'examples');

/** The example that a person opens first; a copy of it whose run lasts as long as a test needs; one that diverges soon. */
export const FIRST = 'vanishing-sigmoid.netspec.json';
export const SLOW = 'slow-sigmoid.netspec.json';
export const DIVERGING = 'diverging.netspec.json';

/** A new folder, removed when the file's tests have ended. */
export function temporaryFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'gradoscope-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of the examples, with SLOW (FIRST on larger batches, for 100,000 steps) and DIVERGING beside FIRST. */
export function examplesFolder() {
  const folder = temporaryFolder();
  cpSync(EXAMPLES, folder, { recursive: true });
  const first = JSON.parse(readFileSync(path.join(folder, FIRST), 'utf8'));
  const write = (file, spec) => writeFileSync(path.join(folder, file), `${JSON.stringify(spec, null, 2)}\n`);
  write(SLOW, { ...first, name: 'Slow sigmoid', training: { batchSize: 500, steps: 100_000 } });
  const layers = [
    { type: 'flatten' },
    { type: 'dense', units: 64, activation: 'relu', kernelInitializer: 'heNormal' },
    { type: 'dense', name: 'logits', units: 10 },
  ];
  write(DIVERGING, { ...first, name: 'Diverging', layers, optimizer: { type: 'sgd', learningRate: 1e12 } });
  return folder;
}
