// Owns inverted dropout: h = x · mask ÷ (1 − rate) in training, h = x in evaluation. The same step has the same mask forward and
// backward, and in the loss that central differences take.
import { OP } from '../kernels/contract';
import { type CompiledLayer, featureCount, type LayerContext } from './layer';
import { measureGradient, measureOutput } from './statistics';

export function compileDropout(c: LayerContext): CompiledLayer {
  const spec = c.layer.spec;
  if (spec.type !== 'dropout') throw new Error(`compileDropout got a ${spec.type}`);
  const x = c.inputs[0]!;
  const features = featureCount(c.layer.outputShape);
  const active = c.kind !== 'evaluate';
  const h = active ? c.rows('h', features) : x;
  const rate = c.constant(spec.rate);
  const none = c.exponent('none');
  if (active) c.emit(OP.dropout, features * c.ld, x, h, c.ld, rate, c.salt, 0, none, none);
  measureOutput(c, h);
  return {
    output: h,
    backward(gradient) {
      const dh = measureGradient(c, gradient);
      const dx = { at: c.rows('dx', features), exponent: c.exponent('dx') };
      c.emit(OP.dropout, features * c.ld, dh.at, dx.at, c.ld, rate, c.salt, 1, dh.exponent, dx.exponent);
      return { inputs: [dx], inputNorm: { kind: 'measured' } };
    },
  };
}
