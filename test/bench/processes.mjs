// Owns the processes that are timed: our engine's bundle, the peers' installation, and asking a process for a window.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildKernels } from '../../esbuild.js';
import { buildPeakLoop } from './peakLoop.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

const TORCH_MISSING = `PyTorch is missing, and with it the comparison that the targets are about. On Debian:
  sudo apt-get install python3-torch libopenblas0-openmp`;
const SLOW_BLAS = `PyTorch runs on a slow BLAS here, so a comparison with it would be unfair to it. On Debian:
  sudo apt-get install libopenblas0-openmp`;

/**
 * @typedef {object} Engine
 * @property {string} name `gradoscope`, `torch`, …
 * @property {number} threads
 * @property {any} hello
 * @property {(workload: string, definition: object, seconds: number) => Promise<any>} ask
 * @property {() => void} stop
 */

/** The first Python that has PyTorch. */
function torchPython() {
  const env = { ...process.env };
  delete env.OPENBLAS_CORETYPE;
  delete env.OPENBLAS_L2_SIZE;
  return ['/usr/bin/python3', 'python3', 'python'].find(
    (python) => spawnSync(python, ['-c', 'import torch'], { env, stdio: 'ignore' }).status === 0,
  );
}

/** @throws Error where there is no network */
export function installPeers() {
  const folder = path.join(here, 'peers');
  if (existsSync(path.join(folder, 'node_modules'))) return;
  console.error('Installing the peers into test/bench/peers …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status } = spawnSync(npm, args, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) {
    throw new Error('The peers could not be installed; use --peers torch or --peers none without a network.');
  }
}

/** Compiles kernels, peak loop and engine into out/bench. */
export async function bundleEngine() {
  buildKernels();
  mkdirSync('out/bench', { recursive: true });
  await buildPeakLoop('out/bench');
  await build({
    entryPoints: ['test/bench/engine.ts'],
    outfile: 'out/bench/engine.mjs',
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    loader: { '.wasm': 'binary' },
    packages: 'external',
    logLevel: 'warning',
  });
}

/** A process that answers windows. @param {string} name @param {number} threads @param {string} command @param {string[]} args */
async function start(name, threads, command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-2000);
  });
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${name} ended: ${errors.match(/^.*Error.*$/m)?.[0] ?? errors.trim()}`);
      // Libraries greet on stdout, too.
      if (value.startsWith('{')) return JSON.parse(value);
    }
  };
  const hello = await next();
  const ask = (workload, definition, seconds) => {
    child.stdin.write(`${JSON.stringify({ workload, seconds, definition })}\n`);
    return next();
  };
  return { name, threads, hello, ask, stop: () => child.stdin.end() };
}

/** Our engine. @param {string} name @param {number} threads @param {string[]} flags of engine.ts */
export function startOurs(name, threads, flags = []) {
  return start(name, threads, process.execPath, ['out/bench/engine.mjs', '--threads', `${threads}`, ...flags]);
}

/** PyTorch with so many threads; undefined where there is none. @param {number} threads */
export async function startTorch(threads) {
  const python = torchPython();
  if (!python) {
    console.error(TORCH_MISSING);
    return undefined;
  }
  const engine = await start('torch', threads, python, ['test/bench/peers/torch.py', '--threads', `${threads}`]);
  const { blas = [] } = engine.hello;
  if (blas.length && !blas.some((n) => /openblas|mkl/.test(n))) console.error(SLOW_BLAS);
  return engine;
}

/** A peer written in JavaScript. @param {string} name of its file */
export function startPeer(name) {
  return start(name, 1, process.execPath, [path.join('test/bench/peers', `${name}.mjs`)]);
}
