// Owns the pooling layers, windowed and global: the largest or the mean of each window, channel by channel. As in
// TensorFlow, the mean of a window that reaches over the border (`same`) is over the true cells alone; PyTorch's
// default counts the padding as zeros.
import { OP, POOL_CODE } from '../kernels/contract';
import { type CompiledLayer, featureCount, type GradientView, type LayerContext } from './layer';
import { measureGradient, measureOutput } from './statistics';
import { type Windows, windowGeometry } from './windows';

export function compilePooling(c: LayerContext): CompiledLayer {
  const spec = c.layer.spec;
  switch (spec.type) {
    case 'maxPooling1d':
    case 'maxPooling2d':
    case 'averagePooling1d':
    case 'averagePooling2d': {
      const kind = spec.type.startsWith('max') ? POOL_CODE.max : POOL_CODE.average;
      const { poolSize: size, strides: stride, padding } = spec;
      return compileWindows(c, kind, { size, stride, dilation: 1, padding, multiplier: 0 });
    }
    default:
      throw new Error(`compilePooling got a ${spec.type}`);
  }
}

/** A global pooling has one window: the whole. */
export function compileGlobalPooling(c: LayerContext): CompiledLayer {
  const kind = c.layer.spec.type === 'globalMaxPooling2d' ? POOL_CODE.max : POOL_CODE.average;
  const size = c.layer.inputShapes[0]!.slice(0, -1);
  return compileWindows(c, kind, { size, stride: 1, dilation: 1, padding: 'valid', multiplier: 0 });
}

function compileWindows(c: LayerContext, kind: number, windows: Windows): CompiledLayer {
  const { units, positions, ld } = c;
  const inputSize = featureCount(c.layer.inputShapes[0]!);
  const { geometry, cells } = windowGeometry(c, windows);
  const h = c.rows('h', units * positions);
  const hasBackward = c.kind === 'train' || c.kind === 'gradients';
  const winner = kind === POOL_CODE.max && hasBackward ? c.rows('winner', units * positions) : -1;
  c.emit(OP.pool, positions, units, cells, kind, geometry, c.inputs[0]!, h, winner, ld);
  measureOutput(c, h);
  return {
    output: h,
    backward(gradient) {
      const dh = measureGradient(c, gradient);
      let dx: GradientView | undefined;
      if (c.wantsInputGradient(0)) {
        dx = { at: c.rows('dx', inputSize), exponent: dh.exponent };
        c.emit(OP.poolBackward, positions, units, cells, kind, geometry, dh.at, dx.at, winner, ld);
      }
      return { inputs: [dx], inputNorm: { kind: 'measured' } };
    },
  };
}
