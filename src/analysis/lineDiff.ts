// Owns which lines two texts have in common: the shortest script of edits between them.
// Source: Myers 1986, "An O(ND) difference algorithm and its variations".

/** Lines `fromA` to before `toA` of the one text stand where `fromB` to before `toB` stand in the other. */
export interface Hunk {
  readonly fromA: number;
  readonly toA: number;
  readonly fromB: number;
  readonly toB: number;
}

/** Beyond so many changed lines the middle is told as one change: the cost grows with their square. */
const MOST_CHANGES = 2000;

/** The changes in order; neither touch nor overlap. */
export function differingLines(a: readonly string[], b: readonly string[]): readonly Hunk[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const hunks = middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return hunks.map(({ fromA, toA, fromB, toB }) => ({
    fromA: fromA + head,
    toA: toA + head,
    fromB: fromB + head,
    toB: toB + head,
  }));
}

function middle(a: readonly string[], b: readonly string[]): readonly Hunk[] {
  const whole = { fromA: 0, toA: a.length, fromB: 0, toB: b.length };
  if (a.length === 0 || b.length === 0) return a.length + b.length > 0 ? [whole] : [];
  const trace = furthest(a, b);
  if (!trace) return [whole];
  // Back from the end: each step of the trace is one line more or less, before which come lines in common.
  const kept: [number, number][] = [];
  let x = a.length;
  let y = b.length;
  for (let d = trace.length - 1; d >= 0; d--) {
    const reach = trace[d]!;
    const k = x - y;
    const down = k === -d || (k !== d && at(reach, k - 1) < at(reach, k + 1));
    const fromK = down ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : at(reach, fromK);
    const fromY = d === 0 ? 0 : fromX - fromK;
    while (x > fromX && y > fromY) kept.push([--x, --y]);
    x = fromX;
    y = fromY;
  }
  return between(kept.reverse(), a.length, b.length);
}

/** @returns for each count of changes how far each diagonal came before it; undefined beyond the bound */
function furthest(a: readonly string[], b: readonly string[]): Map<number, number>[] | undefined {
  const trace: Map<number, number>[] = [];
  const reach = new Map<number, number>([[1, 0]]);
  for (let d = 0; d <= Math.min(a.length + b.length, MOST_CHANGES); d++) {
    trace.push(new Map(reach));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && at(reach, k - 1) < at(reach, k + 1));
      let x = down ? at(reach, k + 1) : at(reach, k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) return trace;
    }
  }
  return undefined;
}

function at(reach: ReadonlyMap<number, number>, k: number): number {
  return reach.get(k) ?? -1;
}

function between(kept: readonly (readonly [number, number])[], lengthA: number, lengthB: number): Hunk[] {
  const hunks: Hunk[] = [];
  let fromA = 0;
  let fromB = 0;
  for (const [x, y] of [...kept, [lengthA, lengthB] as const]) {
    if (x > fromA || y > fromB) hunks.push({ fromA, toA: x, fromB, toB: y });
    fromA = x + 1;
    fromB = y + 1;
  }
  return hunks;
}
