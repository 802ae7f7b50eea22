// Owns the remedies that change how long is trained, in what batches, and by which schedule.
import type { Evidence } from '../evidence';
import type { RemedyRule } from './remedy';

/** Steps of the whole training; undefined where the data is not known. */
function totalSteps({ spec, dataset, run }: Evidence): number | undefined {
  if (run) return run.totalSteps;
  const { steps, epochs = 1, batchSize } = spec.training;
  return steps ?? (dataset ? epochs * Math.max(1, Math.ceil(dataset.train.count / batchSize)) : undefined);
}

/** Share of the steps in which the rate rises, and most of them; what is usual since Goyal et al. 2017. */
const WARMUP_SHARE = 0.1;
const MOST_WARMUP = 1000;

export const warmup: RemedyRule = {
  codes: ['GF102', 'GF107', 'GF110', 'GF111'],
  propose(evidence) {
    const { schedule } = evidence.spec.training;
    const steps = totalSteps(evidence);
    if (schedule.warmup > 0 || schedule.type === 'oneCycle' || steps === undefined) return [];
    const value = Math.min(MOST_WARMUP, Math.max(1, Math.round(steps * WARMUP_SHARE)));
    const path = ['training', 'schedule'];
    return [
      {
        id: 'schedule.warmup',
        title: `Let the learning rate rise over the first ${value} steps`,
        why: 'Early gradients are the largest and change fastest; small steps carry training past them (Goyal et al. 2017).',
        changes: [
          schedule.type === 'constant'
            ? { type: 'set', path, value: { type: 'constant', warmup: value } }
            : { type: 'set', path: [...path, 'warmup'], value },
        ],
      },
    ];
  },
};

export const cosine: RemedyRule = {
  codes: ['GF107', 'GF110', 'GF120'],
  propose({ spec }) {
    const { schedule } = spec.training;
    if (schedule.type !== 'constant') return [];
    const value = schedule.warmup > 0 ? { type: 'cosine', warmup: schedule.warmup } : 'cosine';
    return [
      {
        id: 'schedule.cosine',
        title: 'Lower the learning rate along a cosine',
        why: 'Smaller steps towards the end let the loss settle (Loshchilov & Hutter 2017).',
        changes: [{ type: 'set', path: ['training', 'schedule'], value }],
      },
    ];
  },
};

const LARGER = 4;
/** What batch normalization is well off with (Wu & He 2018). */
const NORMAL_BATCH = 32;

export const largerBatch: RemedyRule = {
  codes: ['GF110', 'GF117', 'GF120'],
  propose({ spec, dataset }, { code }) {
    const { batchSize } = spec.training;
    const wanted = code === 'GF117' ? Math.max(NORMAL_BATCH, batchSize * 2) : batchSize * LARGER;
    const value = Math.min(wanted, dataset?.train.count ?? wanted);
    if (value <= batchSize) return [];
    return [
      {
        id: 'batchSize.larger',
        title: `Take ${value} samples a step`,
        why:
          code === 'GF117'
            ? 'Mean and variance of more samples are nearer to those of the data (Wu & He 2018).'
            : 'The noise of a gradient falls with the root of the samples that it is the mean of (McCandlish et al. 2018).',
        changes: [{ type: 'set', path: ['training', 'batchSize'], value }],
      },
    ];
  },
};

export const longerTraining: RemedyRule = {
  codes: ['GF108'],
  propose({ spec }) {
    const { steps, epochs = 5 } = spec.training;
    const [field, value] = steps === undefined ? ['epochs', epochs * 3] : ['steps', steps * 3];
    return [
      {
        id: 'training.longer',
        title: `Train for ${value} ${field}`,
        why: 'Small steps come as far as large ones if there are more of them.',
        changes: [{ type: 'set', path: ['training', field as string], value }],
      },
    ];
  },
};

/** Ends training where the held-out loss was lowest. */
export const earlierEnd: RemedyRule = {
  codes: ['GF112'],
  propose({ spec, run }) {
    if (!run) return [];
    const { steps, values } = run.testLoss;
    const lowest = values.reduce((best, value, i) => (value < (values[best] ?? Infinity) ? i : best), 0);
    const best = steps[lowest];
    if (best === undefined || best < 1) return [];
    const inSteps = spec.training.steps !== undefined;
    const field = inSteps ? 'steps' : 'epochs';
    const value = inSteps ? best : Math.max(1, Math.round(best / run.stepsPerEpoch));
    if (value >= (spec.training.steps ?? spec.training.epochs ?? 5)) return [];
    return [
      {
        id: 'training.earlier',
        title: `End training after ${value} ${value === 1 ? field.slice(0, -1) : field}`,
        why: 'The loss on held-out samples was lowest there (early stopping, Prechelt 1998).',
        changes: [{ type: 'set', path: ['training', field], value }],
      },
    ];
  },
};

/** A norm that gradients of healthy networks stay near; usual since Pascanu et al. 2013. */
const CLIP_NORM = 1;

export const clipping: RemedyRule = {
  codes: ['GF102', 'GF107', 'GF109', 'GF110', 'GF111'],
  propose({ spec }) {
    const { clipNorm } = spec.training;
    if (clipNorm !== undefined && clipNorm <= CLIP_NORM) return [];
    return [
      {
        id: 'clipNorm',
        title: `Clip the gradient's norm to ${CLIP_NORM}`,
        why: 'No step goes further than the clipped gradient would take it, in the same direction (Pascanu et al. 2013).',
        changes: [{ type: 'set', path: ['training', 'clipNorm'], value: CLIP_NORM }],
      },
    ];
  },
};

/** Proposed as soon as the engine trains it: until then the language refuses it, and so do the proposals. */
export const pretraining: RemedyRule = {
  codes: ['GF101', 'GF104'],
  propose({ spec }) {
    if (spec.training.pretraining) return [];
    return [
      {
        id: 'pretraining.autoencoder',
        title: 'Train layer by layer before backpropagation',
        why: 'Each layer starts from weights that carry its input on, whatever reaches it from the loss (Bengio et al. 2007).',
        changes: [{ type: 'set', path: ['training', 'pretraining'], value: 'autoencoder' }],
      },
    ];
  },
};
