// Owns the benchmark: starts our engine and its peers as processes of their own, gives each a short window of every
// workload in turn, round after round, so that a noisy machine disturbs all of them alike, and compares medians.
// Never a test: ratios of one run are what it says, not what a machine must reach. `--help` lists the options.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { buildKernels } from '../../esbuild.js';
import { WORKLOADS } from './workloads.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
process.chdir(root);

const HELP = `npm run bench -- [options]
  --workloads W1,W2,W5   which (default: all)
  --seconds 0.4          length of one window
  --rounds 9             windows of each engine
  --peers torch,jax,tfjs,convnetjs,brain   which (default: all; "none" for our engine alone)
  --clock wall|cpu       cpu counts the process's own time, for a machine that others are using (default: wall)
  --records              also times our engine with every step's record derived and read
  --out FILE             where the figures go (default: test/bench/results.json)
`;
const { values: options } = parseArgs({
  options: {
    workloads: { type: 'string', default: Object.keys(WORKLOADS).join() },
    seconds: { type: 'string', default: '0.4' },
    rounds: { type: 'string', default: '9' },
    peers: { type: 'string', default: 'torch,jax,tfjs,convnetjs,brain' },
    clock: { type: 'string', default: 'wall' },
    records: { type: 'boolean', default: false },
    out: { type: 'string', default: 'test/bench/results.json' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const workloads = options.workloads.split(',');
const unknown = workloads.find((w) => !WORKLOADS[w]);
if (unknown) fail(`There is no workload ${unknown}; there are ${Object.keys(WORKLOADS).join(', ')}.`);

const TORCH_MISSING = `PyTorch is missing, and with it the comparison that the targets are about. On Debian:
  sudo apt-get install python3-torch libopenblas0-openmp`;
const SLOW_BLAS = `PyTorch runs on a slow BLAS here, so a comparison with it would be unfair to it. On Debian:
  sudo apt-get install libopenblas0-openmp`;

function fail(message) {
  console.error(message);
  process.exit(2);
}

/** The first Python that has PyTorch. */
function torchPython() {
  const env = { ...process.env };
  delete env.OPENBLAS_CORETYPE;
  delete env.OPENBLAS_L2_SIZE;
  return ['/usr/bin/python3', 'python3', 'python'].find(
    (python) => spawnSync(python, ['-c', 'import torch'], { env, stdio: 'ignore' }).status === 0,
  );
}

function installPeers() {
  const folder = path.join(here, 'peers');
  if (existsSync(path.join(folder, 'node_modules'))) return;
  console.error('Installing the peers into test/bench/peers …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (result.status !== 0)
    fail('The peers could not be installed; use --peers torch or --peers none without a network.');
}

async function bundleEngine() {
  buildKernels();
  mkdirSync('out/bench', { recursive: true });
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

/** A process that answers windows. @param {string} name @param {string} command @param {string[]} args */
async function start(name, command, args) {
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
  const ask = (workload, seconds) => {
    child.stdin.write(`${JSON.stringify({ workload, seconds, definition: WORKLOADS[workload] })}\n`);
    return next();
  };
  return { name, hello, ask, stop: () => child.stdin.end() };
}

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted.length ? sorted[sorted.length >> 1] : Number.NaN;
};
const figure = (x) => (Number.isFinite(x) ? Number(x.toPrecision(4)) : null);

async function startAll() {
  const engines = [];
  const add = async (name, command, args) => {
    try {
      engines.push(await start(name, command, args));
    } catch (error) {
      console.error(`${name} does not run here: ${error.message}`);
    }
  };
  const peers = options.peers === 'none' ? [] : options.peers.split(',');
  if (peers.some((p) => p !== 'torch')) installPeers();
  await bundleEngine();
  await add('gradoscope', process.execPath, ['out/bench/engine.mjs']);
  if (options.records) await add('gradoscope, records read', process.execPath, ['out/bench/engine.mjs', '--records']);
  for (const peer of peers) {
    if (peer !== 'torch') {
      await add(peer, process.execPath, [path.join('test/bench/peers', `${peer}.mjs`)]);
      continue;
    }
    const python = torchPython();
    if (!python) {
      console.error(TORCH_MISSING);
      continue;
    }
    await add('torch', python, ['test/bench/peers/torch.py']);
    const { blas = [] } = engines.at(-1)?.hello ?? {};
    if (blas.length && !blas.some((n) => /openblas|mkl/.test(n))) console.error(SLOW_BLAS);
  }
  return engines;
}

async function measure(engines, workload) {
  const rates = new Map();
  const errors = {};
  for (const engine of engines) {
    const { error } = await engine.ask(workload, 0.05);
    if (error) errors[engine.name] = error;
    else rates.set(engine, []);
  }
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const [engine, list] of rates) {
      const { steps, seconds, cpuSeconds } = await engine.ask(workload, Number(options.seconds));
      list.push(steps / (options.clock === 'cpu' ? cpuSeconds : seconds));
    }
  }
  const ours = [...rates].find(([engine]) => engine.name === 'gradoscope')?.[1] ?? [];
  const rows = [...rates].map(([engine, list]) => ({
    engine: engine.name,
    stepsPerSecond: figure(median(list)),
    /** Median over rounds of our rate over this engine's in the same round. */
    ratio: figure(median(list.map((rate, round) => ours[round] / rate))),
  }));
  return { workload, title: WORKLOADS[workload].title, rows, errors };
}

function print({ workload, title, rows, errors }) {
  console.log(`\n${workload}  ${title}`);
  for (const { engine, stepsPerSecond, ratio } of rows) {
    const rate = stepsPerSecond?.toLocaleString('en') ?? '–';
    console.log(`  ${engine.padEnd(26)} ${rate.padStart(12)} steps/s   gradoscope is ${ratio} ×`);
  }
  for (const [engine, error] of Object.entries(errors)) console.log(`  ${engine.padEnd(26)} ${error}`);
}

const engines = await startAll();
if (engines.length === 0) fail('Nothing to measure.');
const results = [];
for (const workload of workloads) {
  const result = await measure(engines, workload);
  print(result);
  results.push(result);
}
for (const engine of engines) engine.stop();
const cpu = os.cpus()[0]?.model ?? 'unknown';
const machine = { cpu, cores: os.cpus().length, platform: `${os.platform()} ${os.arch()}`, node: process.version };
const versions = Object.fromEntries(engines.map((e) => [e.name, e.hello]));
const settings = {
  seconds: Number(options.seconds),
  rounds: Number(options.rounds),
  clock: options.clock,
  threads: 1,
  statistics: 'all',
};
writeFileSync(options.out, `${JSON.stringify({ machine, versions, settings, results }, null, 2)}\n`);
console.log(`\nFigures: ${options.out}`);
