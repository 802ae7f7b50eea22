import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerPrediction, Prediction } from '../../../src/analysis/prediction';
import { predictionText } from '../../../src/cli/predictionText';

const layer = (name: string, rest: Partial<LayerPrediction>): LayerPrediction => ({
  name,
  type: 'dense',
  index: 0,
  backwardFactor: 0.2,
  activationFactor: 0.2,
  weightFactor: 1,
  cumulative: 1,
  band: [0.5, 2],
  basis: 'meanField',
  terms: [{ term: 'sigmoid', kind: 'activation', factor: 0.2 }],
  ...rest,
});
const prediction = (layers: LayerPrediction[]): Prediction => ({
  layers,
  firstToLast: layers[0]!.cumulative,
  firstToLastBand: layers[0]!.band,
  factorPerLayer: 0.2,
});
const rowsOf = (layers: LayerPrediction[]): string[][] =>
  predictionText(prediction(layers), 'net', 200, false)
    .split('\n\n')[1]!
    .split('\n')
    .slice(1)
    .map((l) => l.split(/ {2,}/));

test('a row a layer: factor, what is left, band, basis, bar, terms', () => {
  const rows = rowsOf([
    layer('first', { cumulative: 1e-4 }),
    layer('last', { backwardFactor: 0.5, basis: 'probe', terms: [] }),
  ]);
  assert.deepEqual(rows[0]!.slice(0, 5), ['first', '×0.2', '1.00e-4', '0.5 … 2', 'theory']);
  assert.equal(rows[0]!.at(-1), 'sigmoid ×0.2');
  assert.deepEqual(rows[1]!.slice(0, 5), ['last', '×0.5', '1', '0.5 … 2', 'probe']);
  assert.equal(rows[1]![5], '█'.repeat(24));
  assert.equal(rows[0]![5], '▏');
});

test('layers that repeat alike are told once, also where a block has several', () => {
  const repeated = Array.from({ length: 10 }, (_, i) => [
    layer(`dense_1/${i + 1}`, { cumulative: 10 ** (i - 10) }),
    layer(`norm_1/${i + 1}`, { backwardFactor: 3, terms: [], type: 'batchNormalization', cumulative: 10 ** (i - 10) }),
  ]).flat();
  const rows = rowsOf([...repeated, layer('logits', { backwardFactor: 1 })]);
  assert.deepEqual(
    rows.map((r) => r[0]),
    ['dense_1/1 … dense_1/10', 'norm_1/1 … norm_1/10', 'logits'],
  );
  assert.deepEqual(rows[0]!.slice(1, 3), ['×0.2 (10 times)', '1.00e-10 … 0.1']);
});

test('two alike are two rows, and one that differs parts the others', () => {
  const of = (factors: number[]) => factors.map((f, i) => layer(`d/${i + 1}`, { backwardFactor: f, terms: [] }));
  assert.equal(rowsOf(of([0.2, 0.2])).length, 2);
  assert.deepEqual(
    rowsOf(of([0.2, 0.2, 0.2, 0.4, 0.2, 0.2, 0.2])).map((r) => r[0]),
    ['d/1 … d/3', 'd/4', 'd/5 … d/7'],
  );
});

test('what cannot be said is a dash, and never a number', () => {
  const nothing = { backwardFactor: Number.NaN, cumulative: Number.NaN, band: [Number.NaN, Number.NaN] as const };
  const text = predictionText(prediction([layer('a', { ...nothing, terms: [] })]), 'net', 200, false);
  assert.match(text, /^a +– +– +theory$/m);
  assert.match(text, /cannot be said without measuring/);
  assert.doesNotMatch(text, /NaN/);
});

test('recurrent layers tell how far back in time their gradient reaches', () => {
  const text = predictionText(prediction([layer('lstm', { timeProfile: [1e-6, 1e-3, 1] })]), 'net', 200, false);
  assert.match(text, /Through the 3 time steps of lstm, the first gets 1\.00e-6 of the last one's gradient/);
});
