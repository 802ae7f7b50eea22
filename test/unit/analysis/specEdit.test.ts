// Holds changes of a spec's text to its formatting: exact texts, and that nothing else is touched in any layout.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createScanner, findNodeAtLocation, parse, parseTree } from 'jsonc-parser';
import { changedText, editsBetween, type SpecChange } from '../../../src/analysis/specEdit';
import { applyEdits } from '../../../src/analysis/textEdits';

const set = (path: string, value: unknown): SpecChange => ({ type: 'set', path: steps(path), value });
const insert = (path: string, value: unknown): SpecChange => ({ type: 'insert', path: steps(path), value });
const remove = (path: string): SpecChange => ({ type: 'remove', path: steps(path) });
const wrap = (path: string, from: number, to: number, around: Record<string, unknown> = { type: 'residual' }) =>
  ({ type: 'wrap', path: steps(path), from, to, around }) as SpecChange;
const steps = (path: string) => path.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));

/** The text before and after, and that editing by `editsBetween` says the same. */
function check(what: string, before: string, changes: SpecChange | SpecChange[], after: string): void {
  test(what, () => {
    const changed = changedText(before, [changes].flat());
    assert.equal(changed, after);
    assert.equal(applyEdits(before, editsBetween(before, changed)), after);
  });
}

const lines = (...texts: string[]) => texts.join('\n');

