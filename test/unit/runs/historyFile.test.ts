import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { History } from '../../../src/runs/history';
import { type HistoryStore, HistoryWriter, readHistory } from '../../../src/runs/historyFile';
import { nodeHistoryStore } from '../../../src/runs/nodeHistoryStore';
import { layoutOf, recordOf } from './layout';

const WIDTH = 8;
const roomy = { limitBytes: 1e9 };
const run = { id: 'r', name: 'ä run', chance: { loss: Number.NaN }, layout: layoutOf(WIDTH) };
const folder = mkdtempSync(path.join(tmpdir(), 'gradoscope-history-'));
after(() => rmSync(folder, { recursive: true }));

/** A file in memory that can be told to fail. */
function memoryStore() {
  let bytes: Uint8Array | undefined;
  const store: HistoryStore & { bytes(): Uint8Array; cut(length: number): void; full: boolean; replaced: number } = {
    full: false,
    replaced: 0,
    bytes: () => bytes!,
    cut(length) {
      bytes = bytes!.slice(0, length);
    },
    read: () => bytes,
    replace(parts) {
      store.replaced++;
      bytes = Buffer.concat(parts);
    },
    append(more) {
      if (store.full) throw new Error('no space left');
      bytes = Buffer.concat([bytes!, more]);
    },
  };
  return store;
}
const stepsOf = (history: History) => Array.from({ length: history.count }, (_, i) => history.stepAt(i));

function fill(history: History, from: number, to: number): void {
  for (let step = from; step <= to; step++) history.append(step, recordOf(step, WIDTH));
}

test('what was written comes back: run, records, end', () => {
  const store = nodeHistoryStore(path.join(folder, 'new', 'run.history'));
  const history = new History(run.layout, roomy);
  const writer = new HistoryWriter(store, run, history);
  fill(history, 1, 10);
  writer.flush();
  writer.flush();
  fill(history, 11, 700);
  writer.flush();
  fill(history, 701, 705);
  writer.end({ status: 'diverged', loss: Infinity });
  const stored = readHistory(store, roomy);
  assert.deepEqual(stored.run, run);
  assert.deepEqual(stored.end, { status: 'diverged', loss: Infinity });
  assert.deepEqual(stepsOf(stored.history), stepsOf(history));
  for (const step of [1, 350, 705]) assert.deepEqual(stored.history.nearest(step), recordOf(step, WIDTH));
});

test('a run that was interrupted has its records up to the last flush and no end', () => {
  const store = memoryStore();
  const history = new History(run.layout, roomy);
  const writer = new HistoryWriter(store, run, history);
  fill(history, 1, 5);
  writer.flush();
  fill(history, 6, 9);
  const stored = readHistory(store, roomy);
  assert.equal(stored.end, undefined);
  assert.equal(stored.history.lastStep, 5);
});

test('a file cut anywhere gives the whole records before the cut', () => {
  const store = memoryStore();
  const history = new History(run.layout, roomy);
  const writer = new HistoryWriter(store, run, history);
  const begun = store.bytes().length;
  fill(history, 1, 4);
  writer.flush();
  const flushed = store.bytes().length;
  fill(history, 5, 6);
  writer.end({ status: 'completed' });
  const whole = store.bytes();
  for (let length = whole.length - 1; length >= 0; length--) {
    store.cut(length);
    if (length < begun) {
      assert.throws(() => readHistory(store, roomy), { name: 'UserError' }, `cut at ${length}`);
      continue;
    }
    const { history: read, end } = readHistory(store, roomy);
    assert.equal(end, undefined);
    const inFirst = Math.min(4, Math.max(0, Math.floor((length - begun - 8) / (8 * WIDTH))));
    const inSecond = Math.min(2, Math.max(0, Math.floor((length - flushed - 8) / (8 * WIDTH))));
    assert.deepEqual(
      stepsOf(read),
      Array.from({ length: inFirst + inSecond }, (_, i) => i + 1),
      `cut at ${length}`,
    );
  }
});

test('thinning rewrites the file, and the latest record comes with the end', () => {
  const store = memoryStore();
  const history = new History(run.layout, { limitBytes: 50 * (8 * WIDTH + 9) });
  const writer = new HistoryWriter(store, run, history);
  for (let step = 1; step <= 1001; step++) {
    history.append(step, recordOf(step, WIDTH));
    writer.flush();
  }
  assert.ok(store.replaced > 3);
  assert.ok(store.bytes().length < 80 * 8 * WIDTH + 4000, 'the file stays in proportion to the memory');
  writer.end({ status: 'completed' });
  const stored = readHistory(store, roomy);
  assert.deepEqual(stepsOf(stored.history), stepsOf(history));
  assert.equal(stored.history.lastStep, 1001);
});

test('a reader with less memory thins too', () => {
  const store = memoryStore();
  const history = new History(run.layout, roomy);
  const writer = new HistoryWriter(store, run, history);
  fill(history, 1, 1000);
  writer.end({});
  const { history: read } = readHistory(store, { limitBytes: 100 * (8 * WIDTH + 9) });
  assert.ok(read.count <= 100);
  assert.equal(read.lastStep, 1000);
});

test('a failing append is told, and what was there before stays readable', () => {
  const store = memoryStore();
  const history = new History(run.layout, roomy);
  const writer = new HistoryWriter(store, run, history);
  fill(history, 1, 3);
  writer.flush();
  store.full = true;
  fill(history, 4, 6);
  assert.throws(() => writer.flush(), /no space/);
  assert.equal(readHistory(store, roomy).history.lastStep, 3);
  store.full = false;
  writer.flush();
  assert.equal(readHistory(store, roomy).history.lastStep, 6);
});

test('files that are none are refused', () => {
  const store = memoryStore();
  assert.throws(() => readHistory(store, roomy), /no longer there/);
  for (const text of ['', 'PK', 'gradoscope.history/1\n', 'gradoscope.history/2\nabcdefghij']) {
    store.replace([new TextEncoder().encode(text)]);
    assert.throws(() => readHistory(store, roomy), { name: 'UserError' }, text);
  }
  const history = new History(run.layout, roomy);
  new HistoryWriter(store, { ...run, layout: { ...run.layout, width: -1 } }, history);
  assert.throws(() => readHistory(store, roomy), /record width/);
});

test('garbage between records ends the reading there', () => {
  const store = memoryStore();
  const history = new History(run.layout, roomy);
  const writer = new HistoryWriter(store, run, history);
  fill(history, 1, 2);
  writer.flush();
  store.append(new Uint8Array(64).fill(255));
  assert.equal(readHistory(store, roomy).history.lastStep, 2);
});

test('on disk, a file is replaced whole and appended to where this store left it', () => {
  const file = path.join(folder, 'disk.history');
  const store = nodeHistoryStore(file);
  assert.equal(store.read(), undefined);
  store.replace([new Uint8Array([1, 2]), new Uint8Array([3])]);
  store.append(new Uint8Array([4]));
  assert.deepEqual([...readFileSync(file)], [1, 2, 3, 4]);
  store.replace([new Uint8Array([9])]);
  truncateSync(file, 1);
  store.append(new Uint8Array([8]));
  assert.deepEqual([...readFileSync(file)], [9, 8]);
});
