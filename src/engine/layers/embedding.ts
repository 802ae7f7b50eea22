// Owns embedding: a vector for every whole number, h = table[x]. The numbers come as floats; that those of the data are
// whole and in the table is checked before training (`../embeddingRange.ts`), and the kernel cuts off what is not.
import { OP } from '../kernels/contract';
import { type CompiledLayer, featureCount, type GradientView, type LayerContext } from './layer';
import { measureGradient, measureOutput } from './statistics';

export function compileEmbedding(c: LayerContext): CompiledLayer {
  const { units, positions, ld } = c;
  const spec = c.layer.spec;
  if (spec.type !== 'embedding') throw new Error(`compileEmbedding got a ${spec.type}`);
  const x = c.inputs[0]!;
  const table = c.parameter('embeddings');
  const h = c.rows('h', featureCount(c.layer.outputShape));
  c.emit(OP.lookup, positions, units, spec.inputDim, x, table.weights, h, ld);
  measureOutput(c, h);

  /** Whole numbers have no derivative: what takes the gradient by them gets zeros. */
  const zeros = (): GradientView => {
    const dx = { at: c.rows('dx', positions), exponent: c.exponent('dx') };
    c.emit(OP.copyBlocks, positions, ld, c.rows('zeros', 1), 0, dx.at, ld);
    return dx;
  };

  return {
    output: h,
    backward(gradient) {
      const dh = measureGradient(c, gradient);
      return {
        inputs: [c.wantsInputGradient(0) ? zeros() : undefined],
        inputNorm: { kind: 'measured' },
        parameterGradients: {
          exponent: dh.exponent,
          emit: () => c.emit(OP.lookupGradient, positions, units, spec.inputDim, x, dh.at, table.gradient, ld),
        },
      };
    },
  };
}