check('a value is replaced', '{ "a": 1 }', set('a', 2), '{ "a": 2 }');
check('a value keeps the comments beside it', '{ "a": /* x */ 1 // y\n}', set('a', 2), '{ "a": /* x */ 2 // y\n}');
check(
  'a name is replaced by an object',
  '{ "optimizer": "sgd" }',
  set('optimizer', { type: 'adam' }),
  '{ "optimizer": { "type": "adam" } }',
);
check(
  'a name gets an option',
  '{ "optimizer": "sgd" }',
  set('optimizer.learningRate', 0.1),
  '{ "optimizer": { "type": "sgd", "learningRate": 0.1 } }',
);
check('an object on one line gets a property', '{ "a": { "b": 1 } }', set('a.c', 2), '{ "a": { "b": 1, "c": 2 } }');
check(
  'an object on one line with a trailing comma',
  '{ "a": { "b": 1, } }',
  set('a.c', 2),
  '{ "a": { "b": 1, "c": 2, } }',
);
check('without spaces', '{"a":{"b":1}}', set('a.c', [1, 2]), '{"a":{"b":1,"c":[1,2]}}');
check('an empty object', '{ "a": {} }', set('a.c', 2), '{ "a": { "c": 2 } }');
check(
  'an empty object with a comment',
  '{\n  "a": {\n    // nothing\n  }\n}',
  set('a.c', 2),
  '{\n  "a": {\n    // nothing\n    "c": 2\n  }\n}',
);
check('an empty list', '{ "a": [] }', insert('a.0', { b: 1 }), '{ "a": [{ "b": 1 }] }');
check(
  'a property missing with what is around it',
  '{ "netspec": 1 }',
  set('training.clipNorm', 1),
  '{ "netspec": 1, "training": { "clipNorm": 1 } }',
);
check(
  'an object of several lines',
  '{\n  "a": 1,\n  "b": 2\n}\n',
  set('c', 3),
  '{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}\n',
);
check(
  'an object of several lines with a trailing comma',
  '{\n  "a": 1,\n}\n',
  set('c', 3),
  '{\n  "a": 1,\n  "c": 3,\n}\n',
);
check('tabs', '{\n\t"a": {\n\t\t"b": 1\n\t}\n}\n', set('a.c', 3), '{\n\t"a": {\n\t\t"b": 1,\n\t\t"c": 3\n\t}\n}\n');
check('line ends of Windows', '{\r\n  "a": 1\r\n}\r\n', set('c', 3), '{\r\n  "a": 1,\r\n  "c": 3\r\n}\r\n');
check('a comment behind the last property', '{\n  "a": 1 // one\n}', set('c', 3), '{\n  "a": 1, // one\n  "c": 3\n}');
check(
  'a comment behind the property before',
  '{\n  "optimizer": "sgd", // one\n  "ignore": []\n}',
  set('training', {}),
  '{\n  "optimizer": "sgd", // one\n  "training": {},\n  "ignore": []\n}',
);
check(
  'a comment above the next property',
  '{\n  "optimizer": "sgd",\n  // none\n  "ignore": []\n}',
  set('training', {}),
  '{\n  "optimizer": "sgd",\n  "training": {},\n  // none\n  "ignore": []\n}',
);
check(
  'a bracket behind the last property',
  '{\n  "a": 1,\n  "b": 2 }',
  set('c', 3),
  '{\n  "a": 1,\n  "b": 2,\n  "c": 3 }',
);
check(
  'settings of the root come in their order',
  '{ "netspec": 1, "data": 1, "layers": [], "loss": "x", "training": {} }',
  set('optimizer', 'adam'),
  '{ "netspec": 1, "data": 1, "layers": [], "loss": "x", "optimizer": "adam", "training": {} }',
);
check(
  'a learning rate follows the type',
  '{ "o": { "type": "sgd", "momentum": 0.9 } }',
  set('o.learningRate', 0.1),
  '{ "o": { "type": "sgd", "learningRate": 0.1, "momentum": 0.9 } }',
);
check(
  'an activation follows the units',
  '{ "l": { "type": "dense", "units": 4, "kernelInitializer": "zeros" } }',
  set('l.activation', 'relu'),
  '{ "l": { "type": "dense", "units": 4, "activation": "relu", "kernelInitializer": "zeros" } }',
);
check(
  'a residual keeps its layers last',
  '{ "l": { "type": "residual", "layers": [] } }',
  set('l.scale', 0.5),
  '{ "l": { "type": "residual", "scale": 0.5, "layers": [] } }',
);
check('the first of a list', '{ "a": [1, 2] }', insert('a.0', 0), '{ "a": [0, 1, 2] }');
check('the middle of a list', '{ "a": [1, 2] }', insert('a.1', 0), '{ "a": [1, 0, 2] }');
check('the end of a list', '{ "a": [1, 2] }', insert('a.2', 0), '{ "a": [1, 2, 0] }');
check('the first of a list in spaces', '{ "a": [ 1, 2 ] }', insert('a.0', 0), '{ "a": [ 0, 1, 2 ] }');
check('the first of a list without spaces', '{"a":[1,2]}', insert('a.0', 0), '{"a":[0,1,2]}');
check(
  'the first of a list of several lines',
  '{\n  "a": [ // x\n    // one\n    1\n  ]\n}',
  insert('a.0', 0),
  '{\n  "a": [ // x\n    0,\n    // one\n    1\n  ]\n}',
);
check(
  'the end of a list of several lines',
  '{\n  "a": [\n    1 // one\n    // after\n  ]\n}',
  insert('a.1', 2),
  '{\n  "a": [\n    1, // one\n    2\n    // after\n  ]\n}',
);
check(
  'between lines',
  '{\n  "a": [\n    1, // one\n    // two\n    2\n  ]\n}',
  insert('a.1', 0),
  '{\n  "a": [\n    1, // one\n    0,\n    // two\n    2\n  ]\n}',
);
check('set beyond the end of a list puts it there', '{ "a": [1] }', set('a.1', 2), '{ "a": [1, 2] }');
check(
  'in the order in which they are made',
  '{ "a": [1, 2] }',
  [insert('a.0', 0), set('a.1', 9), remove('a.2')],
  '{ "a": [0, 9] }',
);

