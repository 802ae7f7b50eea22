import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { readSafetensors, type Tensor, writeSafetensors } from '../../../src/runs/formats/safetensors';
import { call, specText, temporaryFolder } from './fakeIo';

const folder = temporaryFolder(after);
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(path.join(folder, name), content);
  return name;
};
const spec = file('small.netspec.json', specText());
const gradients = (...argv: string[]) => call(['gradients', ...argv], { cwd: folder });
const tensors = (name: string) => readSafetensors(readFileSync(path.join(folder, name)), name);
const l2 = (t: Tensor) => Math.hypot(...t.data);

test('JSON has what the command line promises, under its names', async () => {
  const { status, out, err } = await gradients(spec, '--json', '--batch', '1');
  assert.equal(status, 0, err);
  const report = JSON.parse(out);
  assert.deepEqual(
    [report.format, report.spec, report.precision, report.batchSize, report.batch],
    ['gradoscope.gradients/1', spec, 'float32', 16, 1],
  );
  assert.ok(report.loss > 0);
  const [first, last] = report.layers;
  assert.deepEqual([first.name, first.type, first.outputShape], ['dense_1', 'dense', [16, 6]]);
  const measures = ['l2', 'rms', 'mean', 'std', 'min', 'max', 'zeroFraction', 'nonFinite'];
  assert.deepEqual(Object.keys(first.outputGradient), measures);
  for (const name of ['backwardFactor', 'activationFactor', 'weightFactor', 'cumulative'])
    assert.ok(first[name] > 0, name);
  assert.deepEqual(Object.keys(first.activation), ['mean', 'std', 'zeroFraction', 'saturatedFraction']);
  assert.deepEqual(first.parameters.kernel.shape, [2, 6]);
  for (const name of measures) assert.equal(typeof first.parameters.bias[name], 'number');
  assert.equal(last.cumulative, 1);
});

test('recurrent layers report their gradient by time step, others none', async () => {
  const layers = [
    { type: 'reshape', targetShape: [2, 1] },
    { type: 'lstm', units: 3 },
    { type: 'dense', units: 2 },
  ];
  const recurrent = file('recurrent.netspec.json', JSON.stringify({ ...JSON.parse(specText()), layers }));
  const { status, out, err } = await gradients(recurrent, '--json');
  assert.equal(status, 0, err);
  const [reshape, lstm] = JSON.parse(out).layers;
  assert.equal(reshape.timeGradient, undefined);
  assert.equal(lstm.timeGradient.length, 2);
  assert.ok(Math.abs(lstm.timeGradient[1] / lstm.outputGradient.l2 - 1) < 1e-6);
});

test('saved gradients have the norms of the report, and the batch its shapes', async () => {
  const files = ['--save-gradients', 'g.st', '--save-weights', 'w.st', '--save-batch', 'b.st'];
  const { out } = await gradients(spec, '--json', ...files);
  const { layers } = JSON.parse(out);
  for (const tensor of tensors('g.st')) {
    const [layer, parameter] = tensor.name.split('/') as [string, string];
    const reported = layers.find((l: { name: string }) => l.name === layer).parameters[parameter].l2;
    assert.ok(tensor.data instanceof Float32Array);
    assert.ok(Math.abs(l2(tensor) / reported - 1) < 1e-5, tensor.name);
  }
  const [inputs, targets] = tensors('b.st') as [Tensor, Tensor];
  assert.deepEqual([inputs.name, inputs.shape, targets.name, targets.shape], ['inputs', [16, 2], 'targets', [16]]);
  assert.ok(targets.data instanceof Int32Array);
});

test('weights come back: the same report after loading, another after a change', async () => {
  await gradients(spec, '--save-weights', 'w.st');
  const plain = JSON.parse((await gradients(spec, '--json', '--seed', '3')).out);
  const other = JSON.parse((await gradients(spec, '--json', '--seed', '8')).out);
  const loaded = JSON.parse((await gradients(spec, '--json', '--load-weights', 'w.st')).out);
  assert.deepEqual(loaded.layers, plain.layers);
  assert.notDeepEqual(other.layers, plain.layers);
  const scaled = tensors('w.st').map((t) => ({ ...t, data: t.data.map((x) => 2 * x) as Float32Array }));
  file('w2.st', writeSafetensors(scaled));
  const changed = JSON.parse((await gradients(spec, '--json', '--load-weights', 'w2.st')).out);
  assert.notEqual(changed.loss, plain.loss);
});

