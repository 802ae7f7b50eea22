// Holds what is proposed for findings: the exact text that each remedy makes, and that none of them breaks a spec.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { layerRange } from '../../../src/analysis/blame';
import { type Evidence, evidenceOf } from '../../../src/analysis/evidence';
import type { Finding } from '../../../src/analysis/finding';
import type { ProbeResult } from '../../../src/analysis/probe';
import { ALL_REMEDIES, LIKELIEST, MOST_REMEDIES, proposeRemedies } from '../../../src/analysis/remedies/all';
import type { RunEvidence } from '../../../src/analysis/runEvidence';
import { changedText } from '../../../src/analysis/specEdit';
import { thresholdsFrom } from '../../../src/analysis/thresholds';
import { analyzeSpec } from '../../../src/spec/analyze';
import type { Dataset } from '../../../src/spec/dataset';
import type { DataShape } from '../../../src/spec/network';
import { type FindingCode, SYMPTOMS } from '../../../src/spec/symptoms';

const NAMES = Object.fromEntries(Object.entries(SYMPTOMS).map(([name, { code }]) => [code, name]));

type Rest = Partial<Omit<Evidence, 'spec' | 'graph' | 'tree'>>;
function evidence(text: string, rest: Rest = {}, dataShape?: DataShape): Evidence {
  const analysis = analyzeSpec(text, dataShape ? { dataShape } : {});
  const found = evidenceOf(analysis, { thresholds: thresholdsFrom(), ...rest });
  assert.ok(found, `${text}\n${JSON.stringify(analysis.problems)}`);
  return found;
}

/** A finding as a symptom would make it; of the layer, or of the whole spec. */
function finding(
  code: FindingCode,
  known: Evidence,
  layer?: string,
  severity: Finding['severity'] = 'warning',
): Finding {
  const at = known.graph.layers.find(({ name }) => name === layer);
  assert.ok(layer === undefined || at, `no layer ${layer}`);
  return {
    code,
    symptom: NAMES[code] as Finding['symptom'],
    severity,
    ...(layer ? { layer } : {}),
    range: at ? layerRange(known.tree, at) : { start: 0, end: 1 },
    message: '',
    hint: '',
    basis: 'spec',
    judgements: [],
    evidence: {},
    related: [],
  };
}

interface Case {
  readonly code: FindingCode;
  readonly id: string;
  readonly layer?: string;
  readonly before: string;
  /** Undefined: it is not proposed. */
  readonly after?: string;
  readonly title?: string;
  readonly rest?: Rest;
}

/** That a remedy is proposed and what it makes of the text, or that it is not proposed. */
function check(what: string, { code, id, layer, before, after, title, rest }: Case): void {
  test(`${code} ${id}: ${what}`, () => {
    const known = evidence(before, rest);
    const rules = ALL_REMEDIES.filter(({ codes }) => codes.includes(code));
    const found = rules.flatMap((rule) => rule.propose(known, finding(code, known, layer))).find((r) => r.id === id);
    assert.equal(found && changedText(before, found.changes), after);
    if (!found) return;
    if (title !== undefined) assert.equal(found.title, title);
    const proposed = proposeRemedies(known, [finding(code, known, layer)]).map((remedy) => remedy.id);
    assert.ok(proposed.includes(id), `not among ${proposed}`);
  });
}

/** Layers of a spec on points of the plane, each on a line of its own, with a comment that has to stay. */
const plane = (
  layers: readonly string[],
  rest = '"optimizer": { "type": "sgd", "learningRate": 0.1 }',
  source = '"spiral"',
) =>
  [
    '{ // mine',
    '  "netspec": 1,',
    `  "data": { "source": ${source} },`,
    '  "layers": [',
    layers.map((layer) => `    ${layer}`).join(',\n'),
    '  ],',
    `  "loss": "softmaxCrossEntropy"${rest === '' ? '' : `,\n  ${rest}`}`,
    '}',
    '',
  ].join('\n');
const out = '{ "type": "dense", "name": "logits", "units": 2 }';
const dense = (rest = '') => `{ "type": "dense", "units": 8${rest} }`;
const act = (name: string) => `, "activation": "${name}"`;
const he = ', "kernelInitializer": "heNormal"';

