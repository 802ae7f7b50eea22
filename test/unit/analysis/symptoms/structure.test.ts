import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Symptom } from '../../../../src/analysis/evidence';
import type { Severity } from '../../../../src/analysis/finding';
import { batchNormalizationSmallBatch } from '../../../../src/analysis/symptoms/batchNormalizationSmallBatch';
import { bottleneck } from '../../../../src/analysis/symptoms/bottleneck';
import { dropoutBeforeOutput } from '../../../../src/analysis/symptoms/dropoutBeforeOutput';
import { lossMismatch } from '../../../../src/analysis/symptoms/lossMismatch';
import { missingNonLinearity } from '../../../../src/analysis/symptoms/missingNonLinearity';
import { softmaxBeforeLoss } from '../../../../src/analysis/symptoms/softmaxBeforeLoss';
import type { Dataset } from '../../../../src/spec/dataset';
import { around, finds, type Given } from './check';

type Case = readonly [name: string, text: string, severity?: Severity, given?: Given];

function cases(symptom: Symptom, list: readonly Case[]): void {
  describe(symptom.name, () => {
    for (const [name, text, severity, given] of list) {
      test(name, () => {
        for (const finding of finds(symptom, text, given))
          assert.equal(finding.severity, severity ?? 'warning', finding.message);
      });
    }
  });
}

const relu = (units: number) => `{ "type": "dense", "units": ${units}, "activation": "relu" }`;
const linear = (units: number) => `{ "type": "dense", "units": ${units} }`;
const marked = (units: number, code = 'GF114') => `{ "type": ⟪${code} "dense"⟫, "units": ${units} }`;
const sine = { data: '{ "source": "sine", "samples": 100 }', loss: '"meanSquaredError"' };
const mnist = { data: '{ "source": "mnist", "limit": 50 }' };

cases(missingNonLinearity, [
  ['two dense layers', around(`${marked(16)}, ${linear(2)}`)],
  ['an activation between', around(`${relu(16)}, ${linear(2)}`)],
  [
    'an activation layer between',
    around(`${linear(16)}, { "type": "activation", "activation": "tanh" }, ${linear(2)}`),
  ],
  [
    'an activation layer that does nothing',
    around(`${marked(16)}, { "type": "activation", "activation": "linear" }, ${linear(2)}`),
  ],
  ['the word linear', around(`{ "type": "dense", "units": 16, "activation": ⟪GF114 "linear"⟫ }, ${linear(2)}`)],
  ['dropout between', around(`${marked(16)}, { "type": "dropout", "rate": 0.1 }, ${linear(2)}`)],
  ['batch normalization between', around(`${marked(16)}, { "type": "batchNormalization" }, ${linear(2)}`)],
  [
    'layer normalization between, which is not linear',
    around(`${linear(16)}, { "type": "layerNormalization" }, ${linear(2)}`),
  ],
  ['a repeat, said once', around(`{ "type": "repeat", "times": 4, "layers": [ ${marked(16)} ] }, ${linear(2)}`)],
  [
    'fewer units than on either side may be meant',
    around(`${relu(16)}, ${marked(4)}, ${relu(16)}, ${linear(2)}`),
    'information',
  ],
  ['as many units as the output are no factorization', around(`${relu(16)}, ${marked(2)}, ${linear(2)}`)],
  ['a residual past it', around(`${linear(16)}, { "type": "residual", "layers": [ ${relu(16)} ] }, ${linear(2)}`)],
  [
    'the end of a residual',
    around(`${relu(16)}, { "type": "residual", "layers": [ ${relu(16)}, ${linear(16)} ] }, ${linear(2)}`),
  ],
  [
    'convolutions',
    around(
      `{ "type": ⟪GF114 "conv2d"⟫, "filters": 4, "kernelSize": 3 }, { "type": "conv2d", "filters": 4, "kernelSize": 3, "activation": "relu" }, { "type": "flatten" }, ${linear(10)}`,
      mnist,
    ),
  ],
  [
    'the largest of a window is not linear',
    around(
      `{ "type": "conv2d", "filters": 2, "kernelSize": 3 }, { "type": "maxPooling2d" }, { "type": "flatten" }, ${linear(10)}`,
      mnist,
    ),
  ],
  [
    'a separable convolution is a design',
    around(
      `{ "type": "depthwiseConv2d", "kernelSize": 3 }, { "type": "conv2d", "filters": 4, "kernelSize": 1, "activation": "relu" }, { "type": "flatten" }, ${linear(10)}`,
      mnist,
    ),
  ],
  [
    'recurrent layers are not linear',
    around(`{ "type": "gru", "units": 4 }, ${linear(1)}`, {
      data: '{ "source": "adding", "length": 5, "samples": 50 }',
      loss: '"meanSquaredError"',
    }),
  ],
]);

