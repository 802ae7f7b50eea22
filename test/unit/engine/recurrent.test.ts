import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkGradients } from '../../../src/engine/gradientCheck';
import { ACTIVATION_CODE } from '../../../src/engine/kernels/contract';
import type { Trainer } from '../../../src/engine/trainer';
import type { Dataset } from '../../../src/spec/dataset';
import { type NaiveOptions, naiveRecurrent } from './naiveRecurrent';
import { type DataParts, network, randomData, relativeDistance, type SpecParts, trainer } from './networks';

const normal = (stddev: number) => ({ type: 'randomNormal', stddev });
const layer = (type: string, units: number, more: object = {}) => ({
  ...{ type, units, kernelInitializer: normal(0.6), biasInitializer: normal(0.4) },
  ...more,
});
const dense = (units: number) => ({ type: 'dense', units, biasInitializer: normal(0.3) });

/** Every gradient of the network agrees with central differences in float64, and most entries can be compared at all. */
function check(parts: SpecParts, data: DataParts): void {
  const checks = checkGradients({ ...network(parts, randomData(data)), entries: 25 });
  for (const { name, maxRelativeError, compared, unresolved, kinks } of checks) {
    assert.ok(maxRelativeError < 1e-6, `${name}: relative error ${maxRelativeError}`);
    assert.ok(compared > 2 * unresolved, `${name}: ${unresolved} of ${compared + unresolved} entries not resolved`);
    assert.ok(kinks * 4 < compared, `${name}: ${kinks} of ${compared + kinks} entries at a kink`);
  }
}

/** Every kind of recurrent layer. */
const KINDS: readonly { readonly name: string; readonly type: string; readonly more: object }[] = [
  { name: 'simpleRNN', type: 'simpleRNN', more: {} },
  { name: 'lstm', type: 'lstm', more: { recurrentActivation: 'sigmoid' } },
  { name: 'gru', type: 'gru', more: { recurrentActivation: 'sigmoid' } },
  { name: 'gru without resetAfter', type: 'gru', more: { recurrentActivation: 'sigmoid', resetAfter: false } },
];
/** Every option that changes a layer's arithmetic. */
const OPTIONS: readonly object[] = [
  {},
  { returnSequences: true },
  { goBackwards: true },
  { returnSequences: true, goBackwards: true },
  { useBias: false },
  { useBias: false, returnSequences: true, goBackwards: true },
];

for (const { name, type, more } of KINDS) {
  for (const options of OPTIONS) {
    test(`${name} with ${JSON.stringify(options)} agrees with central differences`, () => {
      const last = 'returnSequences' in options ? [{ type: 'flatten' }, dense(2)] : [dense(2)];
      // A dense layer before it, so that the gradient by its input is checked as well.
      const layers = [dense(3), layer(type, 4, { ...more, ...options }), ...last];
      check({ layers }, { inputShape: [5, 2], targetShape: [2] });
    });
  }
  test(`a single time step of ${name} agrees with central differences`, () => {
    const layers = [dense(3), layer(type, 4, more), dense(1)];
    const checks = checkGradients(network({ layers }, randomData({ inputShape: [1, 2] })));
    for (const { name: parameter, maxRelativeError } of checks) {
      assert.ok(maxRelativeError < 1e-6, `${parameter}: ${maxRelativeError}`);
    }
    // Whose state before is zeros.
    const recurrent = checks.find((c) => c.name.endsWith('recurrentKernel'));
    assert.equal(recurrent?.compared, 0);
  });
  for (const activation of Object.keys(ACTIVATION_CODE)) {
    const gates = type === 'simpleRNN' ? {} : { recurrentActivation: activation };
    test(`${name} with ${activation} everywhere agrees with central differences`, () => {
      const small = {
        biasInitializer: { type: 'randomUniform', minval: 0.1, maxval: 0.6 },
        kernelInitializer: normal(0.3),
        recurrentInitializer: normal(0.3),
        unitForgetBias: false,
      };
      const { unitForgetBias, ...others } = small;
      const options = { ...others, ...(type === 'lstm' ? { unitForgetBias } : {}), ...more, ...gates, activation };
      const layers = [dense(3), layer(type, 4, { ...options, returnSequences: true }), { type: 'flatten' }, dense(1)];
      check({ layers }, { inputShape: [4, 2] });
    });
  }
}

test('recurrent layers upon each other agree with central differences', () => {
  const layers = [
    layer('lstm', 3, { returnSequences: true, recurrentActivation: 'sigmoid' }),
    layer('gru', 3, { returnSequences: true, goBackwards: true }),
    layer('simpleRNN', 4, { returnSequences: true }),
    layer('gru', 3, { resetAfter: false }),
    dense(1),
  ];
  check({ layers }, { inputShape: [4, 2] });
});

