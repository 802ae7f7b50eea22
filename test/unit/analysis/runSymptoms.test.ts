// Each symptom of a run on real small trainings: where it fires, what it blames, and where it stays silent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evidenceOf } from '../../../src/analysis/evidence';
import type { ProbeResult } from '../../../src/analysis/probe';
import { gradientNoise } from '../../../src/analysis/symptoms/gradientNoise';
import { learningRateTooHigh } from '../../../src/analysis/symptoms/learningRateTooHigh';
import { learningRateTooLow } from '../../../src/analysis/symptoms/learningRateTooLow';
import { thresholdsFrom } from '../../../src/analysis/thresholds';
import { analyzeSpec } from '../../../src/spec/analyze';
import { SPIRAL, trainedRun } from './trainedRun';

const withRate = (learningRate: number, type = 'adam') => ({ ...SPIRAL, optimizer: { type, learningRate } });
const deepSigmoid = {
  ...SPIRAL,
  data: { source: 'mnist', limit: 400 },
  layers: [
    { type: 'flatten' },
    { type: 'repeat', times: 8, layers: [{ type: 'dense', units: 16, activation: 'sigmoid' }] },
    { type: 'dense', units: 10 },
  ],
  optimizer: { type: 'sgd', learningRate: 0.1 },
  training: { batchSize: 20, epochs: 16 },
};

test('nothing is said of runs that learn', () => {
  const sound = [
    SPIRAL,
    withRate(0.3, 'sgd'),
    { ...SPIRAL, data: { source: 'moons', samples: 300 }, training: { batchSize: 8, epochs: 20 } },
    {
      ...SPIRAL,
      data: { source: 'sine', samples: 300 },
      layers: [...SPIRAL.layers.slice(0, 2), { type: 'dense', units: 1 }],
      loss: 'meanSquaredError',
    },
    { ...SPIRAL, training: { batchSize: 240, epochs: 300 } },
    { ...SPIRAL, training: { ...SPIRAL.training, schedule: { type: 'oneCycle', warmup: 20 } } },
  ];
  for (const spec of sound) {
    const { findings } = trainedRun(spec);
    assert.deepEqual(
      findings.map((f) => f.message),
      [],
      JSON.stringify(spec),
    );
  }
});

test('steps too large: the learning rate is blamed, with a better one', () => {
  const run = trainedRun(withRate(3));
  const finding = run.found('learningRateTooHigh');
  assert.equal(finding.code, 'GF107');
  assert.equal(finding.basis, 'run');
  assert.equal(finding.severity, 'warning');
  assert.equal(run.blamed('learningRateTooHigh'), '3');
  assert.match(finding.hint, /from 3 to about 0\.00\d,/);
  assert.deepEqual(
    finding.judgements.map((j) => j.setting),
    ['updateRatioExtreme', 'updateRatioHigh', 'lossRise'],
  );
  assert.ok(!run.has('learningRateTooLow'), 'a net that large steps have killed has none at the end');
});

test('a learning rate that is a default is blamed at the optimizer', () => {
  // Lion's is far too small for so few steps.
  const run = trainedRun({ ...SPIRAL, optimizer: 'lion', training: { batchSize: 60, epochs: 20 } });
  assert.equal(run.blamed('learningRateTooLow'), '"lion"');
});

test('steps too small: what all of them together could change', () => {
  const run = trainedRun(withRate(1e-6));
  const finding = run.found('learningRateTooLow');
  assert.equal(finding.code, 'GF108');
  assert.equal(run.blamed('learningRateTooLow'), '0.000001');
  assert.match(finding.message, /^Steps are too small: 450 steps together can change no kernel by more than 0\.\d+ %/);
  assert.deepEqual(
    finding.judgements.map((j) => j.setting),
    ['updateRatioLow', 'weightReach'],
  );
  for (const { value, threshold } of finding.judgements) assert.ok(value < threshold);
  assert.ok(!trainedRun(withRate(1e-6), { weightReach: 1e-6 }).has('learningRateTooLow'), 'the setting is obeyed');
});

test('a loss that stands at what guessing gives is found, and one that falls is not', () => {
  const run = trainedRun(deepSigmoid);
  const finding = run.found('lossNotDecreasing');
  assert.equal(finding.code, 'GF109');
  assert.equal(run.blamed('lossNotDecreasing'), '"softmaxCrossEntropy"');
  assert.match(finding.message, /the same answer to every sample gives 2\.\d/);
  const learning = trainedRun({ ...deepSigmoid, layers: [deepSigmoid.layers[0], deepSigmoid.layers[2]] });
  assert.ok(!learning.has('lossNotDecreasing'));
});

