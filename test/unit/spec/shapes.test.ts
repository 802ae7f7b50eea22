import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyzeSpec } from '../../../src/spec/analyze';
import { splitCounts } from '../../../src/spec/dataShape';
import { formatBytes, formatCount, shapeText } from '../../../src/spec/format';
import { estimateMemory } from '../../../src/spec/memory';
import type { DataShape } from '../../../src/spec/network';
import { check, shaped, spiral } from './check';

/** The last of the layers, on data of a shape. */
function last(layers: string, inputShape: readonly number[]) {
  const { graph, problems } = analyzeSpec(shaped(layers), { dataShape: { inputShape } });
  assert.deepEqual(problems, []);
  assert.ok(graph);
  return graph.layers.at(-1)!;
}

type Row = [layer: string, input: number[], output: number[], parameters?: Record<string, number[]>];
const ROWS: Row[] = [
  ['{ "type": "dense", "units": 10 }', [4], [10], { kernel: [4, 10], bias: [10] }],
  ['{ "type": "dense", "units": 10, "useBias": false }', [4], [10], { kernel: [4, 10] }],
  ['{ "type": "dense", "units": 10 }', [7, 5, 4], [7, 5, 10], { kernel: [4, 10], bias: [10] }],
  ['{ "type": "activation", "activation": "softmax" }', [3, 2], [3, 2]],
  ['{ "type": "dropout", "rate": 0.1 }', [3, 2], [3, 2]],
  ['{ "type": "flatten" }', [28, 28, 1], [784]],
  ['{ "type": "flatten" }', [5], [5]],
  ['{ "type": "reshape", "targetShape": [4, -1] }', [8, 3], [4, 6]],
  ['{ "type": "reshape", "targetShape": [-1] }', [8, 3], [24]],
  ['{ "type": "reshape", "targetShape": [2, 3, 4] }', [24], [2, 3, 4]],
  ['{ "type": "embedding", "inputDim": 100, "outputDim": 8 }', [12], [12, 8], { embeddings: [100, 8] }],
  ['{ "type": "add", "inputs": ["data", "data"] }', [3, 2], [3, 2]],
  ['{ "type": "multiply", "inputs": ["data", "data", "data"] }', [3], [3]],
  ['{ "type": "concatenate", "inputs": ["data", "data"] }', [3, 2], [3, 4]],
  ['{ "type": "concatenate", "inputs": ["data", "data"], "axis": 0 }', [3, 2], [6, 2]],
  ['{ "type": "concatenate", "inputs": ["data", "data"], "axis": -2 }', [3, 2], [6, 2]],
  ['{ "type": "conv1d", "filters": 8, "kernelSize": 3 }', [10, 4], [8, 8], { kernel: [3, 4, 8], bias: [8] }],
  [
    '{ "type": "conv1d", "filters": 8, "kernelSize": 3, "padding": "causal", "dilationRate": 4 }',
    [10, 4],
    [10, 8],
    { kernel: [3, 4, 8], bias: [8] },
  ],
  [
    '{ "type": "conv1d", "filters": 8, "kernelSize": 3, "dilationRate": 2 }',
    [10, 4],
    [6, 8],
    { kernel: [3, 4, 8], bias: [8] },
  ],
  [
    '{ "type": "conv2d", "filters": 16, "kernelSize": 3 }',
    [28, 28, 1],
    [26, 26, 16],
    { kernel: [3, 3, 1, 16], bias: [16] },
  ],
  [
    '{ "type": "conv2d", "filters": 16, "kernelSize": [5, 3], "strides": 2 }',
    [28, 28, 3],
    [12, 13, 16],
    { kernel: [5, 3, 3, 16], bias: [16] },
  ],
  [
    '{ "type": "conv2d", "filters": 4, "kernelSize": 3, "strides": [2, 1], "padding": "same" }',
    [7, 7, 2],
    [4, 7, 4],
    { kernel: [3, 3, 2, 4], bias: [4] },
  ],
  [
    '{ "type": "depthwiseConv2d", "kernelSize": 3, "depthMultiplier": 2 }',
    [8, 8, 5],
    [6, 6, 10],
    { depthwiseKernel: [3, 3, 5, 2], bias: [10] },
  ],
  ['{ "type": "maxPooling1d" }', [9, 4], [4, 4]],
  ['{ "type": "averagePooling1d", "poolSize": 3, "strides": 1, "padding": "same" }', [9, 4], [9, 4]],
  ['{ "type": "maxPooling2d" }', [7, 8, 3], [3, 4, 3]],
  ['{ "type": "maxPooling2d", "padding": "same" }', [7, 8, 3], [4, 4, 3]],
  ['{ "type": "averagePooling2d", "poolSize": [3, 2], "strides": 1 }', [7, 8, 3], [5, 7, 3]],
  ['{ "type": "globalAveragePooling1d" }', [9, 4], [4]],
  ['{ "type": "globalAveragePooling2d" }', [7, 8, 3], [3]],
  ['{ "type": "globalMaxPooling2d" }', [7, 8, 3], [3]],
  ['{ "type": "batchNormalization" }', [7, 3], [7, 3], { gamma: [3], beta: [3], movingMean: [3], movingVariance: [3] }],
  [
    '{ "type": "batchNormalization", "scale": false, "center": false }',
    [3],
    [3],
    { movingMean: [3], movingVariance: [3] },
  ],
  ['{ "type": "layerNormalization" }', [7, 3], [7, 3], { gamma: [3], beta: [3] }],
  ['{ "type": "rmsNormalization" }', [7, 3], [7, 3], { gamma: [3] }],
  ['{ "type": "groupNormalization", "groups": 2 }', [7, 4], [7, 4], { gamma: [4], beta: [4] }],
  ['{ "type": "simpleRNN", "units": 6 }', [9, 4], [6], { kernel: [4, 6], recurrentKernel: [6, 6], bias: [6] }],
  [
    '{ "type": "lstm", "units": 6, "returnSequences": true }',
    [9, 4],
    [9, 6],
    { kernel: [4, 24], recurrentKernel: [6, 24], bias: [24] },
  ],
  ['{ "type": "gru", "units": 6 }', [9, 4], [6], { kernel: [4, 18], recurrentKernel: [6, 18], bias: [2, 18] }],
  [
    '{ "type": "gru", "units": 6, "resetAfter": false, "useBias": true }',
    [9, 4],
    [6],
    { kernel: [4, 18], recurrentKernel: [6, 18], bias: [18] },
  ],
  [
    '{ "type": "multiHeadAttention", "numHeads": 2, "keyDim": 3, "useBias": false }',
    [9, 4],
    [9, 4],
    { queryKernel: [4, 2, 3], keyKernel: [4, 2, 3], valueKernel: [4, 2, 3], outputKernel: [2, 3, 4] },
  ],
  [
    '{ "type": "multiHeadAttention", "numHeads": 2, "keyDim": 3, "valueDim": 5 }',
    [9, 4],
    [9, 4],
    {
      queryKernel: [4, 2, 3],
      queryBias: [2, 3],
      keyKernel: [4, 2, 3],
      keyBias: [2, 3],
      valueKernel: [4, 2, 5],
      valueBias: [2, 5],
      outputKernel: [2, 5, 4],
      outputBias: [4],
    },
  ],
  ['{ "type": "positionalEmbedding" }', [9, 4], [9, 4], { embeddings: [9, 4] }],
  ['{ "type": "residual", "shortcut": "projection", "layers": [{ "type": "dense", "units": 8 }] }', [9, 4], [9, 8]],
];
describe('shapes of every layer', () => {
  for (const [layer, input, output, parameters = {}] of ROWS) {
    test(`${layer} on ${shapeText(input)}`, () => {
      const found = last(layer, input);
      assert.deepEqual(found.outputShape, output);
      assert.deepEqual(Object.fromEntries(found.parameters.map((p) => [p.name, p.shape])), parameters);
    });
  }
  test('no layer of the language is left out above', async () => {
    const { plainLayers } = await import('../../../src/spec/schema/layers');
    const tested = new Set(ROWS.map(([layer]) => /"type": "(\w+)"/.exec(layer)?.[1]));
    assert.deepEqual(
      Object.keys(plainLayers).filter((t) => !tested.has(t)),
      [],
    );
  });
});

