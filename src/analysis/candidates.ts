// Owns which remedies are worth a trial: those proposed for what was found, the gravest first, each a text that holds and
// that theory does not expect to make the gradient worse. Trying them is `fix.ts`'s.
import type { Evidence } from './evidence';
import type { Finding } from './finding';
import type { OpenedText, OpenText } from './fix';
import type { Prediction } from './prediction';
import { predict } from './propagation';
import { proposeRemedies } from './remedies/all';
import type { Remedy } from './remedies/remedy';
import { changedText } from './specEdit';

/** What a trial needs of a remedy. */
export interface Candidate {
  readonly remedy: Remedy;
  readonly text: string;
  readonly opened: OpenedText;
  readonly prediction: Prediction;
}

/** More would take too long to try. */
const MOST_CANDIDATES = 10;
/** Findings about the gradient itself: a remedy of theirs that is predicted to make it worse is not tried. */
const ABOUT_GRADIENTS: readonly string[] = ['GF101', 'GF102', 'GF105'];
/** Decades a layer that a prediction may be wrong by; the accuracy that predictions are held to is a tenth of it. */
const SLACK = 0.02;

const RANK = { error: 0, warning: 1, information: 2 } as const;

/**
 * @param text that the evidence is of
 * @param findings whose remedies are wanted
 */
export function candidatesFor(
  text: string,
  evidence: Evidence,
  findings: readonly Finding[],
  open: OpenText,
): readonly Candidate[] {
  const gravest = [...findings].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  const lists = gravest.map((finding) => ({ finding, remedies: proposeRemedies(evidence, [finding]) }));
  const before = distance(evidence.prediction);
  const candidates: Candidate[] = [];
  const seen = new Set([text]);
  // In turns, so that the remedies of one finding do not crowd out those of another.
  for (let turn = 0; lists.some(({ remedies }) => turn < remedies.length); turn++) {
    for (const { finding, remedies } of lists) {
      const remedy = remedies[turn];
      if (!remedy || candidates.length >= MOST_CANDIDATES) continue;
      const changed = changedText(text, remedy.changes);
      if (seen.has(changed)) continue;
      seen.add(changed);
      const opened = open(changed);
      const { graph, spec, problems } = opened?.analysis ?? { problems: [] };
      if (!opened || !graph || !spec || problems.some(({ severity }) => severity === 'error')) continue;
      const prediction = predict({ graph, spec, dataset: opened.dataset });
      const worse = distance(prediction) > before + SLACK;
      if (worse && ABOUT_GRADIENTS.includes(finding.code)) continue;
      candidates.push({ remedy, text: changed, opened, prediction });
    }
  }
  return candidates;
}

/** Decades a layer between the predicted factor and 1; NaN where nothing is predicted, which is no reason for anything. */
function distance(prediction: Prediction | undefined): number {
  return Math.abs(Math.log10(prediction?.factorPerLayer ?? Number.NaN));
}
