import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Symptom } from '../../../../src/analysis/evidence';
import { batchNormalizationSmallBatch } from '../../../../src/analysis/symptoms/batchNormalizationSmallBatch';
import { bottleneck } from '../../../../src/analysis/symptoms/bottleneck';
import { deadUnits } from '../../../../src/analysis/symptoms/deadUnits';
import { dropoutBeforeOutput } from '../../../../src/analysis/symptoms/dropoutBeforeOutput';
import { exploding } from '../../../../src/analysis/symptoms/exploding';
import { lossMismatch } from '../../../../src/analysis/symptoms/lossMismatch';
import { missingNonLinearity } from '../../../../src/analysis/symptoms/missingNonLinearity';
import { poorInitialization } from '../../../../src/analysis/symptoms/poorInitialization';
import { saturation } from '../../../../src/analysis/symptoms/saturation';
import { softmaxBeforeLoss } from '../../../../src/analysis/symptoms/softmaxBeforeLoss';
import { symmetricInitialization } from '../../../../src/analysis/symptoms/symmetricInitialization';
import { unnormalizedInputs } from '../../../../src/analysis/symptoms/unnormalizedInputs';
import { vanishing } from '../../../../src/analysis/symptoms/vanishing';
import { around, dense, digits, evidenceFor, repeat, residual } from './check';

/** Those that are found before training; what a run shows is another matter. */
const BEFORE: readonly Symptom[] = [
  vanishing,
  exploding,
  deadUnits,
  saturation,
  poorInitialization,
  symmetricInitialization,
  unnormalizedInputs,
  missingNonLinearity,
  softmaxBeforeLoss,
  lossMismatch,
  batchNormalizationSmallBatch,
  dropoutBeforeOutput,
  bottleneck,
];

const HE = '"heNormal"';
const BN = '{ "type": "batchNormalization" }';
const LN = '{ "type": "layerNormalization" }';
const POOL = '{ "type": "maxPooling2d" }';
const FLAT = '{ "type": "flatten" }';
const apply = (activation: string) => `{ "type": "activation", "activation": "${activation}" }`;
const drop = (rate: number) => `{ "type": "dropout", "rate": ${rate} }`;
const conv = (filters: number, activation = 'relu') =>
  `{ "type": "conv2d", "filters": ${filters}, "kernelSize": 3, "padding": "same", "activation": "${activation}", "kernelInitializer": ${HE} }`;
const image = (...layers: string[]) =>
  around([...layers, dense(10, 'linear')].join(', '), { data: '{ "source": "mnist", "limit": 200 }' });
const plane = (source: string, ...layers: string[]) =>
  around([...layers, dense(2, 'linear')].join(', '), {
    data: `{ "source": "${source}", "samples": 300 }`,
    optimizer: '"adam"',
  });
const teacher = (features: number, ...layers: string[]) =>
  around([...layers, dense(4, 'linear')].join(', '), {
    data: `{ "source": "randomTeacher", "features": ${features}, "classes": 4, "samples": 300 }`,
  });
const values = (source: string, ...layers: string[]) =>
  around([...layers, dense(1, 'linear')].join(', '), { data: source, loss: '"meanSquaredError"', optimizer: '"adam"' });
const adding = '{ "source": "adding", "length": 30, "samples": 100 }';
const recurrent = (type: string, rest = '') => `{ "type": "${type}", "units": 24${rest} }`;

