// Owns the faults between options of one object, each of which is right by itself. Shapes are `shapes.ts`'s.
import { problem } from './codes';
import { propertyOf, rangeOf, type SpecNode } from './parse';
import type { Problem } from './problem';
import type { DataSpec } from './schema/data';
import type { InitializerSpec } from './schema/initializers';
import type { PlainLayerSpec } from './schema/layers';
import type { OptimizerSpec } from './schema/training';

/**
 * @param what the table's word for the kind of object, such as `layer`
 * @param value checked field by field, with all defaults
 */
export function checkRules(what: string, name: string, value: object, node: SpecNode): Problem[] {
  const at = (key: string) => rangeOf(propertyOf(node, key) ?? node);
  // Which of the unions `value` belongs to follows from `what`: the same table made both.
  switch (what) {
    case 'optimizer': {
      const optimizer = value as OptimizerSpec;
      if (optimizer.type !== 'sgd' || !optimizer.nesterov || optimizer.momentum > 0) return [];
      return [
        problem(
          'NS117',
          at('nesterov'),
          '`nesterov` does nothing without `momentum`.',
          'Add `"momentum": 0.9`, or remove `nesterov`.',
        ),
      ];
    }
    case 'initializer': {
      const initializer = value as InitializerSpec;
      if (initializer.type !== 'randomUniform' || initializer.minval <= initializer.maxval) return [];
      const message = `\`minval\` (${initializer.minval}) is above \`maxval\` (${initializer.maxval}).`;
      return [problem('NS117', at('minval'), message, 'Exchange the two.')];
    }
    case 'data source':
      return columnFaults(value as DataSpec, at);
    case 'layer':
      if (name === 'repeat' || name === 'residual') return [];
      return [...initializerFaults(name, value, node), ...layerFaults(value as PlainLayerSpec, at)];
    default:
      return [];
  }
}

type At = (key: string) => Problem['range'];

/** Where `lsuv` can stand: kernels whose product with the input is what the layer's activation takes. */
const SCALED_BY_DATA: Readonly<Record<string, string>> = {
  dense: 'kernelInitializer',
  conv1d: 'kernelInitializer',
  conv2d: 'kernelInitializer',
  depthwiseConv2d: 'depthwiseInitializer',
};

/** Initializers of parameters that are one row of numbers; but a GRU's biases are two rows where it resets after. */
const OF_VECTORS: ReadonlySet<string> = new Set(
  ['bias', 'beta', 'gamma', 'movingMean', 'movingVariance'].map((what) => `${what}Initializer`),
);

function isOfVector(key: string, layer: object): boolean {
  return OF_VECTORS.has(key) && !('resetAfter' in layer && layer.resetAfter === true);
}

function initializerFaults(name: string, layer: object, node: SpecNode): Problem[] {
  const faults: Problem[] = [];
  for (const [key, value] of Object.entries(layer)) {
    if (!key.endsWith('Initializer') || SCALED_BY_DATA[name] === key) continue;
    const { type } = value as InitializerSpec;
    const written = propertyOf(node, key) ?? node;
    const range = rangeOf(propertyOf(written, 'type') ?? written);
    if ((type === 'orthogonal' || type === 'identity') && isOfVector(key, layer)) {
      const message = `\`${type}\` makes a matrix, and \`${key}\` of \`${name}\` fills a row of numbers.`;
      faults.push(problem('NS117', range, message, 'Use `zeros`, `ones`, `constant` or a random one.'));
    }
    if (type !== 'lsuv') continue;
    faults.push(
      problem(
        'NS117',
        range,
        `\`lsuv\` scales kernels by what they answer to data, and \`${key}\` of \`${name}\` is none that it can.`,
        'Use it for the kernels of `dense`, `conv1d`, `conv2d` and `depthwiseConv2d`, and `orthogonal` here, or `zeros` for biases.',
      ),
    );
  }
  return faults;
}

function columnFaults(data: DataSpec, at: At): Problem[] {
  if (data.source !== 'csv' || data.target === undefined || !data.features?.includes(data.target)) return [];
  const message = `The target ${JSON.stringify(data.target)} is one of the features too.`;
  return [
    problem('NS117', at('target'), message, 'Remove it from `features`: a net that sees the answer learns nothing.'),
  ];
}

function layerFaults(layer: PlainLayerSpec, at: At): Problem[] {
  switch (layer.type) {
    case 'reshape': {
      if (layer.targetShape.includes(0)) {
        return [
          problem('NS206', at('targetShape'), 'A size of 0 leaves nothing.', 'Use sizes of at least 1, or −1 once.'),
        ];
      }
      if (layer.targetShape.filter((s) => s < 0).length < 2) return [];
      return [
        problem(
          'NS206',
          at('targetShape'),
          '−1 stands more than once.',
          'Only one size can be worked out from the others.',
        ),
      ];
    }
    case 'conv1d':
    case 'conv2d':
    case 'depthwiseConv2d': {
      if (Math.max(...[layer.strides].flat()) === 1 || Math.max(...[layer.dilationRate].flat()) === 1) return [];
      const message = '`strides` and `dilationRate` are both above 1.';
      return [problem('NS117', at('dilationRate'), message, 'Leave one of them at 1.')];
    }
    default:
      return [];
  }
}
