import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FixResult, MeasuredRemedy } from '../../../src/analysis/fix';
import type { TrialOutcome } from '../../../src/analysis/trials';
import { fixGroups, measuredHow, quickTitle } from '../../../src/extension/fixText';

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
  const named = { id: 'x', title: 'Widen `neck` to 8 units', why: '', text: '', predictedFactorPerLayer: 1 };
  assert.equal(quickTitle({ ...named, predictedFirstToLast: Number.NaN }), "Widen 'neck' to 8 units");
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

const rowsOf = (of: FixResult) => fixGroups(of).flatMap(({ rows }) => rows);

test('a row has the verdict, both figures before and after, and what it mends', () => {
  const [row] = rowsOf(
    result('accuracy', remedy({ verdict: 'better', outcome: outcome({ firstToLast: 0.968, testMetric: 0.913 }) })),
  );
  assert.equal(row!.label, 'Use ReLU');
  assert.equal(row!.description, 'better');
  assert.equal(row!.detail, '∇ 2.5e-8 → 0.97 · accuracy 11 % → 91 % · mends GF101');
});

test('what is worse, diverged or not measured says so', () => {
  const rows = rowsOf(
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
  assert.equal(rows[2]!.detail, 'mean error 0.11 → 0.020 · mends GF101');
});

test('remedies stand by verdict, the worse ones last and marked, within a verdict in their order', () => {
  const groups = fixGroups(
    result(
      'accuracy',
      remedy({ title: 'A', verdict: 'same', outcome: outcome({}) }),
      remedy({ title: 'Widen `neck`', verdict: 'worse', outcome: outcome({}) }),
      remedy({ title: 'C', verdict: 'better', outcome: outcome({}) }),
      remedy({ title: 'D', verdict: 'same', outcome: outcome({}) }),
    ),
  );
  assert.deepEqual(
    groups.map(({ title, rows }) => [title, ...rows.map((r) => r.label)]),
    [
      ['Better', 'C'],
      ['No clear difference', 'A', 'D'],
      ['Worse', "$(warning) Widen 'neck'"],
    ],
  );
});

test('many codes are counted, so that the line fits', () => {
  const codes = ['GF101', 'GF103', 'GF104', 'GF105'];
  assert.equal(rowsOf(result('accuracy', remedy({ mends: codes })))[0]!.detail, 'mends GF101, GF103 and 2 more');
  assert.equal(rowsOf(result('accuracy', remedy({ mends: codes.slice(1) })))[0]!.detail, 'mends GF103, GF104, GF105');
});

test('how the spec does as it is, and how that was measured, is said', () => {
  assert.equal(
    measuredHow(result('accuracy')),
    'As it is: ∇ 2.5e-8, accuracy 11 % · 2 seeds × 100 steps · ∇: first layer ÷ last',
  );
  const original = outcome({ firstToLast: Number.NaN, testMetric: Number.NaN, diverged: true });
  const diverged = { ...result('meanAbsoluteError'), original, seeds: [1] };
  assert.equal(measuredHow(diverged), 'As it is: diverged · 1 seed × 100 steps · ∇: first layer ÷ last');
});
