import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FixedAll, FixOptions, FixProgress } from '../../../src/analysis/fix';
import { thresholdsFrom } from '../../../src/analysis/thresholds';
import type { AnalysisSubject, FromAnalyst, ToAnalyst } from '../../../src/protocol/analysis';
import { type AnalystWork, AnalystWorker } from '../../../src/worker/analystWorker';

const specText = (units: number, data: object = { source: 'spiral', samples: 60 }): string =>
  JSON.stringify({
    netspec: 1,
    data,
    layers: [
      { type: 'dense', units, activation: 'sigmoid' },
      { type: 'dense', units: 2 },
    ],
    loss: 'softmaxCrossEntropy',
    optimizer: 'sgd',
    training: { batchSize: 16, epochs: 1 },
  });

const subjectOf = (text: string): AnalysisSubject => ({
  text,
  allowedFolders: [],
  dataFolder: 'media/data',
  memoryLimitBytes: 2 ** 30,
  thresholds: thresholdsFrom(),
});

const PREDICTION = { layers: [], firstToLast: 0.5, firstToLastBand: [0.4, 0.6], factorPerLayer: 0.5 } as const;

/** A worker whose clock and turns the test holds, with work that answers at once. */
function begin(work: Partial<AnalystWork> = {}) {
  const posted: FromAnalyst[] = [];
  const soon: (() => void)[] = [];
  const later: (() => void)[] = [];
  const judged: { text: string; probe: boolean; samples?: number }[] = [];
  let now = 0;
  const worker = new AnalystWorker({
    post: (message) => posted.push(message),
    now: () => ++now,
    defer: (task) => soon.push(task),
    later: (task) => later.push(task),
    log: () => {},
    work: {
      judge: (analysis, dataset, _thresholds, { probe }) => {
        const { spec, graph, tree } = analysis;
        if (!spec || !graph || !tree) return undefined;
        judged.push({ text: spec.name ?? '', probe, samples: dataset?.train.count });
        const evidence = { spec, graph, tree, thresholds: thresholdsFrom() };
        const measured = { seeds: [0], layers: [], loss: 1, firstLosses: [] };
        return { evidence, prediction: PREDICTION, probe: probe ? measured : undefined, findings: [] };
      },
      remedyPredictor: () => () => [],
      measureRemedies: () => assert.fail('not asked for'),
      fixAll: () => assert.fail('not asked for'),
      ...work,
    },
  });
  const turn = (): void => {
    for (const task of soon.splice(0)) task();
  };
  const quiet = (): void => {
    for (const task of later.splice(0)) task();
  };
  return { worker, posted, judged, turn, quiet, soon };
}

const analyze = (id: number, text: string, probe = true, source = 'a'): ToAnalyst => ({
  type: 'analyze',
  id,
  source,
  probe,
  subject: subjectOf(text),
});
const short = (m: FromAnalyst): string =>
  m.type === 'analyzed' ? `${m.id} analyzed${m.probed ? ' probed' : ''}${m.last ? ' last' : ''}` : `${m.id} ${m.type}`;

test('an analysis is told at once, and again with the probe', () => {
  const { worker, posted, judged, turn, quiet } = begin();
  worker.receive(analyze(1, specText(8)));
  assert.deepEqual(posted, [], 'messages that have arrived are seen first');
  turn();
  assert.deepEqual(posted.map(short), ['1 analyzed']);
  quiet();
  assert.deepEqual(posted.map(short), ['1 analyzed', '1 analyzed probed last']);
  assert.deepEqual(
    judged.map((j) => [j.probe, j.samples]),
    [
      [false, 48],
      [true, 48],
    ],
  );
});

test('the same text again costs nothing, and is told at once with all that is known', () => {
  const { worker, posted, judged, turn, quiet } = begin();
  worker.receive(analyze(1, specText(8)));
  turn();
  quiet();
  worker.receive(analyze(2, specText(8)));
  turn();
  assert.equal(judged.length, 2);
  assert.equal(short(posted.at(-1)!), '2 analyzed probed last');
});

