import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse } from 'jsonc-parser';
import { analyzeSpec } from '../../../src/spec/analyze';
import { PROBLEM_CODES } from '../../../src/spec/codes';
import { editorSchema, type JsonSchema, strictSchema } from '../../../src/spec/jsonSchema';
import { parseText } from '../../../src/spec/parse';
import { root } from '../../../src/spec/schema';
import type { Fields, Kind } from '../../../src/spec/schema/fields';
import { schemaFiles } from '../../../src/spec/schemaFile';
import { filled, validateValue } from '../../../src/spec/validate';
import { unmark } from './check';
import { VALUE_CASES } from './valueCases';

/** Does draft 07 accept the value? Knows the words that our schemas use, and fails on any other. */
function accepts(schema: unknown, value: unknown, whole: JsonSchema): boolean {
  const record = schema as JsonSchema;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const object = (isObject ? value : {}) as Record<string, unknown>;
  const list = (word: string) => record[word] as unknown[];
  return Object.keys(record).every((word) => {
    const argument = record[word];
    const limit = argument as number;
    switch (word) {
      case '$ref':
        return accepts((whole.definitions as JsonSchema)[String(argument).replace('#/definitions/', '')], value, whole);
      case 'type':
        if (argument === 'integer') return Number.isInteger(value);
        return argument === (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value);
      case 'enum':
        return list(word).includes(value);
      case 'const':
        return argument === value;
      case 'minimum':
        return typeof value !== 'number' || value >= limit;
      case 'maximum':
        return typeof value !== 'number' || value <= limit;
      case 'exclusiveMinimum':
        return typeof value !== 'number' || value > limit;
      case 'exclusiveMaximum':
        return typeof value !== 'number' || value < limit;
      case 'minLength':
        return typeof value !== 'string' || value.length >= limit;
      case 'maxLength':
        return typeof value !== 'string' || value.length <= limit;
      case 'minItems':
        return !Array.isArray(value) || value.length >= limit;
      case 'maxItems':
        return !Array.isArray(value) || value.length <= limit;
      case 'items':
        return !Array.isArray(value) || value.every((v) => accepts(argument, v, whole));
      case 'required':
        return !isObject || list(word).every((key) => Object.hasOwn(object, String(key)));
      case 'properties':
        return Object.entries(argument as JsonSchema).every(
          ([k, s]) => !Object.hasOwn(object, k) || accepts(s, object[k], whole),
        );
      case 'additionalProperties': {
        const known = record.properties as JsonSchema;
        return Object.keys(object).every((k) => Object.hasOwn(known, k));
      }
      case 'allOf':
        return list(word).every((s) => accepts(s, value, whole));
      case 'anyOf':
        return list(word).some((s) => accepts(s, value, whole));
      case 'oneOf':
        return list(word).filter((s) => accepts(s, value, whole)).length === 1;
      case 'not':
        return !accepts(argument, value, whole);
      case 'if':
        return !accepts(argument, value, whole) || accepts(record.then, value, whole);
      case '$schema':
      case 'title':
      case 'description':
      case 'markdownDescription':
      case 'enumDescriptions':
      case 'markdownEnumDescriptions':
      case 'default':
      case 'defaultSnippets':
      case 'definitions':
      case 'then':
      case 'allowComments':
      case 'allowTrailingCommas':
        return true;
      default:
        throw new Error(`the test does not know ${word}`);
    }
  });
}

/** What lies between fields or beyond JSON's data, and so beyond a schema. */
const BEYOND_SCHEMA = /^NS(104|117|2\d\d|4\d\d)$/;

describe('the strict schema agrees with validation', () => {
  const schema = strictSchema();
  for (const [name, marked] of Object.entries(VALUE_CASES)) {
    test(name, () => {
      const { text } = unmark(marked);
      const { tree, problems } = analyzeSpec(text);
      if (!tree) return;
      // Numbers that float64 cannot hold, and a key that plain objects cannot have, are beyond this test's reader.
      if (/1e999|__proto__/.test(text)) return;
      const right = problems.every((p) => BEYOND_SCHEMA.test(p.code));
      assert.equal(accepts(schema, parse(text, [], { allowTrailingComma: true }), schema), right);
    });
  }
});

test('the editor schema finds fault with nothing', () => {
  const schema = editorSchema();
  for (const marked of Object.values(VALUE_CASES)) {
    const value: unknown = parse(unmark(marked).text, [], { allowTrailingComma: true });
    assert.ok(value === undefined || accepts(schema, value, schema), marked);
  }
  assert.equal(schema.allowComments, true);
  assert.equal(schema.allowTrailingCommas, true);
});

