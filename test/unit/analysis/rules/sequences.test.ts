// Predictions of recurrent, attention and embedding layers against what twenty networks of the same spec have.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelPositions } from '../../../../src/analysis/lossPositions';
import type { LayerPrediction } from '../../../../src/analysis/prediction';
import { probe } from '../../../../src/analysis/probe';
import { predict } from '../../../../src/analysis/propagation';
import { NEAR_SIDE } from '../../../../src/analysis/signal';
import { network, randomData } from '../../engine/networks';
import { draws, family, type Member } from '../family';

const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const members = (type: string) => family().filter(({ graph }) => graph.layers.some(({ spec }) => spec.type === type));
const predicted = ({ graph, spec, dataset }: Member) => predict({ graph, spec, dataset });

/** log10 of a layer's predicted factor less the mean of what was drawn. */
function error(member: Member, layer: LayerPrediction, measure: 'backwardFactor' | 'cumulative'): number {
  return Math.log10(layer[measure]) - meanOf(draws(member, 20).layers[layer.index]![measure]);
}

for (const type of ['simpleRNN', 'lstm', 'gru']) {
  test(`the factor of ${type} is what networks have, whatever its length`, () => {
    const some = members(type).filter(({ name }) => !name.includes('words'));
    assert.ok(some.length >= 5);
    for (const member of some) {
      for (const layer of predicted(member).layers.filter((l) => l.type === type)) {
        assert.equal(layer.basis, 'meanField', member.name);
        const off = error(member, layer, 'backwardFactor');
        assert.ok(Math.abs(off) < 0.05, `${member.name}, ${layer.name}: ${off}`);
        const product = layer.terms.reduce((all, { factor }) => all * factor, 1);
        assert.ok(Math.abs(product / layer.backwardFactor - 1) < 1e-9);
        const drawn = draws(member, 20).layers[layer.index]!.cumulative;
        const [low, high] = layer.band.map(Math.log10);
        const held = drawn.filter((value) => low! <= value && value <= high!).length;
        assert.ok(held >= 15, `${member.name}, ${layer.name}: ${held} of 20 in the band`);
      }
    }
  });

  test(`the gradient of ${type} fades through time as it is measured to`, () => {
    for (const member of members(type).filter(({ name }) => name.includes('8 steps'))) {
      const measured = probe({ graph: member.graph, spec: member.spec, dataset: member.dataset, seeds: 5 })!;
      for (const layer of predicted(member).layers.filter((l) => l.type === type)) {
        const { timeProfile } = measured.layers[layer.index]!;
        for (const [t, value] of timeProfile!.entries()) {
          const off = Math.log10(layer.timeProfile![t]! / value);
          assert.ok(Math.abs(off) < 0.12, `${member.name}, ${layer.name}, step ${t}: ${off}`);
        }
      }
    }
  });
}

test('cells in other forms are predicted too: read backwards, reset before the product, unbiased, other functions', () => {
  const dataset = randomData({ inputShape: [6, 12], classes: 4, count: 48 });
  const cells = [
    { type: 'simpleRNN', goBackwards: true, activation: 'relu', recurrentInitializer: 'heNormal' },
    { type: 'gru', resetAfter: false },
    { type: 'gru', recurrentActivation: 'sigmoid', kernelInitializer: 'heNormal' },
    { type: 'lstm', goBackwards: true, returnSequences: true, unitForgetBias: false },
    { type: 'lstm', biasInitializer: { type: 'randomNormal', stddev: 0.5 }, recurrentInitializer: 'glorotNormal' },
  ];
  for (const cell of cells) {
    const flat = 'returnSequences' in cell ? [{ type: 'flatten' }] : [];
    const layers = [{ units: 48, ...cell }, ...flat, { type: 'dense', units: 4 }];
    const net = network({ layers, loss: 'softmaxCrossEntropy', training: { batchSize: 16 } }, dataset);
    const layer = predict(net).layers[0]!;
    const measured = probe({ ...net, seeds: 12 })!.layers[0]!;
    assert.equal(layer.basis, 'meanField');
    const off = Math.log10(layer.backwardFactor) - meanOf(measured.backwardFactor);
    assert.ok(Math.abs(off) < 0.07, `${JSON.stringify(cell)}: ${off}`);
    assert.equal(layer.timeProfile?.length, 6);
    const late = Math.log10(layer.timeProfile![4]! / measured.timeProfile![4]!);
    assert.ok(Math.abs(late) < 0.15, `${JSON.stringify(cell)}, time: ${late}`);
  }
});

