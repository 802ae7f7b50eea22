// Owns the largest of several correlated Gaussian numbers: what max pooling lets through, and how steep the activation is
// there.
import { ACTIVATIONS, DEFAULT_ALPHA } from '../../engine/activations';
import type { ElementwiseName } from '../activationMoments';
import { gaussLegendre } from '../quadrature';

const COMMON = gaussLegendre(16);
const OWN = gaussLegendre(40);
const REACH = 6;

export interface Windows {
  /** How many numbers the largest is taken of. */
  readonly count: number;
  /** Of any two of them. */
  readonly correlation: number;
}

/** E f(√q · the largest of `count` standard-normal numbers that correlate equally). */
export function winnerMean(q: number, { count, correlation }: Windows, f: (u: number) => number): number {
  const rho = Math.min(1, Math.max(0, correlation));
  const deviation = Math.sqrt(q);
  const density = (x: number) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  let sum = 0;
  let weight = 0;
  for (let j = 0; j < OWN.nodes.length; j++) {
    const b = REACH * OWN.nodes[j]!;
    const of = OWN.weights[j]! * count * density(b) * below(b) ** (count - 1);
    if (of < 1e-18) continue;
    for (let i = 0; i < COMMON.nodes.length; i++) {
      const a = REACH * COMMON.nodes[i]!;
      const w = of * COMMON.weights[i]! * density(a);
      weight += w;
      sum += w * f(deviation * (Math.sqrt(rho) * a + Math.sqrt(1 - rho) * b));
    }
  }
  return weight > 0 ? sum / weight : f(0);
}

/** Normal distribution function to 1e-4 of itself, by the logistic form of Bowling et al. (2009): enough for a weight. */
function below(x: number): number {
  return 1 / (1 + Math.exp(-(1.5976 * x + 0.07056 * x * x * x)));
}

/** E φ′² at the largest. */
export function winnerSlope(name: ElementwiseName, q: number, windows: Windows): number {
  const { derivative } = ACTIVATIONS[name];
  return winnerMean(q, windows, (u) => derivative(u, DEFAULT_ALPHA[name]) ** 2);
}

/** E φ and E φ² at the largest. */
export function winnerValue(name: ElementwiseName, q: number, windows: Windows): { mean: number; square: number } {
  const { value } = ACTIVATIONS[name];
  return {
    mean: winnerMean(q, windows, (u) => value(u, DEFAULT_ALPHA[name])),
    square: winnerMean(q, windows, (u) => value(u, DEFAULT_ALPHA[name]) ** 2),
  };
}
