// Owns the healthy networks of the benchmark of faults: of many kinds, each trained in about a second, each known to train
// well. Faults are injected into them by `injections.ts`.
import { Random } from '../../../src/base/random';

/** A layer's object as a spec has it. */
export type LayerObject = { readonly [key: string]: unknown } & { readonly type: string };

/** A spec as an object; its text is `specText(parts)`. */
export interface SpecObject {
  readonly netspec: 1;
  readonly name: string;
  readonly seed: number;
  readonly data: { readonly [key: string]: unknown } & { readonly source: string };
  readonly layers: readonly LayerObject[];
  readonly loss: string;
  readonly optimizer: { readonly [key: string]: unknown } & { readonly type: string; readonly learningRate: number };
  readonly training: { readonly [key: string]: unknown };
}

export interface Base {
  readonly name: string;
  readonly spec: SpecObject;
}

export function specText(spec: SpecObject): string {
  return `${JSON.stringify(spec, undefined, 2)}\n`;
}

const HE = 'heNormal';
type Init = string | { readonly [key: string]: unknown };
const dense = (units: number, activation?: string, kernelInitializer?: Init): LayerObject => ({
  type: 'dense',
  units,
  ...(activation ? { activation } : {}),
  ...(kernelInitializer ? { kernelInitializer } : {}),
});
const stack = (n: number, units: number, activation: string, init?: Init): LayerObject[] =>
  Array.from({ length: n }, () => dense(units, activation, init));
const repeat = (times: number, ...layers: LayerObject[]): LayerObject => ({ type: 'repeat', times, layers });
const residual = (...layers: LayerObject[]): LayerObject => ({ type: 'residual', layers });
const act = (activation: string): LayerObject => ({ type: 'activation', activation });
const layer = (type: string, rest: object = {}): LayerObject => ({ type, ...rest });
const batchNorm = layer('batchNormalization', { momentum: 0.9 });
const out = (units: number): LayerObject => ({ type: 'dense', name: 'out', units });
const conv = (filters: number, rest: object = {}): LayerObject => ({
  type: 'conv2d',
  filters,
  kernelSize: 3,
  padding: 'same',
  kernelInitializer: HE,
  ...rest,
});

type Data = SpecObject['data'];
const plane = (source: string, rest: object = {}): Data => ({ source, samples: 1000, ...rest });
const digits = (limit: number): Data => ({ source: 'mnist', limit });
const teacher = (rest: object): Data => ({ source: 'randomTeacher', samples: 1000, ...rest });

const optimizer = (type: string, learningRate: number, rest: object = {}): SpecObject['optimizer'] => ({
  type,
  learningRate,
  ...rest,
});
const adam = (learningRate: number) => optimizer('adam', learningRate);
const momentum = (learningRate: number) => optimizer('sgd', learningRate, { momentum: 0.9 });

interface Parts {
  readonly data: Data;
  readonly layers: readonly LayerObject[];
  readonly loss?: string;
  readonly optimizer: SpecObject['optimizer'];
  readonly epochs: number;
  readonly batchSize?: number;
  readonly training?: object;
}

function base(name: string, parts: Parts): Base {
  const { data, layers, loss = 'softmaxCrossEntropy', optimizer: chosen, epochs, batchSize = 32 } = parts;
  const training = { batchSize, epochs, ...parts.training };
  return { name, spec: { netspec: 1, name, seed: 1, data, layers, loss, optimizer: chosen, training } };
}

