import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unifiedDiff } from '../../../src/cli/unifiedDiff';

/** Applies a unified diff as written; what it takes away and leaves must stand there. */
function patched(before: string, diff: string): string {
  const source = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const out: string[] = [];
  let at = 0;
  const lines = diff.split('\n').slice(2);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const header = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@$/.exec(line);
    if (header) {
      const start = Number(header[1]) - (Number(header[2]) === 0 ? 0 : 1);
      while (at < start) out.push(source[at++]!);
      assert.equal(out.length, Number(header[3]) - (Number(header[4]) === 0 ? 0 : 1));
      continue;
    }
    if (line === '' || line.startsWith('\\')) continue;
    const text = lines[i + 1]?.startsWith('\\') ? line.slice(1) : `${line.slice(1)}\n`;
    if (line.startsWith('+')) out.push(text);
    else {
      assert.equal(source[at++], text);
      if (line.startsWith(' ')) out.push(text);
    }
  }
  return [...out, ...source.slice(at)].join('');
}

test('one changed line has three lines around it', () => {
  const before = [...'abcdefghij'].map((c) => `${c}\n`).join('');
  assert.equal(
    unifiedDiff(before, before.replace('e', 'E'), 'f'),
    '--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n',
  );
  assert.equal(unifiedDiff(before, before, 'f'), '');
});

test('any two texts: the diff applied to the one is the other, and takes the fewest lines', () => {
  let state = 7;
  const random = (n: number) => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * n);
  };
  const longestCommon = (a: string[], b: string[]): number => {
    const rows = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
    for (let i = a.length - 1; i >= 0; i--)
      for (let j = b.length - 1; j >= 0; j--)
        rows[i]![j] = a[i] === b[j] ? rows[i + 1]![j + 1]! + 1 : Math.max(rows[i + 1]![j]!, rows[i]![j + 1]!);
    return rows[0]![0]!;
  };
  for (let round = 0; round < 300; round++) {
    const text = () => Array.from({ length: random(14) }, () => `${'xyz'[random(3)]}\n`);
    const [a, b] = [text(), text()];
    const end = (lines: string[]) => (random(3) === 0 ? lines.join('').replace(/\n$/, '') : lines.join(''));
    const [before, after] = [end(a), end(b)];
    const diff = unifiedDiff(before, after, 'f');
    if (before === after) assert.equal(diff, '');
    else assert.equal(patched(before, diff), after, JSON.stringify([before, after, diff]));
    if (before.endsWith('\n') && after.endsWith('\n') && before !== after) {
      const changed = diff
        .split('\n')
        .slice(2)
        .filter((l) => /^[+-]/.test(l)).length;
      assert.equal(changed, a.length + b.length - 2 * longestCommon(a, b), JSON.stringify([before, after, diff]));
    }
  }
});