test('a long sequence, clones and known biases are left to the probe', () => {
  const parts = (cell: object) => ({
    layers: [
      { type: 'lstm', units: 8, ...cell },
      { type: 'dense', units: 4 },
    ],
    loss: 'softmaxCrossEntropy',
  });
  const basis = (cell: object, length = 5) =>
    predict(network(parts(cell), randomData({ inputShape: [length, 3], classes: 4 }))).layers[0]!.basis;
  assert.equal(basis({}), 'meanField');
  assert.equal(basis({}, 41), 'probe');
  assert.equal(basis({ kernelInitializer: 'ones' }), 'probe');
  assert.equal(basis({ recurrentInitializer: 'identity' }), 'probe');
  assert.equal(basis({ biasInitializer: 'ones' }), 'probe');
});

test('embeddings give their table as signal, and take whatever gradient comes', () => {
  for (const member of members('embedding').filter(({ name }) => name.endsWith('dense'))) {
    const { layers } = predicted(member);
    const measured = probe(member)!;
    for (const layer of layers) {
      assert.equal(layer.basis, 'meanField', `${member.name}, ${layer.name}`);
      const off = error(member, layer, 'cumulative');
      assert.ok(Math.abs(off) < 0.05, `${member.name}, ${layer.name}: ${off}`);
      const { activationMean, activationStd } = measured.layers[layer.index]!;
      const square = layer.signal!.meanSquare / (activationMean ** 2 + activationStd ** 2);
      assert.ok(Math.abs(Math.log10(square)) < 0.2, `${member.name}, ${layer.name}: ${square}`);
    }
    assert.equal(layers[0]!.backwardFactor, 0);
  }
});

test('the factor of attention is what networks have, causal or not, over data or words', () => {
  const some = members('multiHeadAttention');
  assert.ok(some.length >= 3);
  for (const member of some) {
    for (const layer of predicted(member).layers.filter((l) => l.type === 'multiHeadAttention')) {
      assert.equal(layer.basis, 'meanField', `${member.name}, ${layer.name}`);
      const off = error(member, layer, 'backwardFactor');
      assert.ok(Math.abs(off) < 0.06, `${member.name}, ${layer.name}: ${off}`);
      const product = layer.terms.reduce((all, { factor }) => all * factor, 1);
      assert.ok(Math.abs(product / layer.backwardFactor - 1) < 1e-9);
    }
  }
});

test('attention in other forms: many small heads, values of another size, and what is left to the probe', () => {
  const dataset = randomData({ inputShape: [7, 24], classes: 4, count: 48 });
  const net = (attention: object) => {
    const layers = [{ type: 'multiHeadAttention', ...attention }, { type: 'flatten' }, { type: 'dense', units: 4 }];
    return network({ layers, loss: 'softmaxCrossEntropy', training: { batchSize: 16 } }, dataset);
  };
  for (const attention of [
    { numHeads: 6, keyDim: 8, causal: true, kernelInitializer: 'heNormal' },
    { numHeads: 2, keyDim: 12, valueDim: 30, biasInitializer: { type: 'randomNormal', stddev: 0.3 } },
  ]) {
    const layer = predict(net(attention)).layers[0]!;
    const off =
      Math.log10(layer.backwardFactor) - meanOf(probe({ ...net(attention), seeds: 12 })!.layers[0]!.backwardFactor);
    assert.ok(Math.abs(off) < 0.08, `${JSON.stringify(attention)}: ${off}`);
  }
  for (const more of [{ dropout: 0.2 }, { kernelInitializer: 'ones' }]) {
    assert.equal(predict(net({ numHeads: 2, keyDim: 8, ...more })).layers[0]!.basis, 'probe');
  }
});

test('labels that are equal in many places send the same gradient there', () => {
  const { near, pooled } = labelPositions([0, 0, 1, 2, 0, 0, 0, 0], 2, 4, 4);
  assert.deepEqual(
    [...pooled],
    [6 / 16, 8 / 16, 8 / 16, 1].map((equal) => equal - 0.25),
  );
  const centre = near.indexOf(1);
  assert.ok(Math.abs(near[centre + NEAR_SIDE]! - (4 / 6 - 0.25) / 0.75) < 1e-12);
  assert.equal(near[centre + NEAR_SIDE], near[centre - NEAR_SIDE]);
});

test('the same spec is predicted with the same numbers', () => {
  const [member] = members('gru');
  assert.deepEqual(predicted(member!), predicted(member!));
});
