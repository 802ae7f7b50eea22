import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { nodeThreads as chosenThreads } from '../../../src/backends/nodeThreads';
import { HEAD_LENGTH } from '../../../src/engine/kernels/contract';
import { createWasmKernels, wasmFlavours } from '../../../src/engine/kernels/wasm';
import { ThreadChoice, type ThreadSource } from '../../../src/engine/threads';
import type { Trainer } from '../../../src/engine/trainer';
import type { Dataset } from '../../../src/spec/dataset';
import { randomData, type SpecParts, trainer } from './networks';

/** Real threads, all of which are always used: without a clock, nothing is chosen. */
function nodeThreads(count: number): ThreadSource {
  const { start } = chosenThreads(count);
  return { count, start };
}

/** Real threads, and how many of them run. */
function countedThreads(count: number): ThreadSource & { readonly running: () => number } {
  const { start } = nodeThreads(count);
  let running = 0;
  return {
    count,
    running: () => running,
    start(task, onEnd) {
      running++;
      const helper = start(task, onEnd);
      return {
        stop() {
          running--;
          helper.stop();
        },
      };
    },
  };
}

/** Helpers enlist from their own threads: waits until all have. */
async function ready(net: Trainer, threads: number): Promise<void> {
  const end = performance.now() + 20_000;
  while (net.threads < threads) {
    assert.ok(performance.now() < end, `${net.threads} of ${threads} threads came`);
    await turn();
  }
}

const dense = (units: number, activation = 'linear') => ({ type: 'dense', units, activation });

/** Networks large enough to be shared. A new kind of layer is one entry. */
const NETWORKS: Record<string, () => readonly [SpecParts, Dataset]> = {
  'dense, wide': () => [
    {
      layers: [dense(131, 'relu'), dense(160, 'gelu'), dense(3)],
      loss: 'softmaxCrossEntropy',
      optimizer: 'adam',
      training: { steps: 12, batchSize: 61 },
    },
    randomData({ inputShape: [117], classes: 3, count: 150 }),
  ],
  'normalized in every way': () => [
    {
      layers: [
        dense(66),
        { type: 'batchNormalization' },
        { type: 'groupNormalization', groups: 6 },
        dense(57, 'tanh'),
        { type: 'layerNormalization' },
        { type: 'rmsNormalization' },
        { type: 'flatten' },
        { type: 'batchNormalization', scale: false },
        dense(2),
      ],
      optimizer: 'adam',
      training: { batchSize: 41 },
    },
    randomData({ inputShape: [9, 30], targetShape: [2], count: 100 }),
  ],
  'looked up, placed and multiplied': () => {
    const data = randomData({ inputShape: [12], targetShape: [2], count: 100 });
    const inputs = data.train.inputs.map((x) => Math.floor(Math.abs(x) * 150));
    return [
      {
        layers: [
          { type: 'embedding', inputDim: 900, outputDim: 70 },
          { type: 'positionalEmbedding', name: 'placed' },
          dense(70, 'sigmoid'),
          { type: 'multiply', inputs: ['placed', 'dense_1', 'dense_1'] },
          { type: 'flatten' },
          dense(2),
        ],
        training: { batchSize: 45 },
      },
      { ...data, train: { ...data.train, inputs } },
    ];
  },
  'dense, deep': () => [
    {
      layers: [{ type: 'repeat', times: 12, layers: [dense(96, 'tanh')] }, dense(1)],
      optimizer: { type: 'sgd', learningRate: 0.01, momentum: 0.9 },
      training: { steps: 12, batchSize: 64, clipNorm: 1 },
    },
    randomData({ inputShape: [40], count: 128 }),
  ],
  'a sequence, position by position': () => [
    {
      layers: [
        dense(90, 'sigmoid'),
        dense(90, 'softmax'),
        { type: 'flatten' },
        { type: 'dropout', rate: 0.3 },
        dense(2),
      ],
      optimizer: 'rmsprop',
      training: { steps: 12, batchSize: 33 },
    },
    randomData({ inputShape: [7, 30], targetShape: [2], count: 70 }),
  ],
  attention: () => [
    {
      layers: [
        { type: 'multiHeadAttention', numHeads: 3, keyDim: 9, valueDim: 10 },
        { type: 'multiHeadAttention', numHeads: 2, keyDim: 16, causal: true, dropout: 0.2 },
      ],
      optimizer: 'adam',
      training: { batchSize: 13 },
    },
    randomData({ inputShape: [33, 18], targetShape: [33, 18], count: 30 }),
  ],
  'an image, by convolutions': () => [
    {
      layers: [
        { type: 'conv2d', filters: 7, kernelSize: 5, padding: 'same', activation: 'relu' },
        { type: 'maxPooling2d', poolSize: 3, strides: 2 },
        { type: 'depthwiseConv2d', kernelSize: 3, depthMultiplier: 2 },
        { type: 'conv2d', filters: 18, kernelSize: 3, strides: 2, padding: 'same', activation: 'tanh' },
        { type: 'averagePooling2d', padding: 'same' },
        { type: 'conv2d', filters: 9, kernelSize: 2, padding: 'same', dilationRate: [1, 2], activation: 'gelu' },
        { type: 'globalAveragePooling2d' },
        dense(3),
      ],
      loss: 'softmaxCrossEntropy',
      optimizer: 'adam',
      training: { batchSize: 29 },
    },
    randomData({ inputShape: [25, 21, 3], classes: 3, count: 70 }),
  ],
  'a sequence, by convolutions': () => [
    {
      layers: [
        { type: 'conv1d', filters: 20, kernelSize: 4, padding: 'causal', activation: 'silu' },
        { type: 'conv1d', filters: 17, kernelSize: 3, dilationRate: 2, activation: 'relu' },
        { type: 'averagePooling1d' },
        { type: 'flatten' },
        dense(2),
      ],
      optimizer: 'rmsprop',
      training: { batchSize: 33 },
    },
    randomData({ inputShape: [60, 5], targetShape: [2], count: 70 }),
  ],
  'recurrent layers upon each other': () => [
    {
      layers: [
        { type: 'lstm', units: 50, returnSequences: true },
        { type: 'gru', units: 47, returnSequences: true, goBackwards: true },
        { type: 'gru', units: 47, returnSequences: true, resetAfter: false, activation: 'gelu' },
        { type: 'simpleRNN', units: 61 },
        dense(1),
      ],
      optimizer: 'adam',
      training: { batchSize: 37 },
    },
    randomData({ inputShape: [9, 5], count: 80 }),
  ],
  'a recurrent layer whose gradients vanish': () => [
    {
      layers: [{ type: 'lstm', units: 50, recurrentInitializer: { type: 'orthogonal', gain: 0.01 } }, dense(1)],
      optimizer: { type: 'sgd', learningRate: 1e-3 },
      training: { batchSize: 40 },
    },
    randomData({ inputShape: [150, 5], count: 120 }),
  ],
};

