// Owns what a session is told of its spec: name, rows of the panel before any run, steps that Train would do. Pure.
import type { PreviewLayer } from '../protocol/panel';
import type { SpecAnalysis } from '../spec/analyze';
import type { GraphLayer } from '../spec/network';
import type { Spec } from '../spec/schema';
import type { SessionText } from './session';

/** @param path the document's, whose last part names a spec that has no name */
export function textOf(text: string, analysis: SpecAnalysis, path: string): SessionText {
  const { spec, graph, problems, dataShape } = analysis;
  return {
    text,
    name: spec?.name ?? path.split('/').at(-1) ?? path,
    seed: spec?.seed ?? 0,
    preview: graph?.layers.map(previewOf) ?? [],
    plannedSteps: spec && plannedSteps(spec, dataShape?.trainSamples),
    errorCount: problems.filter((p) => p.severity === 'error').length,
  };
}

/** Steps that training would do; undefined where the number of samples is not known without reading the data. */
export function plannedSteps(spec: Spec, samples: number | undefined): number | undefined {
  const { steps, epochs, batchSize } = spec.training;
  if (steps !== undefined) return steps;
  return samples === undefined || epochs === undefined ? undefined : epochs * Math.ceil(samples / batchSize);
}

function previewOf(layer: GraphLayer): PreviewLayer {
  const { name, spec, inputShapes, outputShape, parameters, groups } = layer;
  const activation = 'activation' in spec && typeof spec.activation === 'string' ? spec.activation : undefined;
  return {
    name,
    type: spec.type,
    activation,
    inputShape: inputShapes[0] ?? [],
    outputShape,
    parameterCount: parameters.reduce((sum, p) => sum + p.shape.reduce((a, b) => a * b, 1), 0),
    groups,
  };
}
