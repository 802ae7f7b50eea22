import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatDecade,
  formatDuration,
  formatFactor,
  formatLoss,
  formatPercent,
  formatRate,
  formatScientific,
  formatShapes,
  formatSteps,
  shortNames,
  splitExponent,
  splitName,
} from '../../../webview/format';

/** Checks a hundred cases in one table: what goes in, what is read on the screen. */
function check<T>(format: (value: T) => string, cases: readonly (readonly [T, string])[]): void {
  for (const [value, expected] of cases) assert.equal(format(value), expected, String(value));
}

test('gradients: one decimal, signed exponent, exact 0 and 1, far below float32', () => {
  check(formatScientific, [
    [1.2345e-9, '1.2e-9'],
    [2400, '2.4e+3'],
    [1, '1'],
    [0, '0'],
    [-0.00075, '-7.5e-4'],
    [0.1, '1.0e-1'],
    [3.9, '3.9e+0'],
    [9.96e-8, '1.0e-7'],
    [1.4e-120, '1.4e-120'],
    [5e-324, '4.9e-324'],
    [Number.NaN, '✕ NaN'],
    [Number.POSITIVE_INFINITY, '✕ +Inf'],
    [Number.NEGATIVE_INFINITY, '✕ -Inf'],
  ]);
});

test('the exponent is parted from the mantissa, and from nothing else', () => {
  assert.deepEqual(splitExponent('-1.2e-9'), { mantissa: '-1.2', exponent: 'e-9' });
  assert.deepEqual(splitExponent('0'), { mantissa: '0', exponent: '' });
  assert.deepEqual(splitExponent('22 %'), { mantissa: '22 %', exponent: '' });
  assert.deepEqual(splitExponent('✕ NaN'), { mantissa: '✕ NaN', exponent: '' });
  assert.deepEqual(splitExponent('not here'), { mantissa: 'not here', exponent: '' });
});

test('factors', () => {
  check(formatFactor, [
    [0.187, '×0.19'],
    [1.036, '×1.04'],
    [1, '×1'],
    [0, '×0'],
    [0.0234, '×0.023'],
    [12.3, '×12'],
    [760, '×760'],
    [3.14e-7, '×3.1e-7'],
    [123456, '×1.2e+5'],
    [Number.NaN, '✕ NaN'],
  ]);
});

test('rates have two digits', () => {
  check(formatRate, [
    [3141, '3.1k'],
    [31_410, '31k'],
    [314_100, '310k'],
    [3.1e6, '3.1M'],
    [312, '310'],
    [31.2, '31'],
    [3.14, '3.1'],
    [0.314, '0.31'],
    [0, '0'],
    [Number.NaN, '0'],
    [999.9, '1.0k'],
  ]);
});

test('percent: what is not quite nothing, or not quite all, does not say so', () => {
  check(formatPercent, [
    [0.22, '22 %'],
    [0, '0 %'],
    [1, '100 %'],
    [0.003, '0.3 %'],
    [0.00001, '<0.1 %'],
    [0.997, '99.7 %'],
    [0.99999, '>99.9 %'],
    [0.5, '50 %'],
  ]);
});

test('losses', () => {
  check(formatLoss, [
    [2.304, '2.30'],
    [0.0341, '0.034'],
    [12.345, '12.35'],
    [1234, '1,234'],
    [0.00001234, '1.2e-5'],
    [1.5e7, '1.5e+7'],
    [0, '0'],
    [Number.NaN, '✕ NaN'],
  ]);
});

test('times to go', () => {
  check(formatDuration, [
    [0.24, '0.2 s'],
    [45.4, '45 s'],
    [200, '3 min 20 s'],
    [120, '2 min'],
    [59.7, '1 min'],
    [3900, '1 h 5 min'],
    [7200, '2 h'],
    [-1, '–'],
    [Number.POSITIVE_INFINITY, '–'],
  ]);
});

test('decades, shapes and steps', () => {
  check(formatDecade, [
    [-8, '1e-8'],
    [0, '1'],
    [1, '1e+1'],
  ]);
  assert.equal(formatShapes([28, 28, 1], [784]), '28×28×1→784');
  assert.equal(formatShapes([], []), '1→1');
  assert.equal(formatSteps(230, 230), 'step 230');
  assert.equal(formatSteps(1120, 1127), 'steps 1,120–1,127');
});

test('names on an axis: those that go on counting are numbers', () => {
  assert.deepEqual(shortNames(['dense_1', 'dense_2', 'dense_3', 'logits', 'dense_4']), [
    'dense_1',
    '2',
    '3',
    'logits',
    'dense_4',
  ]);
  assert.deepEqual(shortNames(['dense_1/1', 'dense_1/2']), ['dense_1/1', '2']);
  assert.deepEqual(shortNames([]), []);
});

test('a name is cut so that its number stays', () => {
  assert.deepEqual(splitName('dense_1/10'), { head: 'dense_1', tail: '/10' });
  assert.deepEqual(splitName('dense_12'), { head: 'dense', tail: '_12' });
  assert.deepEqual(splitName('logits'), { head: 'logits', tail: '' });
});
