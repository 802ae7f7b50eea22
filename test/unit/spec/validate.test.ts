import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyzeSpec } from '../../../src/spec/analyze';
import { check, spiral } from './check';
import { dense, end, optimizer, VALUE_CASES } from './valueCases';

describe('values', () => {
  for (const [name, text] of Object.entries(VALUE_CASES)) test(name, () => void check(text));
});

const BROKEN: Record<string, string> = {
  'a missing comma': '{ "netspec": 1 ⟪NS101 "name"⟫: "a" }',
  'a missing colon': '{ "netspec" ⟪NS101 1⟫ }',
  'a missing value': '{ "netspec": ⟪NS101 }⟫',
  'an unclosed object': '{ "netspec": ⟪NS101 1⟫',
  'an unclosed text': '{ "name": ⟪NS101 "a }⟫',
  'single quotation marks': "{ ⟪NS101 'netspec'⟫: 1 }",
  'a word': '{ "netspec": ⟪NS101 True⟫ }',
  'an unknown name in broken text': '{ "loss": ⟪NS113 "mse"⟫, "netspec": ⟪NS101 }⟫',
  'something after the end': `${spiral(end)} ⟪NS101 x⟫`,
};
describe('broken text', () => {
  for (const [name, text] of Object.entries(BROKEN)) {
    test(name, () => {
      const { problems } = analyzeSpec(text.replace(/⟪\w+ |⟫/g, ''));
      assert.equal(
        problems.some((p) => p.code === 'NS112'),
        false,
        'what cannot be read is not missing',
      );
      const first = /⟪(\w+) ([^⟫]*)⟫/.exec(text)!;
      const plain = text.replace(/⟪\w+ |⟫/g, '');
      const start = first.index;
      assert.ok(
        problems.some((p) => p.code === first[1] && p.range.start === start),
        JSON.stringify(problems.map((p) => [p.code, plain.slice(p.range.start, p.range.end)])),
      );
      assert.equal(analyzeSpec(plain).spec, undefined);
    });
  }

  test('no prefix of a spec, and no spec with a character gone, throws or has a range outside', () => {
    const text = spiral(
      `{ "type": "repeat", "times": 2, "layers": [ { "type": "dense", "name": "a\\u00e4", "units": 4, "kernelInitializer": { "type": "orthogonal", "gain": 1.5e0 } } ] }, // x\n { "type": "residual", "shortcut": "projection", "layers": [ ${end} ] }, { "type": "concatenate", "inputs": [ "residual_1", "a\\u00e4/1", "data" ] }, ${end}`,
      ', "optimizer": { "type": "adam" }, "training": { "steps": 3, "schedule": "cosine" }',
    );
    assert.deepEqual(analyzeSpec(text).problems, []);
    for (let i = 0; i <= text.length; i++) {
      for (const broken of [
        text.slice(0, i),
        text.slice(0, i) + text.slice(i + 1),
        `${text.slice(0, i)}]${text.slice(i)}`,
      ]) {
        const { problems, spec } = analyzeSpec(broken);
        assert.ok(spec || problems.length > 0, `nothing said of ${broken}`);
        for (const { range } of problems) {
          assert.ok(0 <= range.start && range.start <= range.end && range.end <= broken.length, broken);
        }
      }
    }
  });

  test('values of every wrong type anywhere give problems, never an exception', () => {
    const text = spiral(
      `{ "type": "conv2d", "filters": 4, "kernelSize": [1, 1], "inputs": ["data"] }, { "type": "residual", "scale": 1, "layers": [ ${end} ] }`,
      ', "seed": 1, "optimizer": { "type": "adam" }, "training": { "steps": 3, "schedule": { "type": "step", "stepSize": 2 } }',
    );
    const values = /"[^"]*"(?!\s*:)|\b\d+\b|[[{]/g;
    for (const found of text.matchAll(values)) {
      for (const wrong of ['null', '-1', '1e400', '"x"', '[]', '{}', '[[]]', '{"type":{}}', 'true', '""']) {
        const rest = text.slice(found.index + found[0].length);
        analyzeSpec(`${text.slice(0, found.index)}${wrong}${found[0] === '[' || found[0] === '{' ? ` ${rest}` : rest}`);
      }
    }
  });
});

describe('limits of the text', () => {
  test('deep nesting is refused before the parser sees it', () => {
    for (const depth of [65, 100_000]) {
      const { problems } = analyzeSpec('['.repeat(depth));
      assert.deepEqual(
        problems.map((p) => [p.code, p.range]),
        [['NS103', { start: 64, end: 65 }]],
      );
    }
    assert.equal(analyzeSpec(`${'{"a":'.repeat(100_000)}`).problems[0]?.code, 'NS103');
  });
  test('brackets in texts and comments do not count', () => {
    check(spiral(end, `, "name": "${'['.repeat(100)} \\" ["`));
    check(`// ${'['.repeat(100)}\n/* ${'{'.repeat(100)} */ ${spiral(end)}`);
  });
  test('a text of more than 4 MiB is not read', () => {
    const { problems, spec } = analyzeSpec(`${spiral(end)}${' '.repeat(4 * 1024 * 1024)}`);
    assert.equal(problems[0]?.code, 'NS102');
    assert.equal(spec, undefined);
  });
  test('a text that is no JSON at all has few problems', () => {
    assert.ok(analyzeSpec('lorem ipsum '.repeat(10_000)).problems.length <= 21);
  });
});

describe('hints', () => {
  const hintOf = (text: string) => analyzeSpec(text.replace(/⟪\w+ |⟫/g, '')).problems[0]?.hint;
  const hints: [string, string, RegExp][] = [
    ['a slip', dense('"activation": "sigmod"'), /Did you mean `sigmoid`\?/],
    ['capitals', dense('"activation": "ReLU"'), /`relu`/],
    ['underscores', dense('"use_bias": true'), /`useBias`/],
    ['another name for it', dense('"activation": "swish"'), /`silu`/],
    ['PyTorch', optimizer('{ "type": "sgd", "lr": 1 }'), /`learningRate`/],
    ['swapped letters', spiral('{ "type": "desne", "units": 2 }'), /`dense`/],
    ['nothing near', dense('"activation": "zzzzzzzz"'), /Use one of `linear`, `sigmoid`/],
    ['a number in quotes', spiral('{ "type": "dense", "units": "10" }'), /Write 10 without the quotation marks/],
    ['a truth in quotes', dense('"useBias": "false"'), /Write false without/],
    ['a list', dense('"inputs": "data"'), /square brackets/],
    ['mse', `{ "netspec": 1, "data": { "source": "xor" }, "layers": [ ${end} ], "loss": "mse" }`, /`meanSquaredError`/],
  ];
  for (const [name, text, hint] of hints) test(name, () => assert.match(hintOf(text) ?? '', hint));
});
