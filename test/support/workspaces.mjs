// Owns the folders that browser tests open: throw-away ones, with the examples or with specs of a test's own.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { ROOT } from './commands.mjs';

const EXAMPLES = path.join(ROOT, 'examples');

/** The example that a person opens first, and a copy of it whose run lasts as long as a test needs. */
export const FIRST = 'vanishing-sigmoid.netspec.json';
export const SLOW = 'slow-sigmoid.netspec.json';

/** A new folder, removed when the file's tests have ended. */
export function temporaryFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'gradoscope-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of the examples, with SLOW beside FIRST: the same net on larger batches, for 100,000 steps. */
export function examplesFolder() {
  const folder = temporaryFolder();
  cpSync(EXAMPLES, folder, { recursive: true });
  const text = readFileSync(path.join(folder, FIRST), 'utf8');
  const spec = JSON.parse(text);
  spec.name = 'Slow sigmoid';
  spec.training = { batchSize: 500, steps: 100_000 };
  writeFileSync(path.join(folder, SLOW), `${JSON.stringify(spec, null, 2)}\n`);
  return folder;
}
