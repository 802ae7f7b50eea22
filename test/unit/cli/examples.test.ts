// Holds the examples to what their documentation says of them.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { call } from './fakeIo';

interface Trained {
  readonly accuracy: number;
  /** On the test samples. */
  readonly loss: number;
  /** Kernel gradient of the first layer that has one, ÷ that of the last, at the first step. */
  readonly firstToLast: number;
}

async function trained(name: string): Promise<Trained> {
  const { out, err, status } = await call(['train', `examples/${name}.netspec.json`, '--json']);
  assert.equal(status, 0, err);
  const lines = out.trimEnd().split('\n');
  const step = JSON.parse(lines[1]!) as { layers: { gradientL2?: number }[] };
  const end = JSON.parse(lines.at(-1)!) as { status: string; test: { accuracy: number; loss: number } };
  assert.equal(end.status, 'completed');
  const gradients = step.layers.map((l) => l.gradientL2).filter((l2) => l2 !== undefined);
  return { ...end.test, firstToLast: gradients[0]! / gradients.at(-1)! };
}

test('all examples are right', async () => {
  const specs = readdirSync('examples').filter((f) => f.endsWith('.netspec.json'));
  assert.equal(specs.length, 10);
  const sound = specs.filter((s) => !s.startsWith('vanishing') && !s.startsWith('exploding'));
  assert.equal(sound.length, 8);
  const { status, out } = await call(['check', ...sound.map((s) => `examples/${s}`), '--fail-on', 'warning']);
  assert.equal(status, 0, out);
});

test('what two examples are there to show is found at the property to blame', async () => {
  const vanishing = await call(['check', 'examples/vanishing-sigmoid.netspec.json']);
  assert.match(vanishing.out, /:11:64: error GF101: /, 'the sigmoid');
  const exploding = await call(['check', 'examples/exploding.netspec.json']);
  assert.match(exploding.out, /:16:32: warning GF102: /, 'the initializer');
});

test('the sigmoid net does not learn, since its first layers get next to nothing', async () => {
  const { accuracy, firstToLast } = await trained('vanishing-sigmoid');
  assert.ok(accuracy < 0.15, `accuracy ${accuracy}`);
  assert.ok(firstToLast < 1e-5, `first to last ${firstToLast}`);
});

test('with ReLU and He all layers get as much, and it learns', async () => {
  const { accuracy, firstToLast } = await trained('repaired-relu');
  assert.ok(accuracy > 0.7, `accuracy ${accuracy}`);
  assert.ok(firstToLast > 0.1 && firstToLast < 10, `first to last ${firstToLast}`);
});

test('with shortcuts the sigmoid net learns', async () => {
  const { accuracy, firstToLast } = await trained('residual');
  assert.ok(accuracy > 0.7, `accuracy ${accuracy}`);
  assert.ok(firstToLast > 0.1 && firstToLast < 10, `first to last ${firstToLast}`);
});

test('weights too large make the gradient grow a hundredfold and more towards the input', async () => {
  const { accuracy, firstToLast } = await trained('exploding');
  assert.ok(firstToLast > 100, `first to last ${firstToLast}`);
  // Chaotic: seeds 1 to 5 end between 0.13 and 0.27, where the repaired net has 0.9.
  assert.ok(accuracy < 0.4, `accuracy ${accuracy}`);
});

test('spiral and flowers are learned', async () => {
  assert.ok((await trained('spiral')).accuracy > 0.9);
  assert.ok((await trained('flowers')).accuracy > 0.9);
});

test('convolutions learn the digits, with shortcuts and batch normalization too', async () => {
  for (const name of ['digits-convolutional', 'residual-batchnorm']) {
    const { accuracy, firstToLast } = await trained(name);
    assert.ok(accuracy > 0.85, `${name}: accuracy ${accuracy}`);
    assert.ok(firstToLast > 0.1 && firstToLast < 10, `${name}: first to last ${firstToLast}`);
  }
});

test('the LSTM learns to add over fifty steps, far better than the 1/6 of always answering 1', async () => {
  const { loss } = await trained('long-memory-lstm');
  assert.ok(loss < 0.02, `loss ${loss}`);
});

test('attention learns to copy', async () => {
  const { accuracy } = await trained('copy-attention');
  assert.ok(accuracy > 0.95, `accuracy ${accuracy}`);
});
