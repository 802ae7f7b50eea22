// Owns the helper that most of this room's tests are written with: a text in which the faults are marked where they
// must be found.
import assert from 'node:assert/strict';
import { type AnalyzeOptions, analyzeSpec, type SpecAnalysis } from '../../../src/spec/analyze';

/** Removes the marks ⟪CODE …⟫ of a text and tells what they promise. */
export function unmark(marked: string): { text: string; expected: { code: string; start: number; end: number }[] } {
  const expected: { code: string; start: number; end: number }[] = [];
  const open: { code: string; start: number }[] = [];
  let text = '';
  for (let i = 0; i < marked.length; i++) {
    const mark = /^⟪(\w+) /.exec(marked.slice(i, i + 8));
    if (mark) {
      open.push({ code: mark[1]!, start: text.length });
      i += mark[0].length - 1;
    } else if (marked[i] === '⟫') {
      expected.push({ ...open.pop()!, end: text.length });
    } else text += marked[i];
  }
  assert.equal(open.length, 0, 'a mark is not closed');
  return { text, expected };
}

/** Analyzes the text and asserts that it has exactly the problems that are marked in it. */
export function check(marked: string, options?: AnalyzeOptions): SpecAnalysis {
  const { text, expected } = unmark(marked);
  const analysis = analyzeSpec(text, options);
  const show = (p: { code: string; start: number; end: number }) =>
    `${p.code} ${p.start}…${p.end} ${JSON.stringify(text.slice(p.start, p.end))}`;
  const found = analysis.problems.map((p) => ({ code: p.code, ...p.range }));
  const sort = (list: { code: string; start: number; end: number }[]) => list.map(show).sort();
  assert.deepEqual(
    sort(found),
    sort(expected),
    analysis.problems.map((p) => `${p.code} ${p.message} ${p.hint}`).join('\n'),
  );
  for (const { message, hint } of analysis.problems) {
    assert.match(message, /\S.*[.:]$/, 'a message is a sentence');
    assert.match(hint, /\S.*[.?:]$/, 'a hint is a sentence');
    assert.doesNotMatch(`${message} ${hint}`, /undefined|\[object|NaN/, 'nothing of ours shows through');
  }
  return analysis;
}

/** A spec around layers on the plane's points, 2 inputs and 2 classes. */
export function spiral(layers: string, rest = ''): string {
  return `{ "netspec": 1, "data": { "source": "spiral" }, "layers": [ ${layers} ], "loss": "softmaxCrossEntropy"${rest} }`;
}

/** A spec around layers of which nothing but the shapes matters: the data says what goes in, nothing what comes out. */
export function shaped(layers: string): string {
  return `{ "netspec": 1, "data": { "source": "csv", "path": "x.csv" }, "layers": [ ${layers} ], "loss": "meanSquaredError" }`;
}
