// Owns the symptom `lossMismatch`: what the net can answer, or what the data asks for, is not what the loss is made for. What
// cannot be trained at all is an error of the language (NS210, NS211).
import type { Dataset } from '../../spec/dataset';
import { shareOutside, targetRange } from '../dataMoments';
import type { Evidence, Symptom } from '../evidence';
import type { Finding } from '../finding';
import { formulaOf, Surroundings } from '../surroundings';
import { BOUNDS, type OutputActivation, outputActivation } from './outputActivation';
import { atLayer, atPath, numberText, percentText } from './report';
import { APPLIED } from './softmaxBeforeLoss';

export const lossMismatch: Symptom = {
  name: 'lossMismatch',
  detect(evidence) {
    const output = outputActivation(new Surroundings(evidence.graph));
    const found = [output && atOutput(output, evidence), atData(evidence)];
    return found.filter((f): f is Finding => f !== undefined);
  },
};

function atOutput(output: OutputActivation, evidence: Evidence): Finding | undefined {
  const { loss } = evidence.spec;
  if (output.name === APPLIED[loss]) return undefined;
  if (output.name === 'softmax' && output.layer.outputShape.at(-1) === 1) {
    return told(output, evidence, 'error', {
      message: '`softmax` over one unit is 1, whatever the input: nothing is learned.',
      hint: 'Use `sigmoid`, or no `activation`.',
    });
  }
  switch (loss) {
    case 'softmaxCrossEntropy':
    case 'binaryCrossEntropy':
      return boundedLogits(output, evidence);
    case 'hinge':
      return boundedScore(output, evidence);
    default:
      return boundedValues(output, evidence);
  }
}

/** Logits from which the loss cannot become small, however well the net learns. */
function boundedLogits(output: OutputActivation, evidence: Evidence): Finding | undefined {
  const { loss } = evidence.spec;
  const bounds = BOUNDS[output.name];
  if (!bounds) return undefined;
  const [low, high] = bounds;
  const others = loss === 'binaryCrossEntropy' ? 1 : output.layer.outputShape.at(-1)! - 1;
  const least = loss === 'binaryCrossEntropy' ? Math.log1p(Math.exp(low)) : Math.log1p(others * Math.exp(low - high));
  if (Number.isFinite(high)) {
    const surest = loss === 'binaryCrossEntropy' ? 1 / (1 + Math.exp(-high)) : 1 / (1 + others * Math.exp(low - high));
    return told(output, evidence, 'warning', {
      message: `\`${loss}\` takes logits of any size, but \`${output.name}\` answers ${low} … ${high}: the net can be at most ${percentText(surest)} sure of a class.`,
      hint: 'Leave out the last `activation`.',
      numbers: { low, high, leastLoss: least, mostCertain: surest },
    });
  }
  const rectifies = formulaOf(output.name)?.rectifies === true;
  return told(output, evidence, rectifies || loss === 'binaryCrossEntropy' ? 'warning' : 'information', {
    message:
      loss === 'binaryCrossEntropy'
        ? `\`${loss}\` takes a logit of any size, but \`${output.name}\` answers ${numberText(low)} at least: the first class gets ${percentText(1 / (1 + Math.exp(low)))} at most.`
        : rectifies
          ? `\`${loss}\` takes logits of any size, but \`${output.name}\` cuts them off at 0, and what is cut off gets no gradient.`
          : `\`${loss}\` takes logits of any size, but \`${output.name}\` answers ${numberText(low)} at least.`,
    hint: 'Leave out the last `activation`.',
    numbers: { low, leastLoss: loss === 'binaryCrossEntropy' ? least : 0 },
  });
}