check('every saturating layer, not the output', {
  code: 'GF101',
  id: 'activation.relu',
  title: 'Use ReLU with He initialization in 2 layers',
  before: plane([dense(act('sigmoid')), dense(`${act('tanh')}, "kernelInitializer": "zeros"`), out]),
  after: plane([dense(act('relu') + he), dense(act('relu') + he), out]),
});
check('of a repeat once, and an output that saturates stays', {
  code: 'GF101',
  id: 'activation.tanh',
  title: 'Use tanh with Glorot initialization in 9 layers',
  before: plane([
    `{ "type": "repeat", "times": 9, "layers": [${dense(act('sigmoid'))}] }`,
    '{ "type": "dense", "units": 2, "activation": "sigmoid" }',
  ]),
  after: plane([
    `{ "type": "repeat", "times": 9, "layers": [${dense(act('tanh'))}] }`,
    '{ "type": "dense", "units": 2, "activation": "sigmoid" }',
  ]),
});
check('an activation of its own, with the kernel before it', {
  code: 'GF104',
  id: 'activation.relu',
  title: 'Use ReLU with He initialization in `activation_1`',
  before: plane([dense(), '{ "type": "activation", "activation": "sigmoid" }', out]),
  after: plane([dense(he), '{ "type": "activation", "activation": "relu" }', out]),
});
check('behind a normalization the weights stay as they are', {
  code: 'GF104',
  id: 'activation.gelu',
  before: plane([
    dense(),
    '{ "type": "batchNormalization" }',
    '{ "type": "activation", "activation": "sigmoid" }',
    out,
  ]),
  after: plane([dense(), '{ "type": "batchNormalization" }', '{ "type": "activation", "activation": "gelu" }', out]),
});
check('gates stay gates', {
  code: 'GF101',
  id: 'activation.relu',
  before: plane([
    dense(', "name": "a", "activation": "relu"'),
    dense(', "name": "g", "activation": "sigmoid"'),
    '{ "type": "multiply", "inputs": ["a", "g"] }',
    out,
  ]),
});
check('dead units', {
  code: 'GF103',
  id: 'activation.leakyRelu',
  layer: 'dense_1',
  before: plane([dense(act('relu') + he), dense(act('relu') + he), out]),
  after: plane([dense(act('leakyRelu') + he), dense(act('relu') + he), out]),
});
check('nothing to replace', { code: 'GF101', id: 'activation.relu', before: plane([dense(act('relu')), out]) });
check('between layers that are one', {
  code: 'GF114',
  id: 'activation.relu',
  before: plane([dense(), '{ "type": "dropout", "rate": 0.1 }', dense(), out]),
  after: plane([dense(act('relu') + he), '{ "type": "dropout", "rate": 0.1 }', dense(act('relu') + he), out]),
});
check('of a net with many, that layer alone', {
  code: 'GF114',
  id: 'activation.relu:dense_2',
  layer: 'dense_2',
  before: plane([dense(), dense(), out]),
  after: plane([dense(), dense(act('relu') + he), out]),
});

check('weights of 0', {
  code: 'GF106',
  id: 'initializer.suiting',
  before: plane([
    dense(`${act('relu')}, "kernelInitializer": "zeros"`),
    dense(`${act('tanh')}, "kernelInitializer": { "type": "constant", "value": 1 }`),
    out,
  ]),
  after: plane([dense(act('relu') + he), dense(`${act('tanh')}, "kernelInitializer": "glorotUniform"`), out]),
});
check('what suits stays', {
  code: 'GF105',
  id: 'initializer.suiting',
  title: 'Use the initializers that suit the activations in `dense_2`',
  before: plane([
    dense(`${act('relu')}, "kernelInitializer": { "type": "orthogonal", "gain": 1.4 }`),
    dense(act('selu') + he),
    dense(act('tanh')),
    out,
  ]),
  after: plane([
    dense(`${act('relu')}, "kernelInitializer": { "type": "orthogonal", "gain": 1.4 }`),
    dense(`${act('selu')}, "kernelInitializer": "leCunNormal"`),
    dense(act('tanh')),
    out,
  ]),
});
check('an output that is blamed', {
  code: 'GF105',
  id: 'initializer.suiting',
  layer: 'logits',
  before: plane([
    dense(act('tanh')),
    '{ "type": "dense", "name": "logits", "units": 2, "kernelInitializer": { "type": "randomNormal", "stddev": 9 } }',
  ]),
  after: plane([
    dense(act('tanh')),
    '{ "type": "dense", "name": "logits", "units": 2, "kernelInitializer": "glorotUniform" }',
  ]),
});
check('biases', {
  code: 'GF103',
  id: 'bias.zeros',
  before: plane([dense(`${act('relu')}, "biasInitializer": { "type": "constant", "value": -6 }`), out]),
  after: plane([dense(act('relu')), out]),
});
check('scaled by data', {
  code: 'GF102',
  id: 'initializer.lsuv',
  before: plane([dense(act('tanh')), out]),
  after: plane([dense(`${act('tanh')}, "kernelInitializer": "lsuv"`), out]),
});

