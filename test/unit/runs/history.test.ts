import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random';
import { History } from '../../../src/runs/history';
import { layoutOf, recordOf } from './layout';

const WIDTH = 10;
const roomy = { limitBytes: 1e9 };
const limitFor = (records: number) => records * (8 * WIDTH + 9);

/** A history of steps 1 … values.length whose column 3 has these values. */
function historyOf(values: readonly number[]): History {
  const history = new History(layoutOf(WIDTH), roomy);
  values.forEach((value, i) => {
    const record = recordOf(i + 1, WIDTH);
    record[3] = value;
    history.append(i + 1, record);
  });
  return history;
}
const stepsOf = (history: History) => Array.from({ length: history.count }, (_, i) => history.stepAt(i));
const bin = (values: readonly number[]) => {
  const { counts, values: v } = historyOf(values).window({
    from: 1,
    to: values.length + 1,
    binSteps: values.length,
    columns: [3],
  });
  assert.deepEqual([...counts], [values.length]);
  return [...v];
};
const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual / expected - 1) < 1e-12, `${actual} instead of ${expected}`);

test('a record comes back as it went in, at every size of run', () => {
  const history = new History(layoutOf(WIDTH), roomy);
  for (let step = 1; step <= 1000; step++) history.append(step, recordOf(step, WIDTH));
  assert.equal(history.count, 1000);
  for (const step of [1, 2, 256, 257, 512, 999, 1000]) assert.deepEqual(history.nearest(step), recordOf(step, WIDTH));
});

test('nearest answers the step or the one kept before it', () => {
  const history = new History(layoutOf(WIDTH), roomy);
  assert.equal(history.nearest(5), undefined);
  for (const step of [3, 5, 9]) history.append(step, recordOf(step, WIDTH));
  const answers = [2, 3, 4, 5, 8, 9, 100].map((step) => history.nearest(step)?.[0]);
  assert.deepEqual(answers, [undefined, 3, 3, 5, 5, 9, 9]);
  assert.deepEqual([history.firstStep, history.lastStep], [3, 9]);
});

test('steps that do not ascend are refused', () => {
  const history = new History(layoutOf(WIDTH), roomy);
  history.append(2, recordOf(2, WIDTH));
  assert.throws(() => history.append(2, recordOf(2, WIDTH)), /after/);
});

test('bins have smallest, geometric mean and largest', () => {
  const [smallest, mean, largest] = bin([1, 10, 100]) as [number, number, number];
  assert.deepEqual([smallest, largest], [1, 100]);
  near(mean, 10);
});

test('the mean is arithmetic where a value is not positive', () => {
  assert.deepEqual(bin([-1, 0, 4]), [-1, 1, 4]);
  assert.deepEqual(bin([0, 4]), [0, 2, 4]);
});

test('equal values have themselves as their mean, to the bit', () => {
  for (const x of [0.1, 1e-300, -7, 1e300]) assert.deepEqual(bin(Array(37).fill(x)), [x, x, x]);
});

test('the geometric mean stays true far outside what a product can hold', () => {
  near(bin(Array.from({ length: 500 }, (_, i) => (i % 2 ? 1e-120 : 1e-140)))[1]!, 1e-130);
  near(bin([5e-324, 1e308, 1e-300, 1e200])[1]!, 10 ** ((Math.log10(5e-324) + 308 - 300 + 200) / 4));
  near(bin(Array.from({ length: 300 }, (_, i) => (i % 3 ? 1e-160 : 1e-151)))[1]!, 1e-157);
  near(bin(Array.from({ length: 300 }, (_, i) => (i % 2 ? 1e160 : 1e149)))[1]!, 10 ** 154.5);
});

test('one value that is not finite takes the whole bin', () => {
  assert.deepEqual(bin([1, Infinity, 3]), [Infinity, Infinity, Infinity]);
  assert.deepEqual(bin([1, 2, Number.NaN]), [Number.NaN, Number.NaN, Number.NaN]);
  assert.deepEqual(bin([-Infinity, 1]), [-Infinity, -Infinity, -Infinity]);
});

