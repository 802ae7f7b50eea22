// Owns what the family of generated specs consists of: seeded, the same every time, from plain dense nets to transformers.
import { Random } from '../../../src/base/random';

/**
 * `dense`: every activation × every random initializer. `clones`: initializers that make all units alike. `sequence`:
 * recurrent, attention and embedding layers.
 */
export type Group =
  | 'dense'
  | 'residual'
  | 'normalization'
  | 'convolution'
  | 'dropout'
  | 'branches'
  | 'clones'
  | 'sequence';

/** A spec in a few words. */
export interface Parts {
  readonly name: string;
  readonly group: Group;
  /** As in `Member`. */
  readonly depth: number;
  readonly width: number;
  readonly data: object;
  readonly layers: readonly object[];
  readonly batchSize?: number;
  readonly loss?: string;
}

/** All of them. */
export function familyParts(): readonly Parts[] {
  return [
    ...denseParts(),
    ...residualParts(),
    ...normalizationParts(),
    ...convolutionParts(),
    ...dropoutParts(),
    ...branchParts(),
    ...cloneParts(),
    ...sequenceParts(),
  ];
}

const ACTIVATIONS = [
  ...['linear', 'sigmoid', 'tanh', 'relu', 'leakyRelu', 'elu', 'selu', 'gelu'],
  ...['silu', 'mish', 'softplus', 'softsign', 'hardSigmoid', 'hardTanh', 'relu6'],
] as const;

/** Every initializer that draws, and `identity`. `fan`: units of a layer. */
const INITIALIZERS: readonly ((random: Random, fan: number, depth: number) => object | string)[] = [
  () => 'glorotUniform',
  () => 'glorotNormal',
  () => 'heUniform',
  () => 'heNormal',
  () => 'leCunUniform',
  () => 'leCunNormal',
  () => ({ type: 'orthogonal', gain: 1 }),
  () => 'identity',
  () => 'lsuv',
  // The default would let the signal of a deep net fade out of float32.
  (random, fan, depth) => (depth > 12 ? uniform(rounded((1.2 + random.uniform()) / Math.sqrt(fan))) : 'randomUniform'),
  (random, fan) => ({ type: 'randomNormal', stddev: rounded((0.7 + random.uniform()) / Math.sqrt(fan)) }),
  (random, fan) => ({ type: 'truncatedNormal', stddev: rounded((0.7 + random.uniform()) / Math.sqrt(fan)) }),
  (random) => ({
    type: 'varianceScaling',
    scale: rounded(0.5 + 2 * random.uniform()),
    mode: (['fanIn', 'fanOut', 'fanAvg'] as const)[random.below(3)],
    distribution: random.below(2) === 0 ? 'normal' : 'uniform',
  }),
];

/** Depth and width: every second one shallow for its width (depth ÷ width ≤ 0.1), most of them quick to draw. */
const SIZES: readonly (readonly [depth: number, width: number])[] = [
  ...([
    [2, 32],
    [12, 8],
    [4, 64],
    [20, 16],
    [6, 64],
    [10, 24],
    [3, 96],
    [30, 16],
    [8, 96],
    [15, 32],
  ] as const),
  ...([
    [3, 64],
    [50, 16],
    [5, 64],
    [8, 16],
    [2, 48],
    [25, 32],
    [10, 104],
    [6, 12],
    [2, 256],
    [40, 24],
  ] as const),
  ...([
    [4, 48],
    [60, 8],
    [6, 72],
    [16, 48],
    [12, 128],
    [100, 16],
    [3, 512],
    [100, 32],
    [5, 56],
    [10, 64],
  ] as const),
];

const taught = (features: number) => ({ source: 'randomTeacher', features, classes: 4, samples: 80 });
const images = (...inputShape: number[]) => ({ source: 'randomTeacher', inputShape, classes: 4, samples: 40 });
const DIGITS = { source: 'mnist', limit: 80 };
const NORMAL_DIGITS = { ...DIGITS, normalize: 'standard' };
const SPIRAL = { source: 'spiral', samples: 80, classes: 4 };

