// Owns the benchmark: gives our engine and its peers, processes of their own, a short window of every workload in turn,
// round after round, so that a noisy machine disturbs all of them alike, and compares medians. Never a test: ratios of
// one run are what it says, not what a machine must reach. `--help` lists the options.
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measurePeak, measureRecording, measureVanishing } from './ourselves.mjs';
import { bundleEngine, installPeers, startOurs, startPeer, startTorch } from './processes.mjs';
import { print, rowsOf } from './report.mjs';
import { WORKLOADS } from './workloads.mjs';

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..'));

const HELP = `npm run bench -- [options]
  --workloads W1,W2      which (default: all; "none" for the modes below alone)
  --threads 1,2          threads of our engine and of PyTorch, each in turn (default: 1; the others have one)
  --seconds 0.4          length of one window
  --rounds 9             windows of each engine; 2 where a step takes over a second
  --peers torch,jax,tfjs,convnetjs,brain   which (default: all; "none" for our engine alone)
  --slow                 takes peers along that need over 10 s for a step of a workload
  --clock wall|cpu       cpu counts the process's own time, for a machine that others are using (default: wall)
  --records              also times our engine with every step's record derived and read
  --vanishing            our engine on nets whose gradients vanish, against the same nets where they do not
  --recording            our engine against itself with nothing recorded, on W1, W2, W6
  --peak                 W6 against the machine's peak of 128-bit SIMD
  --out FILE             where the figures go (default: test/bench/results.json)
`;
const { values: options } = parseArgs({
  options: {
    workloads: { type: 'string', default: Object.keys(WORKLOADS).join() },
    threads: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '0.4' },
    rounds: { type: 'string', default: '9' },
    peers: { type: 'string', default: 'torch,jax,tfjs,convnetjs,brain' },
    slow: { type: 'boolean', default: false },
    clock: { type: 'string', default: 'wall' },
    records: { type: 'boolean', default: false },
    vanishing: { type: 'boolean', default: false },
    recording: { type: 'boolean', default: false },
    peak: { type: 'boolean', default: false },
    out: { type: 'string', default: 'test/bench/results.json' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const listOf = (text) => (text === 'none' ? [] : text.split(','));
const workloads = listOf(options.workloads);
const threadCounts = listOf(options.threads).map(Number);
const unknown = workloads.find((w) => !WORKLOADS[w]);
if (unknown) fail(`There is no workload ${unknown}; there are ${Object.keys(WORKLOADS).join(', ')}.`);
if (threadCounts.some((n) => !(Number.isInteger(n) && n > 0))) fail('Threads are whole numbers from 1 on.');
const windows = { seconds: Number(options.seconds), rounds: Number(options.rounds), clock: options.clock };

function fail(message) {
  console.error(message);
  process.exit(2);
}

async function startAll() {
  const engines = [];
  const add = async (name, starting) => {
    try {
      const engine = await starting();
      if (engine) engines.push(engine);
    } catch (error) {
      console.error(`${name} does not run here: ${error.message}`);
    }
  };
  const peers = listOf(options.peers);
  for (const threads of threadCounts) {
    await add('gradoscope', () => startOurs('gradoscope', threads));
    if (options.records) {
      await add('gradoscope', () => startOurs('gradoscope, records read', threads, ['--records']));
    }
    if (peers.includes('torch')) await add('torch', () => startTorch(threads));
  }
  for (const peer of peers) if (peer !== 'torch') await add(peer, () => startPeer(peer));
  return engines;
}

async function measure(engines, name) {
  const workload = WORKLOADS[name];
  const rates = new Map();
  const errors = {};
  const rounds = new Map();
  for (const engine of engines) {
    const slow = workload.slow?.[engine.name];
    if (slow && !options.slow) {
      errors[engine.name] = `left out: some ${slow} s a step (--slow takes it along)`;
      continue;
    }
    const { error, steps, seconds } = await engine.ask(name, workload, 0.05);
    const title = engine.threads > 1 ? `${engine.name}, ${engine.threads} threads` : engine.name;
    if (error) errors[title] = error;
    else {
      rates.set(engine, []);
      rounds.set(engine, seconds / steps > 1 ? Math.min(2, windows.rounds) : windows.rounds);
    }
  }
  for (let round = 0; round < windows.rounds; round++) {
    for (const [engine, list] of rates) {
      if (round >= rounds.get(engine)) continue;
      const { steps, seconds, cpuSeconds } = await engine.ask(name, workload, windows.seconds);
      list.push(steps / (windows.clock === 'cpu' ? cpuSeconds : seconds));
    }
  }
  return { workload: name, title: workload.title, rows: rowsOf(workload, rates), errors };
}

try {
  if (listOf(options.peers).some((p) => p !== 'torch') && workloads.length > 0) installPeers();
} catch (error) {
  fail(error.message);
}
await bundleEngine();
const results = [];
let versions = {};
if (workloads.length > 0) {
  const engines = await startAll();
  if (engines.length === 0) fail('Nothing to measure.');
  versions = Object.fromEntries(engines.map((e) => [e.name, e.hello]));
  for (const workload of workloads) {
    const result = await measure(engines, workload);
    print(result);
    results.push(result);
  }
  for (const engine of engines) engine.stop();
}
const ourselves = {};
if (options.vanishing) ourselves.vanishing = await measureVanishing(threadCounts[0], windows);
if (options.recording) ourselves.recording = await measureRecording(threadCounts[0], windows);
if (options.peak) ourselves.peak = await measurePeak(windows);
const cpu = os.cpus()[0]?.model ?? 'unknown';
const machine = { cpu, cores: os.cpus().length, platform: `${os.platform()} ${os.arch()}`, node: process.version };
const settings = { ...windows, threads: threadCounts, statistics: 'all' };
writeFileSync(options.out, `${JSON.stringify({ machine, versions, settings, results, ourselves }, null, 2)}\n`);
console.log(`\nFigures: ${options.out}`);
