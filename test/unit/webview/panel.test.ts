import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Speaker, summarise } from '../../../webview/announce';
import { describeCell, type Frame, fitScale, makeFrame, plotSpan } from '../../../webview/frame';
import { checkMessage } from '../../../webview/host';
import { keyDeed } from '../../../webview/keys';
import { shareHeight } from '../../../webview/layout';
import { measureOf } from '../../../webview/measures';
import { notices } from '../../../webview/notices';
import { Recordings } from '../../../webview/recordings';
import { initialState, type PanelState, reduce } from '../../../webview/store';
import type { Theme } from '../../../webview/theme';
import { makeLayout, makeProgress, makeRecord, makeRun, makeSnapshot } from './support';

const layout = makeLayout(2);
const sizes = { plotWidth: 600, curvesWidth: 300, narrow: false };
const theme = {} as Theme;
const state = (change: Parameters<typeof makeSnapshot>[0]): PanelState =>
  reduce(initialState(), { type: 'snapshot', snapshot: makeSnapshot(change) });

/** The frame of a run of one recorded step per norm pair: dense_1, dense_2. */
function frameOf(
  norms: readonly (readonly [number, number])[],
  change: (s: PanelState) => PanelState = (s) => s,
): Frame {
  const run = makeRun({ layout });
  const last = norms.length;
  const now = change(state({ run, progress: makeProgress(last), selectedLayer: 'dense_2' }));
  const recordings = new Recordings();
  recordings.startRun(run.id);
  const recordOf = (step: number): Float64Array => makeRecord(layout, step, norms[step - 1]!);
  for (let i = 0; i < 20; i++) {
    const { wanted } = makeFrame(now, recordings, theme, sizes);
    const need = recordings.needs(wanted!)[0];
    if (!need) break;
    if (need.type === 'record') need.settle(recordOf(Math.max(1, need.step)));
    else {
      const { from, to, binSteps, columns } = need.query;
      const bins = Math.ceil((to - from) / binSteps);
      const counts = new Uint32Array(bins);
      const values = new Float64Array(3 * bins * columns.length);
      for (let step = Math.max(1, from); step < to; step++) {
        const k = Math.floor((step - from) / binSteps);
        counts[k]!++;
        columns.forEach((column, c) => {
          values.fill(recordOf(step)[column]!, 3 * (c * bins + k), 3 * (c * bins + k) + 3);
        });
      }
      need.settle({ from, binSteps, bins, counts, values });
    }
  }
  return makeFrame(now, recordings, theme, sizes);
}

test('rows come from the run, before it from the preview; the selected one is found by name', () => {
  const frame = frameOf([[1e-9, 0.1]]);
  assert.deepEqual(
    frame.rows.map((row) => [row.name, row.detail]),
    [
      ['flatten_1', '2×2→4'],
      ['dense_1', '4→4 σ'],
      ['dense_2', '4→4 σ'],
    ],
  );
  assert.equal(frame.selectedRow, 2);
  const preview = [
    {
      name: 'a',
      type: 'dense',
      inputShape: [1],
      outputShape: [2],
      parameterCount: 4,
      groups: [],
      activation: 'linear',
    },
  ];
  const before = makeFrame(state({ preview }), new Recordings(), theme, sizes);
  assert.deepEqual(
    before.rows.map((row) => row.detail),
    ['1→2 lin'],
  );
  assert.equal(before.wanted, undefined);
});

test('the scale fits what is seen, exploded cells left out, and can be locked', () => {
  const frame = frameOf([
    [1e-9, 0.1],
    [2e-8, 50],
  ]);
  assert.deepEqual(frame.scale, { kind: 'log', low: -9, high: -1 });
  const locked = frameOf([[1e-9, 0.1]], (s) => reduce(s, { type: 'lock', scale: { kind: 'log', low: -4, high: 0 } }));
  assert.deepEqual(locked.scale, { kind: 'log', low: -4, high: 0 });
  assert.equal(locked.locked, true);
  const shares = fitScale(measureOf('saturated'), undefined, frame.columns, frame.span);
  assert.deepEqual(shares, { kind: 'linear', low: 0, high: 1 });
});

test('the profile of a run that ends with NaN is that of the last finite step', () => {
  const frame = frameOf([
    [1e-3, 0.1],
    [1e-3, 0.2],
    [Number.NaN, 0.2],
  ]);
  assert.equal(frame.record?.[0], 3);
  assert.equal(frame.profile?.[0], 2);
});