check(
  'a tall neighbour makes a tall layer',
  lines('{', '  "layers": [', '    {', '      "type": "dense",', '      "units": 3', '    }', '  ]', '}'),
  insert('layers.1', { type: 'dropout', rate: 0.5 }),
  lines(
    '{',
    '  "layers": [',
    '    {',
    '      "type": "dense",',
    '      "units": 3',
    '    },',
    '    {',
    '      "type": "dropout",',
    '      "rate": 0.5',
    '    }',
    '  ]',
    '}',
  ),
);
check(
  'a tall text gets tall settings',
  lines('{', '  "netspec": 1,', '  "data": {', '    "source": "xor"', '  }', '}'),
  set('training.clipNorm', 1),
  lines(
    '{',
    '  "netspec": 1,',
    '  "data": {',
    '    "source": "xor"',
    '  },',
    '  "training": {',
    '    "clipNorm": 1',
    '  }',
    '}',
  ),
);
const wide = '"kernelInitializer": { "type": "orthogonal", "gain": 2 }';
check(
  'a line that becomes too long is broken up from outside',
  lines('{', `  "layers": [{ "type": "dense", "units": 64, ${wide} }]`, '}'),
  set('layers.0.activation', 'relu'),
  lines('{', '  "layers": [', `    { "type": "dense", "units": 64, "activation": "relu", ${wide} }`, '  ]', '}'),
);
check(
  'and further in where that is not enough',
  lines('{', `  "layers": [{ "type": "dense", "units": 64, ${wide} }]`, '}'),
  [set('layers.0.activation', 'leakyRelu'), set('layers.0.biasInitializer', 'glorotUniform')],
  lines(
    '{',
    '  "layers": [',
    '    {',
    '      "type": "dense",',
    '      "units": 64,',
    '      "activation": "leakyRelu",',
    `      ${wide},`,
    '      "biasInitializer": "glorotUniform"',
    '    }',
    '  ]',
    '}',
  ),
);

check('a property is removed', '{ "a": 1, "b": 2 }', remove('a'), '{ "b": 2 }');
check('the last property is removed', '{ "a": 1, "b": 2 }', remove('b'), '{ "a": 1 }');
check('the only property is removed', '{ "c": { "a": 1 } }', remove('c.a'), '{ "c": {} }');
check('one in the middle', '{ "a": 1, "b": 2, "c": 3 }', remove('b'), '{ "a": 1, "c": 3 }');
check('without spaces, one in the middle', '{"a":1,"b":2,"c":3}', remove('b'), '{"a":1,"c":3}');
check('a line is removed whole', '{\n  "a": 1,\n  "b": 2\n}', remove('a'), '{\n  "b": 2\n}');
check('the last line is removed with the comma before it', '{\n  "a": 1,\n  "b": 2\n}', remove('b'), '{\n  "a": 1\n}');
check('the last line with a trailing comma', '{\n  "a": 1,\n  "b": 2,\n}', remove('b'), '{\n  "a": 1,\n}');
check('the only line', '{\n  "c": [\n    1\n  ]\n}', remove('c.0'), '{\n  "c": []\n}');
check(
  'comments stay where the value goes',
  '{\n  "a": 1, // one\n  // two\n  "b": 2 // three\n}',
  remove('b'),
  '{\n  "a": 1 // one\n  // two\n  // three\n}',
);
check('a comment before the comma stays', '{ "a": 1 /* x */, "b": 2 }', remove('a'), '{ /* x */ "b": 2 }');
check('lines of Windows are removed whole', '{\r\n  "a": 1,\r\n  "b": 2\r\n}', remove('a'), '{\r\n  "b": 2\r\n}');

check(
  'wraps on one line',
  '{ "layers": [{ "type": "a" }, { "type": "b" }] }',
  wrap('layers', 1, 2),
  '{ "layers": [{ "type": "a" }, { "type": "residual", "layers": [{ "type": "b" }] }] }',
);
check(
  'wraps lines that fit on one',
  lines('{', '  "layers": [', '    { "type": "a" },', '    { "type": "b" },', '    { "type": "c" }', '  ]', '}'),
  wrap('layers', 0, 2),
  lines(
    '{',
    '  "layers": [',
    '    { "type": "residual", "layers": [{ "type": "a" }, { "type": "b" }] },',
    '    { "type": "c" }',
    '  ]',
    '}',
  ),
);
check(
  'wraps lines with their comments',
  lines(
    '{',
    '  "layers": [ // all',
    '    // first',
    '    { "type": "a" }, // a',
    '    // second',
    '    { "type": "b" }, // b',
    '    // third',
    '    { "type": "c" }',
    '  ]',
    '}',
  ),
  wrap('layers', 0, 2, { type: 'residual', scale: 0.5 }),
  lines(
    '{',
    '  "layers": [ // all',
    '    {',
    '      "type": "residual",',
    '      "scale": 0.5,',
    '      "layers": [',
    '        // first',
    '        { "type": "a" }, // a',
    '        // second',
    '        { "type": "b" } // b',
    '      ]',
    '    },',
    '    // third',
    '    { "type": "c" }',
    '  ]',
    '}',
  ),
);
check(
  'wraps the end of a list with a trailing comma, in tabs',
  lines('{', '\t"layers": [', '\t\t{', '\t\t\t"type": "a",', '\t\t},', '\t],', '}'),
  wrap('layers', 0, 1),
  lines(
    '{',
    '\t"layers": [',
    '\t\t{',
    '\t\t\t"type": "residual",',
    '\t\t\t"layers": [',
    '\t\t\t\t{',
    '\t\t\t\t\t"type": "a",',
    '\t\t\t\t},',
    '\t\t\t]',
    '\t\t},',
    '\t],',
    '}',
  ),
);

