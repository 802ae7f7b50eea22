import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FixResult, MeasuredRemedy } from '../../../src/analysis/fix';
import type { TrialOutcome } from '../../../src/analysis/trials';
import { fixRows, measuredHow, quickTitle } from '../../../src/extension/fixText';

const quick = (originalFirstToLast: number | undefined, predictedFirstToLast: number) =>
  quickTitle({
    id: 'x',
    title: 'Use ReLU',
    why: '',
    text: '',
    predictedFirstToLast,
    predictedFactorPerLayer: 1,
    ...(originalFirstToLast === undefined ? {} : { originalFirstToLast }),
  });

test('a quick fix says what is predicted, as far as it can be said', () => {
  assert.equal(quick(2.5e-8, 0.968), 'Use ReLU · ∇ 2.5e-8 → 0.97 (predicted)');
  assert.equal(quick(1234, 1.5), 'Use ReLU · ∇ 1.2e+3 → 1.5 (predicted)');
  assert.equal(quick(undefined, 0.5), 'Use ReLU · ∇ 0.5 (predicted)');
  assert.equal(quick(2.5e-8, Number.NaN), 'Use ReLU');
  assert.equal(quick(1.04e-5, 1.0401e-5), 'Use ReLU · ∇ stays 1.0e-5 (predicted)');
  assert.equal(quick(0, 1), 'Use ReLU · ∇ 0 → 1 (predicted)');
});

const outcome = (rest: Partial<TrialOutcome>): TrialOutcome => ({
  firstToLast: 1,
  factorPerLayer: 1,
  loss: 1,
  testLoss: 1,
  testMetric: 1,
  diverged: false,
  testMetrics: [],
  testLosses: [],
  ...rest,
});
const remedy = (rest: Partial<MeasuredRemedy>): MeasuredRemedy => ({
  id: 'x',
  title: 'Use ReLU',
  why: 'It passes the gradient on.',
  mends: ['GF101'],
  adds: [],
  text: '',
  ...rest,
});
const result = (metric: FixResult['metric'], ...remedies: MeasuredRemedy[]): FixResult => ({
  metric,
  codes: ['GF101'],
  original: outcome({ firstToLast: 2.5e-8, testMetric: 0.11 }),
  remedies,
  steps: 100,
  seeds: [1, 2],
});

test('a row has the verdict, both figures before and after, and what it mends', () => {
  const [row] = fixRows(
    result('accuracy', remedy({ verdict: 'better', outcome: outcome({ firstToLast: 0.968, testMetric: 0.913 }) })),
  );
  assert.equal(row!.label, 'Use ReLU');
  assert.equal(row!.description, 'better');
  assert.equal(row!.detail, '∇ 2.5e-8 → 0.97 · accuracy 11 % → 91 % · mends GF101');
});

test('what is worse, diverged or not measured says so', () => {
  const rows = fixRows(
    result(
      'meanAbsoluteError',
      remedy({
        mends: [],
        adds: ['GF102'],
        outcome: outcome({ diverged: true, firstToLast: 40, testMetric: Number.NaN }),
      }),
      remedy({}),
      remedy({ outcome: outcome({ firstToLast: Number.NaN, testMetric: 0.02 }) }),
    ),
  );
  assert.equal(rows[0]!.detail, '∇ 2.5e-8 → 40 · diverged · brings GF102');
  assert.deepEqual([rows[1]!.description, rows[1]!.detail], ['', 'mends GF101']);
  assert.equal(rows[2]!.detail, 'mean absolute error 0.11 → 0.020 · mends GF101');
});

test('how it was measured is said', () => {
  assert.match(measuredHow(result('accuracy')), /^Measured with 2 seeds × 100 steps ·/);
});