test('weights that do not fit are refused by name', async () => {
  await gradients(spec, '--save-weights', 'w.st');
  const all = tensors('w.st');
  const cases: [Tensor[], RegExp][] = [
    [all.slice(1), /dense_1\/kernel is missing/],
    [[...all, { name: 'x/kernel', shape: [1], data: Float32Array.of(1) }], /has no x\/kernel/],
    [
      all.map((t, i) => (i === 0 ? { ...t, shape: [6, 2] } : t)),
      /dense_1\/kernel has shape 6×2, and the network's is 2×6/,
    ],
  ];
  for (const [content, words] of cases) {
    file('bad.st', writeSafetensors(content));
    const { status, err } = await gradients(spec, '--load-weights', 'bad.st');
    assert.equal(status, 3);
    assert.match(err, words);
  }
  file('bad.st', 'no tensors');
  assert.match((await gradients(spec, '--load-weights', 'bad.st')).err, /“bad\.st” is not a safetensors file/);
  assert.equal((await gradients(spec, '--load-weights', 'none.st')).status, 3);
  assert.equal((await gradients(spec, '--save-weights', 'none/w.st')).status, 3);
});

test('float64 agrees with float32 to single precision', async () => {
  const single = JSON.parse((await gradients(spec, '--json')).out);
  const double = JSON.parse((await gradients(spec, '--json', '--precision', 'float64')).out);
  assert.equal(double.precision, 'float64');
  assert.notEqual(double.loss, single.loss);
  const [a, b] = [single.layers[0].outputGradient.l2, double.layers[0].outputGradient.l2];
  assert.ok(Math.abs(a / b - 1) < 1e-5);
});

test('gradients of 1e-50 are saved as they are', async () => {
  const deep = file(
    'deep.netspec.json',
    specText({
      layers: [
        { type: 'repeat', times: 80, layers: [{ type: 'dense', units: 4, activation: 'sigmoid' }] },
        { type: 'dense', name: 'logits', units: 2 },
      ],
    }),
  );
  const { out } = await gradients(deep, '--json', '--save-gradients', 'deep.st');
  const reported = JSON.parse(out).layers[0].parameters.kernel.l2;
  assert.ok(reported > 0 && reported < 1e-40, String(reported));
  const kernel = tensors('deep.st').find((t) => t.name === 'dense_1/1/kernel')!;
  assert.ok(kernel.data instanceof Float64Array);
  assert.ok(Math.abs(l2(kernel) / reported - 1) < 1e-5);
  assert.ok(tensors('deep.st').find((t) => t.name === 'logits/kernel')!.data instanceof Float32Array);
});

test('--check compares with central differences, at loaded weights too', async () => {
  const { status, out } = await gradients(spec, '--json', '--check');
  assert.equal(status, 0);
  const { check } = JSON.parse(out);
  assert.ok(check.maxRelativeError > 0 && check.maxRelativeError < 1e-6);
  assert.deepEqual(check.wrong, []);
  assert.deepEqual(Object.keys(check.parameters), ['dense_1/kernel', 'dense_1/bias', 'logits/kernel', 'logits/bias']);
  await gradients(spec, '--save-weights', 'w.st', '--seed', '77');
  const loaded = JSON.parse((await gradients(spec, '--json', '--check', '--load-weights', 'w.st')).out);
  assert.deepEqual(loaded.check.wrong, []);
  assert.notEqual(loaded.check.maxRelativeError, check.maxRelativeError);
  const text = await gradients(spec, '--check');
  assert.match(text.out, /All \d+ entries compared agree/);
});

test('text is a table of all layers', async () => {
  const { out } = await gradients(spec);
  assert.match(out, /^dense_1 +16×6 /m);
  assert.match(out, /^logits +16×2 /m);
});