/** In the plane: thousands of steps a second. */
const IN_THE_PLANE: readonly Base[] = [
  base('spiral, tanh', {
    data: plane('spiral'),
    layers: [...stack(3, 32, 'tanh'), out(2)],
    optimizer: adam(0.01),
    epochs: 60,
  }),
  base('spiral, ReLU', {
    data: plane('spiral'),
    layers: [...stack(4, 32, 'relu', HE), out(2)],
    optimizer: adam(0.005),
    epochs: 60,
  }),
  base('spiral, layer norm, SiLU', {
    data: plane('spiral'),
    layers: [
      dense(32, 'silu', HE),
      repeat(3, dense(32, undefined, HE), layer('layerNormalization'), act('silu')),
      out(2),
    ],
    optimizer: adam(0.01),
    epochs: 60,
  }),
  base('three arms, GELU', {
    data: plane('spiral', { classes: 3 }),
    layers: [...stack(4, 32, 'gelu', HE), out(3)],
    optimizer: adam(0.005),
    epochs: 60,
  }),
  base('moons, ReLU', {
    data: plane('moons'),
    layers: [...stack(3, 16, 'relu', HE), out(2)],
    optimizer: adam(0.01),
    epochs: 40,
  }),
  base('moons, tanh, momentum', {
    data: plane('moons'),
    layers: [...stack(2, 16, 'tanh'), out(2)],
    optimizer: momentum(0.1),
    epochs: 40,
  }),
  base('moons, residual', {
    data: plane('moons'),
    layers: [
      dense(16, 'relu', HE),
      repeat(4, residual(dense(16, 'relu', HE), dense(16, undefined, { type: 'varianceScaling', scale: 0.5 }))),
      out(2),
    ],
    optimizer: adam(0.003),
    epochs: 40,
  }),
  base('moons, one logit', {
    data: plane('moons'),
    layers: [...stack(3, 16, 'elu', HE), out(1)],
    loss: 'binaryCrossEntropy',
    optimizer: adam(0.01),
    epochs: 40,
  }),
  base('circles, ELU', {
    data: plane('circles', { noise: 0.05 }),
    layers: [...stack(3, 16, 'elu', HE), out(2)],
    optimizer: adam(0.01),
    epochs: 40,
  }),
  base('circles, batch norm', {
    data: plane('circles', { noise: 0.05 }),
    layers: [repeat(3, dense(16, undefined, HE), batchNorm, act('relu')), out(2)],
    optimizer: momentum(0.05),
    epochs: 40,
  }),
  base('circles, deep tanh, orthogonal', {
    data: plane('circles', { noise: 0.05 }),
    layers: [repeat(6, dense(24, 'tanh', { type: 'orthogonal', gain: 1.1 })), out(2)],
    optimizer: adam(0.003),
    epochs: 50,
  }),
  base('circles, leaky ReLU, momentum', {
    data: plane('circles', { noise: 0.05 }),
    layers: [...stack(3, 24, 'leakyRelu', HE), out(2)],
    optimizer: momentum(0.05),
    epochs: 50,
  }),
  base('four blobs, SELU', {
    data: plane('blobs', { classes: 4 }),
    layers: [...stack(3, 24, 'selu', 'leCunNormal'), out(4)],
    optimizer: adam(0.003),
    epochs: 40,
  }),
  base('XOR, ReLU', {
    data: plane('xor'),
    layers: [...stack(2, 24, 'relu', HE), out(2)],
    optimizer: adam(0.01),
    epochs: 50,
  }),
  base('XOR, hinge', {
    data: plane('xor'),
    layers: [...stack(3, 24, 'relu', HE), out(1)],
    loss: 'hinge',
    optimizer: adam(0.005),
    epochs: 50,
  }),
  base('XOR, one hidden sigmoid', {
    data: plane('xor'),
    layers: [dense(24, 'sigmoid'), out(2)],
    optimizer: adam(0.03),
    epochs: 60,
  }),
];

