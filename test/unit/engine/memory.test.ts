// Holds the estimate of the spec room to what the engine takes: every layer, optimizer and precision, nets deep and narrow,
// wide and shallow, much data. Used is the engine's whole arena (`Trainer.usedBytes`) and the dataset as it is handed over.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trainer } from '../../../src/engine/trainer';
import { analyzeSpec } from '../../../src/spec/analyze';
import type { Dataset } from '../../../src/spec/dataset';
import { memoryOf } from '../../../src/spec/memory';
import { product } from '../../../src/spec/shapes';

const MIB = 2 ** 20;
/** Below this a tenth is less than what a few odd allocations take. */
const FLOOR = 2 * MIB;
const GIB = 2 ** 30;

interface Measured {
  readonly estimate: number;
  readonly used: number;
  readonly trainer: Trainer;
}

/** Zeros in the shape that the spec asks for: only their number matters. */
function zeros(analysis: ReturnType<typeof analyzeSpec>): Dataset {
  const { graph, dataShape } = analysis;
  const { targetKind = 'values', targetShape = [], classes, trainSamples = 0, testSamples = 0 } = dataShape!;
  const part = (count: number) => ({
    count,
    inputs: new Float32Array(count * product(graph!.inputShape)),
    targets: new (targetKind === 'classes' ? Int32Array : Float32Array)(count * product(targetShape)),
  });
  const inputShape = graph!.inputShape;
  return { inputShape, targetKind, targetShape, classes, train: part(trainSamples), test: part(testSamples) };
}

function measured(spec: object): Measured {
  const analysis = analyzeSpec(JSON.stringify({ netspec: 1, ...spec }), { memoryLimitBytes: 8 * GIB });
  const { problems, spec: parsed, graph, dataShape } = analysis;
  assert.deepEqual(problems, []);
  const dataset = zeros(analysis);
  const trainer = Trainer.create({ graph: graph!, spec: parsed!, dataset });
  const parts = [dataset.train, dataset.test];
  const held = parts.reduce((sum, p) => sum + p.inputs.byteLength + p.targets.byteLength, 0);
  return { estimate: memoryOf(graph!, parsed!, dataShape!).bytes, used: trainer.usedBytes + held, trainer };
}

function agrees(spec: object): Measured {
  const result = measured(spec);
  const { estimate, used } = result;
  const apart = Math.abs(estimate - used);
  const mib = (bytes: number) => (bytes / MIB).toFixed(2);
  assert.ok(apart <= Math.max(0.1 * used, FLOOR), `estimated ${mib(estimate)} MiB, used ${mib(used)} MiB`);
  return result;
}

const teacher = (inputShape: readonly number[], samples = 300) => ({
  source: 'randomTeacher',
  inputShape,
  classes: 4,
  samples,
});
/** A net around some layers whose batch is large enough for a tenth to be seen. */
const net = (inputShape: readonly number[], layers: readonly object[], rest: object = {}) => ({
  data: teacher(inputShape),
  layers: [...layers, { type: 'flatten' }, { type: 'dense', units: 4 }],
  loss: 'softmaxCrossEntropy',
  training: { batchSize: 256, epochs: 1 },
  ...rest,
});

