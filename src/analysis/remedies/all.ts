// Owns the list of all remedies, and which are proposed for what was found.
import type { Evidence } from '../evidence';
import type { Finding } from '../finding';
import type { Remedy, RemedyRule } from './remedy';

export const ALL_REMEDIES: readonly RemedyRule[] = [];

/** What may mend one of the findings, each remedy once, the likeliest first. */
export function proposeRemedies(evidence: Evidence, findings: readonly Finding[]): readonly Remedy[] {
  const proposed = new Map<string, Remedy>();
  for (const finding of findings) {
    for (const rule of ALL_REMEDIES) {
      if (!rule.codes.includes(finding.code)) continue;
      for (const remedy of rule.propose(evidence, finding))
        if (!proposed.has(remedy.id)) proposed.set(remedy.id, remedy);
    }
  }
  return [...proposed.values()];
}
