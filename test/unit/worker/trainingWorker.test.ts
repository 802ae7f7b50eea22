import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors';
import type { Finding } from '../../../src/protocol/analysis';
import type { RunInfo } from '../../../src/protocol/run';
import type { FromWorker, StartOptions } from '../../../src/protocol/worker';
import type { HistoryStore } from '../../../src/runs/historyFile';
import type { JudgeLike, Prepared, TrainerLike } from '../../../src/worker/prepare';
import { TrainingWorker } from '../../../src/worker/trainingWorker';

const WIDTH = 3;
const LAYOUT = {
  width: WIDTH,
  measures: { step: ['step', 'loss', 'metric'], outputGradient: [], flow: [], activation: [], parameter: [] },
  layers: [],
  metric: 'accuracy',
} as const;

interface FakeOptions {
  readonly totalSteps?: number;
  /** The loss of this step is NaN. */
  readonly divergeAt?: number;
  readonly throwAt?: number;
  readonly mode?: 'train' | 'gradients';
  readonly recordEvery?: number;
  readonly evaluateEvery?: number;
  /** Milliseconds a step takes on the fake clock. */
  readonly stepMs?: number;
  readonly store?: HistoryStore;
  readonly paused?: boolean;
  readonly prepareFails?: Error;
  readonly judge?: JudgeLike;
}

/** A store in memory; `full` makes every further write fail. */
function memoryStore(): HistoryStore & { bytes: Uint8Array | undefined; full: boolean } {
  const fail = (): void => {
    if (store.full) throw new Error('ENOSPC: no space left on device');
  };
  const store = {
    bytes: undefined as Uint8Array | undefined,
    full: false,
    read: () => store.bytes,
    replace(parts: readonly Uint8Array[]) {
      fail();
      store.bytes = Buffer.concat(parts);
    },
    append(bytes: Uint8Array) {
      fail();
      store.bytes = Buffer.concat([store.bytes ?? new Uint8Array(), bytes]);
    },
  };
  return store;
}

/** A worker over a made-up trainer whose loss at step s is 1/s, a clock that training moves, and deferred tasks by hand. */
function scene(options: FakeOptions = {}) {
  const posted: FromWorker[] = [];
  const tasks: (() => void)[] = [];
  const evaluated: number[] = [];
  let clock = 0;
  let step = 0;
  let prepared = 0;
  let disposed = 0;
  const lossAt = (s: number): number => (s === options.divergeAt ? Number.NaN : 1 / s);
  const totalSteps = options.totalSteps ?? 100;
  const trainer: TrainerLike = {
    layout: LAYOUT,
    totalSteps,
    stepsPerEpoch: 10,
    get step() {
      return step;
    },
    get diverged() {
      return options.divergeAt !== undefined && step >= options.divergeAt;
    },
    run(most: number) {
      let done = 0;
      while (done < Math.min(most, 64) && step < totalSteps && !trainer.diverged) {
        if (step + 1 === options.throwAt) throw new Error('a kernel broke');
        step++;
        done++;
        clock += options.stepMs ?? 1;
      }
      return done;
    },
    readRecord: (s, into) => into.set([s, lossAt(s), 0.5]),
    lossOf: lossAt,
    metricOf: () => 0.5,
    evaluate() {
      evaluated.push(step);
      return { loss: 0.25, metric: 0.75 };
    },
    gradients: () => Float64Array.of(0, 2.3, 0.1),
    get nonFinite() {
      return trainer.diverged
        ? ({ tensor: 'the output of dense_1', layer: 'dense_1', phase: 'forward' } as const)
        : undefined;
    },
    dispose: () => {
      disposed++;
    },
  };
  const prepare = (): Prepared => {
    prepared++;
    if (options.prepareFails) throw options.prepareFails;
    return {
      trainer,
      run: { id: 'r', mode: options.mode ?? 'train', layout: LAYOUT, totalSteps } as unknown as RunInfo,
      recordEvery: options.recordEvery ?? 1,
      evaluateEvery: options.evaluateEvery ?? 10,
      judge: options.judge,
    };
  };
  const worker = new TrainingWorker({
    post: (message) => posted.push(structuredClone(message)),
    now: () => clock,
    wallClock: () => 1_700_000_000_000,
    defer: (task) => tasks.push(task),
    store: () => options.store ?? memoryStore(),
    prepare,
    log: () => {},
  });
  const start = (): void =>
    worker.receive({
      type: 'start',
      options: {
        id: 'r',
        historyLimitBytes: 1e6,
        paused: options.paused,
        historyFile: options.store && '/r',
      } as StartOptions,
    });
  /** Runs deferred tasks until there are none, or so many. */
  const turn = (most = Number.POSITIVE_INFINITY): void => {
    for (let n = 0; n < most && tasks.length > 0; n++) tasks.shift()!();
  };
  const last = (): FromWorker => posted.at(-1)!;
  const ended = () => {
    const message = posted.find((m) => m.type === 'ended');
    assert.ok(message?.type === 'ended', 'the run has ended');
    return message.progress;
  };
  return {
    worker,
    posted,
    start,
    turn,
    last,
    ended,
    evaluated,
    clock: () => clock,
    step: () => step,
    prepared: () => prepared,
    disposed: () => disposed,
  };
}