for (const [name, make] of Object.entries(NETWORKS)) {
  test(`the same bits for any number of threads: ${name}`, { timeout: 60_000 }, async () => {
    const outcomes: unknown[] = [];
    for (const count of [1, 2, 3]) {
      const net = trainer(...make(), { threads: nodeThreads(count) });
      await ready(net, count);
      assert.equal(net.threads, count);
      const records: Float64Array[] = [];
      for (const most of [7, 5]) {
        const done = net.run(most);
        assert.equal(done, most);
        for (let step = net.step - done + 1; step <= net.step; step++) {
          const record = new Float64Array(net.layout.width);
          net.readRecord(step, record);
          records.push(record);
        }
      }
      outcomes.push({ records, weights: net.parameters(), evaluation: net.evaluate() });
      net.dispose();
    }
    assert.deepEqual(outcomes[1], outcomes[0]);
    assert.deepEqual(outcomes[2], outcomes[0]);
  });
}

const wide = NETWORKS['dense, wide']!;

/** Which choice a clock leads to, 10 ms a call, where a step takes so long with all and alone. */
function chosen(msOfAll: () => number, msAlone: () => number): boolean[] {
  const choice = new ThreadChoice();
  return Array.from({ length: 300 }, () => {
    const { all } = choice;
    choice.add(10 / (all ? msOfAll() : msAlone()), 10);
    return all;
  });
}

test('threads are used while they are faster than one alone', () => {
  const share = (all: readonly boolean[]) => all.filter(Boolean).length / all.length;
  const gains = chosen(
    () => 1,
    () => 1.7,
  );
  assert.deepEqual([gains.indexOf(false), gains.indexOf(true, 20)], [20, 21]);
  assert.ok(share(gains) > 0.97, 'one alone is only tried');
  const loses = chosen(
    () => 1.7,
    () => 1,
  );
  assert.ok(share(loses) < 0.1, 'all are only tried');
  let calls = 0;
  const later = chosen(
    () => (calls++ < 150 ? 1 : 3),
    () => 1.7,
  );
  assert.ok(later[140] && !later[290], 'what was faster once need not stay so');
});

