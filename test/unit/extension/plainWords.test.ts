import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainWords, wrapped } from '../../../src/extension/plainWords';

test('code is quoted where plain text is shown, unless it brings quotes or brackets of its own', () => {
  assert.equal(plainWords('`dense_1/1` gets 8.2e-6 of `logits`.'), "'dense_1/1' gets 8.2e-6 of 'logits'.");
  assert.equal(plainWords('Use `"padding": "same"`.'), 'Use "padding": "same".');
  assert.equal(plainWords('Put `{ "type": "flatten" }` before it.'), 'Put { "type": "flatten" } before it.');
  assert.equal(plainWords('nothing `open'), 'nothing `open');
});

test('text is broken between words', () => {
  assert.deepEqual(wrapped('one two three four', 9), ['one two', 'three', 'four']);
  assert.deepEqual(wrapped('unbreakable a', 4), ['unbreakable', 'a']);
  assert.deepEqual(wrapped('exactly', 7), ['exactly']);
});
