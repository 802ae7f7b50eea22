// Damaged archives of every kind: what comes out is a DataError that names the file, never anything else, never a hang.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, zipSync } from 'fflate';
import { Random } from '../../../src/base/random';
import { DataError, findFile, MOST_FILE_BYTES } from '../../../src/data/files';
import { loadNumpy } from '../../../src/data/numpy';
import { readEntry, zipEntries } from '../../../src/data/zip';
import type { DataSpec } from '../../../src/spec/schema';
import golden from '../../golden/numpyFiles.json';
import { memoryContext } from './memoryFiles';

const data: Extract<DataSpec, { source: 'npz' }> = {
  source: 'npz',
  path: 'a.npz',
  x: 'x',
  y: 'y',
  testSplit: 0,
  normalize: 'none',
  shuffle: false,
};
const stored = new Uint8Array(Buffer.from(golden.archives.stored, 'base64'));
const deflated = new Uint8Array(Buffer.from(golden.archives.deflated, 'base64'));

function loaded(bytes: Uint8Array) {
  return loadNumpy(data, 'softmaxCrossEntropy', memoryContext({ 'a.npz': bytes }));
}

/** Where a signature stands for the n-th time. */
function find(bytes: Uint8Array, signature: number, n = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = -1;
  for (let k = 0; k <= n; k++) {
    at++;
    while (view.getUint32(at, true) !== signature) at++;
  }
  return at;
}
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END = 0x06054b50;

function changed(bytes: Uint8Array, at: number, ...values: readonly number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}

const central = find(deflated, CENTRAL);
const storedCentral = find(stored, CENTRAL);
const end = find(deflated, END);
const faults: [name: string, bytes: Uint8Array, code: string, words: RegExp][] = [
  ['an empty file', new Uint8Array(), 'NS312', /no zip archive/],
  ['another file', new Uint8Array(100_000).fill(7), 'NS312', /no zip archive/],
  ['an archive cut short', deflated.slice(0, -10), 'NS312', /no zip archive, or is cut short/],
  ['a list that is elsewhere', changed(deflated, end + 16, 255, 255, 255, 0), 'NS312', /list of its entries/],
  ['more entries than the list can have', changed(deflated, end + 10, 255, 255), 'NS312', /list of its entries/],
  ['a list of other bytes', changed(deflated, central, 0), 'NS312', /wrong at its byte 0/],
  ['a name longer than the list', changed(deflated, central + 28, 255, 255), 'NS312', /wrong at its byte 0/],
  ['an encrypted entry', changed(deflated, central + 8, 1), 'NS312', /encrypted/],
  ['another method', changed(deflated, central + 10, 14), 'NS312', /method 14/],
  ['an entry that is elsewhere', changed(deflated, central + 42, 1), 'NS312', /not where its list says/],
  ['an entry beyond the file', changed(deflated, central + 42, 0, 0, 0, 1), 'NS312', /not where its list says/],
  ['more packed bytes than there are', changed(deflated, central + 20, 0, 0, 1), 'NS312', /more than it can|cut short/],
  ['a local name too long', changed(deflated, 26, 255, 255), 'NS312', /cut short within “x\.npy”/],
  ['a size too small', changed(deflated, central + 24, 200, 0), 'NS312', /more than the 200 bytes/],
  ['a size too large', changed(deflated, central + 24, 0, 2), 'NS312', /less than the 512 bytes/],
  ['a promise that no packing keeps', changed(deflated, central + 24, 0, 0, 0, 1), 'NS312', /more than it can/],
  ['a huge promise', changed(deflated, central + 24, 255, 255, 255, 254), 'NS303', /at most 512 MiB/],
  ['stored bytes that are fewer', changed(stored, storedCentral + 24, 249), 'NS312', /more than it can/],
  ['a bit turned in stored numbers', changed(stored, 250, 99), 'NS312', /checksum of “x\.npy”/],
  ['packed bytes that are none', changed(deflated, 60, 255, 255, 255), 'NS312', /“x\.npy”/],
  ['an entry that is no array', zipSync({ 'x.npy': new Uint8Array(9), 'y.npy': new Uint8Array(9) }), 'NS311', /“x” in/],
  ['no such array', zipSync({ 'images.npy': new Uint8Array(9) }), 'NS306', /no array “x”: it has “images”/],
  ['no array at all', zipSync({}), 'NS306', /it has none/],
];
for (const [name, bytes, code, words] of faults) {
  test(`${name} is refused with the file and the reason`, () => {
    assert.throws(
      () => loaded(bytes),
      (error) => {
        assert.ok(error instanceof DataError, String(error instanceof Error ? error.stack : error));
        assert.equal(error.code, code, error.message);
        assert.match(error.message, words);
        assert.match(error.message, /“a\.npz”/);
        return true;
      },
    );
  });
}

