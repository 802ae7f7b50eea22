import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ElementwiseName, moments, pairMoments } from '../../../src/analysis/activationMoments';
import { gaussLegendre, normalPoints } from '../../../src/analysis/quadrature';
import { ACTIVATIONS, DEFAULT_ALPHA } from '../../../src/engine/activations';

const NAMES = Object.keys(ACTIVATIONS) as ElementwiseName[];

function close(actual: number, expected: number, tolerance: number, what: string): void {
  const error = Math.abs(actual - expected);
  assert.ok(error <= tolerance * Math.max(1, Math.abs(expected)), `${what}: ${actual} instead of ${expected}`);
}

/** Where φ or its slope is not smooth. */
const CORNERS: Partial<Record<ElementwiseName, readonly number[]>> = {
  relu: [0],
  leakyRelu: [0],
  elu: [0],
  selu: [0],
  softsign: [0],
  hardSigmoid: [-2.5, 2.5],
  hardTanh: [-1, 1],
  relu6: [0, 6],
};

/** E f(√q·z) by Simpson's rule between the corners, fine enough to be the judge. */
function mean(q: number, corners: readonly number[], f: (u: number) => number): number {
  const deviation = Math.sqrt(q);
  const inner = corners.map((c) => c / deviation).filter((c) => Math.abs(c) < 9);
  const ends = [-9, ...inner, 9];
  const steps = 12_000;
  let sum = 0;
  for (let k = 1; k < ends.length; k++) {
    const [a, b] = [ends[k - 1]!, ends[k]!];
    const h = (b - a) / steps;
    for (let i = 0; i <= steps; i++) {
      // At a corner the limit from within.
      const z = Math.min(b - 1e-13, Math.max(a + 1e-13, a + i * h));
      const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
      sum += (weight * h * f(deviation * z) * Math.exp(-0.5 * z * z)) / 3;
    }
  }
  return sum / Math.sqrt(2 * Math.PI);
}

test('a Gauss–Legendre rule of n nodes is exact for degree 2n − 1', () => {
  const { nodes, weights } = gaussLegendre(7);
  for (let degree = 0; degree <= 13; degree++) {
    const sum = nodes.reduce((total, x, i) => total + weights[i]! * x ** degree, 0);
    close(sum, degree % 2 === 0 ? 2 / (degree + 1) : 0, 1e-14, `degree ${degree}`);
  }
});

test('normal points know the moments of a normal, whatever its variance', () => {
  for (const q of [1e-8, 0.3, 1, 40, 1e6]) {
    const { u, weights } = normalPoints(q, [-1, 1]);
    const moment = (p: number) => u.reduce((sum, x, i) => sum + weights[i]! * x ** p, 0);
    close(moment(2) / q, 1, 1e-12, `${q}`);
    close(moment(4) / q / q, 3, 1e-11, `${q}`);
  }
});

test('means of every activation and of its slope are right to 1e-6', () => {
  for (const name of NAMES) {
    const { value, derivative } = ACTIVATIONS[name];
    const alpha = DEFAULT_ALPHA[name];
    const corners = CORNERS[name] ?? [];
    for (const q of [0.003, 0.26469, 1.7, 33, 900]) {
      const at = moments(name, q);
      const wanted = {
        mean: mean(q, corners, (u) => value(u, alpha)),
        square: mean(q, corners, (u) => value(u, alpha) ** 2),
        slopeSquare: mean(q, corners, (u) => derivative(u, alpha) ** 2),
        fourth: mean(q, corners, (u) => value(u, alpha) ** 4),
        slopeFourth: mean(q, corners, (u) => derivative(u, alpha) ** 4),
        mixed: mean(q, corners, (u) => (value(u, alpha) * derivative(u, alpha)) ** 2),
      };
      for (const [key, expected] of Object.entries(wanted)) {
        close(at[key as keyof typeof wanted], expected, 1e-6, `${name}, ${key} at ${q}`);
      }
    }
  }
});

test('slopes of straight pieces have their closed forms to 1e-6', () => {
  // P(|u| < a) by the error function of the normal table: 0.6826894921, 0.9973002039.
  close(moments('hardTanh', 1).slopeSquare, 0.6826894921370859, 1e-6, 'hardTanh');
  close(moments('hardTanh', 1 / 9).slopeSquare, 0.9973002039367398, 1e-6, 'hardTanh');
  close(moments('hardSigmoid', 6.25).slopeSquare, 0.04 * 0.6826894921370859, 1e-6, 'hardSigmoid');
  close(moments('relu6', 36).slopeSquare, 0.6826894921370859 / 2, 1e-6, 'relu6');
});

test('gains are derivatives by ln q', () => {
  for (const name of NAMES) {
    for (const q of [0.05, 1.3, 20]) {
      const h = 1e-3;
      const ln = (k: 'square' | 'slopeSquare', by: number) => Math.log(moments(name, q * Math.exp(by))[k]);
      const at = moments(name, q);
      close(at.gain, (ln('square', h) - ln('square', -h)) / (2 * h), 1e-4, `${name} ${q}`);
      close(at.slopeGain, (ln('slopeSquare', h) - ln('slopeSquare', -h)) / (2 * h), 1e-4, `${name} ${q}`);
    }
  }
});

test('pairs that are one number, or two that have nothing to do with each other', () => {
  for (const name of NAMES) {
    const q = 0.8;
    const one = { q, moments: moments(name, q) };
    const same = pairMoments(name, one, one, 1);
    close(same.value, one.moments.square, 1e-7, name);
    close(same.slope, one.moments.slopeSquare, 1e-7, name);
    close(same.slopeSquared, one.moments.slopeFourth, 1e-7, name);
    close(pairMoments(name, one, one, 0).value, one.moments.mean ** 2, 1e-7, name);
  }
});

test('pairs between are what two-dimensional sums say', () => {
  const points = normalPoints(1, []);
  const c = 0.6;
  for (const name of ['relu', 'leakyRelu', 'tanh', 'gelu', 'sigmoid'] as const) {
    const { value } = ACTIVATIONS[name];
    const alpha = DEFAULT_ALPHA[name];
    let sum = 0;
    points.u.forEach((x, i) => {
      points.u.forEach((y, j) => {
        const v = c * x + Math.sqrt(1 - c * c) * y;
        sum += points.weights[i]! * points.weights[j]! * value(x, alpha) * value(v, alpha);
      });
    });
    const one = { q: 1, moments: moments(name, 1) };
    close(pairMoments(name, one, one, c).value, sum, 1e-4, name);
  }
});

test('nothing is not a number where signals are 0 or huge', () => {
  for (const name of NAMES) {
    for (const q of [0, 1e-250, 1e-14, 1e14, 1e250]) {
      const { mean: m, square, slopeSquare, gain, slopeGain } = moments(name, q);
      for (const x of [m, square, slopeSquare, gain, slopeGain]) assert.ok(Number.isFinite(x), `${name} at ${q}: ${x}`);
    }
  }
});
