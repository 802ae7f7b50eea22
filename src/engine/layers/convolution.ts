// Owns the convolution layers: h = φ(W ∗ x + b) over sequences and images, and over each channel by itself. Kernel
// (out, kernel height, kernel width, in), or (channel · multiplier, kernel height · kernel width); bias (out). It is a
// cross-correlation, as in TensorFlow and PyTorch: kernels are not flipped.
import { OP, PACKED_ROWS } from '../kernels/contract';
import { type CompiledLayer, featureCount, type GradientView, type LayerContext } from './layer';
import { emitNonlinearity, emitNonlinearityBackward, mayOverwrite } from './nonlinearity';
import { windowGeometry } from './windows';

export function compileConvolution(c: LayerContext): CompiledLayer {
  const spec = c.layer.spec;
  if (spec.type !== 'conv1d' && spec.type !== 'conv2d' && spec.type !== 'depthwiseConv2d') {
    throw new Error(`compileConvolution got a ${spec.type}`);
  }
  const { units, positions, ld } = c;
  const depthwise = spec.type === 'depthwiseConv2d';
  const inputShape = c.layer.inputShapes[0]!;
  const channels = inputShape[inputShape.length - 1]!;
  const inputPositions = featureCount(inputShape) / channels;
  const x = c.inputs[0]!;
  const kernel = c.parameter(depthwise ? 'depthwiseKernel' : 'kernel');
  const bias = spec.useBias ? c.parameter('bias') : undefined;
  const h = c.rows('h', units * positions);
  const z = mayOverwrite(spec.activation) ? h : c.rows('z', units * positions);
  const window = kernel.columns;
  const { geometry, cells } = windowGeometry(c, {
    size: spec.kernelSize,
    stride: spec.strides,
    dilation: spec.dilationRate,
    padding: spec.padding,
    multiplier: depthwise ? spec.depthMultiplier : 0,
  });
  // The same room for both directions, which pack the kernel anew.
  const groups = (n: number) => Math.ceil(n / PACKED_ROWS) * PACKED_ROWS;
  const packedSize = cells * Math.max(groups(units) * channels, groups(channels) * units);
  const packed = depthwise ? 0 : c.rows('packed', Math.ceil(packedSize / ld));

  c.emit(OP.convolution, positions, units, window, geometry, x, kernel.weights, z, packed, ld);
  emitNonlinearity(c, spec.activation, z, h, bias?.weights ?? -1);

  return {
    output: h,
    backward(gradient) {
      const dz = emitNonlinearityBackward(c, spec.activation, z, h, gradient);
      let dx: GradientView | undefined;
      if (c.wantsInputGradient(0)) {
        dx = { at: c.rows('dx', featureCount(inputShape)), exponent: dz.exponent };
        const taps = depthwise ? spec.depthMultiplier * cells : units * cells;
        c.emit(
          OP.convolutionInputGradient,
          ...[inputPositions, channels, taps, geometry, dz.at, kernel.weights, dx.at, packed, ld],
        );
      }
      return {
        inputs: [dx],
        inputNorm: { kind: 'measured' },
        parameterGradients: {
          exponent: dz.exponent,
          emit() {
            c.emit(
              OP.convolutionKernelGradient,
              ...[positions, units, window, geometry, x, dz.at, kernel.gradient, ld],
            );
            if (bias) c.emit(OP.biasGradient, units, positions, dz.at, ld, bias.gradient);
          },
        },
      };
    },
  };
}
