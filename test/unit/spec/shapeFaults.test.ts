import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyzeSpec } from '../../../src/spec/analyze';
import type { DataShape } from '../../../src/spec/network';
import { shaped } from './check';

/** Errors about shapes: those of what cannot be trained yet are another matter. */
function faults(text: string, dataShape: DataShape) {
  return analyzeSpec(text, { dataShape }).problems;
}

type Telling = [layers: string, input: number[], code: string, message: string, hint?: string];
/** Each names the layer, the one that it takes its input from, and both shapes. */
const TELLING: Telling[] = [
  [
    '{ "type": "maxPooling2d" }, { "type": "conv2d", "filters": 4, "kernelSize": 5 }',
    [6, 6, 8],
    'NS207',
    '`conv2d_1` takes windows of 5×5, but `maxPooling2d_1` gives 3×3×8: nothing would be left.',
    'Use a smaller window, or `"padding": "same"`.',
  ],
  [
    '{ "type": "conv2d", "filters": 4, "kernelSize": [3, 2], "dilationRate": [3, 1] }',
    [6, 6, 8],
    'NS207',
    '`conv2d_1` takes windows of 7×2 (3×2, dilated), but the data gives 6×6×8: nothing would be left.',
    'Use a smaller window, less dilation, or `"padding": "same"`.',
  ],
  [
    '{ "type": "depthwiseConv2d", "kernelSize": 4, "name": "deep" }',
    [3, 9, 1],
    'NS207',
    '`deep` takes windows of 4×4, but the data gives 3×9×1: nothing would be left.',
  ],
  [
    '{ "type": "conv1d", "filters": 4, "kernelSize": 5 }',
    [4, 2],
    'NS207',
    '`conv1d_1` takes windows of 5 time steps, but the data gives 4×2: nothing would be left.',
  ],
  [
    '{ "type": "averagePooling1d", "poolSize": 3 }',
    [2, 8],
    'NS207',
    '`averagePooling1d_1` takes windows of 3 time steps, but the data gives 2×8: nothing would be left.',
  ],
  [
    '{ "type": "dense", "units": 64 }, { "type": "conv2d", "filters": 4, "kernelSize": 5 }',
    [9],
    'NS205',
    '`conv2d_1` takes an image (height × width × channels), but `dense_1` gives 64.',
    'Put `{ "type": "reshape", "targetShape": [8, 8, 1] }` before it, or another shape of as many numbers.',
  ],
  [
    '{ "type": "flatten" }, { "type": "globalAveragePooling2d" }',
    [4, 4, 1],
    'NS205',
    '`globalAveragePooling2d_1` takes an image (height × width × channels), but `flatten_1` gives 16.',
    'Remove `flatten_1`, or put a `reshape` after it.',
  ],
  [
    '{ "type": "maxPooling2d" }',
    [28, 28],
    'NS205',
    '`maxPooling2d_1` takes an image (height × width × channels), but the data gives 28×28.',
    'Put `{ "type": "reshape", "targetShape": [28, 28, 1] }` before it, or another shape of as many numbers.',
  ],
  [
    '{ "type": "lstm", "units": 3 }',
    [8],
    'NS205',
    '`lstm_1` takes a sequence (time × features), but the data gives 8.',
    'Put `{ "type": "reshape", "targetShape": [8, 1] }` before it, or another shape of as many numbers.',
  ],
  [
    '{ "type": "gru", "units": 3 }',
    [28, 28, 1],
    'NS205',
    '`gru_1` takes a sequence (time × features), but the data gives 28×28×1.',
    'Put `{ "type": "reshape", "targetShape": [28, 28] }` before it, or another shape of as many numbers.',
  ],
  [
    '{ "type": "gru", "units": 6, "name": "first" }, { "type": "simpleRNN", "units": 3 }',
    [5, 8],
    'NS205',
    '`simpleRNN_1` takes a sequence (time × features), but `first` gives 6.',
    'Set `returnSequences` of `first` to true, so that it answers at every time step.',
  ],
  [
    '{ "type": "multiHeadAttention", "numHeads": 3, "keyDim": 2 }',
    [7],
    'NS205',
    '`multiHeadAttention_1` takes a sequence (time × features), but the data gives 7.',
  ],
  [
    '{ "type": "positionalEmbedding" }',
    [7],
    'NS205',
    '`positionalEmbedding_1` takes a sequence (time × features), but the data gives 7.',
  ],
  [
    '{ "type": "dense", "units": 4 }, { "type": "embedding", "inputDim": 9, "outputDim": 2 }',
    [5, 3],
    'NS205',
    '`embedding_1` takes whole numbers, each the number of a row of its table, but `dense_1` gives 5×4 numbers that need not be whole.',
    'Let it take the data: give it `"inputs": ["data"]`, or put it first.',
  ],
  [
    '{ "type": "dense", "units": 12 }, { "type": "groupNormalization", "groups": 8 }',
    [5, 3],
    'NS209',
    '`groupNormalization_1` divides the channels into 8 groups, but `dense_1` gives 5×12, and 8 does not divide 12.',
    'Choose a number of groups that divides the channels, such as 6.',
  ],
  [
    '{ "type": "dense", "units": 5 }, { "type": "add", "inputs": ["dense_1", "data"], "name": "sum" }',
    [5, 3],
    'NS204',
    '`sum` takes inputs of one shape, but `dense_1` gives 5×5 and the data gives 5×3.',
  ],
  [
    '{ "type": "dense", "units": 5 }, { "type": "multiply", "inputs": ["dense_1", "data"] }',
    [3],
    'NS204',
    '`multiply_1` takes inputs of one shape, but `dense_1` gives 5 and the data gives 3.',
  ],
  [
    '{ "type": "dense", "units": 3 }, { "type": "concatenate", "axis": 0, "inputs": ["dense_1", "data"] }',
    [4, 2],
    'NS204',
    '`concatenate_1` takes inputs that differ in axis 0 alone, but `dense_1` gives 4×3 and the data gives 4×2.',
  ],
  [
    '{ "type": "concatenate", "axis": -2, "inputs": ["data", "data"] }',
    [4],
    'NS209',
    '`concatenate_1` joins along axis −2, but the data gives 4: there is no such axis.',
    'Use −1 or 0, the only one.',
  ],
  [
    '{ "type": "dense", "units": 4 }, { "type": "reshape", "targetShape": [5, 2] }',
    [6, 3],
    'NS206',
    '`reshape_1` needs 10 values for 5×2, but `dense_1` gives 6×4, which is 24.',
  ],
  [
    '{ "type": "reshape", "targetShape": [5, -1] }',
    [3, 4],
    'NS206',
    '`reshape_1` needs a multiple of 5 values for 5×−1, but the data gives 3×4, which is 12.',
  ],
  [
    '{ "type": "residual", "layers": [{ "type": "dense", "units": 3 }] }',
    [2],
    'NS208',
    '`residual_1` adds its input to what its layers answer, but the data gives 2 and `residual_1/dense_1` gives 3.',
    'Use `"shortcut": "projection"`, or let the layers end in the shape of the input.',
  ],
  [
    '{ "type": "repeat", "times": 2, "layers": [{ "type": "residual", "name": "block", "shortcut": "projection", "layers": [{ "type": "flatten", "name": "flat" }] }] }',
    [2, 3],
    'NS208',
    '`block/1` brings its input to the shape of what its layers answer in the last axis alone, but the data gives 2×3 and `flat/1` gives 6.',
  ],
];
describe('a fault of shapes names both layers and both shapes', () => {
  for (const [layers, inputShape, code, message, hint] of TELLING) {
    test(message, () => {
      const found = faults(shaped(layers), { inputShape });
      assert.deepEqual(
        found.map((p) => [p.code, p.message]),
        [[code, message]],
      );
      if (hint !== undefined) assert.equal(found[0]!.hint, hint);
    });
  }
});

