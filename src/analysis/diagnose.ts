// Owns the whole judgement: every symptom's findings, without those that the spec silences, in the order of the text.
import type { Evidence } from './evidence';
import type { Finding, Severity } from './finding';
import { ALL_SYMPTOMS } from './symptoms/all';

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, information: 2 };

export function diagnose(evidence: Evidence): readonly Finding[] {
  const ignored = new Set(evidence.spec.ignore.map(({ code }): string => code));
  return ALL_SYMPTOMS.flatMap((symptom) => symptom.detect(evidence))
    .filter((finding) => !ignored.has(finding.code))
    .sort((a, b) => a.range.start - b.range.start || RANK[a.severity] - RANK[b.severity] || (a.code < b.code ? -1 : 1));
}
