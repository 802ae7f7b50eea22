// Owns the faults of the benchmark: each takes a healthy spec and answers the same spec with one known fault in it, or
// nothing where the fault has no place there. It also says by which findings the fault counts as found.
import type { FindingCode } from '../../../src/spec/symptoms';
import type { Base, LayerObject, SpecObject } from './bases';

export interface Injection {
  readonly fault: string;
  /** The fault is found where one of these is. */
  readonly codes: readonly FindingCode[];
  inject(spec: SpecObject): SpecObject | undefined;
}

const GATED = ['lstm', 'gru'];
const RECURRENT = ['lstm', 'gru', 'simpleRNN'];
const RECTIFIERS = ['relu', 'leakyRelu', 'elu', 'selu', 'gelu', 'silu'];

const isOut = (layer: LayerObject): boolean => layer.name === 'out';
const hasKernel = ({ type }: LayerObject): boolean => type === 'dense' || type === 'conv2d' || RECURRENT.includes(type);
const inner = (layer: LayerObject): readonly LayerObject[] =>
  (layer.layers as readonly LayerObject[] | undefined) ?? [];

/** Every layer, composites' own ones too, changed; a list takes the layer's place. */
function changed(
  layers: readonly LayerObject[],
  change: (layer: LayerObject) => LayerObject | readonly LayerObject[],
): LayerObject[] {
  return layers.flatMap((layer) => {
    const whole = layer.layers ? { ...layer, layers: changed(inner(layer), change) } : layer;
    return change(whole);
  });
}

function everyLayer(layers: readonly LayerObject[]): LayerObject[] {
  return layers.flatMap((layer) => [layer, ...everyLayer(inner(layer))]);
}

const has = (spec: SpecObject, test: (layer: LayerObject) => boolean): boolean => everyLayer(spec.layers).some(test);
const isSequence = (spec: SpecObject): boolean =>
  has(spec, ({ type }) => RECURRENT.includes(type) || type === 'multiHeadAttention' || type === 'embedding');
const isNormalized = (spec: SpecObject): boolean => has(spec, ({ type }) => type.endsWith('Normalization'));
const isResidual = (spec: SpecObject): boolean => has(spec, ({ type }) => type === 'residual');

/** How many layers with kernels a signal passes, the output's left out; shortcuts are not taken. */
function depth(layers: readonly LayerObject[]): number {
  return layers.reduce((sum, layer) => {
    if (layer.layers) return sum + ((layer.times as number | undefined) ?? 1) * depth(inner(layer));
    return sum + (hasKernel(layer) && !isOut(layer) ? 1 : 0);
  }, 0);
}

/** A plain stack of dense layers, maybe behind `flatten`: where depth can be added. */
function isPlainStack(spec: SpecObject): boolean {
  return (
    !isNormalized(spec) && !isResidual(spec) && spec.layers.every(({ type }) => type === 'dense' || type === 'flatten')
  );
}

/** The stack with its hidden layers replaced by the same one, so many times. */
function deepStack(spec: SpecObject, times: number, hidden: LayerObject): SpecObject | undefined {
  if (!isPlainStack(spec)) return undefined;
  const first = spec.layers[0]?.type === 'flatten' ? [spec.layers[0]] : [];
  return { ...spec, layers: [...first, { type: 'repeat', times, layers: [hidden] }, spec.layers.at(-1)!] };
}

function withLayers(
  spec: SpecObject,
  change: (layer: LayerObject) => LayerObject | readonly LayerObject[],
): SpecObject {
  return { ...spec, layers: changed(spec.layers, change) };
}

function withHidden(spec: SpecObject, fields: object, test: (layer: LayerObject) => boolean = hasKernel): SpecObject {
  return withLayers(spec, (layer) => (test(layer) && !isOut(layer) ? { ...layer, ...fields } : layer));
}

function widthOf(spec: SpecObject): number {
  return (everyLayer(spec.layers).find(({ type }) => type === 'dense')?.units as number | undefined) ?? 32;
}

/** Puts layers before the output. */
function beforeOut(spec: SpecObject, ...layers: LayerObject[]): SpecObject {
  return { ...spec, layers: [...spec.layers.slice(0, -1), ...layers, spec.layers.at(-1)!] };
}

function withOut(spec: SpecObject, fields: object): SpecObject {
  return withLayers(spec, (layer) => (isOut(layer) ? { ...layer, ...fields } : layer));
}