cases(softmaxBeforeLoss, [
  ['softmax', around(`${relu(8)}, { "type": "dense", "units": 2, "activation": ⟪GF115 "softmax"⟫ }`)],
  ['softmax as a layer', around(`${relu(8)}, ${linear(2)}, { "type": "activation", "activation": ⟪GF115 "softmax"⟫ }`)],
  [
    'softmax before a reshape',
    around(
      `${relu(8)}, { "type": "dense", "units": 2, "activation": ⟪GF115 "softmax"⟫ }, { "type": "reshape", "targetShape": [2] }`,
    ),
  ],
  [
    'sigmoid',
    around(`${relu(8)}, { "type": "dense", "units": 1, "activation": ⟪GF115 "sigmoid"⟫ }`, {
      loss: '"binaryCrossEntropy"',
    }),
  ],
  ['sigmoid is another loss’s', around(`${relu(8)}, { "type": "dense", "units": 2, "activation": "sigmoid" }`)],
  ['logits', around(`${relu(8)}, ${linear(2)}`)],
  ['softmax in the middle', around(`{ "type": "dense", "units": 8, "activation": "softmax" }, ${linear(2)}`)],
]);

/** Two samples with one feature and these targets. */
function values(...targets: number[]): Dataset {
  const inputs = Float32Array.from(targets.flatMap((_, i) => [i % 2, 1 - (i % 2)]));
  const train = { count: targets.length, inputs, targets: Float32Array.from(targets) };
  return { inputShape: [2], targetKind: 'values', targetShape: [1], train, test: { ...train, count: 0 } };
}
const table = { data: '{ "source": "csv", "path": "t.csv" }', loss: '"meanSquaredError"' };
const ending = (activation: string, parts = table) =>
  around(`${relu(8)}, { "type": "dense", "units": 1, "activation": ${activation} }`, parts);
const far = { dataset: values(-3, 0.5, 7) };
const unit = { dataset: values(0, 0.3, 1) };

