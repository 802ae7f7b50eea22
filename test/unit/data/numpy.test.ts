// Truth: files written by NumPy itself (test/golden/numpyFiles.py), whose numbers are functions of their place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DataError } from '../../../src/data/files';
import { loadDataset } from '../../../src/data/loadDataset';
import { loadNumpy } from '../../../src/data/numpy';
import { type NumpyBytes, readHeader, readNumbers } from '../../../src/data/numpyFormat';
import { peekDataShape } from '../../../src/data/peekDataShape';
import type { DataSpec, LossName, Spec } from '../../../src/spec/schema';
import golden from '../../golden/numpyFiles.json';
import { memoryContext } from './memoryFiles';

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

function from(bytes: Uint8Array): NumpyBytes {
  return {
    name: '“a.npy”',
    field: ['data', 'x'],
    bytes: bytes.length,
    read: (most = bytes.length) => bytes.subarray(0, most),
  };
}

function numbersOf(bytes: Uint8Array, exact = true): number[] {
  const source = from(bytes);
  return [...readNumbers(source, readHeader(source), exact)];
}

/** The k-th number of the script's arrays. */
function value(kind: string, k: number): number {
  if (kind === '?') return k % 3 === 0 ? 1 : 0;
  if (kind === 'u') return (k * 7) % 251;
  if (kind === 'i') return ((k * 7) % 251) - 125;
  return k * 0.375 - 5;
}

for (const [name, base64] of Object.entries(golden.arrays)) {
  test(`${name}: NumPy's own file is read, row-major`, () => {
    const kind = name.startsWith('version') ? 'f' : name.replace(/[<>]/, '')[0]!;
    const expected = Array.from({ length: 30 }, (_, k) => value(kind, k));
    const header = readHeader(from(bytesOf(base64)));
    assert.deepEqual(header.shape, [3, 2, 5]);
    assert.equal(header.fortranOrder, name.endsWith(' F'));
    for (const exact of [true, false]) assert.deepEqual(numbersOf(bytesOf(base64), exact), expected);
  });
}

test('half precision has its smallest, subnormal and largest numbers', () => {
  const read = numbersOf(bytesOf(golden.others['half specials']));
  assert.deepEqual(read, [2 ** -24, 2 ** -14, 65504, -0.333251953125, 1]);
});

test('wide integers are rounded once', () => {
  assert.deepEqual(numbersOf(bytesOf(golden.others['wide integers'])), [2 ** 53, -(2 ** 63), 2 ** 62, -1]);
});

type NpySpec = Extract<DataSpec, { source: 'npy' }>;
const npy: NpySpec = { source: 'npy', x: 'x', y: 'y', testSplit: 0, normalize: 'none', shuffle: false };
const x = bytesOf(golden.arrays['<f4 C']);
const labels = bytesOf(golden.others.labels);
const fractions = () => array(`{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }`, 12, [0, 0, 0xc0, 0x3f]);

function load(files: Record<string, Uint8Array>, loss: LossName = 'softmaxCrossEntropy', data: DataSpec = npy) {
  return loadNumpy(data as NpySpec, loss, memoryContext(files));
}

test('labels may be integers, a column, or floats that are whole', () => {
  for (const name of ['labels', 'labels in a column', 'labels as floats'] as const) {
    const { shape, samples } = load({ x, y: bytesOf(golden.others[name]) });
    assert.deepEqual(shape, { inputShape: [2, 5], targetKind: 'classes', targetShape: [], classes: 3 }, name);
    assert.deepEqual(samples.targets, Int32Array.of(2, 0, 1));
    assert.equal(samples.count, 3);
  }
});

test('labels may be one a time step, and follow their samples through the shuffle', () => {
  const y = bytesOf(golden.others['labels by step']);
  const { shape } = load({ x, y });
  assert.deepEqual(shape, { inputShape: [2, 5], targetKind: 'classes', targetShape: [2], classes: 6 });
  for (let seed = 0; seed < 8; seed++) {
    const spec = { data: { ...npy, shuffle: true }, seed, loss: 'softmaxCrossEntropy' } as unknown as Spec;
    const { train } = loadDataset(spec, memoryContext({ x, y }));
    for (let i = 0; i < 3; i++) {
      const sample = Math.round((train.inputs[10 * i]! + 5) / 3.75);
      assert.deepEqual([...train.targets.slice(2 * i, 2 * i + 2)], [2 * sample, 2 * sample + 1]);
    }
  }
});

test('for a loss on numbers the targets are numbers', () => {
  assert.deepEqual(load({ x, y: labels }, 'huber').shape, {
    inputShape: [2, 5],
    targetKind: 'values',
    targetShape: [1],
  });
  const matrix = load({ x, y: x }, 'meanSquaredError');
  assert.deepEqual(matrix.shape.targetShape, [2, 5]);
  assert.deepEqual([...matrix.samples.targets.slice(0, 2)], [-5, -4.625]);
});

