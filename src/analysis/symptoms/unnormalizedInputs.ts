// Owns the symptom `unnormalizedInputs`: numbers of the data that are too large, too small or too far from 0 to learn from.

import { DATA_INPUT } from '../../spec/network';
import { nodeAt } from '../../spec/parse';
import { type InputMoments, inputMoments } from '../dataMoments';
import type { Evidence, Symptom } from '../evidence';
import type { Finding } from '../finding';
import { kernelOf, normalizes, Surroundings } from '../surroundings';
import type { ThresholdName } from '../thresholds';
import { atPath, judged, numberText } from './report';

export const unnormalizedInputs: Symptom = {
  name: 'unnormalizedInputs',
  detect(evidence) {
    if (!evidence.dataset || !meetsWeights(evidence)) return [];
    const moments = inputMoments(evidence.dataset);
    const found = tooLarge(moments, evidence) ?? tooSmall(moments, evidence) ?? offCentre(moments, evidence);
    return found ? [found] : [];
  },
};

/** Whether the data goes into weights as it is: not into a table of vectors, nor first into a normalization. */
function meetsWeights({ graph }: Evidence): boolean {
  const surroundings = new Surroundings(graph);
  return graph.layers
    .filter(({ inputs }) => inputs.includes(DATA_INPUT))
    .some((first) => {
      let layer: typeof first | undefined = first;
      while (layer && !kernelOf(layer)) {
        if (normalizes(layer) || layer.spec.type === 'embedding') return false;
        layer = surroundings.next(layer);
      }
      return layer !== undefined;
    });
}

function tooLarge({ features, all }: InputMoments, evidence: Evidence): Finding | undefined {
  const sizes = features.map((f) => Math.sqrt(f.meanSquare));
  const largest = Math.max(...sizes);
  if (!(largest > evidence.thresholds.inputRmsHigh)) return undefined;
  const count = sizes.filter((s) => s > evidence.thresholds.inputRmsHigh).length;
  const smallest = Math.min(...sizes.filter((s) => s > 0));
  const which =
    features.length === 1 ? 'the one feature' : `${count} of the ${features.length.toLocaleString('en-US')} features`;
  const span =
    features.length > 1 && smallest < largest
      ? `, between ${numberText(smallest)} and ${numberText(largest)}`
      : ` of ${numberText(largest)}`;
  return found(evidence, 'root mean square of a feature', largest, 'inputRmsHigh', {
    message: `The data has features with a root mean square${span}; ${which} exceed${count === 1 || features.length === 1 ? 's' : ''} ${numberText(evidence.thresholds.inputRmsHigh)}, and the largest decide all.`,
    evidence: { largest, smallest, count, mean: all.mean, std: all.std },
  });
}

function tooSmall({ all }: InputMoments, evidence: Evidence): Finding | undefined {
  const size = Math.sqrt(all.meanSquare);
  if (!(size < evidence.thresholds.inputRmsLow)) return undefined;
  return found(evidence, 'root mean square of the data', size, 'inputRmsLow', {
    message: `The data has a root mean square of ${numberText(size)}: the net sees next to nothing, and its first weights get next to no gradient.`,
    evidence: { rms: size, mean: all.mean, std: all.std },
  });
}

/** Images share one offset; the columns of a table have one each. */
function offCentre({ all, features }: InputMoments, evidence: Evidence): Finding | undefined {
  const columns = evidence.graph.inputShape.length === 1 ? features : [all];
  const offsets = columns.map(({ mean, std }) => (std > 0 && Math.abs(mean) > 1 ? Math.abs(mean) / std : 0));
  const worst = Math.max(...offsets);
  if (!(worst > evidence.thresholds.inputOffset)) return undefined;
  const { mean, std } = columns[offsets.indexOf(worst)]!;
  const what = columns.length === 1 ? 'The data' : 'A feature of the data';
  return found(evidence, 'distance of a feature from 0 in standard deviations', worst, 'inputOffset', {
    message: `${what} has mean ${numberText(mean)} and standard deviation ${numberText(std)}: what differs between samples is small beside what is the same.`,
    evidence: { mean, std, offset: worst },
  });
}

interface Words {
  readonly message: string;
  readonly evidence: Finding['evidence'];
}

function found(evidence: Evidence, what: string, value: number, setting: ThresholdName, words: Words): Finding {
  const path = ['data', 'normalize'];
  return atPath(evidence, 'unnormalizedInputs', nodeAt(evidence.tree, path) ? path : ['data', 'source'], {
    severity: 'warning',
    basis: 'spec',
    hint: 'Set `normalize` of `data` to `"standard"`: mean 0 and standard deviation 1, feature by feature.',
    judgements: [judged(evidence, what, value, setting)],
    ...words,
  });
}
