// Owns what is known of a spec before training, and how the first answer about a new text goes together with the whole one about
// the text before. Pure.
import type { Finding, Prediction } from '../protocol/analysis';
import type { SpecAnalysis } from '../spec/analyze';
import type { Analysis } from './analyst';
import { shownFindings } from './findingsShown';
import type { TextMove } from './textMoves';

/** What was last known of a spec. */
export interface Known {
  /** The text that was judged, and its analysis: has a graph, and no error. */
  readonly text: string;
  readonly analysis: SpecAnalysis;
  /** Absent until the first answer, and where there was none. */
  readonly prediction?: Prediction;
  readonly findings: readonly Finding[];
  readonly probed: boolean;
  /** Nothing more follows for this text. */
  readonly last: boolean;
  /** How the document was edited since. */
  readonly moves: readonly TextMove[];
}

/** A first answer with fewer numbers than were known waits for the whole one: they must not come and go at each key. */
export function leavesOpen(answer: Analysis, known: Known): boolean {
  if (answer.last || !known.probed) return false;
  const knownOf = new Map(known.prediction?.layers.map((l) => [l.name, l.cumulative]));
  return (
    answer.prediction?.layers.some((l) => Number.isNaN(l.cumulative) && Number.isFinite(knownOf.get(l.name))) ?? false
  );
}

/**
 * Until the probe's answer is there, what the last one found stays too.
 * @param movesSince how many of the last moves were made after the answered text
 */
export function withCarried(answer: Analysis, known: Known | undefined, movesSince: number): readonly Finding[] {
  if (answer.last || !known) return answer.findings;
  const told = new Set(answer.findings.map((f) => f.code));
  const findings = known.findings.filter((f) => f.basis === 'probe' && !told.has(f.code));
  const moves = known.moves.slice(0, known.moves.length - movesSince);
  return [...answer.findings, ...shownFindings({ known: { findings, moves }, run: [], level: 'all' })];
}
