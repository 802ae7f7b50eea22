import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerPrediction, Prediction } from '../../../src/analysis/prediction';
import { predict } from '../../../src/analysis/propagation';
import { type DataParts, network, randomData } from '../engine/networks';

const LOSS = { loss: 'softmaxCrossEntropy' };
const DATA: DataParts = { inputShape: [400], classes: 10, count: 64 };
const LOGITS = { type: 'dense', units: 10 };
const repeat = (times: number, ...layers: object[]) => ({ type: 'repeat', times, layers });
const dense = (activation: string, kernelInitializer: object | string, more: object = {}) => ({
  ...{ type: 'dense', units: 400, activation, kernelInitializer },
  ...more,
});
/** Weights with n · Var(w) of this, for layers of 400. */
const ofVariance = (total: number) => ({ type: 'randomNormal', stddev: Math.sqrt(total / 400) });
const biases = (variance: number) => ({ biasInitializer: { type: 'randomNormal', stddev: Math.sqrt(variance) } });

function predicted(layers: readonly object[], data: DataParts = DATA, training: object = {}): Prediction {
  return predict(network({ layers, ...LOSS, training }, randomData(data)));
}

function close(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual / expected - 1) < tolerance, `${actual} instead of ${expected}`);
}

test('deep nets settle at the fixed points of mean-field theory', () => {
  for (const [activation, weights, bias, q, factor] of [
    ['sigmoid', 1, 1, 1.3021, 0.2048],
    ['sigmoid', 1, 0, 0.26469, 0.23605],
    ['tanh', 1.5, 0.05, 0.41804, 0.96883],
    ['tanh', 1.76096, 0.05, 0.57005, 1],
    ['selu', 1, 0, 1, 1.03519],
  ] as const) {
    const layer = dense(activation, ofVariance(weights), bias > 0 ? biases(bias) : {});
    const { layers } = predicted([repeat(60, layer), LOGITS]);
    const late = layers[58]!;
    close(late.signal!.preActivationMeanSquare!, q, 2e-3);
    const terms = late.terms.filter(({ kind }) => kind === 'activation' || kind === 'initialization');
    close(
      terms.reduce((product, t) => product * t.factor, 1),
      factor,
      1e-3,
    );
  }
});

test('ReLU keeps the gradient with He and loses √½ a layer with Glorot', () => {
  const factorOf = (initializer: string) =>
    predicted([repeat(12, dense('relu', initializer)), LOGITS]).layers[5]!.terms.reduce((a, t) => a * t.factor, 1);
  close(factorOf('heNormal'), 1, 0.01);
  close(factorOf('glorotUniform'), Math.SQRT1_2, 0.01);
});

test('first to last of nets of 400 units is what was measured and predicted elsewhere', () => {
  // Rms of δ, first ÷ last of 12 such layers.
  const ratio = (layer: object) => {
    const { layers } = predicted([repeat(12, layer), { type: 'dense', units: 10 }]);
    return layers[0]!.cumulative / layers[11]!.cumulative;
  };
  close(ratio(dense('sigmoid', ofVariance(1), biases(1))), 2.5e-8, 0.03);
  close(ratio(dense('tanh', ofVariance(1))), 0.25, 0.05);
  close(ratio(dense('relu', 'heNormal')), 0.99, 0.04);
  close(ratio(dense('selu', ofVariance(1))), 1.48, 0.04);
});

test('GELU with He runs near 0.97 a layer over the first dozen layers, not at its fixed point', () => {
  const { layers } = predicted([repeat(12, dense('gelu', 'heNormal')), LOGITS]);
  const perLayer = (layers[0]!.cumulative / layers[11]!.cumulative) ** (1 / 11);
  assert.ok(perLayer > 0.93 && perLayer < 1, `${perLayer}`);
});

