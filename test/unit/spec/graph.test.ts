import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyzeSpec, layerAt } from '../../../src/spec/analyze';
import { describeLayer, layerSummary, typeText } from '../../../src/spec/describe';
import { check, spiral } from './check';

const end = '{ "type": "dense", "units": 2 }';
const dense = (units: number, rest = '') => `{ "type": "dense", "units": ${units}${rest} }`;
const repeat = (times: number, layers: string, rest = '') =>
  `{ "type": "repeat", "times": ${times}, "layers": [ ${layers} ]${rest} }`;
const residual = (layers: string, rest = '') => `{ "type": "residual", "layers": [ ${layers} ]${rest} }`;

function graphOf(layers: string) {
  const { graph } = check(spiral(layers));
  assert.ok(graph);
  return graph;
}
/** Each layer as `name(inputs)`. */
function wiring(layers: string): string[] {
  const graph = graphOf(layers);
  return graph.layers.map((l) => `${l.name}(${l.inputs.map((i) => graph.layers[i]?.name ?? 'data').join(' ')})`);
}

describe('names and inputs of the expanded graph', () => {
  test('unnamed layers are counted by type, named ones are not', () => {
    assert.deepEqual(
      wiring(`${dense(3)}, ${dense(4, ', "name": "mine"')}, { "type": "dropout", "rate": 0.5 }, ${end}`),
      ['dense_1(data)', 'mine(dense_1)', 'dropout_1(mine)', 'dense_2(dropout_1)'],
    );
  });
  test('a repeat appends the time', () => {
    assert.deepEqual(wiring(`${repeat(2, `${dense(3)}, ${dense(4, ', "name": "b"')}`)}, ${end}`), [
      'dense_1/1(data)',
      'b/1(dense_1/1)',
      'dense_1/2(b/1)',
      'b/2(dense_1/2)',
      'dense_2(b/2)',
    ]);
  });
  test('a repeat in a repeat appends both, the outer one first', () => {
    const graph = graphOf(`${repeat(2, repeat(2, dense(3)))}, ${end}`);
    assert.deepEqual(
      graph.layers.map((l) => [l.name, l.groups]),
      [
        ['dense_1/1/1', ['repeat_1/1', 'repeat_2/1/1']],
        ['dense_1/1/2', ['repeat_1/1', 'repeat_2/1/2']],
        ['dense_1/2/1', ['repeat_1/2', 'repeat_2/2/1']],
        ['dense_1/2/2', ['repeat_1/2', 'repeat_2/2/2']],
        ['dense_2', []],
      ],
    );
  });
  test('a residual prefixes what has no name, and adds its input', () => {
    const graph = graphOf(`${residual(`${dense(5)}, ${dense(2, ', "name": "out"')}`, ', "scale": 0.5')}, ${end}`);
    assert.deepEqual(wiring(`${residual(`${dense(5)}, ${dense(2, ', "name": "out"')}`)}, ${end}`), [
      'residual_1/dense_1(data)',
      'out(residual_1/dense_1)',
      'residual_1/add(data out)',
      'dense_2(residual_1/add)',
    ]);
    assert.deepEqual(graph.layers[2]?.coefficients, [1, 0.5]);
    assert.deepEqual(graph.layers[2]?.groups, ['residual_1']);
    assert.equal(graph.layers[2]?.spec.type, 'add');
  });
  test('a projection is a dense layer of the size of the block', () => {
    const graph = graphOf(`${residual(`${dense(5)}, ${dense(7)}`, ', "shortcut": "projection", "name": "r"')}, ${end}`);
    assert.deepEqual(
      graph.layers.map((l) => [l.name, l.inputShapes, l.outputShape]),
      [
        ['r/dense_1', [[2]], [5]],
        ['r/dense_2', [[5]], [7]],
        ['r/shortcut', [[2]], [7]],
        ['r/add', [[7], [7]], [7]],
        ['dense_3', [[7]], [2]],
      ],
    );
    const projection = graph.layers[2]!;
    assert.deepEqual(
      projection.parameters.map((p) => [p.name, p.shape]),
      [
        ['kernel', [2, 7]],
        ['bias', [7]],
      ],
    );
    assert.equal(projection.spec.type === 'dense' && projection.spec.units, 7);
  });
  test('composites within each other', () => {
    assert.deepEqual(wiring(`${repeat(2, residual(`${repeat(2, dense(2))}, ${residual(dense(2))}`))}, ${end}`), [
      'residual_1/dense_1/1/1(data)',
      'residual_1/dense_1/1/2(residual_1/dense_1/1/1)',
      'residual_1/residual_2/dense_2/1(residual_1/dense_1/1/2)',
      'residual_1/residual_2/add/1(residual_1/dense_1/1/2 residual_1/residual_2/dense_2/1)',
      'residual_1/add/1(data residual_1/residual_2/add/1)',
      'residual_1/dense_1/2/1(residual_1/add/1)',
      'residual_1/dense_1/2/2(residual_1/dense_1/2/1)',
      'residual_1/residual_2/dense_2/2(residual_1/dense_1/2/2)',
      'residual_1/residual_2/add/2(residual_1/dense_1/2/2 residual_1/residual_2/dense_2/2)',
      'residual_1/add/2(residual_1/add/1 residual_1/residual_2/add/2)',
      'dense_3(residual_1/add/2)',
    ]);
  });
  test('inputs by name: layers, composites, the data, and within a repeat the same time', () => {
    const body = `${dense(3, ', "name": "a"')}, ${dense(3)}, { "type": "add", "inputs": ["a", "dense_1"] }`;
    assert.deepEqual(
      wiring(`${repeat(2, body)}, { "type": "concatenate", "inputs": ["repeat_1", "a/1", "data"] }, ${end}`),
      [
        'a/1(data)',
        'dense_1/1(a/1)',
        'add_1/1(a/1 dense_1/1)',
        'a/2(add_1/1)',
        'dense_1/2(a/2)',
        'add_1/2(a/2 dense_1/2)',
        'concatenate_1(add_1/2 a/1 data)',
        'dense_2(concatenate_1)',
      ],
    );
  });
  test('a composite may name its input', () => {
    assert.deepEqual(
      wiring(
        `${dense(2)}, ${residual(dense(2), ', "inputs": ["data"]')}, ${repeat(1, dense(2), ', "inputs": ["dense_1"]')}, { "type": "add", "inputs": ["repeat_1", "residual_1"] }`,
      ),
      [
        'dense_1(data)',
        'residual_1/dense_2(data)',
        'residual_1/add(data residual_1/dense_2)',
        'dense_3/1(dense_1)',
        'add_1(dense_3/1 residual_1/add)',
      ],
    );
  });
  test('a layer that is called data hides the data', () => {
    assert.deepEqual(
      wiring(
        `${dense(2, ', "name": "data"')}, ${dense(3)}, ${dense(2, ', "inputs": ["data"], "name": "x"')}, { "type": "concatenate", "inputs": ["dense_1", "x"] }, ${end}`,
      )[2],
      'x(data)',
    );
  });
  test('an input that comes later in the text is computed first', () => {
    const graph = graphOf(
      `${dense(3, ', "inputs": ["b"]')}, ${dense(4, ', "name": "b", "inputs": ["data"]')}, ${dense(2, ', "inputs": ["dense_1"]')}`,
    );
    assert.deepEqual(graph.order, [1, 0, 2]);
    assert.equal(graph.output, 2);
    assert.deepEqual(graphOf(`${dense(3)}, ${end}`).order, [0, 1]);
  });
  test('ten thousand layers that each take the next one are sorted without a deep stack', () => {
    const layers = Array.from(
      { length: 9999 },
      (_, i) => `{"type":"activation","activation":"relu","name":"n${i}","inputs":["n${i + 1}"]}`,
    );
    const text = spiral(
      `${layers.join(',')}, { "type": "dense", "units": 2, "name": "n9999", "inputs": ["data"] }, { "type": "activation", "activation": "relu", "inputs": ["n0"] }`,
    );
    const { graph } = analyzeSpec(text);
    assert.equal(graph?.order[0], 9999);
    assert.equal(graph?.order.length, 10_001);
  });
});