check('before the activation', {
  code: 'GF101',
  id: 'normalization.insert',
  title: 'Insert batch normalization before the activation in 2 layers',
  before: plane([dense(act('sigmoid')), dense(act('tanh')), out]),
  after: plane([
    dense(),
    '{ "type": "batchNormalization", "momentum": 0.9 }',
    '{ "type": "activation", "activation": "sigmoid" }',
    dense(),
    '{ "type": "batchNormalization", "momentum": 0.9 }',
    '{ "type": "activation", "activation": "tanh" }',
    out,
  ]),
});
check('of samples where batches are small', {
  code: 'GF101',
  id: 'normalization.insert',
  before: plane([dense(), '{ "type": "activation", "activation": "sigmoid" }', out], '"training": { "batchSize": 4 }'),
  after: plane(
    [dense(), '{ "type": "layerNormalization" }', '{ "type": "activation", "activation": "sigmoid" }', out],
    '"training": { "batchSize": 4 }',
  ),
});
check('within a repeat', {
  code: 'GF102',
  id: 'normalization.insert',
  before: plane([`{ "type": "repeat", "times": 9, "layers": [${dense(act('tanh'))}] }`, out]),
  after: plane([
    [
      '{',
      '      "type": "repeat",',
      '      "times": 9,',
      '      "layers": [',
      '        { "type": "dense", "units": 8 },',
      '        { "type": "batchNormalization", "momentum": 0.9 },',
      '        { "type": "activation", "activation": "tanh" }',
      '      ]',
      '    }',
    ].join('\n'),
    out,
  ]),
});
check('nothing where all is normalized', {
  code: 'GF101',
  id: 'normalization.insert',
  before: plane([
    dense(),
    '{ "type": "layerNormalization" }',
    '{ "type": "activation", "activation": "sigmoid" }',
    out,
  ]),
});
check('instead of that of a batch', {
  code: 'GF117',
  id: 'normalization.layer',
  before: plane([dense(), '{ "type": "batchNormalization", "momentum": 0.9, "epsilon": 0.01 }', out]),
  after: plane([dense(), '{ "type": "layerNormalization", "epsilon": 0.01 }', out]),
});

check('around the body of a repeat, with a layer before it where the first shape differs', {
  code: 'GF101',
  id: 'residual.wrap',
  title: 'Put shortcuts around 9 blocks of layers',
  before: plane([`{ "type": "repeat", "times": 9, "layers": [${dense(act('sigmoid'))}] }`, out]),
  after: plane([
    '{ "type": "dense", "units": 8 }',
    [
      '{',
      '      "type": "repeat",',
      '      "times": 9,',
      '      "layers": [',
      `        { "type": "residual", "scale": 0.33, "layers": [${dense(act('sigmoid'))}] }`,
      '      ]',
      '    }',
    ].join('\n'),
    out,
  ]),
});
check('around each of several layers alike', {
  code: 'GF101',
  id: 'residual.wrap',
  before: plane([dense(act('tanh')), dense(act('tanh')), dense(act('tanh')), out]),
  after: plane([
    dense(act('tanh')),
    `{ "type": "residual", "layers": [${dense(act('tanh'))}] }`,
    `{ "type": "residual", "layers": [${dense(act('tanh'))}] }`,
    out,
  ]),
});
check('not around what is one already', {
  code: 'GF101',
  id: 'residual.wrap',
  before: plane([
    dense(),
    `{ "type": "repeat", "times": 9, "layers": [{ "type": "residual", "layers": [${dense(act('tanh'))}] }] }`,
    out,
  ]),
});
check('shortcuts that add up', {
  code: 'GF102',
  id: 'residual.scale',
  before: plane([
    dense(),
    `{ "type": "repeat", "times": 25, "layers": [{ "type": "residual", "layers": [${dense()}] }] }`,
    out,
  ]),
  after: plane([
    dense(),
    [
      '{',
      '      "type": "repeat",',
      '      "times": 25,',
      `      "layers": [{ "type": "residual", "scale": 0.2, "layers": [${dense()}] }]`,
      '    }',
    ].join('\n'),
    out,
  ]),
});

