import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCsv } from '../../../src/data/csv';
import { DataError } from '../../../src/data/files';
import { peekDataShape } from '../../../src/data/peekDataShape';
import type { DataSpec, LossName } from '../../../src/spec/schema';
import { memoryContext } from './memoryFiles';

type CsvSpec = Extract<DataSpec, { source: 'csv' }>;
const base: CsvSpec = { source: 'csv', path: 't.csv', testSplit: 0, normalize: 'none', shuffle: false };

function load(text: string | Uint8Array, options: Partial<CsvSpec> = {}, loss: LossName = 'softmaxCrossEntropy') {
  const { shape, samples } = loadCsv({ ...base, ...options }, loss, memoryContext({ 't.csv': text }));
  return { ...shape, inputs: [...samples.inputs], targets: [...samples.targets] };
}

test('a header is found, the last column is the target, labels are sorted', () => {
  const read = load('a,b,kind\n1,2,red\n3,4,blue\n5,6,red\n');
  assert.deepEqual(read, {
    inputShape: [2],
    targetKind: 'classes',
    targetShape: [],
    classes: 2,
    inputs: [1, 2, 3, 4, 5, 6],
    targets: [1, 0, 1],
  });
});

test('a table without a header begins with its first row', () => {
  assert.deepEqual(load('1,2,red\n3,4,blue').inputs, [1, 2, 3, 4]);
});

test('numbers as labels are classes in the order of their values', () => {
  const read = load('1,10\n1,9\n1,2\n1,9.0\n');
  assert.deepEqual([read.classes, ...read.targets], [3, 2, 1, 0, 1]);
});

test('a loss on numbers takes the target as numbers', () => {
  const read = load('x,y\n1,10\n2,-.5e1\n', {}, 'meanSquaredError');
  assert.deepEqual([read.targetKind, read.targetShape, read.targets], ['values', [1], [10, -5]]);
  assert.equal(read.classes, undefined);
});

test('columns are chosen by name or number, in the order given', () => {
  const text = 'a,b,c,d\n1,2,x,4\n5,6,y,8\n';
  assert.deepEqual(load(text, { features: ['d', 0], target: 'c' }).inputs, [4, 1, 8, 5]);
  assert.deepEqual(load(text, { target: 2 }).inputs, [1, 2, 4, 5, 6, 8]);
  assert.deepEqual(load('7,8,9\n1,2,3\n', { features: [1], target: 0 }).inputs, [8, 2]);
});

test('quotes, line ends, blank lines, a byte order mark and other delimiters are understood', () => {
  const expected = { inputs: [1, 2], targets: [0, 1] };
  for (const text of [
    'a,k\r\n1,"x, ""y"""\r\n\r\n2,z\r\n',
    '\ufeffa,k\n1,m\n2,n\n\n\n',
    'a\tk\n1\tm\n2\tn',
    'a;k\n 1 ;m\n2; n\n',
    '"a","k"\n"1","two\nlines"\n"2","z"\n',
    'a,k\r1,m\r2,n\r',
  ]) {
    const { inputs, targets } = load(text);
    assert.deepEqual({ inputs, targets }, expected, JSON.stringify(text));
  }
  assert.deepEqual(load('a~k\n1~m\n2~n', { delimiter: '~' }).inputs, [1, 2]);
});

