// Owns the form of a finding. What finds them stands in `symptoms/`, their codes in `spec/symptoms.ts`.
import type { TextRange } from '../spec/problem';
import type { FindingCode, SymptomName } from '../spec/symptoms';
import type { ThresholdName } from './thresholds';

export type Severity = 'error' | 'warning' | 'information';

/** The rule that a finding was judged by. */
export interface Judgement {
  /** What was held against the threshold, in words, such as `factor per layer`. */
  readonly what: string;
  readonly value: number;
  readonly threshold: number;
  /** The setting that changes it. */
  readonly setting: ThresholdName;
}

/** Plain data: crosses threads and is written as JSON. */
export interface Finding {
  readonly code: FindingCode;
  readonly symptom: SymptomName;
  readonly severity: Severity;
  /** The layer to blame, where it is one. */
  readonly layer?: string;
  /** The very property to blame (`activation`, `kernelInitializer`, `learningRate`), or the layer's `type` where it is a default. */
  readonly range: TextRange;
  /** One sentence with its numbers. */
  readonly message: string;
  /** One sentence: what to do. */
  readonly hint: string;
  readonly basis: 'spec' | 'prediction' | 'probe' | 'run';
  readonly judgements: readonly Judgement[];
  /** The numbers behind it, by name. */
  readonly evidence: Readonly<Record<string, number | string | readonly number[] | readonly string[]>>;
  /** The layers that suffer. */
  readonly related: readonly { readonly layer: string; readonly range: TextRange; readonly message: string }[];
}