test('whatever bytes are turned, samples or a DataError come out', () => {
  const random = new Random(1, 'test/zip');
  let refusals = 0;
  for (const original of [stored, deflated]) {
    for (let k = 0; k < 600; k++) {
      let bytes = original.slice();
      for (let n = 1 + random.below(3); n > 0; n--) bytes[random.below(bytes.length)] = random.below(256);
      if (k % 5 === 0) bytes = bytes.slice(0, random.below(bytes.length));
      try {
        const { samples } = loaded(bytes);
        assert.ok(samples.inputs.length <= 1000);
      } catch (error) {
        assert.ok(error instanceof DataError, String(error instanceof Error ? error.stack : error));
        refusals++;
      }
    }
  }
  assert.ok(refusals > 900 && refusals < 1200, `${refusals} refusals`);
});

test('a bomb that lies about its size takes no more than it says', () => {
  const zeros = deflateSync(new Uint8Array(40_000_000));
  const honest = zipSync({ 'x.npy': [new Uint8Array(0), { level: 0 }] });
  // The entry's bytes put in by hand: packed, and said to hold a hundred.
  const local = honest.slice(0, find(honest, CENTRAL));
  const list = honest.slice(find(honest, CENTRAL));
  const bomb = new Uint8Array(local.length + zeros.length + list.length);
  bomb.set(local);
  bomb.set(zeros, local.length);
  bomb.set(list, local.length + zeros.length);
  const view = new DataView(bomb.buffer);
  const at = find(bomb, CENTRAL);
  view.setUint16(at + 10, 8, true);
  view.setUint32(at + 20, zeros.length, true);
  view.setUint32(at + 24, 100, true);
  view.setUint32(find(bomb, END) + 16, at, true);
  const context = memoryContext({ 'a.npz': bomb });
  const file = findFile('a.npz', ['data', 'path'], context);
  const [entry] = zipEntries(file, context.files);
  assert.throws(() => readEntry(entry!, file, context.files), /more than the 100 bytes/);
  assert.equal(readEntry(entry!, file, context.files, 50).length, 50);
  assert.ok(entry!.bytes < MOST_FILE_BYTES);
});

test('sizes in ZIP64 fields are understood', () => {
  const name = 5; // “x.npy” has as many characters
  const field = [1, 0, 24, 0, ...long(deflated, central + 24), ...long(deflated, central + 20), ...long64(0)];
  const at = central + 46 + name;
  const grown = new Uint8Array(deflated.length + field.length);
  grown.set(deflated.subarray(0, at));
  grown.set(field, at);
  grown.set(deflated.subarray(at), at + field.length);
  const view = new DataView(grown.buffer);
  for (const place of [20, 24, 42]) view.setUint32(central + place, 0xffffffff, true);
  view.setUint16(central + 30, field.length, true);
  view.setUint32(end + field.length + 12, view.getUint32(end + field.length + 12, true) + field.length, true);
  assert.deepEqual(loaded(grown), loaded(deflated));
  assert.equal(find(grown, LOCAL), 0);

  function long(bytes: Uint8Array, from: number): number[] {
    return [...bytes.subarray(from, from + 4), 0, 0, 0, 0];
  }
  function long64(n: number): number[] {
    return [n, 0, 0, 0, 0, 0, 0, 0];
  }
});