test('bytes stay the numbers that they are', () => {
  const { samples } = load({ x: bytesOf(golden.arrays['u1 C']), y: labels });
  assert.equal(samples.scale, 1);
  assert.deepEqual([...samples.inputs.slice(0, 3)], [0, 7, 14]);
});

type NpzSpec = Extract<DataSpec, { source: 'npz' }>;
const npz: NpzSpec = { ...npy, source: 'npz', path: 'a.npz' };

for (const [name, base64] of Object.entries(golden.archives)) {
  test(`an archive as NumPy writes it is read: ${name}`, () => {
    const context = memoryContext({ 'a.npz': bytesOf(base64) });
    const { shape, samples } = loadNumpy(npz, 'softmaxCrossEntropy', context);
    assert.deepEqual(shape, { inputShape: [2, 5], targetKind: 'classes', targetShape: [], classes: 3 });
    assert.deepEqual(
      [...samples.inputs],
      Array.from({ length: 30 }, (_, k) => value('f', k)),
    );
    assert.deepEqual(loadNumpy({ ...npz, x: 'y', y: 'x' }, 'huber', context).shape.inputShape, [1]);
  });
}

test('peeking tells shapes, counts, and of few labels the classes', () => {
  const expected = {
    inputShape: [2, 5],
    targetKind: 'classes',
    targetShape: [],
    classes: 3,
    trainSamples: 2,
    testSamples: 1,
  };
  const split = { testSplit: 0.4 };
  const files = { x, y: labels, 'a.npz': bytesOf(golden.archives.deflated), 'b.npz': bytesOf(golden.archives.stored) };
  const context = memoryContext(files);
  for (const data of [npy, npz, { ...npz, path: 'b.npz' }] as const) {
    assert.deepEqual(peekDataShape({ ...data, ...split }, context, 'softmaxCrossEntropy'), expected);
  }
  assert.deepEqual(peekDataShape(npy, context), { inputShape: [2, 5], trainSamples: 3, testSamples: 0 });
  const values = peekDataShape({ ...npz, limit: 2 }, context, 'huber');
  assert.deepEqual(values, {
    inputShape: [2, 5],
    targetKind: 'values',
    targetShape: [1],
    trainSamples: 2,
    testSamples: 0,
  });
});

test('of large targets peeking reads the header alone, not the classes', () => {
  const many = (descr: string, bytes: number) =>
    array(`{'descr': '${descr}', 'fortran_order': False, 'shape': (1200000,), }`, 1_200_000 * bytes, [1]);
  const files = { x: many('|u1', 1), y: many('<i4', 4) };
  const context = memoryContext(files);
  const read: number[] = [];
  const noting = {
    ...context,
    files: {
      ...context.files,
      read: (path: string, most: number, at?: number) => {
        read.push(most);
        return context.files.read(path, most, at);
      },
    },
  };
  const { classes, trainSamples } = peekDataShape(npy, noting, 'softmaxCrossEntropy');
  assert.deepEqual([classes, trainSamples], [undefined, 1_200_000]);
  assert.ok(Math.max(...read) < 20_000, `${read}`);
});

/** A file of version 1.0 with this header, and a body of that many bytes that repeats a few. */
function array(header: string, bytes: number, repeated: readonly number[] = [0], version = 1): Uint8Array {
  const text = new TextEncoder().encode(`${header}\n`);
  const lengths = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  const head = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, ...lengths, ...text];
  const all = new Uint8Array(head.length + bytes);
  all.set(head);
  for (let i = 0; i < bytes; i++) all[head.length + i] = repeated[i % repeated.length]!;
  return all;
}
const dict = (descr = "'<f4'", order = 'False', shape = '(3,)') =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

test('headers may have their keys in any order, double quotes, no last comma, and long integers', () => {
  for (const header of [
    `{"shape":(3L,),"fortran_order":False,"descr":"<f4"}`,
    `  {'fortran_order':  True , 'shape': ( 3 , ) , 'descr': '<f4'}   `,
    dict("'=f4'"),
  ]) {
    assert.deepEqual(numbersOf(array(header, 12, [0, 0, 0xc0, 0x3f])), [1.5, 1.5, 1.5], header);
  }
});

