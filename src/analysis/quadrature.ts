// Owns averages over a standard normal: integrals of functions that have kinks, that are wide or narrow, to 1e-10. Which
// functions are averaged is `activationMoments.ts`'s.

/** Nodes in (−1, 1) and weights of a Gauss–Legendre rule. */
export interface Rule {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** Gauss–Legendre, exact for polynomials of degree 2n − 1: roots of the Legendre polynomial by Newton's method. */
export function gaussLegendre(n: number): Rule {
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let attempt = 0; attempt < 50; attempt++) {
      let [before, p] = [1, x];
      for (let k = 2; k <= n; k++) [before, p] = [p, ((2 * k - 1) * x * p - (k - 1) * before) / k];
      slope = (n * (x * p - before)) / (x * x - 1);
      const step = p / slope;
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    nodes[n - 1 - i] = x;
    weights[n - 1 - i] = 2 / ((1 - x * x) * slope * slope);
  }
  return { nodes, weights };
}

/** Beyond this many standard deviations lies 1e-21 of a normal: even squares of squares of what is averaged do not count. */
const REACH = 9.5;
/** Panels end at these multiples of a standard deviation… */
const DEVIATIONS = [1.4, 2.8, 4.2, 5.6, 7.2, REACH];
/** …and at these arguments, around which activations bend. */
const BENDS = [0.7, 1.6, 3.2, 6, 11, 20, 38];
const PANEL = gaussLegendre(14);

/** Where a function of √q·z is to be looked at, and with what weight. The weights sum to 1. */
export interface NormalPoints {
  /** Standard normal. */
  readonly z: Float64Array;
  /** √q·z: the arguments. */
  readonly u: Float64Array;
  readonly weights: Float64Array;
}

/**
 * Points such that Σ weightᵢ f(uᵢ) is E f(√q·z), z standard normal, for an f that is smooth between its kinks and bends on a
 * scale of 1 around 0 and around its kinks, as activations do: error below 1e-9 of the integrand's size.
 * @param q variance, above 0 and finite
 */
export function normalPoints(q: number, kinks: readonly number[]): NormalPoints {
  const deviation = Math.sqrt(q);
  const ends = new Set<number>([0]);
  for (const d of DEVIATIONS) ends.add(d).add(-d);
  for (const center of [0, ...kinks]) {
    for (const bend of [0, ...BENDS]) {
      for (const at of [(center + bend) / deviation, (center - bend) / deviation]) {
        if (Math.abs(at) < REACH) ends.add(at);
      }
    }
  }
  // Panels much narrower than a deviation are needed where the function bends there, and nowhere else.
  const sorted = [...ends].sort((a, b) => a - b);
  const isKink = (at: number) => at === 0 || kinks.some((k) => k / deviation === at);
  const kept: number[] = [];
  for (const at of sorted) {
    const last = kept.at(-1);
    if (last === undefined || at - last > 0.35 || (at - last) * deviation > 0.5 || isKink(at)) kept.push(at);
  }
  const { nodes, weights } = PANEL;
  const panels = kept.length - 1;
  const points = {
    z: new Float64Array(panels * nodes.length),
    u: new Float64Array(panels * nodes.length),
    weights: new Float64Array(panels * nodes.length),
  };
  let at = 0;
  let sum = 0;
  for (let p = 0; p < panels; p++) {
    const half = (kept[p + 1]! - kept[p]!) / 2;
    const middle = (kept[p + 1]! + kept[p]!) / 2;
    for (let k = 0; k < nodes.length; k++, at++) {
      const z = middle + half * nodes[k]!;
      points.z[at] = z;
      points.u[at] = deviation * z;
      points.weights[at] = (half * weights[k]! * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
      sum += points.weights[at]!;
    }
  }
  for (let k = 0; k < at; k++) points.weights[k] = points.weights[k]! / sum;
  return points;
}
