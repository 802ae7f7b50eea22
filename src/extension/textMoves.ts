// Owns where a place of an earlier text stands after edits: what was said of it stays beside it until more is known. Pure.
import type { TextRange } from '../spec/problem';

/** A replacement; those of one list were made one after another. */
export interface TextMove {
  readonly start: number;
  readonly removed: number;
  readonly added: number;
}

/**
 * The range after the moves; undefined where its text is gone.
 * `touched`: something within it changed.
 */
export function movedRange(
  range: TextRange,
  moves: readonly TextMove[],
): { readonly range: TextRange; readonly touched: boolean } | undefined {
  let { start, end } = range;
  let touched = false;
  for (const move of moves) {
    const moveEnd = move.start + move.removed;
    const shift = move.added - move.removed;
    if (move.start >= end) continue;
    if (moveEnd <= start) {
      start += shift;
      end += shift;
    } else if (move.start >= start && moveEnd <= end && move.removed < end - start) {
      end += shift;
      touched = true;
    } else return undefined;
  }
  return { range: { start, end }, touched };
}

/** The offset after the moves; undefined where the text around it is gone. What is put in at the very place stands after it. */
export function movedOffset(offset: number, moves: readonly TextMove[]): number | undefined {
  let at = offset;
  for (const { start, removed, added } of moves) {
    if (start >= at) continue;
    if (start + removed > at) return undefined;
    at += added - removed;
  }
  return at;
}
