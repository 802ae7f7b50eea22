// Owns what the family of generated specs consists of: seeded, the same every time, from plain dense nets to transformers.
import { Random } from '../../../src/base/random';
import { convolutionParts, sequenceParts } from './familyFields';
import { DIGITS, dense, LOGITS, type Parts, repeat, taught } from './familyWords';

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
const NORMAL_DIGITS = { ...DIGITS, normalize: 'standard' };
const SPIRAL = { source: 'spiral', samples: 80, classes: 4 };

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
