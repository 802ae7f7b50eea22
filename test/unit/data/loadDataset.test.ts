import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { DataError } from '../../../src/data/files';
import { loadDataset } from '../../../src/data/loadDataset';
import { nodeFiles } from '../../../src/data/nodeFiles';
import type { Dataset, Samples } from '../../../src/spec/dataset';
import type { DataSpec, LossName, Spec } from '../../../src/spec/schema';
import { memoryContext } from './memoryFiles';

const common = { normalize: 'none', shuffle: true } as const;
const made = { ...common, samples: 200, noise: 0.1, testSplit: 0.2 } as const;
const table = 'x,y\n1,10\n2,20\n3,30\n4,40\n5,50\n6,60\n7,70\n8,80\n9,90\n10,100\n';
const csv = { ...common, source: 'csv', path: 't.csv', testSplit: 0.2 } as const;

function load(data: DataSpec, seed = 1, loss: LossName = 'meanSquaredError'): Dataset {
  const spec: Pick<Spec, 'data' | 'seed' | 'loss'> = { data, seed, loss };
  const context = { ...memoryContext({ 't.csv': table }), dataFolder: path.resolve('media/data') };
  return loadDataset(spec as Spec, data.source === 'mnist' ? { ...context, files: nodeFiles } : context);
}

const sources = ['spiral', 'moons', 'circles', 'blobs', 'xor', 'sine'] as const;
for (const source of sources) {
  test(`${source} follows from the seed alone`, () => {
    const data = { ...made, source, classes: 2 };
    const a = load(data);
    assert.deepEqual(a, load(data));
    assert.notDeepEqual(a.train.inputs, load(data, 2).train.inputs);
    assert.equal(a.train.count, 160);
    assert.equal(a.test.count, 40);
    assert.equal(a.train.inputs.length, 160 * a.inputShape[0]!);
    assert.ok(a.train.inputs.every(Number.isFinite));
  });
}

test('without noise the samples lie where their formulas say', () => {
  const points = (source: (typeof sources)[number], classes = 2) => {
    const { train } = load({ ...made, noise: 0, testSplit: 0, source, classes });
    return Array.from(
      { length: train.count },
      (_, i) => [train.inputs[2 * i]!, train.inputs[2 * i + 1]!, train.targets[i]!] as const,
    );
  };
  for (const [x, y, k] of points('circles')) assert.ok(Math.abs(Math.hypot(x, y) - (k === 0 ? 1 : 0.5)) < 1e-6);
  for (const [x, y, k] of points('xor')) assert.equal(k, x * y < 0 ? 1 : 0);
  for (const [x, y, k] of points('blobs', 5))
    assert.ok(Math.abs(Math.atan2(y, x) - Math.atan2(Math.sin(0.4 * Math.PI * k), Math.cos(0.4 * Math.PI * k))) < 1e-5);
  for (const [x, y, k] of points('moons')) {
    assert.ok(Math.abs((k === 0 ? Math.hypot(x, y) : Math.hypot(1 - x, 0.5 - y)) - 1) < 1e-6);
  }
  for (const [x, y, k] of points('spiral', 3)) {
    const r = Math.hypot(x, y);
    const turns = Math.atan2(y, x) / (2 * Math.PI) - (k / 3 + (1.25 * r) / 2);
    assert.ok(Math.abs(turns - Math.round(turns)) < 1e-5);
  }
  const { train } = load({ ...made, noise: 0, testSplit: 0, source: 'sine' });
  for (let i = 0; i < train.count; i++) assert.ok(Math.abs(train.targets[i]! - Math.sin(train.inputs[i]!)) < 1e-6);
});

test('noise has the standard deviation that the spec says', () => {
  const { train } = load({ ...made, samples: 20_000, noise: 0.3, testSplit: 0, source: 'sine' });
  let squares = 0;
  for (let i = 0; i < train.count; i++) squares += (train.targets[i]! - Math.sin(train.inputs[i]!)) ** 2;
  assert.ok(Math.abs(Math.sqrt(squares / train.count) - 0.3) < 0.0075, 'five standard errors');
});

test('classes are in balance', () => {
  const { train, classes } = load({ ...made, samples: 300, testSplit: 0, source: 'spiral', classes: 3 });
  assert.equal(classes, 3);
  for (const k of [0, 1, 2]) assert.equal(train.targets.filter((t) => t === k).length, 100);
});

