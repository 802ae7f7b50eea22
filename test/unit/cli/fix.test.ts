import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { call, specText, temporaryFolder } from './fakeIo';

const folder = temporaryFolder(after);
// With a comment, to be kept.
const text = specText({
  data: { source: 'spiral', samples: 60 },
  layers: [
    { type: 'repeat', times: 6, layers: [{ type: 'dense', units: 4, activation: 'sigmoid' }] },
    { type: 'dense', name: 'logits', units: 2 },
  ],
  training: { batchSize: 16, steps: 20 },
}).replace('"seed": 3,', '"seed": 3, // as it was');
const file = (name: string, content = text): string => {
  writeFileSync(path.join(folder, name), content);
  return name;
};
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const fix = (argv: string[], options = {}) => call(['fix', ...argv], { cwd: folder, ...options });

interface Remedy {
  readonly id: string;
  readonly title: string;
  readonly mends: string[];
  readonly measured: { readonly firstToLast: number; readonly metric: number };
  readonly diff: string;
}

test('remedies are listed with what was measured; nothing is written', async () => {
  const spec = file('list.netspec.json');
  const { out, err } = await fix([spec, '--json']);
  assert.equal(err, '');
  const { format, spec: named, metric, codes, original, remedies, seeds, steps } = JSON.parse(out);
  assert.deepEqual([format, named, metric], ['gradoscope.fix/1', spec, 'accuracy']);
  assert.ok(codes.includes('GF101'), out);
  assert.ok(steps > 0 && seeds.length > 0);
  assert.ok(original.firstToLast < 1e-2 && original.metric >= 0);
  assert.ok(remedies.length >= 2);
  for (const remedy of remedies as Remedy[]) {
    assert.ok(remedy.id && remedy.title, out);
    assert.ok(remedy.diff.startsWith(`--- a/${spec}\n+++ b/${spec}\n@@ `));
  }
  const mending = (remedies as Remedy[]).find((r) => r.mends.includes('GF101'))!;
  assert.ok(mending.measured.firstToLast > 100 * original.firstToLast, mending.title);
  assert.equal(read(spec), text);
});

test('--apply writes the one that was chosen, and keeps comments', async () => {
  const spec = file('apply.netspec.json');
  const { remedies } = JSON.parse((await fix([spec, '--json'])).out);
  const { out, err } = await fix([spec, '--apply', '2']);
  assert.match(err, /written to apply\.netspec\.json\n$/);
  const added = (remedies[1] as Remedy).diff.split('\n').filter((l) => /^\+(?!\+\+)/.test(l));
  assert.ok(added.length > 0);
  for (const line of added) assert.ok(read(spec).includes(`${line.slice(1)}\n`), line);
  assert.match(read(spec), /"seed": 3, \/\/ as it was/);
  assert.ok(out.includes((remedies[1] as Remedy).title));
  const { status } = await fix([spec, '--apply', '99']);
  assert.equal(status, 2);
});

test('--write leaves the spec alone, and writes what was chosen elsewhere', async () => {
  const spec = file('write.netspec.json');
  await fix([spec, '--apply', '1', '--write', 'better.netspec.json']);
  assert.equal(read(spec), text);
  assert.notEqual(read('better.netspec.json'), text);
});

test('Ctrl-C stops it with 130, and nothing is written', async () => {
  const spec = file('stopped.netspec.json');
  const { status, out, err } = await fix([spec, '--apply', '1'], { interruptAfter: 3 });
  assert.deepEqual([status, out], [130, '']);
  assert.match(err, /Stopped; nothing was written/);
  assert.equal(read(spec), text);
});

test('progress is for terminals, and gone at the end', async () => {
  const { err } = await fix([file('progress.netspec.json')], { terminal: true });
  assert.match(err, /\d+ %.* · \S/);
  assert.ok(err.endsWith('\r\u001b[2K'));
});

test('of a healthy spec there is nothing to fix', async () => {
  const healthy = { optimizer: { type: 'sgd', learningRate: 0.5 }, training: { batchSize: 16, epochs: 40 } };
  const { status, out } = await fix([file('healthy.netspec.json', specText(healthy))]);
  assert.deepEqual([status, out], [0, 'healthy.netspec.json: nothing to fix\n']);
});

test('--all combines, and tells what it did as one diff', async () => {
  const spec = file('all.netspec.json');
  const { out } = await fix([spec, '--all', '--json']);
  const { applied, codes, left, diff } = JSON.parse(out);
  assert.ok(codes.includes('GF101'));
  assert.ok(applied.length > 0, out);
  assert.ok(!left.includes('GF101'));
  assert.ok(diff.includes('\n@@ '));
  assert.equal(read(spec), text);
});
