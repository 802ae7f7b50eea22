// Owns what is asked about the sizes of steps: where their property stands in the text, how many there are, how far they lead.
import { learningRateAt } from '../engine/schedules';
import { nodeAt, rangeOf, type SpecNode } from '../spec/parse';
import type { TextRange } from '../spec/problem';
import type { Spec } from '../spec/schema';
import { specRange } from './blame';
import type { Evidence } from './evidence';
import { roundSetting } from './words';

/** The learning rate's value; where it is a default, the optimizer's type or name; where that is one too, the nearest thing. */
export function learningRateRange(tree: SpecNode): TextRange {
  for (const path of [['optimizer', 'learningRate'], ['optimizer', 'type'], ['optimizer']]) {
    const node = nodeAt(tree, path);
    if (node) return rangeOf(node);
  }
  return specRange(tree, ['training']);
}

/** Of the whole training as the spec has it; undefined where that takes data that is not known. */
export function plannedSteps({ spec, dataset, run }: Evidence): number | undefined {
  if (run) return run.totalSteps;
  const { steps, epochs, batchSize } = spec.training;
  if (steps !== undefined) return steps;
  return dataset && dataset.train.count > 0 ? (epochs ?? 1) * Math.ceil(dataset.train.count / batchSize) : undefined;
}

/** Points of the schedule that are added up; more say no more. */
const MOST_SUMMED = 1000;

/** Sum of the learning rates of all steps ÷ that of the first: how many first steps the training is worth. */
export function firstStepsWorth({ optimizer, training: { schedule } }: Spec, steps: number): number {
  const rate = (step: number): number => learningRateAt(schedule, optimizer.learningRate, step, steps);
  if (rate(0) === 0) return steps;
  const stride = Math.max(1, Math.floor(steps / MOST_SUMMED));
  let sum = 0;
  let summed = 0;
  for (let step = 0; step < steps; step += stride) {
    sum += rate(step);
    summed++;
  }
  return ((sum / summed) * steps) / rate(0);
}

/** How much longer steps become than the gradient's own, as plain momentum gathers them. */
export function momentumGain({ optimizer }: Spec): number {
  return optimizer.type === 'sgd' ? 1 / (1 - optimizer.momentum) : 1;
}

/** A learning rate, in one digit, at which `ratio` would become `wanted`. */
export function rateFor(spec: Spec, ratio: number, wanted: number): number {
  return roundSetting(spec.optimizer.learningRate * (wanted / ratio));
}
