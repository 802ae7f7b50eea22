import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  CLIP_RAW,
  FLOAT_HEAD,
  HYPER,
  OP,
  OPTIMIZER_CODE,
  PARAMETER_RAW,
  UPDATE_FLAG,
} from '../../../../src/engine/kernels/contract';
import { assertClose, normals, onEvery, type Rig } from './rig';

interface Golden {
  readonly rows: number;
  readonly columns: number;
  readonly start: number[];
  readonly gradients: number[][];
  readonly cases: {
    readonly name: string;
    readonly kind: keyof typeof OPTIMIZER_CODE;
    readonly learningRate: number;
    readonly hyper: Readonly<Partial<Record<keyof typeof HYPER | 'nesterov' | 'momentumDecay', number>>>;
    readonly states: number;
    readonly weights: number[][];
  }[];
}

const golden = JSON.parse(readFileSync('test/golden/optimizers.json', 'utf8')) as Golden;

function hyperOf(rig: Rig, values: Golden['cases'][number]['hyper']): number {
  const hyper = new Float64Array(HYPER.length);
  for (const [name, value] of Object.entries(values)) {
    if (name in HYPER) hyper[HYPER[name as keyof typeof HYPER]] = value;
  }
  hyper[HYPER.rest1] = 1 - hyper[HYPER.beta1]!;
  hyper[HYPER.rest2] = 1 - hyper[HYPER.beta2]!;
  return rig.floats(hyper);
}

for (const c of golden.cases) {
  test(`${c.name}: six steps agree with PyTorch`, () => {
    const { rows, columns } = golden;
    const count = rows * columns;
    onEvery(
      (rig) => {
        const W = rig.floats(golden.start);
        const G = rig.floats(new Float32Array(count));
        const state1 = c.states > 0 ? rig.floats(new Float32Array(count)) : -1;
        const state2 = c.states > 1 ? rig.floats(new Float32Array(count)) : -1;
        const hyper = hyperOf(rig, c.hyper);
        const e = rig.ints([0]);
        const s = rig.stats(PARAMETER_RAW.length);
        rig.head('learningRate', c.learningRate);
        let muProduct = 1;
        const after: number[][] = [];
        const updates: number[] = [];
        golden.gradients.forEach((gradient, k) => {
          const t = k + 1;
          const { beta1 = 0, beta2 = 0, momentumDecay = 0 } = c.hyper;
          const mu = (step: number): number => beta1 * (1 - 0.5 * 0.96 ** (step * momentumDecay));
          muProduct *= mu(t);
          rig.head('biasCorrection1', 1 - beta1 ** t);
          rig.head('biasCorrection2', 1 - beta2 ** t);
          rig.head('mu', mu(t));
          rig.head('muNext', mu(t + 1));
          rig.head('muProduct', muProduct);
          rig.kernels.arena.floats.set(gradient, G);
          const flags = c.hyper.nesterov ? UPDATE_FLAG.nesterov : 0;
          rig.record(OP.update, OPTIMIZER_CODE[c.kind], rows, columns, W, G, state1, state2, hyper, e, s, -1, flags);
          rig.run();
          after.push(rig.read(W, count));
          updates.push(rig.readStats(s + PARAMETER_RAW.updateSumOfSquares, 1)[0]!);
        });
        return { after, updates, exact: rig.isFloat64 };
      },
      (a, x, name) => {
        // The oracle itself first: float64 against PyTorch's float64.
        c.weights.forEach((weights, k) => {
          assertClose(x.after[k]!, weights, 1e-14, `oracle ${c.name} step ${k}`);
          assertClose(a.after[k]!, weights, 5e-7, `${name} ${c.name} step ${k}`);
          const before = k === 0 ? golden.start : c.weights[k - 1]!;
          const squares = weights.reduce((sum, w, j) => sum + (w - before[j]!) ** 2, 0);
          assertClose([a.updates[k]!], [squares], 3e-6, `${name} ${c.name} update ${k}`);
        });
      },
    );
  });
}

function statistics(rig: Rig, values: ArrayLike<number>, rows: number, exponent: number) {
  const columns = values.length / rows;
  const W = rig.floats(normals(values.length + 4, 'w'));
  const G = rig.floats(values);
  const norms = rig.floats(new Float32Array(rows));
  const hyper = rig.floats(new Float32Array(HYPER.length));
  const e = rig.ints([exponent]);
  const s = rig.stats(2 * PARAMETER_RAW.length);
  rig.head('learningRate', 0.5);
  rig.record(OP.gradientStatistics, rows, columns, G, e, s + PARAMETER_RAW.length, norms);
  rig.record(OP.update, OPTIMIZER_CODE.sgd, rows, columns, W, G, -1, -1, hyper, e, s, -1, 0);
  rig.run();
  return {
    update: rig.readStats(s, PARAMETER_RAW.length),
    alone: rig.readStats(s + PARAMETER_RAW.length, 8),
    norms: rig.read(norms, rows),
    weights: rig.read(W, values.length + 4),
    gradient: rig.read(G, values.length),
  };
}

test('statistics of a parameter, ragged sizes and several blocks', () => {
  for (const [rows, columns] of [
    [1, 1],
    [3, 1],
    [1, 7],
    [7, 3],
    [9, 2],
    [17, 5],
    [33, 40],
    [3, 1031],
  ] as const) {
    onEvery(
      (rig) => {
        const values = normals(rows * columns, 'g');
        values.forEach((_, k) => {
          if (k % 5 === 3) values[k] = 0;
        });
        return statistics(rig, values, rows, -3);
      },
      (a, x, name) => {
        const what = `${name} ${rows}×${columns}`;
        assertClose(a.update, x.update, 2e-6, what, true);
        assert.deepEqual(a.alone, a.update.slice(0, 8), what);
        assertClose(a.norms, x.norms, 1e-6, `${what} unit norms`, true);
        assertClose(a.weights, x.weights, 1e-6, `${what} weights, and what lies behind them`);
        assertClose(a.gradient, x.gradient, 0, `${what} gradient`);
      },
    );
  }
});

