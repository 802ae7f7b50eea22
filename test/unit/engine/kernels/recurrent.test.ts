import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ACTIVATION_CODE,
  ACTIVATION_RAW,
  LAST_DERIVATIVE_FROM_OUTPUT,
  OP,
  RECURRENT_CELL,
  RECURRENT_KIND,
  TIME_RAW,
} from '../../../../src/engine/kernels/contract';
import { assertClose, fastKernels, normals, onEvery, padded, Rig, referenceKernels, roundUp8 } from './rig';

type Kind = keyof typeof RECURRENT_KIND;
type Name = keyof typeof ACTIVATION_CODE;

interface Case {
  readonly kind: Kind;
  readonly units: number;
  readonly batch: number;
  readonly phi: Name;
  readonly gate: Name;
}

const GATES: Readonly<Record<Kind, number>> = { simpleRNN: 1, lstm: 4, gru: 3, gruGates: 3, gruState: 3 };

/** The functions of a cell, with space and zeros for `units` units. */
function cell(rig: Rig, { phi, gate, units, batch }: Pick<Case, 'phi' | 'gate' | 'units' | 'batch'>): number {
  const ld = roundUp8(batch);
  const words = new Array<number>(RECURRENT_CELL.length).fill(0);
  words[RECURRENT_CELL.activation] = ACTIVATION_CODE[phi];
  words[RECURRENT_CELL.alpha] = rig.floats([0.3]);
  words[RECURRENT_CELL.recurrentActivation] = ACTIVATION_CODE[gate];
  words[RECURRENT_CELL.recurrentAlpha] = rig.floats([0.7]);
  words[RECURRENT_CELL.workspace] = rig.floats(new Float32Array(4 * units * Math.ceil(ld / 512)));
  words[RECURRENT_CELL.zeros] = rig.floats(new Float32Array(units * ld));
  return rig.ints(words);
}

/** `count` planes of normal numbers, garbage in the padding. */
const planes = (count: number, { units, batch }: Case, stream: string) =>
  normals(count * units * roundUp8(batch), stream);

/** The true columns of so many planes. */
function columns(rig: Rig, at: number, count: number, { units, batch }: Case): number[] {
  const ld = roundUp8(batch);
  return Array.from({ length: count * units }, (_, r) => rig.read(at + r * ld, batch)).flat();
}

function forward(rig: Rig, c: Case) {
  rig.batch(c.batch);
  const ld = roundUp8(c.batch);
  const x = rig.floats(planes(GATES[c.kind], c, 'x'));
  const y = rig.floats(planes(3, c, 'y'));
  const h =
    c.kind === 'simpleRNN' && ACTIVATION_CODE[c.phi] <= LAST_DERIVATIVE_FROM_OUTPUT ? x : rig.floats(planes(1, c, 'h'));
  const state = rig.floats(planes(1, c, 'state'));
  const bias = rig.floats(normals(6 * c.units, 'bias'));
  const s = rig.stats(ACTIVATION_RAW.length);
  const args = [x, y, h, state, bias, 1, h, c.kind === 'gruGates' ? -1 : s];
  rig.record(OP.recurrentCell, RECURRENT_KIND[c.kind], c.units, ld, cell(rig, c), ...args);
  rig.run();
  const yPlanes = c.kind === 'simpleRNN' ? 0 : c.kind === 'gru' ? 3 : 1;
  return {
    x: columns(rig, x, GATES[c.kind], c),
    y: columns(rig, y, yPlanes, c),
    h: columns(rig, h, 1, c),
    statistics: rig.readStats(s, ACTIVATION_RAW.length).slice(0, 3),
  };
}

interface Exponents {
  readonly outer: number;
  readonly carried: number;
}