test('a run tells its start, some progress and its end, and keeps every record', () => {
  const { worker, posted, start, turn, ended, evaluated } = scene({ totalSteps: 1000 });
  start();
  turn();
  assert.equal(posted[0]?.type, 'started');
  const { status, step, loss, testLoss, firstStep, lastStep, stride } = ended();
  assert.deepEqual(
    { status, step, loss, testLoss, firstStep, lastStep, stride },
    { status: 'completed', step: 1000, loss: 0.001, testLoss: 0.25, firstStep: 1, lastStep: 1000, stride: 1 },
  );
  assert.equal(evaluated.length, 100, 'once an epoch of 10 steps');
  worker.receive({ type: 'window', id: 5, query: { from: 1, to: 1001, binSteps: 100, columns: [0] } });
  const reply = posted.at(-1)!;
  assert.ok(reply.type === 'window' && reply.id === 5);
  assert.deepEqual([...reply.reply.counts], Array(10).fill(100));
});

test('progress comes at most 20 times a second', () => {
  const { posted, start, turn, clock } = scene({ totalSteps: 3000, evaluateEvery: 1_000_000 });
  start();
  turn();
  const told = posted.filter((m) => m.type === 'progress').length;
  assert.ok(told >= 10, `${told} messages`);
  assert.ok(told <= 1 + (20 * clock()) / 1000, `${told} messages in ${clock()} ms`);
});

test('the rate is that of the steps, and the time left follows from it', () => {
  for (const turns of [8, 40, 400]) {
    const { posted, start, turn } = scene({ totalSteps: 1e6, stepMs: 2, evaluateEvery: 1_000_000 });
    start();
    turn(turns);
    const told = [...posted].reverse().find((m) => m.type === 'progress');
    assert.ok(told?.type === 'progress' && told.progress.step > 0);
    const { stepsPerSecond, secondsLeft, step } = told.progress;
    assert.ok(Math.abs(stepsPerSecond - 500) < 1, `${stepsPerSecond} after ${turns} slices`);
    assert.equal(secondsLeft, (1e6 - step) / stepsPerSecond);
  }
});

test('slices stay near ten milliseconds whatever a step costs', () => {
  for (const stepMs of [0.01, 1, 40]) {
    const { start, turn, clock } = scene({ totalSteps: 100_000, evaluateEvery: 1_000_000, stepMs });
    start();
    turn(30);
    const before = clock();
    turn(1);
    const slice = clock() - before;
    assert.ok(slice <= Math.max(stepMs, 20), `${slice} ms at ${stepMs} ms a step`);
  }
});

test('between two slices a stop ends the run, with all that was recorded', () => {
  const { worker, start, turn, ended, step } = scene({ totalSteps: 1e6 });
  start();
  turn(5);
  const at = step();
  worker.receive({ type: 'stop' });
  assert.equal(ended().status, 'cancelled');
  assert.equal(ended().lastStep, at);
  turn();
  assert.equal(step(), at, 'nothing is trained after it');
});

test('pause waits, step does one, resume goes on', () => {
  const { worker, start, turn, last, step, ended } = scene({ totalSteps: 200 });
  start();
  turn(2);
  worker.receive({ type: 'pause' });
  turn();
  const paused = step();
  const message = last();
  assert.ok(message.type === 'progress' && message.progress.status === 'paused');
  assert.equal(message.progress.secondsLeft, undefined);
  worker.receive({ type: 'step' });
  worker.receive({ type: 'step' });
  turn();
  assert.equal(step(), paused + 2);
  const stepped = last();
  assert.ok(
    stepped.type === 'progress' && stepped.progress.step === paused + 2 && stepped.progress.status === 'paused',
  );
  worker.receive({ type: 'resume' });
  turn();
  assert.equal(ended().status, 'completed');
});

