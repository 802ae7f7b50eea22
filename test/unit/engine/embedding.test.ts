import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors';
import { Random } from '../../../src/base/random';
import { checkGradients } from '../../../src/engine/gradientCheck';
import type { Dataset } from '../../../src/spec/dataset';
import { type DataParts, network, randomData, type SpecParts, trainer } from './networks';

/** Data whose inputs are whole numbers below `limit`. */
function wholeNumbers(parts: DataParts, limit: number): Dataset {
  const data = randomData(parts);
  const numbers = (inputs: Float32Array, stream: string) => {
    const random = new Random(5, stream);
    return inputs.map(() => random.below(limit));
  };
  return {
    ...data,
    train: { ...data.train, inputs: numbers(data.train.inputs, 'train') },
    test: { ...data.test, inputs: numbers(data.test.inputs, 'test') },
  };
}

function check(parts: SpecParts, data: Dataset): void {
  const checks = checkGradients({ ...network(parts, data), entries: 40 });
  assert.ok(checks.length > 0);
  for (const { name, maxRelativeError, compared, unresolved, kinks } of checks) {
    assert.ok(maxRelativeError < 1e-6, `${name}: relative error ${maxRelativeError}`);
    // Rows that no sample names have a gradient of 0, which a difference does not resolve.
    assert.ok(name.endsWith('embeddings') ? compared > 0 : compared > 2 * unresolved, name);
    assert.equal(kinks, 0, name);
  }
}

const dense = (units: number, activation = 'linear', more: object = {}) => ({
  type: 'dense',
  units,
  activation,
  ...more,
});
const embedding = (inputDim: number, outputDim: number, more: object = {}) => ({
  type: 'embedding',
  inputDim,
  outputDim,
  embeddingsInitializer: { type: 'randomNormal', stddev: 1 },
  ...more,
});

test('embedding agrees with central differences', () => {
  const layers = [embedding(6, 5), dense(3, 'tanh'), { type: 'flatten' }, dense(2)];
  check({ layers }, wholeNumbers({ inputShape: [4], targetShape: [2] }, 6));
});

test('embeddings of one column, through reshape, and twice from the same data agree too', () => {
  const layers = [
    { type: 'reshape', name: 'r', targetShape: [2, 2] },
    embedding(7, 1, { name: 'a', inputs: ['r'] }),
    embedding(9, 1, { name: 'b', inputs: ['r'] }),
    { type: 'add', inputs: ['a', 'b'] },
    { type: 'flatten' },
    dense(3, 'tanh'),
    dense(1),
  ];
  check({ layers }, wholeNumbers({ inputShape: [4] }, 7));
});

test('positionalEmbedding agrees with central differences, behind an embedding and on data', () => {
  const positional = { type: 'positionalEmbedding', embeddingsInitializer: { type: 'randomNormal', stddev: 0.5 } };
  const tail = [dense(3, 'tanh'), { type: 'flatten' }, dense(2)];
  check({ layers: [embedding(6, 3), positional, ...tail] }, wholeNumbers({ inputShape: [4], targetShape: [2] }, 6));
  check({ layers: [positional, ...tail] }, randomData({ inputShape: [5, 3], targetShape: [2] }));
  // Its gradient goes on to a layer that overwrites it, and is its own table's all the same.
  check({ layers: [dense(4, 'sigmoid'), positional, ...tail] }, randomData({ inputShape: [5, 3], targetShape: [2] }));
});

test('multiply agrees with central differences, of two and of three inputs, the same one twice among them', () => {
  const layers = [
    dense(5, 'tanh', { name: 'a' }),
    dense(5, 'sigmoid', { name: 'b', inputs: ['data'] }),
    dense(5, 'softplus', { name: 'c', inputs: ['a'] }),
    { type: 'multiply', name: 'two', inputs: ['a', 'b'] },
    { type: 'multiply', name: 'square', inputs: ['two', 'c', 'c'] },
    { type: 'multiply', inputs: ['square', 'a', 'b'] },
    dense(2),
  ];
  check({ layers }, randomData({ inputShape: [4], targetShape: [2] }));
  const data = { layers: [{ type: 'multiply', inputs: ['data', 'data'] }, dense(2)] };
  check(data, randomData({ inputShape: [4], targetShape: [2] }));
});

test('an embedding looks up rows and adds up their gradients, and layers before it get a gradient of 0', () => {
  const layers = [{ type: 'flatten' }, embedding(5, 3), { type: 'flatten' }];
  const data = wholeNumbers({ inputShape: [2], targetShape: [6], count: 13 }, 5);
  for (const kernels of ['auto', 'reference'] as const) {
    const net = trainer({ layers, shuffle: false, training: { batchSize: 13 } }, data, { kernels });
    const record = net.gradients(0);
    const table = net.parameters()[0]!.values;
    const expected = new Float64Array(15);
    const h = net.outputOf('embedding_1');
    for (const [k, number] of data.train.inputs.entries()) {
      for (let d = 0; d < 3; d++) {
        assert.equal(h[k * 3 + d], table[number * 3 + d]);
        expected[number * 3 + d]! += (2 / (13 * 6)) * (table[number * 3 + d]! - data.train.targets[k * 3 + d]!);
      }
    }
    const gradient = net.parameterGradients()[0]!.values;
    for (const [k, g] of gradient.entries()) assert.ok(Math.abs(g - expected[k]!) < 1e-6, `${k}: ${g}`);
    assert.ok(net.inputGradient().every((v) => v === 0));
    assert.equal(record[net.layout.layers[0]!.outputGradient], 0);
    assert.equal(record[net.layout.layers[1]!.flow], 0, 'nothing is passed back');
  }
});

test('numbers that an embedding has no vector for are refused before training', () => {
  const layers = [
    { type: 'reshape', targetShape: [4, 1] },
    { type: 'flatten' },
    embedding(6, 2, { name: 'words' }),
    { type: 'flatten' },
    dense(1),
  ];
  const refused = (change: (inputs: Float32Array) => void, set: 'train' | 'test', message: RegExp, hint: RegExp) => {
    const data = wholeNumbers({ inputShape: [4], testCount: 3 }, 6);
    change(data[set].inputs);
    assert.throws(
      () => trainer({ layers }, data),
      (error: unknown) =>
        error instanceof UserError && error.code === 'NS320' && message.test(error.message) && hint.test(error.hint),
    );
  };
  refused((x) => x.fill(57, 3, 4), 'train', /`words`.*0 to 5.*`inputDim` 6.*largest.* 57/, /`inputDim` to 58/);
  refused((x) => x.fill(6, 11, 12), 'test', /largest.* 6/, /7/);
  refused((x) => x.fill(-2, 0, 1), 'train', /smallest.* -2/, /from 0/);
  refused((x) => x.fill(1.5, 5, 6), 'train', /1\.5/, /normalize/);
  assert.ok(trainer({ layers }, wholeNumbers({ inputShape: [4], testCount: 3 }, 6)));
});
