import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertGradients, randomData, relativeDistance, trainer } from './networks';

const random = { type: 'randomNormal', stddev: 0.5 };
const scaled = { gammaInitializer: { ...random, mean: 1 }, betaInitializer: random };
const dense = (units: number, activation = 'linear') => ({ type: 'dense', units, activation });

const LAYERS: readonly (readonly [string, object])[] = [
  ['batchNormalization', { type: 'batchNormalization', ...scaled }],
  ['batchNormalization without scale', { type: 'batchNormalization', scale: false, betaInitializer: random }],
  ['batchNormalization without center', { type: 'batchNormalization', center: false, epsilon: 0.5 }],
  ['batchNormalization without both', { type: 'batchNormalization', center: false, scale: false }],
  ['layerNormalization', { type: 'layerNormalization', ...scaled }],
  ['layerNormalization without scale', { type: 'layerNormalization', scale: false, epsilon: 0.3 }],
  ['layerNormalization without center', { type: 'layerNormalization', center: false }],
  ['layerNormalization without both', { type: 'layerNormalization', center: false, scale: false }],
  ['rmsNormalization', { type: 'rmsNormalization', gammaInitializer: scaled.gammaInitializer }],
  ['rmsNormalization without scale', { type: 'rmsNormalization', scale: false, epsilon: 0.2 }],
  ['groupNormalization', { type: 'groupNormalization', groups: 3, ...scaled }],
  ['groupNormalization of one group', { type: 'groupNormalization', groups: 1, scale: false }],
  ['groupNormalization of a channel each', { type: 'groupNormalization', groups: 6, center: false, epsilon: 0.1 }],
];
for (const [name, layer] of LAYERS) {
  test(`${name} agrees with central differences, of vectors and of sequences`, () => {
    // A channel of one number by itself is always 0: nothing to compare.
    if (!name.includes('of a channel each')) {
      assertGradients({ layers: [dense(6, 'tanh'), layer, dense(3)] }, { inputShape: [4], targetShape: [3] });
    }
    const sequence = [dense(6, 'tanh'), layer, dense(2, 'tanh'), { type: 'flatten' }, dense(3)];
    assertGradients({ layers: sequence }, { inputShape: [3, 4], targetShape: [3] });
    // The data itself is normalized: there is nobody to pass a gradient back to.
    assertGradients({ layers: [layer, dense(3)] }, { inputShape: [2, 6], targetShape: [2, 3] });
  });
}

test('batchNormalization over the axes of an image agrees with central differences', () => {
  const layers = [dense(4, 'tanh'), LAYERS[0]![1], { type: 'flatten' }, dense(2)];
  assertGradients({ layers }, { inputShape: [3, 5, 2], targetShape: [2], count: 3 });
});

test('a short last batch is normalized by itself, and padding does not count', () => {
  const layers = [dense(5, 'tanh'), { type: 'batchNormalization', epsilon: 1e-3 }, dense(2)];
  const data = randomData({ inputShape: [3], targetShape: [2], count: 21 });
  for (const kernels of ['auto', 'reference'] as const) {
    const net = trainer({ layers, training: { batchSize: 16 } }, data, { kernels });
    // A full batch first, so that the padding of the short one holds numbers of it.
    net.gradients(0);
    net.gradients(1);
    const h = net.outputOf('batchNormalization_1');
    const x = net.outputOf('dense_1');
    assert.equal(h.length, 5 * 5);
    for (let u = 0; u < 5; u++) {
      const values = Array.from({ length: 5 }, (_, j) => x[j * 5 + u]!);
      const mean = values.reduce((a, b) => a + b, 0) / 5;
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / 5;
      const expected = values.map((v) => (v - mean) / Math.sqrt(variance + 1e-3));
      assert.ok(
        relativeDistance(
          expected.map((_, j) => h[j * 5 + u]!),
          expected,
        ) < 1e-5,
        kernels,
      );
    }
  }
});

