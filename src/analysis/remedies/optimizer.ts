// Owns the remedies that change the optimizer.

import { defaultRate, optimizerChange } from './learningRate';
import type { RemedyRule } from './remedy';

export const adam: RemedyRule = {
  codes: ['GF101', 'GF102', 'GF107', 'GF108', 'GF109', 'GF110', 'GF111', 'GF120'],
  propose({ spec }) {
    const { type } = spec.optimizer;
    if (type !== 'sgd' && type !== 'adagrad' && type !== 'adadelta') return [];
    const learningRate = defaultRate('adam');
    return [
      {
        id: 'optimizer.adam',
        title: `Use Adam with a learning rate of ${learningRate}`,
        why: 'It divides each gradient by its own size, so that every layer takes steps of like size (Kingma & Ba 2015).',
        changes: [{ type: 'set', path: ['optimizer'], value: { type: 'adam', learningRate } }],
      },
    ];
  },
};

/** Of AlexNet, and usual for plain descent since (Krizhevsky et al. 2012). */
const DECAY = 5e-4;
/** A decay that is there already is made so much larger. */
const STRONGER = 10;

export const weightDecay: RemedyRule = {
  codes: ['GF112'],
  propose(evidence) {
    const { optimizer } = evidence.spec;
    const now = optimizer.weightDecay;
    if (optimizer.type === 'adam' && now === 0) {
      return [
        {
          id: 'optimizer.adamw',
          title: 'Use AdamW with a weight decay of 0.01',
          why: 'It pulls weights that the data does not need back to 0, apart from the gradient (Loshchilov & Hutter 2019).',
          changes: [
            { type: 'set', path: ['optimizer'], value: { ...given(optimizer), type: 'adamw', weightDecay: 0.01 } },
          ],
        },
      ];
    }
    const value = now > 0 ? Number((now * STRONGER).toPrecision(2)) : DECAY;
    return [
      {
        id: 'optimizer.weightDecay',
        title: `Set the weight decay to ${value}`,
        why: 'It pulls weights that the data does not need back to 0 (Krogh & Hertz 1992).',
        changes: [optimizerChange(evidence, 'weightDecay', value)],
      },
    ];
  },
};

function given({ type, learningRate }: { readonly type: string; readonly learningRate: number }): object {
  return { type, learningRate };
}
