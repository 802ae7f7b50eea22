// Owns what is said of a remedy without trying it: the changed spec, and the gradient that is predicted for it. Measuring is
// `trials.ts`'s.
import type { SpecAnalysis } from '../spec/analyze';
import type { Dataset } from '../spec/dataset';
import type { Evidence } from './evidence';
import type { Finding } from './finding';
import type { Prediction } from './prediction';
import { predict } from './propagation';
import { proposeRemedies } from './remedies/all';
import { changedText } from './specEdit';

/** A remedy with its effect as theory has it; plain data. */
export interface PredictedRemedy {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  /** The whole text of the spec with it. */
  readonly text: string;
  /** NaN where nothing can be said. */
  readonly predictedFirstToLast: number;
  readonly predictedFactorPerLayer: number;
}

/** A changed text's analysis, with its data where that can be read. */
export type OpenAny = (text: string) => { readonly analysis: SpecAnalysis; readonly dataset?: Dataset };

/**
 * Answers what may mend findings, the likeliest first. A remedy whose text has errors, or changes nothing, is left out. What
 * several findings have in common is predicted once.
 * @param text the spec that the evidence is of
 */
export function remedyPredictor(
  text: string,
  evidence: Evidence,
  open: OpenAny,
): (findings: readonly Finding[]) => readonly PredictedRemedy[] {
  /** By the changed text; undefined where it has errors. */
  const predictions = new Map<string, Prediction | undefined>();
  const predictionOf = (changed: string): Prediction | undefined => {
    if (!predictions.has(changed)) {
      const { analysis, dataset } = open(changed);
      const { spec, graph, problems } = analysis;
      const sound = spec && graph && problems.every((p) => p.severity !== 'error');
      predictions.set(changed, sound ? predict({ graph, spec, dataset }) : undefined);
    }
    return predictions.get(changed);
  };
  return (findings) =>
    proposeRemedies(evidence, findings).flatMap(({ id, title, why, changes }) => {
      const changed = changedText(text, changes);
      const prediction = changed === text ? undefined : predictionOf(changed);
      if (!prediction) return [];
      const { firstToLast, factorPerLayer } = prediction;
      return [
        { id, title, why, text: changed, predictedFirstToLast: firstToLast, predictedFactorPerLayer: factorPerLayer },
      ];
    });
}

/** `remedyPredictor` for one question alone. */
export function predictRemedies(
  text: string,
  evidence: Evidence,
  findings: readonly Finding[],
  open: OpenAny,
): readonly PredictedRemedy[] {
  return remedyPredictor(text, evidence, open)(findings);
}