describe('fans', () => {
  const fansOf = (layer: string, input: number[], parameter = 0) => {
    const p = last(layer, input).parameters[parameter]!;
    return [p.fanIn, p.fanOut];
  };
  test('dense: inputs and units', () => assert.deepEqual(fansOf('{ "type": "dense", "units": 10 }', [4]), [4, 10]));
  test('a bias: its length', () => assert.deepEqual(fansOf('{ "type": "dense", "units": 10 }', [4], 1), [10, 10]));
  test('convolution: receptive field times channels', () =>
    assert.deepEqual(fansOf('{ "type": "conv2d", "filters": 16, "kernelSize": [3, 5] }', [9, 9, 4]), [60, 240]));
  test('attention: those of the dense layers that it is made of', () => {
    const layer = '{ "type": "multiHeadAttention", "numHeads": 2, "keyDim": 3, "useBias": false }';
    assert.deepEqual(fansOf(layer, [9, 5]), [5, 6]);
    assert.deepEqual(fansOf(layer, [9, 5], 3), [6, 5]);
  });
  test('trainable false reaches every parameter', () => {
    const { parameters } = last('{ "type": "dense", "units": 10, "trainable": false }', [4]);
    assert.deepEqual(
      parameters.map((p) => p.trainable),
      [false, false],
    );
  });
});

