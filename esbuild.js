// Builds everything that ships into dist/: the kernels (AssemblyScript), the bundles (esbuild), the schemas.
// `--kernels` builds the kernels alone; `--watch` rebuilds bundles on change.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, context } from 'esbuild';

const root = path.dirname(fileURLToPath(import.meta.url));
process.chdir(root);

const ASSEMBLY = 'src/engine/kernels/assembly';
const FLAVOURS = { simd: [], relaxed: ['--enable', 'relaxed-simd'] };

// The memory is declared as shared, with all that 32 bits can address; the loader turns that flag where it gets a plain one.
const MEMORY = ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'];

/** Two builds of the kernels: plain SIMD, and relaxed SIMD with fused multiply-add. Skipped while up to date. */
export function buildKernels() {
  if (!existsSync(`${ASSEMBLY}/index.ts`)) return;
  mkdirSync('build', { recursive: true });
  const sources = readdirSync(ASSEMBLY).map((f) => path.join(ASSEMBLY, f));
  const newest = Math.max(...[...sources, 'esbuild.js'].map((f) => statSync(f).mtimeMs));
  for (const [flavour, flags] of Object.entries(FLAVOURS)) {
    const out = `build/kernels-${flavour}.wasm`;
    if (existsSync(out) && statSync(out).mtimeMs > newest) continue;
    const asc = path.join('node_modules', 'assemblyscript', 'bin', 'asc.js');
    const args = [`${ASSEMBLY}/index.ts`, '-o', out, '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'];
    const all = [asc, ...args, '--enable', 'threads', ...flags, ...MEMORY, '--exportTable'];
    const r = spawnSync(process.execPath, all, { stdio: 'inherit' });
    if (r.status !== 0) process.exit(r.status ?? 1);
  }
}

/** The language's JSON schema: strict for other tools, lenient for the editor, which has exact problems of its own. */
async function writeSchemas() {
  const bundled = await build({
    entryPoints: ['src/spec/schemaFile.ts'],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
  });
  const code = `data:text/javascript;base64,${Buffer.from(bundled.outputFiles[0].contents).toString('base64')}`;
  const { schemaFiles } = await import(code);
  mkdirSync('dist', { recursive: true });
  for (const [name, text] of Object.entries(schemaFiles())) writeFileSync(`dist/${name}`, text);
}

const common = {
  bundle: true,
  sourcemap: true,
  logLevel: 'warning',
  loader: { '.wasm': 'binary' },
  legalComments: 'none',
};
const node = {
  ...common,
  platform: 'node',
  format: 'cjs',
  target: 'node18',
  external: ['vscode'],
  // jsonc-parser's `main` is UMD, whose inner requires no bundler sees.
  mainFields: ['module', 'main'],
};
const entries = [
  { ...node, entryPoints: ['src/extension/activate.ts'], outfile: 'dist/extension.cjs' },
  { ...node, entryPoints: ['src/worker/main.ts'], outfile: 'dist/worker.cjs' },
  { ...node, entryPoints: ['src/worker/analystMain.ts'], outfile: 'dist/analyst.cjs' },
  { ...node, entryPoints: ['src/cli/main.ts'], outfile: 'dist/cli.cjs', banner: { js: '#!/usr/bin/env node' } },
  {
    ...common,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    entryPoints: ['webview/main.ts'],
    outfile: 'dist/webview.js',
    minify: true,
  },
];

async function main() {
  buildKernels();
  if (process.argv.includes('--kernels')) return;
  const present = entries.filter((e) => existsSync(e.entryPoints[0]));
  if (process.argv.includes('--watch')) {
    for (const e of present) await (await context(e)).watch();
    return;
  }
  await Promise.all([writeSchemas(), ...present.map((e) => build(e))]);
}
if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
