import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constantLoss } from '../../../src/analysis/constantLoss';
import { RunObserver } from '../../../src/analysis/runEvidence';
import { SeriesBuilder } from '../../../src/analysis/runSeries';
import { Random } from '../../../src/base/random';
import type { RecordLayout } from '../../../src/engine/record';
import type { Dataset } from '../../../src/spec/dataset';

const LAYOUT: RecordLayout = {
  width: 12,
  measures: {
    step: ['step', 'loss', 'metric'],
    outputGradient: ['l2'],
    flow: ['cumulative'],
    activation: ['std', 'saturatedFraction', 'deadFraction'],
    parameter: ['l2', 'mean', 'updateRatio'],
  },
  layers: [
    {
      name: 'dense_1',
      type: 'dense',
      inputShape: [4],
      outputShape: [4],
      groups: [],
      outputGradient: 3,
      flow: 4,
      activationStats: 5,
      parameters: [{ name: 'kernel', shape: [4, 4], offset: 8 }],
    },
  ],
  metric: 'accuracy',
};

interface Values {
  readonly cumulative?: number;
  readonly ratio?: number;
  readonly dead?: number;
  readonly gradient?: number;
  readonly mean?: number;
}

const recordOf = (step: number, v: Values = {}): Float64Array =>
  Float64Array.of(
    step,
    1,
    0.5,
    0.1,
    v.cumulative ?? 1,
    2,
    Number.NaN,
    v.dead ?? 0,
    v.gradient ?? 1,
    v.mean ?? 0,
    v.ratio ?? 0.01,
    0,
  );

const observed = (steps: number, of: (step: number) => Values, stepsPerEpoch = 10): RunObserver => {
  const observer = new RunObserver({ layout: LAYOUT, totalSteps: steps, stepsPerEpoch });
  for (let step = 1; step <= steps; step++) {
    observer.step(step, 1 / step, 0.5);
    observer.record(step, recordOf(step, of(step)));
  }
  return observer;
};

test('a series keeps its sum, its steps and its spread, however long it grows', () => {
  const builder = new SeriesBuilder(8);
  const random = new Random(3, 'test/series');
  const all = Array.from({ length: 1000 }, () => random.normal());
  for (const [i, v] of all.entries()) builder.add(i + 1, v);
  const { steps, values, spread, size } = builder.series();
  assert.ok(values.length >= 4 && values.length <= 8, `${values.length} points`);
  assert.equal(size, 128);
  assert.equal(steps[0], 128);
  for (const [k, value] of values.entries()) {
    const part = all.slice(k * 128, (k + 1) * 128);
    const mean = part.reduce((s, v) => s + v, 0) / part.length;
    assert.ok(Math.abs(value - mean) < 1e-12);
    assert.ok(Math.abs(spread![k]! - Math.sqrt(part.reduce((s, v) => s + (v - mean) ** 2, 0) / part.length)) < 1e-12);
  }
  // 1,000 = 7 · 128 + 104: the last point is short but says enough.
  assert.equal(steps.at(-1), 1000);
});

test('numbers that are not finite are left out', () => {
  const builder = new SeriesBuilder(8);
  for (let i = 1; i <= 9; i++) builder.add(i, i === 6 ? Number.NaN : i);
  builder.add(10, Number.POSITIVE_INFINITY);
  const expected = { steps: [2, 4, 7, 9], values: [1.5, 3.5, 6, 8.5], spread: [0.5, 0.5, 1, 0.5], size: 2 };
  assert.deepEqual(builder.series(), expected);
});

test('a last point of far fewer numbers than the others waits for more', () => {
  const builder = new SeriesBuilder(4);
  for (let i = 1; i <= 17; i++) builder.add(i, i);
  assert.deepEqual(builder.series().steps, [8, 16]);
  for (let i = 18; i <= 20; i++) builder.add(i, i);
  assert.deepEqual(builder.series().steps, [8, 16, 20]);
});

test('a run of 100,000 steps is remembered in as much memory as one of 1,000', () => {
  const { loss, epochLoss, layers, step } = observed(100_000, () => ({})).evidence('running');
  assert.equal(step, 100_000);
  assert.ok(loss.values.length <= 512 && loss.values.length >= 256);
  assert.ok(epochLoss.values.length <= 512 && epochLoss.values.length >= 256);
  assert.equal(layers.length, 1);
});