test('a young run has narrow columns; a long one begins at 0', () => {
  const young = plotSpan(state({ run: makeRun(), progress: makeProgress(3) }), { first: 1, last: 3 }, 616, 1);
  assert.deepEqual(young, { from: 1, to: 29, whole: true, end: 4 });
  const old = plotSpan(state({ run: makeRun(), progress: makeProgress(900) }), { first: 1, last: 900 }, 616, 1);
  assert.deepEqual(old, { from: 0, to: 901, whole: true, end: 901 });
  const zoomed = {
    ...state({ run: makeRun(), progress: makeProgress(900) }),
    view: { kind: 'tail', steps: 9 },
  } as const;
  assert.deepEqual(plotSpan(zoomed, { first: 1, last: 900 }, 616, 1), { from: 892, to: 901, whole: false, end: 901 });
});

test('the active cell in words', () => {
  const at = (row: number, step: number) => (s: PanelState) =>
    reduce(s, { type: 'point', cell: { row, step, by: 'keyboard' } });
  const norms = [
    [1.4e-8, 0.1],
    [1e-3, 50],
    [Number.NaN, 1],
  ] as const;
  assert.equal(describeCell(frameOf(norms, at(1, 1))), 'dense_1, step 1, 1.4e-8, vanished');
  assert.equal(describeCell(frameOf(norms, at(2, 2))), 'dense_2, step 2, 5.0e+1, exploded');
  assert.equal(describeCell(frameOf(norms, at(1, 3))), 'dense_1, step 3, NaN');
  assert.equal(describeCell(frameOf(norms, at(0, 1))), 'flatten_1, step 1, does not apply');
  assert.equal(describeCell(frameOf(norms)), undefined);
});

test('the summary says the last layer, then the first', () => {
  assert.equal(
    summarise(frameOf([[1.4e-8, 0.1]])),
    'Step 1, kernel gradient l2: dense_2 1.0e-1, dense_1 1.4e-8 vanished. Loss 1.50.',
  );
});

test('a screen reader is told at most every five seconds, and nothing twice', () => {
  const speaker = new Speaker();
  assert.equal(speaker.offer('one', 0), 'one');
  assert.equal(speaker.offer('two', 4_999), undefined);
  assert.equal(speaker.offer('two', 5_000), 'two');
  assert.equal(speaker.offer('two', 20_000), undefined);
  assert.equal(speaker.offer('three', 5_001, true), 'three');
  assert.equal(speaker.offer(undefined, 99_000, true), undefined);
});

test('notices: the most urgent first, each with what can be done', () => {
  const run = makeRun();
  const ids = (change: Parameters<typeof makeSnapshot>[0]): string[] => notices(state(change)).map((n) => n.id);
  assert.deepEqual(ids({}), []);
  assert.deepEqual(ids({ errorCount: 2 }), ['errors']);
  assert.deepEqual(ids({ run, progress: makeProgress(4), stale: true }), ['stale']);
  assert.deepEqual(ids({ run, progress: makeProgress(4), stale: true, errorCount: 1 }), ['errors']);
  assert.deepEqual(ids({ run, progress: makeProgress(4, { status: 'interrupted' }), stale: true }), [
    'stale',
    'interrupted',
  ]);
  const diverged = notices(
    state({ run, progress: makeProgress(812, { status: 'diverged', message: 'First NaN in dense_4/kernel.' }) }),
  )[0]!;
  assert.equal(diverged.message, 'First NaN in dense_4/kernel.');
  assert.deepEqual(diverged.link, { label: 'go to step 811', step: 811 });
  const failed = reduce(state({}), { type: 'failure', failure: { message: 'No.', hint: 'Do.' } });
  assert.deepEqual(
    notices(failed).map((n) => [n.message, n.detail]),
    [['No.', 'Do.']],
  );
});

