// Owns which findings are shown of a spec, and where: those of the prediction moved with the text, those of the run beside them,
// none told twice. Pure.
import type { Finding } from '../protocol/analysis';
import type { Problem } from '../spec/problem';
import { movedRange, type TextMove } from './textMoves';

export interface FindingsInput {
  /** From before training, and how the text was edited since. */
  readonly known?: { readonly findings: readonly Finding[]; readonly moves: readonly TextMove[] };
  /** Of a run of the text as it is now. */
  readonly run: readonly Finding[];
  readonly level: 'all' | 'warnings' | 'off';
}

/** In the order of the text, with the ranges that they have in it now; what lost its place is left out. */
export function shownFindings({ known, run, level }: FindingsInput): readonly Finding[] {
  if (level === 'off') return [];
  const moved = (known?.findings ?? []).flatMap((finding) => movedFinding(finding, known?.moves ?? []) ?? []);
  // What a run has shown of a fault is said in place of what was predicted of it.
  const shown = new Set(run.map((f) => f.code));
  return [...run, ...moved.filter((f) => !shown.has(f.code))]
    .filter((f) => level === 'all' || f.severity !== 'information')
    .sort((a, b) => a.range.start - b.range.start || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0));
}

/** The problems that no finding tells better: an activation that the loss applies itself is both, and the finding can be mended. */
export function problemsBeside(problems: readonly Problem[], findings: readonly Finding[]): readonly Problem[] {
  return problems.filter(
    (p) =>
      p.code !== 'NS212' ||
      !findings.some((f) => f.code === 'GF115' && f.range.start <= p.range.end && p.range.start <= f.range.end),
  );
}

function movedFinding(finding: Finding, moves: readonly TextMove[]): Finding | undefined {
  if (moves.length === 0) return finding;
  const moved = movedRange(finding.range, moves);
  if (!moved) return undefined;
  const related = finding.related.flatMap((r) => {
    const at = movedRange(r.range, moves);
    return at ? [{ ...r, range: at.range }] : [];
  });
  return { ...finding, range: moved.range, related };
}
