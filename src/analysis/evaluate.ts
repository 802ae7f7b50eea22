// Owns the order in which a spec is judged: predicted, probed where that is asked for, diagnosed. The command line, the
// analysis worker and the trials all come here; reading files is theirs.
import type { SpecAnalysis } from '../spec/analyze';
import type { Dataset } from '../spec/dataset';
import { diagnose } from './diagnose';
import { type Evidence, evidenceOf } from './evidence';
import type { Finding } from './finding';
import type { Prediction } from './prediction';
import { type ProbeResult, probe } from './probe';
import { predict } from './propagation';
import type { RunEvidence } from './runEvidence';
import type { Thresholds } from './thresholds';

export interface JudgeOptions {
  /** Whether to measure at initialization too; without data nothing is measured. */
  readonly probe: boolean;
  /** What a run has shown so far. */
  readonly run?: RunEvidence;
}

export interface Judged {
  readonly evidence: Evidence;
  readonly prediction: Prediction;
  /** Absent where it was not asked for, where there is no data, and where the network is too large for it. */
  readonly probe?: ProbeResult;
  readonly findings: readonly Finding[];
}

/**
 * @param dataset absent where the data is not or cannot be read: inputs are taken for standard normal then
 * @returns undefined where the spec has errors: those come first
 */
export function judge(
  analysis: SpecAnalysis,
  dataset: Dataset | undefined,
  thresholds: Thresholds,
  options: JudgeOptions,
): Judged | undefined {
  const known = evidenceOf(analysis, { thresholds, dataset, run: options.run });
  if (!known) return undefined;
  const { graph, spec } = known;
  const probed = options.probe && dataset ? probe({ graph, spec, dataset }) : undefined;
  const prediction = predict({ graph, spec, dataset, probe: probed });
  const evidence: Evidence = { ...known, prediction, probe: probed };
  return { evidence, prediction, probe: probed, findings: diagnose(evidence) };
}