const FAULTS: Record<string, string> = {
  'an unknown input': spiral(`${dense(3)}, { "type": "dense", "units": 2, "inputs": [⟪NS201 "dense_7"⟫] }`),
  'several unknown inputs': spiral(`{ "type": "add", "inputs": [⟪NS201 "a"⟫, ⟪NS201 "b"⟫] }`),
  'an unknown input within a repeat is told once': spiral(
    `${repeat(5, `{ "type": "dense", "units": 2, "inputs": [⟪NS201 "q"⟫] }`)}`,
  ),
  'a repeated layer without its time': spiral(
    `${repeat(2, dense(2))}, { "type": "add", "inputs": ["repeat_1", ⟪NS201 "dense_1"⟫] }`,
  ),
  'an empty input': spiral(`{ "type": "dense", "units": 2, "inputs": [⟪NS115 ""⟫] }`),
  'an input of no kind': spiral(`{ "type": "dense", "units": 2, "inputs": [⟪NS201 "__proto__"⟫] }`),
  'a name twice': spiral(`${dense(3, ', "name": "a"')}, { "type": "dense", "name": ⟪NS202 "a"⟫, "units": 2 }`),
  'a name that a layer without one has': spiral(
    `${dense(3)}, { "type": "dense", "name": ⟪NS202 "dense_1"⟫, "units": 2 }`,
  ),
  'a name that a later layer without one will have': spiral(
    `{ "type": "dense", "name": ⟪NS202 "dense_1"⟫, "units": 2 }, ${end}`,
  ),
  'a name that a repetition makes': spiral(
    `${repeat(2, dense(2, ', "name": "a"'))}, { "type": "dense", "name": ⟪NS202 "a/2"⟫, "units": 2 }`,
  ),
  'a name that a residual makes': spiral(
    `${residual(dense(2), ', "name": "r"')}, { "type": "dense", "name": ⟪NS202 "r/add"⟫, "units": 2 }`,
  ),
  'a layer that takes itself': spiral(`{ "type": "dense", "name": "a", "units": 2, "inputs": [⟪NS203 "a"⟫] }`),
  'two layers that take each other': spiral(
    `{ "type": "dense", "name": "a", "units": 2, "inputs": [⟪NS203 "b"⟫] }, { "type": "dense", "name": "b", "units": 2 }`,
  ),
  'a circle of three': spiral(
    `{ "type": "add", "name": "a", "inputs": ["data", ⟪NS203 "c"⟫] }, { "type": "dense", "name": "b", "units": 2 }, { "type": "dense", "name": "c", "units": 2 }, ${end}`,
  ),
  'a circle through a residual': spiral(
    `{ "type": "residual", "name": "r", "inputs": [⟪NS203 "r"⟫], "layers": [${end}] }`,
  ),
  'a circle through a projection': spiral(
    `{ "type": "residual", "name": "r", "shortcut": "projection", "layers": [{ "type": "dense", "units": 2, "inputs": [⟪NS203 "r/shortcut"⟫] }] }, ${end}`,
  ),
  'a layer to nowhere': spiral(
    `{ "type": ⟪NS213 "dense"⟫, "units": 3 }, { "type": "dense", "units": 2, "inputs": ["data"] }`,
  ),
  'a named layer to nowhere': spiral(
    `{ "type": "dense", "units": 3, "name": ⟪NS213 "lost"⟫ }, { "type": "dense", "units": 2, "inputs": ["data"] }`,
  ),
  'too many layers': spiral(`{ "type": "repeat", "times": ⟪NS401 1000000000⟫, "layers": [${dense(2)}] }, ${end}`),
  'too many layers by repetition of repetition': spiral(
    `${repeat(1000, `{ "type": "repeat", "times": ⟪NS401 1000000⟫, "layers": [${residual(dense(2))}] }`)}, ${end}`,
  ),
  'many times too many': spiral(
    `{ "type": "repeat", "times": ⟪NS401 9007199254740991⟫, "layers": [{ "type": "repeat", "times": 9007199254740990, "layers": [${dense(2)}] }] }, ${end}`,
  ),
};
describe('faults of the graph', () => {
  for (const [name, text] of Object.entries(FAULTS)) test(name, () => void check(text));
  test('the hint for a repeated layer says how to name one time', () => {
    const { problems } = analyzeSpec(
      spiral(`${repeat(2, dense(2))}, { "type": "dense", "units": 2, "inputs": ["dense_1"] }`),
    );
    assert.match(problems[0]?.hint ?? '', /`dense_1\/1`/);
  });
  test('a slip in an input gets a guess', () => {
    const { problems } = analyzeSpec(
      spiral(`${dense(2, ', "name": "encoder"')}, { "type": "dense", "units": 2, "inputs": ["encodr"] }`),
    );
    assert.match(problems[0]?.hint ?? '', /`encoder`/);
  });
});