const dense = (units: number, activation: string, kernelInitializer: object | string, more: object = {}) => ({
  type: 'dense',
  units,
  activation,
  kernelInitializer,
  ...more,
});
const repeat = (times: number, ...layers: object[]) => ({ type: 'repeat', times, layers });
const LOGITS = { type: 'dense', name: 'logits', units: 4 };

function uniform(bound: number): object {
  return { type: 'randomUniform', minval: -bound, maxval: bound };
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

function wordOf(initializer: object | string): string {
  return typeof initializer === 'string' ? initializer : Object.values(initializer).join(' ');
}

function denseParts(): Parts[] {
  const random = new Random(1, 'family/dense');
  const parts: Parts[] = [];
  for (const activation of ACTIVATIONS) {
    for (const make of INITIALIZERS) {
      const [depth, width] = SIZES[parts.length % SIZES.length]!;
      const initializer = make(random, width, depth);
      // The data in turn; `identity` wants no change of size to speak of.
      const which = wordOf(initializer).startsWith('identity') ? 0 : random.below(8);
      const data = which === 5 ? SPIRAL : which === 6 ? NORMAL_DIGITS : taught(which < 3 ? 32 : 64);
      const biased = random.below(3) === 0;
      const bias = biased ? { biasInitializer: { type: 'randomNormal', stddev: rounded(random.uniform()) } } : {};
      const flat = which === 6 ? [{ type: 'flatten' }] : [];
      const logits = which === 6 ? { ...LOGITS, units: 10 } : LOGITS;
      const hidden = repeat(depth - 1, dense(width, activation, initializer, bias));
      parts.push({
        ...{
          name: `${activation}, ${wordOf(initializer)}, ${depth} × ${width}${biased ? ', biased' : ''}`,
          group: 'dense',
        },
        ...{ depth, width, data, layers: [...flat, hidden, logits], batchSize: width > 200 ? 16 : 32 },
      });
    }
  }
  return parts;
}

function residualParts(): Parts[] {
  const parts: Parts[] = [];
  const shapes = [
    [1, 64],
    [2, 96],
    [3, 64],
    [10, 32],
    [25, 32],
    [50, 16],
    [5, 24],
    [4, 128],
  ] as const;
  const kinds = [
    { activation: 'relu', initializer: 'heNormal' },
    { activation: 'tanh', initializer: 'glorotUniform' },
    { activation: 'gelu', initializer: 'leCunNormal' },
    { activation: 'linear', initializer: 'orthogonal' },
    { activation: 'sigmoid', initializer: 'glorotNormal' },
  ];
  const ways = [
    { shortcut: 'identity', scale: 1 },
    { shortcut: 'identity', scale: 0.2 },
    { shortcut: 'projection', scale: 1 },
  ];
  let turn = 0;
  for (const { activation, initializer } of kinds) {
    for (const way of ways) {
      for (const two of [false, true]) {
        const [times, width] = shapes[turn++ % shapes.length]!;
        const inner = [dense(width, activation, initializer), ...(two ? [dense(width, 'linear', initializer)] : [])];
        const stem = dense(width, 'linear', 'leCunNormal');
        const block = { type: 'residual', ...way, layers: inner };
        parts.push({
          name: `${way.shortcut} × ${way.scale} around ${activation}${two ? ', linear' : ''}, ${times} × ${width}`,
          ...{ group: 'residual', depth: 2 + times * inner.length, width, data: taught(32) },
          layers: [stem, repeat(times, block), LOGITS],
        });
      }
    }
  }
  return parts;
}

function normalizationParts(): Parts[] {
  const parts: Parts[] = [];
  const shapes = [
    [2, 64],
    [4, 64],
    [10, 32],
    [6, 96],
    [20, 32],
    [3, 128],
    [30, 16],
    [8, 96],
  ] as const;
  const kinds = [
    { type: 'batchNormalization' },
    { type: 'layerNormalization' },
    { type: 'rmsNormalization' },
    { type: 'groupNormalization', groups: 4 },
  ];
  const hidden = [
    ['relu', 'heNormal'],
    ['tanh', 'glorotUniform'],
    ['sigmoid', 'glorotUniform'],
    ['gelu', 'randomUniform'],
  ] as const;
  let turn = 0;
  for (const kind of kinds) {
    for (const [activation, initializer] of hidden) {
      const [times, width] = shapes[turn++ % shapes.length]!;
      const sizes = { group: 'normalization', depth: times + 1, width, data: taught(32), batchSize: 64 } as const;
      const plain = dense(width, 'linear', initializer);
      const function_ = { type: 'activation', activation };
      parts.push(
        {
          name: `${kind.type} before ${activation}, ${times} × ${width}`,
          ...{ ...sizes, layers: [repeat(times, plain, kind, function_), LOGITS] },
        },
        {
          name: `${kind.type} behind ${activation}, ${times} × ${width}`,
          ...{ ...sizes, layers: [repeat(times, dense(width, activation, initializer), kind), LOGITS] },
        },
      );
    }
    const [times, width] = shapes[turn++ % shapes.length]!;
    const block = {
      type: 'residual',
      layers: [kind, dense(width, 'relu', 'heNormal'), dense(width, 'linear', 'heNormal')],
    };
    parts.push({
      name: `${kind.type} first in a residual, ${times} × ${width}`,
      ...{ group: 'normalization', depth: 2 + 2 * times, width, data: taught(32), batchSize: 64 },
      layers: [dense(width, 'linear', 'leCunNormal'), repeat(times, block), kind, LOGITS],
    });
  }
  return parts;
}

function convolutionParts(): Parts[] {
  const conv = (filters: number, activation: string, kernelInitializer: string, more: object = {}) => ({
    ...{ type: 'conv2d', filters, kernelSize: 3, activation, kernelInitializer, ...more },
  });
  const same = { padding: 'same' };
  const flat = { type: 'flatten' };
  const average = { type: 'globalAveragePooling2d' };
  const common = { group: 'convolution', batchSize: 16 } as const;
  const parts: Parts[] = [];
  const kinds = [
    ['relu', 'heNormal'],
    ['tanh', 'glorotUniform'],
    ['gelu', 'heUniform'],
    ['sigmoid', 'glorotNormal'],
  ] as const;
  for (const [activation, initializer] of kinds) {
    const add = (name: string, depth: number, width: number, data: object, ...layers: object[]) =>
      parts.push({ name: `${activation}, ${name}`, ...common, depth, width, data, layers: [...layers, LOGITS] });
    const one = (filters: number, more: object = {}) => conv(filters, activation, initializer, more);
    add('valid', 4, 24, images(10, 10, 3), repeat(3, one(24)), flat);
    add('same', 5, 16, images(8, 8, 3), repeat(4, one(16, same)), flat);
    add('same, deep', 16, 16, images(6, 6, 3), repeat(15, one(16, same)), flat);
    add('strides', 4, 24, images(16, 16, 3), repeat(3, one(24, { strides: 2, ...same })), flat);
    add('dilation', 3, 24, images(12, 12, 3), repeat(2, one(24, { dilationRate: 2 })), flat);
    add('max pooling', 3, 24, images(12, 12, 3), one(24, same), { type: 'maxPooling2d' }, one(24, same), flat);
    add('average pooling', 3, 24, images(12, 12, 3), one(24), { type: 'averagePooling2d' }, one(24), flat);
    add('global average', 4, 24, images(8, 8, 3), repeat(3, one(24, same)), average);
  }
  const deeper = { ...images(16, 3), samples: 60 };
  const conv1d = (more: object) => ({
    type: 'conv1d',
    filters: 32,
    kernelSize: 5,
    kernelInitializer: 'heNormal',
    ...more,
  });
  const digits = (name: string, depth: number, width: number, ...layers: object[]) =>
    parts.push({
      name: `digits, ${name}`,
      ...common,
      depth,
      width,
      data: DIGITS,
      layers: [...layers, { ...LOGITS, units: 10 }],
    });
  parts.push(
    {
      ...{ name: 'sequence, same', ...common, depth: 5, width: 32, data: deeper },
      layers: [repeat(4, conv1d({ activation: 'relu', padding: 'same' })), flat, LOGITS],
    },
    {
      ...{ name: 'sequence, causal', ...common, depth: 4, width: 32, data: deeper },
      layers: [
        repeat(3, conv1d({ activation: 'relu', padding: 'causal', dilationRate: 2 })),
        { type: 'globalAveragePooling1d' },
        LOGITS,
      ],
    },
  );
  digits('strides', 3, 16, repeat(2, conv(16, 'relu', 'heNormal', { strides: 2, ...same })), flat);
  digits('global max', 3, 16, repeat(2, conv(16, 'relu', 'heNormal', { strides: 2 })), { type: 'globalMaxPooling2d' });
  digits(
    ...(['depthwise', 4, 16, conv(16, 'relu', 'heNormal', { strides: 3 })] as const),
    { type: 'depthwiseConv2d', kernelSize: 3, activation: 'relu', depthwiseInitializer: 'heNormal' },
    conv(16, 'relu', 'heNormal', { kernelSize: 1 }),
    flat,
  );
  const block = {
    type: 'residual',
    layers: [
      { type: 'batchNormalization' },
      { type: 'activation', activation: 'relu' },
      conv(8, 'linear', 'heNormal', same),
    ],
  };
  digits('residual', 6, 8, conv(8, 'linear', 'heNormal', { strides: 4, ...same }), repeat(4, block), flat);
  return parts;
}

function dropoutParts(): Parts[] {
  const kinds = [
    ['relu', 'heNormal'],
    ['tanh', 'glorotUniform'],
    ['selu', 'leCunNormal'],
  ] as const;
  const shapes = [
    [2, 64],
    [4, 96],
    [12, 32],
  ] as const;
  return kinds.flatMap(([activation, initializer], k) =>
    [0.1, 0.5].map((rate, r): Parts => {
      const [times, width] = shapes[(k + r) % shapes.length]!;
      return {
        ...{ name: `${activation}, dropout ${rate}, ${times} × ${width}`, group: 'dropout', depth: times + 1, width },
        data: taught(32),
        layers: [repeat(times, dense(width, activation, initializer), { type: 'dropout', rate }), LOGITS],
      };
    }),
  );
}

function branchParts(): Parts[] {
  const branch = (name: string, input: string, activation: string, units = 64) => ({
    ...dense(units, activation, activation === 'relu' ? 'heNormal' : 'glorotUniform'),
    ...{ name, inputs: [input] },
  });
  const join = (type: string, ...inputs: string[]) => ({ type, name: 'join', inputs });
  const common = { group: 'branches', depth: 4, width: 64, data: taught(32) } as const;
  const stem = { ...dense(64, 'relu', 'heNormal'), name: 'stem' };
  const rest = [dense(64, 'relu', 'heNormal'), LOGITS];
  const [a, b] = [branch('a', 'stem', 'relu'), branch('b', 'stem', 'tanh')];
  return [
    { ...common, name: 'add of two', layers: [stem, a, b, join('add', 'a', 'b'), ...rest] },
    { ...common, name: 'concatenate of two', layers: [stem, a, b, join('concatenate', 'a', 'b'), ...rest] },
    {
      ...{ ...common, name: 'concatenate of unequal ones', depth: 5 },
      layers: [stem, a, { ...branch('c', 'a', 'sigmoid', 16) }, join('concatenate', 'stem', 'c'), ...rest],
    },
    { ...common, name: 'add of the stem itself', layers: [stem, b, join('add', 'stem', 'b'), ...rest] },
    { ...common, name: 'concatenate with the data', layers: [stem, a, join('concatenate', 'data', 'a'), ...rest] },
    { ...common, name: 'gate', layers: [stem, a, branch('g', 'stem', 'sigmoid'), join('multiply', 'a', 'g'), ...rest] },
  ];
}

function cloneParts(): Parts[] {
  const initializers = [
    'zeros',
    'ones',
    { type: 'constant', value: 0.05 },
    { type: 'randomNormal', mean: 0.1, stddev: 0.1 },
  ];
  return ['tanh', 'sigmoid'].flatMap((activation) =>
    initializers.map((initializer): Parts => {
      const layers = [repeat(2, dense(32, activation, initializer)), LOGITS];
      return {
        name: `${activation}, ${wordOf(initializer)}`,
        group: 'clones',
        depth: 3,
        width: 32,
        data: taught(32),
        layers,
      };
    }),
  );
}

function sequenceParts(): Parts[] {
  const parts: Parts[] = [];
  const sequences = (length: number, width: number) => ({ ...images(length, width), samples: 60 });
  const add = (name: string, depth: number, width: number, data: object, ...layers: object[]) =>
    parts.push({ name, group: 'sequence', depth, width, data, layers, batchSize: 32 });
  for (const type of ['simpleRNN', 'lstm', 'gru']) {
    for (const [length, units] of [
      [8, 64],
      [30, 32],
    ] as const) {
      const cell = (more: object = {}) => ({ type, units, ...more });
      add(`${type}, ${length} steps`, 2, units, sequences(length, 16), cell(), LOGITS);
      const first = cell({ returnSequences: true });
      add(`two of ${type}, ${length} steps`, 3, units, sequences(length, 16), first, cell(), LOGITS);
    }
    const other = {
      type,
      units: 64,
      recurrentInitializer: 'glorotUniform',
      activation: 'tanh',
      kernelInitializer: 'heNormal',
    };
    add(
      `${type}, glorot recurrence`,
      2,
      64,
      sequences(12, 16),
      { ...other, returnSequences: true },
      { type: 'flatten' },
      LOGITS,
    );
  }
  for (const recurrentActivation of ['sigmoid', 'hardSigmoid']) {
    add(
      `lstm, ${recurrentActivation}`,
      2,
      48,
      sequences(10, 16),
      { type: 'lstm', units: 48, recurrentActivation },
      LOGITS,
    );
  }
  const flat = { type: 'flatten' };
  const words = { source: 'copy', length: 6, symbols: 6, oneHot: false, samples: 100 };
  const answer = { type: 'dense', name: 'logits', units: 7 };
  const embedding = { type: 'embedding', inputDim: 8, outputDim: 32 };
  const places = { type: 'positionalEmbedding' };
  const attention = (more: object = {}) => ({ type: 'multiHeadAttention', numHeads: 2, keyDim: 16, ...more });
  const normal = { type: 'layerNormalization' };
  add('embedding, dense', 3, 32, words, embedding, dense(32, 'relu', 'heNormal'), answer);
  add('embedding, positions, dense', 3, 32, words, embedding, places, dense(32, 'tanh', 'glorotUniform'), answer);
  add('attention', 2, 32, sequences(8, 32), attention(), flat, LOGITS);
  add('attention, causal', 2, 32, sequences(8, 32), attention({ causal: true }), flat, LOGITS);
  const residual = { type: 'residual', layers: [normal, attention()] };
  const mixer = {
    type: 'residual',
    layers: [normal, dense(64, 'gelu', 'heNormal'), dense(32, 'linear', 'glorotUniform')],
  };
  add('transformer', 6, 32, words, embedding, places, repeat(2, residual, mixer), normal, answer);
  add('lstm over words', 3, 32, words, embedding, { type: 'lstm', units: 32, returnSequences: true }, answer);
  return parts;
}
