import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackendRun, RunListener } from '../../../src/backends/backend';
import { UserError } from '../../../src/base/errors';
import { type LaunchRequest, Session, type SessionEvent, type SessionText } from '../../../src/extension/session';
import type { Finding } from '../../../src/protocol/analysis';
import type { Progress, RunInfo } from '../../../src/protocol/run';
import type { StartOptions } from '../../../src/protocol/worker';

const textOf = (text: string): SessionText => ({ text, name: 'net', seed: 4, preview: [], errorCount: 0 });
const progressOf = (status: Progress['status'], step = 1): Progress => ({
  status,
  step,
  loss: 1,
  metric: 0,
  stepsPerSecond: 1,
  stride: 1,
});

interface FakeRun extends BackendRun {
  readonly options: StartOptions | string;
  readonly listener: RunListener;
  readonly calls: string[];
}

function scene() {
  const runs: FakeRun[] = [];
  const events: string[] = [];
  const remembered: string[] = [];
  const failures: string[] = [];
  let refuseStart = false;
  const begin = (options: StartOptions | string, listener: RunListener): FakeRun => {
    const calls: string[] = [];
    const call = (name: string) => () => void calls.push(name);
    const run: FakeRun = {
      options,
      listener,
      calls,
      pause: call('pause'),
      resume: call('resume'),
      step: call('step'),
      stop: call('stop'),
      dispose: call('dispose'),
      window: () => Promise.reject(new UserError('no window', '')),
      record: (step) => Promise.resolve(Float64Array.of(step)),
    };
    runs.push(run);
    return run;
  };
  const session = new Session('file:///a.netspec.json', textOf('one'), {
    backend: { start: begin, open: begin },
    startOptions: (source: string, specText: string, request: LaunchRequest) => {
      if (refuseStart) throw new UserError('not now', 'later');
      return {
        id: `${runs.length}`,
        source,
        specText,
        historyFile: `/runs/${runs.length}`,
        ...request,
      } as StartOptions;
    },
    remember: (_source, run) => remembered.push(run.historyFile),
    log: () => {},
  });
  session.onDidChange((event: SessionEvent) => {
    events.push(event.type);
    if (event.type === 'failure') failures.push(event.failure.message);
  });
  const started = (i: number, seed = 4): void =>
    runs[i]!.listener.started({ id: `${i}`, seed, mode: 'train', layout: { layers: [] } } as unknown as RunInfo);
  const refuse = (): void => {
    refuseStart = true;
  };
  return { session, runs, events, remembered, failures, started, refuse };
}

test('a run is shown from its start, and remembered then', () => {
  const { session, runs, events, remembered, started } = scene();
  assert.equal(session.live, false);
  session.start({ mode: 'train' });
  assert.equal(session.live, true);
  assert.equal(session.progress?.status, 'starting');
  assert.deepEqual(remembered, []);
  started(0);
  runs[0]!.listener.progress(progressOf('running', 3));
  assert.equal(session.snapshot().progress?.step, 3);
  assert.deepEqual(remembered, ['/runs/0']);
  runs[0]!.listener.ended(progressOf('completed', 9));
  assert.equal(session.live, false);
  assert.deepEqual(events, ['progress', 'run', 'progress', 'progress']);
});

test('editing the text during a run leaves it alone and makes it stale, until the text is back', () => {
  const { session, runs, started } = scene();
  session.start({ mode: 'train' });
  started(0);
  session.setText(textOf('two'));
  assert.equal(session.stale, true);
  assert.equal(session.snapshot().stale, true);
  assert.deepEqual(runs[0]!.calls, []);
  session.setText(textOf('one'));
  assert.equal(session.stale, false);
});

test('a new run stops the one that goes on, which is shown until the new one has started', () => {
  const { session, runs, started } = scene();
  session.start({ mode: 'train' });
  started(0);
  runs[0]!.listener.progress(progressOf('running', 5));
  session.setText(textOf('two'));
  session.start({ mode: 'train' });
  assert.deepEqual(runs[0]!.calls, ['stop']);
  assert.equal(session.run?.id, '0');
  runs[0]!.listener.ended(progressOf('cancelled', 5));
  assert.equal(session.live, true, 'the new one is starting');
  started(1);
  assert.equal(session.run?.id, '1');
  assert.deepEqual(runs[0]!.calls, ['stop', 'dispose']);
  assert.equal(session.stale, false, 'it was started from the new text');
  runs[0]!.listener.progress(progressOf('running', 99));
  assert.notEqual(session.progress?.step, 99, 'what the old one says is not heard');
});

test('a run that cannot start leaves the earlier one in sight, and says why once', () => {
  const { session, runs, started, failures } = scene();
  session.start({ mode: 'train' });
  started(0);
  runs[0]!.listener.ended(progressOf('completed', 9));
  session.start({ mode: 'train' });
  runs[1]!.listener.failed({ message: 'Unknown layer.', hint: '' });
  assert.equal(session.run?.id, '0');
  assert.equal(session.progress?.status, 'completed');
  assert.equal(session.live, false);
  assert.deepEqual(failures, ['Unknown layer.']);
});

