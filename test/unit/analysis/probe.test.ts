import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { type ProbeResult, probe } from '../../../src/analysis/probe';
import { affordableProbe, LARGEST_COST_MS, probeCost } from '../../../src/analysis/probeCost';
import { loadDataset } from '../../../src/data/loadDataset';
import { nodeFiles } from '../../../src/data/nodeFiles';
import { shapeOfDataset } from '../../../src/data/peekDataShape';
import { gradientReport } from '../../../src/engine/gradientReport';
import { analyzeSpec } from '../../../src/spec/analyze';
import { network, randomData, type SpecParts, trainer } from '../engine/networks';
import { family } from './family';

const dense = (units: number, activation = 'tanh', more: object = {}) => ({
  type: 'dense',
  units,
  activation,
  ...more,
});
const DATA = randomData({ inputShape: [6], classes: 3, count: 40 });
const PLAIN = {
  layers: [dense(12), dense(12, 'relu'), dense(3, 'linear')],
  loss: 'softmaxCrossEntropy',
  training: { batchSize: 8 },
};

function probed(parts: SpecParts, data = DATA, more: object = {}): ProbeResult {
  const result = probe({ ...network(parts, data), ...more });
  assert.ok(result);
  return result;
}

const log10 = (value: number | undefined) => Math.log10(value ?? Number.NaN);
const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const isClose = (a: number, b: number, what: string) =>
  assert.ok(Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.abs(b), `${what}: ${a}, not ${b}`);

test('a trainer that begins anew has the bits of a new one', () => {
  const optimizers = ['sgd', 'adam', { type: 'rmsprop', momentum: 0.9 }];
  for (const initializer of ['glorotUniform', 'orthogonal', 'lsuv']) {
    for (const optimizer of optimizers) {
      const layers = [
        dense(12, 'relu', { kernelInitializer: initializer }),
        { type: 'batchNormalization' },
        { type: 'dropout', rate: 0.3 },
        dense(3, 'linear', { kernelInitializer: initializer }),
      ];
      const parts = { ...PLAIN, layers, optimizer };
      for (const mode of ['train', 'probe'] as const) {
        const used = trainer(parts, DATA, { mode, seed: 5 });
        used.run(1);
        used.gradients(1);
        used.run(1);
        used.reinitialize(9);
        const fresh = trainer(parts, DATA, { mode, seed: 9 });
        assert.deepEqual(used.parameters(), fresh.parameters());
        assert.deepEqual(used.gradients(1), fresh.gradients(1));
        assert.equal(used.step, 0);
        for (let step = 1; step <= 3; step++) {
          assert.equal(used.run(1), 1);
          assert.equal(fresh.run(1), 1);
          const records = [used, fresh].map((net) => {
            const record = new Float64Array(net.layout.width);
            net.readRecord(step, record);
            return record;
          });
          assert.deepEqual(records[0], records[1]);
        }
        assert.deepEqual(used.parameters(), fresh.parameters());
      }
    }
  }
});

test('a trainer that diverged can begin anew', () => {
  const parts = { ...PLAIN, optimizer: { type: 'sgd', learningRate: 1e30 } };
  const net = trainer(parts, DATA);
  net.run(20);
  assert.ok(net.diverged);
  net.reinitialize(2);
  assert.equal(net.diverged, false);
  assert.equal(net.nonFinite, undefined);
  assert.deepEqual(net.parameters(), trainer(parts, DATA, { seed: 2 }).parameters());
});