/** What comes back: gates between 0 and 1 where a function of the output is meant. */
function backward(rig: Rig, c: Case, exponents: Exponents, magnitude: number, parts = 'both') {
  rig.batch(c.batch);
  const ld = roundUp8(c.batch);
  const output = (name: Name) => ACTIVATION_CODE[name] <= LAST_DERIVATIVE_FROM_OUTPUT;
  const gates = planes(GATES[c.kind], c, 'gates');
  const y = planes(3, c, 'y');
  if (output(c.gate))
    for (const values of [gates, y]) for (let k = 0; k < values.length; k++) values[k] = squash(values[k]!);
  const X = rig.floats(gates);
  const Y = rig.floats(y);
  const state = rig.floats(planes(1, c, 'state'));
  const gradient = (stream: string) => rig.floats(padded(c.units, ld, c.batch, stream, magnitude));
  const [outer, carried, dC] = [gradient('outer'), gradient('carried'), gradient('dC')];
  const out = rig.floats(planes(1, c, 'out'));
  const [eOuter, eIn, eOut] = [rig.ints([exponents.outer]), rig.ints([exponents.carried]), rig.ints([77])];
  const s = rig.stats(TIME_RAW.length);
  rig.record(
    OP.recurrentCellBackward,
    ...[RECURRENT_KIND[c.kind], c.units, ld, cell(rig, c), X, Y, state],
    ...[parts === 'carried' ? -1 : outer, eOuter, parts === 'outer' ? -1 : carried, eIn],
    ...[parts === 'outer' || c.kind !== 'lstm' ? -1 : dC, c.kind === 'simpleRNN' ? -1 : out, eOut, s],
  );
  rig.run();
  const written = c.kind === 'gruState' ? [0, 2] : Array.from({ length: GATES[c.kind] }, (_, k) => k);
  const plane = c.units * ld;
  const places = written.map((k) => X + k * plane);
  if (c.kind === 'gru') places.push(...written.map((k) => Y + k * plane));
  if (c.kind !== 'simpleRNN') places.push(out);
  return {
    gradients: places.map((at) => rig.read(at, plane)),
    exponent: rig.readInts(eOut, 1)[0]!,
    time: rig.readStats(s, TIME_RAW.length),
  };
}
const squash = (x: number) => Math.fround(1 / (1 + Math.exp(-x)));

const SIZES = [
  { units: 1, batch: 1 },
  { units: 3, batch: 5 },
  { units: 17, batch: 17 },
  { units: 70, batch: 32 },
  // Rows longer than a run.
  { units: 3, batch: 1301 },
] as const;
const FUNCTIONS: readonly (readonly [Name, Name])[] = [
  ['tanh', 'sigmoid'],
  ['tanh', 'hardSigmoid'],
  ['relu', 'sigmoid'],
  ['gelu', 'silu'],
  ['elu', 'leakyRelu'],
];
/** Exponents of what comes in, its magnitude, and what of it there is. */
const INCOMING = [
  [{ outer: 0, carried: 0 }, 1, 'both'],
  [{ outer: 3, carried: -4 }, 1, 'both'],
  [{ outer: -900, carried: -902 }, 1e-12, 'both'],
  [{ outer: 500, carried: 20 }, 1e22, 'both'],
  [{ outer: 5, carried: -7 }, 1, 'outer'],
  [{ outer: 5, carried: -7 }, 1e-30, 'carried'],
] as const;
const KINDS = Object.keys(RECURRENT_KIND) as Kind[];

for (const kind of KINDS) {
  test(`recurrentCell, ${kind}: values as the reference's`, () => {
    for (const size of SIZES) {
      for (const [phi, gate] of FUNCTIONS) {
        const c = { kind, phi, gate, ...size };
        onEvery(
          (rig) => forward(rig, c),
          (actual, expected, name) => {
            const what = `${name} ${JSON.stringify(c)}`;
            assertClose(actual.x, expected.x, 2e-6, `${what} x`);
            assertClose(actual.y, expected.y, 2e-6, `${what} y`);
            if (kind !== 'gruGates') assertClose(actual.h, expected.h, 2e-6, `${what} h`);
            assertClose(actual.statistics, expected.statistics, 1e-4, `${what} statistics`);
          },
        );
      }
    }
  });

  if (kind === 'gruGates') continue;
  test(`recurrentCellBackward, ${kind}: gradients as the reference's, whatever their exponents`, () => {
    for (const size of SIZES) {
      for (const [phi, gate] of FUNCTIONS) {
        for (const [exponents, magnitude, parts] of phi === 'tanh' && gate === 'sigmoid' ? INCOMING : [INCOMING[1]]) {
          const c = { kind, phi, gate, ...size };
          onEvery(
            (rig) => backward(rig, c, exponents, magnitude, parts),
            (actual, expected, name) => {
              const what = `${name} ${JSON.stringify({ ...c, exponents, parts })}`;
              assert.equal(actual.exponent, expected.exponent, `${what}: exponent`);
              for (const [k, gradient] of actual.gradients.entries()) {
                assertClose(gradient, expected.gradients[k]!, 5e-6, `${what} ${k}`);
              }
              assertClose(actual.time, expected.time, 1e-5, `${what}: by time`, true);
            },
          );
        }
      }
    }
  });
}

