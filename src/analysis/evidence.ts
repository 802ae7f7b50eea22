// Owns what a symptom may look at. Each part beyond the spec may be missing: what needs it stays silent then.
import type { SpecAnalysis } from '../spec/analyze';
import type { Dataset } from '../spec/dataset';
import type { Graph } from '../spec/network';
import type { SpecNode } from '../spec/parse';
import type { Spec } from '../spec/schema';
import type { SymptomName } from '../spec/symptoms';
import type { Finding } from './finding';
import type { Prediction } from './prediction';
import type { ProbeResult } from './probe';
import type { RunEvidence } from './runEvidence';
import type { Thresholds } from './thresholds';

export interface Evidence {
  readonly spec: Spec;
  readonly graph: Graph;
  readonly tree: SpecNode;
  readonly thresholds: Thresholds;
  readonly dataset?: Dataset;
  readonly prediction?: Prediction;
  readonly probe?: ProbeResult;
  readonly run?: RunEvidence;
  /** What a learning-rate range test of this network found (`rangeTest.ts`); never NaN. */
  readonly suggestedLearningRate?: number;
}

/** One symptom: pure, never throws. */
export interface Symptom {
  readonly name: SymptomName;
  detect(evidence: Evidence): readonly Finding[];
}

/** The spec's part of the evidence; undefined where the spec has errors: those come first. */
export function evidenceOf(
  { spec, graph, tree, problems }: SpecAnalysis,
  rest: Omit<Evidence, 'spec' | 'graph' | 'tree'>,
): Evidence | undefined {
  if (!spec || !graph || !tree || problems.some((p) => p.severity === 'error')) return undefined;
  return { spec, graph, tree, ...rest };
}