const FAULTS: [name: string, layers: string, input: number[]][] = [
  [
    'add of two shapes',
    '{ "type": "dense", "units": 3, "name": "a" }, { "type": "add", "inputs": ⟪NS204 ["a", "data"]⟫ }',
    [2],
  ],
  [
    'add of two ranks',
    '{ "type": "flatten", "name": "a" }, { "type": "add", "inputs": ⟪NS204 ["a", "data"]⟫ }',
    [2, 3],
  ],
  [
    'multiply of two shapes',
    '{ "type": "multiply", "inputs": ⟪NS204 ["dense_1", "data"]⟫ }, { "type": "dense", "units": 3, "inputs": ["data"] }, { "type": "add", "inputs": ["dense_1", "multiply_1"] }',
    [2],
  ],
  [
    'concatenate of two ranks',
    '{ "type": "flatten" }, { "type": "concatenate", "inputs": ⟪NS204 ["flatten_1", "data"]⟫ }',
    [2, 3],
  ],
  [
    'concatenate where another axis differs',
    '{ "type": "dense", "units": 3 }, { "type": "concatenate", "axis": 0, "inputs": ⟪NS204 ["dense_1", "data"]⟫ }',
    [4, 2],
  ],
  ['concatenate along no axis', '{ "type": "concatenate", "axis": ⟪NS209 1⟫, "inputs": ["data", "data"] }', [4]],
  [
    'concatenate along no axis from behind',
    '{ "type": "concatenate", "axis": ⟪NS209 -2⟫, "inputs": ["data", "data"] }',
    [4],
  ],
  ['reshape to another size', '{ "type": "reshape", "targetShape": ⟪NS206 [5, 2]⟫ }', [12]],
  ['reshape to parts that do not fit', '{ "type": "reshape", "targetShape": ⟪NS206 [5, -1]⟫ }', [12]],
  ['convolution of a vector', '{ "type": ⟪NS205 "conv2d"⟫, "filters": 1, "kernelSize": 3 }', [12]],
  ['convolution of a sequence', '{ "type": ⟪NS205 "conv2d"⟫, "filters": 1, "kernelSize": 3 }', [12, 3]],
  ['a window that does not fit', '{ "type": "conv2d", "filters": 1, "kernelSize": ⟪NS207 [3, 9]⟫ }', [8, 8, 1]],
  ['a pool that does not fit', '{ "type": "maxPooling2d", "poolSize": ⟪NS207 9⟫ }', [8, 8, 1]],
  ['a pool by default that does not fit', '{ "type": ⟪NS207 "maxPooling2d"⟫ }', [1, 8, 1]],
  ['lstm of a vector', '{ "type": ⟪NS205 "lstm"⟫, "units": 3 }', [8]],
  ['attention of an image', '{ "type": ⟪NS205 "multiHeadAttention"⟫, "numHeads": 1, "keyDim": 1 }', [8, 8, 1]],
  ['positions of a vector', '{ "type": ⟪NS205 "positionalEmbedding"⟫ }', [8]],
  ['groups that do not divide', '{ "type": "groupNormalization", "groups": ⟪NS209 3⟫ }', [8]],
  ['groups by default that do not divide', '{ "type": ⟪NS209 "groupNormalization"⟫ }', [8]],
  [
    'a residual that changes the shape',
    '{ "type": ⟪NS208 "residual"⟫, "layers": [{ "type": "dense", "units": 3 }] }',
    [2],
  ],
  [
    'a residual that changes the shape, said so',
    '{ "type": "residual", "shortcut": ⟪NS208 "identity"⟫, "layers": [{ "type": "dense", "units": 3 }] }',
    [2],
  ],
  [
    'a projection that would change the rank',
    '{ "type": "residual", "shortcut": ⟪NS208 "projection"⟫, "layers": [{ "type": "flatten" }] }',
    [2, 3],
  ],
  [
    'a fault in a repeat is told once',
    '{ "type": "repeat", "times": 4, "layers": [{ "type": "reshape", "targetShape": ⟪NS206 [5]⟫ }] }',
    [4],
  ],
  [
    'only the second time is wrong',
    '{ "type": "repeat", "times": 4, "layers": [{ "type": "residual", "layers": [{ "type": "reshape", "targetShape": ⟪NS206 [4]⟫ }] }, { "type": "dense", "units": 3 }] }',
    [4],
  ],
  [
    'what depends on a fault is not blamed, what does not is',
    '{ "type": "reshape", "targetShape": ⟪NS206 [5]⟫ }, { "type": "add", "inputs": ["reshape_1", "data"] }, { "type": "reshape", "inputs": ["data"], "name": "b", "targetShape": ⟪NS206 [7]⟫ }, { "type": "concatenate", "inputs": ["add_1", "b"] }',
    [4],
  ],
];
describe('faults of shapes', () => {
  for (const [name, layers, inputShape] of FAULTS) {
    test(name, () => void check(shaped(layers), { dataShape: { inputShape } }));
  }
});

