// The embedded backend over real threads that run the real worker: bundled here as it ships.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import type { Finding } from '../../../src/analysis/finding';
import type { RunListener } from '../../../src/backends/backend';
import { EmbeddedBackend, type EmbeddedRun } from '../../../src/backends/embedded';
import { spawnWorkerThread } from '../../../src/backends/workerThread';
import type { Failure, Progress, RunInfo } from '../../../src/protocol/run';
import type { StartOptions } from '../../../src/protocol/worker';

const folder = mkdtempSync(path.join(tmpdir(), 'gradoscope-thread-'));
const worker = path.join(folder, 'worker.cjs');
const LIMIT_MS = 30_000;

before(async () => {
  await build({
    entryPoints: ['src/worker/main.ts'],
    outfile: worker,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    mainFields: ['module', 'main'],
    loader: { '.wasm': 'binary' },
    logLevel: 'warning',
  });
});
after(() => rmSync(folder, { recursive: true, force: true }));

const spec = (training: object, layers: object[] = [{ type: 'dense', units: 8, activation: 'tanh' }]): string =>
  JSON.stringify({
    netspec: 1,
    name: 'Spiral',
    seed: 3,
    data: { source: 'spiral', samples: 100 },
    layers: [...layers, { type: 'dense', units: 2 }],
    loss: 'softmaxCrossEntropy',
    training,
  });

/** A run whose words can be waited for. */
class Watched implements RunListener {
  run: RunInfo | undefined;
  last: Progress | undefined;
  end: Progress | undefined;
  found: readonly Finding[] = [];
  failure: Failure | undefined;
  readonly #waiting = new Set<() => void>();

  started(run: RunInfo): void {
    this.run = run;
    this.#wake();
  }
  progress(progress: Progress): void {
    this.last = progress;
    this.#wake();
  }
  findings(findings: readonly Finding[]): void {
    this.found = findings;
  }
  ended(progress: Progress): void {
    this.end = progress;
    this.#wake();
  }
  failed(failure: Failure): void {
    this.failure = failure;
    this.#wake();
  }
  log(): void {}

  until(what: string, holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: Error): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        if (error) reject(error);
        else resolve();
      };
      const look = (): void => {
        if (holds()) done();
        else if (this.failure ?? this.end) done(gaveUp());
      };
      const gaveUp = (): Error =>
        new Error(`waited for ${what}; last: ${JSON.stringify(this.failure ?? this.end ?? this.last)}`);
      const timer = setTimeout(() => done(gaveUp()), LIMIT_MS);
      this.#waiting.add(look);
      look();
    });
  }
  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }
}

let runs = 0;
function begin(specText: string, rest: Partial<StartOptions> = {}): { run: EmbeddedRun; watched: Watched } {
  const watched = new Watched();
  const id = `run-${++runs}`;
  const run = new EmbeddedBackend({ spawn: () => spawnWorkerThread(worker) }).start(
    {
      id,
      specText,
      source: 'file:///net.netspec.json',
      allowedFolders: [],
      folder,
      dataFolder: path.resolve('media/data'),
      mode: 'train',
      memoryLimitBytes: 2 ** 30,
      historyLimitBytes: 2 ** 24,
      historyFile: path.join(folder, 'runs', id),
      ...rest,
    },
    watched,
  );
  return { run, watched };
}

test('a run trains in its thread, tells of it, and answers for every step after its end', async () => {
  const { run, watched } = begin(spec({ batchSize: 16, epochs: 4 }));
  await watched.until('the end', () => watched.end !== undefined);
  const { end } = watched;
  assert.deepEqual([end?.status, end?.step, end?.firstStep, end?.lastStep], ['completed', 20, 1, 20]);
  assert.ok(Number.isFinite(end?.testLoss));
  const info = watched.run!;
  assert.deepEqual(
    [info.name, info.seed, info.totalSteps, info.stepsPerEpoch, info.batchSize, info.parameterCount],
    ['Spiral', 3, 20, 5, 16, 42],
  );
  assert.deepEqual(info.chance, { loss: Math.log(2), accuracy: 0.5 });
  const record = await run.record(20);
  assert.equal(record?.length, info.layout.width);
  assert.deepEqual([record?.[0], record?.[1]], [20, end?.loss]);
  const reply = await run.window({ from: 1, to: 21, binSteps: 5, columns: [0, 1] });
  assert.deepEqual([...reply.counts], [5, 5, 5, 5]);
  await assert.rejects(run.window({ from: 1, to: 21, binSteps: 5, columns: [1e6] }), /columns/);
  run.dispose();
});

test('what a run shows is told before its end, and by its file again', async () => {
  const bad = spec({ batchSize: 20, steps: 120 }).replace(
    '"loss"',
    '"optimizer":{"type":"sgd","learningRate":0},"loss"',
  );
  const { run, watched } = begin(bad);
  await watched.until('the end', () => watched.end !== undefined);
  assert.deepEqual(
    watched.found.map((f) => [f.code, bad.slice(f.range.start, f.range.end)]),
    [['GF109', '"softmaxCrossEntropy"']],
  );
  run.dispose();
});

