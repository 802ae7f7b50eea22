// Owns the list of all remedies, and which are proposed for what was found.
import { getNodeValue } from 'jsonc-parser';
import { analyzeSpec } from '../../spec/analyze';
import type { FindingCode } from '../../spec/symptoms';
import type { Evidence } from '../evidence';
import type { Finding, Severity } from '../finding';
import { changedText } from '../specEdit';
import { activation } from './activation';
import { widerBottleneck } from './bottleneck';
import { standardInputs } from './data';
import { lessDropout, moreDropout } from './dropout';
import { lsuv, predictedInitializer, suitingInitializers, zeroBiases } from './initializer';
import { learningRate } from './learningRate';
import { insertedNormalization, normalizationOfSamples } from './normalization';
import { adam, weightDecay } from './optimizer';
import { fittingLoss, linearOutput } from './output';
import { gatedCells } from './recurrent';
import type { Remedy, RemedyRule } from './remedy';
import { residualShortcuts, scaledResiduals } from './residual';
import { clipping, cosine, earlierEnd, largerBatch, longerTraining, pretraining, warmup } from './training';

export const ALL_REMEDIES: readonly RemedyRule[] = [
  activation,
  suitingInitializers,
  zeroBiases,
  predictedInitializer,
  lsuv,
  insertedNormalization,
  normalizationOfSamples,
  residualShortcuts,
  scaledResiduals,
  gatedCells,
  standardInputs,
  linearOutput,
  fittingLoss,
  widerBottleneck,
  lessDropout,
  moreDropout,
  learningRate,
  clipping,
  adam,
  weightDecay,
  warmup,
  cosine,
  largerBatch,
  longerTraining,
  earlierEnd,
  pretraining,
];

/** For each finding the beginnings of ids, the likeliest first: what takes the cause away goes before what treats it. */
export const LIKELIEST: Readonly<Record<FindingCode, readonly string[]>> = {
  GF101: [
    ...[
      'bias.zeros',
      'initializer.suiting',
      'activation.relu',
      'recurrent.lstm',
      'normalization.insert',
      'residual.wrap',
    ],
    ...['activation.gelu', 'initializer.predicted', 'recurrent.gru', 'data.normalize', 'initializer.lsuv'],
    ...['activation.tanh', 'optimizer.adam', 'activation.selu', 'learningRate', 'pretraining'],
  ],
  GF102: [
    ...[
      'initializer.suiting',
      'bias.zeros',
      'normalization.insert',
      'initializer.predicted',
      'residual.scale',
      'clipNorm',
    ],
    ...['data.normalize', 'initializer.lsuv', 'recurrent.lstm', 'recurrent.gru', 'residual.wrap', 'learningRate'],
    ...['optimizer.adam', 'schedule.warmup'],
  ],
  GF103: [
    ...['bias.zeros', 'output.linear', 'initializer.suiting', 'activation.leakyRelu', 'normalization.insert'],
    ...['activation.gelu', 'learningRate', 'activation.elu'],
  ],
  GF104: [
    ...[
      'bias.zeros',
      'initializer.suiting',
      'activation.relu',
      'data.normalize',
      'normalization.insert',
      'output.linear',
    ],
    ...['recurrent.lstm', 'activation.gelu', 'residual.wrap', 'initializer.lsuv', 'recurrent.gru', 'activation.selu'],
    ...['activation.tanh', 'pretraining'],
  ],
  GF105: [
    ...['initializer.suiting', 'bias.zeros', 'initializer.predicted', 'residual.scale', 'initializer.lsuv'],
    ...['normalization.insert'],
  ],
  GF106: ['initializer.suiting', 'initializer.lsuv', 'bias.zeros'],
  GF107: [
    ...['learningRate.rangeTest', 'learningRate.lower10', 'learningRate.updateRatio', 'learningRate.lower100'],
    ...[
      'learningRate.default',
      'clipNorm',
      'learningRate.lower3',
      'schedule.warmup',
      'optimizer.adam',
      'schedule.cosine',
    ],
  ],
  GF108: [
    ...['learningRate.rangeTest', 'learningRate.default', 'learningRate.updateRatio', 'learningRate.higher100'],
    ...['learningRate.higher10', 'optimizer.adam', 'learningRate.higher3', 'training.longer'],
  ],
  GF109: [
    ...['learningRate.rangeTest', 'data.normalize', 'output.linear', 'initializer.suiting', 'bias.zeros'],
    ...[
      'learningRate.default',
      'learningRate.lower10',
      'activation.relu',
      'normalization.insert',
      'learningRate.higher10',
    ],
    ...['optimizer.adam', 'learningRate.updateRatio', 'residual.wrap', 'clipNorm', 'recurrent.lstm', 'learningRate'],
    ...['activation', 'recurrent.gru'],
  ],
  GF110: [
    ...['learningRate.rangeTest', 'learningRate.lower10', 'learningRate.lower3', 'schedule.cosine', 'clipNorm'],
    ...['batchSize.larger', 'schedule.warmup', 'optimizer.adam', 'learningRate.lower100'],
  ],
  GF111: [
    ...['learningRate.rangeTest', 'learningRate.lower10', 'initializer.suiting', 'clipNorm', 'data.normalize'],
    ...['learningRate.lower100', 'normalization.insert', 'learningRate.default', 'residual.scale', 'learningRate'],
    ...['initializer.lsuv', 'schedule.warmup', 'optimizer.adam'],
  ],
  GF112: ['optimizer.adamw', 'optimizer.weightDecay', 'dropout.insert', 'training.earlier'],
  GF113: ['data.normalize'],
  GF114: ['activation.relu', 'activation.tanh', 'activation.gelu'],
  GF115: ['output.linear'],
  GF116: ['output.linear', 'loss'],
  GF117: ['normalization.layer', 'batchSize.larger'],
  GF118: ['dropout.remove', 'dropout.lower'],
  GF119: ['bottleneck.widen'],
  GF120: ['batchSize.larger', 'learningRate.lower3', 'schedule.cosine', 'learningRate', 'optimizer.adam'],
};