cases(lossMismatch, [
  ['sigmoid before softmax', around(`${relu(8)}, { "type": "dense", "units": 2, "activation": ⟪GF116 "sigmoid"⟫ }`)],
  ['tanh before softmax', around(`${relu(8)}, { "type": "dense", "units": 2, "activation": ⟪GF116 "tanh"⟫ }`)],
  ['ReLU before softmax', around(`${relu(8)}, { "type": "dense", "units": 2, "activation": ⟪GF116 "relu"⟫ }`)],
  [
    'ReLU as a layer before softmax',
    around(`${relu(8)}, ${linear(2)}, { "type": "activation", "activation": ⟪GF116 "relu"⟫ }`),
  ],
  [
    'GELU before softmax is odd',
    around(`${relu(8)}, { "type": "dense", "units": 2, "activation": ⟪GF116 "gelu"⟫ }`),
    'information',
  ],
  ['leaky ReLU reaches everything', around(`${relu(8)}, { "type": "dense", "units": 2, "activation": "leakyRelu" }`)],
  ['softmax is said elsewhere', around(`${relu(8)}, { "type": "dense", "units": 2, "activation": "softmax" }`)],
  [
    'ReLU before one logit',
    around(`${relu(8)}, { "type": "dense", "units": 1, "activation": ⟪GF116 "relu"⟫ }`, {
      loss: '"binaryCrossEntropy"',
    }),
  ],
  [
    'softmax over one unit',
    around(`${relu(8)}, { "type": "dense", "units": 1, "activation": ⟪GF116 "softmax"⟫ }`, {
      loss: '"binaryCrossEntropy"',
    }),
    'error',
  ],
  [
    'hinge wants −1 too',
    around(`${relu(8)}, { "type": "dense", "units": 1, "activation": ⟪GF116 "sigmoid"⟫ }`, { loss: '"hinge"' }),
  ],
  ['hinge and tanh', around(`${relu(8)}, { "type": "dense", "units": 1, "activation": "tanh" }`, { loss: '"hinge"' })],
  ['hinge and a score', around(`${relu(8)}, ${linear(1)}`, { loss: '"hinge"' })],
  ['targets beyond tanh', ending('⟪GF116 "tanh"⟫'), 'warning', far],
  ['targets below 0', ending('⟪GF116 "relu"⟫'), 'warning', far],
  ['targets below 0 for a smooth ReLU', ending('⟪GF116 "softplus"⟫'), 'warning', far],
  ['any target', ending('"linear"'), 'warning', far],
  ['targets within a sigmoid', ending('⟪GF116 "sigmoid"⟫'), 'information', unit],
  ['targets above 0 for ReLU', ending('"relu"'), 'warning', unit],
  ['targets at both ends', ending('"softplus"'), 'warning', unit],
  ['no data, no judgement', ending('"tanh"', sine), 'warning', { evidence: () => ({ dataset: undefined }) }],
  [
    'targets that look like classes',
    around(`${relu(8)}, ${linear(1)}`, { ...table, loss: '⟪GF116 "meanSquaredError"⟫' }),
    'information',
    { dataset: values(0, 1, 1, 0) },
  ],
  [
    'targets that are all the same',
    around(`${relu(8)}, ${linear(1)}`, { ...table, loss: '⟪GF116 "huber"⟫' }),
    'warning',
    { dataset: values(4, 4, 4) },
  ],
  ['the sine', around(`${relu(8)}, ${linear(1)}`, sine)],
]);

test('the figures of a bounded logit are those of its loss', () => {
  const [found] = finds(
    lossMismatch,
    around(`${relu(8)}, { "type": "dense", "units": 10, "activation": ⟪GF116 "sigmoid"⟫ }`, {
      data: '{ "source": "blobs", "classes": 10, "samples": 100 }',
    }),
  );
  assert.match(found!.message, /at most 23 % sure/);
  assert.ok(Math.abs((found!.evidence.leastLoss as number) - Math.log(1 + 9 / Math.E)) < 1e-12);
});

const BN = '{ "type": "batchNormalization" }';
const batch = (size: string, layers = `${linear(8)}, ${BN}, ${relu(8)}, ${linear(2)}`) =>
  around(layers, {
    training: `{ "batchSize": ${size} }`,
    data: '{ "source": "moons", "samples": 200, "testSplit": 0 }',
  });
const conv = '{ "type": "conv2d", "filters": 2, "kernelSize": 3, "activation": "relu" }';

cases(batchNormalizationSmallBatch, [
  ['one sample', batch('⟪GF117 1⟫'), 'error'],
  ['two samples', batch('⟪GF117 2⟫')],
  ['three samples', batch('⟪GF117 3⟫')],
  ['eight samples', batch('8')],
  ['four samples with another threshold', batch('⟪GF117 4⟫'), 'warning', { thresholds: { normalizationCount: 8 } }],
  ['a last batch of one', batch('⟪GF117 199⟫'), 'information'],
  ['a last batch of eight', batch('32')],
  ['no batch normalization', batch('1', `${relu(8)}, ${linear(2)}`)],
  ['layer normalization', batch('1', `${relu(8)}, { "type": "layerNormalization" }, ${linear(2)}`)],
  [
    'one image has many positions',
    around(`${conv}, ${BN}, { "type": "flatten" }, ${linear(10)}`, {
      ...mnist,
      training: '{ "batchSize": ⟪GF117 1⟫ }',
    }),
    'information',
  ],
  [
    'two images',
    around(`${conv}, ${BN}, { "type": "flatten" }, ${linear(10)}`, { ...mnist, training: '{ "batchSize": 2 }' }),
  ],
  [
    'the default batch of three samples',
    around(`${relu(8)}, { "type": ⟪GF117 "batchNormalization"⟫ }, ${linear(1)}`, table),
    'warning',
    { dataset: values(1, 2, 4) },
  ],
]);

