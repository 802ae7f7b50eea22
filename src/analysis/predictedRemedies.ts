// Owns what is said of a remedy without trying it: the changed spec, and the gradient that is predicted for it. Measuring is
// `trials.ts`'s.
import type { SpecAnalysis } from '../spec/analyze';
import type { Dataset } from '../spec/dataset';
import type { Evidence } from './evidence';
import type { Finding } from './finding';
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

/**
 * What may mend one of the findings, the likeliest first. A remedy whose text has errors, or changes nothing, is left out.
 * @param text the spec that the evidence is of
 * @param open a changed text's analysis, with its data where that can be read
 */
export function predictRemedies(
  text: string,
  evidence: Evidence,
  findings: readonly Finding[],
  open: (text: string) => { readonly analysis: SpecAnalysis; readonly dataset?: Dataset },
): readonly PredictedRemedy[] {
  return proposeRemedies(evidence, findings).flatMap(({ id, title, why, changes }) => {
    const changed = changedText(text, changes);
    if (changed === text) return [];
    const { analysis, dataset } = open(changed);
    const { spec, graph, problems } = analysis;
    if (!spec || !graph || problems.some((p) => p.severity === 'error')) return [];
    const { firstToLast, factorPerLayer } = predict({ graph, spec, dataset });
    return [
      { id, title, why, text: changed, predictedFirstToLast: firstToLast, predictedFactorPerLayer: factorPerLayer },
    ];
  });
}