test('a step while it runs pauses after one; a run may begin paused', () => {
  const { worker, start, turn, step, last } = scene({ totalSteps: 200, paused: true });
  start();
  turn();
  assert.equal(step(), 0);
  const message = last();
  assert.ok(message.type === 'progress' && message.progress.status === 'paused');
  worker.receive({ type: 'step' });
  turn();
  assert.equal(step(), 1);
});

test('the last paused step of a run ends it', () => {
  const { worker, start, turn, ended } = scene({ totalSteps: 2, paused: true });
  start();
  worker.receive({ type: 'step' });
  worker.receive({ type: 'step' });
  turn();
  assert.equal(ended().status, 'completed');
});

test('recordEvery keeps the first, the multiples and the latest', () => {
  const { worker, start, turn, ended, last } = scene({ totalSteps: 57, recordEvery: 10 });
  start();
  turn();
  assert.equal(ended().stride, 10);
  worker.receive({ type: 'window', id: 1, query: { from: 0, to: 60, binSteps: 1, columns: [0] } });
  const reply = last();
  assert.ok(reply.type === 'window');
  const kept = [...reply.reply.counts].flatMap((n, s) => (n ? [s] : []));
  assert.deepEqual(kept, [1, 10, 20, 30, 40, 50, 57]);
});

test('divergence is an end of its own, and names the tensor', () => {
  const { start, turn, ended, disposed } = scene({ divergeAt: 23 });
  start();
  turn();
  const { status, step, lastStep, message } = ended();
  assert.deepEqual({ status, step, lastStep }, { status: 'diverged', step: 23, lastStep: 23 });
  assert.equal(disposed(), 1, 'the threads go with the run');
  assert.match(
    message ?? '',
    /^Step 23 diverged: the output of dense_1 is not finite \(forward pass\)\. The weights of step 22 are kept\.$/,
  );
});

test('show gradients measures once and updates nothing', () => {
  const { worker, posted, start, turn, ended, step, last } = scene({ mode: 'gradients' });
  start();
  turn();
  assert.equal(step(), 0);
  const { status, step: at, loss, lastStep } = ended();
  assert.deepEqual({ status, at, loss, lastStep }, { status: 'completed', at: 0, loss: 2.3, lastStep: 0 });
  assert.deepEqual(
    posted.map((m) => m.type),
    ['started', 'ended'],
  );
  worker.receive({ type: 'record', id: 2, step: 0 });
  const reply = last();
  assert.ok(reply.type === 'record');
  assert.deepEqual(reply.record, Float64Array.of(0, 2.3, 0.1));
});

test('a spec that does not hold fails with its first problem; a fault of ours with its words', () => {
  const bad = scene({ prepareFails: new UserError('Unknown layer.', 'Did you mean dense?', 'NS104') });
  bad.start();
  assert.deepEqual(bad.last(), {
    type: 'failed',
    failure: { message: 'Unknown layer.', hint: 'Did you mean dense?', code: 'NS104' },
  });
  const broken = scene({ prepareFails: new Error('null has no length') });
  broken.start();
  const message = broken.last();
  assert.ok(message.type === 'failed');
  assert.match(message.failure.message, /null has no length/);
});

test('a fault while training ends the run and leaves its records readable', () => {
  const { worker, start, turn, ended, last } = scene({ throwAt: 40 });
  start();
  turn();
  assert.equal(ended().status, 'failed');
  assert.match(ended().message ?? '', /a kernel broke/);
  worker.receive({ type: 'record', id: 3, step: 5 });
  const reply = last();
  assert.ok(reply.type === 'record' && reply.record?.[0] === 5);
});

test('questions that make no sense, or come too early, are refused', () => {
  const { worker, start, last } = scene();
  worker.receive({ type: 'record', id: 1, step: 1 });
  assert.equal(last().type, 'refused');
  start();
  worker.receive({ type: 'window', id: 2, query: { from: 0, to: 10, binSteps: 0, columns: [0] } });
  assert.equal(last().type, 'refused');
  worker.receive({ type: 'window', id: 3, query: { from: 0, to: 10, binSteps: 1, columns: [WIDTH] } });
  assert.equal(last().type, 'refused');
  worker.receive({ type: 'window', id: 4, query: { from: 0, to: 1e12, binSteps: 1, columns: [0] } });
  assert.equal(last().type, 'refused');
});

