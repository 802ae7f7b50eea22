// Owns replacements in a text: making them, and the smallest that turn one text into another.
import { differingLines } from './lineDiff';

/** A replacement in the text before the change; edits of one list do not overlap and are in order. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The smallest edits, by line, that turn one text into the other; where one line became one other, of what differs in it. */
export function editsBetween(before: string, after: string): readonly TextEdit[] {
  const a = linesOf(before);
  const b = linesOf(after);
  const offsets = [0];
  for (const line of a) offsets.push(offsets.at(-1)! + line.length);
  return differingLines(a, b).map(({ fromA, toA, fromB, toB }) =>
    trimmed(before, { start: offsets[fromA]!, end: offsets[toA]!, text: b.slice(fromB, toB).join('') }),
  );
}

/** The text with edits made that do not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  return [...edits]
    .sort((a, b) => b.start - a.start || b.end - a.end)
    .reduce((current, edit) => current.slice(0, edit.start) + edit.text + current.slice(edit.end), text);
}

function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Without what the edit leaves as it is at its ends; never into a line end of two characters, or one written as two. */
function trimmed(before: string, edit: TextEdit): TextEdit {
  const old = before.slice(edit.start, edit.end);
  const { text } = edit;
  const splits = (at: (s: string) => number) => [old, text].some((s) => isWithinPair(s, at(s)));
  const most = Math.min(old.length, text.length);
  let head = 0;
  while (head < most && old[head] === text[head]) head++;
  while (head > 0 && splits(() => head)) head--;
  let tail = 0;
  while (tail < most - head && old.at(-1 - tail) === text.at(-1 - tail)) tail++;
  while (tail > 0 && splits((s) => s.length - tail)) tail--;
  return { start: edit.start + head, end: edit.end - tail, text: text.slice(head, text.length - tail) };
}

function isWithinPair(text: string, at: number): boolean {
  return /^(?:\r\n|[\ud800-\udbff][\udc00-\udfff])$/.test(text.slice(Math.max(0, at - 1), at + 1));
}