const image = [20, 20, 8];
const sequence = [40, 24];
const vector = [600];
/** `rest` replaces parts of the spec around the layers. */
interface Case {
  readonly input: readonly number[];
  readonly layers: readonly object[];
  readonly rest?: object;
}
const LAYERS: Readonly<Record<string, Case>> = {
  dense: { input: vector, layers: [{ type: 'dense', units: 2000, activation: 'relu' }] },
  'dense with a kept pre-activation': { input: vector, layers: [{ type: 'dense', units: 3000, activation: 'gelu' }] },
  'dense in every position': { input: sequence, layers: [{ type: 'dense', units: 100, activation: 'tanh' }] },
  activation: { input: [5000], layers: [{ type: 'activation', activation: 'mish' }] },
  softmax: { input: [5000], layers: [{ type: 'activation', activation: 'softmax' }] },
  dropout: { input: [5000], layers: [{ type: 'dropout', rate: 0.5 }] },
  reshape: { input: [5000], layers: [{ type: 'reshape', targetShape: [50, 100] }] },
  embedding: {
    input: [50],
    layers: [],
    rest: {
      data: { source: 'parity', bits: 50, noise: 0, samples: 300 },
      layers: [{ type: 'embedding', inputDim: 1000, outputDim: 100 }, { type: 'flatten' }, { type: 'dense', units: 1 }],
      loss: 'binaryCrossEntropy',
    },
  },
  add: { input: vector, layers: residual({ scale: 1 }) },
  'add with coefficients': { input: vector, layers: residual({ scale: 0.5 }) },
  multiply: { input: vector, layers: joined('multiply') },
  concatenate: { input: vector, layers: joined('concatenate') },
  conv1d: { input: sequence, layers: [{ type: 'conv1d', filters: 200, kernelSize: 3, activation: 'silu' }] },
  conv2d: { input: image, layers: [{ type: 'conv2d', filters: 30, kernelSize: 3, padding: 'same' }] },
  'conv2d of many filters': { input: [6, 6, 64], layers: [{ type: 'conv2d', filters: 513, kernelSize: 5 }] },
  depthwiseConv2d: { input: image, layers: [{ type: 'depthwiseConv2d', kernelSize: 3, depthMultiplier: 3 }] },
  maxPooling1d: { input: [200, 24], layers: [{ type: 'maxPooling1d', poolSize: 3, strides: 1 }] },
  maxPooling2d: { input: image, layers: [{ type: 'maxPooling2d', poolSize: 2 }] },
  averagePooling1d: { input: [200, 24], layers: [{ type: 'averagePooling1d', poolSize: 2 }] },
  averagePooling2d: { input: image, layers: [{ type: 'averagePooling2d', poolSize: 3, strides: 1 }] },
  globalAveragePooling1d: { input: [200, 24], layers: [{ type: 'globalAveragePooling1d' }] },
  globalAveragePooling2d: { input: image, layers: [{ type: 'globalAveragePooling2d' }] },
  globalMaxPooling2d: { input: image, layers: [{ type: 'globalMaxPooling2d' }] },
  batchNormalization: { input: image, layers: [{ type: 'batchNormalization' }] },
  layerNormalization: { input: [400, 4], layers: [{ type: 'layerNormalization' }] },
  rmsNormalization: { input: [400, 4], layers: [{ type: 'rmsNormalization' }] },
  groupNormalization: { input: image, layers: [{ type: 'groupNormalization', groups: 2 }] },
  simpleRNN: { input: sequence, layers: [{ type: 'simpleRNN', units: 100 }] },
  lstm: { input: sequence, layers: [{ type: 'lstm', units: 60 }] },
  'lstm that answers its sequence': { input: sequence, layers: [{ type: 'lstm', units: 60, returnSequences: true }] },
  gru: { input: sequence, layers: [{ type: 'gru', units: 60 }] },
  'gru with the reset before': { input: sequence, layers: [{ type: 'gru', units: 60, resetAfter: false }] },
  'lstm over many steps': { input: [400, 3], layers: [{ type: 'lstm', units: 16 }] },
  positionalEmbedding: { input: [200, 24], layers: [{ type: 'positionalEmbedding' }] },
  multiHeadAttention: { input: sequence, layers: [{ type: 'multiHeadAttention', numHeads: 4, keyDim: 12 }] },
  'multiHeadAttention over many steps, with dropout': {
    input: [100, 8],
    layers: [{ type: 'multiHeadAttention', numHeads: 2, keyDim: 3, valueDim: 5, dropout: 0.1 }],
  },
};

function residual(options: object): object[] {
  return [
    { type: 'dense', units: 500 },
    { type: 'repeat', times: 4, layers: [{ type: 'residual', layers: [{ type: 'dense', units: 500 }], ...options }] },
  ];
}

function joined(type: string): object[] {
  return [
    { type: 'dense', units: 900, name: 'a' },
    { type: 'dense', units: 900, name: 'b', inputs: ['data'] },
    { type, inputs: ['a', 'b'] },
  ];
}

