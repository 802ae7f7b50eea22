import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { allAlike, weightMoments } from '../../../../src/analysis/initialWeights';
import type { ProbeResult } from '../../../../src/analysis/probe';
import { deadUnits } from '../../../../src/analysis/symptoms/deadUnits';
import { poorInitialization } from '../../../../src/analysis/symptoms/poorInitialization';
import { flatShare, saturation } from '../../../../src/analysis/symptoms/saturation';
import { symmetricInitialization } from '../../../../src/analysis/symptoms/symmetricInitialization';
import { Random } from '../../../../src/base/random';
import { initialize } from '../../../../src/engine/initializers';
import type { ParameterInfo } from '../../../../src/spec/network';
import type { InitializerSpec } from '../../../../src/spec/schema';
import { around, dense, digits, evidenceFor, finds, type Given, repeat, residual } from './check';

const normal = (stddev: number) => `{ "type": "randomNormal", "stddev": ${stddev} }`;
const mark = (code: string, text: string) => `⟪${code} ${text}⟫`;
const HE = '"heNormal"';
const BN = '{ "type": "batchNormalization" }';
const apply = (activation: string) => `{ "type": "activation", "activation": "${activation}" }`;

describe('poorInitialization', () => {
  const fires: [string, string, string?][] = [
    ['weights too large', digits(repeat(3, dense(64, 'tanh', mark('GF105', normal(1)))))],
    ['weights too small, over two layers', digits(repeat(2, dense(64, 'relu', mark('GF105', normal(0.01)))))],
    ['a gain too large', digits(dense(64, 'tanh', mark('GF105', '{ "type": "orthogonal", "gain": 5 }')))],
    ['a scale too large', digits(dense(64, 'relu', mark('GF105', '{ "type": "varianceScaling", "scale": 50 }')))],
    ['an output layer too large', around(`${dense(64, 'relu', HE)}, ${dense(2, 'linear', mark('GF105', normal(3)))}`)],
    ['Glorot for many ReLU', digits(repeat(20, dense(64, 'relu', mark('GF105', '"glorotUniform"'))))],
    [
      'Glorot by default for many ReLU',
      digits(repeat(20, `{ "type": ⟪GF105 "dense"⟫, "units": 64, "activation": "relu" }`)),
    ],
    [
      'Glorot for some ReLU is a matter of taste',
      digits(repeat(8, dense(64, 'relu', mark('GF105', '"glorotNormal"')))),
      'information',
    ],
  ];
  for (const [name, text, severity = 'warning'] of fires) {
    test(name, () => {
      const [found] = finds(poorInitialization, text);
      assert.equal(found!.severity, severity);
      assert.ok(found!.judgements[0]!.value > found!.judgements[0]!.threshold);
    });
  }
  const silent: [string, string][] = [
    ['He and ReLU', digits(repeat(30, dense(64, 'relu', HE)))],
    ['Glorot for three ReLU', digits(repeat(3, dense(64, 'relu')))],
    ['LeCun and SELU', digits(repeat(20, dense(64, 'selu', '"leCunNormal"')))],
    ['Glorot and tanh', digits(repeat(20, dense(64, 'tanh')))],
    ['orthogonal and tanh', digits(repeat(20, dense(64, 'tanh', '"orthogonal"')))],
    ['LSUV', digits(repeat(5, dense(64, 'relu', '"lsuv"')))],
    ['ReLU that narrow', digits([256, 128, 64, 32].map((n) => dense(n, 'relu')).join(', '))],
    ['a normal that happens to fit', digits(dense(64, 'relu', normal(0.05)))],
    ['two features into many units', around(`${dense(128, 'relu')}, ${dense(128, 'relu')}, ${dense(2, 'linear')}`)],
    [
      'a small output layer',
      digits(dense(64, 'relu', HE)).replace(
        '"name": "logits"',
        `"name": "logits", "kernelInitializer": ${normal(0.001)}`,
      ),
    ],
    ['a normalization after it', digits([dense(64, 'linear', normal(1)), BN, apply('relu')].join(', '))],
    [
      'a small end of a residual',
      digits(`${dense(64, 'relu', HE)}, ${residual(dense(64, 'relu', HE), dense(64, 'linear', normal(0.001)))}`),
    ],
    ['what makes gradients explode is said there', digits(repeat(8, dense(64, 'relu', normal(1))))],
  ];
  for (const [name, text] of silent) test(`silent: ${name}`, () => void finds(poorInitialization, text));
});