const classes = (n: number, inputShape = [4]): DataShape => ({
  inputShape,
  targetKind: 'classes',
  targetShape: [],
  classes: n,
});
const values = (...targetShape: number[]): DataShape => ({ inputShape: [4], targetKind: 'values', targetShape });
const ending = (layer: string, loss: string) =>
  `{ "netspec": 1, "data": { "source": "csv", "path": "x.csv" }, "layers": [ ${layer} ], "loss": ${loss} }`;
const OUTPUTS: [name: string, text: string, data: DataShape][] = [
  ['a unit a class', ending('{ "type": "dense", "units": 3 }', '"softmaxCrossEntropy"'), classes(3)],
  ['too few units', ending('{ "type": "dense", "units": ⟪NS210 2⟫ }', '"softmaxCrossEntropy"'), classes(3)],
  ['too many units', ending('{ "type": "dense", "units": ⟪NS210 4⟫ }', '"softmaxCrossEntropy"'), classes(3)],
  ['no layer that could be told', ending('{ "type": ⟪NS210 "flatten"⟫ }', '"softmaxCrossEntropy"'), classes(3)],
  [
    'a missing flatten',
    ending('{ "type": ⟪NS210 "dense"⟫, "units": 10 }', '"softmaxCrossEntropy"'),
    classes(10, [28, 28, 1]),
  ],
  [
    'a residual at the end',
    ending('{ "type": ⟪NS210 "residual"⟫, "layers": [{ "type": "dense", "units": 4 }] }', '"softmaxCrossEntropy"'),
    classes(3),
  ],
  ['one unit for two classes', ending('{ "type": "dense", "units": 1 }', '"binaryCrossEntropy"'), classes(2)],
  ['hinge with one unit', ending('{ "type": "dense", "units": 1 }', '"hinge"'), classes(2)],
  ['two units for binary', ending('{ "type": "dense", "units": ⟪NS210 2⟫ }', '"binaryCrossEntropy"'), classes(2)],
  ['binary for three classes', ending('{ "type": "dense", "units": 1 }', '⟪NS211 "binaryCrossEntropy"⟫'), classes(3)],
  ['classes for a loss of values', ending('{ "type": "dense", "units": 3 }', '⟪NS211 "huber"⟫'), classes(3)],
  ['values for a loss of classes', ending('{ "type": "dense", "units": 1 }', '⟪NS211 "hinge"⟫'), values(1)],
  ['a value each', ending('{ "type": "dense", "units": 2 }', '"meanAbsoluteError"'), values(2)],
  ['too many values', ending('{ "type": "dense", "units": ⟪NS210 2⟫ }', '"meanSquaredError"'), values(1)],
  [
    'a label a time step',
    ending('{ "type": "dense", "units": 3 }', '"softmaxCrossEntropy"'),
    { inputShape: [5, 2], targetKind: 'classes', targetShape: [5], classes: 3 },
  ],
  [
    'softmax twice, which the analysis judges',
    ending('{ "type": "dense", "units": 3, "activation": "softmax" }', '"softmaxCrossEntropy"'),
    classes(3),
  ],
  [
    'sigmoid twice, which the analysis judges',
    ending(
      '{ "type": "dense", "units": 1 }, { "type": "activation", "activation": "sigmoid" }',
      '"binaryCrossEntropy"',
    ),
    classes(2),
  ],
  [
    'sigmoid before a softmax is odd, but a choice',
    ending('{ "type": "dense", "units": 3, "activation": "sigmoid" }', '"softmaxCrossEntropy"'),
    classes(3),
  ],
];
describe('the output against loss and data', () => {
  for (const [name, text, dataShape] of OUTPUTS) test(name, () => void check(text, { dataShape }));
  test('what is not known is not complained of', () => {
    const { graph, problems, spec } = analyzeSpec(ending('{ "type": "dense", "units": 3 }', '"softmaxCrossEntropy"'));
    assert.deepEqual([graph, problems], [undefined, []]);
    assert.ok(spec);
  });
  test('columns that are named are counted', () => {
    const text =
      '{ "netspec": 1, "data": { "source": "csv", "path": "a", "features": ["x", "y", "z"] }, "layers": [ { "type": "dense", "units": 1 } ], "loss": "huber" }';
    assert.deepEqual(check(text).graph?.inputShape, [3]);
  });
});