test('windows agree with a plain computation', () => {
  const random = new Random(5, 'windows');
  const history = new History(layoutOf(WIDTH), roomy);
  const steps: number[] = [];
  for (let step = 1; step < 3000; step += 1 + random.below(4)) {
    steps.push(step);
    history.append(step, recordOf(step, WIDTH));
  }
  for (const [from, to, binSteps] of [
    [1, 3000, 7],
    [0, 10, 1],
    [500, 900, 256],
    [2990, 5000, 100],
    [10, 10, 1],
    [-5, 40, 9],
  ] as const) {
    const columns = [4, 9];
    const { bins, counts, values } = history.window({ from, to, binSteps, columns });
    assert.equal(bins, Math.ceil((to - from) / binSteps));
    for (let k = 0; k < bins; k++) {
      const inBin = steps.filter((s) => s >= from && s < to && Math.floor((s - from) / binSteps) === k);
      assert.equal(counts[k], inBin.length);
      if (inBin.length === 0) continue;
      columns.forEach((column, c) => {
        const all = inBin.map((s) => 1000 * s + column);
        const at = 3 * (c * bins + k);
        assert.equal(values[at], Math.min(...all));
        assert.equal(values[at + 2], Math.max(...all));
        near(values[at + 1]!, Math.exp(all.reduce((sum, x) => sum + Math.log(x), 0) / all.length));
      });
    }
  }
});

test('senseless windows are refused', () => {
  const history = historyOf([1, 2]);
  const good = { from: 1, to: 3, binSteps: 1, columns: [3] };
  history.window(good);
  for (const bad of [
    { binSteps: 0 },
    { binSteps: 0.5 },
    { from: Number.NaN },
    { to: Infinity },
    { columns: [WIDTH] },
    { columns: [-1] },
    { to: 1e9 },
  ]) {
    assert.throws(() => history.window({ ...good, ...bad }), { name: 'UserError' }, JSON.stringify(bad));
  }
});

test('a full budget doubles the stride and keeps first, latest and losses that are not finite', () => {
  const history = new History(layoutOf(WIDTH), { limitBytes: limitFor(100) });
  for (let step = 1; step <= 1001; step++) history.append(step, recordOf(step, WIDTH, step === 555 ? Number.NaN : 1));
  assert.equal(history.stride, 16);
  const expected = [1, ...Array.from({ length: 62 }, (_, i) => 16 * (i + 1)), 555, 1001].sort((a, b) => a - b);
  assert.deepEqual(stepsOf(history), expected);
  for (let i = 0; i < history.count; i++) {
    const step = history.stepAt(i);
    assert.deepEqual(history.nearest(step), recordOf(step, WIDTH, step === 555 ? Number.NaN : 1));
  }
});

test('the latest record is there at every moment, and the budget holds', () => {
  const capacity = 40;
  const history = new History(layoutOf(WIDTH), { limitBytes: limitFor(capacity) });
  for (let step = 1; step <= 2000; step++) {
    history.append(step, recordOf(step, WIDTH));
    assert.equal(history.lastStep, step);
    assert.equal(history.firstStep, 1);
    assert.ok(history.count <= capacity);
    if (step > capacity) assert.ok(history.count >= capacity / 4);
  }
});

test('a run whose every loss is NaN keeps its budget too', () => {
  const history = new History(layoutOf(WIDTH), { limitBytes: limitFor(20) });
  for (let step = 1; step <= 200; step++) history.append(step, recordOf(step, WIDTH, Number.NaN));
  assert.ok(history.count <= 20);
  assert.equal(history.lastStep, 200);
});

test('a stride from the start keeps that rhythm', () => {
  const history = new History(layoutOf(WIDTH), { ...roomy, stride: 10 });
  for (let step = 1; step <= 34; step++) history.append(step, recordOf(step, WIDTH));
  assert.deepEqual(stepsOf(history), [1, 10, 20, 30, 34]);
});