describe('symmetricInitialization', () => {
  const fires: [string, string, string][] = [
    ['zeros before ReLU: nothing ever passes', digits(dense(16, 'relu', mark('GF106', '"zeros"'))), 'error'],
    ['zeros before tanh', digits(dense(16, 'tanh', mark('GF106', '"zeros"'))), 'warning'],
    [
      'zeros everywhere',
      `${digits(dense(16, 'tanh', mark('GF106', '"zeros"'))).replace('"name": "logits"', '"name": "logits", "kernelInitializer": "zeros"')}`,
      'error',
    ],
    ['ones', digits(dense(16, 'sigmoid', mark('GF106', '"ones"'))), 'warning'],
    ['a constant', digits(dense(16, 'relu', mark('GF106', '{ "type": "constant", "value": 0.1 }'))), 'warning'],
    ['a normal without spread', digits(dense(16, 'tanh', mark('GF106', normal(0)))), 'warning'],
    [
      'a repeat, said once: the next is alike too',
      digits(repeat(3, dense(16, 'tanh', mark('GF106', '{ "type": "constant", "value": 0.1 }')))),
      'error',
    ],
    [
      'a convolution',
      around(
        `{ "type": "conv2d", "filters": 4, "kernelSize": 3, "activation": "relu", "kernelInitializer": ⟪GF106 "zeros"⟫ }, { "type": "flatten" }, ${dense(10, 'linear')}`,
        { data: '{ "source": "mnist", "limit": 50 }' },
      ),
      'error',
    ],
  ];
  for (const [name, text, severity] of fires) {
    test(name, () => assert.equal(finds(symmetricInitialization, text)[0]!.severity, severity));
  }
  const silent: [string, string][] = [
    ['random weights', digits(dense(16, 'relu', HE))],
    [
      'zeros in the output layer',
      digits(dense(16, 'relu', HE)).replace('"name": "logits"', '"name": "logits", "kernelInitializer": "zeros"'),
    ],
    [
      'zeros at the end of a residual',
      digits(`${dense(16, 'relu', HE)}, ${residual(dense(16, 'relu', HE), dense(16, 'linear', '"zeros"'))}`),
    ],
    [
      'zeros and a normalization at the end of a residual',
      digits(`${dense(16, 'relu', HE)}, ${residual(dense(16, 'linear', '"zeros"'), BN)}`),
    ],
    ['the identity', digits(`${dense(16, 'relu', HE)}, ${dense(16, 'relu', '"identity"')}`)],
    ['biases of zero', digits(dense(16, 'relu', HE, ', "biasInitializer": "zeros"'))],
    [
      'gamma of zero',
      digits(
        `${dense(16, 'relu', HE)}, ${residual(dense(16, 'relu', HE), '{ "type": "batchNormalization", "gammaInitializer": "zeros" }')}`,
      ),
    ],
  ];
  for (const [name, text] of silent) test(`silent: ${name}`, () => void finds(symmetricInitialization, text));
  test('what was measured is told', () => {
    const [found] = finds(
      symmetricInitialization,
      digits(
        `${dense(16, 'tanh', mark('GF106', '{ "type": "constant", "value": 0.1 }'))}, ${dense(16, 'tanh', mark('GF106', '"ones"'))}`,
      ),
      { probe: true },
    );
    assert.equal(found!.judgements[0]?.setting, 'unitSpread');
  });
});