test('a newer request takes the place of an older one, before its first answer and before its probe', () => {
  const { worker, posted, judged, turn, quiet } = begin();
  worker.receive(analyze(1, specText(8)));
  worker.receive(analyze(2, specText(9)));
  worker.receive(analyze(3, specText(7), true, 'b'));
  turn();
  assert.deepEqual(posted.map(short), ['1 failed', '2 analyzed', '3 analyzed']);
  worker.receive(analyze(4, specText(10)));
  quiet();
  turn();
  assert.deepEqual(posted.slice(3).map(short), ['2 failed', '3 analyzed probed last', '4 analyzed']);
  assert.equal(judged.filter((j) => j.probe).length, 1);
});

test('a text with errors has neither prediction nor findings, and no probe', () => {
  const { worker, posted, turn, quiet } = begin();
  for (const [id, text] of [
    '{ "netspec": 1, ',
    specText(0),
    specText(8, { source: 'csv', path: 'no.csv' }),
  ].entries()) {
    worker.receive(analyze(id, text, true, String(id)));
  }
  turn();
  quiet();
  assert.deepEqual(posted.map(short), ['0 analyzed last', '1 analyzed last', '2 analyzed last']);
  for (const message of posted) assert.ok(message.type === 'analyzed' && message.prediction === undefined);
});

test('a fault ends its request alone', () => {
  let broken = true;
  const { worker, posted, turn } = begin({
    judge: () => {
      if (broken) throw new Error('a fault of ours');
      return undefined;
    },
  });
  worker.receive(analyze(1, specText(8)));
  turn();
  broken = false;
  worker.receive(analyze(2, specText(8)));
  turn();
  assert.deepEqual(posted.map(short), ['1 failed', '2 analyzed last']);
  assert.ok(posted[0]?.type === 'failed' && /a fault of ours/.test(posted[0].failure.message));
});

test('a fix goes on in slices that let others in, tells its progress sparely, and can be cancelled', () => {
  let ended = 0;
  function* work({ text, open }: FixOptions): Generator<FixProgress, never, void> {
    assert.ok(open(text)?.dataset.train.count);
    assert.equal(open('{'), undefined);
    try {
      for (let i = 0; ; i++) yield { doing: String(i), share: 0 };
    } finally {
      ended++;
    }
  }
  const { worker, posted, turn, soon } = begin({ measureRemedies: work });
  worker.receive({ type: 'fix', id: 1, subject: subjectOf(specText(8)) });
  for (let i = 0; i < 50; i++) turn();
  const told = posted.filter((m) => m.type === 'fixProgress').length;
  // Each look at the clock is a millisecond: 50 slices of 20.
  assert.ok(told >= 9 && told <= 12, `${told} reports in a second`);
  worker.receive(analyze(2, specText(8), false));
  turn();
  assert.equal(short(posted.at(-1)!), '2 analyzed last');
  worker.receive({ type: 'cancel', id: 1 });
  assert.equal(short(posted.at(-1)!), '1 failed');
  turn();
  assert.equal(ended, 1);
  assert.equal(soon.length, 0);
});

test('a fix that throws or ends is told once', () => {
  // biome-ignore lint/correctness/useYield: the fault comes before the first report
  function* faulty(): Generator<FixProgress, never, void> {
    throw new Error('nothing to measure');
  }
  function* all(): Generator<FixProgress, FixedAll, void> {
    yield { doing: 'x', share: 0 };
    return { text: 'mended', applied: [], found: [], left: [] };
  }
  const { worker, posted, turn } = begin({ measureRemedies: faulty, fixAll: all });
  worker.receive({ type: 'fix', id: 1, subject: subjectOf(specText(8)) });
  worker.receive({ type: 'fixAll', id: 2, subject: subjectOf(specText(8)) });
  turn();
  assert.deepEqual(posted.map(short), ['1 failed', '2 fixProgress', '2 fixedAll']);
});
