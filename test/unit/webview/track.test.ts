import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WindowQuery, WindowReply } from '../../../src/protocol/run';
import { decadeTicks, fitDecades, niceStep, position } from '../../../webview/scale';
import { alignDown, chooseBinSteps, Track } from '../../../webview/track';

/** Answers a query over records at steps 1…last whose column c is step + 1000 c. */
function answer(query: WindowQuery, last: number): WindowReply {
  const bins = Math.ceil((query.to - query.from) / query.binSteps);
  const counts = new Uint32Array(bins);
  const values = new Float64Array(3 * bins * query.columns.length);
  for (let k = 0; k < bins; k++) {
    const from = Math.max(1, query.from + k * query.binSteps);
    const to = Math.min(last + 1, query.to, query.from + (k + 1) * query.binSteps);
    counts[k] = Math.max(0, to - from);
    query.columns.forEach((column, c) => {
      values.set(
        [from, (from + to - 1) / 2, to - 1].map((v) => v + 1000 * column),
        3 * (c * bins + k),
      );
    });
  }
  return { from: query.from, binSteps: query.binSteps, bins, counts, values };
}

test('bins are power-of-two multiples of the stride, as few as there is room for', () => {
  assert.equal(chooseBinSteps(100, 300, 1), 1);
  assert.equal(chooseBinSteps(301, 300, 1), 2);
  assert.equal(chooseBinSteps(2000, 300, 1), 8);
  assert.equal(chooseBinSteps(2000, 300, 5), 10);
  assert.equal(chooseBinSteps(0, 0, 0), 1);
  assert.equal(alignDown(23, 8), 16);
});

test('a growing run is asked for its new bins alone, from the one still filling', () => {
  const track = new Track([3, 7], 4, 0, 2);
  const first = track.query(11)!;
  assert.deepEqual(first, { from: 0, to: 11, binSteps: 4, columns: [3, 7] });
  assert.ok(track.merge(first, answer(first, 10)));
  assert.equal(track.query(11), undefined);
  assert.equal(track.bins, 3);
  assert.equal(track.count(0), 3);
  assert.equal(track.count(2), 3);
  assert.equal(track.largest(1, 2), 7010);

  const second = track.query(41)!;
  assert.equal(second.from, 8);
  assert.ok(track.merge(second, answer(second, 40)));
  assert.equal(track.bins, 11);
  assert.equal(track.count(2), 4);
  assert.equal(track.smallest(0, 0), 3001);
  assert.equal(track.mean(0, 2), 3009.5);
  assert.equal(track.largest(1, 10), 7040);
  assert.equal(track.count(11), 0);
  assert.equal(track.count(-1), 0);
});

test('answers to something else, cut short or unasked change nothing', () => {
  const track = new Track([1], 2, 0);
  const query = track.query(10)!;
  const right = answer(query, 9);
  assert.ok(!track.merge(query, { ...right, from: 2 }));
  assert.ok(!track.merge(query, { ...right, binSteps: 4 }));
  assert.ok(!track.merge(query, { ...right, values: right.values.subarray(3) }));
  assert.equal(track.bins, 0);
  assert.ok(track.merge(query, right));
});

test('a long window of many layers is asked for in parts', () => {
  const columns = Array.from({ length: 2000 }, (_, i) => i);
  const track = new Track(columns, 1, 0);
  const first = track.query(5000)!;
  assert.ok(first.to < 5000 && 3 * columns.length * (first.to - first.from) <= 4_000_000);
  track.merge(first, answer(first, 4999));
  assert.equal(track.query(5000)!.from, first.to);
});

test('scales snap to decades, two at least', () => {
  assert.deepEqual(fitDecades(1.3e-9, 0.2), { kind: 'log', low: -9, high: 0 });
  assert.deepEqual(fitDecades(1e-31, 0.5), { kind: 'log', low: -31, high: 0 });
  const narrow = fitDecades(2.1e-3, 3e-3);
  assert.equal(narrow.high - narrow.low, 2);
  assert.ok(narrow.low <= -3 && narrow.high >= -2);
  assert.deepEqual(fitDecades(1e-7, 1e-3), { kind: 'log', low: -7, high: -3 });
  assert.deepEqual(fitDecades(Number.POSITIVE_INFINITY, 0), { kind: 'log', low: -10, high: 1 });
  assert.equal(position({ kind: 'log', low: -10, high: 0 }, 1e-5), 0.5);
  assert.equal(position({ kind: 'log', low: -10, high: 0 }, 0), Number.NEGATIVE_INFINITY);
  assert.equal(position({ kind: 'linear', low: 0, high: 1 }, 0.25), 0.25);
});

test('ticks', () => {
  assert.deepEqual(decadeTicks(-8, 1, 12), [-8, -7, -6, -5, -4, -3, -2, -1, 0, 1]);
  assert.deepEqual(decadeTicks(-10, 0, 6), [-10, -8, -6, -4, -2, 0]);
  assert.ok(decadeTicks(-310, 2, 6).length <= 7);
  assert.ok(decadeTicks(-1, 0, 5).every((e) => !Object.is(e, -0)));
  assert.equal(niceStep(1234, 6), 500);
  assert.equal(niceStep(10, 20, 1), 1);
  assert.equal(niceStep(0, 5) > 0, true);
});

test('an answer counts for what it was asked, though more has been wanted since', () => {
  const track = new Track([1], 1, 0);
  const sent = track.query(10)!;
  // Each frame works out anew what is missing, while the first question is still under way.
  assert.equal(track.query(30)!.to, 30);
  assert.ok(track.merge(sent, answer(sent, 9)));
  assert.equal(track.knownTo, 10);
  assert.deepEqual(track.query(30), { from: 10, to: 30, binSteps: 1, columns: [1] });
});