test('medians are of all steps, and late ones of the last fifth', () => {
  const [layer] = observed(200, (step) => ({
    cumulative: step > 160 ? 1e-4 : 1e-2,
    dead: step > 160 ? 0.9 : 0.1,
    ratio: step === 5 ? 3 : step / 1000,
  })).evidence('completed').layers;
  assert.ok(layer);
  assert.ok(Math.abs(layer.cumulative + 2) < 1e-12);
  assert.ok(Math.abs(layer.lateCumulative + 4) < 1e-12);
  assert.equal(layer.deadFraction, 0.1);
  assert.equal(layer.lateDeadFraction, 0.9);
  assert.ok(Math.abs(layer.updateRatio - 0.1015) < 1e-3);
  assert.equal(layer.peakUpdateRatio, 3);
  assert.equal(layer.firstUpdateRatio, 0.001);
  assert.ok(Number.isNaN(layer.saturatedFraction), 'what does not apply stays so');
});

test('what is remembered does not depend on when records are offered beyond the wanted ones', () => {
  const all = observed(3000, (step) => ({ ratio: Math.sin(step) ** 2 })).evidence('completed');
  const observer = new RunObserver({ layout: LAYOUT, totalSteps: 3000, stepsPerEpoch: 10 });
  let offered = 0;
  for (let step = 1; step <= 3000; step++) {
    observer.step(step, 1 / step, 0.5);
    if (!observer.wants(step)) continue;
    offered++;
    observer.record(step, recordOf(step, { ratio: Math.sin(step) ** 2 }));
  }
  assert.deepEqual(observer.evidence('completed'), all);
  assert.ok(offered < 1000, `${offered} records of 3,000 steps were read`);
});

test('signal to noise is that of the draws', () => {
  for (const signal of [0, 0.5, 3]) {
    const random = new Random(11, 'test/signal');
    const [layer] = observed(255, () => ({ mean: signal + random.normal() })).evidence('completed').layers;
    // 51 late draws: the mean is known to ± 0.14.
    assert.ok(Math.abs(layer!.signalToNoise - signal) < 0.45, `${layer!.signalToNoise} for ${signal}`);
  }
});

test('whole epochs alone make the curve of epochs, and the start is that of the first steps', () => {
  const observer = new RunObserver({ layout: LAYOUT, totalSteps: 100, stepsPerEpoch: 4 });
  for (let step = 1; step <= 11; step++) observer.step(step, step, 0);
  const { epochLoss, opening } = observer.evidence('running');
  assert.deepEqual(epochLoss.values, [2.5, 6.5]);
  assert.deepEqual(opening, { first: 1, highest: 2, loss: 1.5, spread: 0.5, metric: 0, steps: 2 });
});

const dataset = (targets: Float32Array | Int32Array, classes?: number): Dataset =>
  ({
    targetKind: classes === undefined ? 'values' : 'classes',
    classes,
    train: { count: targets.length, targets },
  }) as unknown as Dataset;

test('the loss of the best constant answer', () => {
  const near = (a: number | undefined, b: number) =>
    assert.ok(a !== undefined && Math.abs(a - b) < 1e-6, `${a} and ${b}`);
  near(constantLoss('softmaxCrossEntropy', dataset(Int32Array.of(0, 1, 2, 2), 3)), 1.5 * Math.LN2);
  near(constantLoss('binaryCrossEntropy', dataset(Int32Array.of(0, 1), 2)), Math.LN2);
  near(constantLoss('hinge', dataset(Int32Array.of(0, 1, 1, 1), 2)), 0.5);
  near(constantLoss('meanSquaredError', dataset(Float32Array.of(1, 3, 8))), 26 / 3);
  near(constantLoss('meanAbsoluteError', dataset(Float32Array.of(1, 3, 8))), 7 / 3);
  assert.equal(constantLoss('huber', dataset(Float32Array.of(1))), undefined);
  assert.equal(constantLoss('softmaxCrossEntropy', dataset(Int32Array.of(), 3)), undefined);
});
