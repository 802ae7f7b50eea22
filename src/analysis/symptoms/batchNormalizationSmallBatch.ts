// Owns the symptom `batchNormalizationSmallBatch`: batch normalization that takes its mean and variance of too few numbers.

import type { GraphLayer } from '../../spec/network';
import { nodeAt } from '../../spec/parse';
import type { Evidence, Symptom } from '../evidence';
import type { Finding } from '../finding';
import { atLayer, atPath, judged, namesText } from './report';

export const batchNormalizationSmallBatch: Symptom = {
  name: 'batchNormalizationSmallBatch',
  detect(evidence) {
    const layers = evidence.graph.layers.filter(({ spec }) => spec.type === 'batchNormalization');
    if (layers.length === 0) return [];
    const samples = evidence.dataset?.train.count ?? Number.POSITIVE_INFINITY;
    const batch = Math.min(evidence.spec.training.batchSize, samples);
    // The layer with the fewest positions is the worst off.
    const count = batch * Math.min(...layers.map(positions));
    if (count < evidence.thresholds.normalizationCount) {
      return [
        tooFew(
          evidence,
          layers.filter((l) => batch * positions(l) === count),
          batch,
          count,
        ),
      ];
    }
    if (batch === 1) return [oneSample(evidence, layers, count)];
    const last = Number.isFinite(samples) ? samples % batch || batch : batch;
    const alone = layers.filter((l) => last * positions(l) < 2);
    return alone.length > 0 ? [lastBatch(evidence, alone, samples, batch)] : [];
  },
};

/** Numbers of a channel that one sample has. */
function positions({ outputShape }: GraphLayer): number {
  return outputShape.slice(0, -1).reduce((a, b) => a * b, 1);
}

function tooFew(evidence: Evidence, layers: readonly GraphLayer[], batch: number, count: number): Finding {
  const names = layers.map(({ name }) => name);
  const effect =
    count === 1
      ? 'it answers 0 to every sample, and no gradient passes'
      : count === 2
        ? 'it makes +1 and −1 of any two numbers'
        : 'its mean and variance are mostly chance';
  const numbers = count === 1 ? 'a single number' : `${count} numbers`;
  return atBatch(evidence, layers[0]!, {
    severity: count === 1 ? 'error' : 'warning',
    basis: 'spec',
    message: `With batches of ${batch}, ${namesText(names)} normalizes each channel by ${numbers}: ${effect}.`,
    hint: 'Use batches of 16 or more, or `layerNormalization` or `groupNormalization`, which look at one sample alone.',
    judgements: [judged(evidence, 'numbers that a channel is normalized by', count, 'normalizationCount')],
    evidence: { batchSize: batch, count, layers: names },
  });
}

function oneSample(evidence: Evidence, layers: readonly GraphLayer[], count: number): Finding {
  const names = layers.map(({ name }) => name);
  return atBatch(evidence, layers[0]!, {
    severity: 'information',
    basis: 'spec',
    message: `With batches of 1, ${namesText(names)} normalizes each sample by itself in training, but by running means in testing.`,
    hint: 'Use batches of 16 or more, or `groupNormalization`, which does the same in both.',
    evidence: { batchSize: 1, count, layers: names },
  });
}

function lastBatch(evidence: Evidence, layers: readonly GraphLayer[], samples: number, batch: number): Finding {
  const names = layers.map(({ name }) => name);
  return atBatch(evidence, layers[0]!, {
    severity: 'information',
    basis: 'spec',
    message: `Of ${samples.toLocaleString('en-US')} samples in batches of ${batch}, the last batch has one alone, which ${namesText(names)} makes 0 of.`,
    hint: `Use another \`batchSize\`, such as ${otherBatch(samples, batch)}.`,
    evidence: { batchSize: batch, samples, layers: names },
  });
}

/** The nearest size of batches that leaves no sample alone. */
function otherBatch(samples: number, batch: number): number {
  for (let size = batch + 1; size < samples; size++) if (samples % size !== 1) return size;
  return samples;
}

/** At `batchSize` where it is written; its default is not to blame, the layer is. */
function atBatch(evidence: Evidence, layer: GraphLayer, told: Parameters<typeof atLayer>[4]): Finding {
  const path = ['training', 'batchSize'];
  return nodeAt(evidence.tree, path)
    ? { ...atPath(evidence, 'batchNormalizationSmallBatch', path, told), layer: layer.name }
    : atLayer(evidence, 'batchNormalizationSmallBatch', layer, undefined, told);
}
