// Owns the normalization layers: h = γ · (x − mean) ÷ √(variance + ε) + β, with γ and β by channel (the last axis).
// batchNormalization takes mean and variance of each channel over batch and positions; layerNormalization of each sample's
// channels at one position; groupNormalization of each sample's groups of channels, all positions together;
// rmsNormalization as layerNormalization, without a mean and β: x ÷ √(mean square + ε).
//
// Formulas and defaults are TensorFlow.js's. The variance is the biased one, of the moving average too; PyTorch normalizes
// by the biased one as well, but keeps the unbiased one, and its `momentum` is 1 less ours. As in TensorFlow.js, `trainable`
// freezes γ and β alone: the batch's statistics are used, and move the averages, all the same.
import { NORMALIZATION_CODE, OP } from '../kernels/contract';
import { type CompiledLayer, featureCount, type GradientView, type LayerContext } from './layer';
import { measureGradient, measureOutput } from './statistics';

const TYPES: ReadonlySet<string> = new Set([
  'batchNormalization',
  'layerNormalization',
  'rmsNormalization',
  'groupNormalization',
]);
type NormalizationSpec = Extract<LayerContext['layer']['spec'], { readonly epsilon: number }>;

/** Normalization is by the batch in every plan but that of the finished net; only a training step moves the averages. */
export function compileNormalization(c: LayerContext): CompiledLayer {
  const { layer, units, positions, ld } = c;
  if (!TYPES.has(layer.spec.type)) throw new Error(`compileNormalization got a ${layer.spec.type}`);
  const spec = layer.spec as NormalizationSpec;
  const x = c.inputs[0]!;
  const features = featureCount(layer.outputShape);
  const gamma = spec.scale ? c.parameter('gamma') : undefined;
  const beta = spec.type !== 'rmsNormalization' && spec.center ? c.parameter('beta') : undefined;
  const batch = spec.type === 'batchNormalization';
  const moving = batch ? [c.parameter('movingMean').weights, c.parameter('movingVariance').weights] : [-1, -1];
  const groups = spec.type === 'groupNormalization' ? spec.groups : 0;
  // As contract.ts lays it out.
  const saved = c.rows('saved', batch ? Math.ceil((4 * units) / ld) : 3 * (groups > 0 ? groups : positions));
  const kind = kindOf(spec, c.kind === 'evaluate');
  const h = c.rows('h', features);
  const places = [x, h, gamma?.weights ?? -1, beta?.weights ?? -1, saved];
  c.emit(OP.normalize, kind, units, positions, groups, ...places, c.constant(spec.epsilon), ld, ...moving);
  measureOutput(c, h);
  if (spec.type === 'batchNormalization') {
    c.emitStateChange(OP.movingAverage, units, saved, ...moving, c.constant(spec.momentum));
  }

  return {
    output: h,
    backward(gradient) {
      const dh = measureGradient(c, gradient);
      let dx: GradientView | undefined;
      if (c.wantsInputGradient(0)) dx = { at: c.rows('dx', features), exponent: c.exponent('dx') };
      if (dx || gamma || beta) {
        c.emit(
          OP.normalizeBackward,
          ...[kind, units, positions, groups, dh.at, dx?.at ?? -1, x, gamma?.weights ?? -1, saved],
          ...[gamma?.gradient ?? -1, beta?.gradient ?? -1, ld, dh.exponent, c.exponent('dx')],
        );
      }
      const backward = { inputs: [dx], inputNorm: { kind: 'measured' } } as const;
      if (layer.parameters.length === 0) return backward;
      return { ...backward, parameterGradients: { exponent: dh.exponent, emit: () => {} } };
    },
  };
}

function kindOf(spec: NormalizationSpec, finished: boolean): number {
  if (spec.type === 'batchNormalization') return finished ? NORMALIZATION_CODE.moving : NORMALIZATION_CODE.batch;
  return spec.type === 'rmsNormalization' ? NORMALIZATION_CODE.rootMeanSquare : NORMALIZATION_CODE.sample;
}