/** More take longer to measure than somebody waits. */
export const MOST_REMEDIES = 10;

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, information: 2 };

/**
 * What may mend one of the findings, each remedy once, the likeliest first: of each finding its first, then of each its
 * second, the severest finding leading. Every one leaves a spec without errors.
 */
export function proposeRemedies(evidence: Evidence, findings: readonly Finding[]): readonly Remedy[] {
  const severest = [...findings].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  const lists = severest.map((finding) => {
    // Where several layers have the same finding, the remedy of all of them is meant.
    const isOne = findings.filter(({ code }) => code === finding.code).length === 1;
    return remediesFor(evidence, finding).filter(({ id }) => isOne || !isLocal(id));
  });
  const proposed: Remedy[] = [];
  const ids = new Set<string>();
  const changes = new Set<string>();
  const text = JSON.stringify(getNodeValue(evidence.tree));
  for (let round = 0; lists.some((list) => round < list.length); round++) {
    for (const list of lists) {
      const remedy = list[round];
      if (!remedy || ids.has(remedy.id)) continue;
      ids.add(remedy.id);
      const changed = changedText(text, remedy.changes);
      if (changed === text || changes.has(changed) || !isSound(evidence, changed)) continue;
      changes.add(changed);
      proposed.push(remedy);
      if (proposed.length === MOST_REMEDIES) return proposed;
    }
  }
  return proposed;
}

function remediesFor(evidence: Evidence, finding: Finding): readonly Remedy[] {
  const order = LIKELIEST[finding.code];
  const place = ({ id }: Remedy): number => {
    let found = order.length;
    let length = 0;
    // The longest beginning counts: `learningRate` stands for those rates that have no place of their own.
    order.forEach((start, i) => {
      if (!id.startsWith(start) || start.length <= length) return;
      found = i;
      length = start.length;
    });
    // One of a single layer comes behind those of all.
    return isLocal(id) ? order.length : found;
  };
  return ALL_REMEDIES.filter(({ codes }) => codes.includes(finding.code))
    .flatMap((rule) => rule.propose(evidence, finding))
    .sort((a, b) => place(a) - place(b));
}

/** Of one layer alone, whose name it has after a colon. */
function isLocal(id: string): boolean {
  return id.includes(':');
}

/** Whether the changed spec could be trained as it stands: what the language refuses is not proposed. */
function isSound({ graph, dataset }: Evidence, text: string): boolean {
  const { problems, graph: changed } = analyzeSpec(text, {
    dataShape: {
      inputShape: graph.inputShape,
      targetKind: dataset?.targetKind,
      targetShape: dataset?.targetShape,
      classes: dataset?.classes,
      trainSamples: dataset?.train.count,
      testSamples: dataset?.test.count,
    },
  });
  return changed !== undefined && problems.every(({ severity }) => severity !== 'error');
}