test('a spec silences what its runs show by code', () => {
  const run = trainedRun({ ...deepSigmoid, ignore: [{ code: 'GF109', reason: 'shown on purpose' }] });
  assert.ok(!run.has('lossNotDecreasing'));
});

test('of a loss nothing is said before there was time', () => {
  assert.ok(!trainedRun(deepSigmoid, {}, 100).has('lossNotDecreasing'));
  assert.ok(trainedRun(deepSigmoid, {}, 220).has('lossNotDecreasing'));
  assert.ok(trainedRun(deepSigmoid, { lossPatience: 50 }, 100).has('lossNotDecreasing'));
});

test('a loss that swings from epoch to epoch, and the same rate with a schedule that ends it', () => {
  const full = { ...SPIRAL, optimizer: { type: 'sgd', learningRate: 10 }, training: { batchSize: 240, epochs: 200 } };
  const run = trainedRun(full);
  const finding = run.found('oscillating');
  assert.equal(finding.code, 'GF110');
  assert.equal(run.blamed('oscillating'), '10');
  assert.ok(finding.judgements[0]!.value > 0.3);
  assert.ok(!trainedRun({ ...full, optimizer: { type: 'sgd', learningRate: 0.3 } }).has('oscillating'));
});

test('divergence names the first bad tensor and blames the learning rate', () => {
  const sine = {
    ...SPIRAL,
    data: { source: 'sine', samples: 200 },
    layers: [
      { type: 'dense', units: 32, activation: 'tanh' },
      { type: 'dense', units: 1 },
    ],
    loss: 'meanSquaredError',
    optimizer: { type: 'sgd', learningRate: 5 },
  };
  const run = trainedRun(sine);
  assert.equal(run.evidence.status, 'diverged');
  const finding = run.found('diverged');
  assert.equal(finding.code, 'GF111');
  assert.equal(finding.severity, 'error');
  assert.equal(run.blamed('diverged'), '5');
  assert.match(finding.message, /^Training diverged at step \d+: .* is not finite/);
  assert.equal(run.found('learningRateTooHigh').severity, 'error');
  assert.ok(!trainedRun({ ...sine, optimizer: { type: 'sgd', learningRate: 0.05 } }).has('diverged'));
});

test('divergence in the first step is the fault of what the layers start from', () => {
  const huge = { type: 'dense', units: 24, kernelInitializer: { type: 'randomNormal', stddev: 1e20 } };
  const run = trainedRun({ ...SPIRAL, layers: [huge, { ...huge, name: 'second' }, { type: 'dense', units: 2 }] });
  const finding = run.found('diverged');
  assert.equal(finding.layer, 'second');
  assert.equal(run.blamed('diverged'), JSON.stringify(huge.kernelInitializer));
  assert.ok(finding.range.start > run.text.indexOf('second') - 200);
  assert.ok(!run.has('learningRateTooHigh'));
});

test('a loss that has grown manifold has diverged too', () => {
  const run = trainedRun({
    ...SPIRAL,
    data: { source: 'moons', samples: 300 },
    layers: [
      { type: 'dense', units: 16, activation: 'tanh' },
      { type: 'dense', units: 16, activation: 'tanh' },
      { type: 'dense', units: 2 },
    ],
    optimizer: { type: 'sgd', learningRate: 30 },
  });
  assert.match(run.found('diverged').message, /^The loss has grown \d+(\.\d)? times: from 0\.\d+ to \d/);
});

test('overfitting: since when, by how much; silent where there is enough data', () => {
  const wide = [
    { type: 'dense', units: 64, activation: 'relu', kernelInitializer: 'heNormal' },
    { type: 'dense', units: 3 },
  ];
  const teacher = (samples: number) => ({
    ...SPIRAL,
    data: { source: 'randomTeacher', features: 20, classes: 3, samples, testSplit: 0.3 },
    layers: wide,
    training: { batchSize: 20, epochs: 25 },
  });
  const run = trainedRun(teacher(150));
  const finding = run.found('overfitting');
  assert.equal(finding.code, 'GF112');
  assert.match(finding.message, /^The net overfits since step \d+: .* rose by \d+ %, from/);
  assert.ok(!trainedRun({ ...teacher(3000), training: { batchSize: 100, epochs: 8 } }).has('overfitting'));
  const halted = { ...teacher(150), training: { batchSize: 20, epochs: 3 } };
  assert.ok(!trainedRun(halted).has('overfitting'), 'stopped in time');
});