test('the same seed gives the same records; another seed gives others', async () => {
  const finalRecord = async (seed: number): Promise<Float64Array | undefined> => {
    const { run, watched } = begin(spec({ batchSize: 16, epochs: 2 }), { seed });
    await watched.until('the end', () => watched.end !== undefined);
    const record = await run.record(10);
    run.dispose();
    return record;
  };
  const [a, b, c] = [await finalRecord(8), await finalRecord(8), await finalRecord(9)];
  assert.deepEqual(a, b);
  assert.notDeepEqual(a, c);
});

test('stop ends a long run with what was recorded', async () => {
  const { run, watched } = begin(spec({ batchSize: 16, steps: 100_000_000 }));
  await watched.until('some steps', () => (watched.last?.step ?? 0) > 10);
  run.stop();
  await watched.until('the end', () => watched.end !== undefined);
  assert.equal(watched.end?.status, 'cancelled');
  assert.ok(((await run.record(1))?.[0] ?? 0) === 1);
  run.dispose();
});

test('a killed worker ends its run with a message, its records are served, and the next run works', async () => {
  const { run, watched } = begin(spec({ batchSize: 16, steps: 100_000_000 }));
  const file = path.join(folder, 'runs', watched.run?.id ?? `run-${runs}`);
  const size = (): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  await watched.until('the start', () => watched.run !== undefined);
  const empty = size();
  await watched.until('records in the file', () => size() > empty);
  run.killWorker();
  await watched.until('the end', () => watched.end !== undefined);
  assert.equal(watched.end?.status, 'failed');
  assert.match(watched.end?.message ?? '', /^The training worker ended unexpectedly/);
  assert.equal((await run.record(1))?.[0], 1);
  run.dispose();

  const next = begin(spec({ batchSize: 16, epochs: 1 }));
  await next.watched.until('the end', () => next.watched.end !== undefined);
  assert.equal(next.watched.end?.status, 'completed');
  next.run.dispose();
});

test('pause, one step, and on; a run may begin paused', async () => {
  const { run, watched } = begin(spec({ batchSize: 16, steps: 12 }), { paused: true });
  await watched.until('the pause', () => watched.last?.status === 'paused');
  assert.equal(watched.last?.step, 0);
  run.step();
  await watched.until('one step', () => watched.last?.step === 1);
  assert.equal(watched.last?.status, 'paused');
  run.resume();
  await watched.until('the end', () => watched.end !== undefined);
  assert.equal(watched.end?.step, 12);
  run.dispose();
});

test('show gradients measures one batch', async () => {
  const { run, watched } = begin(spec({ batchSize: 16 }), { mode: 'gradients' });
  await watched.until('the end', () => watched.end !== undefined);
  assert.deepEqual([watched.end?.status, watched.end?.step, watched.run?.mode], ['completed', 0, 'gradients']);
  const record = await run.record(0);
  assert.equal(record?.[1], watched.end?.loss);
  assert.ok((watched.end?.loss ?? 0) > 0);
  run.dispose();
});

test('bad specs, bad data and too little memory fail with their code', async () => {
  const outside = path.join(tmpdir(), `gradoscope-outside-${process.pid}.csv`);
  writeFileSync(outside, 'a,b\n1,2\n');
  const csv = (name: string): string =>
    spec({}).replace(/"data":\{[^}]*\}/, `"data":{"source":"csv","path":"${name}"}`);
  const cases: [string, RegExp, Partial<StartOptions>?][] = [
    ['{', /^NS1/],
    [spec({ epochs: -1 }), /^NS1/],
    [spec({}, [{ type: 'dense', units: 8, inputs: ['nobody'] }]), /^NS2/],
    [spec({}, [{ type: 'dense', units: 1e9 }]), /^NS4/],
    [spec({ batchSize: 16 }), /^NS4/, { memoryLimitBytes: 1000 }],
    [csv('missing.csv'), /^NS302$/],
    [csv(path.join('..', path.basename(outside))), /^NS301$/],
    [csv('data.csv'), /^NS301$/, { folder: undefined }],
  ];
  for (const [text, code, rest] of cases) {
    const { run, watched } = begin(text, rest);
    await watched.until(`the failure of ${text}`, () => watched.failure !== undefined || watched.end !== undefined);
    assert.match(watched.failure?.code ?? '', code, JSON.stringify(watched.failure));
    assert.ok(watched.failure?.message && watched.failure.hint);
    run.dispose();
  }
  rmSync(outside);
});

test('divergence is told with its tensor and ends the run', async () => {
  const layers = Array.from({ length: 30 }, () => ({
    type: 'dense',
    units: 32,
    activation: 'relu',
    kernelInitializer: { type: 'randomNormal', stddev: 1000 },
  }));
  const { run, watched } = begin(spec({ batchSize: 16, steps: 50 }, layers));
  await watched.until('the end', () => watched.end !== undefined);
  assert.equal(watched.end?.status, 'diverged');
  assert.match(
    watched.end?.message ?? '',
    /^Step \d+ diverged: .* of dense_\d+ is not finite \((forward pass|backward pass|update)\)\. The .* are kept\.$/,
  );
  run.dispose();
});
