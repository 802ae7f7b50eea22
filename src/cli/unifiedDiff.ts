// Owns the difference of two texts as a unified diff, as `patch` and people read it. Which lines differ is told by
// `analysis/lineDiff.ts`.
import { differingLines } from '../analysis/lineDiff';

const CONTEXT = 3;

interface Line {
  readonly kind: ' ' | '-' | '+';
  readonly text: string;
}

/**
 * Empty where the texts are the same. Lines end at \n alone; a missing last one is told as `patch` wants it.
 * @param name of the file, for the two lines at the head
 */
export function unifiedDiff(before: string, after: string, name: string): string {
  if (before === after) return '';
  const lines = diffLines(linesOf(before), linesOf(after));
  const parts = [`--- a/${name}\n+++ b/${name}\n`];
  for (const [start, end] of hunks(lines)) parts.push(hunkText(lines, start, end));
  return parts.join('');
}

function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Ranges of lines around changes that are no more than two contexts apart. */
function hunks(lines: readonly Line[]): [start: number, end: number][] {
  const found: [number, number][] = [];
  lines.forEach(({ kind }, i) => {
    if (kind === ' ') return;
    const last = found.at(-1);
    const end = Math.min(lines.length, i + CONTEXT + 1);
    if (last && i - CONTEXT <= last[1]) last[1] = end;
    else found.push([Math.max(0, i - CONTEXT), end]);
  });
  return found;
}

function hunkText(lines: readonly Line[], start: number, end: number): string {
  const countOf = (part: readonly Line[], without: Line['kind']) => part.filter((l) => l.kind !== without).length;
  const ahead = lines.slice(0, start);
  const part = lines.slice(start, end);
  const place = (without: Line['kind']): string => {
    const count = countOf(part, without);
    // Of nothing, the line before it is named.
    return `${countOf(ahead, without) + (count === 0 ? 0 : 1)},${count}`;
  };
  const text = part.map((l) => {
    const line = `${l.kind}${l.text}`;
    return line.endsWith('\n') ? line : `${line}\n\\ No newline at end of file\n`;
  });
  return `@@ -${place('+')} +${place('-')} @@\n${text.join('')}`;
}

/** All lines of both texts, those that they have in common once. */
function diffLines(a: readonly string[], b: readonly string[]): Line[] {
  const lines: Line[] = [];
  const add = (kind: Line['kind'], part: readonly string[]): void => {
    for (const text of part) lines.push({ kind, text });
  };
  let at = 0;
  for (const { fromA, toA, fromB, toB } of differingLines(a, b)) {
    add(' ', a.slice(at, fromA));
    add('-', a.slice(fromA, toA));
    add('+', b.slice(fromB, toB));
    at = toA;
  }
  add(' ', a.slice(at));
  return lines;
}
