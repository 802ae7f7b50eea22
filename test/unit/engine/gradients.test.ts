import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkGradients } from '../../../src/engine/gradientCheck';
import { ACTIVATION_CODE } from '../../../src/engine/kernels/contract';
import { assertGradients, network, randomData } from './networks';

const dense = (units: number, activation = 'linear', more: object = {}) => ({
  type: 'dense',
  units,
  activation,
  biasInitializer: { type: 'randomNormal', stddev: 0.3 },
  ...more,
});

for (const activation of [...Object.keys(ACTIVATION_CODE), 'softmax']) {
  test(`dense with ${activation} agrees with central differences`, () => {
    assertGradients(
      { layers: [dense(7, activation), dense(5, activation), dense(3)] },
      { inputShape: [4], targetShape: [3] },
    );
  });
  test(`an ${activation} layer over several positions agrees with central differences`, () => {
    const layers = [dense(5), { type: 'activation', activation }, dense(2), { type: 'flatten' }, dense(3)];
    assertGradients({ layers }, { inputShape: [3, 4], targetShape: [3] });
  });
}

for (const loss of ['meanSquaredError', 'meanAbsoluteError', 'huber']) {
  test(`${loss} agrees with central differences, positions and all`, () => {
    assertGradients({ layers: [dense(6, 'tanh'), dense(2)], loss }, { inputShape: [3, 4], targetShape: [3, 2] });
  });
}
test('softmaxCrossEntropy agrees with central differences', () => {
  assertGradients(
    { layers: [dense(6, 'tanh'), dense(4)], loss: 'softmaxCrossEntropy' },
    { inputShape: [5], classes: 4 },
  );
});
test('softmaxCrossEntropy of a label a position agrees with central differences', () => {
  const data = { inputShape: [3, 5], classes: 4, targetShape: [3] };
  assertGradients({ layers: [dense(6, 'tanh'), dense(4)], loss: 'softmaxCrossEntropy' }, data);
});
for (const loss of ['binaryCrossEntropy', 'hinge']) {
  test(`${loss} agrees with central differences`, () => {
    assertGradients({ layers: [dense(6, 'tanh'), dense(1)], loss }, { inputShape: [5], classes: 2, seed: 9 });
  });
}

test('residual blocks, scaled and projected, agree with central differences', () => {
  const layers = [
    dense(6, 'tanh'),
    { type: 'residual', scale: 0.5, layers: [dense(6, 'gelu'), dense(6, 'silu')] },
    { type: 'residual', shortcut: 'projection', layers: [dense(5, 'tanh'), dense(3)] },
    dense(2),
  ];
  assertGradients({ layers }, { inputShape: [4], targetShape: [2] });
});

test('named inputs with several consumers, add and concatenate agree with central differences', () => {
  const layers = [
    dense(5, 'tanh', { name: 'a' }),
    dense(5, 'sigmoid', { name: 'b', inputs: ['data'] }),
    { type: 'add', name: 'sum', inputs: ['a', 'b', 'a'] },
    dense(3, 'softplus', { name: 'c', inputs: ['a'] }),
    { type: 'concatenate', inputs: ['sum', 'c', 'b'] },
    { type: 'dropout', rate: 0.4 },
    dense(2),
  ];
  assertGradients({ layers }, { inputShape: [4], targetShape: [2] });
});

test('concatenate along the first axis and reshape agree with central differences', () => {
  const layers = [
    dense(4, 'tanh', { name: 'a' }),
    dense(4, 'mish', { name: 'b' }),
    { type: 'concatenate', axis: 0, inputs: ['a', 'b'] },
    { type: 'reshape', targetShape: [3, -1] },
    dense(2, 'tanh'),
    { type: 'flatten' },
    dense(1),
  ];
  assertGradients({ layers }, { inputShape: [3, 2] });
});

test('the check finds nothing to compare where gradients have vanished, rather than calling them right', () => {
  const layers = [{ type: 'repeat', times: 30, layers: [dense(4, 'sigmoid')] }, dense(1)];
  const checks = checkGradients({ ...network({ layers }, randomData({ inputShape: [4] })), entries: 4 });
  assert.equal(checks[0]?.compared, 0);
  assert.equal(checks[0]?.unresolved, 4);
});

test('ReLU at exactly 0 is called a kink, not a wrong gradient', () => {
  const layers = [{ type: 'dense', units: 4, activation: 'relu', kernelInitializer: 'zeros' }, dense(3)];
  const [kernel, bias, ...others] = checkGradients(
    network({ layers }, randomData({ inputShape: [4], targetShape: [3] })),
  );
  assert.deepEqual([kernel?.kinks, kernel?.compared], [16, 0]);
  assert.deepEqual([bias?.kinks, bias?.compared], [4, 0]);
  for (const { name, maxRelativeError, kinks } of others) assert.ok(maxRelativeError < 1e-6 && kinks === 0, name);
});

test('gradients far larger than the loss agree with central differences', () => {
  const layers = [
    { type: 'dense', units: 4, kernelInitializer: { type: 'randomNormal', stddev: 1e6 } },
    { type: 'dense', units: 4, activation: 'tanh', kernelInitializer: { type: 'randomNormal', stddev: 1e-6 } },
    dense(2),
  ];
  const [, , steep] = checkGradients(network({ layers }, randomData({ inputShape: [3], targetShape: [2] })));
  assert.deepEqual([steep?.name, steep?.compared, steep?.kinks], ['dense_2/kernel', 16, 0]);
  assert.ok(steep!.maxRelativeError < 1e-6, `${steep!.maxRelativeError}`);
});

for (const activation of ['elu', 'softsign']) {
  test(`${activation} at exactly 0, where its slope has a corner, is not called a wrong gradient`, () => {
    const layers = [
      { type: 'dense', units: 4, activation, kernelInitializer: 'zeros' },
      dense(3, 'tanh', { kernelInitializer: { type: 'constant', value: 0.7 } }),
    ];
    for (const { name, maxRelativeError, kinks, compared } of checkGradients(
      network({ layers }, randomData({ inputShape: [4], targetShape: [3] })),
    )) {
      if (name === 'dense_2/kernel') continue; // the gradient by it is 0
      assert.ok(maxRelativeError < 1e-6 && kinks === 0 && compared > 0, `${name}: ${maxRelativeError}`);
    }
  });
}