type Ending = [layers: string, loss: string, data: DataShape, message: string, hint: string];
const ENDINGS: Ending[] = [
  [
    '{ "type": "dense", "units": 3, "name": "logits" }',
    'softmaxCrossEntropy',
    { inputShape: [5, 2], targetKind: 'classes', targetShape: [], classes: 3 },
    '3 classes need an output of 3, one unit a class, but `logits`, the last layer, gives 5×3.',
    'Put a `flatten` layer before it.',
  ],
  [
    '{ "type": "gru", "units": 3, "returnSequences": true }',
    'softmaxCrossEntropy',
    { inputShape: [5, 2], targetKind: 'classes', targetShape: [], classes: 3 },
    '3 classes need an output of 3, one unit a class, but `gru_1`, the last layer, gives 5×3.',
    'Set `returnSequences` to false, so that it answers at the last time step alone.',
  ],
  [
    '{ "type": "dense", "units": 4 }',
    'meanSquaredError',
    { inputShape: [5], targetKind: 'values', targetShape: [2] },
    'The targets of this data are 2, but `dense_1`, the last layer, gives 4.',
    'Set `units` to 2.',
  ],
  [
    '{ "type": "dense", "units": 2 }',
    'binaryCrossEntropy',
    { inputShape: [5], targetKind: 'classes', targetShape: [], classes: 2 },
    '`binaryCrossEntropy` takes an output of 1, but `dense_1`, the last layer, gives 2.',
    'Set `units` to 1.',
  ],
];
describe('a fault between the last layer and the loss names both shapes', () => {
  for (const [layers, loss, dataShape, message, hint] of ENDINGS) {
    test(message, () => {
      const text = `{ "netspec": 1, "data": { "source": "csv", "path": "x.csv" }, "layers": [ ${layers} ], "loss": "${loss}" }`;
      assert.deepEqual(
        faults(text, dataShape).map((p) => [p.code, p.message, p.hint]),
        [['NS210', message, hint]],
      );
    });
  }
});