const sgd = (rate: number) => `"optimizer": { "type": "sgd", "learningRate": ${rate} }`;
const net = [dense(act('relu') + he), out];
check('a tenth', {
  code: 'GF107',
  id: 'learningRate.lower10',
  before: plane(net, sgd(0.5)),
  after: plane(net, sgd(0.05)),
  title: 'Lower the learning rate to 0.05',
});
check('a third', {
  code: 'GF110',
  id: 'learningRate.lower3',
  before: plane(net, sgd(0.1)),
  after: plane(net, sgd(0.033)),
});
check('ten times', {
  code: 'GF108',
  id: 'learningRate.higher10',
  before: plane(net, sgd(0.00003)),
  after: plane(net, sgd(0.0003)),
});
check('the default', {
  code: 'GF108',
  id: 'learningRate.default',
  before: plane(net, sgd(0.00003)),
  after: plane(net, sgd(0.01)),
});
check('of a range test', {
  code: 'GF107',
  id: 'learningRate.rangeTest',
  before: plane(net, sgd(1)),
  after: plane(net, sgd(0.023)),
  rest: { suggestedLearningRate: 0.0234 },
});
check('of a range test that found none', {
  code: 'GF107',
  id: 'learningRate.rangeTest',
  before: plane(net, sgd(1)),
  rest: { suggestedLearningRate: Number.NaN },
});
check('of an optimizer given by name', {
  code: 'GF107',
  id: 'learningRate.lower10',
  before: plane(net, '"optimizer": "adam"'),
  after: plane(net, '"optimizer": { "type": "adam", "learningRate": 0.0001 }'),
});
check('of an optimizer that is not given', {
  code: 'GF107',
  id: 'learningRate.lower10',
  before: plane(net, ''),
  after: plane(net, '"optimizer": { "type": "sgd", "learningRate": 0.001 }'),
});
const probeOf = (updateRatio: number) =>
  ({ layers: [{ updateRatio }, { updateRatio: Number.NaN }] }) as unknown as ProbeResult;
check('by the update ratio', {
  code: 'GF107',
  id: 'learningRate.updateRatio',
  before: plane(net, sgd(1)),
  after: plane(net, sgd(0.02)),
  rest: { probe: probeOf(0.05) },
});

