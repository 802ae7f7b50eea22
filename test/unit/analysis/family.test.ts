import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trainer } from '../../../src/engine/trainer';
import { draws, family } from './family';

test('the family has at least 300 specs of every kind, and names tell them apart', () => {
  const all = family();
  assert.ok(all.length >= 300, `${all.length}`);
  assert.equal(new Set(all.map((m) => m.name)).size, all.length);
  const activations = new Set(
    all.flatMap((m) => m.graph.layers.map((l) => ('activation' in l.spec ? l.spec.activation : ''))),
  );
  assert.ok(activations.size >= 15, [...activations].join());
  const types = new Set(all.flatMap((m) => m.graph.layers.flatMap((l) => l.parameters.map((p) => p.initializer.type))));
  assert.equal(types.size, 16, [...types].join());
  const depths = all.map((m) => m.depth);
  const widths = all.map((m) => m.width);
  assert.deepEqual([Math.min(...depths), Math.max(...depths)], [2, 100 + 2]);
  assert.deepEqual([Math.min(...widths), Math.max(...widths)], [8, 512]);
  assert.ok(all.filter((m) => m.depth / m.width <= 0.1).length >= 100);
});

test('a draw is what a trainer with that seed measures', () => {
  const member = family().find((m) => m.name.startsWith('tanh, glorotUniform'))!;
  const { seeds, layers, firstToLast } = draws(member, 2);
  const trainer = Trainer.create({ ...member, mode: 'gradients', seed: seeds[1]! });
  const record = trainer.gradients(0);
  for (const [i, { flow }] of trainer.layout.layers.entries()) {
    assert.equal(layers[i]!.backwardFactor[1], Math.log10(record[flow]!));
    assert.equal(layers[i]!.cumulative[1], Math.log10(record[flow + 3]!));
  }
  assert.equal(firstToLast, layers[0]!.cumulative);
  assert.equal(draws(member, 2).layers, layers);
});