describe('what an embedding may take', () => {
  const embedding = '{ "type": "embedding", "inputDim": 9, "outputDim": 2 }';
  test('the data, in whatever shape', () => {
    const moved = '{ "type": "reshape", "targetShape": [2, 3] }, { "type": "flatten" }';
    assert.deepEqual(faults(shaped(`${moved}, ${embedding}`), { inputShape: [6] }), []);
  });
  test('not what a source has that never names anything', () => {
    const from = (data: string, layer = embedding) =>
      `{ "netspec": 1, "data": ${data}, "layers": [ { "type": "flatten" }, ${layer}, { "type": "flatten" }, { "type": "dense", "units": 2 } ], "loss": "softmaxCrossEntropy" }`;
    const codes = (text: string) => analyzeSpec(text).problems.map((p) => p.code);
    for (const data of [
      '{ "source": "blobs" }',
      '{ "source": "randomTeacher", "features": 4, "classes": 2 }',
      '{ "source": "parity" }',
    ]) {
      assert.deepEqual(codes(from(data)), ['NS205'], data);
    }
    assert.deepEqual(codes(from('{ "source": "parity", "noise": 0 }')), []);
  });
  test('not more numbers than it has rows', () => {
    const copy = (inputDim: number) =>
      `{ "netspec": 1, "data": { "source": "copy", "oneHot": false, "symbols": 4 }, "layers": [ { "type": "embedding", "inputDim": ${inputDim}, "outputDim": 3 }, { "type": "dense", "units": 5 } ], "loss": "softmaxCrossEntropy" }`;
    assert.deepEqual(analyzeSpec(copy(6)).problems, []);
    const [few, ...others] = analyzeSpec(copy(5)).problems;
    assert.deepEqual([few?.code, few?.hint, others], ['NS209', 'Set `inputDim` to 6.', []]);
  });
  test('not another embedding, nor what is joined or reckoned of the data', () => {
    const told = (layers: string) => faults(shaped(layers), { inputShape: [6] }).map((p) => `${p.code} ${p.message}`);
    assert.match(told(`${embedding}, ${embedding}`).join(), /^NS205 `embedding_2` .* `embedding_1` gives 6×2 numbers/);
    const mixed = '{ "type": "dense", "units": 6 }, { "type": "concatenate", "inputs": ["data", "dense_1"] }';
    assert.match(told(`${mixed}, ${embedding}`).join(), /^NS205 `embedding_1` .* `concatenate_1` gives 12 numbers/);
  });
});

describe('places of windows', () => {
  /** How many windows there are, laid over the padded input one by one. */
  const counted = (length: number, size: number, stride: number, dilation: number, padding: string) => {
    const reach = (size - 1) * dilation + 1;
    if (padding === 'same') return [...Array(length).keys()].filter((at) => at % stride === 0).length;
    const before = padding === 'causal' ? reach - 1 : 0;
    let count = 0;
    for (let at = 0; at + reach <= before + length; at += stride) count++;
    return count;
  };
  // Stride, dilation: the two exclude each other.
  const distances = [
    [1, 1],
    [2, 1],
    [3, 1],
    [1, 2],
    [1, 3],
  ] as const;
  for (const padding of ['valid', 'same', 'causal']) {
    test(`${padding}: as many as can be laid down`, () => {
      for (let length = 1; length <= 8; length++) {
        for (const size of [1, 2, 3, 4]) {
          for (const [stride, dilation] of distances) {
            const layer = `{ "type": "conv1d", "filters": 2, "kernelSize": ${size}, "strides": ${stride}, "dilationRate": ${dilation}, "padding": "${padding}" }`;
            const { graph, problems } = analyzeSpec(shaped(layer), { dataShape: { inputShape: [length, 3] } });
            const expected = counted(length, size, stride, dilation, padding);
            const told = `${layer} on ${length}`;
            if (expected === 0) assert.ok(!graph && problems.some((p) => p.code === 'NS207'), told);
            else assert.deepEqual(graph?.layers[0]?.outputShape, [expected, 2], told);
          }
        }
      }
    });
  }
});