check('in training settings that are there', {
  code: 'GF102',
  id: 'clipNorm',
  before: plane(net, '"training": { "epochs": 3 }'),
  after: plane(net, '"training": { "epochs": 3, "clipNorm": 1 }'),
});
check('and that are not', {
  code: 'GF111',
  id: 'clipNorm',
  before: plane(net, sgd(1)),
  after: plane(net, `${sgd(1)},\n  "training": { "clipNorm": 1 }`),
});
check('not below what it is', { code: 'GF111', id: 'clipNorm', before: plane(net, '"training": { "clipNorm": 0.5 }') });
check('of sgd', {
  code: 'GF109',
  id: 'optimizer.adam',
  before: plane(net, sgd(1)),
  after: plane(net, '"optimizer": { "type": "adam", "learningRate": 0.001 }'),
});
check('not of what is like it', { code: 'GF109', id: 'optimizer.adam', before: plane(net, '"optimizer": "lion"') });
check('without decay', {
  code: 'GF112',
  id: 'optimizer.adamw',
  before: plane(net, '"optimizer": "adam"'),
  after: plane(net, '"optimizer": { "type": "adamw", "learningRate": 0.001, "weightDecay": 0.01 }'),
});
check('of sgd', {
  code: 'GF112',
  id: 'optimizer.weightDecay',
  before: plane(net, sgd(1)),
  after: plane(net, '"optimizer": { "type": "sgd", "learningRate": 1, "weightDecay": 0.0005 }'),
});
check('of an optimizer that is not given', {
  code: 'GF112',
  id: 'optimizer.weightDecay',
  before: plane(net, ''),
  after: plane(net, '"optimizer": { "type": "sgd", "weightDecay": 0.0005 }'),
});
check('by steps', {
  code: 'GF110',
  id: 'schedule.warmup',
  before: plane(net, '"training": { "steps": 300 }'),
  after: plane(net, '"training": { "steps": 300, "schedule": { "type": "constant", "warmup": 30 } }'),
});
check('of another schedule', {
  code: 'GF107',
  id: 'schedule.warmup',
  before: plane(net, '"training": { "steps": 300, "schedule": "cosine" }'),
  after: plane(net, '"training": { "steps": 300, "schedule": { "type": "cosine", "warmup": 30 } }'),
});
check('in place of none', {
  code: 'GF110',
  id: 'schedule.cosine',
  before: plane(net, '"training": { "steps": 300 }'),
  after: plane(net, '"training": { "steps": 300, "schedule": "cosine" }'),
});
check('four times', {
  code: 'GF120',
  id: 'batchSize.larger',
  before: plane(net, '"training": { "batchSize": 8 }'),
  after: plane(net, '"training": { "batchSize": 32 }'),
});
check('enough to normalize by', {
  code: 'GF117',
  id: 'batchSize.larger',
  before: plane([dense(), '{ "type": "batchNormalization" }', out], '"training": { "batchSize": 1 }'),
  after: plane([dense(), '{ "type": "batchNormalization" }', out], '"training": { "batchSize": 32 }'),
});
check('in epochs', {
  code: 'GF108',
  id: 'training.longer',
  before: plane(net, '"training": { "epochs": 2 }'),
  after: plane(net, '"training": { "epochs": 6 }'),
});
const overfitted = {
  stepsPerEpoch: 25,
  totalSteps: 500,
  testLoss: { steps: [100, 200, 300], values: [0.4, 0.3, 0.5] },
} as unknown as RunEvidence;
check('where the held-out loss was lowest', {
  code: 'GF112',
  id: 'training.earlier',
  before: plane(net, '"training": { "epochs": 20 }'),
  after: plane(net, '"training": { "epochs": 8 }'),
  rest: { run: overfitted },
  title: 'End training after 8 epochs',
});
check('before the output', {
  code: 'GF112',
  id: 'dropout.insert',
  before: plane(net),
  after: plane([net[0]!, '{ "type": "dropout", "rate": 0.3 }', out]),
});
check('not twice', {
  code: 'GF112',
  id: 'dropout.insert',
  before: plane([net[0]!, '{ "type": "dropout", "rate": 0.1 }', out]),
});
check('before the output', {
  code: 'GF118',
  id: 'dropout.remove',
  before: plane([net[0]!, '{ "type": "dropout", "rate": 0.9 }', out]),
  after: plane(net),
});
check('to what rarely harms', {
  code: 'GF118',
  id: 'dropout.lower',
  layer: 'dropout_1',
  before: plane([net[0]!, '{ "type": "dropout", "rate": 0.9 }', net[0]!, out]),
  after: plane([net[0]!, '{ "type": "dropout", "rate": 0.2 }', net[0]!, out]),
});
check('of made points', {
  code: 'GF113',
  id: 'data.normalize',
  before: plane(net),
  after: plane(net, undefined, '"spiral", "normalize": "standard"'),
});
check('nothing to normalize', {
  code: 'GF113',
  id: 'data.normalize',
  before: plane(net, undefined, '"spiral", "normalize": "standard"'),
});
check('a property', {
  code: 'GF115',
  id: 'output.linear',
  before: plane([dense(), '{ "type": "dense", "units": 2, "activation": "softmax" }']),
  after: plane([dense(), '{ "type": "dense", "units": 2 }']),
  title: 'Remove `softmax` from the output',
});
check('a layer', {
  code: 'GF115',
  id: 'output.linear',
  before: plane([dense(), out, '{ "type": "activation", "activation": "softmax" }']),
  after: plane([dense(), out]),
});
check('as wide as its neighbours', {
  code: 'GF119',
  id: 'bottleneck.widen',
  layer: 'dense_2',
  before: plane([dense(), '{ "type": "dense", "units": 1, "activation": "relu" }', out]),
  after: plane([dense(), '{ "type": "dense", "units": 8, "activation": "relu" }', out]),
});
check('for values', {
  code: 'GF116',
  id: 'loss.meanSquaredError',
  before: plane([dense(), '{ "type": "dense", "units": 1 }'], '', '"sine"').replace(
    'softmaxCrossEntropy',
    'meanAbsoluteError',
  ),
  after: plane([dense(), '{ "type": "dense", "units": 1 }'], '', '"sine"').replace(
    'softmaxCrossEntropy',
    'meanSquaredError',
  ),
});
const rnn =
  '{ "type": "simpleRNN", "units": 8, "activation": "sigmoid", "recurrentInitializer": { "type": "orthogonal", "gain": 4 } }';