test('what cannot be changed is refused', () => {
  const text = '{ "a": { "b": 1 }, "l": [1] }';
  const refused: SpecChange[] = [
    remove('x'),
    set('a.b.c', 1),
    insert('a.b', 1),
    insert('l.2', 1),
    insert('l.x', 1),
    wrap('l', 0, 2),
    wrap('l', 1, 1),
    set('a.b', Number.NaN),
    set('a', undefined),
  ];
  for (const change of refused) assert.throws(() => changedText(text, [change]), Error, JSON.stringify(change));
  assert.throws(() => changedText('', [set('a', 1)]), Error);
});

const examples = readdirSync('examples')
  .filter((f) => f.endsWith('.netspec.json'))
  .map((f) => readFileSync(`examples/${f}`, 'utf8'));
const LAYOUTS: Readonly<Record<string, (text: string) => string>> = {
  'as they are': (text) => text,
  'in tabs and line ends of Windows': (text) =>
    text.replace(/^(?: {2})+/gm, (s) => '\t'.repeat(s.length / 2)).replaceAll('\n', '\r\n'),
  'a line an entry': (text) => JSON.stringify(JSON.parse(text), undefined, 4),
  'on one line': (text) => JSON.stringify(JSON.parse(text)),
  'with comments everywhere': (text) => {
    let count = 0;
    return text
      .replace(/,?$/gm, (comma) => `${comma} // c${count++}`)
      .replace(/([[{])/g, (open) => `${open} /* o${count++} */`);
  },
  'with trailing commas': (text) => text.replace(/([^,{[\s])(\s*[}\]])/g, '$1,$2'),
};

function commentsOf(text: string): string[] {
  const scanner = createScanner(text, false);
  const found: string[] = [];
  for (let kind = scanner.scan(); kind !== 17; kind = scanner.scan())
    if (kind === 12 || kind === 13) found.push(scanner.getTokenValue().trim());
  return found;
}
const readJson = (text: string): unknown => {
  const errors: { error: number; offset: number; length: number }[] = [];
  const value = parse(text, errors, { allowTrailingComma: true });
  assert.deepEqual(errors, [], text);
  return value;
};

/** What the change means, on plain values. */
function meant(value: unknown, change: SpecChange): unknown {
  const copy = structuredClone(value) as Record<string, unknown>;
  const parent = change.path.slice(0, -1).reduce<Record<string | number, unknown>>((at, key) => at[key] as never, copy);
  const key = change.path.at(-1)!;
  if (change.type === 'set') parent[key] = change.value;
  else if (change.type === 'insert') (parent as unknown as unknown[]).splice(key as number, 0, change.value);
  else if (change.type === 'remove') Array.isArray(parent) ? parent.splice(key as number, 1) : delete parent[key];
  else {
    const list = parent[key] as unknown[];
    list.splice(change.from, change.to - change.from, { ...change.around, layers: list.slice(change.from, change.to) });
  }
  return copy;
}

/** Every change that can be made at any place of a value. */
function* changesOf(value: unknown, path: (string | number)[] = []): Generator<SpecChange> {
  if (path.length > 0) yield { type: 'remove', path };
  if (Array.isArray(value)) {
    const added = { type: 'dense', units: 3, kernelInitializer: { type: 'orthogonal', gain: 2 } };
    for (let i = 0; i <= value.length; i++) yield { type: 'insert', path: [...path, i], value: added };
    for (let i = 0; i < value.length; i++) {
      for (const to of [i + 1, value.length])
        yield { type: 'wrap', path, from: i, to, around: { type: 'residual', scale: 2 } };
      yield* changesOf(value[i], [...path, i]);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const key of ['activation', 'zzz', 'layers2'])
      if (!(key in value)) yield { type: 'set', path: [...path, key], value: key };
    for (const [key, item] of Object.entries(value)) yield* changesOf(item, [...path, key]);
  } else yield { type: 'set', path, value: { type: 'new', list: [1, 2] } };
}

for (const [layout, laidOut] of Object.entries(LAYOUTS)) {
  test(`any change of the examples ${layout} means what it should and keeps everything else`, () => {
    let count = 0;
    for (const example of examples) {
      const text = laidOut(example);
      const value = readJson(text);
      const comments = commentsOf(text);
      for (const change of changesOf(value)) {
        count++;
        const after = changedText(text, [change]);
        const told = `${JSON.stringify(change)}\n${after}`;
        assert.deepEqual(readJson(after), meant(value, change), told);
        const kept = new Set(commentsOf(after));
        const lost = comments.filter((c) => !kept.has(c));
        // Comments within a value go with it.
        if (change.type !== 'remove' && change.type !== 'set') assert.deepEqual(lost, [], told);
        else {
          const gone = valueTextAt(text, change.path);
          assert.ok(
            lost.every((c) => gone.includes(c)),
            `${lost}\n${told}`,
          );
        }
        if (text.includes('\r\n')) assert.doesNotMatch(after, /[^\r]\n/, told);
        assert.equal(applyEdits(text, editsBetween(text, after)), after);
        if (layout === 'as they are')
          assert.ok(
            after.split('\n').every((line) => line.length <= 120 && line === line.trimEnd()),
            told,
          );
      }
    }
    assert.ok(count > 800, `${count} changes`);
  });
}

function valueTextAt(text: string, path: readonly (string | number)[]): string {
  const node = findNodeAtLocation(parseTree(text, [], { allowTrailingComma: true })!, [...path]);
  if (!node) return '';
  return text.slice((node.parent?.type === 'property' ? node.parent : node).offset, node.offset + node.length);
}

test('edits are the lines that differ, and of one line what differs in it', () => {
  const before = 'a\nb\nc\nd\ne\n';
  assert.deepEqual(editsBetween(before, before), []);
  assert.deepEqual(editsBetween(before, 'a\nb\nx\nd\ne\n'), [{ start: 4, end: 5, text: 'x' }]);
  assert.deepEqual(editsBetween(before, 'a\nX\nb\nc\nd\n'), [
    { start: 2, end: 2, text: 'X\n' },
    { start: 8, end: 10, text: '' },
  ]);
  assert.deepEqual(editsBetween('', 'a'), [{ start: 0, end: 0, text: 'a' }]);
  assert.deepEqual(editsBetween('a', ''), [{ start: 0, end: 1, text: '' }]);
  assert.deepEqual(editsBetween('x = "😀";\r\n', 'x = "😁";\r\n'), [{ start: 5, end: 7, text: '😁' }]);
  assert.deepEqual(editsBetween('a\r\nb\r\n', 'a\nb\r\n'), [{ start: 1, end: 3, text: '\n' }]);
});

test('edits between texts of any lines lead from the one to the other', () => {
  let state = 7;
  const random = (n: number) => {
    state = (state * 48271) % 2147483647;
    return state % n;
  };
  for (let round = 0; round < 500; round++) {
    const text = () => Array.from({ length: random(12) }, () => 'abc'[random(3)]! + '\n'.repeat(random(2))).join('');
    const [before, after] = [text(), text()];
    const edits = editsBetween(before, after);
    assert.equal(applyEdits(before, edits), after);
    for (let i = 1; i < edits.length; i++) assert.ok(edits[i]!.start >= edits[i - 1]!.end);
  }
});