/** Every kind and field of the table, each once. */
function walk(visit: (path: string, kind: Kind, fields?: Fields) => void): void {
  const seen = new Set<Kind>();
  const go = (path: string, kind: Kind): void => {
    if (seen.has(kind)) return;
    seen.add(kind);
    if (kind.kind === 'reference') go(path, kind.to());
    if (kind.kind === 'list') go(`${path}[]`, kind.item);
    const sets =
      kind.kind === 'object'
        ? { '': kind.fields }
        : kind.kind === 'variants'
          ? Object.fromEntries(Object.entries(kind.variants).map(([n, v]) => [`(${n})`, v.fields]))
          : {};
    visit(path, kind);
    for (const [name, fields] of Object.entries(sets)) {
      visit(`${path}${name}`, kind, fields);
      for (const [key, field] of Object.entries(fields)) go(`${path}${name}.${key}`, field.kind);
    }
  };
  go('', root);
}

describe('the table', () => {
  test('every field, variant and name has a text of whole sentences', () => {
    let count = 0;
    const sentence = (text: string, path: string) => {
      count++;
      assert.match(text, /\S[\s\S]*[.)]$/, path);
    };
    walk((path, kind, fields) => {
      for (const [key, field] of Object.entries(fields ?? {})) sentence(field.doc, `${path}.${key}`);
      if (kind.kind === 'choice')
        for (const [name, doc] of Object.entries(kind.options)) sentence(doc, `${path}=${name}`);
      if (kind.kind === 'variants')
        for (const [name, v] of Object.entries(kind.variants)) sentence(v.doc, `${path}=${name}`);
    });
    assert.ok(count > 250, `${count} texts`);
  });

  test('every default is what validation makes of it', () => {
    let count = 0;
    walk((path, _kind, fields) => {
      for (const [key, field] of Object.entries(fields ?? {})) {
        if (field.presence !== 'default' || field.default === undefined) continue;
        count++;
        const wrapped = {
          kind: 'object',
          what: 'test',
          fields: { x: { ...field, presence: 'required' } },
          alternatives: [],
        } as const;
        const { tree } = parseText(JSON.stringify({ x: field.default }));
        const { problems, value } = validateValue(wrapped, tree!);
        assert.deepEqual(problems, [], `${path}.${key}`);
        assert.deepEqual(value, { x: filled(field.kind, field.default) }, `${path}.${key}`);
      }
    });
    assert.ok(count > 100, `${count} defaults`);
  });

  test('every property of both schemas has a description', () => {
    for (const schema of [strictSchema(), editorSchema()]) {
      let count = 0;
      const go = (node: unknown, path: string): void => {
        if (typeof node !== 'object' || node === null) return;
        for (const [key, value] of Object.entries(node)) {
          // The tests of `if` are no properties that anyone sees.
          if (key === 'if' || key === 'default' || key === 'defaultSnippets') continue;
          if (key === 'properties') {
            for (const [name, property] of Object.entries(value as JsonSchema)) {
              count++;
              assert.equal(typeof (property as JsonSchema).description, 'string', `${path}.${name}`);
            }
          }
          go(value, `${path}.${key}`);
        }
      };
      go(schema, '');
      assert.ok(count > 150, `${count} properties`);
    }
  });

  test('the files that ship are the schemas', () => {
    const files = schemaFiles();
    assert.deepEqual(Object.keys(files), ['netspec.schema.json', 'netspec.editor.schema.json']);
    assert.deepEqual(
      Object.values(files).map((text) => JSON.parse(text)),
      [strictSchema(), editorSchema()],
    );
  });

  test('schemas are plain JSON', () => {
    for (const schema of [strictSchema(), editorSchema()]) {
      assert.deepEqual(JSON.parse(JSON.stringify(schema)), schema);
    }
  });
});

