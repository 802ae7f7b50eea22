import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Evidence } from '../../../../src/analysis/evidence';
import { flowOf } from '../../../../src/analysis/flow';
import { exploding } from '../../../../src/analysis/symptoms/exploding';
import { vanishing } from '../../../../src/analysis/symptoms/vanishing';
import { around, dense, digits, evidenceFor, finds, type Given, repeat, residual } from './check';

const normal = (stddev: number) => `{ "type": "randomNormal", "stddev": ${stddev} }`;
const mark = (code: string, text: string) => `⟪${code} ${text}⟫`;
const HE = '"heNormal"';
/** Nielsen's hidden layers: w ~ N(0, 1 ÷ inputs), b ~ N(0, 1). */
const nielsen = (hidden: number, activation = '"sigmoid"') =>
  digits(
    Array.from({ length: hidden }, (_, i) => {
      const rest =
        '"kernelInitializer": { "type": "varianceScaling", "distribution": "normal" }, "biasInitializer": { "type": "randomNormal", "stddev": 1 }';
      // The text that costs most is the first of those that cost the same.
      return `{ "type": "dense", "units": 30, "activation": ${i === hidden - 1 ? activation : '"sigmoid"'}, ${rest} }`;
    }).join(', '),
  );

describe('vanishing', () => {
  for (const hidden of [2, 3, 5]) {
    for (const probe of [false, true]) {
      test(`Nielsen's net with ${hidden} hidden layers, ${probe ? 'measured' : 'predicted'}`, () => {
        const evidence = evidenceFor(nielsen(hidden), { probe });
        const [found, ...others] = vanishing.detect(evidence);
        assert.ok(found, JSON.stringify(flowOf(evidence)));
        assert.equal(others.length, 0);
        // Measured with 5: gradient descent stays at the odds.
        assert.equal(found.severity, hidden === 5 ? 'error' : 'warning');
        assert.equal(found.evidence.blamed, 'sigmoid');
        assert.match(found.message, /learns [\d.,e]+ times slower/);
        const factor = found.evidence.factorPerLayer as number;
        assert.ok(factor > 0.2 && factor < 0.24, `${factor}`);
      });
    }
  }
  const fires: [string, string][] = [
    ['ten sigmoid layers', digits(repeat(10, `{ "type": "dense", "units": 64, "activation": ⟪GF101 "sigmoid"⟫ }`))],
    [
      'five with the activation apart',
      digits(repeat(5, dense(64, 'linear'), '{ "type": "activation", "activation": ⟪GF101 "sigmoid"⟫ }')),
    ],
    ['hard sigmoid', digits(repeat(5, `{ "type": "dense", "units": 64, "activation": ⟪GF101 "hardSigmoid"⟫ }`))],
    ['weights too small', digits(repeat(5, dense(64, 'tanh', mark('GF101', normal(0.01)))))],
    [
      'Glorot for very many ReLU, whose initializer is to blame',
      digits(repeat(30, dense(64, 'relu', mark('GF101', '"glorotUniform"')))),
    ],
    [
      '… or the layer, where it is the default',
      digits(repeat(30, `{ "type": ⟪GF101 "dense"⟫, "units": 64, "activation": "relu" }`)),
    ],
  ];
  for (const [name, text] of fires) {
    for (const probe of [false, true]) {
      test(`${name}, ${probe ? 'measured' : 'predicted'}`, () => {
        const [found] = finds(vanishing, text, { probe });
        assert.equal(found!.severity, 'error');
        assert.ok(found!.related.length >= 1);
      });
    }
  }
  const silent: [string, string][] = [
    ...[2, 5, 10, 30, 50].map((n): [string, string] => [
      `${n} ReLU layers with He`,
      digits(repeat(n, dense(64, 'relu', HE))),
    ]),
    ...[2, 5, 10, 20].map((n): [string, string] => [`${n} tanh layers`, digits(repeat(n, dense(64, 'tanh')))]),
    ['one sigmoid layer', digits(dense(64, 'sigmoid'))],
    ['one wide sigmoid layer', digits(dense(256, 'sigmoid'))],
    ['Nielsen’s with one hidden layer', nielsen(1)],
    ['wide layers', digits([dense(512, 'relu', HE), dense(512, 'relu', HE)].join(', '))],
    ['a small net', around([dense(32, 'tanh'), dense(32, 'tanh'), dense(2, 'linear')].join(', '))],
    [
      'three ReLU layers with Glorot',
      around([dense(64, 'relu'), dense(64, 'relu'), dense(64, 'relu'), dense(2, 'linear')].join(', ')),
    ],
    ['sigmoid in residuals', digits(`${dense(64, 'linear')}, ${repeat(10, residual(dense(64, 'sigmoid')))}`)],
    [
      'sigmoid after batch normalization',
      digits(
        repeat(
          5,
          dense(64, 'linear'),
          '{ "type": "batchNormalization" }',
          '{ "type": "activation", "activation": "sigmoid" }',
        ),
      ),
    ],
    ['SELU', digits(repeat(20, dense(64, 'selu', '"leCunNormal"')))],
    [
      'zeros are said elsewhere',
      digits([dense(16, 'tanh', HE), dense(16, 'tanh', '"zeros"'), dense(16, 'tanh')].join(', ')),
    ],
  ];
  for (const [name, text] of silent) test(`silent: ${name}`, () => void finds(vanishing, text));
  test('silent: 20 ReLU layers with He, measured', () =>
    void finds(vanishing, digits(repeat(20, dense(64, 'relu', HE))), { probe: true }));
  test('a threshold can be moved', () => {
    const text = digits(repeat(2, dense(64, 'sigmoid')));
    finds(vanishing, text, { thresholds: { learningImbalance: 1000 } });
    finds(vanishing, text, { thresholds: { vanishingFactor: 0.1 } });
  });

  const adam = (layers: number, optimizer = '"adam"') =>
    digits(repeat(layers, `{ "type": "dense", "units": 64, "activation": ⟪GF101 "sigmoid"⟫ }`), { optimizer });
  test('Adam makes up for some of it, not for much of it', () => {
    const [few] = finds(vanishing, adam(3));
    assert.equal(few!.severity, 'information');
    assert.match(few!.message, /`adam` makes up for its size/);
    assert.doesNotMatch(few!.message, /slower/);
    const [many] = finds(vanishing, adam(10));
    assert.equal(many!.severity, 'warning');
  });
  test('gradients below the epsilon of Adam are told apart', () => {
    const [found] = finds(vanishing, adam(20, '{ "type": "adam", "epsilon": 1e-6 }'), { probe: true });
    assert.match(found!.message, /too little for the `epsilon` of `adam`/);
  });
  test('who suffers is told, a repeat once', () => {
    const [found] = finds(vanishing, adam(10));
    assert.deepEqual(
      found!.related.map((r) => r.layer),
      ['dense_1/1'],
    );
    assert.match(found!.related[0]!.message, /`dense_1\/1` gets [\d.e-]+ times the gradient of `logits`/);
  });
});

