// Owns whether what the last layer answers, what the loss takes and what the data gives fit together.
import { problem } from './codes';
import { shapeText } from './format';
import { fieldRange } from './names';
import type { DataShape } from './network';
import type { SpecNode } from './parse';
import type { Problem, TextRange } from './problem';
import type { LayerSpec, PlainLayerSpec, Spec } from './schema';
import type { Shape } from './shapeFaults';
import { product, sameShape } from './shapes';

export interface OutputContext {
  readonly spec: Spec;
  readonly data: DataShape;
  /** The last layer of the expanded graph, and the layer of the text that it comes from. */
  readonly layer: PlainLayerSpec;
  readonly name: string;
  readonly source: LayerSpec;
  readonly outputShape: Shape;
  readonly nodes: ReadonlyMap<object, SpecNode>;
  readonly lossRange: TextRange;
}

export function checkOutput(context: OutputContext): Problem[] {
  const { spec, data, lossRange } = context;
  const forClasses = spec.loss === 'softmaxCrossEntropy' || spec.loss === 'binaryCrossEntropy' || spec.loss === 'hinge';
  if (data.targetKind === 'values' && forClasses) {
    const message = `\`${spec.loss}\` needs classes, but the targets of this data are values.`;
    return [problem('NS211', lossRange, message, 'Use `meanSquaredError`, `meanAbsoluteError` or `huber`.')];
  }
  if (data.targetKind === 'classes' && !forClasses) {
    const message = `\`${spec.loss}\` needs values, but the targets of this data are classes.`;
    return [problem('NS211', lossRange, message, 'Use `softmaxCrossEntropy` with one output unit a class.')];
  }
  const mismatch = shapeProblem(context);
  return mismatch ? [mismatch] : [];
}

function shapeProblem(context: OutputContext): Problem | undefined {
  const { spec, data, outputShape } = context;
  switch (spec.loss) {
    case 'softmaxCrossEntropy': {
      if (data.classes === undefined) return undefined;
      const wanted = [...(data.targetShape ?? []), data.classes];
      if (sameShape(outputShape, wanted)) return undefined;
      const what = `${data.classes} classes need an output of ${shapeText(wanted)}, one unit a class`;
      return atOutput(context, what, wanted);
    }
    case 'binaryCrossEntropy':
    case 'hinge': {
      if (data.classes !== undefined && data.classes !== 2) {
        const message = `\`${spec.loss}\` tells two classes apart, but the data has ${data.classes}.`;
        return problem('NS211', context.lossRange, message, 'Use `softmaxCrossEntropy` with one output unit a class.');
      }
      const targets = data.targetShape ?? [];
      const wanted = [...targets, 1];
      // For a label a time step, a plain sequence of outputs will do too.
      if (sameShape(outputShape, wanted) || (targets.length > 0 && sameShape(outputShape, targets))) return undefined;
      return atOutput(context, `\`${spec.loss}\` takes an output of ${shapeText(wanted)}`, wanted);
    }
    default: {
      const wanted = data.targetShape;
      if (wanted === undefined || sameShape(outputShape, wanted)) return undefined;
      if (wanted.length === 0 && product(outputShape) === 1) return undefined;
      return atOutput(context, `The targets of this data are ${shapeText(wanted)}`, wanted);
    }
  }
}

function atOutput(context: OutputContext, what: string, wanted: Shape): Problem {
  const { source, layer, name, outputShape, nodes } = context;
  const axesDiffer = outputShape.length > Math.max(1, wanted.length);
  // A sequence where one answer is wanted: the layer can give that itself.
  const sequence = axesDiffer && 'returnSequences' in layer && layer.returnSequences;
  const size =
    'units' in layer ? 'units' : 'filters' in layer ? 'filters' : 'targetShape' in layer ? 'targetShape' : 'type';
  const hint = sequence
    ? 'Set `returnSequences` to false, so that it answers at the last time step alone.'
    : axesDiffer
      ? 'Put a `flatten` layer before it.'
      : size === 'units'
        ? `Set \`units\` to ${wanted.at(-1) ?? 1}.`
        : `End with \`{ "type": "dense", "units": ${wanted.at(-1) ?? 1} }\`.`;
  const field = sequence ? 'returnSequences' : axesDiffer ? 'type' : size;
  const message = `${what}, but \`${name}\`, the last layer, gives ${shapeText(outputShape)}.`;
  return problem('NS210', fieldRange(source, nodes, field), message, hint);
}
