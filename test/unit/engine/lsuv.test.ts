import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Trainer } from '../../../src/engine/trainer';
import { type Network, network, randomData, trainer } from './networks';

const lsuv = (units: number, activation = 'linear', more: object = {}) => ({
  type: 'dense',
  units,
  activation,
  kernelInitializer: 'lsuv',
  ...more,
});

/** Variance of a dense layer's z = W·x + b on the first batch, by plain loops over what the network says it has. */
function varianceOf(net: Trainer, { graph }: Network, name: string): number {
  net.gradients(0);
  const layer = graph.layers.find((l) => l.name === name)!;
  const source = layer.inputs[0]!;
  const x = source < 0 ? net.batch(0).inputs : net.outputOf(graph.layers[source]!.name);
  const value = (parameter: string) => net.parameters().find((p) => p.name === `${name}/${parameter}`)?.values;
  const [kernel, bias] = [value('kernel')!, value('bias')];
  const [width, units] = layer.parameters[0]!.shape as [number, number];
  const z: number[] = [];
  for (let at = 0; at < x.length; at += width) {
    for (let u = 0; u < units; u++) {
      let sum = bias?.[u] ?? 0;
      for (let k = 0; k < width; k++) sum += x[at + k]! * kernel[k * units + u]!;
      z.push(sum);
    }
  }
  const mean = z.reduce((a, b) => a + b, 0) / z.length;
  return z.reduce((a, b) => a + (b - mean) ** 2, 0) / z.length;
}

const KINDS = [
  { kernels: 'auto', precision: 'float32' },
  { kernels: 'reference', precision: 'float32' },
  { kernels: 'reference', precision: 'float64' },
] as const;

function checkVariances(
  layers: readonly object[],
  inputShape: readonly number[],
  targetShape: readonly number[],
): void {
  for (const { kernels, precision } of KINDS) {
    for (const batchSize of [64, 37]) {
      const parts = { layers, training: { batchSize, precision } };
      const whole = network(parts, randomData({ inputShape, targetShape, count: 70 }));
      const net = trainer(parts, whole.dataset, { kernels });
      const scaled = whole.graph.layers.filter((l) => l.parameters.some((p) => p.initializer.type === 'lsuv'));
      assert.ok(scaled.length > 0);
      for (const { name } of scaled) {
        const variance = varianceOf(net, whole, name);
        assert.ok(Math.abs(variance - 1) < 0.0101, `${name} (${kernels}, ${precision}): ${variance}`);
      }
    }
  }
}

for (const activation of ['linear', 'sigmoid', 'tanh', 'relu', 'gelu', 'softmax']) {
  test(`lsuv gives every pre-activation variance 1, through ${activation}`, () => {
    const deep = [1, 2, 3, 4, 5, 6].map(() => lsuv(20, activation));
    checkVariances([...deep, lsuv(3)], [7], [3]);
  });
}

test('lsuv gives residual blocks, sequences and normalized layers variance 1, biases and all', () => {
  const bias = { biasInitializer: { type: 'randomNormal', stddev: 0.3 } };
  const layers = [
    lsuv(9, 'tanh', bias),
    { type: 'residual', layers: [lsuv(9, 'relu', bias), { type: 'layerNormalization' }, lsuv(9)] },
    { type: 'batchNormalization' },
    { type: 'dense', units: 5, activation: 'sigmoid' },
    { type: 'flatten' },
    lsuv(4),
  ];
  checkVariances(layers, [3, 8], [4]);
});

/** φ⁻¹ of the activations through which z can be told from h. */
const INVERSES: Readonly<Record<string, (h: number) => number>> = { linear: (h) => h, tanh: Math.atanh };

for (const activation of Object.keys(INVERSES)) {
  test(`lsuv gives convolutions of every kind variance 1, through ${activation}`, () => {
    const image = { activation, padding: 'same', kernelSize: 3 };
    const layers = [
      { type: 'conv2d', filters: 5, ...image, kernelInitializer: 'lsuv' },
      { type: 'depthwiseConv2d', depthMultiplier: 2, ...image, depthwiseInitializer: 'lsuv' },
      { type: 'conv2d', filters: 3, kernelSize: 2, strides: 2, activation, kernelInitializer: 'lsuv' },
      { type: 'reshape', targetShape: [12, 2] },
      { type: 'conv1d', filters: 4, kernelSize: 3, padding: 'causal', activation, kernelInitializer: 'lsuv' },
      { type: 'flatten' },
      lsuv(2),
    ];
    for (const { kernels, precision } of KINDS) {
      const parts = { layers, training: { batchSize: 16, precision } };
      const data = randomData({ inputShape: [5, 9, 2], targetShape: [2], count: 20 });
      const net = trainer(parts, data, { kernels });
      net.gradients(0);
      for (const name of ['conv2d_1', 'depthwiseConv2d_1', 'conv2d_2', 'conv1d_1']) {
        const z = Array.from(net.outputOf(name), INVERSES[activation]!);
        const mean = z.reduce((a, b) => a + b, 0) / z.length;
        const variance = z.reduce((a, b) => a + (b - mean) ** 2, 0) / z.length;
        assert.ok(Math.abs(variance - 1) < 0.0102, `${name} (${kernels}, ${precision}): ${variance}`);
      }
    }
  });
}

test('kernels by lsuv are orthonormal up to their scale, and the same every time', () => {
  const make = () => trainer({ layers: [lsuv(5)] }, randomData({ inputShape: [8], targetShape: [5], count: 64 }));
  const kernel = make().parameters()[0]!.values;
  assert.deepEqual(make().parameters()[0]!.values, kernel);
  const dot = (a: number, b: number) => {
    let sum = 0;
    for (let k = 0; k < 8; k++) sum += kernel[k * 5 + a]! * kernel[k * 5 + b]!;
    return sum;
  };
  for (let a = 1; a < 5; a++) {
    assert.ok(Math.abs(dot(a, a) / dot(0, 0) - 1) < 1e-5);
    assert.ok(Math.abs(dot(a, a - 1)) < 1e-5);
  }
});

test('a pre-activation without variance leaves its kernel as it is', () => {
  const layers = [{ type: 'dense', units: 4, kernelInitializer: 'zeros' }, lsuv(3)];
  const net = trainer({ layers }, randomData({ inputShape: [2], targetShape: [3] }));
  const kernel = net.parameters().find((p) => p.name === 'dense_2/kernel')!.values;
  const squares = Array.from(kernel).reduce((a, b) => a + b * b, 0);
  assert.ok(Math.abs(squares - 3) < 1e-5, `${squares}: orthonormal`);
});

test('initializing by data moves nothing else', () => {
  const layers = [lsuv(4, 'tanh'), { type: 'batchNormalization' }, { type: 'dropout', rate: 0.5 }, lsuv(2)];
  const net = trainer({ layers }, randomData({ inputShape: [3], targetShape: [2] }));
  const value = (name: string) => [...net.parameters().find((p) => p.name === name)!.values];
  assert.deepEqual(value('batchNormalization_1/movingMean'), [0, 0, 0, 0]);
  assert.deepEqual(value('batchNormalization_1/movingVariance'), [1, 1, 1, 1]);
  assert.equal(net.step, 0);
});