const drop = (rate: string) => `{ "type": "dropout", "rate": ${rate} }`;
const dropType = '{ "type": ⟪GF118 "dropout"⟫, "rate": 0.2 }';
cases(dropoutBeforeOutput, [
  ['on the outputs', around(`${relu(8)}, ${linear(2)}, ${dropType}`)],
  ['on the outputs, before a change of shape', around(`${relu(8)}, ${linear(2)}, ${dropType}, { "type": "flatten" }`)],
  ['before the output', around(`${relu(8)}, ${drop('⟪GF118 0.5⟫')}, ${linear(2)}`), 'information'],
  ['a high rate before the output', around(`${relu(8)}, ${drop('⟪GF118 0.8⟫')}, ${linear(2)}`)],
  ['a high rate further back', around(`${relu(8)}, ${drop('0.8')}, ${relu(8)}, ${linear(2)}`)],
  ['a rate of 0', around(`${relu(8)}, ${linear(2)}, ${drop('0')}`)],
  ['before a batch normalization', around(`${linear(8)}, ${dropType}, ${BN}, ${relu(8)}, ${linear(2)}`), 'information'],
  [
    'a layer of weights before a batch normalization',
    around(`${relu(8)}, ${dropType}, ${linear(8)}, ${BN}, ${relu(8)}, ${linear(2)}`),
    'information',
  ],
  [
    'after the last batch normalization',
    around(`${linear(8)}, ${BN}, ${drop('0.2')}, ${relu(8)}, ${relu(8)}, ${linear(2)}`),
  ],
  [
    'a repeat, said once',
    around(
      `{ "type": "repeat", "times": 3, "layers": [ ${linear(8)}, ${dropType}, ${BN} ] }, ${relu(8)}, ${linear(2)}`,
    ),
    'information',
  ],
]);

cases(bottleneck, [
  [
    'one unit',
    around(`${relu(8)}, { "type": "dense", "units": ⟪GF119 1⟫, "activation": "relu" }, ${relu(8)}, ${linear(2)}`),
  ],
  [
    'a recurrent layer of one unit',
    around(`{ "type": "lstm", "units": ⟪GF119 1⟫ }, ${relu(8)}, ${linear(1)}`, {
      data: '{ "source": "adding", "length": 5, "samples": 50 }',
      loss: '"meanSquaredError"',
    }),
  ],
  ['the output may have one unit', around(`${relu(8)}, ${linear(1)}`, sine)],
  ['the data may have one feature', around(`{ "type": "flatten" }, ${relu(8)}, ${linear(1)}`, sine)],
  ['two units', around(`${relu(8)}, ${relu(2)}, ${linear(2)}`)],
  [
    'two units with another threshold',
    around(`${relu(8)}, { "type": "dense", "units": ⟪GF119 2⟫, "activation": "relu" }, ${linear(2)}`),
    'warning',
    { thresholds: { bottleneckUnits: 2 } },
  ],
  [
    'one channel of a map',
    around(
      `{ "type": "conv2d", "filters": 1, "kernelSize": 3, "activation": "relu" }, { "type": "flatten" }, ${linear(10)}`,
      mnist,
    ),
  ],
  [
    'a way past it',
    around(
      `{ "type": "dense", "name": "a", "units": 8, "activation": "relu" }, { "type": "dense", "name": "b", "units": 1, "activation": "sigmoid" }, { "type": "concatenate", "inputs": ["a", "b"] }, ${linear(2)}`,
    ),
  ],
]);
