import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatDuration,
  formatFactor,
  formatLoss,
  formatMagnitude,
  formatRate,
  formatRelative,
  formatShare,
  sparkline,
} from '../../../src/extension/format';
import { statusText } from '../../../src/extension/runText';
import type { Progress, RunInfo } from '../../../src/protocol/run';

test('numbers read as the design has them', () => {
  const cases: [string, string][] = [
    [formatMagnitude(1.234e-9), '1.2e-9'],
    [formatMagnitude(2400), '2.4e+3'],
    [formatMagnitude(1e-120), '1.0e-120'],
    [formatMagnitude(0), '0'],
    [formatMagnitude(1), '1'],
    [formatMagnitude(Number.NaN), '✕ NaN'],
    [formatMagnitude(Number.POSITIVE_INFINITY), '✕ +Inf'],
    [formatRelative(0.7612), '0.76'],
    [formatRelative(5.94), '5.9'],
    [formatRelative(1), '1'],
    [formatRelative(2.5e-8), '2.5e-8'],
    [formatRelative(1600), '1.6e+3'],
    [formatRelative(0), '0'],
    [formatFactor(0.1904), '×0.19'],
    [formatFactor(1.036), '×1.04'],
    [formatFactor(12.3), '×12'],
    [formatFactor(0.0312), '×0.031'],
    [formatFactor(1234), '×1,234'],
    [formatFactor(3.1e-7), '×3.1e-7'],
    [formatFactor(1), '×1'],
    [formatShare(0.22), '22 %'],
    [formatShare(0), '0 %'],
    [formatShare(0.004), '0.4 %'],
    [formatShare(0.00001), '< 0.1 %'],
    [formatShare(1), '100 %'],
    [formatRate(3123), '3.1k steps/s'],
    [formatRate(310), '310 steps/s'],
    [formatRate(99.6), '100 steps/s'],
    [formatRate(0.42), '0.42 steps/s'],
    [formatRate(999_600), '1.0M steps/s'],
    [formatLoss(2.296), '2.30'],
    [formatLoss(0.0341), '0.034'],
    [formatLoss(1.2e-5), '1.2e-5'],
    [formatLoss(1234.5), '1,235'],
    [formatDuration(11.2), '12 s'],
    [formatDuration(200), '3 min 20 s'],
    [formatDuration(60), '1 min'],
    [formatDuration(3900), '1 h 5 min'],
    [formatDuration(7199), '2 h'],
  ];
  for (const [got, wanted] of cases) assert.equal(got, wanted);
});

test('a sparkline climbs evenly in decades, and marks what is missing or not finite', () => {
  assert.equal(sparkline([1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1]), '▁▂▃▄▅▆▇█');
  assert.equal(sparkline([1, undefined, Number.NaN, 10]), '▁·✕█');
  assert.equal(sparkline([0.5, 0.5001, 0.4999]), '▄▄▄');
  assert.equal(sparkline([0, 1, 2]), '▁▅█');
  assert.equal(sparkline([undefined]), '·');
});

test('the status bar says step, rate, loss and time left', () => {
  const run = { totalSteps: 2000 } as RunInfo;
  const progress: Progress = {
    status: 'running',
    step: 1234,
    loss: 1.918,
    metric: 0.4,
    stepsPerSecond: 3120,
    secondsLeft: 4.2,
    stride: 1,
  };
  assert.equal(statusText(run, progress), '$(pulse) 1,234/2,000 · 3.1k steps/s · loss 1.92 · 5 s left');
  const paused: Progress = { ...progress, status: 'paused', secondsLeft: undefined };
  assert.equal(statusText(run, paused), '$(debug-pause) 1,234/2,000 · loss 1.92');
  assert.equal(statusText(undefined, { ...progress, status: 'starting' }), '$(loading~spin) Starting…');
});
