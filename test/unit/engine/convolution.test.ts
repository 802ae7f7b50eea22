import { test } from 'node:test';
import { assertGradients, type DataParts, type SpecParts } from './networks';

const check = (parts: SpecParts, data: DataParts) => assertGradients(parts, data, 12);

const bias = { biasInitializer: { type: 'randomNormal', stddev: 0.3 } };
const image = { inputShape: [7, 6, 3], targetShape: [2] };
const sequence = { inputShape: [9, 3], targetShape: [2] };
/** The layer between two others, so that the gradient by its input is needed and its output is looked at everywhere. */
const between = (layer: object, before: object) => ({
  layers: [
    before,
    { ...bias, ...layer },
    { type: 'activation', activation: 'tanh' },
    { type: 'flatten' },
    { type: 'dense', units: 2 },
  ],
});
const before2d = { type: 'conv2d', filters: 4, kernelSize: 1, activation: 'tanh', ...bias };
const before1d = { type: 'conv1d', filters: 4, kernelSize: 1, activation: 'tanh', ...bias };
const plain = { biasInitializer: undefined };

const OPTIONS_2D: readonly object[] = [
  { kernelSize: 3 },
  { kernelSize: 3, padding: 'same' },
  { kernelSize: [2, 3], strides: [2, 1] },
  { kernelSize: 3, strides: 2, padding: 'same' },
  { kernelSize: 2, strides: 3, padding: 'same' },
  { kernelSize: 1, strides: 2 },
  { kernelSize: [2, 3], dilationRate: [3, 2] },
  { kernelSize: 3, dilationRate: 2, padding: 'same' },
  { kernelSize: 3, padding: 'same', useBias: false },
  { kernelSize: 3, activation: 'gelu' },
  { kernelSize: 2, activation: 'softmax' },
  { kernelSize: [7, 6] },
];
for (const options of OPTIONS_2D) {
  test(`conv2d ${JSON.stringify(options)} agrees with central differences`, () => {
    check(between({ type: 'conv2d', filters: 5, ...options }, before2d), image);
  });
  test(`depthwiseConv2d ${JSON.stringify(options)} agrees with central differences`, () => {
    check(between({ type: 'depthwiseConv2d', ...options }, before2d), image);
    check(between({ type: 'depthwiseConv2d', depthMultiplier: 3, ...options }, before2d), image);
  });
}

const OPTIONS_1D: readonly object[] = [
  { kernelSize: 3 },
  { kernelSize: 4, padding: 'same' },
  { kernelSize: 3, padding: 'causal' },
  { kernelSize: 3, padding: 'causal', strides: 2 },
  { kernelSize: 3, padding: 'causal', dilationRate: 2 },
  { kernelSize: 3, strides: 2 },
  { kernelSize: 3, strides: 2, padding: 'same' },
  { kernelSize: 2, dilationRate: 3 },
  { kernelSize: 3, useBias: false, activation: 'silu' },
];
for (const options of OPTIONS_1D) {
  test(`conv1d ${JSON.stringify(options)} agrees with central differences`, () => {
    check(between({ type: 'conv1d', filters: 5, ...options }, before1d), sequence);
  });
}

const POOLS: readonly object[] = [
  {},
  { poolSize: 3, strides: 1 },
  { poolSize: 3, strides: 2, padding: 'same' },
  { poolSize: 2, strides: 3, padding: 'same' },
];
for (const kind of ['max', 'average']) {
  for (const options of POOLS) {
    test(`${kind} pooling ${JSON.stringify(options)} agrees with central differences`, () => {
      check(between({ type: `${kind}Pooling2d`, ...plain, ...options }, before2d), image);
      check(between({ type: `${kind}Pooling1d`, ...plain, ...options }, before1d), sequence);
    });
  }
  test(`${kind} pooling of windows that are not square agrees with central differences`, () => {
    const options = { poolSize: [3, 2], strides: [2, 1], padding: 'same' };
    check(between({ type: `${kind}Pooling2d`, ...plain, ...options }, before2d), image);
  });
}
for (const type of ['globalAveragePooling2d', 'globalMaxPooling2d']) {
  test(`${type} agrees with central differences`, () => {
    check({ layers: [before2d, { type }, { type: 'dense', units: 2 }] }, image);
  });
}
test('globalAveragePooling1d agrees with central differences', () => {
  check({ layers: [before1d, { type: 'globalAveragePooling1d' }, { type: 'dense', units: 2 }] }, sequence);
});
