// Owns concatenate: the inputs side by side along one axis.
import { OP } from '../kernels/contract';
import { type CompiledLayer, featureCount, type GradientView, type LayerContext } from './layer';
import { measureGradient, measureOutput } from './statistics';

export function compileConcatenate(c: LayerContext): CompiledLayer {
  const { spec, inputShapes, outputShape } = c.layer;
  if (spec.type !== 'concatenate') throw new Error(`compileConcatenate got a ${spec.type}`);
  const axis = spec.axis < 0 ? spec.axis + outputShape.length : spec.axis;
  // Along the axes before it there are `blocks` runs; a run of an input is what it has from the axis on.
  const blocks = featureCount(outputShape.slice(0, axis));
  const runs = inputShapes.map((shape) => featureCount(shape.slice(axis)) * c.ld);
  const starts = runs.map((_, k) => runs.slice(0, k).reduce((a, b) => a + b, 0));
  const whole = runs.reduce((a, b) => a + b, 0);
  const h = c.rows('h', featureCount(outputShape));
  for (const [k, x] of c.inputs.entries()) {
    c.emit(OP.copyBlocks, blocks, runs[k]!, x, runs[k]!, h + starts[k]!, whole);
  }
  measureOutput(c, h);
  return {
    output: h,
    backward(gradient) {
      const dh = measureGradient(c, gradient);
      const inputs = c.inputs.map((_, k): GradientView | undefined => {
        if (!c.wantsInputGradient(k)) return undefined;
        const dx = { at: c.rows(`dx${k}`, featureCount(inputShapes[k]!)), exponent: dh.exponent };
        c.emit(OP.copyBlocks, blocks, runs[k]!, dh.at + starts[k]!, whole, dx.at, runs[k]!);
        return dx;
      });
      return { inputs, inputNorm: { kind: 'constant', factor: 1 } };
    },
  };
}