test('small batches without a common direction are noise', () => {
  // Labels that nothing of the inputs tells.
  const guess = {
    ...SPIRAL,
    data: { source: 'parity', samples: 400, bits: 16 },
    layers: [{ type: 'dense', units: 8, activation: 'tanh' }, SPIRAL.layers[2]],
    optimizer: { type: 'sgd', learningRate: 0.02 },
    training: { batchSize: 1, steps: 400 },
  };
  const run = trainedRun(guess, { signalToNoise: 0.3 });
  assert.equal(run.found('gradientNoise').severity, 'information');
  assert.equal(run.blamed('gradientNoise'), '1');
  assert.match(run.found('gradientNoise').hint, /Raise `batchSize` to 16/);
  assert.ok(!trainedRun(guess, { signalToNoise: 0.3, noisyBatch: 0 }).has('gradientNoise'));
});

/** A probe's answer in its parts that these symptoms look at. */
const probed = (ratios: readonly number[], firstLosses: readonly number[], signalToNoise = 1) =>
  ({
    seeds: [1],
    loss: 0.7,
    firstLosses,
    layers: ratios.map((updateRatio, index) => ({ name: `dense_${index + 1}`, index, updateRatio, signalToNoise })),
  }) as unknown as ProbeResult;

const seen = (spec: object, probe: ProbeResult) => {
  const evidence = evidenceOf(analyzeSpec(JSON.stringify(spec)), { thresholds: thresholdsFrom(), probe });
  assert.ok(evidence);
  return evidence;
};

test('before a run the first steps of the probe tell that steps are too large', () => {
  const fires = (ratios: readonly number[], losses: readonly number[]) =>
    learningRateTooHigh.detect(seen(withRate(0.1), probed(ratios, losses)))[0];
  assert.equal(fires([0.01, 0.02, 0.05], [0.6, 0.5, 0.5]), undefined);
  assert.equal(fires([0.01, 0.02, 0.05], [2, 3, 4]), undefined, 'steps that change next to nothing are not too large');
  assert.equal(fires([0.1, 0.15, 0.2], [0.6, 0.5, 0.5]), undefined);
  const extreme = fires([0.4, 0.5, 0.6], [0.6, 0.5, 0.5]);
  assert.equal(extreme?.basis, 'probe');
  assert.match(extreme!.message, /typical kernel by 50 % of its size .* lower the loss from 0\.7 to 0\.5\.$/);
  assert.match(extreme!.hint, /from 0\.1 to about 0\.004/);
  assert.deepEqual(
    fires([0.01, 0.02, 0.2], [1, 2, 3])?.judgements.map((j) => j.setting),
    ['updateRatioHigh', 'lossRise'],
  );
  assert.ok(fires([0.2, 0.2, 0.2], [5, Number.NaN]), 'a loss that is not finite has risen');
});

test('before a run the first step times the schedule tells that steps are too small', () => {
  const steps = (training: object, optimizer: object = { type: 'sgd', learningRate: 0.01 }) => ({
    ...SPIRAL,
    optimizer,
    training: { steps: 1000, ...training },
  });
  const fires = (spec: object, ratio: number) =>
    learningRateTooLow.detect(seen(spec, probed([ratio / 10, ratio], []))).length > 0;
  assert.ok(fires(steps({}), 1e-4), '1,000 steps reach 0.1');
  assert.ok(!fires(steps({}), 9e-4), 'they reach 0.9');
  assert.ok(!fires(steps({ steps: 10 }), 2e-3), 'ten steps reach 0.02, but no step is small');
  assert.ok(!fires(steps({ steps: 10 }), 6e-4), 'so short a run is a look at the net');
  assert.ok(fires(steps({ steps: 10 }), 5e-5), 'unless its steps are far too small');
  assert.ok(!fires(steps({ schedule: { type: 'constant', warmup: 100 } }), 1e-4), 'the first step is a hundredth');
  assert.ok(!fires(steps({}, { type: 'sgd', learningRate: 0.01, momentum: 0.9 }), 1e-4), 'momentum gathers ten');
  assert.ok(!fires(steps({}), 0), 'no gradient is no fault of the rate');
});

test('before a run the probed batches tell their noise', () => {
  const fires = (signalToNoise: number, batchSize: number) =>
    gradientNoise.detect(seen({ ...SPIRAL, training: { batchSize } }, probed([0.01], [], signalToNoise))).length > 0;
  assert.ok(fires(0.05, 4));
  assert.ok(!fires(0.8, 4));
  assert.ok(!fires(Number.NaN, 4), 'one batch alone has nothing to be compared with');
  assert.ok(!fires(0.05, 32), 'large batches are not blamed');
});
