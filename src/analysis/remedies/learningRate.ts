// Owns the remedies that change the learning rate.
import { nodeAt } from '../../spec/parse';
import type { OptimizerSpec } from '../../spec/schema';
import { optimizer as optimizers } from '../../spec/schema/training';
import type { Evidence } from '../evidence';
import type { SpecChange } from '../specEdit';
import type { Remedy, RemedyRule } from './remedy';

/** The update ratio at which training goes well: CS231n's rule of thumb. */
const GOOD_UPDATE_RATIO = 1e-3;
/** Rates nearer to each other than this factor are the same. */
const SAME = 1.5;

const LOWER: readonly number[] = [10, 3, 100];
const HIGHER: readonly number[] = [10, 3];
const MUCH_HIGHER = 100;
const TOO_HIGH: ReadonlySet<string> = new Set(['GF102', 'GF107', 'GF109', 'GF110', 'GF111', 'GF120']);
const TOO_LOW: ReadonlySet<string> = new Set(['GF101', 'GF108', 'GF109']);

/** The change that sets an option of the optimizer, however it is written, or not written at all. */
export function optimizerChange({ spec, tree }: Evidence, option: string, value: number): SpecChange {
  if (nodeAt(tree, ['optimizer'])) return { type: 'set', path: ['optimizer', option], value };
  return { type: 'set', path: ['optimizer'], value: { type: spec.optimizer.type, [option]: value } };
}

export function defaultRate(type: OptimizerSpec['type']): number {
  return optimizers.variants[type]!.fields.learningRate!.default as number;
}

export const learningRate: RemedyRule = {
  codes: ['GF101', 'GF102', 'GF103', 'GF107', 'GF108', 'GF109', 'GF110', 'GF111', 'GF120'],
  propose(evidence, { code }) {
    const { optimizer } = evidence.spec;
    const now = optimizer.learningRate;
    const remedies: Remedy[] = [];
    const add = (id: string, value: number, why: string) => {
      const rate = Number(value.toPrecision(2));
      const differs = rate > 0 && Number.isFinite(rate) && (now === 0 || rate > now * SAME || rate * SAME < now);
      if (!differs) return;
      remedies.push({
        id: `learningRate.${id}`,
        title: `${rate < now ? 'Lower' : 'Raise'} the learning rate to ${rate}`,
        why,
        changes: [optimizerChange(evidence, 'learningRate', rate)],
      });
    };
    const { suggestedLearningRate } = evidence;
    if (suggestedLearningRate !== undefined)
      add('rangeTest', suggestedLearningRate, 'At this rate the loss fell fastest in a range test (Smith 2017).');
    const isGuess = code === 'GF107' || code === 'GF108' || code === 'GF109' || code === 'GF111';
    if (isGuess) {
      const ratio = typicalUpdateRatio(evidence);
      if (ratio !== undefined)
        add(
          'updateRatio',
          (now * GOOD_UPDATE_RATIO) / ratio,
          'It changes weights by a thousandth of themselves a step (CS231n).',
        );
      add(
        'default',
        defaultRate(optimizer.type),
        `It is the default of \`${optimizer.type}\`, which suits most networks.`,
      );
    }
    if (code === 'GF103')
      add('lower10', now / 10, 'Large steps push units to where they answer 0 to everything and stay.');
    if (TOO_HIGH.has(code))
      for (const by of LOWER) add(`lower${by}`, now / by, 'Smaller steps do not overshoot where the loss is steep.');
    if (TOO_LOW.has(code))
      for (const by of HIGHER) add(`higher${by}`, now * by, 'Larger steps come further in the time given.');
    if (code === 'GF108')
      add(`higher${MUCH_HIGHER}`, now * MUCH_HIGHER, 'Larger steps come further in the time given.');
    return remedies;
  },
};

/** Median over the layers, as measured at the first step. */
function typicalUpdateRatio({ probe }: Evidence): number | undefined {
  const ratios = (probe?.layers ?? []).map(({ updateRatio }) => updateRatio).filter((r) => r > 0 && Number.isFinite(r));
  return ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)];
}
