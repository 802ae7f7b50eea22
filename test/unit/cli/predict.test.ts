import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { call, specText, temporaryFolder } from './fakeIo';

const folder = temporaryFolder(after);
const file = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return name;
};
const predict = (...argv: string[]) => call(['predict', ...argv], { cwd: folder });
const deep = file(
  'deep.netspec.json',
  specText({
    layers: [
      { type: 'repeat', times: 6, layers: [{ type: 'dense', units: 32, activation: 'sigmoid' }] },
      { type: 'dense', name: 'logits', units: 2 },
    ],
  }),
);

interface Layer {
  readonly name: string;
  readonly backwardFactor: number;
  readonly activationFactor: number;
  readonly weightFactor: number;
  readonly cumulative: number;
  readonly band: [number, number];
  readonly basis: string;
  readonly terms: { term: string; factor: number }[];
}

test('JSON has every layer with its terms, whose product is its factor', async () => {
  const { status, out, err } = await predict(deep, '--json');
  assert.deepEqual([status, err], [0, '']);
  const { format, spec, layers, firstToLast, firstToLastBand, factorPerLayer } = JSON.parse(out);
  assert.equal(format, 'gradoscope.prediction/1');
  assert.equal(spec, deep);
  const names = [1, 2, 3, 4, 5, 6].map((n) => `dense_1/${n}`);
  assert.deepEqual(
    layers.map((l: Layer) => l.name),
    [...names, 'logits'],
  );
  for (const layer of layers as Layer[]) {
    const product = layer.terms.reduce((p, t) => p * t.factor, 1);
    assert.ok(Math.abs(product / layer.backwardFactor - 1) < 1e-9, layer.name);
    assert.ok(Math.abs((layer.activationFactor * layer.weightFactor) / layer.backwardFactor - 1) < 1e-9, layer.name);
    assert.ok(['meanField', 'probe'].includes(layer.basis));
    assert.ok(layer.band[0] <= layer.cumulative && layer.cumulative <= layer.band[1], layer.name);
  }
  assert.equal(layers.at(-1).cumulative, 1);
  assert.equal(layers[0].cumulative, firstToLast);
  assert.deepEqual(layers[0].band, firstToLastBand);
  assert.ok(firstToLast > 1e-5 && firstToLast < 1e-3, `${firstToLast}: five times about 0.236`);
  assert.ok(Math.abs(factorPerLayer - firstToLast ** (1 / 6)) < 1e-12);
});

test('text has a row a layer, and says what reaches the first', async () => {
  const { status, out } = await predict(deep);
  assert.equal(status, 0);
  assert.match(out, /^logits /m);
  assert.match(out, /The first layer gets [\d.e-]+ of the last one's gradient/);
  assert.doesNotMatch(out, /NaN|undefined/);
});

test('what can be measured alone is absent with --no-probe, and never made up', async () => {
  const spec = file(
    'attention.netspec.json',
    specText({
      data: { source: 'copy', samples: 40, length: 3, symbols: 4 },
      layers: [
        { type: 'dense', units: 8 },
        { type: 'multiHeadAttention', numHeads: 2, keyDim: 4 },
        { type: 'dense', units: 5 },
      ],
    }),
  );
  const { status, out, err } = await predict(spec, '--json', '--no-probe');
  assert.equal(status, 0, err);
  // Theory may learn to say more; what it leaves open has no number at all.
  for (const layer of JSON.parse(out).layers as Partial<Layer>[]) {
    const open = layer.backwardFactor === undefined;
    assert.ok(open ? layer.terms!.every(({ factor }) => factor === undefined) : layer.backwardFactor! > 0, layer.name);
  }
  assert.doesNotMatch(out, /NaN|null/);
  const measured = JSON.parse((await predict(spec, '--json')).out).layers as Layer[];
  for (const layer of measured) assert.ok(layer.backwardFactor > 0 && layer.cumulative > 0, layer.name);
});

test('without its data theory says what it can, and what it assumed', async () => {
  const csv = { source: 'csv', path: 'none.csv', target: 'k' };
  const layers = [
    { type: 'dense', units: 3, activation: 'tanh' },
    { type: 'dense', units: 2 },
  ];
  const known = file('columns.netspec.json', specText({ data: { ...csv, features: ['a', 'b'] }, layers }));
  const { status, out, err } = await predict(known, '--json');
  assert.equal(status, 0, err);
  assert.match(err, /warning NS302: .*\n +The prediction is for inputs of mean 0 and spread 1 instead\./);
  assert.ok(JSON.parse(out).firstToLast > 0);
  const unknown = await predict(file('table.netspec.json', specText({ data: csv, layers })));
  assert.equal(unknown.status, 2, 'how many inputs there are is not known');
  assert.match(unknown.err, /error NS302/);
});