// ------------------------------------------------------------------------------------------------ against formulas

/** The options of the layer's spec, as the naive one has them. */
function naiveOptions(kind: (typeof KINDS)[number], more: Partial<NaiveOptions>): NaiveOptions {
  const type = kind.name.startsWith('gru') && 'resetAfter' in kind.more ? 'gruBefore' : kind.type;
  return { type: type as NaiveOptions['type'], hardGates: false, returnSequences: false, goBackwards: false, ...more };
}

interface Comparison {
  readonly kind: (typeof KINDS)[number];
  readonly units: number;
  readonly steps: number;
  readonly features: number;
  readonly count: number;
  readonly batchSize: number;
  readonly options: Partial<NaiveOptions>;
  readonly gain?: number;
}

/** A recurrent layer whose output the loss takes as it is, so that ∂L/∂output is known. */
function compare(c: Comparison, precision: 'float32' | 'float64'): { net: Trainer; worst: number; time: number } {
  const { hardGates, ...options } = naiveOptions(c.kind, c.options);
  const { returnSequences, goBackwards } = options;
  const data: Dataset = randomData({
    inputShape: [c.steps, c.features],
    targetShape: returnSequences ? [c.steps, c.units] : [c.units],
    count: c.count,
  });
  const recurrentInitializer = normal((c.gain ?? 0.8) / Math.sqrt(c.units));
  const gates = c.kind.type === 'simpleRNN' || !hardGates ? {} : { recurrentActivation: 'hardSigmoid' };
  const more = { ...c.kind.more, returnSequences, goBackwards, recurrentInitializer, ...gates };
  const parts = {
    layers: [layer(c.kind.type, c.units, more)],
    training: { batchSize: c.batchSize, precision },
    shuffle: false,
  };
  const net = trainer(parts, data, { mode: 'gradients', ...(precision === 'float64' ? { kernels: 'reference' } : {}) });
  const weights = new Map(net.parameters().map((p) => [p.name.split('/')[1]!, Array.from(p.values)]));
  // The last batch, which is short.
  const batch = Math.ceil(c.count / c.batchSize) - 1;
  const first = batch * c.batchSize;
  const size = c.count - first;
  const expected = naiveRecurrent(
    { type: options.type, hardGates, returnSequences, goBackwards },
    { kernel: weights.get('kernel')!, recurrent: weights.get('recurrentKernel')!, bias: weights.get('bias')! },
    { units: c.units, steps: c.steps, features: c.features, batch: size },
    Array.from(data.train.inputs.subarray(first * c.steps * c.features)),
    Array.from(data.train.targets.subarray((first * data.train.targets.length) / c.count)),
  );
  const record = net.gradients(batch);
  let worst = 0;
  for (const { name, values } of net.parameterGradients()) {
    worst = Math.max(worst, relativeDistance(values, expected.gradients[name.split('/')[1]!]!));
  }
  const { offset } = net.layout.layers[0]!.timeGradient!;
  let time = 0;
  for (const [t, norm] of expected.timeGradient.entries()) {
    time = Math.max(time, Math.abs(record[offset + t]! / norm - 1));
  }
  assert.ok(Math.abs(record[1]! / expected.loss - 1) < 1e-5, `loss ${record[1]}, not ${expected.loss}`);
  return { net, worst, time };
}

/** Samples and batch size: the last batch is what is compared. */
const BATCHES = [
  [19, 16],
  [1, 1],
  [3, 3],
  [17, 17],
] as const;
for (const kind of KINDS) {
  for (const units of [1, 3, 17]) {
    for (const options of [
      {},
      { returnSequences: true },
      { returnSequences: true, goBackwards: true, hardGates: true },
    ]) {
      const shape = { kind, units, steps: 6, features: 3, options };
      test(`${kind.name} of ${units} units, ${JSON.stringify(options)}, is what its formulas say`, () => {
        for (const [count, batchSize] of units < 17 ? BATCHES : BATCHES.slice(0, 2)) {
          const exact = compare({ ...shape, count, batchSize }, 'float64');
          assert.ok(exact.worst < 1e-12 && exact.time < 1e-12, `float64: ${exact.worst}, by time ${exact.time}`);
          const fast = compare({ ...shape, count, batchSize }, 'float32');
          assert.ok(fast.worst < 1e-5 && fast.time < 1e-5, `float32: ${fast.worst}, by time ${fast.time}`);
        }
      });
    }
  }
}

// ------------------------------------------------------------------------------------------------ far below float32