describe('memory', () => {
  const mib = 2 ** 20;
  const CASES: Record<string, string> = {
    'a billion units': spiral('{ "type": "dense", "units": ⟪NS402 1000000000⟫ }, { "type": "dense", "units": 2 }'),
    'a billion by a billion units': spiral(
      '{ "type": "dense", "units": 1000000000 }, { "type": "dense", "units": ⟪NS402 1000000000⟫ }, { "type": "dense", "units": 2 }',
    ),
    'the most units that can be written': spiral(
      '{ "type": "dense", "units": ⟪NS402 9007199254740991⟫ }, { "type": "dense", "units": 2 }',
    ),
    'many layers of some size': spiral(
      '{ "type": "repeat", "times": 10000, "layers": [{ "type": "dense", "units": ⟪NS402 1000⟫ }] }, { "type": "dense", "units": 2 }',
    ),
    'a billion samples':
      '{ "netspec": 1, "data": { "source": "spiral", "samples": ⟪NS402 1000000000⟫ }, "layers": [ { "type": "dense", "units": 2 } ], "loss": "softmaxCrossEntropy" }',
  };
  for (const [name, text] of Object.entries(CASES)) {
    test(`${name}: refused with the estimate and the setting`, () => {
      const { problems, graph } = check(text);
      assert.match(
        problems[0]?.message ?? '',
        /^Training needs about [\d.e+]+ [KMGTP]iB, more than the 2.0 GiB allowed\.$/,
      );
      assert.match(problems[0]?.hint ?? '', /`gradoscope\.memoryLimitMiB`/);
      assert.ok(graph, 'shapes are known all the same');
    });
  }
  test('the limit is the one that is given', () => {
    const text = spiral('{ "type": "dense", "units": 100000 }, { "type": "dense", "units": 2 }');
    check(text);
    const { problems } = analyzeSpec(text, { memoryLimitBytes: 10 * mib });
    assert.match(problems[0]?.message ?? '', /more than the 10\.0 MiB allowed/);
  });
  test('more units, samples, state and precision need more', () => {
    const bytes = (text: string) => {
      const { graph, spec, dataShape } = analyzeSpec(text);
      return estimateMemory(graph!, spec!, dataShape!);
    };
    const net = (units: number, rest = '') =>
      spiral(`{ "type": "dense", "units": ${units} }, { "type": "dense", "units": 2 }`, rest);
    const base = bytes(net(1000));
    assert.ok(base > 1000 * 32 * 4, 'at least the activations');
    assert.ok(bytes(net(2000)) > base);
    assert.ok(bytes(net(1000, ', "optimizer": "adam"')) > base);
    assert.ok(bytes(net(1000, ', "training": { "batchSize": 64 }')) > base);
    const double = bytes(net(1000, ', "training": { "precision": "float64" }'));
    assert.ok(double > 1.5 * base && double < 2 * base);
  });
});

