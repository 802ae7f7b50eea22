import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { nodeFiles } from '../../../src/data/nodeFiles';
import { TextOpener } from '../../../src/data/openText';

const specText = (units: number, file = 'points.csv'): string => `{
  "netspec": 1,
  "data": { "source": "csv", "path": "${file}", "features": ["a", "b"], "target": "c", "testSplit": 0.5 },
  "layers": [{ "type": "dense", "units": ${units} }],
  "loss": "softmaxCrossEntropy",
  "optimizer": "sgd",
  "training": { "batchSize": 2, "steps": 1 }
}`;
const TABLE = 'a,b,c\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n9,1,x\n2,3,y\n';

function opened(t: { after(act: () => void): void }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'gradoscope-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'points.csv');
  writeFileSync(file, TABLE);
  const context = { folder, allowedFolders: [], dataFolder: folder, files: nodeFiles };
  return { file, opener: new TextOpener(), options: { context } };
}

test('samples are read once for all texts that name them, and again when their file has changed', (t) => {
  const { file, opener, options } = opened(t);
  const first = opener.open(specText(2), options).dataset;
  assert.equal(first?.train.count, 3);
  assert.equal(opener.open(specText(2), options).dataset, first);
  assert.equal(opener.open(specText(2).replace('sgd', 'adam'), options).dataset, first);
  writeFileSync(file, `${TABLE}4,4,x\n6,6,y\n`);
  utimesSync(file, 1, 1);
  assert.equal(opener.open(specText(2), options).dataset?.train.count, 4);
});

test('data that cannot be read is told beside the analysis of the text', (t) => {
  const { opener, options } = opened(t);
  const { analysis, dataset, fault } = opener.open(specText(2, 'gone.csv'), options);
  assert.equal(dataset, undefined);
  assert.equal(fault?.code, 'NS302');
  assert.ok(analysis.spec);
});

test('a text is checked against the true shapes of its data, and has none while it is wrong', (t) => {
  const { opener, options } = opened(t);
  const { analysis, dataset, fault } = opener.open(specText(5), options);
  assert.equal(fault, undefined);
  assert.equal(dataset, undefined);
  assert.ok(analysis.problems.some((p) => p.severity === 'error' && /2/.test(p.message)));
  assert.equal(opener.open('{ "netspec": 1', options).dataset, undefined);
});

test('more than was asked for is not read, and its shape is known all the same', () => {
  const files = { ...nodeFiles, read: () => assert.fail('nothing is to be read') };
  const options = { context: { allowedFolders: [], dataFolder: '/data', files }, mostInputNumbers: 1_000 };
  const text = (samples: number): string =>
    specText(2).replace(/"data": \{.*\}/, `"data": { "source": "spiral", "samples": ${samples} }`);
  const opener = new TextOpener();
  const large = opener.open(text(501), options);
  assert.equal(large.dataset, undefined);
  assert.deepEqual(large.analysis.graph?.layers[0]?.outputShape, [2]);
  assert.ok(opener.open(text(500), options).dataset);
});