describe('where layers are, and what is told of them', () => {
  const text = spiral(`${dense(3)}, ${repeat(3, dense(4, ', "activation": "relu"'))}, ${residual(dense(4))}, ${end}`);
  const { graph } = analyzeSpec(text);
  assert.ok(graph);
  const at = (what: string, from = 0) => layerAt(graph, text.indexOf(what, from) + 1)?.name;
  test('layerAt', () => {
    assert.equal(at('"units": 3'), 'dense_1');
    assert.equal(at('"relu"'), 'dense_2/1');
    assert.equal(at('"residual"'), 'residual_1/add');
    assert.equal(at('"units": 4', text.indexOf('residual')), 'residual_1/dense_3');
    assert.equal(at('"repeat"'), undefined);
    assert.equal(at('"netspec"'), undefined);
  });
  test('layerSummary', () => {
    assert.equal(layerSummary(graph.layers[0]!), '2 → 3 · 9 parameters');
    const big = analyzeSpec(spiral(`${dense(1000)}, ${end}`)).graph!.layers[0]!;
    assert.equal(layerSummary(big), '2 → 1000 · 3,000 parameters');
  });
  test('describeLayer', () => {
    const told = describeLayer(graph.layers[1]!);
    for (const part of ['`dense_2/1`', '`relu`', '3 → 4', '3×4', '`glorotUniform`', '3 → 4', 'repeat_1/1']) {
      assert.ok(told.includes(part), `${part} is missing from ${told}`);
    }
    for (const layer of graph.layers) assert.doesNotMatch(describeLayer(layer), /undefined|\[object/);
  });
  test('a name cannot act as Markdown', () => {
    const evil = analyzeSpec(spiral(dense(2, ', "name": "[x](command:y) `<b>` \\n# z"'))).graph!.layers[0]!;
    assert.match(describeLayer(evil), /^\*\*`\[x\]\(command:y\) '<b>' # z`\*\*/);
  });
  test('typeText knows layers and nothing else', () => {
    assert.match(typeText('residual') ?? '', /Adds/);
    assert.equal(typeText('toString'), undefined);
  });
});
