// Owns the part of the family of specs whose values have positions: images, sequences, words.
import { DIGITS, dense, images, LOGITS, type Parts, repeat } from './familyWords';

export function convolutionParts(): Parts[] {
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

export function sequenceParts(): Parts[] {
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
