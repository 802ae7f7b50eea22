import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Action,
  divergedView,
  initialState,
  type PanelState,
  reduce,
  resolveView,
  type SavedState,
  savedState,
  zoomed,
} from '../../../webview/store';
import { makeProgress, makeRun, makeSnapshot } from './support';

function after(actions: readonly Action[], saved: SavedState = {}): PanelState {
  return actions.reduce((state, action) => reduce(state, action, saved), initialState(saved));
}
const running = (last: number): Action => ({
  type: 'snapshot',
  snapshot: makeSnapshot({ run: makeRun(), progress: makeProgress(last) }),
});

test('before the host has spoken, its increments change nothing', () => {
  const state = initialState();
  for (const action of [
    { type: 'progress', progress: makeProgress(3) },
    { type: 'stale', stale: true, errorCount: 1 },
    { type: 'select', layer: 'dense_1' },
  ] as const) {
    assert.equal(reduce(state, action), state);
  }
});

test('a snapshot, then increments', () => {
  const state = after([
    running(10),
    { type: 'progress', progress: makeProgress(12) },
    { type: 'stale', stale: true, errorCount: 2 },
    { type: 'select', layer: 'dense_2' },
  ]);
  assert.equal(state.snapshot?.progress?.step, 12);
  assert.equal(state.snapshot?.stale, true);
  assert.equal(state.snapshot?.errorCount, 2);
  assert.equal(state.snapshot?.selectedLayer, 'dense_2');
  assert.equal(after([running(10), { type: 'select', layer: undefined }]).snapshot?.selectedLayer, undefined);
});

test('another run forgets window, step and cell, but not what to look at', () => {
  const state = after([
    running(500),
    { type: 'measure', measure: 'updateRatio' },
    { type: 'colour', colour: 'change' },
    { type: 'view', view: { kind: 'fixed', from: 10, to: 60 } },
    { type: 'show', step: 20 },
    { type: 'point', cell: { row: 1, step: 20, by: 'keyboard' } },
    { type: 'snapshot', snapshot: makeSnapshot({ run: makeRun({ id: 'run-2' }), progress: makeProgress(3) }) },
  ]);
  assert.deepEqual(state.view, { kind: 'whole' });
  assert.equal(state.shown, 'live');
  assert.equal(state.active, undefined);
  assert.equal(state.measure, 'updateRatio');
  assert.equal(state.colour, 'change');
});

test('a snapshot of the same run keeps the window', () => {
  const view = { kind: 'fixed', from: 10, to: 60 } as const;
  assert.deepEqual(after([running(500), { type: 'view', view }, running(600)]).view, view);
});

test('what is saved comes back for the same run, and only for it', () => {
  const before = after([
    running(500),
    { type: 'measure', measure: 'backwardFactor' },
    { type: 'lock', scale: { kind: 'log', low: -3, high: 0 } },
    { type: 'view', view: { kind: 'fixed', from: 100, to: 200 } },
    { type: 'show', step: 150 },
    { type: 'tab', tab: 'curves' },
    { type: 'select', layer: 'dense_1' },
  ]);
  const saved = JSON.parse(JSON.stringify(savedState(before))) as SavedState;
  assert.equal(saved.source, 'file:///a.netspec.json');
  assert.equal(saved.selected, 'dense_1');

  const again = after([running(500)], saved);
  assert.deepEqual(again.view, { kind: 'fixed', from: 100, to: 200 });
  assert.equal(again.shown, 150);
  assert.equal(again.measure, 'backwardFactor');
  assert.equal(again.tab, 'curves');
  assert.deepEqual(again.lockedScales.backwardFactor, { kind: 'log', low: -3, high: 0 });

  const other = after(
    [{ type: 'snapshot', snapshot: makeSnapshot({ run: makeRun({ id: 'run-9' }), progress: makeProgress(5) }) }],
    saved,
  );
  assert.deepEqual(other.view, { kind: 'whole' });
  assert.equal(other.measure, 'backwardFactor');
});

