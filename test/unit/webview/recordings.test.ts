import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FromPanel } from '../../../src/protocol/panel';
import type { RecordLayout, WindowQuery, WindowReply } from '../../../src/protocol/run';
import { classify, type Measure, measureOf, readMeasure } from '../../../webview/measures';
import { cellKind, Recordings, type Wanted } from '../../../webview/recordings';
import { type Need, Requester } from '../../../webview/requests';
import { makeLayout, makeRecord } from './support';

const kernel = measureOf('kernelGradient');
const layout = makeLayout(3);
const record = (step: number): Float64Array =>
  makeRecord(layout, step, [10 ** -9, 10 ** -4, step === 20 ? Number.NaN : 0.5]);

/** As a host that has the records of steps 1…last answers. */
function windowOf(query: WindowQuery, last: number): WindowReply {
  const bins = Math.ceil((query.to - query.from) / query.binSteps);
  const counts = new Uint32Array(bins);
  const values = new Float64Array(3 * bins * query.columns.length);
  for (let k = 0; k < bins; k++) {
    const steps = Array.from({ length: query.binSteps }, (_, i) => query.from + k * query.binSteps + i).filter(
      (s) => s >= 1 && s <= last && s < query.to,
    );
    counts[k] = steps.length;
    query.columns.forEach((column, c) => {
      const all = steps.map((s) => record(s)[column]!);
      const bad = all.find((v) => !Number.isFinite(v));
      const mean = all.reduce((a, b) => a + b, 0) / all.length;
      values.set(bad === undefined ? [Math.min(...all), mean, Math.max(...all)] : [bad, bad, bad], 3 * (c * bins + k));
    });
  }
  return { from: query.from, binSteps: query.binSteps, bins, counts, values };
}

function wanted(last: number, change: Partial<Wanted> = {}): Wanted {
  return {
    runId: 'r',
    layout,
    measure: kernel,
    stride: 1,
    first: 1,
    last,
    from: 1,
    to: last + 1,
    whole: true,
    plotBins: 16,
    curveBins: 16,
    steps: [],
    reference: undefined,
    ...change,
  };
}

/** Answers needs until there are none; the kinds in the order asked. */
function feed(recordings: Recordings, w: Wanted): string[] {
  const kinds: string[] = [];
  for (let i = 0; i < 50; i++) {
    const need = recordings.needs(w)[0];
    if (!need) return kinds;
    kinds.push(need.kind);
    const right =
      need.type === 'window'
        ? need.settle(windowOf(need.query, w.last))
        : need.settle(record(Math.min(need.step, w.last)));
    assert.ok(right, need.kind);
  }
  throw new Error(`asks without end: ${kinds.join(' ')}`);
}

test('each kind is asked for once, then nothing until something newer exists', () => {
  const recordings = new Recordings();
  recordings.startRun('r');
  assert.deepEqual(feed(recordings, wanted(10)), ['whole', 'curves', 'latest']);
  assert.deepEqual(recordings.needs(wanted(10)), []);
  const next = recordings.needs(wanted(12));
  assert.deepEqual(
    next.map((n) => n.kind),
    ['whole', 'curves', 'latest'],
  );
  const whole = next[0]!;
  assert.equal(whole.type === 'window' && whole.query.from, 11, 'only the new bins');
  assert.equal(recordings.latest?.[0], 10);
});

test('cells: values, vanished, and a NaN that is one told from a measure that does not apply', () => {
  const recordings = new Recordings();
  recordings.startRun('r');
  feed(recordings, wanted(20, { plotBins: 32 }));
  const track = recordings.plot(kernel, true)!;
  const columns = recordings.columnsOf(kernel, layout);
  const kinds = (step: number): string[] =>
    layout.layers.map((_, row) => cellKind(kernel, track, columns, row, track.binOf(step)));
  assert.deepEqual(kinds(3), ['empty', 'low', 'value', 'value']);
  assert.deepEqual(kinds(20), ['empty', 'low', 'value', 'nonFinite']);
});

test('while coarser bins are on their way the finer ones stay on the screen', () => {
  const recordings = new Recordings();
  recordings.startRun('r');
  feed(recordings, wanted(16));
  const before = recordings.plot(kernel, true)!;
  assert.equal(before.binSteps, 1);
  const needs = recordings.needs(wanted(40));
  assert.equal(recordings.plot(kernel, true), before);
  const whole = needs.find((n) => n.kind === 'whole') as Extract<Need, { type: 'window' }>;
  assert.equal(whole.query.binSteps, 4);
  assert.equal(whole.query.from, 0);
  whole.settle(windowOf(whole.query, 40));
  assert.equal(recordings.plot(kernel, true)?.binSteps, 4);
});

test('a zoomed window asks for its own bins; another measure shows nothing of the one before', () => {
  const recordings = new Recordings();
  recordings.startRun('r');
  const zoom = wanted(100, { from: 80, to: 101, whole: false });
  assert.ok(feed(recordings, zoom).includes('zoom'));
  assert.equal(recordings.plot(kernel, false)?.binSteps, 2);
  assert.equal(recordings.plot(kernel, true)?.binSteps, 8);
  const ratio = measureOf('updateRatio');
  assert.equal(recordings.plot(ratio, true), undefined);
  feed(recordings, { ...zoom, measure: ratio });
  assert.ok(recordings.plot(ratio, true));
});

