import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddedBackend, STOP_GRACE_MS, STOP_SHOWN_MS } from '../../../src/backends/embedded';
import type { Progress, RunInfo } from '../../../src/protocol/run';
import type { StartOptions, ToWorker } from '../../../src/protocol/worker';
import { FakeThread } from './fakeThread';

const RUN = { id: 'r', name: 'n', layout: { width: 1, layers: [] } } as unknown as RunInfo;
const progressOf = (status: Progress['status'], step: number): Progress => ({
  status,
  step,
  loss: 1,
  metric: 0.5,
  stepsPerSecond: 100,
  secondsLeft: 3,
  stride: 1,
});
const OPTIONS = { id: 'r', historyFile: '/runs/r' } as StartOptions;

function begin(options = OPTIONS) {
  const threads: FakeThread<ToWorker>[] = [];
  const heard: string[] = [];
  const last: { progress?: Progress; failure?: { message: string } } = {};
  const backend = new EmbeddedBackend({
    spawn: () => {
      threads.push(new FakeThread<ToWorker>());
      return threads.at(-1)!;
    },
  });
  const run = backend.start(options, {
    started: (info) => heard.push(`started ${info.id}`),
    findings: (findings) => heard.push(`findings ${findings.map((f) => f.code).join()}`),
    progress: (p) => {
      last.progress = p;
      heard.push(`progress ${p.status} ${p.step}`);
    },
    ended: (p) => {
      last.progress = p;
      heard.push(`ended ${p.status} ${p.step}`);
    },
    failed: (f) => {
      last.failure = f;
      heard.push('failed');
    },
    log: () => {},
  });
  return { run, threads, thread: threads[0]!, heard, last };
}

test('a run goes from start to end, and answers after it', async () => {
  const { run, thread, heard } = begin();
  thread.says({ type: 'started', run: RUN });
  thread.says({ type: 'progress', progress: progressOf('running', 3) });
  thread.says({ type: 'ended', progress: progressOf('completed', 9) });
  assert.deepEqual(heard, ['started r', 'progress running 3', 'ended completed 9']);
  const record = run.record(9);
  const asked = thread.received.at(-1)!;
  assert.ok(asked.type === 'record' && asked.step === 9);
  thread.says({ type: 'record', id: asked.id, record: Float64Array.of(9) });
  assert.deepEqual(await record, Float64Array.of(9));
  run.dispose();
  assert.ok(thread.terminated);
});

test('what a run shows is passed on, also when its stop was shown already', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { run, thread, heard } = begin();
  thread.says({ type: 'started', run: RUN });
  thread.says({ type: 'findings', findings: [{ code: 'GF107' }, { code: 'GF109' }] });
  run.stop();
  t.mock.timers.tick(STOP_SHOWN_MS);
  thread.says({ type: 'findings', findings: [] });
  assert.deepEqual(
    heard.filter((h) => h.startsWith('findings')),
    ['findings GF107,GF109', 'findings '],
  );
});

test('stop is shown within its time though the worker is busy, and its late figures are taken', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { run, thread, heard, last } = begin();
  thread.says({ type: 'started', run: RUN });
  thread.says({ type: 'progress', progress: progressOf('running', 3) });
  run.stop();
  run.stop();
  assert.equal(thread.received.filter((m) => m.type === 'stop').length, 1);
  t.mock.timers.tick(STOP_SHOWN_MS);
  assert.ok(STOP_SHOWN_MS < 100);
  assert.equal(heard.at(-1), 'ended cancelled 3');
  assert.equal(last.progress?.secondsLeft, undefined);
  // What it had sent before it saw the stop is not news any more.
  thread.says({ type: 'progress', progress: progressOf('running', 4) });
  assert.equal(heard.at(-1), 'ended cancelled 3');
  thread.says({ type: 'ended', progress: progressOf('cancelled', 5) });
  assert.equal(heard.at(-1), 'progress cancelled 5');
  t.mock.timers.tick(STOP_GRACE_MS);
  assert.equal(thread.terminated, false, 'a worker that answered is not ended');
});

test('a worker that never answers stop is ended, and the records come from the file', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { run, thread, threads, heard } = begin();
  thread.says({ type: 'started', run: RUN });
  thread.says({ type: 'progress', progress: progressOf('running', 3) });
  run.stop();
  t.mock.timers.tick(STOP_GRACE_MS);
  assert.ok(thread.terminated);
  assert.deepEqual(heard.slice(-1), ['ended cancelled 3']);
  const record = run.record(3);
  assert.equal(threads.length, 2);
  assert.deepEqual(threads[1]!.received[0], { type: 'open', historyFile: '/runs/r' });
  threads[1]!.says({ type: 'started', run: RUN });
  threads[1]!.says({ type: 'ended', progress: progressOf('interrupted', 3) });
  assert.deepEqual(heard.slice(-1), ['ended cancelled 3'], 'the opened file says nothing new');
  const asked = threads[1]!.received[1]!;
  assert.ok(asked.type === 'record');
  threads[1]!.says({ type: 'record', id: asked.id, record: undefined });
  assert.equal(await record, undefined);
});

test('a stop before anything started ends it at once', () => {
  const { run, thread, heard } = begin();
  run.stop();
  assert.ok(thread.terminated);
  assert.deepEqual(heard, ['ended cancelled 0']);
});

test('a worker that dies ends its run with a message and refuses what was asked', async () => {
  const { run, thread, heard, last } = begin();
  thread.says({ type: 'started', run: RUN });
  thread.says({ type: 'progress', progress: progressOf('running', 7) });
  const asked = run.window({ from: 0, to: 1, binSteps: 1, columns: [0] });
  thread.dies('out of memory');
  await assert.rejects(asked, /ended unexpectedly \(out of memory\)/);
  assert.equal(heard.at(-1), 'ended failed 7');
  assert.match(last.progress?.message ?? '', /^The training worker ended unexpectedly/);
  assert.equal(last.progress?.secondsLeft, undefined);
});

test('a worker that dies before it started fails the run', () => {
  const { thread, heard, last } = begin();
  thread.dies('exit code 134');
  assert.deepEqual(heard, ['failed']);
  assert.match(last.failure?.message ?? '', /exit code 134/);
});

test('without a file the records go with the worker, and it says so', async () => {
  const { run, thread } = begin({ ...OPTIONS, historyFile: undefined });
  thread.says({ type: 'started', run: RUN });
  thread.dies('exit code 1');
  await assert.rejects(run.record(1), /gone with its worker/);
});

test('a refusal and a failure carry their words; nonsense is logged and dropped', async () => {
  const { run, thread, heard } = begin();
  thread.says({ type: 'nonsense' });
  thread.says({});
  const asked = run.record(1);
  const message = thread.received.at(-1)!;
  assert.ok(message.type === 'record');
  thread.says({ type: 'refused', id: message.id, failure: { message: 'no records yet', hint: 'wait' } });
  await assert.rejects(asked, /no records yet/);
  thread.says({ type: 'failed', failure: { message: 'bad spec', hint: 'mend it', code: 'NS103' } });
  assert.deepEqual(heard, ['failed']);
  assert.ok(thread.terminated);
});

test('nothing is heard of a run that was disposed of', async () => {
  const { run, thread, heard } = begin();
  thread.says({ type: 'started', run: RUN });
  const asked = run.record(1);
  run.dispose();
  thread.says({ type: 'progress', progress: progressOf('running', 8) });
  await assert.rejects(asked, /closed/);
  await assert.rejects(run.record(1), /closed/);
  assert.deepEqual(heard, ['started r']);
});
