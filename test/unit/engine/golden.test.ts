import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTIVATION_CODE, LOSS_CODE, OPTIMIZER_CODE } from '../../../src/engine/kernels/contract';
import { GRADIENT_MEASURES } from '../../../src/engine/record';
import type { Trainer } from '../../../src/engine/trainer';
import type { Dataset } from '../../../src/spec/dataset';
import networks from '../../golden/networks.json';
import training from '../../golden/training.json';
import { relativeDistance, trainer } from './networks';

/** How far from PyTorch's float64 an arena's precision may be, relative to a tensor's norm. */
const TOLERANCES = { float32: 1e-4, float64: 1e-9 } as const;
type Precision = keyof typeof TOLERANCES;
const PRECISIONS: readonly Precision[] = ['float32', 'float64'];

interface Golden {
  readonly inputShape: readonly number[];
  readonly classes: number | null;
  readonly targetShape: readonly number[];
  readonly inputs: readonly number[];
  readonly targets: readonly number[];
}

function dataOf(golden: Golden, count: number): Dataset {
  const classes = golden.classes ?? undefined;
  return {
    inputShape: golden.inputShape,
    targetKind: classes === undefined ? 'values' : 'classes',
    targetShape: golden.targetShape,
    classes,
    train: {
      count,
      inputs: Float32Array.from(golden.inputs),
      targets: classes === undefined ? Float32Array.from(golden.targets) : Int32Array.from(golden.targets),
    },
    test: { count: 0, inputs: new Float32Array(0), targets: new Float32Array(0) },
  };
}

function near(actual: number, expected: number, tolerance: number, scale: number, what: string): void {
  const bound = tolerance * Math.max(Math.abs(expected), scale);
  assert.ok(Math.abs(actual - expected) <= bound, `${what}: ${actual}, PyTorch has ${expected}`);
}

type NetworkCase = (typeof networks.cases)[number];
type Flow = { readonly outputGradient: number[]; readonly activationFactor: number; readonly activation: number[] };

function compareFlow(net: Trainer, record: Float64Array, golden: NetworkCase, tolerance: number): void {
  const flows = golden.flow as Readonly<Record<string, Flow | undefined>>;
  for (const layer of net.layout.layers) {
    const flow = flows[layer.name];
    assert.ok(flow, `PyTorch has nothing of ${layer.name}`);
    const rms = flow.outputGradient[1]!;
    for (const [k, measure] of GRADIENT_MEASURES.entries()) {
      const actual = record[layer.outputGradient + k]!;
      const scale = measure === 'zeroFraction' || measure === 'nonFinite' ? 0 : rms;
      near(actual, flow.outputGradient[k]!, tolerance, scale, `${measure} of ${layer.name}`);
    }
    near(record[layer.flow + 1]!, flow.activationFactor, tolerance, 0, `activationFactor of ${layer.name}`);
    for (const [k, expected] of flow.activation.entries()) {
      const scale = k < 2 ? flow.activation[1]! : 0;
      near(record[layer.activationStats + k]!, expected, tolerance, scale, `activation ${k} of ${layer.name}`);
    }
  }
}

for (const golden of networks.cases) {
  for (const precision of PRECISIONS) {
    for (const kernels of precision === 'float32' ? (['auto', 'reference'] as const) : (['reference'] as const)) {
      test(`${golden.name} agrees with PyTorch (${precision}, ${kernels})`, () => {
        const parts = {
          layers: golden.layers,
          loss: golden.loss,
          shuffle: false,
          training: { batchSize: golden.batch, precision },
        };
        const net = trainer(parts, dataOf(golden, golden.batch), { kernels, mode: 'gradients' });
        const parameters = golden.parameters as Readonly<Record<string, number[] | undefined>>;
        for (const [name, values] of Object.entries(parameters)) net.setParameter(name, values!);
        const record = net.gradients(0);
        const tolerance = TOLERANCES[precision];
        near(record[1]!, golden.value, tolerance, 0, 'loss');
        near(net.lossAt(0), golden.value, tolerance, 0, 'loss alone');
        compareFlow(net, record, golden, tolerance);
        const expected = golden.gradients as Readonly<Record<string, number[] | undefined>>;
        for (const { name, values } of net.parameterGradients()) {
          const distance = relativeDistance(values, expected[name]!);
          assert.ok(distance < tolerance, `gradient of ${name} is off by ${distance}`);
        }
      });
    }
  }
}

for (const golden of training.cases) {
  for (const precision of PRECISIONS) {
    for (const kernels of precision === 'float32' ? (['auto', 'reference'] as const) : (['reference'] as const)) {
      test(`training by ${golden.name} agrees with PyTorch (${precision}, ${kernels})`, () => {
        const parts = {
          layers: [
            { type: 'dense', units: 6, activation: 'tanh' },
            { type: 'dense', units: 3 },
          ],
          optimizer: golden.optimizer,
          training: { ...golden.training, precision },
          shuffle: false,
        };
        const data = dataOf({ ...golden, inputShape: [4], classes: null, targetShape: [3] }, 10);
        const net = trainer(parts, data, { kernels });
        const names = net.parameters().map(({ name }) => name);
        for (const [k, name] of names.entries()) net.setParameter(name, golden.start[k]!);
        // Past the short last batch and into the fourth epoch, in two calls.
        assert.equal(net.run(5), 5);
        const losses = [1, 2, 3, 4, 5].map((step) => net.lossOf(step));
        const record = new Float64Array(net.layout.width);
        net.readRecord(4, record);
        assert.equal(net.run(100), 4);
        losses.push(...[6, 7, 8, 9].map((step) => net.lossOf(step)));
        const tolerance = TOLERANCES[precision];
        for (const [k, loss] of losses.entries()) near(loss, golden.losses[k]!, tolerance, 0, `loss of step ${k + 1}`);
        for (const [k, { name, values }] of net.parameters().entries()) {
          const distance = relativeDistance(values, golden.end[k]!);
          assert.ok(distance < tolerance, `${name} is off by ${distance}`);
        }
        near(record[3]!, golden.learningRates[3]!, 1e-12, 0, 'learning rate');
        near(record[4]!, golden.gradientNorms[3]!, tolerance, 0, 'gradient norm');
        near(record[5]!, golden.clipScales[3] ?? 1, tolerance, 0, 'clip scale');
      });
    }
  }
}

test('the golden networks cover every activation and loss of the engine', () => {
  const text = JSON.stringify(networks.cases.map(({ layers, loss }) => ({ layers, loss })));
  for (const name of [...Object.keys(ACTIVATION_CODE), 'softmax', ...Object.keys(LOSS_CODE)]) {
    assert.ok(text.includes(`"${name}"`), name);
  }
  const optimizers = JSON.stringify(training.cases.map(({ optimizer }) => optimizer));
  for (const name of Object.keys(OPTIMIZER_CODE)) assert.ok(optimizers.includes(`"${name}"`), name);
});
