import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ACTIVATION_MEASURES,
  FLOW_MEASURES,
  GRADIENT_MEASURES,
  PARAMETER_MEASURES,
  type RecordLayout,
  STEP_MEASURES,
} from '../../../src/engine/record';
import { gradientColumn, type HoverInput, hoverText } from '../../../src/extension/hoverText';

/** A layout of a flatten and `dense` dense layers, and a record whose kernel l2 of layer i is 10^(i − dense). */
function scene(dense: number): Pick<HoverInput, 'layout' | 'record'> {
  let width = STEP_MEASURES.length;
  const take = (n: number): number => {
    width += n;
    return width - n;
  };
  const layers = Array.from({ length: dense + 1 }, (_, i) => ({
    name: i === 0 ? 'flatten_1' : `dense_${i}`,
    type: i === 0 ? 'flatten' : 'dense',
    inputShape: [64],
    outputShape: [64],
    groups: [],
    outputGradient: take(GRADIENT_MEASURES.length),
    flow: take(FLOW_MEASURES.length),
    activationStats: take(ACTIVATION_MEASURES.length),
    parameters: i === 0 ? [] : [{ name: 'kernel', shape: [64, 64], offset: take(PARAMETER_MEASURES.length) }],
  }));
  const layout: RecordLayout = {
    width,
    measures: {
      step: STEP_MEASURES,
      outputGradient: GRADIENT_MEASURES,
      flow: FLOW_MEASURES,
      activation: ACTIVATION_MEASURES,
      parameter: PARAMETER_MEASURES,
    },
    layers,
    metric: 'accuracy',
  };
  const record = new Float64Array(width).fill(Number.NaN);
  record[0] = 1234;
  for (const [i, layer] of layers.entries()) {
    const size = 10 ** (i - dense);
    record[layer.outputGradient + GRADIENT_MEASURES.indexOf('l2')] = size / 2;
    record[layer.outputGradient + GRADIENT_MEASURES.indexOf('rms')] = size / 20;
    record[layer.outputGradient + GRADIENT_MEASURES.indexOf('zeroFraction')] = 0;
    record[layer.flow + FLOW_MEASURES.indexOf('cumulative')] = size;
    if (i > 1) record[layer.flow + FLOW_MEASURES.indexOf('backwardFactor')] = 0.1904;
    const parameter = layer.parameters[0];
    if (!parameter) continue;
    record[parameter.offset + PARAMETER_MEASURES.indexOf('l2')] = size * 1.24;
    record[parameter.offset + PARAMETER_MEASURES.indexOf('rms')] = size / 64;
    record[parameter.offset + PARAMETER_MEASURES.indexOf('zeroFraction')] = 0.22;
    record[parameter.offset + PARAMETER_MEASURES.indexOf('updateRatio')] = 3.2e-6;
  }
  return { layout, record };
}

const input = (dense: number, layers: number[], rest: Partial<HoverInput> = {}): HoverInput => ({
  ...scene(dense),
  layers,
  history: layers.map(() => [1e-4, 1e-3, 1e-2]),
  steps: [1, 1234],
  mode: 'train',
  stale: false,
  ...rest,
});

test('one layer: every measured value, its rank, and how it went', () => {
  const text = hoverText(input(3, [2]));
  for (const part of [
    '**dense\\_2** at step 1,234',
    '| Kernel gradient l2 | `1.2e-1` |',
    '| rms | `1.6e-3` |',
    '| zeros | `22 %` |',
    '| Update ratio | `3.2e-6` |',
    '| Output gradient l2 | `5.0e-2` |',
    '| Backward factor | `×0.19` |',
    "| Left of the last layer's | `1.0e-1` |",
    '| Rank by gradient | `2 of 3` |',
    '`▁▅█` l2, steps 1–1,234, log scale',
  ]) {
    assert.ok(text.includes(part), `${part} in:\n${text}`);
  }
});

test('what does not apply is a dash, never a number', () => {
  const text = hoverText(input(3, [1]));
  assert.ok(text.includes('| Backward factor | `–` |'), text);
  const flatten = hoverText(input(3, [0]));
  assert.ok(flatten.includes('| Output gradient l2 | `5.0e-4` |'), flatten);
  assert.ok(!flatten.includes('Update ratio') && !flatten.includes('Rank'), flatten);
});

test('at initialization nothing was updated and there is no course to draw', () => {
  const text = hoverText(input(3, [2], { mode: 'gradients' }));
  assert.ok(text.includes('at initialization'));
  assert.ok(!text.includes('Update ratio') && !text.includes('▁'), text);
});

test('the times of a repeat stand below each other; many are cut in the middle and say so', () => {
  const few = hoverText(input(3, [1, 2, 3]));
  assert.equal(few.split('\n').filter((l) => l.startsWith('| dense')).length, 3);
  assert.ok(few.includes('| 3/3 |') && few.includes('| 1/3 |'), few);
  const many = hoverText(
    input(
      40,
      Array.from({ length: 40 }, (_, i) => i + 1),
    ),
  );
  assert.equal(many.split('\n').filter((l) => l.startsWith('| dense')).length, 16);
  assert.ok(many.includes('| … 24 more |'), many);
});

test('a stale run says so, and names cannot become markup', () => {
  assert.match(hoverText(input(3, [2], { stale: true })), /has changed since this run started/);
  const { layout, record } = scene(1);
  const layers = [layout.layers[0]!, { ...layout.layers[1]!, name: '[x](command:evil) | `' }];
  const text = hoverText(input(1, [1], { layout: { ...layout, layers }, record }));
  assert.ok(text.includes('\\[x\\]\\(command:evil\\) \\| \\`'), text);
});

test("a layer's gradient is its kernel's, or its output's where it has none", () => {
  const { layout } = scene(1);
  assert.equal(gradientColumn(layout, layout.layers[1]!), layout.layers[1]!.parameters[0]!.offset);
  assert.equal(gradientColumn(layout, layout.layers[0]!), layout.layers[0]!.outputGradient);
});
