import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkGradients } from '../../../src/engine/gradientCheck';
import type { Trainer } from '../../../src/engine/trainer';
import { type DataParts, network, randomData, relativeDistance, trainer } from './networks';

interface Attention {
  readonly numHeads: number;
  readonly keyDim: number;
  readonly valueDim?: number;
  readonly causal?: boolean;
  readonly dropout?: number;
  readonly useBias?: boolean;
}

const attention = (options: Attention, more: object = {}) => ({
  type: 'multiHeadAttention',
  biasInitializer: { type: 'randomNormal', stddev: 0.3 },
  // Scores that are far enough from equal for the softmax to matter.
  kernelInitializer: { type: 'randomNormal', stddev: 0.6 },
  ...options,
  ...more,
});
const dense = (units: number, activation = 'tanh') => ({ type: 'dense', units, activation });

/** Every gradient agrees with central differences. */
function check(options: Attention, data: DataParts, batchSize = 4): void {
  const layers = [dense(data.inputShape[1]!), attention(options), attention(options), dense(2)];
  const parts = { layers, training: { batchSize } };
  const targetShape = [data.inputShape[0]!, 2];
  const checks = checkGradients({ ...network(parts, randomData({ ...data, targetShape })), entries: 12 });
  for (const { name, maxRelativeError, compared, unresolved } of checks) {
    assert.ok(maxRelativeError < 1e-6, `${name}: relative error ${maxRelativeError}`);
    // What every key has in common moves all scores of a query alike, and softmax takes that out: its gradient is 0. And a
    // single position has nothing to choose from.
    const nothing = name.endsWith('keyBias') || (data.inputShape[0] === 1 && /query|key/.test(name));
    assert.ok(nothing || compared > 2 * unresolved, `${name}: ${unresolved} of ${compared + unresolved} not resolved`);
  }
}

const OPTIONS: readonly Attention[] = [
  { numHeads: 1, keyDim: 3 },
  { numHeads: 2, keyDim: 3, valueDim: 5 },
  { numHeads: 3, keyDim: 1, useBias: false },
  { numHeads: 2, keyDim: 4, causal: true },
  { numHeads: 2, keyDim: 3, dropout: 0.4 },
  { numHeads: 2, keyDim: 3, valueDim: 2, causal: true, dropout: 0.3, useBias: false },
];
for (const options of OPTIONS) {
  test(`multiHeadAttention ${JSON.stringify(options)} agrees with central differences`, () => {
    check(options, { inputShape: [5, 6], count: 4 });
  });
}
test('multiHeadAttention over one position, and of a batch of one, agrees with central differences', () => {
  check({ numHeads: 2, keyDim: 3 }, { inputShape: [1, 4], count: 3 });
  check({ numHeads: 2, keyDim: 3, causal: true }, { inputShape: [3, 1], count: 1 });
});

type Parameters = ReadonlyMap<string, ArrayLike<number>>;
const parametersOf = (net: Trainer): Parameters => new Map(net.parameters().map(({ name, values }) => [name, values]));

/** Attention as its definition has it, of one sample, x[position][feature], in float64. */
function naive(x: readonly number[][], parameters: Parameters, o: Required<Attention>): number[][] {
  const features = x[0]!.length;
  const project = (name: string, size: number) => {
    const kernel = parameters.get(`attention/${name}Kernel`)!;
    const bias = parameters.get(`attention/${name}Bias`);
    return x.map((row) =>
      Array.from({ length: o.numHeads }, (_, head) =>
        Array.from({ length: size }, (__, d) => {
          const at = head * size + d;
          return row.reduce((sum, v, f) => sum + v * kernel[f * o.numHeads * size + at]!, bias?.[at] ?? 0);
        }),
      ),
    );
  };
  const [q, k, v] = [project('query', o.keyDim), project('key', o.keyDim), project('value', o.valueDim)];
  const kernel = parameters.get('attention/outputKernel')!;
  const bias = parameters.get('attention/outputBias');
  return x.map((_, t) => {
    const out = Array.from({ length: features }, (__, f) => bias?.[f] ?? 0);
    for (let head = 0; head < o.numHeads; head++) {
      const seen = o.causal ? t + 1 : x.length;
      const scores = Array.from({ length: seen }, (__, s) => {
        const dot = q[t]![head]!.reduce((sum, value, d) => sum + value * k[s]![head]![d]!, 0);
        return Math.exp(dot / Math.sqrt(o.keyDim));
      });
      const total = scores.reduce((a, b) => a + b, 0);
      for (let d = 0; d < o.valueDim; d++) {
        const context = scores.reduce((sum, w, s) => sum + (w / total) * v[s]![head]![d]!, 0);
        for (let f = 0; f < features; f++) out[f]! += context * kernel[(head * o.valueDim + d) * features + f]!;
      }
    }
    return out;
  });
}

