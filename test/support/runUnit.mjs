// Runs the unit tests in plain Node: bundles every test/unit/**/*.test.ts whose path contains one of the arguments (all
// without arguments) and hands them to Node's test runner.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildKernels } from '../../esbuild.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
process.chdir(root);
const wanted = process.argv.slice(2);
const tests = readdirSync('test/unit', { recursive: true })
  .map((f) => path.join('test/unit', String(f)))
  .filter((f) => f.endsWith('.test.ts') && (wanted.length === 0 || wanted.some((w) => f.includes(w))))
  .sort();
if (tests.length === 0) {
  console.error(`no unit test's path contains ${wanted.join(' or ')}`);
  process.exit(1);
}
buildKernels();
const outdir = `out/unit${wanted.length ? `-${process.pid}` : ''}`;
rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: tests,
  outdir,
  outbase: 'test/unit',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'inline',
  loader: { '.wasm': 'binary' },
  packages: 'external',
  logLevel: 'warning',
});
const files = tests.map((f) => path.join(outdir, path.relative('test/unit', f).replace(/\.ts$/, '.mjs')));
// Every test: failures and counts alone. A chosen few: Node's own report, test by test.
const report = ['--test-reporter=./test/support/countReporter.mjs', '--test-reporter-destination=stdout'];
const args = ['--enable-source-maps', '--test', ...(wanted.length ? [] : report), ...files];
const r = spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, TEST_TITLE: 'unit' } });
if (wanted.length) rmSync(outdir, { recursive: true, force: true });
process.exit(r.status ?? 1);