const TOO_FAST: readonly FindingCode[] = ['GF107', 'GF109', 'GF110', 'GF111'];
const SATURATED: readonly FindingCode[] = ['GF102', 'GF104', 'GF105'];

export const INJECTIONS: readonly Injection[] = [
  {
    fault: 'deep sigmoid',
    codes: ['GF101'],
    inject: (spec) => deepStack(spec, 8, { type: 'dense', units: widthOf(spec), activation: 'sigmoid' }),
  },
  {
    fault: 'deep tanh, small weights',
    codes: ['GF101', 'GF105'],
    inject: (spec) =>
      deepStack(spec, 10, {
        type: 'dense',
        units: widthOf(spec),
        activation: 'tanh',
        kernelInitializer: { type: 'randomNormal', stddev: 0.03 },
      }),
  },
  {
    fault: 'weights too small',
    codes: ['GF101', 'GF105'],
    inject: (spec) =>
      isNormalized(spec) || isResidual(spec) || isSequence(spec) || depth(spec.layers) < 2
        ? undefined
        : withHidden(spec, { kernelInitializer: { type: 'randomNormal', stddev: 0.005 } }),
  },
  {
    fault: 'weights too large, deep tanh',
    codes: SATURATED,
    inject: (spec) =>
      deepStack(spec, 8, {
        type: 'dense',
        units: widthOf(spec),
        activation: 'tanh',
        kernelInitializer: { type: 'varianceScaling', scale: 9, mode: 'fanIn', distribution: 'normal' },
      }),
  },
  {
    fault: 'gain of 3, deep ReLU',
    codes: ['GF102', 'GF105', 'GF107', 'GF111'],
    inject: (spec) =>
      deepStack(spec, 8, {
        type: 'dense',
        units: widthOf(spec),
        activation: 'relu',
        kernelInitializer: { type: 'varianceScaling', scale: 18, mode: 'fanIn', distribution: 'normal' },
      }),
  },
  {
    fault: 'weights of 0',
    codes: ['GF106'],
    inject: (spec) =>
      isResidual(spec) || isSequence(spec) ? undefined : withHidden(spec, { kernelInitializer: 'zeros' }),
  },
  {
    fault: 'equal weights',
    codes: ['GF106'],
    inject: (spec) =>
      isResidual(spec) || isSequence(spec) || has(spec, ({ type }) => type === 'dropout' || type === 'conv2d')
        ? undefined
        : withHidden(spec, { kernelInitializer: { type: 'constant', value: 0.1 } }),
  },
  {
    fault: 'no activations',
    codes: ['GF114'],
    inject: (spec) => {
      if (!isPlainStack(spec) || depth(spec.layers) < 2) return undefined;
      return withLayers(spec, (layer) => {
        const { activation: _, ...rest } = layer;
        return isOut(layer) ? layer : (rest as LayerObject);
      });
    },
  },
  {
    fault: 'learning rate × 100',
    codes: TOO_FAST,
    inject: (spec) => withRate(spec, 100),
  },
  {
    fault: 'learning rate ÷ 1000',
    codes: ['GF108', 'GF109'],
    inject: (spec) => withRate(spec, 1 / 1000),
  },
  {
    fault: 'inputs not normalized',
    codes: ['GF113'],
    inject: (spec) => (spec.data.normalize ? { ...spec, data: { ...spec.data, normalize: 'none' } } : undefined),
  },
  {
    fault: 'softmax before the loss',
    codes: ['GF115'],
    inject: (spec) => (spec.loss === 'softmaxCrossEntropy' ? withOut(spec, { activation: 'softmax' }) : undefined),
  },
  {
    fault: 'sigmoid before the loss',
    codes: ['GF115'],
    inject: (spec) => (spec.loss === 'binaryCrossEntropy' ? withOut(spec, { activation: 'sigmoid' }) : undefined),
  },
  {
    fault: 'ReLU on the output',
    codes: ['GF115', 'GF116', 'GF103'],
    inject: (spec) => (isSequence(spec) ? undefined : withOut(spec, { activation: 'relu' })),
  },
  {
    fault: 'output bounded below the targets',
    codes: ['GF116'],
    inject: (spec) =>
      ['meanSquaredError', 'huber'].includes(spec.loss) && !isSequence(spec)
        ? withOut(spec, { activation: 'sigmoid' })
        : undefined,
  },
  {
    fault: 'batch normalization at batch 1',
    codes: ['GF117'],
    inject: (spec) =>
      has(spec, ({ type }) => type === 'batchNormalization') && !has(spec, ({ type }) => type === 'conv2d')
        ? { ...spec, training: { ...spec.training, batchSize: 1 } }
        : undefined,
  },
  {
    fault: 'dropout of 90 % before the output',
    codes: ['GF118'],
    inject: (spec) => (isSequence(spec) ? undefined : beforeOut(spec, { type: 'dropout', rate: 0.9 })),
  },
  {
    fault: 'dead ReLUs by negative biases',
    codes: ['GF103'],
    inject: (spec) =>
      isNormalized(spec) || isResidual(spec) || !has(spec, ({ activation }) => activation === 'relu')
        ? undefined
        : withHidden(
            spec,
            { biasInitializer: { type: 'constant', value: -6 } },
            ({ activation }) => activation === 'relu',
          ),
  },
  {
    fault: 'bottleneck of width 1',
    codes: ['GF119'],
    inject: (spec) =>
      isPlainStack(spec) && depth(spec.layers) >= 2
        ? beforeOut(spec, { type: 'dense', units: 1, activation: hiddenActivation(spec) })
        : undefined,
  },
  {
    fault: 'saturated by large biases',
    codes: ['GF104', 'GF101', 'GF105'],
    inject: (spec) =>
      isPlainStack(spec) && has(spec, ({ activation }) => activation === 'tanh')
        ? withHidden(spec, { biasInitializer: { type: 'constant', value: 5 } })
        : undefined,
  },
  {
    fault: 'positive weights, sigmoid',
    codes: ['GF104', 'GF101', 'GF105'],
    inject: (spec) =>
      isPlainStack(spec) && depth(spec.layers) >= 2
        ? withHidden(spec, {
            activation: 'sigmoid',
            kernelInitializer: { type: 'randomUniform', minval: 0, maxval: 1 },
          })
        : undefined,
  },
  {
    fault: 'recurrent weights too large',
    codes: ['GF102', 'GF104', 'GF105'],
    inject: (spec) =>
      has(spec, ({ type }) => type === 'simpleRNN')
        ? withHidden(
            spec,
            { recurrentInitializer: { type: 'orthogonal', gain: 4 } },
            ({ type }) => type === 'simpleRNN',
          )
        : undefined,
  },
  {
    fault: 'recurrent weights too small',
    codes: ['GF101', 'GF105'],
    inject: (spec) =>
      has(spec, ({ type }) => type === 'simpleRNN')
        ? withHidden(
            spec,
            { recurrentInitializer: { type: 'orthogonal', gain: 0.05 } },
            ({ type }) => type === 'simpleRNN',
          )
        : undefined,
  },
  {
    fault: 'gates closed by their biases',
    codes: ['GF101', 'GF104', 'GF105', 'GF109'],
    inject: (spec) =>
      has(spec, ({ type }) => GATED.includes(type))
        ? withHidden(spec, { biasInitializer: { type: 'constant', value: -8 }, ...closed(spec) }, ({ type }) =>
            GATED.includes(type),
          )
        : undefined,
  },
];