test('extreme gradients: what float32 squares cannot hold, what underflows, what is not finite', () => {
  const cases: { values: Float32Array; exponent: number }[] = [
    { values: normals(37, 'g', 1e-25), exponent: 0 },
    { values: normals(37, 'g', 1e25), exponent: -90 },
    { values: normals(37, 'g'), exponent: -500 },
    { values: normals(37, 'g'), exponent: -127 },
    { values: normals(37, 'g', 1e10), exponent: -150 },
    { values: normals(37, 'g', 1e-10), exponent: 70 },
    { values: new Float32Array(37), exponent: -40 },
    { values: new Float32Array(37).fill(1.5), exponent: 0 },
  ];
  for (const { values, exponent } of cases) {
    onEvery(
      (rig) => ({ ...statistics(rig, values, 1, exponent), exact: rig.isFloat64 }),
      (a, x, name) => {
        const what = `${name} 2^${exponent} · ${values[0]}`;
        const upTo = PARAMETER_RAW.underflows;
        assertClose(a.update.slice(0, upTo), x.update.slice(0, upTo), 1e-5, what, true);
        const expected = values.filter((v) => v !== 0 && Math.abs(v) * 2 ** exponent < 2 ** -126).length;
        assert.equal(a.update[upTo], expected, `${what} underflows`);
        assertClose(a.weights, x.weights, 1e-6, `${what} weights`);
        // The step's square is true as long as float32 holds the step.
        if (expected === 0) assertClose(a.update.slice(8), x.update.slice(8), 1e-5, `${what} update`, true);
      },
    );
  }
  onEvery(
    (rig) => statistics(rig, [1, Number.NaN, -3, Number.POSITIVE_INFINITY, 0, 2, 5], 1, 0).update,
    (a, x, name) => {
      assert.equal(a[PARAMETER_RAW.nonFinite], 2, name);
      assert.equal(a[PARAMETER_RAW.min], -3, name);
      assert.equal(a[PARAMETER_RAW.max], Number.POSITIVE_INFINITY, name);
      assert.ok(Number.isNaN(a[PARAMETER_RAW.sum]) && Number.isNaN(x[PARAMETER_RAW.sum]), name);
    },
  );
});

test('clip: the global norm over exponents, PyTorch’s scale, and the update that uses it', () => {
  for (const exponents of [
    [0, 0],
    [-3, 4],
    [-400, -390],
    [-900, 2],
  ] as const) {
    onEvery(
      (rig) => {
        const W = rig.floats(new Float32Array(11));
        const hyper = rig.floats(new Float32Array(HYPER.length));
        const tensors = exponents.map((exponent, k) => ({
          G: rig.floats(normals(11, `g${k}`)),
          e: rig.ints([exponent]),
        }));
        const size = PARAMETER_RAW.length;
        const s = rig.stats(2 * size + CLIP_RAW.length);
        const list = rig.ints([0, size, 11, 11]);
        const limit = rig.floats([0.25]);
        rig.head('learningRate', 1);
        for (const [k, { G, e }] of tensors.entries()) {
          rig.record(OP.gradientStatistics, 1, 11, G, e, k * size, -1);
        }
        rig.record(OP.clip, list, 2, limit, 2 * size);
        const { G, e } = tensors[1]!;
        rig.record(OP.update, OPTIMIZER_CODE.sgd, 1, 11, W, G, -1, -1, hyper, e, size, -1, UPDATE_FLAG.gradientDone);
        rig.run(s);
        const scale = rig.kernels.arena.floats[FLOAT_HEAD.clipScale]!;
        return { clip: rig.readStats(s + 2 * size, CLIP_RAW.length), scale, weights: rig.read(W, 11) };
      },
      (a, x, name) => {
        assertClose(a.clip, x.clip, 1e-6, `${name} ${exponents}`, true);
        assertClose([a.scale], [x.scale], 1e-6, name);
        if (exponents[1] > -100) assertClose(a.weights, x.weights, 2e-6, name);
        assert.ok(x.clip[CLIP_RAW.norm]! > 0, 'a norm far below float32 is not 0');
      },
    );
  }
});

test('clipValue and adaptive clipping bound what the optimizer gets', () => {
  onEvery(
    (rig) => {
      const W = rig.floats(normals(21, 'w'));
      const G = rig.floats(normals(21, 'g', 3));
      const hyper = hyperOf(rig, { clipValue: 0.5 });
      const e = rig.ints([1]);
      rig.head('learningRate', 1);
      rig.record(OP.update, OPTIMIZER_CODE.sgd, 3, 7, W, G, -1, -1, hyper, e, -1, -1, 0);
      rig.run();
      const weights = rig.read(W, 21);
      const [limit, epsilon] = [rig.floats([0.01]), rig.floats([1e-3])];
      rig.record(OP.adaptiveClip, 3, 7, W, G, limit, epsilon, e);
      rig.run();
      return [weights, rig.read(G, 21)];
    },
    (a, x, name) => {
      assertClose(a[0]!, x[0]!, 1e-6, `${name} clipValue`);
      assertClose(a[1]!, x[1]!, 2e-6, `${name} adaptiveClip`);
      assert.ok(x[1]!.every((g) => Math.abs(g) < 0.1));
    },
  );
});