test('the terms of every layer multiply to its factor, and name the property that sets them', () => {
  const { layers } = predicted([
    { type: 'dense', units: 30, activation: 'sigmoid' },
    { type: 'layerNormalization' },
    { type: 'dropout', rate: 0.5 },
    { type: 'residual', scale: 0.5, layers: [dense('tanh', 'heNormal', { units: 30 })] },
    LOGITS,
  ]);
  for (const { name, terms, backwardFactor, activationFactor, weightFactor } of layers) {
    close(
      terms.reduce((product, { factor }) => product * factor, 1),
      backwardFactor,
      1e-9,
    );
    close(activationFactor * weightFactor, backwardFactor, 1e-9);
    assert.ok(terms.length > 0, name);
  }
  const first = layers[0]!.terms;
  assert.deepEqual(
    first.slice(0, 3).map(({ kind, property }) => [kind, property]),
    [
      ['activation', 'activation'],
      ['initialization', 'kernelInitializer'],
      ['fan', 'units'],
    ],
  );
  close(first[2]!.factor, Math.sqrt((2 * 400) / 430), 1e-9);
  close(layers[2]!.backwardFactor, Math.SQRT2, 1e-9);
});

test('a residual block multiplies the mean square by 1 + s² times what its branch does', () => {
  const scale = 0.3;
  const { layers } = predicted([
    dense('linear', 'leCunNormal'),
    { type: 'residual', scale, layers: [dense('relu', 'heNormal')] },
    LOGITS,
  ]);
  const [before, , add] = layers as [LayerPrediction, LayerPrediction, LayerPrediction];
  close(add.backwardFactor, Math.hypot(1, scale), 1e-9);
  close((before.cumulative / add.cumulative) ** 2, 1 + scale * scale, 0.01);
  close(add.block!.factor, 1 + scale * scale, 0.01);
  close(add.block!.branch, scale * scale, 0.05);
  assert.equal(before.block, undefined);
});

test('batch normalization and ReLU lose π ÷ (π − 1) a layer in large batches', () => {
  const layers = [
    dense('linear', 'leCunNormal'),
    { type: 'batchNormalization' },
    { type: 'activation', activation: 'relu' },
  ];
  const prediction = predicted([repeat(12, ...layers), LOGITS], { ...DATA, count: 1024 }, { batchSize: 1024 });
  const of = (index: number) => prediction.layers[index]!.cumulative;
  close((of(6) / of(24)) ** (1 / 6), Math.sqrt(Math.PI / (Math.PI - 1)), 0.02);
});

test('a gradient far below the smallest number has an exact factor per layer', () => {
  const prediction = predicted([repeat(2000, dense('sigmoid', ofVariance(1), { units: 64 })), LOGITS], {
    ...DATA,
    inputShape: [64],
  });
  assert.equal(prediction.firstToLast, 0);
  assert.ok(prediction.factorPerLayer > 0.07 && prediction.factorPerLayer < 0.24, `${prediction.factorPerLayer}`);
});

test('what theory cannot say is the probe’s, and not a number without one', () => {
  const { layers } = predicted([
    { type: 'dense', units: 8, activation: 'tanh', kernelInitializer: 'ones' },
    { type: 'dense', units: 8, activation: 'tanh' },
    LOGITS,
  ]);
  assert.equal(layers[0]!.basis, 'probe');
  assert.ok(Number.isNaN(layers[0]!.backwardFactor));
  assert.ok(Number.isNaN(layers[0]!.cumulative));
  assert.equal(layers[2]!.cumulative, 1);
  // How steep tanh is depends on a signal that nobody knows.
  assert.ok(Number.isNaN(layers[1]!.activationFactor));
});

test('zeros pass nothing on', () => {
  const { layers, firstToLast } = predicted([dense('tanh', 'heNormal'), dense('tanh', 'zeros'), LOGITS]);
  assert.equal(firstToLast, 0);
  assert.equal(layers[1]!.backwardFactor, 0);
  assert.ok(layers[1]!.cumulative > 0);
});

test('many layers of any width end, and end in numbers', () => {
  for (const [times, units] of [
    [9000, 8],
    [3000, 64],
  ] as const) {
    const { layers } = predicted([repeat(times, dense('tanh', 'heNormal', { units })), LOGITS]);
    assert.ok(layers.every(({ cumulative, band }) => !Number.isNaN(cumulative) && !band.some(Number.isNaN)));
  }
});

test('without data, independent standard-normal inputs are assumed', () => {
  const { spec, graph, dataset } = network(
    { layers: [repeat(4, dense('relu', 'heNormal')), LOGITS], ...LOSS },
    randomData(DATA),
  );
  const [known, unknown] = [predict({ spec, graph, dataset }), predict({ spec, graph })];
  close(unknown.firstToLast, known.firstToLast, 0.05);
});
