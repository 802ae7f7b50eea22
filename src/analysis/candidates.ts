// Owns which remedies are worth a trial: those proposed for what was found, the gravest first, each a text that holds and
// that theory does not expect to make the gradient worse. Trying them is `fix.ts`'s.
import type { Evidence } from './evidence';
import type { Finding } from './finding';
import type { OpenedText, OpenText } from './fix';
import type { Prediction } from './prediction';
import { predict } from './propagation';
import { proposeRemedies } from './remedies/all';
import { optimizerChange } from './remedies/learningRate';
import type { Remedy } from './remedies/remedy';
import { changedText } from './specEdit';
import type { Share } from './trials';

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
 * Yields between two remedies, since opening a text may read its data anew.
 * @param text that the evidence is of
 * @param findings whose remedies are wanted
 * @returns likeliest first
 */
export function* candidatesFor(
  text: string,
  evidence: Evidence,
  findings: readonly Finding[],
  open: OpenText,
): Generator<Share, readonly Candidate[], void> {
  const isAboutGradients = findings.some(({ code }) => ABOUT_GRADIENTS.includes(code));
  const before = distance(evidence.prediction);
  const remedies = proposeRemedies(evidence, findings);
  const candidates: Candidate[] = [];
  for (const [k, remedy] of remedies.entries()) {
    yield { share: k / remedies.length };
    const changed = changedText(text, remedy.changes);
    if (changed === text) continue;
    const opened = open(changed);
    const { graph, spec, problems } = opened?.analysis ?? { problems: [] };
    if (!opened || !graph || !spec || problems.some(({ severity }) => severity === 'error')) continue;
    const prediction = predict({ graph, spec, dataset: opened.dataset });
    if (isAboutGradients && distance(prediction) > before + SLACK) continue;
    candidates.push({ remedy, text: changed, opened });
  }
  return candidates;
}

/** A range test sees the first steps alone, and later ones may be larger or smaller. */
const AROUND = [1, 3];

/** The learning rate that a range test suggests, and one beside it. */
export function ratesFor(text: string, evidence: Evidence, suggested: number, open: OpenText): readonly Candidate[] {
  const now = evidence.spec.optimizer.learningRate;
  return AROUND.flatMap((factor) => {
    const rate = Number((factor * suggested).toPrecision(2));
    const remedy: Remedy = {
      id: 'learningRate.rangeTest',
      title: `${rate < now ? 'Lower' : 'Raise'} the learning rate to ${rate}`,
      why: 'At rates like this the loss fell fast in a range test (Smith 2017).',
      changes: [optimizerChange(evidence, 'learningRate', rate)],
    };
    const changed = changedText(text, remedy.changes);
    const opened = changed === text ? undefined : open(changed);
    return opened ? [{ remedy, text: changed, opened }] : [];
  });
}

/** Decades a layer between the predicted factor and 1; NaN where nothing is predicted, which is no reason for anything. */
function distance(prediction: Prediction | undefined): number {
  return Math.abs(Math.log10(prediction?.factorPerLayer ?? Number.NaN));
}
