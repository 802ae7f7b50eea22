// Sources that are made from the seed and are no points in the plane: what their formulas say, and that the spec room
// knows their shapes without making them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DataError } from '../../../src/data/files';
import { loadDataset } from '../../../src/data/loadDataset';
import { shapeOfDataset } from '../../../src/data/peekDataShape';
import { knownDataShape } from '../../../src/spec/dataShape';
import type { Dataset } from '../../../src/spec/dataset';
import type { DataSpec, Spec } from '../../../src/spec/schema';
import { memoryContext } from './memoryFiles';

const common = { normalize: 'none', shuffle: false } as const;
const made = { ...common, samples: 400, noise: 0, testSplit: 0 } as const;
const parity = { ...made, source: 'parity', bits: 5 } as const;
const adding = { ...made, source: 'adding', length: 9 } as const;
const copy = { ...made, source: 'copy', length: 4, symbols: 3, oneHot: true } as const;
const teacher = { ...made, source: 'randomTeacher', features: 7, classes: 3 } as const;
const regression = { ...made, source: 'randomTeacher', inputShape: [4, 2], outputs: 3 } as const;

function load(data: DataSpec, seed = 1): Dataset {
  return loadDataset({ data, seed } as unknown as Spec, memoryContext({}));
}

const all: readonly DataSpec[] = [parity, adding, copy, { ...copy, oneHot: false }, teacher, regression];
for (const data of all) {
  test(`${JSON.stringify(data)} follows from the seed, and has the shapes that the spec alone tells`, () => {
    const options = { ...data, noise: 0.1, testSplit: 0.2, shuffle: true } as DataSpec;
    const dataset = load(options);
    assert.deepEqual(dataset, load(options));
    assert.notDeepEqual(dataset.train.inputs, load(options, 2).train.inputs);
    const shape = shapeOfDataset(dataset);
    assert.deepEqual({ ...shape }, { classes: undefined, ...knownDataShape(options) });
    const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
    for (const part of [dataset.train, dataset.test]) {
      assert.equal(part.inputs.length, part.count * product(dataset.inputShape));
      assert.equal(part.targets.length, part.count * product(dataset.targetShape));
      assert.ok(part.inputs.every(Number.isFinite) && part.targets.every(Number.isFinite));
    }
  });
}

/** Standard deviation of the differences of two lists. */
function deviation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(squares / a.length);
}

test('parity: bits of equal odds, labelled by their sum', () => {
  const { train } = load(parity);
  const rows = new Set<string>();
  let ones = 0;
  for (let i = 0; i < train.count; i++) {
    const bits = [...train.inputs.slice(5 * i, 5 * i + 5)];
    assert.ok(bits.every((b) => [0, 1].includes(b)));
    const sum = bits.reduce((a, b) => a + b);
    assert.equal(train.targets[i], sum % 2);
    ones += sum;
    rows.add(bits.join(''));
  }
  assert.equal(rows.size, 32, 'all there are');
  assert.ok(Math.abs(ones / 2000 - 0.5) < 0.056, 'five standard errors');
});

test('adding: a mark in each half, the target their sum', () => {
  const { train } = load(adding);
  const firsts = new Set<number>();
  const seconds = new Set<number>();
  for (let i = 0; i < train.count; i++) {
    const steps = Array.from({ length: 9 }, (_, t) => train.inputs.subarray(18 * i + 2 * t, 18 * i + 2 * t + 2));
    assert.ok(steps.every(([v, m]) => v! > 0 && v! < 1 && [0, 1].includes(m!)));
    const marked = steps.flatMap(([, m], t) => (m === 1 ? [t] : []));
    assert.equal(marked.length, 2);
    const [first, second] = marked as [number, number];
    assert.ok(first < 4 && second >= 4);
    firsts.add(first);
    seconds.add(second);
    assert.equal(train.targets[i], Math.fround(steps[first]![0]! + steps[second]![0]!));
  }
  assert.deepEqual([firsts.size, seconds.size], [4, 5], 'anywhere in its half');
  const shortest = load({ ...adding, length: 2 }).train;
  assert.ok(shortest.inputs.every((m, k) => k % 2 === 0 || m === 1));
});

test('copy: symbols, the mark, blanks; labels repeat the symbols', () => {
  const { train } = load(copy);
  const numbers = load({ ...copy, oneHot: false }).train;
  assert.deepEqual(train.targets, numbers.targets);
  const seen = new Set<number>();
  for (let i = 0; i < train.count; i++) {
    const steps = Array.from({ length: 9 }, (_, t) => [...train.inputs.slice((9 * i + t) * 5, (9 * i + t + 1) * 5)]);
    for (const step of steps) assert.deepEqual([...step].sort(), [0, 0, 0, 0, 1]);
    const said = steps.map((step) => step.indexOf(1));
    assert.deepEqual(said, [...numbers.inputs.slice(9 * i, 9 * i + 9)], 'the other form says the same');
    const symbols = said.slice(0, 4);
    for (const s of symbols) seen.add(s);
    assert.deepEqual(said.slice(4), [4, 0, 0, 0, 0]);
    assert.deepEqual([...train.targets.slice(9 * i, 9 * i + 9)], [0, 0, 0, 0, 0, ...symbols]);
  }
  assert.deepEqual([...seen].sort(), [1, 2, 3]);
});