const faults: [name: string, x: Uint8Array, words: RegExp][] = [
  ['an empty file', new Uint8Array(), /no NumPy array: it begins with nothing/],
  ['another file', new TextEncoder().encode('a,b\n1,2\n'), /begins with 61 2c 62/],
  ['a magic alone', x.slice(0, 6), /cut short at byte 6/],
  ['no length', x.slice(0, 9), /cut short at byte 9, within its header of 10/],
  ['a header cut short', x.slice(0, 40), /cut short at byte 40, within its header of 128/],
  ['a body cut short', x.slice(0, -1), /cut short: its header says 3×2×5 numbers of 4 bytes, 248 bytes.*has 247/],
  ['a body too long', new Uint8Array([...x, 0]), /too long/],
  ['version 0', x.map((b, i) => (i === 6 ? 0 : b)), /version 0\.0/],
  ['version 4', x.map((b, i) => (i === 6 ? 4 : b)), /version 4\.0/],
  ['a lying header length', new Uint8Array([...array('', 0, [0], 2).slice(0, 8), 255, 255, 255, 255]), /4,294,967,295/],
  ['no dictionary', array('[1, 2]', 0), /header that is none/],
  ['an empty dictionary', array('{}', 0), /header that is none/],
  ['a key missing', array("{'descr': '<f4', 'shape': (3,)}", 12), /header that is none/],
  ['a key twice', array("{'descr': '<f4', 'descr': '<f4', 'shape': (3,)}", 12), /header that is none/],
  ['another key', array(dict().replace('shape', 'shapes'), 12), /header that is none/],
  ['text behind', array(`${dict()} x`, 12), /header that is none/],
  ['an open brace', array(dict().slice(0, -1), 12), /header that is none/],
  ['a shape that is no tuple', array(dict("'<f4'", 'False', '3'), 12), /header that is none/],
  ['a negative size', array(dict("'<f4'", 'False', '(-3,)'), 12), /header that is none/],
  ['a size with a hole', array(dict("'<f4'", 'False', '(3,,2)'), 12), /header that is none/],
  ['an order that is none', array(dict("'<f4'", 'None'), 12), /header that is none/],
  ['a type that is a number', array(dict('4'), 12), /header that is none/],
  ['a type that is empty', array(dict("''"), 12), /numbers of type “”/],
  ['an unknown type', array(dict("'<q9'"), 12), /numbers of type “<q9”/],
  ['a float of 16 bytes', array(dict("'<f16'"), 48), /numbers of type “<f16”/],
  ['a type with more behind', array(dict("'<f4x'"), 12), /numbers of type “<f4x”/],
  ['more sizes than there can be', array(dict("'<f4'", 'False', `(${'1,'.repeat(9)})`), 4), /has 9 axes/],
  ['a huge shape', array(dict("'<f8'", 'False', '(999999999999999, 999999999999999)'), 8), /cut short/],
  ['objects', bytesOf(golden.others.objects), /Python objects, which are never read/],
  ['texts', bytesOf(golden.others.texts), /holds texts/],
  ['records', bytesOf(golden.others.records), /records with several fields/],
  ['complex numbers', bytesOf(golden.others['complex numbers']), /complex numbers/],
  ['dates', bytesOf(golden.others.dates), /holds dates/],
  ['a single number', bytesOf(golden.others['a single number']), /a single number: it has no axis/],
  ['an empty array', bytesOf(golden.others['an empty array']), /is empty: its axis 0/],
  ['NaN', array(dict(), 12, [0, 0, 0xc0, 0x7f]), /NaN at place 0/],
  ['more than single precision', array(dict("'<f8'"), 24, [0, 0, 0, 0, 0, 0, 0xf0, 0x7e]), /Infinity at place 0/],
];
for (const [name, bytes, words] of faults) {
  test(`${name} is refused with the file and the reason`, () => refused({ x: bytes, y: labels }, 'NS311', words, 'x'));
}

function refused(
  files: Record<string, Uint8Array>,
  code: string,
  words: RegExp,
  field: string,
  data: NpySpec | NpzSpec = npy,
) {
  for (const read of [() => load(files, 'softmaxCrossEntropy', data), () => peek()]) {
    assert.throws(read, (error) => {
      assert.ok(error instanceof DataError, String(error instanceof Error ? error.stack : error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, words);
      assert.match(error.message, data.source === 'npy' ? /“[xy]”/ : /“a\.npz”/);
      assert.deepEqual(error.field, ['data', field]);
      assert.ok(error.hint.length > 10);
      return true;
    });
  }
  // Numbers are looked at when they are read; what peeking sees, it must say in the same words.
  function peek(): void {
    peekDataShape(data, memoryContext(files), 'softmaxCrossEntropy');
    load(files, 'softmaxCrossEntropy', data);
  }
}

test('labels that are none are refused', () => {
  refused({ x, y: fractions() }, 'NS308', /label 1\.5 for sample 0/, 'y');
  const negative = array(dict("'|i1'"), 3, [0, 255, 1]);
  refused({ x, y: negative }, 'NS308', /label -1 for sample 1/, 'y');
  const large = array(dict("'<u4'"), 12, [255, 255, 255, 255]);
  refused({ x, y: large }, 'NS308', /label 4294967295 for sample 0/, 'y');
});

test('arrays of two sets are refused', () => {
  refused({ x, y: array(dict("'|u1'", 'False', '(4,)'), 4) }, 'NS308', /has 4 targets, and “x” 3 samples/, 'y');
});

test('a missing file is named', () => {
  refused({ y: labels }, 'NS302', /no file at “x”/, 'x');
  refused({ x }, 'NS302', /no file at “y”/, 'y');
});
