import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Analysis, Analyst } from '../../../src/extension/analyst';
import type { AnalysisSubject, ToAnalyst } from '../../../src/protocol/analysis';
import { FakeThread } from '../backends/fakeThread';

class AnalystThread extends FakeThread<ToAnalyst> {
  /** The id of the last message of the type. */
  idOf(type: ToAnalyst['type']): number {
    return this.received.filter((m) => m.type === type).at(-1)!.id;
  }
}

const SUBJECT = { text: '{}' } as AnalysisSubject;
const NOTHING = { findings: [], prediction: undefined } as const;

function begin(spawn?: () => AnalystThread) {
  const threads: AnalystThread[] = [];
  const logged: string[] = [];
  const analyst = new Analyst({
    spawn:
      spawn ??
      (() => {
        threads.push(new AnalystThread());
        return threads.at(-1)!;
      }),
    log: (text) => logged.push(text),
    silenceMs: 1000,
  });
  return { analyst, threads, logged };
}

test('no thread is there before it is asked, and none after nobody needs it', () => {
  const { analyst, threads } = begin();
  assert.equal(analyst.awake, false);
  analyst.analyze('a', SUBJECT, false, () => {});
  assert.equal(threads.length, 1);
  analyst.rest();
  assert.equal(analyst.awake, true, 'something is under way');
  threads[0]!.says({ type: 'analyzed', id: threads[0]!.idOf('analyze'), probed: false, last: true, ...NOTHING });
  analyst.rest();
  assert.ok(threads[0]!.terminated);
  analyst.analyze('a', SUBJECT, false, () => {});
  assert.equal(threads.length, 2);
  analyst.dispose();
});

test('both answers are heard; a newer request of the same source silences the older one, and no other', () => {
  const { analyst, threads } = begin();
  const heard: string[] = [];
  const hear = (name: string) => (a?: Analysis) => heard.push(`${name} ${a?.probed} ${a?.last}`);
  analyst.analyze('a', SUBJECT, true, hear('a1'));
  const thread = threads[0]!;
  const first = thread.idOf('analyze');
  analyst.analyze('b', SUBJECT, true, hear('b'));
  const other = thread.idOf('analyze');
  analyst.analyze('a', SUBJECT, true, hear('a2'));
  const second = thread.idOf('analyze');
  assert.deepEqual(
    thread.received.filter((m) => m.type === 'cancel').map((m) => m.id),
    [first],
  );
  for (const id of [first, other, second])
    thread.says({ type: 'analyzed', id, probed: false, last: false, ...NOTHING });
  for (const id of [first, other, second]) thread.says({ type: 'analyzed', id, probed: true, last: true, ...NOTHING });
  thread.says({ type: 'analyzed', id: second, probed: true, last: true, ...NOTHING });
  assert.deepEqual(heard, ['b false false', 'a2 false false', 'b true true', 'a2 true true']);
  analyst.dispose();
});

test('after a death what was asked is asked again, once', async () => {
  const { analyst, threads, logged } = begin();
  const heard: (Analysis | undefined)[] = [];
  analyst.analyze('a', SUBJECT, false, (a) => heard.push(a));
  const fix = analyst.fix(SUBJECT, () => {});
  threads[0]!.terminate();
  await assert.rejects(fix.done, /ended unexpectedly \(exit code 1\)/);
  assert.deepEqual(
    threads[1]!.received.map((m) => m.type),
    ['analyze'],
  );
  threads[1]!.says({ type: 'analyzed', id: threads[1]!.idOf('analyze'), probed: false, last: true, ...NOTHING });
  assert.equal(heard.length, 1);

  analyst.analyze('a', SUBJECT, false, (a) => heard.push(a));
  threads[1]!.terminate();
  threads[2]!.terminate();
  assert.equal(threads.length, 3, 'a text that kills its thread does so twice and not for ever');
  assert.deepEqual(heard.slice(1), [undefined]);
  assert.ok(logged.some((text) => /ended unexpectedly/.test(text)));
  analyst.analyze('a', SUBJECT, false, (a) => heard.push(a));
  threads[3]!.says({ type: 'analyzed', id: threads[3]!.idOf('analyze'), probed: false, last: true, ...NOTHING });
  assert.ok(heard[2], 'the next text is judged');
  analyst.dispose();
});

test('a thread that says nothing is ended; progress is a sign of life', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { analyst, threads } = begin();
  const shares: number[] = [];
  const fix = analyst.fix(SUBJECT, ({ share }) => shares.push(share));
  const ended = assert.rejects(fix.done, /did not answer within 1 s/);
  const id = threads[0]!.idOf('fix');
  for (const share of [0.1, 0.2]) {
    t.mock.timers.tick(900);
    threads[0]!.says({ type: 'fixProgress', id, progress: { doing: 'x', share } });
  }
  t.mock.timers.tick(999);
  assert.equal(threads[0]!.terminated, false);
  t.mock.timers.tick(1);
  await ended;
  assert.ok(threads[0]!.terminated);
  assert.deepEqual(shares, [0.1, 0.2]);
  analyst.dispose();
});

test('a fix is cancelled at once, and its late answer is nobody’s', async () => {
  const { analyst, threads } = begin();
  const fix = analyst.fixAll(SUBJECT, () => {});
  const id = threads[0]!.idOf('fixAll');
  fix.cancel();
  await assert.rejects(fix.done, /cancelled/);
  assert.deepEqual(threads[0]!.received.at(-1), { type: 'cancel', id });
  threads[0]!.says({ type: 'fixedAll', id, text: 'late', applied: [], left: [] });
  fix.cancel();
  analyst.dispose();
});

test('results arrive; failures and nonsense hang nobody', async () => {
  const { analyst, threads, logged } = begin();
  const remedies = analyst.remedies(['GF101'], SUBJECT);
  const thread = threads[0]!;
  thread.says({ type: 'remedies', id: thread.idOf('remedies'), remedies: [] });
  assert.deepEqual(await remedies.done, []);
  const failing = analyst.remedies(['GF101'], SUBJECT);
  thread.says({ type: 'failed', id: thread.idOf('remedies'), failure: { message: 'No.', hint: 'Else.' } });
  await assert.rejects(failing.done, /No\./);
  thread.says({ kind: 'other' });
  assert.ok(logged.some((text) => text.startsWith('unknown message')));
  const waiting = analyst.fix(SUBJECT, () => {});
  analyst.dispose();
  await assert.rejects(waiting.done, /closed/);
  await assert.rejects(analyst.fix(SUBJECT, () => {}).done, /closed/);
});

test('where no thread can be had, requests fail instead of hanging', async () => {
  const { analyst, logged } = begin(() => {
    throw new Error('no more threads');
  });
  await assert.rejects(analyst.remedies([], SUBJECT).done, /no more threads/);
  analyst.analyze('a', SUBJECT, false, (analysis) => assert.equal(analysis, undefined));
  assert.ok(logged.some((text) => /no more threads/.test(text)));
  analyst.dispose();
});