/** A probe in which every layer has these numbers. */
function probed(numbers: Partial<ProbeResult['layers'][number]>): Given {
  return {
    evidence: ({ graph }) => ({
      probe: {
        seeds: [1],
        loss: 1,
        firstLosses: [],
        layers: graph.layers.map(({ name, index }) => ({
          name,
          index,
          cumulative: [],
          backwardFactor: [],
          activationFactor: [],
          weightFactor: [],
          outputGradient: [],
          activationMean: 0,
          activationStd: 1,
          zeroFraction: 0,
          saturatedFraction: Number.NaN,
          deadFraction: Number.NaN,
          updateRatio: Number.NaN,
          signalToNoise: Number.NaN,
          unitSpread: Number.NaN,
          ...numbers,
        })) as unknown as ProbeResult['layers'],
      },
    }),
  };
}

describe('saturation', () => {
  test('weights too large', () => {
    const [found] = finds(saturation, digits(repeat(3, dense(64, 'tanh', mark('GF104', normal(1))))));
    assert.equal(found!.basis, 'prediction');
    assert.match(found!.hint, /glorotUniform/);
  });
  test('sigmoid with weights too large', () =>
    void finds(saturation, digits(dense(64, 'sigmoid', mark('GF104', normal(1))))));
  test('an activation of its own', () =>
    void finds(saturation, digits(`${dense(64, 'linear', mark('GF104', normal(1)))}, ${apply('tanh')}`)));
  test('hard edges', () => void finds(saturation, digits(dense(64, 'hardTanh', mark('GF104', normal(0.5))))));
  test('what the probe measured goes before the prediction', () => {
    const text = digits(dense(64, 'tanh', normal(1)));
    finds(saturation, text, probed({ saturatedFraction: 0.2 }));
    const [found] = finds(
      saturation,
      digits(`{ "type": "dense", "units": 64, "activation": ⟪GF104 "tanh"⟫ }`),
      probed({ saturatedFraction: 0.8 }),
    );
    assert.equal(found!.basis, 'probe');
  });
  test('measured for real', () => {
    const [found] = finds(saturation, digits(repeat(3, dense(64, 'tanh', mark('GF104', normal(1))))), { probe: true });
    assert.equal(found!.basis, 'probe');
    assert.ok(found!.judgements[0]!.value > 0.6);
  });
  const silent: [string, string][] = [
    ['Glorot and tanh', digits(repeat(10, dense(64, 'tanh')))],
    ['Glorot and sigmoid', digits(repeat(10, dense(64, 'sigmoid')))],
    ['ReLU is not flat at both ends', digits(repeat(3, dense(64, 'relu', normal(1))))],
    ['a normalization between', digits([dense(64, 'linear', normal(1)), BN, apply('tanh')].join(', '))],
  ];
  for (const [name, text] of silent) test(`silent: ${name}`, () => void finds(saturation, text));
  test('the share of flat units is that of a normal distribution', () => {
    // tanh′ = 1 − tanh² = 0.05.
    assert.ok(Math.abs(flatShare('tanh', Math.atanh(Math.sqrt(0.95))) - 0.317311) < 1e-4);
    assert.ok(Math.abs(flatShare('hardTanh', 1) - 0.317311) < 1e-6);
    assert.equal(flatShare('relu', 100), 0);
    assert.equal(flatShare('tanh', 0), 0);
  });
});