test("a probe's statistics are those of trainers with its seeds", () => {
  const { seeds, layers, loss, firstLosses, batchSize } = probed(PLAIN);
  assert.deepEqual(seeds, [1, 2, 3]);
  assert.equal(batchSize, 8);
  const reports = seeds.map((seed) => {
    const net = trainer(PLAIN, DATA, { seed });
    return gradientReport(net.gradients(0), net.layout, 8);
  });
  isClose(loss, meanOf(reports.map((r) => r.loss)), 'loss');
  for (const [i, layer] of layers.entries()) {
    const of = reports.map((r) => r.layers[i]!);
    assert.equal(layer.name, of[0]!.name);
    for (const measure of ['cumulative', 'backwardFactor', 'activationFactor', 'weightFactor'] as const) {
      for (const k of seeds.keys()) isClose(layer[measure][k]!, log10(of[k]![measure]), `${measure} of ${layer.name}`);
    }
    for (const k of seeds.keys()) isClose(layer.outputGradient[k]!, log10(of[k]!.outputGradient.l2), 'outputGradient');
    const activation = (name: string) => meanOf(of.map((l) => l.activation[name] ?? Number.NaN));
    isClose(layer.activationMean, activation('mean'), 'mean');
    isClose(layer.activationStd, activation('std'), 'std');
    isClose(layer.zeroFraction, activation('zeroFraction'), 'zeroFraction');
    isClose(layer.saturatedFraction, activation('saturatedFraction'), 'saturatedFraction');
    isClose(layer.deadFraction, activation('deadFraction'), 'deadFraction');
    const ratios = seeds.map((seed) => {
      const net = trainer(PLAIN, DATA, { seed });
      net.run(1);
      const record = new Float64Array(net.layout.width);
      net.readRecord(1, record);
      return gradientReport(record, net.layout, 8).layers[i]!.parameters.kernel!.updateRatio!;
    });
    isClose(layer.updateRatio, ratios.sort((a, b) => a - b)[1]!, 'updateRatio');
  }
  const net = trainer(PLAIN, DATA);
  const expected = [1, 2, 3].map(() => {
    net.run(1);
    return net.lossAt(0);
  });
  assert.deepEqual(firstLosses, expected);
});

test('signal to noise is that of the gradients of several batches', () => {
  const { layers } = probed(PLAIN);
  const net = trainer(PLAIN, DATA);
  const kernels = [0, 1, 2, 3].map((batch) => {
    net.gradients(batch);
    return net.parameterGradients().find(({ name }) => name === 'dense_2/kernel')!.values;
  });
  const average = kernels[0]!.map((_, i) => meanOf(kernels.map((k) => k[i]!)));
  const noise = kernels.reduce((sum, k) => sum + k.reduce((s, g, i) => s + (g - average[i]!) ** 2, 0), 0) / 3;
  const signal = average.reduce((s, g) => s + g * g, 0) - noise / 4;
  assert.ok(signal > 0);
  assert.ok(Math.abs(layers[1]!.signalToNoise / Math.sqrt(signal / noise) - 1) < 1e-6);
});

test('one batch tells nothing of noise, and equal batches have none', () => {
  assert.ok(Number.isNaN(probed({ ...PLAIN, training: { batchSize: 40 } }).layers[0]!.signalToNoise));
  const one = randomData({ inputShape: [6], classes: 3, count: 1 });
  const four = (values: Float32Array | Int32Array) => [...values, ...values, ...values, ...values];
  const train = {
    count: 4,
    inputs: Float32Array.from(four(one.train.inputs)),
    targets: Int32Array.from(four(one.train.targets)),
  };
  const { layers } = probed({ ...PLAIN, training: { batchSize: 1 } }, { ...one, train });
  assert.ok(layers[0]!.signalToNoise > 1e6, `${layers[0]!.signalToNoise}`);
});

test('units that begin alike are found to be clones, and no others', () => {
  const spreads = (initializer: object | string, activation = 'sigmoid') => {
    const layers = [
      dense(8, activation, { kernelInitializer: initializer }),
      dense(8, activation, { kernelInitializer: initializer }),
      dense(3, 'linear', { kernelInitializer: initializer }),
    ];
    return probed({ ...PLAIN, layers }).layers.map(({ unitSpread }) => unitSpread);
  };
  for (const initializer of ['zeros', { type: 'constant', value: 0.1 }]) {
    const [first, second, third] = spreads(initializer);
    assert.ok(first! < 1e-6 && second! < 1e-6, `${first}, ${second}`);
    assert.ok(third! > 0.1, `${third}`);
  }
  for (const initializer of ['glorotUniform', 'orthogonal', 'identity']) {
    for (const spread of spreads(initializer)) assert.ok(spread > 0.1, `${initializer}: ${spread}`);
  }
  // No gradient arrives, and yet they are not alike.
  const dead = [dense(8, 'relu'), dense(3, 'linear', { kernelInitializer: 'zeros' })];
  assert.ok(probed({ ...PLAIN, layers: dead }).layers[0]!.unitSpread > 0.1);
});

