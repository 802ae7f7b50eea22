import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Progress } from '../../../src/protocol/run';
import { decodeProgress, encodeProgress } from '../../../src/protocol/wire';

test('every number of a progress survives JSON as it was', () => {
  const progress: Progress = {
    status: 'diverged',
    step: 812,
    loss: Number.NaN,
    metric: 0.1,
    testLoss: Number.POSITIVE_INFINITY,
    testMetric: Number.NEGATIVE_INFINITY,
    stepsPerSecond: 1e-300,
    stride: 2,
    message: 'NaN',
  };
  const across = decodeProgress(JSON.parse(JSON.stringify(encodeProgress(progress))) as Progress);
  assert.deepEqual(across, progress);
});