const OTHER_VECTORS: readonly Base[] = [
  base('teacher of 4 classes, ReLU', {
    data: teacher({ features: 10, classes: 4, noise: 0, samples: 2000 }),
    layers: [...stack(2, 48, 'relu', HE), out(4)],
    optimizer: adam(0.003),
    epochs: 20,
  }),
  base('teacher of 3 classes, batch norm', {
    data: teacher({ features: 12, classes: 3, noise: 0, samples: 2000 }),
    layers: [repeat(3, dense(32, undefined, HE), batchNorm, act('relu')), out(3)],
    optimizer: adam(0.003),
    epochs: 15,
  }),
  base('teacher of 2 numbers, tanh', {
    data: teacher({ features: 6, outputs: 2, noise: 0.05, samples: 2000 }),
    layers: [...stack(2, 48, 'tanh'), out(2)],
    loss: 'meanSquaredError',
    optimizer: adam(0.005),
    epochs: 30,
  }),
  base('teacher of 1 number, residual', {
    data: teacher({ features: 6, outputs: 1, noise: 0.05, samples: 2000 }),
    layers: [
      dense(32),
      repeat(3, residual(layer('layerNormalization'), dense(32, 'gelu', HE), dense(32))),
      layer('layerNormalization'),
      out(1),
    ],
    loss: 'meanSquaredError',
    optimizer: adam(0.003),
    epochs: 20,
  }),
  base('sine, tanh', {
    data: plane('sine', { noise: 0.05 }),
    layers: [...stack(3, 24, 'tanh'), out(1)],
    loss: 'meanSquaredError',
    optimizer: adam(0.01),
    epochs: 60,
  }),
  base('sine, ReLU, Huber', {
    data: plane('sine', { noise: 0.05 }),
    layers: [...stack(3, 32, 'relu', HE), out(1)],
    loss: 'huber',
    optimizer: adam(0.005),
    epochs: 60,
  }),
  base('table of 3 classes', {
    data: { source: 'csv', path: 'classes.csv', target: 'kind', normalize: 'standard' },
    layers: [...stack(3, 24, 'relu', HE), out(3)],
    optimizer: adam(0.005),
    epochs: 20,
  }),
  base('table of 3 classes, tanh, momentum', {
    data: { source: 'csv', path: 'classes.csv', target: 'kind', normalize: 'standard' },
    layers: [...stack(3, 24, 'tanh'), out(3)],
    optimizer: momentum(0.05),
    epochs: 20,
  }),
  base('table of one number', {
    data: { source: 'csv', path: 'values.csv', target: 'yield', normalize: 'standard' },
    layers: [...stack(3, 32, 'relu', HE), out(1)],
    loss: 'meanSquaredError',
    optimizer: adam(0.005),
    epochs: 40,
  }),
  base('table of one number, ELU', {
    data: { source: 'csv', path: 'values.csv', target: 'yield', normalize: 'minmax' },
    layers: [...stack(3, 32, 'elu', HE), out(1)],
    loss: 'meanSquaredError',
    optimizer: adam(0.005),
    epochs: 40,
  }),
];

const IMAGES: readonly Base[] = [
  base('digits, ReLU', {
    data: digits(1000),
    layers: [layer('flatten'), ...stack(3, 32, 'relu', HE), out(10)],
    optimizer: adam(0.003),
    epochs: 12,
  }),
  base('digits, tanh, momentum', {
    data: digits(1000),
    layers: [layer('flatten'), ...stack(3, 32, 'tanh'), out(10)],
    optimizer: momentum(0.03),
    epochs: 12,
  }),
  base('digits, deep with batch norm', {
    data: digits(1000),
    layers: [layer('flatten'), repeat(6, dense(32, undefined, HE), batchNorm, act('relu')), out(10)],
    optimizer: momentum(0.03),
    epochs: 10,
  }),
  base('digits, deep with shortcuts', {
    data: digits(1000),
    layers: [
      layer('flatten'),
      dense(32, 'relu', HE),
      repeat(5, residual(batchNorm, act('relu'), dense(32, undefined, HE))),
      out(10),
    ],
    optimizer: adam(0.003),
    epochs: 10,
  }),
  base('digits, some dropout', {
    data: digits(1000),
    layers: [layer('flatten'), dense(64, 'relu', HE), layer('dropout', { rate: 0.2 }), dense(64, 'relu', HE), out(10)],
    optimizer: adam(0.003),
    epochs: 12,
  }),
  base('digits, convolutional', {
    data: digits(600),
    layers: [
      conv(6, { strides: 2, activation: 'relu' }),
      conv(8, { strides: 2, activation: 'relu' }),
      layer('flatten'),
      dense(32, 'relu', HE),
      out(10),
    ],
    optimizer: adam(0.004),
    epochs: 10,
  }),
  base('digits, convolutional with batch norm', {
    data: digits(600),
    layers: [
      conv(6, { strides: 2, useBias: false }),
      batchNorm,
      act('relu'),
      conv(8, { strides: 2, useBias: false }),
      batchNorm,
      act('relu'),
      layer('flatten'),
      out(10),
    ],
    optimizer: momentum(0.03),
    epochs: 10,
  }),
  base('digits, residual convolutions', {
    data: digits(600),
    layers: [
      conv(6, { strides: 4, activation: 'relu' }),
      repeat(3, residual(batchNorm, act('relu'), conv(6))),
      layer('flatten'),
      out(10),
    ],
    optimizer: adam(0.005),
    epochs: 10,
  }),
];