/** The forget gate's own bias of 1 would keep it from closing. */
function closed(spec: SpecObject): object {
  return has(spec, ({ type }) => type === 'lstm') ? { unitForgetBias: false } : {};
}

function hiddenActivation(spec: SpecObject): string {
  return (everyLayer(spec.layers).find(({ activation }) => RECTIFIERS.includes(String(activation)))?.activation ??
    'tanh') as string;
}

function withRate(spec: SpecObject, factor: number): SpecObject {
  const { clipNorm: _, ...training } = spec.training;
  const learningRate = Number((spec.optimizer.learningRate * factor).toPrecision(6));
  return { ...spec, training, optimizer: { ...spec.optimizer, learningRate } };
}

export interface FaultyCase {
  /** `fault in base`. */
  readonly name: string;
  readonly base: Base;
  readonly injection: Injection;
  readonly spec: SpecObject;
}

/** Every fault in every base that has a place for it. */
export function faultyCases(bases: readonly Base[]): readonly FaultyCase[] {
  return INJECTIONS.flatMap((injection) =>
    bases.flatMap((base) => {
      const spec = injection.inject(base.spec);
      const name = `${injection.fault} in ${base.name}`;
      return spec ? [{ name, base, injection, spec: { ...spec, name } }] : [];
    }),
  );
}
