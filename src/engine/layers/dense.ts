// Owns the dense layer: h = φ(W x + b) at every position of all axes but the last. Kernel (out, in), bias (out).
import { OP } from '../kernels/contract';
import { type CompiledLayer, featureCount, type GradientView, type LayerContext } from './layer';
import { emitNonlinearity, emitNonlinearityBackward, mayOverwrite } from './nonlinearity';

export function compileDense(c: LayerContext): CompiledLayer {
  const spec = c.layer.spec;
  if (spec.type !== 'dense') throw new Error(`compileDense got a ${spec.type}`);
  const { units, positions, ld } = c;
  const inputShape = c.layer.inputShapes[0]!;
  const width = inputShape[inputShape.length - 1]!;
  const x = c.inputs[0]!;
  const kernel = c.parameter('kernel');
  const bias = spec.useBias ? c.parameter('bias') : undefined;
  const h = c.rows('h', units * positions);
  const z = mayOverwrite(spec.activation) ? h : c.rows('z', units * positions);
  const xStep = width * ld;
  const zStep = units * ld;

  // z (O, B) = W (O, I) · x (I, B), position by position.
  const forwardSteps = c.integers([0, xStep, zStep]);
  c.emit(OP.gemm, units, ld, width, kernel.weights, width, 1, x, ld, 1, z, ld, 0, positions, forwardSteps);
  emitNonlinearity(c, spec.activation, z, h, bias?.weights ?? -1);

  /** dW (O, I) = Σ over positions of dz (O, B) · xᵀ (B, I); db (O) = Σ dz over positions and batch. */
  const emitParameterGradients = (dz: GradientView) => {
    c.emit(
      OP.gemm,
      ...[units, width, ld, dz.at, ld, 1, x, 1, ld, kernel.gradient, width, 2, positions],
      c.integers([zStep, xStep, 0]),
    );
    if (bias) c.emit(OP.biasGradient, units, positions, dz.at, ld, bias.gradient);
  };

  return {
    output: h,
    backward(gradient) {
      const dz = emitNonlinearityBackward(c, spec.activation, z, h, gradient);
      let dx: GradientView | undefined;
      if (c.wantsInputGradient(0)) {
        // dx (I, B) = Wᵀ (I, O) · dz (O, B); the product keeps dz's exponent.
        dx = { at: c.rows('dx', featureCount(inputShape)), exponent: dz.exponent };
        const steps = c.integers([0, zStep, xStep]);
        c.emit(OP.gemm, width, ld, units, kernel.weights, 1, width, dz.at, ld, 1, dx.at, ld, 0, positions, steps);
      }
      return {
        inputs: [dx],
        inputNorm: { kind: 'measured' },
        parameterGradients: { exponent: dz.exponent, emit: () => emitParameterGradients(dz) },
      };
    },
  };
}
