// Owns positionalEmbedding: h = x + table, a learned vector for every position of a sequence. The table (steps, features)
// lies as the features of a value do, so it is a bias of one number a row.
import { ACTIVATION_CODE, OP } from '../kernels/contract';
import { type CompiledLayer, featureCount, type LayerContext } from './layer';
import { measureGradient } from './statistics';

export function compilePositionalEmbedding(c: LayerContext): CompiledLayer {
  const { ld } = c;
  if (c.layer.spec.type !== 'positionalEmbedding') {
    throw new Error(`compilePositionalEmbedding got a ${c.layer.spec.type}`);
  }
  const features = featureCount(c.layer.outputShape);
  const table = c.parameter('embeddings');
  const h = c.rows('h', features);
  const count = features * ld;
  c.emit(OP.copyBlocks, 1, count, c.inputs[0]!, count, h, count);
  c.emit(
    OP.biasActivation,
    ...[features, 1, h, h, table.weights, ACTIVATION_CODE.linear, c.constant(0), ld, c.activationStatistics],
  );
  return {
    output: h,
    backward(gradient) {
      const dh = measureGradient(c, gradient);
      // Now, for whoever gets dh passed on may overwrite it.
      c.emit(OP.biasGradient, features, 1, dh.at, ld, table.gradient);
      return {
        inputs: [dh],
        inputNorm: { kind: 'constant', factor: 1 },
        parameterGradients: { exponent: dh.exponent, emit: () => {} },
      };
    },
  };
}
