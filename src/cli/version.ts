// Owns the version that the command line gives of itself.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { CliIo } from './io';

/** Of the package that this runs from. */
export function versionOf(io: CliIo): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(io.root, 'package.json'), 'utf8'));
  return String((manifest as { version?: unknown }).version ?? 'unknown');
}
