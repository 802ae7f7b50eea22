import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Analysis } from '../../../src/extension/analyst';
import { type Known, leavesOpen, withCarried } from '../../../src/extension/known';
import type { Finding, LayerPrediction } from '../../../src/protocol/analysis';
import { predicted } from './predictions';

const finding = (code: string, basis: Finding['basis'], start: number): Finding =>
  ({ code, basis, range: { start, end: start + 4 }, related: [] }) as unknown as Finding;
const predictionOf = (layers: LayerPrediction[]) => ({
  layers,
  firstToLast: 1,
  firstToLastBand: [1, 1] as const,
  factorPerLayer: 1,
});
const first = (of: Partial<Analysis>): Analysis => ({ findings: [], probed: false, last: false, ...of });
const known = (of: Partial<Known>): Known => ({
  text: '',
  analysis: { problems: [] },
  findings: [],
  probed: true,
  last: true,
  moves: [],
  ...of,
});

test('an answer without a number that was known waits for the probe’s; a new layer or another number does not', () => {
  const before = known({ prediction: predictionOf([predicted({ name: 'a' }), predicted({ name: 'b' })]) });
  const nothing = predicted({ name: 'b', cumulative: Number.NaN });
  const open = first({ prediction: predictionOf([predicted({ name: 'a' }), nothing]) });
  assert.equal(leavesOpen(open, before), true);
  assert.equal(leavesOpen({ ...open, last: true }, before), false, 'nothing better follows');
  assert.equal(leavesOpen(open, { ...before, probed: false }), false);
  assert.equal(
    leavesOpen(first({ prediction: predictionOf([predicted({ name: 'a', cumulative: 0.1 })]) }), before),
    false,
  );
  const added = predictionOf([predicted({ name: 'c', cumulative: Number.NaN })]);
  assert.equal(leavesOpen(first({ prediction: added }), before), false);
});

test('what the probe found stays until it has answered, where it now stands in the answered text', () => {
  const before = known({
    findings: [finding('GF103', 'probe', 10), finding('GF104', 'probe', 30), finding('GF101', 'prediction', 50)],
    // The first edit is in the answered text, the second was made after it.
    moves: [
      { start: 0, removed: 0, added: 2 },
      { start: 0, removed: 0, added: 100 },
    ],
  });
  const carried = withCarried(first({ findings: [finding('GF104', 'probe', 31)] }), before, 1);
  assert.deepEqual(
    carried.map((f) => [f.code, f.range.start]),
    [
      ['GF104', 31],
      ['GF103', 12],
    ],
  );
  assert.deepEqual(withCarried(first({ last: true }), before, 1), []);
  assert.deepEqual(withCarried(first({}), undefined, 0), []);
});
