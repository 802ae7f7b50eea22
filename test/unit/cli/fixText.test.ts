import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FixResult, MeasuredRemedy } from '../../../src/analysis/fix';
import type { TrialOutcome } from '../../../src/analysis/trials';
import { allJson, allText, fixJson, fixText } from '../../../src/cli/fixText';
import { toJson } from '../../../src/cli/io';

const text = '{\n  "layers": [\n    { "type": "dense", "activation": "sigmoid" }\n  ]\n}\n';
const outcome = (rest: Partial<TrialOutcome>): TrialOutcome => ({
  firstToLast: 1,
  factorPerLayer: 1,
  loss: 0.5,
  testLoss: 0.6,
  testMetric: 0.9,
  diverged: false,
  testMetrics: [0.9],
  testLosses: [0.6],
  ...rest,
});
const relu: MeasuredRemedy = {
  id: 'activation.relu',
  title: 'Use ReLU with He initialization',
  why: 'It passes on the gradient.',
  mends: ['GF101', 'GF104'],
  adds: [],
  predictedFirstToLast: 0.97,
  predictedFactorPerLayer: 0.99,
  verdict: 'better',
  outcome: outcome({ firstToLast: 0.95, testMetric: 0.913 }),
  text: text.replace('sigmoid', 'relu'),
};
const wild: MeasuredRemedy = {
  ...relu,
  id: 'wild',
  title: 'Raise the learning rate',
  mends: [],
  adds: ['GF107'],
  predictedFirstToLast: Number.NaN,
  verdict: 'worse',
  outcome: outcome({ diverged: true, loss: Number.NaN, testMetric: Number.NaN, testLoss: Number.NaN }),
  text: text.replace('"dense"', '"dense", "units": 3'),
};
const result: FixResult = {
  metric: 'accuracy',
  codes: ['GF101', 'GF104'],
  original: outcome({ firstToLast: 2.5e-8, testMetric: 0.11, testLoss: 2.31 }),
  remedies: [relu, wild],
  steps: 200,
  seeds: [1, 2, 3],
};

test('the list has the figures of the original and of each remedy, in order', () => {
  const lines = fixText('net.netspec.json', text, result, undefined, false).split('\n');
  assert.equal(lines[0], 'net.netspec.json: GF101, GF104');
  const row = (words: string) => lines.find((l) => l.includes(words) && !l.startsWith(`${words}`))!.split(/ {2,}/);
  assert.deepEqual(row('as it is').slice(1), ['as it is', '2.50e-8', '11 %', '2.31']);
  assert.deepEqual(row('Use ReLU'), [
    '1',
    'Use ReLU with He initialization',
    '0.95',
    '91 %',
    '0.6',
    'better',
    'GF101 GF104',
  ]);
  assert.deepEqual(row('Raise the'), ['2', 'Raise the learning rate', '1', 'diverged', '–', 'worse', 'GF107']);
  assert.ok(
    lines.includes(
      'Medians of 3 seeds × 200 steps, of the held-out samples where there are any; the gradient at initialization.',
    ),
  );
  assert.equal(lines.filter((l) => l.startsWith('@@')).length, 2);
});

test('of a chosen one the diff alone is shown', () => {
  const shown = fixText('net.netspec.json', text, result, 1, false);
  assert.match(shown, /^-.*sigmoid/m);
  assert.doesNotMatch(shown, /^\+.*units/m);
});

test('JSON has every figure; what cannot be said is absent, and what is no number is told', () => {
  const json = JSON.parse(toJson(fixJson('net.netspec.json', text, result)));
  assert.equal(json.format, 'gradoscope.fix/1');
  assert.deepEqual([json.spec, json.metric, json.steps, json.seeds], ['net.netspec.json', 'accuracy', 200, [1, 2, 3]]);
  assert.equal(json.original.metric, 0.11);
  const [first, second] = json.remedies;
  assert.deepEqual(
    [first.id, first.title, first.mends, first.adds, first.predictedFirstToLast],
    ['activation.relu', relu.title, ['GF101', 'GF104'], [], 0.97],
  );
  assert.equal(first.measured.firstToLast, 0.95);
  assert.equal(first.measured.metric, 0.913);
  assert.ok(first.diff.includes('+    { "type": "dense", "activation": "relu" }\n'));
  assert.ok(!('predictedFirstToLast' in second));
  assert.equal(second.measured.diverged, true);
  assert.equal(second.measured.loss, 'NaN');
});

test('nothing found and nothing known are said', () => {
  assert.equal(fixText('n', text, { ...result, codes: [], remedies: [] }, undefined, false), 'n: nothing to fix\n');
  assert.match(fixText('n', text, { ...result, remedies: [] }, undefined, false), /No remedy is known/);
});

test('what was combined is listed in order, with one diff', () => {
  const all = { text: relu.text, applied: [relu], found: ['GF101', 'GF104'], left: [] };
  assert.match(allText('n', text, all, false), /^1 {2}Use ReLU with He initialization \(GF101, GF104\)$/m);
  const json = JSON.parse(toJson(allJson('n', text, all)));
  assert.deepEqual(
    json.applied.map((a: { id: string }) => a.id),
    ['activation.relu'],
  );
  assert.match(json.diff, /^\+.*relu/m);
});

test('colours come in pairs around whole lines', () => {
  const shown = fixText('n', text, result, 1, true);
  assert.ok(shown.includes('\u001b[32m+    { "type": "dense", "activation": "relu" }\u001b[0m\n'));
});