test('the file serves a finished run as it ended', () => {
  const store = memoryStore();
  const first = scene({ totalSteps: 30, divergeAt: 30, store });
  first.start();
  first.turn();
  const again = scene({ store });
  again.worker.receive({ type: 'open', historyFile: '/r' });
  assert.equal(again.posted[0]?.type, 'started');
  const known = (p: object) => Object.fromEntries(Object.entries(p).filter(([, value]) => value !== undefined));
  assert.deepEqual(known(again.ended()), known(first.ended()));
  again.worker.receive({ type: 'record', id: 1, step: 12 });
  const reply = again.last();
  assert.ok(reply.type === 'record' && reply.record?.[0] === 12);
  assert.equal(again.prepared(), 0, 'nothing is trained');
});

test('the file of a run that was cut off says interrupted, at the last step written', () => {
  const store = memoryStore();
  const first = scene({ totalSteps: 1e6, store, evaluateEvery: 1_000_000 });
  first.start();
  first.turn(200);
  const again = scene({ store });
  again.worker.receive({ type: 'open', historyFile: '/r' });
  const { status, step, loss } = again.ended();
  assert.equal(status, 'interrupted');
  assert.ok(step > 0 && step <= first.step());
  assert.ok(first.step() - step <= 1000, 'no more than a second of steps is missing');
  assert.equal(loss, 1 / step);
});

test('a full disk costs the saving and says so, not the run', () => {
  const store = memoryStore();
  const { start, turn, ended } = scene({ totalSteps: 3000, store });
  start();
  turn(20);
  store.full = true;
  turn();
  assert.equal(ended().status, 'completed');
  assert.match(ended().message ?? '', /can no longer be saved \(ENOSPC/);
});

test('a missing or broken file fails to open', () => {
  const { worker, last } = scene({ store: memoryStore() });
  worker.receive({ type: 'open', historyFile: '/r' });
  assert.equal(last().type, 'failed');
});

/** A judge that finds something at its first, third, fifth … question, and keeps what it was fed. */
function fakeJudge() {
  const steps: number[] = [];
  const records: number[] = [];
  const evaluations: number[] = [];
  const asked: string[] = [];
  const judge: JudgeLike = {
    step: (step) => {
      steps.push(step);
      return step % 4 === 0;
    },
    record: (step, record) => {
      assert.equal(record[0], step);
      records.push(step);
    },
    evaluation: (step) => evaluations.push(step),
    news: (status) => {
      asked.push(status);
      return asked.length % 2 === 1 ? [{ code: `GF${asked.length}` } as unknown as Finding] : undefined;
    },
  };
  return { judge, steps, records, evaluations, asked };
}

test('the judge sees every step, the records that it wants, every evaluation, and is asked once a second', () => {
  const { judge, steps, records, evaluations, asked } = fakeJudge();
  const { posted, start, turn } = scene({ totalSteps: 3500, judge, recordEvery: 7 });
  start();
  turn();
  const count = (n: number, of: number) => Array.from({ length: n / of }, (_, i) => (i + 1) * of);
  assert.deepEqual(steps, count(3500, 1));
  assert.deepEqual(records, count(3500, 4));
  assert.deepEqual(evaluations, count(3500, 10));
  assert.deepEqual(asked, ['running', 'running', 'running', 'completed']);
  const told = posted.flatMap((m) => (m.type === 'findings' ? m.findings.map((f) => f.code) : []));
  assert.deepEqual(told, ['GF1', 'GF3'], 'what is no news is not told');
});

test('the last findings come before the end, and again from the file', () => {
  const store = memoryStore();
  const { judge } = fakeJudge();
  const first = scene({ totalSteps: 50, judge, store });
  first.start();
  first.turn();
  assert.deepEqual(
    first.posted.slice(-2).map((m) => m.type),
    ['findings', 'ended'],
  );
  const again = scene({ store });
  again.worker.receive({ type: 'open', historyFile: '/r' });
  const [, found, end] = again.posted;
  assert.deepEqual(found, { type: 'findings', findings: [{ code: 'GF1' }] });
  assert.ok(end?.type === 'ended' && end.progress.step === 50 && !('findings' in end.progress));
});

test('a fault of the judge costs the findings and not the run', () => {
  const { judge } = fakeJudge();
  const broken: JudgeLike = {
    ...judge,
    news: () => {
      throw new Error('no verdict');
    },
  };
  const { start, turn, ended } = scene({ totalSteps: 2500, judge: broken });
  start();
  turn();
  assert.equal(ended().status, 'completed');
});