test('a run that dies is shown as failed where it stood, and the next one works', () => {
  const { session, runs, started, failures } = scene();
  session.start({ mode: 'train' });
  started(0);
  runs[0]!.listener.ended({ ...progressOf('failed', 7), message: 'The worker ended.', hint: 'Train again.' });
  assert.deepEqual(failures, ['The worker ended.']);
  assert.equal(session.progress?.step, 7);
  session.start({ mode: 'train' });
  started(1);
  assert.equal(session.run?.id, '1');
});

test('where the world does not allow a start, nothing changes', () => {
  const { session, runs, started, refuse } = scene();
  session.start({ mode: 'train' });
  started(0);
  refuse();
  assert.throws(() => session.start({ mode: 'train' }), /not now/);
  assert.deepEqual(runs[0]!.calls, [], 'the live run goes on');
});

test('step one batch: of a live run, or of a new one that waits', () => {
  const { session, runs, started } = scene();
  session.stepBatch();
  assert.equal((runs[0]!.options as StartOptions).paused, true);
  assert.deepEqual(runs[0]!.calls, []);
  started(0);
  assert.deepEqual(runs[0]!.calls, ['step']);
  runs[0]!.listener.progress(progressOf('paused', 1));
  session.stepBatch();
  assert.deepEqual(runs[0]!.calls, ['step', 'step']);
  session.resume();
  session.pause();
  assert.deepEqual(runs[0]!.calls, ['step', 'step', 'resume', 'pause']);
});

test('stopped before it started: as if it had not been', () => {
  const { session, runs } = scene();
  session.start({ mode: 'train' });
  session.stop();
  assert.deepEqual(runs[0]!.calls, ['stop']);
  runs[0]!.listener.ended(progressOf('cancelled', 0));
  assert.equal(session.live, false);
  assert.equal(session.progress, undefined);
});

test('an earlier run comes back from its file, quietly where it cannot', () => {
  const first = scene();
  first.session.start({ mode: 'train' });
  first.started(0);
  const again = scene();
  again.session.restore({ historyFile: '/runs/0', textHash: 'of another text' });
  assert.equal(again.session.live, false, 'nothing is being trained');
  assert.equal(again.runs[0]!.options, '/runs/0');
  again.started(0);
  again.runs[0]!.listener.ended(progressOf('interrupted', 5));
  assert.equal(again.session.progress?.status, 'interrupted');
  assert.equal(again.session.stale, true);

  const gone = scene();
  gone.session.restore({ historyFile: '/runs/0', textHash: '' });
  gone.runs[0]!.listener.failed({ message: 'no such file', hint: '' });
  assert.deepEqual(gone.failures, []);
  assert.equal(gone.session.live, false);
});

test('a run that starts goes before one on its way back', () => {
  const { session, runs, started } = scene();
  session.restore({ historyFile: '/runs/9', textHash: '' });
  session.start({ mode: 'train' });
  assert.deepEqual(runs[0]!.calls, ['dispose']);
  started(0);
  assert.equal(session.snapshot().run, undefined);
  started(1);
  assert.equal(session.run?.id, '1');
});

test("a run's findings are shown while the text is the one it was started from", () => {
  const { session, runs, started, events } = scene();
  session.start({ mode: 'train' });
  started(0);
  const found = [{ code: 'GF107' }] as unknown as Finding[];
  runs[0]!.listener.findings(found);
  assert.deepEqual(session.findings, found);
  assert.equal(events.at(-1), 'findings');
  session.setText(textOf('two'));
  assert.deepEqual(session.findings, [], 'its ranges are of another text');
  session.setText(textOf('one'));
  assert.deepEqual(session.findings, found);
  session.start({ mode: 'train' });
  started(1);
  assert.deepEqual(session.findings, [], 'another run has its own');
  runs[0]!.listener.findings(found);
  assert.deepEqual(session.findings, []);
});

test('a new seed is one that the last run did not have', () => {
  const { session, started } = scene();
  assert.equal(session.nextSeed(), 5);
  session.start({ mode: 'train', seed: session.nextSeed() });
  started(0, 5);
  assert.equal(session.nextSeed(), 6);
});

test('records come from the run that is shown; without one it says so', async () => {
  const { session, started } = scene();
  assert.throws(() => session.record(1), /no run/);
  session.start({ mode: 'train' });
  started(0);
  assert.deepEqual(await session.record(8), Float64Array.of(8));
});

test("a listener's fault does not keep others from hearing", () => {
  const { session, events } = scene();
  const other: string[] = [];
  session.onDidChange(() => {
    throw new Error('mine');
  });
  const heard = session.onDidChange((e) => other.push(e.type));
  session.select('dense_1');
  heard.dispose();
  session.select('dense_2');
  session.select('dense_2');
  assert.deepEqual(other, ['selection']);
  assert.deepEqual(events, ['selection', 'selection']);
});
