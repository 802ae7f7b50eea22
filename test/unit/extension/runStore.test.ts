import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { RunStore } from '../../../src/extension/runStore';

const root = mkdtempSync(path.join(tmpdir(), 'gradoscope-store-'));
after(() => rmSync(root, { recursive: true, force: true }));

function memento(values = new Map<string, unknown>()) {
  return {
    keys: () => [...values.keys()],
    get: <T>(key: string, standard?: T) => (values.has(key) ? (values.get(key) as T) : (standard as T)),
    update: async (key: string, value: unknown) => void values.set(key, value),
  };
}

test('a remembered run is found again by its spec while its file is there', () => {
  const folder = path.join(root, 'a');
  const memory = memento();
  const store = new RunStore(folder, memory);
  const { id, historyFile } = store.newRun();
  assert.ok(historyFile.startsWith(folder) && historyFile.includes(id));
  store.remember('file:///x', { historyFile, textHash: 'h' });
  assert.equal(store.recall('file:///x'), undefined, 'nothing was written yet');
  mkdirSync(folder, { recursive: true });
  writeFileSync(historyFile, '');
  assert.deepEqual(new RunStore(folder, memory).recall('file:///x'), { historyFile, textHash: 'h' });
  assert.equal(store.recall('file:///y'), undefined);
});

test('what was stored by something else is no run', () => {
  const values = new Map<string, unknown>([
    ['run:a', 5],
    ['run:b', { historyFile: 3 }],
    ['run:c', null],
  ]);
  const store = new RunStore(root, memento(values));
  for (const source of ['a', 'b', 'c']) assert.equal(store.recall(source), undefined);
});

test('the oldest files go, others are left alone', () => {
  const folder = path.join(root, 'b');
  mkdirSync(folder);
  for (let i = 0; i < 30; i++) {
    const file = path.join(folder, `${i}.gradients`);
    writeFileSync(file, '');
    utimesSync(file, i, i);
  }
  writeFileSync(path.join(folder, 'notes.txt'), '');
  new RunStore(folder, memento()).newRun();
  const left = readdirSync(folder);
  assert.ok(left.includes('notes.txt'));
  assert.ok(left.includes('29.gradients') && !left.includes('0.gradients'));
  assert.equal(left.filter((f) => f.endsWith('.gradients')).length, 19);
});
