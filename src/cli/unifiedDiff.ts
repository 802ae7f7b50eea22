// Owns the difference of two texts as a unified diff, as `patch` and people read it.

const CONTEXT = 3;
/** Beyond so many changed lines a smallest diff is not looked for: the whole middle is replaced. */
const MOST_EDITS = 2000;

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

/** E. W. Myers, An O(ND) Difference Algorithm and Its Variations, Algorithmica 1 (1986), on what is between equal ends. */
function diffLines(a: readonly string[], b: readonly string[]): Line[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const same = (text: string): Line => ({ kind: ' ', text });
  return [
    ...a.slice(0, head).map(same),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(same),
  ];
}

function middle(a: readonly string[], b: readonly string[]): Line[] {
  const replaced = (): Line[] => [
    ...a.map((text): Line => ({ kind: '-', text })),
    ...b.map((text): Line => ({ kind: '+', text })),
  ];
  if (a.length === 0 || b.length === 0) return replaced();
  const most = Math.min(a.length + b.length, MOST_EDITS);
  /** Farthest index into `a` on each diagonal, one state an edit. */
  const trace: Map<number, number>[] = [];
  let reach = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= most; edits++) {
    trace.push(new Map(reach));
    const next = new Map(reach);
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && next.get(k - 1)! < next.get(k + 1)!);
      let x = down ? next.get(k + 1)! : next.get(k - 1)! + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, trace);
    }
    reach = next;
  }
  return replaced();
}

function walkBack(a: readonly string[], b: readonly string[], trace: readonly Map<number, number>[]): Line[] {
  const lines: Line[] = [];
  let x = a.length;
  let y = b.length;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reach = trace[edits]!;
    const k = x - y;
    const down = k === -edits || (k !== edits && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const fromK = down ? k + 1 : k - 1;
    const fromX = edits === 0 ? 0 : reach.get(fromK)!;
    const fromY = edits === 0 ? 0 : fromX - fromK;
    while (x > fromX && y > fromY) {
      lines.push({ kind: ' ', text: a[--x]! });
      y--;
    }
    if (edits === 0) break;
    if (down) lines.push({ kind: '+', text: b[--y]! });
    else lines.push({ kind: '-', text: a[--x]! });
  }
  return lines.reverse();
}
