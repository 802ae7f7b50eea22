import assert from 'node:assert/strict';
import { test } from 'node:test';
import { movedOffset, movedRange, type TextMove } from '../../../src/extension/textMoves';

const RANGE = { start: 10, end: 20 };
const move = (start: number, removed: number, added: number): TextMove => ({ start, removed, added });

test('a range follows edits before it and stays at those behind it', () => {
  const after = (moves: TextMove[]) => movedRange(RANGE, moves);
  assert.deepEqual(after([move(0, 2, 5)]), { range: { start: 13, end: 23 }, touched: false });
  assert.deepEqual(after([move(10, 0, 3)]), { range: { start: 13, end: 23 }, touched: false });
  assert.deepEqual(after([move(20, 4, 1)]), { range: RANGE, touched: false });
  assert.deepEqual(after([move(12, 3, 1)]), { range: { start: 10, end: 18 }, touched: true });
  assert.deepEqual(after([move(12, 3, 1), move(0, 0, 1)]), { range: { start: 11, end: 19 }, touched: true });
});

test('a range whose text is gone is gone', () => {
  for (const gone of [move(10, 10, 3), move(5, 8, 0), move(15, 10, 0), move(0, 40, 40)]) {
    assert.equal(movedRange(RANGE, [gone]), undefined);
  }
});

test('what is typed at a hint’s place comes behind the hint; an edit over it takes it away', () => {
  assert.equal(movedOffset(10, [move(10, 0, 4)]), 10);
  assert.equal(movedOffset(10, [move(3, 1, 4)]), 13);
  assert.equal(movedOffset(10, [move(8, 2, 0)]), 8);
  assert.equal(movedOffset(10, [move(8, 3, 0)]), undefined);
});