describe('deadUnits', () => {
  const bias = (value: number) => `, "biasInitializer": ⟪GF103 { "type": "constant", "value": ${value} }⟫`;
  test('a bias far below 0', () => {
    const [found] = finds(deadUnits, digits(dense(64, 'relu', HE, bias(-5))));
    assert.match(found!.hint, /zeros/);
    assert.ok(found!.judgements[0]!.value > 0.99);
  });
  test('a bias somewhat below 0', () => void finds(deadUnits, digits(dense(64, 'relu', HE, bias(-1)))));
  test('an activation of its own', () =>
    void finds(deadUnits, digits(`${dense(64, 'linear', HE, bias(-5))}, ${apply('relu6')}`)));
  test('weights below 0 on inputs above', () => {
    finds(
      deadUnits,
      digits(dense(64, 'relu', mark('GF103', '{ "type": "randomUniform", "minval": -0.1, "maxval": 0 }'))),
    );
  });
  test('what the probe measured', () => {
    const [found] = finds(
      deadUnits,
      digits(`{ "type": "dense", "units": 64, "activation": ⟪GF103 "relu"⟫ }`),
      probed({ deadFraction: 0.8 }),
    );
    assert.equal(found!.basis, 'probe');
    finds(deadUnits, digits(dense(64, 'relu')), probed({ deadFraction: 0.6 }));
    finds(deadUnits, digits(dense(4, 'relu')), probed({ deadFraction: 0.8 }));
    finds(deadUnits, digits(`{ "type": "dense", "units": 64, "activation": ⟪GF103 "relu"⟫ }`), {
      ...probed({ deadFraction: 0.6 }),
      thresholds: { deadFraction: 0.5 },
    });
  });
  const silent: [string, string][] = [
    ['a small bias', digits(dense(64, 'relu', HE, ', "biasInitializer": { "type": "constant", "value": -0.01 }'))],
    ['a bias above 0', digits(dense(64, 'relu', HE, ', "biasInitializer": { "type": "constant", "value": 1 }'))],
    ['leaky ReLU', digits(dense(64, 'leakyRelu', HE, ', "biasInitializer": { "type": "constant", "value": -5 }'))],
    [
      'a normalization takes the bias away',
      digits(
        [dense(64, 'linear', HE, ', "biasInitializer": { "type": "constant", "value": -5 }'), BN, apply('relu')].join(
          ', ',
        ),
      ),
    ],
    [
      'the output',
      digits(dense(64, 'relu', HE)).replace(
        '"name": "logits"',
        '"name": "logits", "biasInitializer": { "type": "constant", "value": -5 }',
      ),
    ],
  ];
  for (const [name, text] of silent) test(`silent: ${name}`, () => void finds(deadUnits, text));
  for (const depth of [2, 10, 30]) {
    test(`silent: ${depth} healthy layers, measured`, () =>
      void finds(deadUnits, digits(repeat(depth, dense(64, 'relu', HE))), { probe: true }));
  }
});

test('moments of initial weights are those of the draws', () => {
  const specs: InitializerSpec[] = [
    { type: 'zeros' },
    { type: 'ones' },
    { type: 'constant', value: 0.3 },
    { type: 'randomUniform', minval: -0.1, maxval: 0.4 },
    { type: 'randomNormal', mean: 0.2, stddev: 0.3 },
    { type: 'truncatedNormal', mean: 0, stddev: 0.3 },
    { type: 'glorotUniform' },
    { type: 'glorotNormal' },
    { type: 'heUniform' },
    { type: 'heNormal' },
    { type: 'leCunUniform' },
    { type: 'leCunNormal' },
    { type: 'orthogonal', gain: 2 },
    { type: 'varianceScaling', scale: 3, mode: 'fanOut', distribution: 'uniform' },
  ];
  for (const initializer of specs) {
    const parameter: ParameterInfo = {
      name: 'kernel',
      shape: [200, 100],
      initializer,
      fanIn: 200,
      fanOut: 100,
      trainable: true,
    };
    const drawn = initialize(initializer, parameter, new Random(3, initializer.type));
    const mean = drawn.reduce((a, b) => a + b, 0) / drawn.length;
    const variance = drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / drawn.length;
    const told = weightMoments(parameter);
    assert.ok(Math.abs(told.mean - mean) < 0.01, `${initializer.type}: mean ${told.mean} ${mean}`);
    assert.ok(
      Math.abs(told.variance - variance) <= 0.04 * variance + 1e-12,
      `${initializer.type}: variance ${told.variance} ${variance}`,
    );
    assert.equal(
      allAlike(initializer),
      drawn.every((w) => w === drawn[0]),
      initializer.type,
    );
  }
});

test('a layer of a repeat is found once, with the names of all', () => {
  const [found, ...others] = finds(saturation, digits(repeat(3, dense(64, 'tanh', mark('GF104', normal(1))))));
  assert.equal(others.length, 0);
  assert.deepEqual(found!.evidence.layers, ['dense_1/1', 'dense_1/2', 'dense_1/3']);
  assert.ok(evidenceFor(digits(dense(4, 'tanh'))).prediction);
});