test('helpers end with their trainer, and it trains no more', { timeout: 60_000 }, async () => {
  const source = countedThreads(3);
  const net = trainer(...wide(), { threads: source });
  await ready(net, 3);
  assert.equal(source.running(), 2);
  assert.equal(net.run(2), 2);
  net.dispose();
  assert.equal(source.running(), 0);
  assert.equal(net.run(1), 0);
  assert.ok(net.parameters().every(({ values }) => values.every(Number.isFinite)));
  net.dispose();
  assert.equal(source.running(), 0);
});

test('no helper where a step is short, where gradients alone are wanted, or where the reference computes', () => {
  const source = countedThreads(2);
  const small: [SpecParts, Dataset] = [{ layers: [dense(8, 'tanh'), dense(1)] }, randomData({ inputShape: [2] })];
  trainer(...small, { threads: source });
  trainer(...wide(), { threads: source, mode: 'gradients' });
  trainer(...wide(), { threads: source, kernels: 'reference' });
  assert.equal(source.running(), 0);
});

test('a helper that ends by itself leaves the others out, and the bits the same', { timeout: 60_000 }, async () => {
  const ends: (() => void)[] = [];
  const { start } = nodeThreads(2);
  const net = trainer(...wide(), {
    threads: {
      count: 2,
      start(task, onEnd) {
        ends.push(onEnd);
        return start(task, onEnd);
      },
    },
  });
  await ready(net, 2);
  net.run(3);
  ends[0]!();
  assert.equal(net.threads, 1);
  net.run(3);
  const alone = trainer(...wide());
  alone.run(6);
  assert.deepEqual(net.parameters(), alone.parameters());
  net.dispose();
});

test('plain memory and one thread where memory cannot be shared', () => {
  const Shared = globalThis.SharedArrayBuffer;
  after(() => {
    globalThis.SharedArrayBuffer = Shared;
  });
  const source = countedThreads(2);
  Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
  const net = trainer(...wide(), { threads: source });
  globalThis.SharedArrayBuffer = Shared;
  assert.equal(source.running(), 0);
  assert.equal(net.threads, 1);
  net.run(4);
  const other = trainer(...wide());
  other.run(4);
  assert.deepEqual(net.parameters(), other.parameters());
});

test('what leaves the engine can be sent away, though its memory is shared', { timeout: 60_000 }, async () => {
  const net = trainer(...wide(), { threads: nodeThreads(2) });
  await ready(net, 2);
  net.run(1);
  const taken = [
    ...net.parameters().map(({ values }) => values),
    ...net.parameterGradients().map(({ values }) => values),
    net.unitGradient('dense_1', 'kernel'),
    net.gradients(0),
    net.outputOf('dense_1'),
    net.inputGradient(),
    net.batch(0).inputs,
  ];
  for (const values of taken) assert.ok(values.buffer instanceof ArrayBuffer, 'a plain buffer');
  structuredClone(taken, { transfer: taken.map((values) => values.buffer as ArrayBuffer) });
  assert.ok(net.gradientHistogram('dense_1', 'kernel'));
  net.dispose();
});

for (const flavour of wasmFlavours()) {
  test(`a thread that is dead gives an error, not silence (${flavour})`, { timeout: 60_000 }, () => {
    // A helper that enlists and then does nothing is one that died in between.
    const bytes = { floats: 4096, ints: 4096, stats: 4096 };
    const kernels = createWasmKernels(bytes, flavour, {
      patienceMs: 60,
      threads: {
        count: 2,
        start({ memory, serve }) {
          enlistOnly(memory.buffer, serve[0]!);
          return { stop() {} };
        },
      },
    });
    const { arena } = kernels;
    const table = arena.allocateInts(HEAD_LENGTH);
    const heads = arena.allocateFloats(HEAD_LENGTH);
    const watch = arena.allocateInts(9);
    assert.equal(kernels.threads, 2);
    assert.throws(
      () => kernels.runSteps(0, 0, 1, table, heads, arena.allocateStats(8), 8, watch, false),
      /a thread of the engine has died/,
    );
  });
}

/** What a helper does first (kernels/assembly/threads.ts, ENLISTED). */
function enlistOnly(buffer: ArrayBufferLike, common: number): void {
  Atomics.add(new Int32Array(buffer), (common + 256) / 4, 1);
}
