// Prints how well predictions hold over the generated family of specs, group by group: bundles `propagation.ts` and runs it.
// `-- --list` prints every spec; `-- --draws 20` sets how many seeds of each are drawn.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildKernels } from '../../esbuild.js';

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..'));
buildKernels();
mkdirSync('out/bench', { recursive: true });
const outfile = 'out/bench/propagation.mjs';
await build({
  entryPoints: ['test/bench/propagation.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  loader: { '.wasm': 'binary' },
  packages: 'external',
  logLevel: 'warning',
});
process.exit(spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1);