describe('data shapes', () => {
  test('the part for testing is rounded and never everything', () => {
    assert.deepEqual(splitCounts(1000, 0.2), { trainSamples: 800, testSamples: 200 });
    assert.deepEqual(splitCounts(3, 0.5), { trainSamples: 1, testSamples: 2 });
    assert.deepEqual(splitCounts(1, 0.9), { trainSamples: 1, testSamples: 0 });
    assert.deepEqual(splitCounts(5, 0), { trainSamples: 5, testSamples: 0 });
  });
  test('sources that need no files', () => {
    const known = (data: string) =>
      analyzeSpec(`{ "netspec": 1, "data": ${data}, "layers": [{ "type": "dense", "units": 1 }], "loss": "huber" }`)
        .dataShape;
    assert.deepEqual(known('{ "source": "mnist" }'), {
      inputShape: [28, 28, 1],
      targetKind: 'classes',
      targetShape: [],
      classes: 10,
      trainSamples: 2000,
      testSamples: 500,
    });
    assert.deepEqual(known('{ "source": "mnist", "limit": 100, "testSplit": 0.1 }')?.trainSamples, 90);
    assert.deepEqual(known('{ "source": "spiral", "classes": 5, "samples": 50 }'), {
      inputShape: [2],
      targetKind: 'classes',
      targetShape: [],
      classes: 5,
      trainSamples: 40,
      testSamples: 10,
    });
    assert.deepEqual(known('{ "source": "sine" }'), {
      inputShape: [1],
      targetKind: 'values',
      targetShape: [1],
      trainSamples: 800,
      testSamples: 200,
    });
  });
});

test('numbers as people read them', () => {
  assert.equal(shapeText([28, 28, 1]), '28×28×1');
  assert.equal(shapeText([]), '1');
  assert.equal(formatCount(1234567), '1,234,567');
  assert.equal(formatCount(1e20), '1.0e+20');
  assert.equal(formatBytes(2 * 1024 ** 3), '2.0 GiB');
  assert.equal(formatBytes(0), '0 bytes');
  assert.equal(formatBytes(Number.POSITIVE_INFINITY), 'more than can be counted');
});
