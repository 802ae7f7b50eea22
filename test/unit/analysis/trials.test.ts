import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rangeTest } from '../../../src/analysis/rangeTest';
import { compare, skillsOf } from '../../../src/analysis/ranking';
import { stepMs, stepsOfSpec, trialSize } from '../../../src/analysis/trialSize';
import { observeTrial, runTrial, type TrialOutcome } from '../../../src/analysis/trials';
import { Random } from '../../../src/base/random';
import { Trainer } from '../../../src/engine/trainer';
import type { Dataset, Samples } from '../../../src/spec/dataset';
import { type Network, network } from '../engine/networks';

/** Two classes, one within a ring of the other. */
function rings(count: number, testCount: number): Dataset {
  const random = new Random(3, 'test/rings');
  const samples = (n: number): Samples => {
    const inputs = new Float32Array(2 * n);
    const targets = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      targets[i] = i % 2;
      const radius = targets[i] === 0 ? 0.6 : 1.6;
      const angle = 2 * Math.PI * random.uniform();
      inputs[2 * i] = radius * Math.cos(angle) + 0.05 * random.normal();
      inputs[2 * i + 1] = radius * Math.sin(angle) + 0.05 * random.normal();
    }
    return { count: n, inputs, targets };
  };
  const shape = { inputShape: [2], targetKind: 'classes', targetShape: [], classes: 2 } as const;
  return { ...shape, train: samples(count), test: samples(testCount) };
}

const data = rings(240, 60);
const adam = { type: 'adam', learningRate: 0.01 };
const layersOf = (times: number, activation: string, kernelInitializer: unknown) => [
  { type: 'repeat', times, layers: [{ type: 'dense', units: 16, activation, kernelInitializer }] },
  { type: 'dense', units: 2 },
];
const net = (layers: readonly object[], optimizer: object = adam, training: object = {}, over = data): Network =>
  network({ layers, optimizer, loss: 'softmaxCrossEntropy', training }, over);
const healthy = net(layersOf(3, 'relu', 'heNormal'));
const vanishing = net(layersOf(9, 'sigmoid', 'glorotUniform'));

function finished<T>(work: Generator<{ readonly share: number }, T, void>): { result: T; shares: number[] } {
  const shares: number[] = [];
  for (;;) {
    const next = work.next();
    if (next.done) return { result: next.value, shares };
    shares.push(next.value.share);
  }
}

const size = { seeds: [1, 2, 3], steps: 150 };

test('a trial is the training itself: same seed, same numbers', () => {
  const { result } = finished(runTrial(healthy, { seeds: [5], steps: 80 }));
  const trainer = Trainer.create({ ...healthy, seed: 5, steps: 80 });
  const record = trainer.gradients(0);
  const flow = trainer.layout.layers[0]!.flow + trainer.layout.measures.flow.indexOf('cumulative');
  assert.equal(result.firstToLast, record[flow]);
  assert.equal(result.factorPerLayer, record[flow]! ** (1 / 3));
  let losses = 0;
  while (trainer.step < 80) {
    trainer.run(1);
    if (trainer.step > 72) losses += trainer.lossOf(trainer.step);
  }
  const { loss, metric } = trainer.evaluate()!;
  assert.deepEqual([result.testLoss, result.testMetric, result.diverged], [loss, metric, false]);
  assert.ok(Math.abs(result.loss - losses / 8) < 1e-12);
  trainer.dispose();
});

test('a trial says what a net does: a healthy one learns, one whose gradient vanishes does not', () => {
  const good = finished(runTrial(healthy, size)).result;
  const bad = finished(runTrial(vanishing, size)).result;
  assert.ok(good.testMetric > 0.95, `${good.testMetric}`);
  assert.ok(bad.testMetric < 0.7, `${bad.testMetric}`);
  assert.ok(good.factorPerLayer > 0.7 && good.factorPerLayer < 1.4, `${good.factorPerLayer}`);
  assert.ok(bad.firstToLast < 1e-4 && bad.factorPerLayer < 0.4, `${bad.firstToLast} ${bad.factorPerLayer}`);
  assert.equal(good.testMetrics.length, 3);
  assert.equal(good.metric, 'accuracy');
  assert.equal(compare(bad, data, good).verdict, 'better');
  assert.equal(compare(good, data, bad).verdict, 'worse');
  const itself = compare(good, data, good);
  assert.deepEqual([itself.verdict, itself.gain, itself.health], ['same', 0, 0]);
});

test('a trial yields shares that rise, and can be left at any time', () => {
  const { shares } = finished(runTrial(healthy, { seeds: [1, 2], steps: 5000 }));
  assert.ok(shares.length > 4, `${shares.length} slices`);
  assert.ok(shares.every((share, i) => share >= 0 && share <= 1 && (i === 0 || share >= shares[i - 1]!)));
  const left = runTrial(healthy, size);
  left.next();
  assert.equal(left.return(undefined as never).done, true);
});

test('without held-out samples the training samples are judged', () => {
  const without: Dataset = {
    ...data,
    test: { ...data.test, count: 0, inputs: new Float32Array(), targets: new Int32Array() },
  };
  const { result } = finished(runTrial({ ...healthy, dataset: without }, size));
  assert.ok(result.testMetric > 0.95, `${result.testMetric}`);
});