describe('vanishing through time', () => {
  const recurrent = (spec: string) =>
    around(`${spec}, ${dense(1, 'linear')}`, {
      data: '{ "source": "adding", "length": 30, "samples": 50 }',
      loss: '"meanSquaredError"',
    });
  /** A prediction in which each time step multiplies by so much. */
  const perStep = (factor: number, steps = 30): Given => ({
    evidence: ({ prediction }) => ({
      prediction: {
        ...prediction!,
        layers: prediction!.layers.map((l, i) =>
          i === 0 ? { ...l, timeProfile: Array.from({ length: steps }, (_, t) => factor ** (steps - 1 - t)) } : l,
        ),
      },
    }),
  });
  const sigmoid = recurrent('{ "type": "simpleRNN", "units": 8, "activation": ⟪GF101 "sigmoid"⟫ }');
  test('sigmoid', () => {
    const [found] = finds(vanishing, sigmoid, perStep(0.25));
    assert.match(found!.message, /Through 30 time steps, 3.5e-18 of the gradient/);
  });
  test('sigmoid, measured', () => {
    const [found] = finds(vanishing, sigmoid, { probe: true });
    assert.equal(found!.basis, 'probe');
    const factor = found!.evidence.factorPerStep as number;
    assert.ok(factor > 0.15 && factor < 0.3, `${factor}`);
  });
  test('recurrent weights too small', () => {
    finds(
      vanishing,
      recurrent('{ "type": "simpleRNN", "units": 8, "recurrentInitializer": ⟪GF101 "randomNormal"⟫ }'),
      perStep(0.2),
    );
  });
  test('gates', () => void finds(vanishing, recurrent('{ "type": ⟪GF101 "gru"⟫, "units": 8 }'), perStep(0.3)));
  test('silent: the LSTM’s forget gate', () =>
    void finds(vanishing, recurrent('{ "type": "lstm", "units": 8 }'), perStep(0.7)));
  test('silent: tanh and orthogonal', () =>
    void finds(vanishing, recurrent('{ "type": "simpleRNN", "units": 8 }'), perStep(0.95)));
  test('silent: a few steps', () =>
    void finds(vanishing, recurrent('{ "type": "simpleRNN", "units": 8, "activation": "sigmoid" }'), perStep(0.25, 5)));
  test('silent: an answer at every step', () => {
    const text = around(
      `{ "type": "simpleRNN", "units": 8, "returnSequences": true }, { "type": "flatten" }, ${dense(1, 'linear')}`,
      { data: '{ "source": "adding", "length": 30, "samples": 50 }', loss: '"meanSquaredError"' },
    );
    finds(vanishing, text, perStep(0.2));
  });
});