const HEALTHY: readonly (readonly [name: string, text: string])[] = [
  ...[1, 3, 8, 20].map((n) => [`${n} ReLU layers`, digits(repeat(n, dense(64, 'relu', HE)))] as const),
  ...['tanh', 'softsign', 'selu', 'elu', 'leakyRelu'].map((a) => {
    const start = a === 'selu' ? '"leCunNormal"' : a === 'leakyRelu' ? HE : '"glorotUniform"';
    return [`6 ${a} layers`, digits(repeat(6, dense(64, a, start)))] as const;
  }),
  ...['gelu', 'silu', 'mish'].map((a) => [`4 ${a} layers`, digits(repeat(4, dense(64, a, HE)))] as const),
  ['softplus', digits(repeat(2, dense(64, 'softplus', HE)))],
  ['one sigmoid layer', digits(dense(128, 'sigmoid'))],
  ['Keras’s defaults', digits(`${dense(128, 'relu')}, ${drop(0.2)}`)],
  ['narrowing', digits([256, 128, 64, 32].map((n) => dense(n, 'relu', HE)).join(', '))],
  ['orthogonal', digits(repeat(8, dense(64, 'tanh', '"orthogonal"')))],
  ['LSUV', digits(repeat(6, dense(64, 'relu', '"lsuv"')))],
  ['dropout in the middle', digits(`${dense(128, 'relu', HE)}, ${drop(0.5)}, ${dense(64, 'relu', HE)}`)],
  ['batch normalization', digits(repeat(6, dense(64, 'linear', HE), BN, apply('relu')))],
  ['batch normalization and sigmoid', digits(repeat(4, dense(64, 'linear'), BN, apply('sigmoid')))],
  ['layer normalization after', digits(repeat(6, dense(64, 'relu', HE), LN))],
  [
    'residuals',
    digits(`${dense(64, 'linear')}, ${repeat(8, residual(LN, dense(64, 'relu', HE), dense(64, 'linear')))}`),
  ],
  [
    'residuals that begin as the identity',
    digits(`${dense(64, 'relu', HE)}, ${repeat(8, residual(dense(64, 'relu', HE), dense(64, 'linear', '"zeros"')))}`),
  ],
  ['a small convolutional net', image(conv(8), POOL, conv(16), POOL, FLAT, dense(32, 'relu', HE))],
  [
    'a deeper one with batch normalization',
    image(...[8, 8, 16].flatMap((f) => [conv(f, 'linear'), BN, apply('relu')]), '{ "type": "globalAveragePooling2d" }'),
  ],
  [
    'a separable one',
    image(
      conv(8),
      '{ "type": "depthwiseConv2d", "kernelSize": 3 }',
      '{ "type": "conv2d", "filters": 16, "kernelSize": 1, "activation": "relu" }',
      POOL,
      FLAT,
    ),
  ],
  ['moons', plane('moons', dense(32, 'tanh'), dense(32, 'tanh'))],
  ['circles', plane('circles', dense(64, 'relu', HE), dense(64, 'relu', HE))],
  ['spirals', plane('spiral', repeat(3, dense(32, 'tanh')))],
  ['xor by default weights', plane('xor', dense(64, 'relu'), dense(64, 'relu'), dense(64, 'relu'))],
  ['one logit', around(`${dense(16, 'tanh')}, ${dense(1, 'linear')}`, { loss: '"binaryCrossEntropy"' })],
  ['hinge', around(`${dense(16, 'relu', HE)}, ${dense(1, 'linear')}`, { loss: '"hinge"' })],
  ['many features', teacher(200, dense(64, 'relu', HE), dense(64, 'relu', HE))],
  ['few features', teacher(3, dense(64, 'gelu', HE), dense(64, 'gelu', HE))],
  ['a sine', values('{ "source": "sine", "samples": 200 }', dense(32, 'tanh'), dense(32, 'tanh'))],
  ['a sine with ReLU', values('{ "source": "sine", "samples": 200 }', dense(64, 'relu', HE), dense(64, 'relu', HE))],
  ...['lstm', 'gru', 'simpleRNN'].map((t) => [t, values(adding, recurrent(t))] as const),
  ['two recurrent layers', values(adding, recurrent('gru', ', "returnSequences": true'), recurrent('gru'))],
  [
    'a convolution over time',
    values(
      adding,
      '{ "type": "conv1d", "filters": 16, "kernelSize": 5, "activation": "relu" }',
      '{ "type": "globalAveragePooling1d" }',
      dense(16, 'relu'),
    ),
  ],
];

describe('healthy nets are left alone', () => {
  for (const [name, text] of HEALTHY) {
    test(name, () => {
      for (const probe of [false, true]) assertSilent(text, probe);
    });
  }
  for (const name of [
    'copy-attention',
    'digits-convolutional',
    'flowers',
    'long-memory-lstm',
    'repaired-relu',
    'residual',
    'residual-batchnorm',
    'spiral',
  ]) {
    test(`the example ${name}`, () => {
      const text = readFileSync(`examples/${name}.netspec.json`, 'utf8');
      for (const probe of [false, true]) assertSilent(text, probe);
    });
  }
});

/** Information is a matter of taste; a warning is not. */
function assertSilent(text: string, probe: boolean): void {
  const evidence = evidenceFor(text, { probe });
  const found = BEFORE.flatMap((symptom) => symptom.detect(evidence)).filter((f) => f.severity !== 'information');
  assert.deepEqual(
    found.map((f) => `${f.code} ${f.message}`),
    [],
  );
}
