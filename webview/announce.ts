// Owns the sentences of the live regions and how often they may speak.

import { formatInteger, formatLoss } from './format';
import type { Frame } from './frame';
import { markWord, readMeasure } from './measures';

/** A screen reader is not told more often. */
const QUIET_MS = 5_000;

/** The first layer of the measure against the last one, at the step shown. */
export function summarise(frame: Frame): string | undefined {
  const { record, run, measure, progress } = frame;
  if (!record || !run || !progress) return undefined;
  const values = run.layout.layers.flatMap((layer) => {
    const read = readMeasure(measure, record, layer, run.layout);
    if (!read) return [];
    const word = markWord(measure, read.kind);
    return [
      `${layer.name} ${Number.isFinite(read.value) ? measure.format(read.value) : 'not finite'}${word && read.kind !== 'nonFinite' ? ` ${word}` : ''}`,
    ];
  });
  const first = values[0];
  const last = values[values.length - 1];
  if (first === undefined || last === undefined) return undefined;
  const step = formatInteger(record[0] ?? progress.step);
  const layers = values.length > 1 ? `${last}, ${first}` : first;
  return `Step ${step}, ${measure.phrase}: ${layers}. Loss ${formatLoss(progress.loss)}.`;
}

/** Lets a sentence through at most every five seconds, and never the same one twice in a row. */
export class Speaker {
  #said = '';
  #at = Number.NEGATIVE_INFINITY;

  /** The sentence to say now, or nothing. `urgent` ones (the run's end) do not wait. */
  offer(sentence: string | undefined, nowMs: number, urgent = false): string | undefined {
    if (sentence === undefined || sentence === this.#said) return undefined;
    if (!urgent && nowMs - this.#at < QUIET_MS) return undefined;
    this.#said = sentence;
    this.#at = nowMs;
    return sentence;
  }
}
