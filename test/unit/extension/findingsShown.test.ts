import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemsBeside, shownFindings } from '../../../src/extension/findingsShown';
import type { Finding } from '../../../src/protocol/analysis';
import type { Problem } from '../../../src/spec/problem';

const finding = (of: Partial<Finding>): Finding => ({
  code: 'GF101',
  symptom: 'vanishing',
  severity: 'warning',
  range: { start: 10, end: 20 },
  message: 'm',
  hint: 'h',
  basis: 'prediction',
  judgements: [],
  evidence: {},
  related: [],
  ...of,
});

test('the run’s word stands in place of the prediction’s, and others beside it', () => {
  const findings = [finding({}), finding({ code: 'GF105' }), finding({ range: { start: 5, end: 6 } })];
  const shown = shownFindings({ known: { findings, moves: [] }, run: [finding({ basis: 'run' })], level: 'all' });
  assert.deepEqual(
    shown.map((f) => `${f.code} ${f.range.start} ${f.basis}`),
    ['GF101 10 run', 'GF105 10 prediction'],
  );
});

test('findings go with their text, and go where it is gone', () => {
  const related = [
    { layer: 'a', range: { start: 30, end: 40 }, message: 'r' },
    { layer: 'b', range: { start: 2, end: 4 }, message: 'r' },
  ];
  const known = {
    findings: [finding({ related }), finding({ code: 'GF105', range: { start: 2, end: 4 } })],
    moves: [{ start: 2, removed: 2, added: 5 }],
  };
  const [only, ...none] = shownFindings({ known, run: [], level: 'all' });
  assert.deepEqual(none, []);
  assert.deepEqual(only?.range, { start: 13, end: 23 });
  assert.deepEqual(
    only?.related.map((r) => [r.layer, r.range.start]),
    [['a', 33]],
  );
});

test('the setting leaves out what only informs, or everything', () => {
  const known = { findings: [finding({ severity: 'information' }), finding({ code: 'GF105' })], moves: [] };
  const codes = (level: 'all' | 'warnings' | 'off') => shownFindings({ known, run: [], level }).map((f) => f.code);
  assert.deepEqual(codes('all'), ['GF101', 'GF105']);
  assert.deepEqual(codes('warnings'), ['GF105']);
  assert.deepEqual(codes('off'), []);
});

test('an activation before a loss that applies it is told once, by what can be mended', () => {
  const problem: Problem = { code: 'NS212', severity: 'warning', range: { start: 12, end: 18 }, message: '', hint: '' };
  assert.deepEqual(problemsBeside([problem], [finding({ code: 'GF115' })]), []);
  assert.deepEqual(problemsBeside([problem], [finding({})]), [problem]);
  assert.deepEqual(problemsBeside([{ ...problem, code: 'NS211' }], [finding({ code: 'GF115' })]).length, 1);
});
