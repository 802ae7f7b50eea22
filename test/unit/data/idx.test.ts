import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'fflate';
import { DataError } from '../../../src/data/files';
import { loadIdx, peekIdx } from '../../../src/data/idx';
import { peekDataShape } from '../../../src/data/peekDataShape';
import type { DataSpec } from '../../../src/spec/schema';
import { memoryContext } from './memoryFiles';

/** An IDX file: header as told, body as given. */
function idx(type: number, dimensions: readonly number[], body: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * dimensions.length + body.length);
  const view = new DataView(bytes.buffer);
  bytes[2] = type;
  bytes[3] = dimensions.length;
  dimensions.forEach((d, i) => {
    view.setUint32(4 + 4 * i, d);
  });
  bytes.set(body, 4 + 4 * dimensions.length);
  return bytes;
}

const images = idx(8, [3, 2, 2], [0, 255, 51, 102, 1, 2, 3, 4, 5, 6, 7, 8]);
const labels = idx(8, [3], [2, 0, 1]);
const pair = { images: 'images', labels: 'labels', field: ['data'] };

test('a pair of files is read the same plain and gzipped', () => {
  const plain = loadIdx(pair, memoryContext({ images, labels }));
  const packed = loadIdx(pair, memoryContext({ images: gzipSync(images), labels: gzipSync(labels) }));
  assert.deepEqual(plain, packed);
  assert.deepEqual(plain.shape, { inputShape: [2, 2, 1], targetKind: 'classes', targetShape: [], classes: 3 });
  assert.deepEqual([...plain.samples.targets], [2, 0, 1]);
  assert.deepEqual([...plain.samples.inputs.slice(0, 4)], [0, 255, 51, 102]);
  assert.equal(plain.samples.scale, 1 / 255);
});

test('numbers of every type are read big-endian', () => {
  const cases: [type: number, body: number[], value: number][] = [
    [9, [0xff], -1],
    [11, [0xff, 0xfe], -2],
    [12, [0, 1, 0, 0], 65536],
    [13, [0x3f, 0xc0, 0, 0], 1.5],
    [14, [0x3f, 0xf8, 0, 0, 0, 0, 0, 0], 1.5],
  ];
  for (const [type, body, value] of cases) {
    const read = loadIdx(pair, memoryContext({ images: idx(type, [1, 1], body), labels: idx(8, [1], [0]) }));
    assert.equal(read.samples.inputs[0], value, `type ${type}`);
    assert.equal(read.samples.scale, 1);
    assert.deepEqual(read.shape.inputShape, [1]);
  }
});

test('a large gzipped file is read over many pieces', () => {
  const body = Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 251);
  const packed = gzipSync(idx(8, [100, 1000], body));
  const read = loadIdx(pair, memoryContext({ images: packed, labels: idx(8, [100], Array(100).fill(1)) }));
  assert.deepEqual([...read.samples.inputs], body);
});