/** A long simpleRNN that multiplies what goes back through a time step by about `gain`. */
function longest(gain: number, precision: 'float32' | 'float64'): { norms: number[]; kernel: Float64Array } {
  const steps = 400;
  const layers = [
    {
      ...{ type: 'simpleRNN', units: 3, kernelInitializer: normal(0.1) },
      recurrentInitializer: { type: 'orthogonal', gain },
      activation: gain > 1 ? 'linear' : 'tanh',
    },
  ];
  const data = randomData({ inputShape: [steps, 2], targetShape: [3], count: 5 });
  if (gain > 1) data.train.inputs.fill(0);
  const parts = { layers, training: { precision, batchSize: 5 } };
  const net = trainer(parts, data, { mode: 'gradients' });
  const record = net.gradients(0);
  const { offset } = net.layout.layers[0]!.timeGradient!;
  const [kernel] = net.parameterGradients();
  return { norms: Array.from(record.subarray(offset, offset + steps)), kernel: kernel!.values };
}

for (const [name, gain, low, high] of [
  ['fades', 0.43, 1e-160, 1e-145],
  ['grows', 2.4, 1e145, 1e160],
] as const) {
  test(`a gradient that ${name} through 400 time steps is true at the first`, () => {
    const exact = longest(gain, 'float64');
    const fast = longest(gain, 'float32');
    assert.ok(exact.norms[0]! > low && exact.norms[0]! < high, `${exact.norms[0]}`);
    for (const [t, norm] of fast.norms.entries()) {
      const error = Math.abs(norm / exact.norms[t]! - 1);
      assert.ok(error < 2e-4, `time step ${t}: ${norm}, not ${exact.norms[t]}`);
    }
    if (gain < 1) assert.ok(relativeDistance(fast.kernel, exact.kernel) < 1e-5);
  });
}

test('the state after the last input gets the gradient of the output, whichever way the sequence is read', () => {
  for (const goBackwards of [false, true]) {
    const layers = [layer('lstm', 4, { goBackwards })];
    const net = trainer({ layers }, randomData({ inputShape: [6, 2], targetShape: [4] }), { mode: 'gradients' });
    const record = net.gradients(0);
    const { offset, steps } = net.layout.layers[0]!.timeGradient!;
    const last = goBackwards ? 0 : steps - 1;
    assert.equal(Math.fround(record[offset + last]!), Math.fround(record[net.layout.layers[0]!.outputGradient]!));
    for (let t = 0; t < steps; t++) {
      if (t !== last) assert.ok(record[offset + t]! < record[offset + last]!, `${t}`);
    }
  }
});

test('the biases of forget gates start from 1 unless unitForgetBias is false', () => {
  const initial = (options: object) => {
    const layers = [{ type: 'lstm', units: 2, biasInitializer: { type: 'constant', value: 0.25 }, ...options }];
    const net = trainer({ layers }, randomData({ inputShape: [3, 2], targetShape: [2] }));
    return Array.from(net.parameters().find((p) => p.name === 'lstm_1/bias')!.values);
  };
  assert.deepEqual(initial({}), [0.25, 0.25, 1, 1, 0.25, 0.25, 0.25, 0.25]);
  assert.deepEqual(initial({ unitForgetBias: false }), new Array(8).fill(0.25));
});

test('saturation is told of a simpleRNN, whose output is its activation, and not of gated cells', () => {
  const share = (type: string) => {
    const layers = [{ type, units: 3, kernelInitializer: normal(9) }];
    const net = trainer({ layers }, randomData({ inputShape: [4, 2], targetShape: [3] }), { mode: 'gradients' });
    const record = net.gradients(0);
    const at = net.layout.layers[0]!.activationStats + net.layout.measures.activation.indexOf('saturatedFraction');
    return record[at]!;
  };
  assert.ok(share('simpleRNN') > 0.4, `${share('simpleRNN')}`);
  assert.ok(Number.isNaN(share('lstm')) && Number.isNaN(share('gru')));
});

test('every recurrent layer learns to remember the first number of a sequence', () => {
  for (const { name, type, more } of KINDS) {
    const data = randomData({ inputShape: [8, 1], count: 64 });
    for (let k = 0; k < 64; k++) data.train.targets[k] = data.train.inputs[8 * k]!;
    const net = trainer(
      {
        layers: [
          { type, units: 16, ...more },
          { type: 'dense', units: 1 },
        ],
        optimizer: { type: 'adam', learningRate: 0.01 },
        training: { batchSize: 16, epochs: 100 },
      },
      data,
    );
    const before = net.lossAt(0);
    while (net.run(100) > 0);
    assert.ok(net.lossAt(0) < 0.2 * before, `${name}: ${net.lossAt(0)} of ${before}`);
  }
});