const SEQUENCES: readonly Base[] = [
  base('adding, LSTM', {
    data: { source: 'adding', length: 8, samples: 1000, noise: 0 },
    layers: [layer('lstm', { units: 16 }), out(1)],
    loss: 'meanSquaredError',
    optimizer: adam(0.02),
    epochs: 25,
    training: { clipNorm: 1 },
  }),
  base('adding, GRU', {
    data: { source: 'adding', length: 8, samples: 1000, noise: 0 },
    layers: [layer('gru', { units: 16 }), out(1)],
    loss: 'meanSquaredError',
    optimizer: adam(0.02),
    epochs: 25,
    training: { clipNorm: 1 },
  }),
  base('adding, plain recurrent', {
    data: { source: 'adding', length: 6, samples: 1000, noise: 0 },
    layers: [layer('simpleRNN', { units: 24, recurrentInitializer: 'orthogonal' }), out(1)],
    loss: 'meanSquaredError',
    optimizer: adam(0.005),
    epochs: 30,
    training: { clipNorm: 1 },
  }),
  base('copying, attention', {
    data: { source: 'copy', length: 3, symbols: 3, oneHot: false, samples: 800 },
    layers: [
      layer('embedding', { inputDim: 5, outputDim: 16 }),
      layer('positionalEmbedding'),
      residual(layer('layerNormalization'), layer('multiHeadAttention', { numHeads: 2, keyDim: 8 })),
      residual(layer('layerNormalization'), dense(32, 'gelu'), dense(16)),
      layer('layerNormalization'),
      out(4),
    ],
    optimizer: adam(0.005),
    epochs: 15,
  }),
  base('copying, GRU', {
    data: { source: 'copy', length: 2, symbols: 3, samples: 800 },
    layers: [layer('gru', { units: 24, returnSequences: true }), out(4)],
    optimizer: adam(0.02),
    epochs: 20,
  }),
];

export const BASES: readonly Base[] = [...IN_THE_PLANE, ...OTHER_VECTORS, ...IMAGES, ...SEQUENCES];

/** The tables that specs name, in a folder that exists in memory alone. Their columns have units of their own. */
export function tables(): Readonly<Record<string, string>> {
  const random = new Random(5, 'benchmark/tables');
  const classes = ['length,mass,heat,kind'];
  const values = ['rain,acidity,height,yield'];
  for (let i = 0; i < 600; i++) {
    const kind = i % 3;
    const angle = kind * 2.1 + 0.35 * random.normal();
    const radius = 1 + 0.25 * random.normal();
    const third = Math.sin(2 * angle) + 0.3 * random.normal();
    const [x, y] = [radius * Math.cos(angle), radius * Math.sin(angle)];
    classes.push(
      `${(180 + 35 * x).toFixed(2)},${(4200 + 900 * y).toFixed(1)},${(310 + 12 * third).toFixed(2)},${'abc'[kind]}`,
    );
    const [a, b, c] = [random.normal(), random.normal(), random.normal()];
    const answer = Math.sin(1.5 * a) + 0.6 * a * b - 0.4 * Math.abs(c) + 0.05 * random.normal();
    values.push(
      `${(900 + 220 * a).toFixed(1)},${(6.5 + 0.4 * b).toFixed(4)},${(1500 + 600 * c).toFixed(1)},${answer.toFixed(4)}`,
    );
  }
  return { 'classes.csv': `${classes.join('\n')}\n`, 'values.csv': `${values.join('\n')}\n` };
}
