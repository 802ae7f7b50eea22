// Owns the form of a remedy: a change of the spec's text that may mend a finding. What is proposed stands in the files beside
// this one, how text is changed in `../specEdit.ts`, what it does in `../trials.ts`.
import type { FindingCode } from '../../spec/symptoms';
import type { Evidence } from '../evidence';
import type { Finding } from '../finding';
import type { SpecChange } from '../specEdit';

export interface Remedy {
  /** Stable, such as `activation.relu`, `normalization.insert`, `clipNorm`. */
  readonly id: string;
  /** An imperative of few words: `Use ReLU with He initialization`. */
  readonly title: string;
  /** One sentence: why it should help, with its source. */
  readonly why: string;
  /** In the order in which they are made. */
  readonly changes: readonly SpecChange[];
}

/** One kind of remedy: pure, never throws. */
export interface RemedyRule {
  /** Findings that it may mend. */
  readonly codes: readonly FindingCode[];
  propose(evidence: Evidence, finding: Finding): readonly Remedy[];
}
