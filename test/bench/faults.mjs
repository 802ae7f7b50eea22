// Owns the benchmark of faults: known faults are injected into healthy specs of many kinds; each is to be found and mended,
// and the healthy ones are to be left alone. Cases go to two processes; results are kept, so that a run can be taken up
// again. `--help` lists the options.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { buildKernels } from '../../esbuild.js';
import { printFaults } from './faultsReport.mjs';

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..'));

const HELP = `npm run bench:faults -- [options]
  --quick            every tenth case, for development
  --only TEXT        cases whose name contains this alone
  --processes 2      how many cases at once
  --resume           takes up the last run where it was left
  --misses           also lists every case that was missed
`;
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    processes: { type: 'string', default: '2' },
    resume: { type: 'boolean', default: false },
    misses: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}

const KEPT = 'out/bench/faults.jsonl';
const ENTRY = 'out/bench/faultsProcess.mjs';
buildKernels();
mkdirSync('out/bench', { recursive: true });
await build({
  entryPoints: ['test/bench/faults/process.ts'],
  outfile: ENTRY,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  loader: { '.wasm': 'binary' },
  packages: 'external',
  logLevel: 'warning',
});

/** @type {string[]} */
const names = JSON.parse(
  spawnSync(process.execPath, [ENTRY, '--names'], { encoding: 'utf8', maxBuffer: 2 ** 24 }).stdout,
);
if (!options.resume) rmSync(KEPT, { force: true });
const kept = existsSync(KEPT)
  ? readFileSync(KEPT, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  : [];
const known = new Map(kept.map((result) => [result.name, result]));
const wanted = names.filter(
  (name, i) => (!options.quick || i % 10 === 3) && (!options.only || name.includes(options.only)),
);
// Across all faults from the start, so that a run that is cut short says something of each.
const across = (i) => (i * 179) % 1009;
const queue = wanted
  .map((name, i) => ({ name, place: across(i) }))
  .sort((a, b) => a.place - b.place)
  .map(({ name }) => name)
  .filter((name) => !known.has(name));
const begun = performance.now();
let done = 0;

/** One process, which takes cases until none is left. */
async function work() {
  const child = spawn(process.execPath, [ENTRY], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    child.stdin.write(`${name}\n`);
    const { value, done: ended } = await lines.next();
    if (ended) throw new Error(`a process ended at “${name}”`);
    const result = JSON.parse(value);
    known.set(name, result);
    appendFileSync(KEPT, `${value}\n`);
    done++;
    if (process.stderr.isTTY) process.stderr.write(`\r${done} done, ${queue.length} to go   `);
  }
  child.stdin.end();
}
await Promise.all(Array.from({ length: Math.max(1, Number(options.processes)) }, work));
if (process.stderr.isTTY) process.stderr.write('\r');
printFaults(
  wanted.map((name) => known.get(name)),
  options.misses || options.quick || options.only !== undefined,
);
console.log(`\n${wanted.length} cases, ${((performance.now() - begun) / 60000).toFixed(1)} minutes`);
