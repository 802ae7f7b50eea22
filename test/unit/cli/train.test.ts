import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { readSafetensors } from '../../../src/runs/formats/safetensors';
import { call, specText, temporaryFolder } from './fakeIo';

const folder = temporaryFolder(after);
const file = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return name;
};
const spec = file('small.netspec.json', specText());
const train = (argv: string[], options = {}) => call(['train', ...argv], { cwd: folder, ...options });

/** The fields of all events that the tests look at. */
interface Event {
  readonly event: string;
  readonly format: string;
  readonly spec: string;
  readonly seed: number;
  readonly totalSteps: number;
  readonly step: number;
  readonly steps: number;
  readonly status: string;
  readonly message: string;
  readonly loss: number;
  readonly metric: { readonly accuracy: number };
  readonly test?: object;
  readonly stepsPerSecond: number;
  readonly run: string;
  readonly findings?: readonly { readonly code: string; readonly range: object; readonly severity: string }[];
  readonly layers: readonly { readonly name: string; readonly gradientL2: number; readonly updateRatio: number }[];
}
const events = (out: string): Event[] =>
  out
    .trimEnd()
    .split('\n')
    .map((l) => JSON.parse(l) as Event);

test('JSON has start, each step, end', async () => {
  const { status, out, err } = await train([spec, '--json']);
  assert.equal(status, 0, err);
  assert.equal(err, '');
  const [start, ...rest] = events(out) as [Event, ...Event[]];
  assert.deepEqual([start.event, start.format, start.spec, start.seed], ['start', 'gradoscope.train/1', spec, 3]);
  assert.equal(start.totalSteps, 10);
  const end = rest.pop()!;
  assert.deepEqual(
    rest.map((e) => [e.event, e.step]),
    Array.from({ length: 10 }, (_, i) => ['step', i + 1]),
  );
  for (const step of rest) {
    assert.deepEqual(
      step.layers.map((l) => l.name),
      ['dense_1', 'logits'],
    );
    for (const layer of step.layers) assert.ok(layer.gradientL2 > 0 && layer.updateRatio > 0);
    assert.ok(step.loss > 0);
  }
  assert.deepEqual([end.event, end.status, end.steps, end.loss], ['end', 'completed', 10, rest[9]!.loss]);
  assert.ok(end.metric.accuracy >= 0 && end.metric.accuracy <= 1 && end.stepsPerSecond > 0);
  assert.deepEqual(
    rest.filter((e) => e.test).map((e) => e.step),
    [5, 10],
    'evaluated after each epoch',
  );
  assert.deepEqual(rest[9]!.test, end.test);
});

test('the end says what the run has shown, with its place in the spec', async () => {
  const standing = file('standing.netspec.json', specText({ optimizer: { type: 'sgd', learningRate: 0 } }));
  const { status, out } = await train([standing, '--steps', '60', '--json', '--out', 'standing']);
  assert.equal(status, 0);
  const end = events(out).at(-1)!;
  assert.deepEqual(
    end.findings?.map((f) => [f.code, f.severity]),
    [['GF109', 'warning']],
  );
  assert.ok(JSON.stringify(end.findings![0]!.range).startsWith('{"start":{"line":'));
  const manifest = JSON.parse(readFileSync(path.join(folder, 'standing', 'manifest.json'), 'utf8')) as Event;
  assert.deepEqual(manifest.findings, end.findings);
  const shown = await train([standing, '--steps', '60']);
  assert.match(shown.out, /warning GF109.*: The loss does not go down: it began at/);
  const patient = await train([standing, '--steps', '60', '--json', '--threshold', 'lossPatience=1000']);
  assert.deepEqual(events(patient.out).at(-1)!.findings, []);
});

test('what a run shows is put down to the property that theory blames', async () => {
  const layers = [
    { type: 'repeat', times: 6, layers: [{ type: 'dense', units: 16, activation: 'sigmoid' }] },
    { type: 'dense', units: 2 },
  ];
  const fading = file('fading.netspec.json', specText({ layers, optimizer: { type: 'sgd', learningRate: 0.01 } }));
  const end = events((await train([fading, '--steps', '30', '--json'])).out).at(-1)!;
  const vanishing = end.findings?.find((f) => f.code === 'GF101') as { evidence?: { blamed?: string } } | undefined;
  assert.equal(vanishing?.evidence?.blamed, 'sigmoid', JSON.stringify(end.findings));
});

test('the same seed gives the same bytes, another one others', async () => {
  const steps = async (...more: string[]) =>
    (await train([spec, '--json', ...more])).out.split('\n').slice(1, 11).join('\n');
  const once = await steps();
  assert.equal(await steps(), once);
  assert.equal(await steps('--seed', '3'), once);
  assert.notEqual(await steps('--seed=-4'), once);
});

test('--steps and recordEvery are followed, first and last step are always there', async () => {
  const every = file(
    'every.netspec.json',
    specText({ training: { batchSize: 16, steps: 999, recordEvery: 4, evaluateEvery: 100 } }),
  );
  const { out } = await train([every, '--json', '--steps', '13']);
  assert.deepEqual(
    events(out)
      .filter((e) => e.event === 'step')
      .map((e) => e.step),
    [1, 4, 8, 12, 13],
  );
});