test('recurrentCellBackward, gruGates: what comes back through the reset', () => {
  for (const size of SIZES) {
    const c: Case = { kind: 'gruGates', phi: 'tanh', gate: 'sigmoid', ...size };
    onEvery(
      (rig) => {
        rig.batch(c.batch);
        const ld = roundUp8(c.batch);
        const X = rig.floats(planes(3, c, 'gates').map(squash));
        const state = rig.floats(planes(1, c, 'state'));
        const carried = rig.floats(padded(c.units, ld, c.batch, 'carried'));
        const out = rig.floats(padded(c.units, ld, c.batch, 'out'));
        const e = rig.ints([5]);
        const places = [cell(rig, c), X, X, state, -1, e, carried, e, -1, out, e, -1];
        rig.record(OP.recurrentCellBackward, RECURRENT_KIND.gruGates, c.units, ld, ...places);
        rig.run();
        return [rig.read(X + c.units * ld, c.units * ld), rig.read(out, c.units * ld), rig.readInts(e, 1)];
      },
      (actual, expected, name) => {
        for (const [k, values] of actual.entries()) assertClose(values, expected[k]!, 2e-6, `${name} ${k}`);
      },
    );
  }
});

test('a gradient of zeros has no exponent: what is added to it is not lost', () => {
  const c: Case = { kind: 'lstm', phi: 'tanh', gate: 'sigmoid', units: 5, batch: 3 };
  for (const zeros of ['outer', 'carried'] as const) {
    onEvery(
      (rig) => {
        rig.batch(c.batch);
        const X = rig.floats(planes(4, c, 'gates').map(squash));
        const [Y, state] = [rig.floats(planes(1, c, 'y')), rig.floats(planes(1, c, 'state'))];
        const none = rig.floats(new Float32Array(c.units * 8));
        const some = rig.floats(padded(c.units, 8, c.batch, 'some'));
        const out = rig.floats(new Float32Array(c.units * 8));
        const [large, small, eOut] = [rig.ints([0]), rig.ints([-400]), rig.ints([0])];
        const s = rig.stats(2);
        const pair = zeros === 'outer' ? [none, large, some, small] : [some, small, none, large];
        const places = [cell(rig, c), X, Y, state, ...pair, zeros === 'outer' ? some : none, out, eOut, s];
        rig.record(OP.recurrentCellBackward, RECURRENT_KIND.lstm, c.units, 8, ...places);
        rig.run();
        return { exponent: rig.readInts(eOut, 1)[0]!, time: rig.readStats(s, 2), x: rig.read(X, 4 * c.units * 8) };
      },
      (actual, expected, name) => {
        assert.equal(actual.exponent, -400, name);
        assert.equal(actual.time[1], -400);
        assert.ok(actual.time[0]! > 0.1, `${name}: ${actual.time[0]}`);
        assertClose(actual.x, expected.x, 2e-6, name);
      },
    );
  }
});

for (const second of [false, true]) {
  test(`alignExponents brings ${second ? 'both' : 'all'} to the largest exponent of what is not zeros`, () => {
    const size = 24;
    const exponents = [-3, -3, 40, -130, 0, -1000, -3];
    const zeros = 2;
    onEvery(
      (rig) => {
        rig.batch(8);
        const values = normals(size * exponents.length, 'd');
        values.fill(0, zeros * size, (zeros + 1) * size);
        const D = rig.floats(values);
        const E = rig.floats(values.map((v) => 2 * v));
        const list = rig.ints(exponents.map((e) => rig.ints([e])));
        const e = rig.ints([99]);
        rig.record(OP.alignExponents, exponents.length, size, D, second ? E : -1, list, e);
        rig.run();
        const all = rig.read(D, values.length);
        return { all, others: rig.read(E, values.length), e: rig.readInts(e, 1)[0]!, values };
      },
      (actual, _expected, name) => {
        assert.equal(actual.e, 0, name);
        for (const [k, exponent] of exponents.entries()) {
          for (let i = k * size; i < (k + 1) * size; i++) {
            const scaled = actual.values[i]! * 2 ** Math.min(0, exponent);
            assert.equal(actual.all[i], flushed(scaled), `${name} [${i}]`);
            assert.equal(
              actual.others[i],
              second ? flushed(2 * scaled) : 2 * actual.values[i]!,
              `${name} second [${i}]`,
            );
          }
        }
      },
    );
  });
}
const flushed = (x: number) => (Math.abs(x) < 2 ** -100 ? 0 : x);

test('alignExponents leaves equal exponents and their bits alone', () => {
  for (const kernels of [referenceKernels('float32'), ...fastKernels()]) {
    const rig = new Rig(kernels);
    const D = rig.floats(normals(32, 'd', 1e-31));
    const before = rig.read(D, 32);
    const list = rig.ints([rig.ints([-7]), rig.ints([-7])]);
    const e = rig.ints([0]);
    rig.record(OP.alignExponents, 2, 16, D, -1, list, e);
    rig.run();
    assert.deepEqual([rig.read(D, 32), rig.readInts(e, 1)], [before, [-7]], kernels.name);
  }
});