test('the noise of each is where it is said to be, and as large', () => {
  const more = { samples: 4000, noise: 0.3 } as const;
  for (const [data, place] of [
    [parity, 'none'],
    [adding, 'targets'],
    [copy, 'inputs'],
    [regression, 'targets'],
  ] as const) {
    const [clean, noisy] = [0, 0.3].map((noise) => load({ ...data, ...more, noise }).train);
    // Noise of the first draws from the generator of the samples: other samples, the same place.
    if (place === 'none') {
      assert.ok(Math.abs(deviation(noisy!.inputs, noisy!.inputs.map(Math.round)) - 0.27) < 0.03, data.source);
      continue;
    }
    const other = place === 'inputs' ? 'targets' : 'inputs';
    assert.deepEqual(clean![other], noisy![other], data.source);
    assert.ok(Math.abs(deviation(clean![place], noisy![place]) - 0.3) < 0.02, data.source);
  }
  const numbers = { ...copy, oneHot: false } as const;
  assert.deepEqual(load(numbers), load({ ...numbers, noise: 0.3 }), 'numbers of symbols carry none');
});

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

test('randomTeacher: standard-normal inputs, answers of unit variance, classes roughly in balance', () => {
  const { train } = load({ ...regression, samples: 4000 });
  assert.ok(Math.abs(mean(train.inputs)) < 5 / Math.sqrt(32_000));
  assert.ok(Math.abs(mean(train.inputs.map((x) => x * x)) - 1) < 5 * Math.sqrt(2 / 32_000));
  for (let o = 0; o < 3; o++) {
    const answers = train.targets.filter((_, k) => k % 3 === o);
    assert.ok(Math.abs(mean(answers)) < 0.2, `mean ${mean(answers)}`);
    assert.ok(Math.abs(mean(answers.map((a) => a * a)) - 1) < 0.25, `variance ${mean(answers.map((a) => a * a))}`);
  }
  for (const [features, classes] of [
    [1, 2],
    [7, 3],
    [784, 10],
  ] as const) {
    const labels = load({ ...teacher, features, classes, samples: 2000 }).train.targets;
    for (let k = 0; k < classes; k++) {
      const share = labels.filter((t) => t === k).length / 2000;
      assert.ok(share > 0.4 / classes && share < 2.5 / classes, `${features} features: class ${k} has ${share}`);
    }
  }
});

test('randomTeacher: one function of the input, whatever the number of samples', () => {
  const line = { ...made, source: 'randomTeacher', features: 1, outputs: 1 } as const;
  const { train } = load({ ...line, samples: 1000 });
  const points = Array.from(train.inputs, (x, i) => [x, train.targets[i]!] as const)
    .filter(([x]) => Math.abs(x) < 2)
    .sort((a, b) => a[0] - b[0]);
  for (const [i, [x, y]] of points.entries()) {
    const next = points[i + 1];
    if (next) assert.ok(Math.abs(next[1] - y) < 0.01 + 10 * (next[0] - x), 'neighbours have answers alike');
  }
  const few = load({ ...teacher, samples: 10 }).train;
  const many = load({ ...teacher, samples: 50 }).train;
  assert.deepEqual([...few.targets], [...many.targets.slice(0, 10)]);
  assert.deepEqual([...few.inputs], [...many.inputs.slice(0, 70)]);
});

test('randomTeacher: noise turns labels near the border, and more of it more', () => {
  const turned = (noise: number) => {
    const [clean, noisy] = [0, noise].map((n) => load({ ...teacher, samples: 1000, noise: n }).train.targets);
    return clean!.filter((label, i) => label !== noisy![i]).length;
  };
  assert.ok(turned(0.1) > 5 && turned(0.1) < 200, `${turned(0.1)}`);
  assert.ok(turned(1) > 200);
});

test('too much of any is refused before memory is taken', () => {
  for (const data of all) {
    assert.throws(
      () => load({ ...data, samples: 1e12 } as DataSpec),
      (error) => error instanceof DataError && error.code === 'NS303' && /samples of/.test(error.message),
      data.source,
    );
  }
  assert.throws(() => load({ ...copy, samples: 10, length: 1e8 }), /NS303|at most 2 GiB/);
  assert.throws(() => load({ ...teacher, features: 1e15 }), /at most 2 GiB/);
});