test('the digits are there: 2,000 and 500, from 0 to 1, ten classes', () => {
  const {
    train,
    test: held,
    inputShape,
    classes,
    targetKind,
  } = load({ ...common, source: 'mnist' }, 1, 'softmaxCrossEntropy');
  assert.deepEqual([train.count, held.count, classes, targetKind], [2000, 500, 10, 'classes']);
  assert.deepEqual(inputShape, [28, 28, 1]);
  let smallest = Infinity;
  let largest = -Infinity;
  for (const x of train.inputs) {
    smallest = Math.min(smallest, x);
    largest = Math.max(largest, x);
  }
  assert.deepEqual([smallest, largest], [0, 1]);
  for (let k = 0; k < 10; k++) assert.ok(train.targets.filter((t) => t === k).length > 150, `digit ${k}`);
  const split = load({ ...common, source: 'mnist', testSplit: 0.1, limit: 1000 }, 1, 'softmaxCrossEntropy');
  assert.deepEqual([split.train.count, split.test.count], [900, 100], 'testSplit takes the place of the test set');
});

const paired = (part: Samples) => Array.from(part.inputs, (x, i) => [x, part.targets[i]]);

test('shuffle keeps each sample with its target and loses none', () => {
  const { train, test: held } = load(csv);
  const all = [...paired(train), ...paired(held)].sort((a, b) => a[0]! - b[0]!);
  assert.deepEqual(
    all,
    Array.from({ length: 10 }, (_, i) => [i + 1, 10 * (i + 1)]),
  );
  assert.notDeepEqual(train.inputs, load({ ...csv, shuffle: false }).train.inputs);
});

test('limit comes before the split, which takes the end', () => {
  const { train, test: held } = load({ ...csv, shuffle: false, limit: 5 });
  assert.deepEqual([...train.inputs], [1, 2, 3, 4]);
  assert.deepEqual([...held.inputs], [5]);
  assert.equal(load({ ...csv, testSplit: 0.99 }).train.count, 1, 'one sample is always left to train on');
  assert.equal(load({ ...csv, limit: 1000 }).train.count, 8);
});

test('normalization takes its statistics from the training part alone', () => {
  const unshuffled = { ...csv, shuffle: false } as const;
  const standard = load({ ...unshuffled, normalize: 'standard' });
  const std = Math.sqrt(5.25); // of 1 … 8, whose mean is 4.5
  assert.ok(standard.train.inputs.every((x, i) => Math.abs(x - (i + 1 - 4.5) / std) < 1e-6));
  assert.ok(Math.abs(standard.test.inputs[1]! - (10 - 4.5) / std) < 1e-6);
  const minmax = load({ ...unshuffled, normalize: 'minmax' });
  assert.ok(Math.abs(minmax.train.inputs[7]! - 1) < 1e-7 && minmax.train.inputs[0] === 0);
  assert.ok(Math.abs(minmax.test.inputs[1]! - 9 / 7) < 1e-6);
});

test('a feature that is always the same becomes 0, not NaN', () => {
  const context = memoryContext({ 't.csv': 'a,b,y\n0.1,1,1\n0.1,2,2\n0.1,3,3\n' });
  for (const normalize of ['standard', 'minmax'] as const) {
    const spec = {
      data: { ...csv, normalize, testSplit: 0, shuffle: false },
      seed: 0,
      loss: 'huber',
    } as unknown as Spec;
    const { inputs } = loadDataset(spec, context).train;
    assert.deepEqual([inputs[0], inputs[2], inputs[4]], [0, 0, 0]);
    assert.ok(inputs[5]! > 0);
  }
});

test('too many samples are refused before memory is taken', () => {
  assert.throws(
    () => load({ ...made, samples: 1e12, source: 'spiral', classes: 2 }),
    (error) => error instanceof DataError && error.code === 'NS303' && /7450\.6 GiB/.test(error.message),
  );
});

test('missing digits are an error that names them', () => {
  const spec = { data: { ...common, source: 'mnist' }, seed: 0, loss: 'softmaxCrossEntropy' } as unknown as Spec;
  const empty = mkdtempSync(path.join(tmpdir(), 'gradoscope-data-'));
  writeFileSync(path.join(empty, 'mnist-train-2000-images-idx3-ubyte.gz'), 'not gzip');
  const context = { allowedFolders: [], dataFolder: empty, files: nodeFiles };
  assert.throws(() => loadDataset(spec, context), /mnist-train-2000-images-idx3-ubyte\.gz/);
  rmSync(empty, { recursive: true });
});