describe('defaults', () => {
  const spec = analyzeSpec(
    '{ "netspec": 1, "data": { "source": "spiral" }, "layers": [ { "type": "dense", "units": 2 } ], "loss": "softmaxCrossEntropy" }',
  ).spec;
  test('of everything but what must be said', () => {
    assert.deepEqual(spec, {
      netspec: 1,
      seed: 0,
      ignore: [],
      data: {
        source: 'spiral',
        samples: 1000,
        noise: 0.1,
        classes: 2,
        testSplit: 0.2,
        normalize: 'none',
        shuffle: true,
      },
      layers: [
        {
          type: 'dense',
          units: 2,
          activation: 'linear',
          useBias: true,
          kernelInitializer: { type: 'glorotUniform' },
          biasInitializer: { type: 'zeros' },
          trainable: true,
        },
      ],
      loss: 'softmaxCrossEntropy',
      optimizer: { type: 'sgd', learningRate: 0.01, momentum: 0, nesterov: false, weightDecay: 0 },
      training: {
        batchSize: 32,
        epochs: 5,
        schedule: { type: 'constant', warmup: 0 },
        recordEvery: 1,
        precision: 'float32',
      },
    });
  });
  const one = (rest: string) =>
    analyzeSpec(
      `{ "netspec": 1, "data": { "source": "xor" }, "layers": [ { "type": "dense", "units": 2 } ], "loss": "softmaxCrossEntropy", ${rest} }`,
    ).spec;
  test('optimizers are those of PyTorch', () => {
    assert.deepEqual(one('"optimizer": "adam"')?.optimizer, {
      type: 'adam',
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
    });
    assert.deepEqual(one('"optimizer": { "type": "rmsprop" }')?.optimizer, {
      type: 'rmsprop',
      learningRate: 0.01,
      rho: 0.99,
      momentum: 0,
      epsilon: 1e-8,
      weightDecay: 0,
    });
    assert.deepEqual(one('"optimizer": "nadam"')?.optimizer, {
      type: 'nadam',
      learningRate: 2e-3,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      momentumDecay: 4e-3,
      weightDecay: 0,
    });
    assert.deepEqual(one('"optimizer": "lion"')?.optimizer, {
      type: 'lion',
      learningRate: 1e-4,
      beta1: 0.9,
      beta2: 0.99,
      weightDecay: 0,
    });
  });
  test('steps take the place of epochs', () => {
    const training = one('"training": { "steps": 7 }')?.training;
    assert.deepEqual([training?.steps, training?.epochs], [7, undefined]);
  });
  test('short forms are written out', () => {
    const layers = (text: string) =>
      analyzeSpec(`{ "netspec": 1, "data": { "source": "csv", "path": "a" }, "layers": [ ${text} ], "loss": "huber" }`)
        .spec?.layers[0];
    const conv = layers('{ "type": "conv2d", "filters": 2, "kernelSize": 3, "kernelInitializer": "orthogonal" }');
    assert.deepEqual(conv?.type === 'conv2d' && [conv.kernelSize, conv.strides, conv.kernelInitializer], [
      [3, 3],
      [1, 1],
      { type: 'orthogonal', gain: 1 },
    ]);
    const pool = layers('{ "type": "maxPooling2d", "poolSize": [2, 3] }');
    assert.deepEqual(pool?.type === 'maxPooling2d' && pool.strides, [2, 3]);
  });
});

describe('specs that people see', () => {
  const folder = 'examples';
  const files = readdirSync(folder).filter((f) => f.endsWith('.netspec.json'));
  for (const file of files) {
    test(`examples/${file} is right, by analysis and by the schema`, () => {
      const text = readFileSync(`${folder}/${file}`, 'utf8');
      const schema = strictSchema();
      assert.deepEqual(analyzeSpec(text).problems, []);
      assert.ok(accepts(schema, JSON.parse(text), schema));
    });
  }
  test('the spec of the language’s documentation', () => {
    const { problems, graph } = analyzeSpec(`{
      "$schema": "…/netspec.schema.json",       // optional
      "netspec": 1,                              // required: language version
      "name": "Deep sigmoid on digits",          // optional
      "seed": 1,                                 // default 0
      "data": { "source": "mnist" },
      "layers": [
        { "type": "flatten" },
        { "type": "repeat", "times": 10, "layers": [
          { "type": "dense", "units": 64, "activation": "sigmoid", "kernelInitializer": "glorotUniform" } ] },
        { "type": "dense", "name": "logits", "units": 10 }
      ],
      "loss": "softmaxCrossEntropy",
      "optimizer": { "type": "sgd", "learningRate": 0.1, "momentum": 0.9 },
      "training": { "batchSize": 32, "epochs": 5 }
    }`);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      graph?.layers.map((l) => l.name),
      ['flatten_1', ...Array.from({ length: 10 }, (_, i) => `dense_1/${i + 1}`), 'logits'],
    );
    assert.equal(graph?.parameterCount, 784 * 64 + 64 + 9 * (64 * 64 + 64) + 650);
  });
});

test('every code that the room gives stands in the table of codes', () => {
  const folder = 'src/spec';
  const used = new Set<string>();
  for (const file of readdirSync(folder).filter((f) => f.endsWith('.ts') && f !== 'codes.ts')) {
    for (const [code] of readFileSync(`${folder}/${file}`, 'utf8').matchAll(/NS[124]\d\d(?=')/g)) used.add(code);
  }
  assert.deepEqual([...used].sort(), Object.keys(PROBLEM_CODES).sort());
});