test('the reference of Change is the mean of thirty steps', () => {
  const recordings = new Recordings();
  recordings.startRun('r');
  feed(recordings, wanted(19, { reference: 16 }));
  const columns = recordings.columnsOf(kernel, layout);
  assert.ok(Math.abs(recordings.reference(kernel, 16, 2, columns)! - 1e-4) < 1e-12);
  assert.equal(recordings.reference(kernel, 16, 0, columns), undefined);
  assert.equal(recordings.reference(kernel, 17, 2, columns), undefined, 'of another step: not here');
});

test('records: asked for once, the newest kept, a missing one not asked for again', () => {
  const recordings = new Recordings();
  recordings.startRun('r');
  feed(recordings, wanted(19, { steps: [7] }));
  assert.equal(recordings.record(7)?.[0], 7);
  assert.equal(recordings.record(19)?.[0], 19);
  assert.deepEqual(recordings.needs(wanted(19, { steps: [7, 19] })), []);
  const need = recordings.needs(wanted(19, { steps: [3] }))[0] as Extract<Need, { type: 'record' }>;
  assert.ok(need.settle(undefined));
  assert.deepEqual(recordings.needs(wanted(19, { steps: [3] })), []);
  recordings.startRun('another');
  assert.equal(recordings.record(7), undefined);
  assert.equal(recordings.plot(kernel, true), undefined);
});

const need = (kind: string, settle = true): Need => ({ kind, type: 'record', step: 1, settle: () => settle });
const answered = (id: number) => ({ type: 'record', id, record: undefined }) as const;

test('one request in flight; the kinds take turns', () => {
  const sent: FromPanel[] = [];
  const kinds: string[] = [];
  const requester = new Requester((message) => sent.push(message));
  const watched = (kind: string): Need => ({
    ...need(kind),
    type: 'record',
    step: 1,
    settle: () => kinds.push(kind) > 0,
  });
  const needs = [watched('a'), watched('b'), watched('c')];
  for (let i = 0; i < 5; i++) {
    requester.pump(needs, i);
    requester.pump(needs, i);
    assert.equal(sent.length, i + 1);
    requester.settle(answered(i + 1), i);
  }
  assert.deepEqual(kinds, ['a', 'b', 'c', 'a', 'b']);
});

test('a late answer, or one to a forgotten request, is dropped', () => {
  const requester = new Requester(() => {});
  requester.pump([need('a')], 0);
  assert.deepEqual(requester.settle(answered(99), 0), { answered: false });
  requester.forget();
  assert.deepEqual(requester.settle(answered(1), 0), { answered: false });
  assert.equal(requester.busy, false);
});

test('a refused kind rests for a second, and its failure is told', () => {
  let sent = 0;
  const requester = new Requester(() => sent++);
  requester.pump([need('a')], 0);
  const failure = { message: 'no', hint: 'later' };
  assert.deepEqual(requester.settle({ type: 'refused', id: 1, failure }, 10), { answered: true, failure });
  requester.pump([need('a')], 500);
  assert.equal(sent, 1);
  assert.equal(requester.wakeAt, 1010);
  requester.pump([need('a'), need('b')], 500);
  assert.equal(sent, 2, 'the others go on');
  requester.settle(answered(2), 501);
  requester.expire(1010);
  requester.pump([need('a')], 1010);
  assert.equal(sent, 3);
});

test('an answer that does not fit is a failure, and is not asked for again at once', () => {
  const requester = new Requester(() => {});
  requester.pump([need('a', false)], 0);
  assert.ok(requester.settle(answered(1), 0).failure);
  requester.pump([need('a', false)], 1);
  assert.equal(requester.busy, false);
});

test('a host that never answers is given up, told, and asked again', () => {
  let sent = 0;
  const requester = new Requester(() => sent++);
  assert.equal(requester.pump([need('a')], 0), undefined);
  assert.equal(requester.pump([need('a')], 11_000), undefined);
  assert.match(requester.pump([need('a'), need('b')], 12_001)!.message, /did not answer/);
  assert.equal(sent, 2);
});

test('what a cell is', () => {
  const cases: readonly (readonly [Measure, number, number, number, string])[] = [
    [kernel, 1e-3, 1e-2, 0, 'value'],
    [kernel, 1e-8, 1e-6, 0, 'low'],
    [kernel, 0, 0, 0, 'low'],
    [kernel, 1, 11, 0, 'high'],
    [kernel, Number.NaN, Number.NaN, 1, 'nonFinite'],
    [kernel, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 'nonFinite'],
    [kernel, Number.NaN, Number.NaN, 0, 'empty'],
    [measureOf('backwardFactor'), 1e-9, 1e9, 0, 'value'],
    [measureOf('updateRatio'), 1e-9, 1e-9, 0, 'low'],
    [measureOf('saturated'), 1, 1, 0, 'value'],
  ];
  for (const [measure, mean, largest, bad, kind] of cases) {
    assert.equal(classify(measure, mean, largest, bad), kind, `${measure.id} ${mean} ${largest} ${bad}`);
  }
});

test('a record read through a measure; a layer without a kernel has none', () => {
  const read = (row: number, step: number): unknown =>
    readMeasure(kernel, record(step), layout.layers[row]!, layout as RecordLayout);
  assert.equal(read(0, 3), undefined);
  assert.deepEqual(read(1, 3), { value: 1e-9, kind: 'low' });
  assert.deepEqual(read(3, 20), { value: Number.NaN, kind: 'nonFinite' });
});