for (const kernels of ['auto', 'reference'] as const) {
  for (const [positions, features, count] of [
    [1, 3, 1],
    [3, 17, 3],
    [17, 5, 11],
  ] as const) {
    for (const causal of [false, true]) {
      test(`the loss of attention is that of its definition: ${positions} positions, ${features} features, batch ${count}${causal ? ', causal' : ''} (${kernels})`, () => {
        const options = { numHeads: 3, keyDim: 5, valueDim: 2, causal, dropout: 0, useBias: true };
        const inputShape = [positions, features];
        const data = randomData({ inputShape, targetShape: inputShape, count });
        const layers = [attention(options, { name: 'attention' })];
        const net = trainer({ layers, shuffle: false, training: { batchSize: count } }, data, { kernels });
        const size = positions * features;
        let sum = 0;
        for (let n = 0; n < count; n++) {
          const rows = Array.from({ length: positions }, (_, t) =>
            Array.from(data.train.inputs.subarray(n * size + t * features, n * size + (t + 1) * features)),
          );
          for (const [at, h] of naive(rows, parametersOf(net), options).flat().entries()) {
            sum += (h - data.train.targets[n * size + at]!) ** 2;
          }
        }
        const expected = sum / (count * size);
        assert.ok(Math.abs(net.lossAt(0) - expected) < 2e-6 * expected, `${net.lossAt(0)}, not ${expected}`);
      });
    }
  }
}

test('a causal position takes nothing from later ones, and gives no gradient to them', () => {
  const [positions, features, count, seen] = [7, 4, 5, 3];
  const shape = [positions, features];
  const data = randomData({ inputShape: shape, targetShape: shape, count });
  const isLater = (k: number) => Math.floor(k / features) % positions >= seen;
  const layers = [attention({ numHeads: 2, keyDim: 3, causal: true }, { name: 'attention' })];
  const parts = { layers, shuffle: false, training: { batchSize: count } };
  const { inputs } = data.train;
  for (const kernels of ['auto', 'reference'] as const) {
    const measured = (train: object) => {
      const net = trainer(parts, { ...data, train: { ...data.train, ...train } }, { kernels, mode: 'gradients' });
      net.gradients(0);
      return net;
    };
    const output = measured({}).outputOf('attention');
    const other = measured({ inputs: inputs.map((x, k) => (isLater(k) ? -3 * x : x)) }).outputOf('attention');
    for (const [k, h] of output.entries()) {
      if (isLater(k)) assert.notEqual(h, other[k], `${kernels} ${k}`);
      else assert.equal(h, other[k], `${kernels} ${k}`);
    }
    // A loss that the later positions do not enter: their targets are met.
    const targets = data.train.targets.map((y, k) => (isLater(k) ? output[k]! : y));
    for (const [k, dx] of measured({ targets }).inputGradient().entries()) {
      if (isLater(k)) assert.equal(dx, 0, `${kernels} ${k}`);
      else assert.notEqual(dx, 0, `${kernels} ${k}`);
    }
  }
});

test('attention far below float32 has the gradients of float64, where keys and queries are tiny too', () => {
  const normal = (stddev: number) => ({ type: 'randomNormal', stddev });
  const layers = [
    // One attention alone: with such scores it takes the plain mean, and leaves another one nothing to tell apart.
    { type: 'dense', units: 6, kernelInitializer: normal(1e-9), useBias: false },
    attention({ numHeads: 2, keyDim: 3, useBias: false }, { kernelInitializer: normal(1e-5) }),
    { type: 'dense', units: 2, kernelInitializer: normal(1e-5) },
    { type: 'dense', units: 2, kernelInitializer: normal(1e-5) },
  ];
  const data = randomData({ inputShape: [5, 6], targetShape: [5, 2], count: 5 });
  const run = (precision: 'float32' | 'float64') => {
    const net = trainer({ layers, training: { batchSize: 5, precision } }, data, { mode: 'gradients' });
    return { layers: net.layout.layers, record: net.gradients(0) };
  };
  const [fast, exact] = [run('float32'), run('float64')];
  for (const layer of exact.layers) {
    for (const { name, offset } of layer.parameters) {
      const [l2, expected] = [fast.record[offset]!, exact.record[offset]!];
      assert.ok(expected > 0 && Math.abs(l2 / expected - 1) < 1e-4, `${layer.name}/${name}: ${l2}, not ${expected}`);
      if (name === 'queryKernel') assert.ok(expected < 1e-45, `${expected} is not below float32`);
    }
  }
});

test('attention trains past a short last batch as its oracle does', () => {
  const shape = [5, 6];
  const data = randomData({ inputShape: shape, targetShape: shape, count: 11 });
  const layers = [attention({ numHeads: 2, keyDim: 4, causal: true, dropout: 0.2 }), dense(6, 'linear')];
  const parts = { layers, optimizer: 'adam', training: { batchSize: 4 } };
  const [fast, oracle] = (['auto', 'reference'] as const).map((kernels) => {
    const net = trainer(parts, data, { kernels });
    assert.equal(net.run(7), 7);
    return net;
  });
  for (const [k, { name, values }] of oracle!.parameters().entries()) {
    // Adam makes as large a step of what is rounding alone.
    if (name.endsWith('keyBias')) continue;
    const distance = relativeDistance(fast!.parameters()[k]!.values, values);
    assert.ok(distance < 1e-4, `${name} is off by ${distance}`);
  }
});
