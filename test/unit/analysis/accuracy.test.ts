// Holds the prediction against what nets really do at initialization, over the whole generated family. A few draws of each;
// `test/bench/propagation.mjs` has the same with more, spec by spec.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probe } from '../../../src/analysis/probe';
import { predict } from '../../../src/analysis/propagation';
import { draws, family } from './family';

const DRAWS = 4;

test('the band holds 95 % of single draws, and wide nets are predicted to 0.05 decades', () => {
  let [held, all] = [0, 0];
  const errors: number[] = [];
  const members = family();
  for (const member of members) {
    const alone = predict(member);
    const probed = alone.layers.some(({ basis }) => basis === 'probe') ? probe(member) : undefined;
    const { firstToLast, firstToLastBand } = probed ? predict({ ...member, probe: probed }) : alone;
    const [low, high] = firstToLastBand.map(Math.log10) as [number, number];
    const drawn = draws(member, DRAWS).firstToLast;
    for (const value of drawn) {
      all++;
      if (value >= low - 1e-6 && value <= high + 1e-6) held++;
    }
    const mean = drawn.reduce((a, b) => a + b, 0) / drawn.length;
    const predicted = Math.log10(firstToLast);
    if (member.depth / member.width <= 0.1) errors.push(predicted === mean ? 0 : Math.abs(predicted - mean));
  }
  assert.ok(members.length >= 300);
  assert.ok(held / all >= 0.95, `${held} of ${all} draws are in the band`);
  errors.sort((a, b) => a - b);
  const median = errors[Math.floor(errors.length / 2)]!;
  assert.ok(median < 0.05, `median error of ${errors.length} nets: ${median} decades`);
  assert.ok(errors[Math.floor(0.9 * errors.length)]! < 0.1, `nine of ten: ${errors[Math.floor(0.9 * errors.length)]}`);
});
