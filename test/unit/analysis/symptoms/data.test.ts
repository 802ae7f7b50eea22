import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inputMoments } from '../../../../src/analysis/dataMoments';
import { unnormalizedInputs } from '../../../../src/analysis/symptoms/unnormalizedInputs';
import type { Dataset } from '../../../../src/spec/dataset';
import { around, dense, digits, finds } from './check';

/** Two classes in turn; a column is a mean and a spread around it. */
function columns(...moments: readonly (readonly [mean: number, spread: number])[]): Dataset {
  const count = 40;
  const inputs = new Float32Array(count * moments.length);
  const targets = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    targets[i] = i % 2;
    moments.forEach(([mean, spread], f) => {
      inputs[i * moments.length + f] = mean + spread * (((i * 7 + f * 3) % 4) - 1.5);
    });
  }
  const train = { count, inputs, targets };
  return {
    inputShape: [moments.length],
    targetKind: 'classes',
    targetShape: [],
    classes: 2,
    train,
    test: { ...train, count: 0 },
  };
}

const net = `${dense(8, 'tanh')}, ${dense(2, 'linear')}`;
const table = (normalize = '', layers = net) =>
  around(layers, { data: `{ "source": ${normalize ? '"csv"' : '⟪GF113 "csv"⟫'}, "path": "t.csv"${normalize} }` });
const sound = (layers = net) => around(layers, { data: '{ "source": "csv", "path": "t.csv" }' });

describe('unnormalizedInputs', () => {
  test('pixels of 0 … 255', () => {
    const [found] = finds(unnormalizedInputs, table(), { dataset: columns([128, 70], [100, 60], [90, 80]) });
    assert.match(found!.message, /between 120 and 150; 3 of the 3 features exceed 10/);
  });
  test('the property, where it is written', () => {
    finds(unnormalizedInputs, table(', "normalize": ⟪GF113 "none"⟫'), { dataset: columns([128, 70]) });
  });
  test('one column among others', () => {
    const [found] = finds(unnormalizedInputs, table(), { dataset: columns([0, 1], [0, 1000], [0, 1]) });
    assert.match(found!.message, /1 of the 3 features exceeds 10/);
  });
  test('numbers too small', () =>
    void finds(unnormalizedInputs, table(), { dataset: columns([0, 1e-3], [1e-3, 1e-3]) }));
  test('far from 0', () => {
    const [found] = finds(unnormalizedInputs, table(), { dataset: columns([0, 1], [5, 0.1]) });
    assert.equal(found!.judgements[0]!.setting, 'inputOffset');
  });
  test('another threshold', () => {
    finds(unnormalizedInputs, table(), { dataset: columns([0, 1], [5, 1]), thresholds: { inputRmsHigh: 4 } });
  });
  const silent: [string, Dataset][] = [
    ['standard', columns([0, 1], [0, 0.9])],
    ['0 … 1', columns([0.5, 0.3], [0.5, 0.2])],
    ['flowers as they are', columns([5.8, 0.8], [3, 0.4], [3.7, 1.7], [1.2, 0.7])],
    ['a column that is always the same', columns([0, 1], [1, 0])],
    ['a column that is nearly always 1', columns([0, 1], [0.99, 0.05])],
  ];
  for (const [name, dataset] of silent) test(name, () => void finds(unnormalizedInputs, sound(), { dataset }));
  test('a normalization first', () => {
    const layers = `{ "type": "batchNormalization" }, ${net}`;
    finds(unnormalizedInputs, sound(layers), { dataset: columns([128, 70], [0, 1]) });
  });
  test('numbers of tokens', () => {
    const text = around(`{ "type": "embedding", "inputDim": 40, "outputDim": 4 }, ${dense(31, 'linear')}`, {
      data: '{ "source": "copy", "length": 3, "symbols": 30, "oneHot": false, "samples": 50 }',
    });
    finds(unnormalizedInputs, text);
  });
  test('the digits', () => void finds(unnormalizedInputs, digits(dense(8, 'tanh'))));
  test('no data, no judgement', () =>
    void finds(
      unnormalizedInputs,
      sound(dense(1, 'linear'))
        .replace('"softmaxCrossEntropy"', '"huber"')
        .replace('"path": "t.csv"', '"path": "no.csv", "features": ["a"]'),
    ));
});

test('means and spreads are those of the samples', () => {
  const { all, features } = inputMoments(columns([1000, 0.5], [0, 2]));
  assert.ok(Math.abs(features[0]!.mean - 1000) < 1e-3);
  assert.ok(Math.abs(features[0]!.std - 0.5 * Math.sqrt(1.25)) < 1e-4);
  assert.ok(Math.abs(features[1]!.meanSquare - 5) < 1e-6);
  assert.ok(Math.abs(all.mean - 500) < 1e-3);
});
