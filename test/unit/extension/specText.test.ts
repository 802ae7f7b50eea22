import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layersAt } from '../../../src/extension/layersAt';
import { textOf } from '../../../src/extension/specText';
import { analyzeSpec } from '../../../src/spec/analyze';

const SPEC = `{
  "netspec": 1,
  "name": "Deep",
  "seed": 7,
  "data": { "source": "spiral", "samples": 100, "testSplit": 0.2 },
  "layers": [
    { "type": "repeat", "times": 3, "layers": [ { "type": "dense", "units": 8, "activation": "tanh" } ] },
    { "type": "residual", "layers": [ { "type": "dense", "units": 8, "name": "inner" } ] },
    { "type": "dense", "name": "logits", "units": 2 }
  ],
  "loss": "softmaxCrossEntropy",
  "training": { "batchSize": 32, "epochs": 5 }
}`;

test('a session learns name, seed, rows and steps of its spec', () => {
  const text = textOf(SPEC, analyzeSpec(SPEC), '/a/deep.netspec.json');
  assert.equal(text.name, 'Deep');
  assert.equal(text.seed, 7);
  assert.equal(text.errorCount, 0);
  assert.equal(text.plannedSteps, 5 * 3, '80 samples in batches of 32');
  assert.deepEqual(
    text.preview.map((l) => [l.name, l.activation, l.parameterCount]),
    [
      ['dense_1/1', 'tanh', 24],
      ['dense_1/2', 'tanh', 72],
      ['dense_1/3', 'tanh', 72],
      [text.preview[3]!.name, 'linear', 72],
      [text.preview[4]!.name, undefined, 0],
      ['logits', 'linear', 18],
    ],
  );
});

test('a broken text has its errors counted and is named by its file', () => {
  const broken = SPEC.replace('"dense", "units"', '"dens", "units"').replace('"name": "Deep",', '');
  const text = textOf(broken, analyzeSpec(broken), '/a/deep.netspec.json');
  assert.ok(text.errorCount >= 1);
  assert.equal(text.name, 'deep.netspec.json');
  assert.equal(textOf('', analyzeSpec(''), '/a/x.netspec.json').preview.length, 0);
});

test('a place in the text means the innermost layers there: all times of a repeat, one of a residual', () => {
  const { graph } = analyzeSpec(SPEC);
  assert.ok(graph);
  const namesAt = (marker: string): string[] => layersAt(graph, SPEC.indexOf(marker)).map((l) => l.name);
  assert.deepEqual(namesAt('"units": 8, "activation"'), ['dense_1/1', 'dense_1/2', 'dense_1/3']);
  assert.deepEqual(namesAt('"name": "inner"').length, 1);
  assert.deepEqual(namesAt('"logits"'), ['logits']);
  assert.equal(namesAt('"residual"').length, 1);
  assert.deepEqual(namesAt('"times"'), []);
  assert.deepEqual(namesAt('"netspec"'), []);
});