test('the units of a cell are compared gate by gate', () => {
  const data = randomData({ inputShape: [5, 4], classes: 3, count: 16 });
  for (const type of ['simpleRNN', 'lstm', 'gru']) {
    const cell = (kernelInitializer: object | string) => ({
      ...{ type, units: 6, kernelInitializer, recurrentInitializer: kernelInitializer },
    });
    const logits = (kernelInitializer: object | string) => dense(3, 'linear', { kernelInitializer });
    const constant = { type: 'constant', value: 0.1 };
    const spread = (initializer: object | string) =>
      probed({ ...PLAIN, layers: [cell(initializer), logits(initializer)] }, data).layers[0]!;
    assert.ok(spread(constant).unitSpread < 1e-5, `${type}: ${spread(constant).unitSpread}`);
    const normal = spread('glorotUniform');
    assert.ok(normal.unitSpread > 0.1);
    assert.equal(normal.timeProfile?.length, 5);
    assert.equal(normal.timeProfile?.[4], 1);
    assert.ok(normal.timeProfile?.every((value) => value > 0 && value < 10));
  }
});

test('the same probe gives the same numbers', () => {
  assert.deepEqual(probed(PLAIN), probed(PLAIN));
  const one = probed(PLAIN, DATA, { seeds: 1 });
  assert.deepEqual(
    one.layers.map((l) => l.cumulative),
    probed(PLAIN).layers.map((l) => l.cumulative.slice(0, 1)),
  );
});

test('a net that diverges at once, or begins beyond float32, is measured all the same', () => {
  const broken = probed({ ...PLAIN, optimizer: { type: 'sgd', learningRate: 1e35 } });
  assert.ok(Number.isFinite(broken.loss));
  assert.ok(broken.firstLosses.some(Number.isNaN));
  const layers = [
    {
      type: 'repeat',
      times: 60,
      layers: [dense(12, 'linear', { kernelInitializer: { type: 'randomNormal', stddev: 9 } })],
    },
    dense(3, 'linear'),
  ];
  const beyond = probed({ ...PLAIN, layers });
  assert.ok(!Number.isFinite(beyond.loss));
  assert.ok(beyond.layers.every((layer) => layer.cumulative.length === 3));
});

test('a network that takes too long is measured with less, and a huge one not at all', () => {
  const wanted = { seeds: 3, steps: 3, batches: 4, batchSize: 32 };
  const wide = (times: number, units: number) =>
    network(
      {
        ...PLAIN,
        layers: [{ type: 'repeat', times, layers: [dense(units)] }, dense(3, 'linear')],
        training: { batchSize: 32 },
      },
      DATA,
    ).graph;
  assert.deepEqual(affordableProbe(wide(200, 64), wanted), wanted);
  const large = affordableProbe(wide(8, 1000), wanted);
  assert.ok(large && large.seeds < 3, JSON.stringify(large));
  assert.ok(probeCost(wide(8, 1000), large) <= LARGEST_COST_MS);
  assert.equal(affordableProbe(wide(30, 2000), wanted), undefined);
  const huge = { ...PLAIN, layers: [{ type: 'repeat', times: 30, layers: [dense(2000)] }, dense(3, 'linear')] };
  assert.equal(probe(network(huge, DATA)), undefined);
});

test('data that does not fit is no reason to fail', () => {
  const values = randomData({ inputShape: [6], targetShape: [3], count: 8 });
  const { graph, spec } = network(PLAIN, DATA);
  assert.equal(probe({ graph, spec, dataset: values }), undefined);
  assert.equal(probe({ graph, spec, dataset: { ...DATA, train: { ...DATA.train, count: 0 } } }), undefined);
});

test('every example and every kind of layer can be probed', () => {
  for (const name of readdirSync('examples').filter((f) => f.endsWith('.netspec.json'))) {
    const text = readFileSync(path.join('examples', name), 'utf8');
    const spec = analyzeSpec(text).spec!;
    const files = { allowedFolders: [], dataFolder: path.resolve('media/data'), files: nodeFiles };
    const dataset = loadDataset(spec, { ...files, folder: path.resolve('examples') });
    const { graph } = analyzeSpec(text, { dataShape: shapeOfDataset(dataset) });
    const result = probe({ graph: graph!, spec, dataset });
    assert.ok(result, name);
    assert.ok(Number.isFinite(result.loss), name);
    assert.equal(result.firstLosses.length, 3, name);
  }
  const types = new Set<string>();
  for (const { graph, spec, dataset, group } of family()) {
    if (group === 'dense' || graph.layers.every((layer) => types.has(layer.spec.type))) continue;
    for (const layer of graph.layers) types.add(layer.spec.type);
    assert.ok(probe({ graph, spec, dataset }), spec.name);
  }
  assert.ok(types.size >= 25, [...types].join());
});

test('a probe is made in float32, whatever the precision of the spec', () => {
  const double = probed({ ...PLAIN, training: { batchSize: 8, precision: 'float64' } });
  assert.deepEqual(double, probed(PLAIN));
});
