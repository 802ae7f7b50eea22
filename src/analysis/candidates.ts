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
}

/** Findings about the gradient itself: where there is one, a remedy that is predicted to make it worse is not tried. */
const ABOUT_GRADIENTS: readonly string[] = ['GF101', 'GF102', 'GF105'];
/** Decades a layer that a prediction may be wrong by; the accuracy that predictions are held to is a tenth of it. */
const SLACK = 0.02;

/**
 * @param text that the evidence is of
 * @param findings whose remedies are wanted
 * @returns likeliest first
 */
export function candidatesFor(
  text: string,
  evidence: Evidence,
  findings: readonly Finding[],
  open: OpenText,
): readonly Candidate[] {
  const isAboutGradients = findings.some(({ code }) => ABOUT_GRADIENTS.includes(code));
  const before = distance(evidence.prediction);
  return proposeRemedies(evidence, findings).flatMap((remedy) => {
    const changed = changedText(text, remedy.changes);
    if (changed === text) return [];
    const opened = open(changed);
    const { graph, spec, problems } = opened?.analysis ?? { problems: [] };
    if (!opened || !graph || !spec || problems.some(({ severity }) => severity === 'error')) return [];
    const prediction = predict({ graph, spec, dataset: opened.dataset });
    if (isAboutGradients && distance(prediction) > before + SLACK) return [];
    return [{ remedy, text: changed, opened }];
  });
}

/** Decades a layer between the predicted factor and 1; NaN where nothing is predicted, which is no reason for anything. */
function distance(prediction: Prediction | undefined): number {
  return Math.abs(Math.log10(prediction?.factorPerLayer ?? Number.NaN));
}