test('a training that diverges says so, and nothing is made up about its loss', () => {
  const wild = net(layersOf(3, 'relu', 'heNormal'), { type: 'sgd', learningRate: 1e6 });
  const { outcome, run } = finished(observeTrial(wild, { seeds: [1], steps: 60 })).result;
  assert.equal(outcome.diverged, true);
  assert.ok(Number.isNaN(outcome.loss));
  assert.equal(run.status, 'diverged');
  const calm = finished(runTrial(healthy, { seeds: [1], steps: 60 })).result;
  assert.equal(compare(outcome, data, calm).verdict, 'better');
  assert.equal(compare(calm, data, outcome).verdict, 'worse');
});

const outcome = (testMetrics: readonly number[], rest: Partial<TrialOutcome> = {}): TrialOutcome => ({
  firstToLast: 1,
  factorPerLayer: 1,
  loss: 0,
  testLoss: 0,
  testMetric: testMetrics[0]!,
  diverged: false,
  testMetrics,
  testLosses: testMetrics.map(() => 0),
  metric: 'accuracy',
  ...rest,
});

test('skill is what is known beyond the best constant answer', () => {
  assert.deepEqual(skillsOf(outcome([1, 0.5, 0.75, Number.NaN]), data), [1, 0, 0.5, -1]);
  const values: Dataset = {
    inputShape: [1],
    targetKind: 'values',
    targetShape: [2],
    train: { count: 0, inputs: new Float32Array(), targets: new Float32Array() },
    test: { count: 3, inputs: new Float32Array(3), targets: Float32Array.of(0, 10, 1, 10, 2, 13) },
  };
  // Medians 1 and 10: absolute errors 1, 0, 1 and 0, 0, 3, a mean of 5 ÷ 6.
  const skills = skillsOf(outcome([0, 5 / 6, 5 / 12, 100], { metric: 'meanAbsoluteError' }), values);
  assert.deepEqual(
    skills.map((skill) => Number(skill.toFixed(12))),
    [1, 0, 0.5, -1],
  );
});

test('a difference counts where it is beyond the noise of the seeds', () => {
  const before = outcome([0.8, 0.9, 0.7]);
  const verdict = (...metrics: number[]) => compare(before, data, outcome(metrics)).verdict;
  assert.equal(verdict(0.84, 0.94, 0.74), 'better');
  assert.equal(verdict(0.9, 0.9, 0.62), 'same');
  assert.equal(verdict(0.802, 0.902, 0.702), 'same');
  assert.equal(verdict(0.7, 0.82, 0.6), 'worse');
  const nearer = compare(outcome([1], { factorPerLayer: 0.1 }), data, outcome([1], { factorPerLayer: 10 ** 0.25 }));
  assert.ok(Math.abs(nearer.health - 0.75) < 1e-9);
});

test('the range test finds a rate that learns, for each optimizer, and the same each time', () => {
  for (const [type, low, high] of [
    ['adam', 1e-4, 0.1],
    ['sgd', 0.01, 3],
    ['rmsprop', 1e-4, 0.1],
  ] as const) {
    const subject = net(layersOf(3, 'relu', 'heNormal'), { type, learningRate: 1e-9 });
    const { suggested, rates, losses } = finished(rangeTest(subject, { seeds: [1, 2] })).result;
    assert.ok(suggested >= low && suggested <= high, `${type}: ${suggested}`);
    assert.equal(rates.length, losses.length);
    assert.equal(finished(rangeTest(subject, { seeds: [1, 2] })).result.suggested, suggested);
    const found = net(layersOf(3, 'relu', 'heNormal'), { type, learningRate: suggested });
    const [slow, fast] = [subject, found].map((n) => finished(runTrial(n, size)).result);
    assert.equal(compare(slow!, data, fast!).verdict, 'better', type);
  }
});

test('the range test suggests nothing where no rate learns', () => {
  const zeros = net(layersOf(3, 'relu', 'zeros'), { type: 'sgd', learningRate: 0.1 });
  const { suggested } = finished(rangeTest(zeros, { seeds: [1] })).result;
  assert.ok(Number.isNaN(suggested), `${suggested}`);
});

test('a small net is tried as long as it is trained, with three seeds; a large one shorter', () => {
  const small = net(layersOf(3, 'relu', 'heNormal'), adam, { epochs: 20, batchSize: 32 });
  assert.equal(stepsOfSpec(small.spec, data), 160);
  assert.deepEqual(trialSize(small), { seeds: [1, 2, 3], steps: 160 });
  const long = net(layersOf(3, 'relu', 'heNormal'), adam, { steps: 1_000_000 });
  assert.ok(trialSize(long).steps < 1_000_000 && trialSize(long).steps > 1000);
  const wide = net([
    { type: 'dense', units: 2048, activation: 'relu' },
    { type: 'dense', units: 2048 },
    { type: 'dense', units: 2 },
  ]);
  const { seeds, steps } = trialSize(wide);
  assert.ok(steps <= stepsOfSpec(wide.spec, data));
  assert.ok(stepMs(wide.graph, 32) > 20 * stepMs(small.graph, 32));
  assert.ok(seeds.length <= 3);
});