test('the worst finding of the run has a notice, and says how many more there are', () => {
  const run = makeRun();
  const finding = { code: 'GF107', severity: 'warning', message: 'Steps are too large.', hint: 'Lower it.' } as const;
  const bad = { ...finding, code: 'GF111', severity: 'error' } as const;
  const running = { run, progress: makeProgress(4) };
  const [one] = notices(state({ ...running, findings: [finding] }));
  assert.deepEqual(
    [one?.id, one?.severity, one?.lead, one?.message, one?.detail],
    ['finding', 'warning', 'GF107:', 'Steps are too large.', 'Lower it.'],
  );
  const told = reduce(state(running), { type: 'findings', findings: [bad, finding] });
  assert.equal(notices(told)[0]?.detail, 'Lower it. Problems has 1 more.');
  assert.deepEqual(notices(reduce(told, { type: 'findings', findings: [] })), []);
  const diverged = { run, progress: makeProgress(4, { status: 'diverged' }), findings: [bad, finding] };
  assert.deepEqual(
    notices(state(diverged)).map((n) => n.lead),
    ['Diverged:', 'GF107:'],
    'that it diverged is said once',
  );
});

test('keys: those of the cells only in the grid, chords never', () => {
  const press = (key: string, more: Partial<Parameters<typeof keyDeed>[0]> = {}, inGrid = true) =>
    keyDeed({ key, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, ...more }, inGrid);
  assert.deepEqual(press('ArrowLeft'), { do: 'moveColumn', by: -1 });
  assert.deepEqual(press('ArrowRight', { shiftKey: true }), { do: 'moveColumn', by: 10 });
  assert.deepEqual(press('ArrowUp'), { do: 'moveRow', by: -1 });
  assert.equal(press('ArrowUp', {}, false), undefined);
  assert.equal(press('Enter', {}, false), undefined);
  assert.deepEqual(press('C', { shiftKey: true }, false), { do: 'colour' });
  assert.equal(press('c', { ctrlKey: true }), undefined);
  assert.deepEqual(press(' ', {}, false), { do: 'pause' });
  assert.deepEqual(press('='), { do: 'zoom', factor: 2 });
  assert.equal(press('q'), undefined);
});

test('what the host says is checked', () => {
  const snapshot = makeSnapshot({ run: makeRun(), progress: makeProgress(3) });
  const right = [
    { type: 'snapshot', snapshot },
    { type: 'progress', progress: makeProgress(0) },
    { type: 'stale', stale: false, errorCount: 0 },
    { type: 'findings', findings: [{ code: 'GF107', severity: 'warning', message: 'a', hint: 'b' }] },
    { type: 'select', layer: undefined },
    { type: 'select', layer: 'dense_1' },
    { type: 'record', id: 1, record: new Float64Array(2) },
    { type: 'record', id: 1, record: undefined },
    { type: 'refused', id: 1, failure: { message: 'a', hint: 'b' } },
    { type: 'failure', failure: { message: 'a', hint: 'b' } },
    {
      type: 'window',
      id: 3,
      reply: { from: 0, binSteps: 1, bins: 1, counts: new Uint32Array(1), values: new Float64Array(3) },
    },
  ];
  for (const message of right) assert.ok(checkMessage(message), message.type);
  const wrong = [
    { type: 'findings', findings: [{ code: 'GF107' }] },
    undefined,
    null,
    'text',
    7,
    {},
    { type: 'unknown' },
    { type: 'snapshot' },
    { type: 'snapshot', snapshot: { ...snapshot, preview: 3 } },
    { type: 'snapshot', snapshot: { ...snapshot, run: { id: 'x' } } },
    { type: 'progress', progress: { status: 'running', step: Number.NaN } },
    { type: 'progress', progress: { ...makeProgress(1), stride: 0 } },
    { type: 'select', layer: 3 },
    { type: 'record', id: 1, record: [1, 2] },
    { type: 'window', id: 1, reply: { from: 0, binSteps: 1, bins: 2, counts: new Uint32Array(1), values: [] } },
    { type: 'failure', failure: 'text' },
  ];
  for (const message of wrong) assert.equal(checkMessage(message), undefined, JSON.stringify(message));
});

test('who gets the height: rows first, dense ones scroll before the charts go', () => {
  assert.deepEqual(shareHeight(800, 12, 22, 150), { viewport: 264, charts: true });
  assert.deepEqual(shareHeight(400, 12, 22, 150), { viewport: 264, charts: false });
  assert.deepEqual(shareHeight(200, 12, 22, 150), { viewport: 200, charts: false });
  assert.deepEqual(shareHeight(800, 200, 12, 150), { viewport: 650, charts: true });
  assert.deepEqual(shareHeight(300, 200, 12, 150), { viewport: 300, charts: false });
  assert.ok(shareHeight(0, 12, 22, 150).viewport > 0);
});