const adding = (layer: string) =>
  plane([layer, '{ "type": "dense", "units": 1 }'], '', '"adding"').replace('softmaxCrossEntropy', 'huber');
check('in place of plain cells', {
  code: 'GF101',
  id: 'recurrent.lstm',
  before: adding(rnn),
  after: adding('{ "type": "lstm", "units": 8 }'),
});
check('weights from state to state', {
  code: 'GF102',
  id: 'initializer.suiting',
  before: adding(rnn),
  after: adding('{ "type": "simpleRNN", "units": 8, "activation": "sigmoid" }'),
});
check('gates held shut', {
  code: 'GF104',
  id: 'bias.zeros',
  before: adding(
    '{ "type": "lstm", "units": 8, "biasInitializer": { "type": "constant", "value": -8 }, "unitForgetBias": false }',
  ),
  after: adding('{ "type": "lstm", "units": 8 }'),
});

test('what the language cannot train is not proposed', () => {
  const known = evidence(plane([dense(act('sigmoid')), out]));
  const [rule] = ALL_REMEDIES.filter((r) =>
    r.propose(known, finding('GF101', known)).some(({ id }) => id === 'pretraining.autoencoder'),
  );
  assert.ok(rule);
  assert.ok(proposeRemedies(known, [finding('GF101', known)]).every(({ id }) => !id.startsWith('pretraining')));
});

test('of several findings each has its first remedy before any has its second', () => {
  const known = evidence(plane([dense(act('sigmoid')), '{ "type": "dropout", "rate": 0.9 }', out], sgd(9)));
  const findings = [
    finding('GF118', known, 'dropout_1', 'information'),
    finding('GF107', known, undefined, 'error'),
    finding('GF101', known),
  ];
  const ids = proposeRemedies(known, findings).map(({ id }) => id);
  assert.deepEqual(ids.slice(0, 6), [
    'learningRate.lower10',
    'activation.relu',
    'dropout.remove',
    'learningRate.lower100',
    'normalization.insert',
    'dropout.lower',
  ]);
});

const codes = Object.values(SYMPTOMS).map(({ code }) => code);

test('every finding has a remedy, and every remedy a place among the likeliest', () => {
  for (const code of codes)
    assert.ok(
      ALL_REMEDIES.some((rule) => rule.codes.includes(code)),
      code,
    );
});

/** Faults put into examples: each makes a text of its own. */
const FAULTS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.replaceAll('"relu"', '"sigmoid"').replaceAll('"tanh"', '"hardSigmoid"'),
  (text) =>
    text.replaceAll('"heNormal"', '"zeros"').replaceAll('"glorotUniform"', '{ "type": "randomNormal", "stddev": 3 }'),
  (text) => text.replace(/, "activation": "\w+"/g, ''),
  (text) => text.replace(/("learningRate": )[\d.]+/, '$150'),
  (text) => text.replace(/"optimizer": \{[^}]*\},/, '"optimizer": "adagrad",'),
  (text) => text.replace(/,\s*"optimizer": \{[^}]*\}/, '').replace(/,\s*"training": \{[^}]*\}/, ''),
  (text) => text.replace(/(\{ "type": "dense", "name")/, '{ "type": "dropout", "rate": 0.9 }, $1'),
  (text) => text.replace(/("units": \d+) \}(?=\s*\],\s*"loss")/, '$1, "activation": "relu" }'),
  (text) => text.replaceAll('"units": 64', '"units": 1').replaceAll('"units": 16', '"units": 1'),
  (text) => text.replace(/("batchSize": )\d+/, '$11').replace(/"epochs": \d+/, '"steps": 9'),
  (text) =>
    text
      .replaceAll('"lstm"', '"simpleRNN"')
      .replaceAll('"activation": "gelu"', '"activation": "relu", "biasInitializer": "ones"'),
];

