import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HintInput, type HintKinds, layerHints } from '../../../src/extension/hintText';
import { opened, shrinking } from './predictions';

const ALL: HintKinds = { shape: true, parameters: true, gradient: true };
const REST = `"loss": "softmaxCrossEntropy", "optimizer": "sgd", "training": { "batchSize": 32, "epochs": 1 } }`;
const textOf = (layers: string): string =>
  `{ "netspec": 1, "data": { "source": "spiral" },\n"layers": ${layers},\n${REST}\n`;

/** The text with its hints written into it, as an editor shows them. */
function shown(text: string, kinds: HintKinds = ALL, predict = true, change: Partial<HintInput> = {}): string {
  const { graph, tree, spec } = opened(text);
  const prediction = predict ? shrinking(graph, 0.2) : undefined;
  const input = { text, tree, graph, batchSize: spec.training.batchSize, prediction, ...change };
  const hints = [...layerHints(input, kinds)].sort((a, b) => b.offset - a.offset);
  let result = text;
  for (const { offset, parts } of hints) {
    result = `${result.slice(0, offset)}‹${parts.map((p) => p.text).join(' · ')}›${result.slice(offset)}`;
  }
  return result.slice(result.indexOf('"layers": ') + 10, result.indexOf('\n"loss"'));
}

test('a layer on a line has its hint at the end of it, behind the comma', () => {
  const text = textOf(`[
  { "type": "dense", "units": 64, "activation": "tanh" }, // a comment
  { "type": "dense", "units": 64 },
  { "type": "dense", "units": 2 }
]`);
  assert.equal(
    shown(text),
    `[
  { "type": "dense", "units": 64, "activation": "tanh" }, // a comment‹32×64 · 192 · ∇ ×0.20 → 0.040›
  { "type": "dense", "units": 64 },‹32×64 · 4,160 · ∇ ×0.20 → 0.20›
  { "type": "dense", "units": 2 }‹32×2 · 130 · ∇ ×0.20 → 1›
],`,
  );
});

test('a layer over several lines has its hint at its type, layers that share a line behind themselves', () => {
  const text = textOf(`[
  {
    "type": "dense",
    "units": 8
  },
  { "type": "activation", "activation": "relu" }, { "type": "dense",
    "units": 2 }
]`);
  assert.equal(
    shown(text),
    `[
  {
    "type": "dense",‹32×8 · 24 · ∇ ×0.20 → 0.040›
    "units": 8
  },
  { "type": "activation", "activation": "relu" },‹32×8 · ∇ ×0.20 → 0.20› { "type": "dense",‹32×2 · 18 · ∇ ×0.20 → 1›
    "units": 2 }
],`,
  );
});

test('a repeat says what each time does, and from where to where it leads', () => {
  const text = textOf(`[
  { "type": "repeat", "times": 3, "layers": [
    { "type": "dense", "units": 8 } ] },
  { "type": "repeat", "times": 2, "layers": [{ "type": "dense", "units": 8 }] },
  { "type": "dense", "units": 2 }
]`);
  assert.equal(
    shown(text),
    `[
  { "type": "repeat", "times": 3, "layers": [
    { "type": "dense", "units": 8 } ] },‹32×8 · 168 · ∇ ×0.20 each, 8.0e-3 → 3.2e-4›
  { "type": "repeat", "times": 2, "layers": [{ "type": "dense", "units": 8 }] },‹32×8 · 2 × 72 · ∇ ×0.20 each, 0.20 → 0.040›
  { "type": "dense", "units": 2 }‹32×2 · 18 · ∇ ×0.20 → 1›
],`,
  );
});

test('a repeat with one layer in one line has the hint at its own type, where the eye is', () => {
  const text = textOf(`[
  {
    "type": "repeat",
    "times": 2,
    "layers": [{ "type": "dense", "units": 8, "activation": "sigmoid" }]
  },
  {
    "type": "repeat",
    "times": 2,
    "layers": [{ "type": "dense", "units": 8 }, { "type": "activation", "activation": "relu" }]
  },
  { "type": "residual",
    "layers": [{ "type": "dense", "units": 8 }] },
  { "type": "dense", "units": 2 }
]`);
  const lines = shown(text, { shape: false, parameters: true, gradient: false }).split('\n');
  assert.deepEqual(
    lines.flatMap((line, i) => [...line.matchAll(/‹(.*?)›/g)].map(([, hint]) => `${i}: ${hint}`)),
    ['2: 96', '9: 2 × 72', '12: 72', '13: 18'],
  );
});

test('each kind can be left out, and a hint with none of them is none', () => {
  const text = textOf('[{ "type": "dense", "units": 2 }]');
  const only = (kind: keyof HintKinds): HintKinds => ({
    shape: false,
    parameters: false,
    gradient: false,
    [kind]: true,
  });
  assert.equal(shown(text, only('shape')), '[{ "type": "dense", "units": 2 }],‹32×2›');
  assert.equal(shown(text, only('parameters')), '[{ "type": "dense", "units": 2 }],‹6›');
  assert.equal(shown(text, only('gradient')), '[{ "type": "dense", "units": 2 }],‹∇ ×0.20 → 1›');
  assert.equal(shown(text, only('gradient'), false), '[{ "type": "dense", "units": 2 }],');
});

test('what cannot be said is not shown', () => {
  const text = textOf('[{ "type": "dense", "units": 2 }]');
  const { graph } = opened(text);
  const [layer] = shrinking(graph, 0.2).layers;
  const withLayer = (change: object): string =>
    shown(text, { shape: false, parameters: false, gradient: true }, true, {
      prediction: { ...shrinking(graph, 0.2), layers: [{ ...layer!, ...change }] },
    });
  assert.match(withLayer({ backwardFactor: Number.NaN }), /‹∇ 1›/);
  assert.match(withLayer({ cumulative: Number.NaN }), /‹∇ ×0\.20›/);
  assert.doesNotMatch(withLayer({ cumulative: Number.NaN, backwardFactor: Number.NaN }), /‹/);
  assert.doesNotMatch(withLayer({ name: 'another' }), /‹/, 'a prediction of another layer is not this one’s');
});