describe('the estimate is within a tenth of what is used', () => {
  for (const [name, { input, layers, rest }] of Object.entries(LAYERS)) {
    test(name, () => void agrees({ ...net(input, layers), ...rest }));
    test(`${name}, in float64`, () => {
      agrees({ ...net(input, layers, { training: { batchSize: 64, epochs: 1, precision: 'float64' } }), ...rest });
    });
  }
  const wide = [{ type: 'dense', units: 1500 }];
  for (const optimizer of ['sgd', 'rmsprop', 'adagrad', 'adadelta', 'adam', 'adamw', 'nadam', 'lion']) {
    test(`with ${optimizer}`, () => void agrees(net(vector, wide, { optimizer })));
  }
  for (const type of ['sgd', 'rmsprop']) {
    const optimizer = { type, momentum: 0.9 };
    test(`with ${type} and momentum`, () => void agrees(net(vector, wide, { optimizer })));
  }
  test('with layers that are not trained', () => {
    agrees(net(vector, [{ type: 'dense', units: 1500, trainable: false }], { optimizer: 'adam' }));
  });
  const deep = (units: number, times: number) => [{ type: 'repeat', times, layers: [{ type: 'dense', units }] }];
  test('deep and narrow, where the statistics take most', () => {
    for (const steps of [3, 100, 100_000]) {
      agrees(net([16], deep(16, 300), { training: { batchSize: 16, steps, clipNorm: 1, adaptiveClip: 0.1 } }));
    }
    agrees(net([8], deep(8, 3000), { training: { batchSize: 8, steps: 1000 } }));
  });
  test('wide and shallow', () => void agrees(net([3000], [{ type: 'dense', units: 1000 }], { optimizer: 'adam' })));
  test('a large batch', () => {
    const data = teacher([50], 20_000);
    agrees(net([50], deep(60, 3), { data, training: { batchSize: 10_000, epochs: 1 } }));
    const whole = net([5], deep(4, 1), { data: teacher([5], 200_000), training: { batchSize: 200_000, epochs: 300 } });
    assert.ok(agrees(whole).used < 100 * MIB, 'not an order of all samples for each of 256 steps');
  });
  test('much data', () => {
    agrees(net([784], [], { data: teacher([784], 20_000) }));
    const numbers = { source: 'randomTeacher', features: 30, outputs: 40, samples: 100_000 };
    const regression = { data: numbers, layers: [{ type: 'dense', units: 40 }], loss: 'meanSquaredError' };
    agrees(net([], [], regression));
    agrees(net([], [], { ...regression, training: { batchSize: 32, epochs: 1, precision: 'float64' } }));
  });
  test('labels for every time step', () => {
    const data = { source: 'copy', length: 50, symbols: 6, samples: 3000 };
    agrees({ ...net([], []), data, layers: [{ type: 'dense', units: 7 }] });
  });
});

test('a hundred layers of width 512 at batch 128 train in under 512 MiB', () => {
  const hundred = (optimizer: string) => ({
    data: { source: 'randomTeacher', features: 512, classes: 10, samples: 640 },
    layers: [
      {
        type: 'repeat',
        times: 99,
        layers: [{ type: 'dense', units: 512, activation: 'relu', kernelInitializer: 'zeros' }],
      },
      { type: 'dense', units: 10 },
    ],
    loss: 'softmaxCrossEntropy',
    optimizer,
    training: { batchSize: 128, steps: 1000 },
  });
  assert.ok(agrees(hundred('sgd')).used < 300 * MIB);
  const { used, estimate, trainer } = agrees(hundred('adam'));
  assert.ok(used < 512 * MIB && estimate < 512 * MIB, `${used / MIB} MiB`);
  const before = process.memoryUsage().arrayBuffers;
  assert.equal(trainer.run(1), 1);
  assert.ok(!trainer.diverged);
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 8 * MIB, `${grown / MIB} MiB taken by a step that nothing threatens`);
});

test('ten million parameters train under the default limit', () => {
  const spec = (units: number) => ({
    netspec: 1,
    data: { source: 'randomTeacher', features: 1000, classes: 10, samples: 100 },
    layers: [
      { type: 'dense', units, activation: 'relu', kernelInitializer: 'zeros' },
      { type: 'dense', units, activation: 'relu', kernelInitializer: 'zeros' },
      { type: 'dense', units: 10 },
    ],
    loss: 'softmaxCrossEntropy',
    optimizer: 'adam',
    training: { batchSize: 32, epochs: 1 },
  });
  const { graph, problems } = analyzeSpec(JSON.stringify(spec(2720)));
  assert.deepEqual(problems, []);
  assert.ok(graph!.parameterCount > 10e6, `${graph!.parameterCount}`);
  const { trainer } = agrees(spec(2720));
  assert.equal(trainer.run(1), 1);
  const { problems: tooMany } = analyzeSpec(JSON.stringify(spec(30_000)));
  assert.equal(tooMany[0]?.code, 'NS402');
  assert.match(tooMany[0]?.message ?? '', /needs about 13\.\d GiB, more than the 2\.0 GiB allowed/);
  assert.match(tooMany[0]?.hint ?? '', /`gradoscope\.memoryLimitMiB`/);
});