const faults: [name: string, text: string, options: Partial<CsvSpec>, code: string, words: RegExp, field?: string][] = [
  ['an empty file', '', {}, 'NS309', /no rows/],
  ['a header alone', 'a,b\n', {}, 'NS309', /no rows/],
  ['a row too short', 'a,b,k\n1,2,x\n3,y\n', {}, 'NS304', /line 3: 2 cells, and the first row has 3/],
  ['a row too long', 'a,b,k\n1,2,x\n\n3,4,5,y\n', {}, 'NS304', /line 4: 4 cells/],
  ['a ragged row behind a cell of two lines', 'a,k\n1,"x\ny"\n2\n', {}, 'NS304', /line 4: 1 cells/],
  ['text in a feature', 'a,b,k\n1,2,x\n3,four,y\n', {}, 'NS305', /line 3, column “b” is “four”/],
  ['an empty cell', 'a,b,k\n1,,x\n', {}, 'NS305', /line 2, column “b” is empty/],
  ['an empty label', 'a,b,k\n1,2, \n', {}, 'NS305', /line 2, column “k” is empty/],
  ['NaN', 'a,k\nNaN,x\n', {}, 'NS305', /“NaN”/],
  ['hexadecimal', '1,x\n0x10,y\n', {}, 'NS305', /line 2, column 0 is “0x10”/],
  ['a number beyond float32', 'a,k\n1e39,x\n', {}, 'NS305', /1e39, beyond single precision/],
  ['an unknown target', 'a,k\n1,x\n', { target: 'kind' }, 'NS306', /no column “kind”.*“a”, “k”/, 'target'],
  ['an unknown feature', 'a,k\n1,x\n', { features: ['b'] }, 'NS306', /no column “b”/, 'features'],
  ['a column number too large', 'a,k\n1,x\n', { target: 2 }, 'NS306', /no column 2/, 'target'],
  ['a name that stands twice', 'a,a,k\n1,2,x\n', { features: ['a'] }, 'NS306', /two columns “a”/, 'features'],
  ['the target among the features', 'a,k\n1,2\n', { features: ['a', 'k'] }, 'NS306', /nothing to learn/, 'features'],
  ['one column', 'k\nx\ny\n', {}, 'NS304', /one column alone/],
  ['an open quote', 'a,k\n1,"x\n2,y\n', {}, 'NS304', /line 2: a double quote is not closed/],
  ['a quote within a cell', 'a,k\n1,"x"y\n', {}, 'NS304', /line 2: a double quote/],
  ['a bad delimiter', 'a,k\n1,x\n', { delimiter: '\n' }, 'NS304', /cannot be a line end/, 'delimiter'],
  ['zero bytes', 'a,k\n1\0,x\n', {}, 'NS304', /zero bytes/],
];
for (const [name, text, options, code, words, field = 'path'] of faults) {
  test(`${name} is refused with the place`, () => {
    assert.throws(
      () => load(text, options),
      (error) => {
        assert.ok(error instanceof DataError, String(error));
        assert.equal(error.code, code, error.message);
        assert.match(error.message, words);
        assert.deepEqual(error.field, ['data', field]);
        return true;
      },
    );
  });
}

test('text as the target of a loss on numbers is refused', () => {
  assert.throws(() => load('a,k\n1,x\n', {}, 'huber'), /line 2, column “k” is “x”, and this loss is for numbers/);
});

test('peeking tells the shape, and of a small table the classes too', () => {
  const context = memoryContext({ 't.csv': 'a,b,k\n1,2,x\n3,4,y\n5,6,z\n' });
  const data: CsvSpec = { ...base, testSplit: 0.2 };
  assert.deepEqual(peekDataShape(data, context), { inputShape: [2] });
  assert.deepEqual(peekDataShape(data, context, 'softmaxCrossEntropy'), {
    inputShape: [2],
    targetKind: 'classes',
    targetShape: [],
    classes: 3,
    trainSamples: 2,
    testSamples: 1,
  });
  const large = `a,b,k\n${'1,2,x\n'.repeat(300_000)}`;
  assert.deepEqual(peekDataShape(data, memoryContext({ 't.csv': large }), 'softmaxCrossEntropy'), {
    inputShape: [2],
    targetKind: 'classes',
    targetShape: [],
  });
});

test('peeking says nothing of a table whose first row is longer than what is read', () => {
  const wide = `${Array.from({ length: 200_000 }, (_, i) => `c${i}`).join(',')}\n`;
  assert.ok(wide.length > 2 ** 20);
  assert.deepEqual(peekDataShape(base, memoryContext({ 't.csv': wide }), 'softmaxCrossEntropy'), {});
});