test('saved words that mean nothing (another version wrote them) are let go', () => {
  const state = initialState({ measure: 'nonsense', colour: 'pink', tab: 'ladder' });
  assert.equal(state.measure, 'kernelGradient');
  assert.equal(state.colour, 'magnitude');
  assert.equal(state.tab, 'profile');
});

test('a run that diverges shows its last hundred steps or so, once', () => {
  assert.deepEqual(divergedView(1, 812), { kind: 'fixed', from: 700, to: 813 });
  assert.deepEqual(divergedView(1, 60), { kind: 'whole' });
  const diverged = { type: 'progress', progress: makeProgress(812, { status: 'diverged' }) } as const;
  const state = after([running(800), diverged]);
  assert.deepEqual(state.view, { kind: 'fixed', from: 700, to: 813 });
  const whole = after([running(800), diverged, { type: 'view', view: { kind: 'whole' } }, diverged]);
  assert.deepEqual(whole.view, { kind: 'whole' }, 'the user has gone elsewhere since');
});

test('windows are kept within the run', () => {
  assert.deepEqual(resolveView({ kind: 'whole' }, 1, 50), { from: 1, to: 51 });
  assert.deepEqual(resolveView({ kind: 'tail', steps: 20 }, 1, 50), { from: 31, to: 51 });
  assert.deepEqual(resolveView({ kind: 'tail', steps: 200 }, 1, 50), { from: 1, to: 51 });
  assert.deepEqual(resolveView({ kind: 'fixed', from: 90, to: 120 }, 1, 50), { from: 50, to: 51 });
});

test('zooming in while live follows the end; about a cell it keeps the cell in place; out again is the whole', () => {
  const live = after([running(1000)]);
  assert.deepEqual(zoomed(live, 2, 8), { kind: 'tail', steps: 500 });
  const about = after([running(1000), { type: 'point', cell: { row: 0, step: 251, by: 'keyboard' } }]);
  const view = zoomed(about, 2, 8);
  assert.deepEqual(view, { kind: 'fixed', from: 126, to: 626 });
  assert.deepEqual(zoomed({ ...live, view: { kind: 'tail', steps: 600 } }, 0.5, 8), { kind: 'whole' });
  assert.deepEqual(zoomed({ ...live, view: { kind: 'tail', steps: 10 } }, 4, 8), { kind: 'tail', steps: 8 });
});

test('showing a step leaves live; the window follows; End is live again', () => {
  const state = after([
    running(1000),
    { type: 'view', view: { kind: 'tail', steps: 100 } },
    { type: 'show', step: 400 },
  ]);
  assert.equal(state.shown, 400);
  assert.deepEqual(state.view, { kind: 'fixed', from: 400, to: 500 });
  const live = reduce(state, { type: 'show', step: 'live' });
  assert.equal(live.shown, 'live');
  assert.deepEqual(live.view, { kind: 'tail', steps: 100 });
  assert.equal(after([running(1000), { type: 'show', step: 99_999 }]).shown, 1000);
  assert.deepEqual(after([running(1000), { type: 'show', step: 5 }]).view, { kind: 'whole' });
});

test('a pin needs a cell, and goes with it', () => {
  assert.equal(after([running(10), { type: 'pin', pinned: true }]).pinned, false);
  const pinned = after([
    running(10),
    { type: 'point', cell: { row: 1, step: 4, by: 'keyboard' } },
    { type: 'pin', pinned: true },
  ]);
  assert.equal(pinned.pinned, true);
  assert.equal(reduce(pinned, { type: 'point', cell: undefined }).pinned, false);
});

test('failures stay until dismissed or a newer snapshot; a refusal until the next answer', () => {
  const failure = { message: 'no', hint: 'try' };
  const failed = after([running(10), { type: 'failure', failure }]);
  assert.equal(failed.failure, failure);
  assert.equal(reduce(failed, { type: 'dismiss' }).failure, undefined);
  assert.equal(reduce(failed, running(11)).failure, undefined);
  const refused = after([running(10), { type: 'refusal', failure }]);
  assert.equal(refused.refusal, failure);
  assert.equal(reduce(refused, { type: 'refusal', failure: undefined }).refusal, undefined);
});