test('moving averages move once a training step and at no other time, and evaluation uses them', () => {
  const layers = [{ type: 'batchNormalization', momentum: 0.8 }, dense(1)];
  const data = randomData({ inputShape: [3], count: 16, testCount: 5 });
  for (const kernels of ['auto', 'reference'] as const) {
    const net = trainer({ layers, shuffle: false, training: { batchSize: 16, epochs: 3 } }, data, { kernels });
    const moving = (name: string) => net.parameters().find((p) => p.name === `batchNormalization_1/${name}`)!.values;
    net.gradients(0);
    net.lossAt(0);
    const before = net.evaluate()!.loss;
    assert.deepEqual([...moving('movingMean'), ...moving('movingVariance')], [0, 0, 0, 1, 1, 1]);
    assert.equal(net.run(2), 2);
    const trained = net.parameters();
    for (let u = 0; u < 3; u++) {
      const values = Array.from({ length: 16 }, (_, j) => data.train.inputs[j * 3 + u]!);
      const mean = values.reduce((a, b) => a + b, 0) / 16;
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / 16;
      assert.ok(Math.abs(moving('movingMean')[u]! - (1 - 0.8 ** 2) * mean) < 1e-6);
      assert.ok(Math.abs(moving('movingVariance')[u]! - (0.8 ** 2 + (1 - 0.8 ** 2) * variance)) < 1e-5);
    }
    // h = γ (x − m) ÷ √(v + ε) + β through the dense layer, by hand.
    const value = (name: string) => trained.find((p) => p.name === name)!.values;
    const [g, b] = [value('batchNormalization_1/gamma'), value('batchNormalization_1/beta')];
    const [w, c] = [value('dense_1/kernel'), value('dense_1/bias')];
    let loss = 0;
    for (let j = 0; j < 5; j++) {
      let y = c[0]!;
      for (let u = 0; u < 3; u++) {
        const x = data.test.inputs[j * 3 + u]! - moving('movingMean')[u]!;
        y += w[u]! * ((g[u]! * x) / Math.sqrt(moving('movingVariance')[u]! + 1e-3) + b[u]!);
      }
      loss += (y - data.test.targets[j]!) ** 2 / 5;
    }
    const after = net.evaluate()!.loss;
    assert.ok(Math.abs(after - loss) < 1e-5 * loss, `${after}, by hand ${loss}`);
    assert.notEqual(after, before);
    assert.deepEqual(net.parameters(), trained, 'evaluating changes nothing');
  }
});

test('a flat batch of one is normalized to nothing, without NaN, and layers behind it still train', () => {
  const layers = [dense(4), { type: 'batchNormalization' }, dense(2)];
  const net = trainer(
    { layers, training: { batchSize: 1, epochs: 2 } },
    randomData({ inputShape: [3], targetShape: [2] }),
  );
  net.run(100);
  assert.equal(net.diverged, false);
  net.gradients(0);
  assert.ok(net.outputOf('batchNormalization_1').every((v) => Math.abs(v) < 10));
  assert.ok(net.inputGradient().every((v) => v === 0));
  for (const { name, values } of net.parameters()) assert.ok(values.every(Number.isFinite), name);
});

test('frozen gamma and beta stay, while the moving averages move, as in TensorFlow.js', () => {
  const layers = [{ type: 'batchNormalization', trainable: false }, dense(1)];
  const net = trainer({ layers }, randomData({ inputShape: [3], count: 16 }));
  const before = net.parameters();
  net.run(1);
  for (const [k, { name, values }] of net.parameters().entries()) {
    const same = values.every((v, i) => v === before[k]!.values[i]);
    assert.equal(same, name.endsWith('gamma') || name.endsWith('beta'), name);
  }
});

test('what passing back through a normalization multiplies by is measured', () => {
  for (const type of ['batchNormalization', 'layerNormalization', 'rmsNormalization']) {
    // Inputs of deviation 100 are divided by it, and so are gradients.
    const layers = [
      { type: 'dense', units: 32, kernelInitializer: { type: 'randomNormal', stddev: 100 } },
      { type },
      dense(4),
    ];
    const net = trainer({ layers }, randomData({ inputShape: [1], targetShape: [4], count: 64 }), {
      mode: 'gradients',
    });
    const record = net.gradients(0);
    const { flow } = net.layout.layers[1]!;
    assert.ok(record[flow]! > 1e-4 && record[flow]! < 0.1, `${type}: ${record[flow]}`);
    assert.equal(record[flow + 1], 1, 'no activation');
    const [own, before] = [net.layout.layers[1]!, net.layout.layers[0]!].map((l) => record[l.outputGradient]!);
    assert.ok(Math.abs(before! / own! / record[flow]! - 1) < 1e-5);
  }
});