/** Findings whose remedies depend on the layer that is blamed. */
const OF_LAYERS: ReadonlySet<FindingCode> = new Set(['GF103', 'GF105', 'GF106', 'GF114', 'GF118', 'GF119']);

test('whatever is proposed for whatever finding of faulty specs leaves a spec without errors, and all comments', () => {
  const files = readdirSync('examples').filter((f) => f.endsWith('.netspec.json'));
  const flowers: DataShape = {
    inputShape: [4],
    targetKind: 'classes',
    targetShape: [],
    classes: 3,
    trainSamples: 120,
    testSamples: 30,
  };
  let specs = 0;
  let remedies = 0;
  for (const file of files) {
    const example = readFileSync(`examples/${file}`, 'utf8');
    const dataShape = file.startsWith('flowers') ? flowers : undefined;
    for (const [i, fault] of FAULTS.entries()) {
      const faulty = fault(example);
      if (i > 0 && faulty === example) continue;
      let line = 0;
      const text = faulty.replace(/$/gm, () => ` // c${line++};`);
      const options = dataShape ? { dataShape } : {};
      if (analyzeSpec(text, options).problems.some(({ severity }) => severity === 'error')) continue;
      specs++;
      const dataset = {
        inputShape: [],
        train: { count: 500, inputs: new Float32Array([300]) },
        test: { count: 0 },
      } as unknown as Dataset;
      const known = evidence(text, { suggestedLearningRate: 0.0123, run: overfitted, probe: probeOf(0.2) }, dataShape);
      const { layers } = known.graph;
      const some = new Set([0, Math.floor(layers.length / 2), layers.length - 2, layers.length - 1]);
      const named = [...some].flatMap((at) => layers[at]?.name ?? []);
      for (const code of codes) {
        for (const layer of [undefined, ...(OF_LAYERS.has(code) ? named : [])]) {
          const proposed = proposeRemedies(
            { ...known, dataset: { ...dataset, ...analyzeSpec(text, options).dataShape } },
            [finding(code, known, layer)],
          );
          assert.ok(proposed.length <= MOST_REMEDIES);
          assert.equal(new Set(proposed.map(({ id }) => id)).size, proposed.length);
          for (const { id, title, why, changes } of proposed) {
            remedies++;
            const after = changedText(text, changes);
            const told = `${file}, fault ${i}, ${code} at ${layer}: ${id}\n${after}`;
            const errors = analyzeSpec(after, options).problems.filter(({ severity }) => severity === 'error');
            assert.deepEqual(errors, [], told);
            assert.notEqual(after, text, told);
            for (let c = 0; c < line; c++)
              if (!after.includes(`// c${c};`)) assert.ok(isWithin(text, `// c${c};`, after), `c${c} of ${told}`);
            assert.ok(
              LIKELIEST[code].some((start) => id.startsWith(start)),
              `${id} has no place for ${code}`,
            );
            assert.match(title, /^[A-Z][^.]*[^.\s]$|^\S.*\d$/, told);
            assert.match(why, /^[A-Z].*\.$/, told);
            assert.doesNotMatch(title + why, /undefined|NaN|\[object/, told);
          }
        }
      }
    }
  }
  assert.ok(specs >= 60 && remedies >= 3000, `${specs} specs, ${remedies} remedies`);
});

/** Whether the comment stood within an object of several lines that is gone, as optimizers that are replaced. */
function isWithin(text: string, comment: string, after: string): boolean {
  const line = text.split('\n').find((l) => l.includes(comment)) ?? '';
  return !after.includes(line.slice(0, line.indexOf('//')).trim());
}