describe('exploding', () => {
  const fires: [string, string][] = [
    ['20 tanh layers with weights too large', digits(repeat(20, dense(64, 'tanh', mark('GF102', normal(0.5)))))],
    ['ReLU with weights too large', digits(repeat(8, dense(64, 'relu', mark('GF102', normal(1)))))],
    [
      'ReLU with a gain too large',
      digits(repeat(10, dense(64, 'relu', mark('GF102', '{ "type": "varianceScaling", "scale": 8 }')))),
    ],
  ];
  for (const [name, text] of fires) {
    for (const probe of [false, true]) {
      test(`${name}, ${probe ? 'measured' : 'predicted'}`, () => {
        const [found] = finds(exploding, text, { probe });
        assert.equal(found!.severity, 'warning');
        assert.match(found!.message, /times the gradient of `logits`, ×[\d.]+ a layer/);
      });
    }
  }
  const silent: [string, string][] = [
    ['He and ReLU', digits(repeat(50, dense(64, 'relu', HE)))],
    ['SELU', digits(repeat(20, dense(64, 'selu', '"leCunNormal"')))],
    ['ELU with He', digits(repeat(10, dense(64, 'elu', HE)))],
    [
      'batch normalization',
      digits(
        repeat(
          10,
          dense(64, 'linear', HE),
          '{ "type": "batchNormalization" }',
          '{ "type": "activation", "activation": "relu" }',
        ),
      ),
    ],
    [
      'residuals with normalization',
      digits(
        `${dense(64, 'linear')}, ${repeat(30, residual('{ "type": "layerNormalization" }', dense(64, 'relu', HE), dense(64, 'linear')))}`,
      ),
    ],
    ['two layers have no depth', digits(dense(64, 'tanh', normal(1)))],
  ];
  for (const [name, text] of silent) test(`silent: ${name}`, () => void finds(exploding, text));
});

describe('in a run', () => {
  const net = digits(repeat(3, dense(64, 'tanh')));
  /** A run in which the layers got so much of the last one's gradient, and learned so fast. */
  const run = (cumulative: readonly number[], updateRatio: readonly number[]): Given => ({
    evidence: ({ graph }): Partial<Evidence> => {
      const layers = graph.layers.filter((l) => l.parameters.length > 0);
      const seen = layers.map(({ name }, i) => ({
        name,
        cumulative: Math.log10(cumulative[i]!),
        updateRatio: updateRatio[i]!,
      }));
      return { run: { layers: seen } as unknown as Evidence['run'] };
    },
  });
  test('what was measured goes before what was predicted', () => {
    const evidence = evidenceFor(net, run([1e-4, 1e-3, 0.1, 1], [1e-6, 1e-5, 1e-4, 1e-3]));
    const [found] = vanishing.detect(evidence);
    assert.equal(found!.basis, 'run');
    assert.match(found!.message, /gets 1e-4 of the gradient of `logits`.*learns 1,000 times slower/);
    assert.deepEqual(exploding.detect(evidence), []);
  });
  test('growing', () => {
    const [found] = exploding.detect(evidenceFor(net, run([500, 50, 5, 1], [0.5, 0.1, 0.01, 1e-3])));
    assert.equal(found!.basis, 'run');
  });
  test('silent: healthy', () => {
    const evidence = evidenceFor(
      digits(repeat(3, dense(64, 'sigmoid'))),
      run([0.8, 0.9, 1, 1], [1e-3, 1e-3, 1e-3, 2e-3]),
    );
    assert.deepEqual([vanishing.detect(evidence), exploding.detect(evidence)], [[], []]);
  });
});