/** The hinge wants +1 and more, or −1 and less. */
function boundedScore(output: OutputActivation, evidence: Evidence): Finding | undefined {
  const bounds = BOUNDS[output.name];
  if (!bounds || bounds[0] <= -1) return undefined;
  const [low] = bounds;
  return told(output, evidence, 'warning', {
    message: `\`hinge\` wants −1 or less for the first class, but \`${output.name}\` answers ${numberText(low)} at least: that class always costs ${numberText(1 + low)} or more.`,
    hint: 'Leave out the last `activation`.',
    numbers: { low, leastLossOfFirstClass: 1 + low },
  });
}

/** Targets that the net cannot reach; where all can be reached, a flat end may still slow it down. */
function boundedValues(output: OutputActivation, evidence: Evidence): Finding | undefined {
  const bounds = BOUNDS[output.name];
  if (!bounds || !evidence.dataset || evidence.dataset.targetKind !== 'values') return undefined;
  const [low, high] = bounds;
  const { min, max } = targetRange(evidence.dataset);
  const slack = 1e-6 * Math.max(1, Math.abs(min), Math.abs(max));
  const outside = shareOutside(evidence.dataset, low - slack, high + slack);
  const span = Number.isFinite(high) ? `${numberText(low)} … ${numberText(high)}` : `${numberText(low)} and more`;
  const targets = `${numberText(min)} … ${numberText(max)}`;
  if (outside > 0) {
    return told(output, evidence, 'warning', {
      message: `\`${output.name}\` answers ${span}, but ${percentText(outside)} of the targets (${targets}) lie outside: the net cannot reach them.`,
      hint: 'Leave out the last `activation`, or scale the targets.',
      numbers: {
        low,
        ...(Number.isFinite(high) ? { high } : {}),
        targetMin: min,
        targetMax: max,
        shareOutside: outside,
      },
    });
  }
  if (!formulaOf(output.name)?.saturates && output.name !== 'softmax') return undefined;
  return told(output, evidence, 'information', {
    message: `\`${evidence.spec.loss}\` passes back no gradient where \`${output.name}\` is flat, however wrong the answer.`,
    hint: 'Leave out the last `activation` if learning starts slowly.',
    numbers: { low, high, targetMin: min, targetMax: max },
  });
}

interface Words {
  readonly message: string;
  readonly hint: string;
  readonly numbers?: Readonly<Record<string, number>>;
}

function told(output: OutputActivation, evidence: Evidence, severity: Finding['severity'], words: Words): Finding {
  const { message, hint, numbers = {} } = words;
  return atLayer(evidence, 'lossMismatch', output.layer, 'activation', {
    severity,
    basis: 'spec',
    message,
    hint,
    evidence: { activation: output.name, loss: evidence.spec.loss, ...numbers },
  });
}

/** What the targets themselves say. */
function atData(evidence: Evidence): Finding | undefined {
  const { dataset, spec } = evidence;
  if (!dataset || dataset.train.targets.length < 2) return undefined;
  const { min, max } = targetRange(dataset);
  if (min === max) {
    const what = dataset.targetKind === 'classes' ? `belong to class ${min}` : `are ${numberText(min)}`;
    return atPath(evidence, 'lossMismatch', ['loss'], {
      severity: 'warning',
      basis: 'spec',
      message: `All targets of the training samples ${what}: there is nothing to learn.`,
      hint: 'Look at the column or file of the targets, or set `shuffle` to true.',
      evidence: { target: min },
    });
  }
  if (dataset.targetKind !== 'values' || !areTwoClasses(dataset)) return undefined;
  return atPath(evidence, 'lossMismatch', ['loss'], {
    severity: 'information',
    basis: 'spec',
    message: `All targets are 0 or 1, which looks like two classes; \`${spec.loss}\` treats them as values.`,
    hint: 'Use `binaryCrossEntropy` if they are classes.',
    evidence: { loss: spec.loss, targetMin: min, targetMax: max },
  });
}

function areTwoClasses({ train, targetShape }: Dataset): boolean {
  return targetShape.reduce((a, b) => a * b, 1) === 1 && train.targets.every((y) => y === 0 || y === 1);
}
