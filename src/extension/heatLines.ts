// Owns which lines of a spec have which heat. Pure.
import type { Prediction } from '../protocol/analysis';
import type { Graph } from '../spec/network';
import { type HeatStep, heatStep } from './heat';
import { layerGroups, predictionsOf } from './hintText';
import { movedRange, type TextMove } from './textMoves';

/**
 * Each line that a layer's object touches has that layer's step; where objects lie in one another or share a line, the smaller one's.
 * All times of a repeat share their lines: the one farthest from the last layer's gradient counts.
 * @param lineOf line of an offset in the text after the moves
 */
export function heatLines(
  graph: Graph,
  prediction: Prediction,
  moves: readonly TextMove[],
  lineOf: (offset: number) => number,
): ReadonlyMap<number, HeatStep> {
  const lines = new Map<number, HeatStep>();
  const groups = [...layerGroups(graph)].sort((a, b) => size(b[0]!.range) - size(a[0]!.range));
  for (const layers of groups) {
    const moved = movedRange(layers[0]!.range, moves);
    const cumulative = farthest(predictionsOf(layers, prediction).map((l) => l?.cumulative ?? Number.NaN));
    const step = cumulative === undefined ? undefined : heatStep(cumulative);
    if (!moved) continue;
    const last = lineOf(moved.range.end);
    for (let line = lineOf(moved.range.start); line <= last; line++) {
      if (step === undefined) lines.delete(line);
      else lines.set(line, step);
    }
  }
  return lines;
}

function farthest(values: readonly number[]): number | undefined {
  const said = values.filter((v) => !Number.isNaN(v));
  return said.length === 0 ? undefined : said.reduce((a, b) => (distance(b) > distance(a) ? b : a));
}

function distance(cumulative: number): number {
  return Math.abs(Math.log10(cumulative));
}

function size({ start, end }: { readonly start: number; readonly end: number }): number {
  return end - start;
}