const bomb = gzipSync(new Uint8Array(4_000_000));
const truncated = gzipSync(
  idx(
    8,
    [1000, 4],
    Array.from({ length: 4000 }, (_, i) => (i * 31) % 256),
  ),
);
const faults: [name: string, files: Record<string, Uint8Array>, code: string, words: RegExp, field: string][] = [
  ['an empty file', { images: new Uint8Array(), labels }, 'NS307', /cut short at byte 0/, 'images'],
  ['a header cut short', { images: images.slice(0, 9), labels }, 'NS307', /byte 9, within its header of 16/, 'images'],
  ['a wrong magic number', { images: idx(8, [1], [1]).fill(80, 0, 2), labels }, 'NS307', /begins with 50 50/, 'images'],
  ['an unknown type', { images: idx(10, [3, 1], [1, 2, 3]), labels }, 'NS307', /type 0x0a \(byte 2\)/, 'images'],
  ['too many dimensions', { images: idx(8, [1, 1, 1, 1, 1], [1]), labels }, 'NS307', /5 dimensions/, 'images'],
  [
    'a body cut short',
    { images: images.slice(0, -1), labels },
    'NS307',
    /cut short.*28 bytes, and it has 27/,
    'images',
  ],
  ['a body too long', { images: new Uint8Array([...images, 0]), labels }, 'NS307', /too long/, 'images'],
  ['a lying header', { images: idx(8, [2 ** 32 - 1, 65535, 65535], [1]), labels }, 'NS307', /cut short/, 'images'],
  [
    'a header of nothing',
    { images: idx(8, [3, 0, 2], []), labels },
    'NS307',
    /size number 2 \(byte 8\) is 0/,
    'images',
  ],
  ['a gzip that is none', { images: new Uint8Array([0x1f, 0x8b, 9, 9, 9, 9]), labels }, 'NS307', /./, 'images'],
  [
    'a gzip cut short',
    { images: truncated.slice(0, -300), labels: idx(8, [1000], Array(1000).fill(0)) },
    'NS307',
    /./,
    'images',
  ],
  [
    'a gzip whose header lies',
    { images: gzipSync(idx(8, [3, 1000, 1000], [1])), labels },
    'NS307',
    /more than its \d+ bytes can/,
    'images',
  ],
  ['a gzip bomb', { images: bomb, labels }, 'NS307', /./, 'images'],
  [
    'a gzip that goes on behind its header',
    { images: gzipSync(new Uint8Array([...idx(8, [3, 1], [1, 2, 3]), ...new Uint8Array(1_000_000)])), labels },
    'NS307',
    /too long/,
    'images',
  ],
  ['a huge promise', { images: gzipSync(idx(8, [2 ** 30, 1], [1])), labels }, 'NS303', /at most 536,870,912/, 'images'],
  ['labels of another set', { images, labels: idx(8, [2], [0, 1]) }, 'NS308', /2 labels, and “images” 3/, 'labels'],
  ['images as labels', { images, labels: images }, 'NS308', /no file of labels/, 'labels'],
  ['fractions as labels', { images, labels: idx(13, [3], Array(12).fill(0)) }, 'NS308', /fractions/, 'labels'],
  [
    'a negative label',
    { images, labels: idx(9, [3], [0, 255, 1]) },
    'NS308',
    /label -1 for sample 1 \(byte 9\)/,
    'labels',
  ],
  [
    'a number that is none',
    { images: idx(13, [3, 1], [0x7f, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), labels },
    'NS307',
    /NaN at byte 12/,
    'images',
  ],
  ['no such file', { labels }, 'NS302', /no file at “images”/, 'images'],
];
for (const [name, files, code, words, field] of faults) {
  test(`${name} is refused`, () => {
    assert.throws(
      () => loadIdx(pair, memoryContext(files)),
      (error) => {
        assert.ok(error instanceof DataError, String(error));
        assert.equal(error.code, code);
        assert.match(error.message, words);
        assert.deepEqual(error.field, ['data', field]);
        return true;
      },
    );
  });
}

test('a file cut at any byte is an error, never another data set', () => {
  for (const bytes of [images, gzipSync(images, { mtime: 0 })]) {
    for (let length = 0; length < bytes.length; length++) {
      const context = memoryContext({ images: bytes.slice(0, length), labels });
      // The last eight bytes of a gzip are a checksum and a length that say nothing new.
      if (bytes !== images && length >= bytes.length - 8) continue;
      assert.throws(() => loadIdx(pair, context), DataError, `cut at ${length}`);
    }
  }
});

test('peeking tells shapes without reading the images', () => {
  const context = memoryContext({ images: gzipSync(images), labels });
  assert.deepEqual(peekIdx('images', ['data', 'images'], context).dimensions, [3, 2, 2]);
  const data: DataSpec = { source: 'idx', images: 'images', labels: 'labels', normalize: 'none', shuffle: true };
  assert.deepEqual(peekDataShape(data, context), {
    inputShape: [2, 2, 1],
    targetKind: 'classes',
    targetShape: [],
    classes: 3,
    trainSamples: 2,
    testSamples: 1,
  });
  const own: DataSpec = { ...data, test: { images: 'images', labels: 'labels' } };
  assert.equal(peekDataShape(own, context).testSamples, 3);
  assert.throws(() => peekDataShape(data, memoryContext({ images: images.slice(0, 20), labels })), DataError);
});

test('peeking leaves the classes open where reading so many labels would take time', () => {
  const many = 5_000_000;
  const file = (dimensions: number[]) => idx(8, dimensions, new Array<number>(many).fill(0));
  const context = memoryContext({ images: file([many, 1]), labels: file([many]) });
  const data: DataSpec = { source: 'idx', images: 'images', labels: 'labels', normalize: 'none', shuffle: true };
  const shape = peekDataShape(data, context);
  assert.equal(shape.classes, undefined);
  assert.equal((shape.trainSamples ?? 0) + (shape.testSamples ?? 0), many);
});

test('peeking looks into a gzip file that is stored, not compressed', () => {
  const stored = gzipSync(idx(8, [100, 1000], new Array<number>(100_000).fill(1)), { level: 0 });
  assert.deepEqual(peekIdx('images', ['data', 'images'], memoryContext({ images: stored })).dimensions, [100, 1000]);
});