test('a run that diverges says where, ends with 1, and its JSON is JSON', async () => {
  const wild = file(
    'wild.netspec.json',
    specText({
      layers: [
        { type: 'dense', units: 6 },
        { type: 'dense', units: 6 },
        { type: 'dense', units: 2 },
      ],
      optimizer: { type: 'sgd', learningRate: 1e30 },
      training: { steps: 50 },
    }),
  );
  const { status, out } = await train([wild, '--json']);
  assert.equal(status, 1);
  const all = events(out);
  const end = all.at(-1)!;
  assert.equal(end.status, 'diverged');
  assert.match(
    end.message,
    /^Step \d+ diverged: .+ is not finite \((forward pass|backward pass|update)\)\. The .+ are kept\.$/,
  );
  const last = all.at(-2)!;
  assert.equal(last.step, end.steps);
  assert.match(JSON.stringify(last), /"(NaN|-?Infinity)"/);
  const text = await train([wild]);
  assert.equal(text.status, 1);
  assert.match(text.out, /Diverged after/);
});

test('text ends with loss, metric, picture and where it is', async () => {
  const { status, out, err } = await train([spec]);
  assert.deepEqual([status, err], [0, '']);
  assert.match(out, /small: Completed after 10 steps/);
  assert.match(out, /Test samples: loss [\d.]+, accuracy \d+(\.\d)? %/);
  assert.match(out, /^dense_1 {10}\S+/m);
  assert.match(out, /steps 1–10/);
  assert.match(out, /Not kept: --out DIR keeps a run/);
  assert.ok(!out.includes('\u001b'));
});

test('on a terminal a picture grows on stderr, and is gone at the end', async () => {
  const { out, err } = await train([spec, '--steps', '400'], { terminal: true });
  assert.match(err, /step [\d,]+ of 400, loss .* steps\/s, .* left/);
  assert.ok(err.includes('\u001b[48;5;') || err.includes(';48;5;'), 'in colour');
  assert.ok(err.endsWith('\u001b[J'));
  assert.match(out, /Completed after 400 steps/);
  const plain = await train([spec, '--steps', '400'], { terminal: true, env: { NO_COLOR: '1' } });
  assert.ok(!`${plain.out}${plain.err}`.split('\u001b').some((part) => /^\[[\d;]*m/.test(part)));
});

test('--out keeps manifest, spec, records and weights', async () => {
  const { status, out } = await train([spec, '--json', '--out', 'kept/run']);
  assert.equal(status, 0);
  const at = path.join(folder, 'kept/run');
  assert.deepEqual(readdirSync(at).sort(), [
    'manifest.json',
    'records.jsonl',
    'spec.netspec.json',
    'weights.safetensors',
  ]);
  assert.equal(readFileSync(path.join(at, 'spec.netspec.json'), 'utf8'), specText());
  const steps = out.split('\n').filter((l) => l.includes('"step"'));
  assert.equal(readFileSync(path.join(at, 'records.jsonl'), 'utf8').trimEnd(), steps.join('\n').trimEnd());
  const manifest = JSON.parse(readFileSync(path.join(at, 'manifest.json'), 'utf8'));
  assert.deepEqual([manifest.format, manifest.status, manifest.steps], ['gradoscope.run/1', 'completed', 10]);
  assert.equal(events(out).at(-1)!.run, at);
  const weights = readSafetensors(readFileSync(path.join(at, 'weights.safetensors')), 'w');
  assert.deepEqual(
    weights.map((t) => [t.name, t.shape]),
    [
      ['dense_1/kernel', [2, 6]],
      ['dense_1/bias', [6]],
      ['logits/kernel', [6, 2]],
      ['logits/bias', [2]],
    ],
  );
  assert.equal((await train([spec, '--out', 'kept/run'])).status, 0, 'an earlier run may be replaced');
});

test('--out leaves folders with other things alone', async () => {
  const { status, err } = await train([spec, '--out', '.']);
  assert.equal(status, 3);
  assert.match(err, /has other files in it/);
  assert.ok(!existsSync(path.join(folder, 'manifest.json')));
  const blocked = await train([spec, '--out', path.join(spec, 'x')]);
  assert.equal(blocked.status, 3);
  assert.match(blocked.err, /cannot be kept/);
});

test('Ctrl-C stops after the step, keeps the run and ends with 130', async () => {
  const { status, out } = await train([spec, '--json', '--steps', '100000', '--out', 'stopped'], { interruptAfter: 3 });
  assert.equal(status, 130);
  const all = events(out);
  const end = all.at(-1)!;
  assert.equal(end.status, 'cancelled');
  assert.ok(end.steps >= 3 && end.steps < 100_000);
  assert.equal(all.at(-2)!.step, end.steps, 'the last step is recorded');
  const manifest = JSON.parse(readFileSync(path.join(folder, 'stopped/manifest.json'), 'utf8'));
  assert.deepEqual([manifest.status, manifest.steps], ['cancelled', end.steps]);
  const records = readFileSync(path.join(folder, 'stopped/records.jsonl'), 'utf8').trimEnd().split('\n');
  assert.equal(records.length, end.steps);
  assert.ok(existsSync(path.join(folder, 'stopped/weights.safetensors')));
});
