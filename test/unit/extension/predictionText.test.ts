import assert from 'node:assert/strict';
import { test } from 'node:test';
import { predictionPicture } from '../../../src/extension/predictionPicture';
import { predictionText } from '../../../src/extension/predictionText';
import type { Prediction } from '../../../src/protocol/analysis';
import { predicted } from './predictions';

const TERMS = [
  { term: 'sigmoid', kind: 'activation', factor: 0.2362 },
  { term: 'glorot_Uniform', kind: 'initialization', factor: 1 },
] as const;

test('one layer: its terms, their product, what is left, the band', () => {
  const layer = predicted({ name: 'd', backwardFactor: 0.2362, cumulative: 2.5e-8, band: [1e-8, 6e-8], terms: TERMS });
  assert.equal(
    predictionText([layer]),
    [
      '**Predicted** at initialization, derived from the spec',
      '',
      '| | |',
      '|:--|--:|',
      '| sigmoid | `×0.236` |',
      '| glorot\\_Uniform | `×1.00` |',
      '| **Backward factor** | `×0.236` |',
      "| **Left of the last layer's** | `2.5e-8` |",
      '',
      '95 % of random draws of the weights: `1.0e-8` to `6.0e-8`',
    ].join('\n'),
  );
});

test('a run is set beside it', () => {
  const text = predictionText([predicted({ name: 'd', basis: 'probe' })], {
    measured: [{ backwardFactor: 0.21, cumulative: Number.NaN }],
    measuredWhen: 'at step 30',
  });
  assert.match(text, /measured on one batch/);
  assert.match(text, /\| \| predicted \| at step 30 \|/);
  assert.match(text, /\*\*Backward factor\*\* \| `×0\.200` \| `×0\.21` \|/);
  assert.match(text, /\| `0\.50` \| `–` \|/);
});

test('a repeat: a row a time, a long one cut in the middle, its terms once', () => {
  const layers = Array.from({ length: 20 }, (_, i) =>
    predicted({ name: `d/${i + 1}`, terms: [{ ...TERMS[0], factor: 0.2 + i / 100 }, TERMS[1]] }),
  );
  const text = predictionText(layers);
  assert.match(text, /d\/1 \| ×0\.20 \| 0\.50 \|/);
  assert.match(text, /\| … 8 more \|/);
  assert.match(text, /Each: sigmoid `×0\.200`…`×0\.390` · glorot\\_Uniform `×1\.00`/);
});

test('a repeat whose first time has other terms says both', () => {
  const terms = [TERMS[0]];
  const layers = [1, 2, 3].map((n) => predicted({ name: `d/${n}`, terms: n === 1 ? TERMS : terms }));
  const text = predictionText(layers);
  assert.match(text, /\nd\/1: sigmoid `×0\.236` · glorot\\_Uniform `×1\.00`\n\nd\/2 … d\/3: sigmoid `×0\.236`\n/);
});

test('nothing is made up where nothing is known', () => {
  const nothing = predicted({ name: 'd', cumulative: Number.NaN, backwardFactor: Number.NaN });
  assert.equal(predictionText([nothing]), '');
  assert.equal(predictionText([]), '');
  const half = predictionText([predicted({ name: 'd', cumulative: Number.NaN, band: [Number.NaN, Number.NaN] })]);
  assert.match(half, /Left of the last layer's\*\* \| `–` \|/);
  assert.doesNotMatch(half, /NaN|draws/);
});

test('through time: what is left at each step', () => {
  const timeProfile = Array.from({ length: 40 }, (_, t) => 0.5 ** (39 - t));
  const text = predictionText([predicted({ name: 'r', type: 'simpleRNN', timeProfile })]);
  assert.match(text, /`[▁▂▃▄▅▆▇█]{24}` first to last time step; `1\.8e-12` is left at the first/);
});

const pictureOf = (prediction: Prediction, marked: number[]): string | undefined => {
  const uri = predictionPicture(prediction, new Set(marked), 'dark');
  if (uri === undefined) return undefined;
  const [, data] = /^data:image\/svg\+xml;base64,([A-Za-z0-9+/=]+)\|width=\d+,height=\d+$/.exec(uri) ?? [];
  return Buffer.from(data ?? '', 'base64').toString();
};

test('the picture has a bar a layer, and marks the pointed-at one', () => {
  const layers = [1e-3, 1e-2, Number.NaN, 1].map((cumulative, index) =>
    predicted({ name: `d${index}`, index, cumulative }),
  );
  const prediction: Prediction = { layers, firstToLast: 1e-3, firstToLastBand: [0, 1], factorPerLayer: 0.1 };
  const svg = pictureOf(prediction, [1]) ?? '';
  assert.equal(svg.match(/<rect/g)?.length, 3, 'none for what cannot be said');
  assert.equal(svg.match(/l4 6h-8z/g)?.length, 1);
  assert.match(svg, />1e-4</);
  assert.doesNotMatch(svg, /NaN|Infinity/);
  assert.equal(pictureOf({ ...prediction, layers: layers.slice(0, 1) }, [0]), undefined, 'one bar says nothing');
});

test('the picture of a deep net keeps its first, last and marked layers, and stays small', () => {
  const layers = Array.from({ length: 1000 }, (_, index) =>
    predicted({ name: `d${index}`, index, cumulative: 0.9 ** (999 - index), band: [0, 0] }),
  );
  const svg = pictureOf({ layers, firstToLast: 1, firstToLastBand: [0, 1], factorPerLayer: 0.9 }, [501]) ?? '';
  const bars = svg.match(/<rect/g)?.length ?? 0;
  assert.ok(bars >= 70 && bars <= 82, `${bars} bars`);
  assert.equal(svg.match(/l4 6h-8z/g)?.length, 1);
  assert.ok(svg.length < 20_000);
});
