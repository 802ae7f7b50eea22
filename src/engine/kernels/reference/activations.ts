// Owns the element-wise activations of the reference: φ and φ′ as formulas, and the two operations made of them.
import { ACTIVATION_CODE, GRADIENT_RAW, INT_HEAD } from '../contract';
import type { ReferenceContext } from './context';
import { scaleByPower } from './context';
import { activationStatistics, gradientSums, sumOfSquares } from './statistics';

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** φ(z). `alpha`: slope of leakyRelu, scale of elu. */
export function activate(activation: number, z: number, alpha: number): number {
  switch (activation) {
    case ACTIVATION_CODE.relu:
      return z < 0 ? 0 : z;
    case ACTIVATION_CODE.tanh:
      return Math.tanh(z);
    case ACTIVATION_CODE.sigmoid:
      return sigmoid(z);
    case ACTIVATION_CODE.leakyRelu:
      return z > 0 ? z : alpha * z;
    case ACTIVATION_CODE.elu:
      return z > 0 ? z : alpha * Math.expm1(z);
    case ACTIVATION_CODE.selu:
      return SELU_SCALE * (z > 0 ? z : SELU_ALPHA * Math.expm1(z));
    case ACTIVATION_CODE.softplus:
      return softplus(z);
    case ACTIVATION_CODE.softsign:
      return z / (1 + Math.abs(z));
    case ACTIVATION_CODE.hardSigmoid:
      return clamp(0.2 * z + 0.5, 0, 1);
    case ACTIVATION_CODE.hardTanh:
      return clamp(z, -1, 1);
    case ACTIVATION_CODE.relu6:
      return clamp(z, 0, 6);
    case ACTIVATION_CODE.gelu:
      return z * normalCdf(z);
    case ACTIVATION_CODE.silu:
      return z * sigmoid(z);
    case ACTIVATION_CODE.mish:
      return z * mishGate(z);
    default:
      return z;
  }
}

/** φ′ from y, which is h for codes up to LAST_DERIVATIVE_FROM_OUTPUT and z above. */
export function derivative(activation: number, y: number, alpha: number): number {
  switch (activation) {
    case ACTIVATION_CODE.relu:
      // As in PyTorch, a NaN output does not stop the gradient.
      return y <= 0 ? 0 : 1;
    case ACTIVATION_CODE.tanh:
      return (1 - y) * (1 + y);
    case ACTIVATION_CODE.sigmoid:
      return y * (1 - y);
    case ACTIVATION_CODE.leakyRelu:
      return y > 0 ? 1 : alpha;
    case ACTIVATION_CODE.elu:
      return y > 0 ? 1 : y + alpha;
    case ACTIVATION_CODE.selu:
      return y > 0 ? SELU_SCALE : y + SELU_SCALE * SELU_ALPHA;
    case ACTIVATION_CODE.softplus:
      return -Math.expm1(-y);
    case ACTIVATION_CODE.softsign:
      return (1 - Math.abs(y)) ** 2;
    case ACTIVATION_CODE.hardSigmoid:
      return y <= 0 || y >= 1 ? 0 : 0.2;
    case ACTIVATION_CODE.hardTanh:
      return y <= -1 || y >= 1 ? 0 : 1;
    case ACTIVATION_CODE.relu6:
      return y <= 0 || y >= 6 ? 0 : 1;
    case ACTIVATION_CODE.gelu:
      return normalCdf(y) + (y * Math.exp(-0.5 * y * y)) / Math.sqrt(2 * Math.PI);
    case ACTIVATION_CODE.silu:
      return sigmoid(y) * (1 + y * sigmoid(-y));
    case ACTIVATION_CODE.mish: {
      const gate = mishGate(y);
      // d/dz tanh(softplus(z)) = (1 − gate²) · sigmoid(z)
      return gate + y * (1 - gate * gate) * sigmoid(y);
    }
    default:
      return 1;
  }
}

/** OP.biasActivation */
export function biasActivation(c: ReferenceContext, p: number, base: number): void {
  const { floats, ints } = c;
  const [units, positions, Z, H, bias, activation] = six(ints, p);
  const alpha = floats[ints[p + 6]!]!;
  const ld = ints[p + 7]!;
  const s = ints[p + 8]!;
  for (let r = 0; r < units * positions; r++) {
    const b = bias < 0 ? 0 : floats[bias + (r % units)]!;
    for (let j = r * ld; j < (r + 1) * ld; j++) {
      const z = c.round(floats[Z + j]! + b);
      const h = activate(activation, z, alpha);
      floats[Z + j] = z;
      floats[H + j] = Math.abs(h) < c.flushBelow ? 0 : h;
    }
  }
  if (s >= 0) activationStatistics(c, activation, units, positions, H, ld, base + s);
}

/** OP.activationBackward */
export function activationBackward(c: ReferenceContext, p: number, base: number): void {
  const { floats, ints } = c;
  const [units, positions, dH, dZ, Y, activation] = six(ints, p);
  const alpha = floats[ints[p + 6]!]!;
  const ld = ints[p + 7]!;
  const s = ints[p + 10]!;
  const rows = units * positions;
  const incoming = s >= 0 ? sumOfSquares(c, rows, dH, ld) : 0;
  for (let k = 0; k < rows * ld; k++) {
    floats[dZ + k] =
      floats[dH + k]! * (activation === ACTIVATION_CODE.linear ? 1 : derivative(activation, floats[Y + k]!, alpha));
  }
  finishGradient(c, rows, dZ, ld, ints[p + 8]!, ints[p + 9]!, s < 0 ? -1 : base + s, ints[p + 11] !== 0, incoming);
}

/**
 * The second half of a backward operation: statistics of dZ at stats[at] (at ≥ 0), normalization, exact zeros for what
 * is too small. `eIn` and `eOut` are the exponents' places in ints.
 */
export function finishGradient(
  c: ReferenceContext,
  rows: number,
  dZ: number,
  ld: number,
  eIn: number,
  eOut: number,
  at: number,
  normalize: boolean,
  incoming: number,
): void {
  const { floats, ints, stats } = c;
  const batch = ints[INT_HEAD.batch]!;
  const exponent = ints[eIn]!;
  if (at >= 0) {
    gradientSums(c, rows, batch, dZ, ld, at);
    stats[at + GRADIENT_RAW.exponent] = exponent;
    stats[at + GRADIENT_RAW.incomingSumOfSquares] = incoming;
  }
  const largest = largestMagnitude(c, rows, batch, dZ, ld);
  const outside = largest > 0 && Number.isFinite(largest) && (largest < 2 ** -32 || largest > 2 ** 64);
  const power = normalize && outside ? -floorLog2(largest) : 0;
  for (let k = 0; k < rows * ld; k++) {
    const v = scaleByPower(floats[dZ + k]!, power);
    floats[dZ + k] = Math.abs(v) < c.flushBelow ? 0 : v;
  }
  ints[eOut] = exponent - power;
}

/** max |x| over the true columns, NaN left out. */
function largestMagnitude(c: ReferenceContext, rows: number, batch: number, x: number, ld: number): number {
  let largest = 0;
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < batch; j++) {
      const v = Math.abs(c.floats[x + r * ld + j]!);
      if (v > largest) largest = v;
    }
  }
  return largest;
}

/** ⌊log₂ x⌋, exactly. */
export function floorLog2(x: number): number {
  let e = Math.floor(Math.log2(x));
  if (2 ** e > x) e--;
  else if (2 ** (e + 1) <= x) e++;
  return e;
}

export function sigmoid(z: number): number {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const e = Math.exp(z);
  return e / (1 + e);
}

/** ln(1 + e^z) */
export function softplus(z: number): number {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}

/** tanh(softplus(z)) = n ÷ (n + 2), n = e^z (e^z + 2). */
function mishGate(z: number): number {
  if (z > 20) return 1;
  const e = Math.exp(z);
  const n = e * (e + 2);
  return n / (n + 2);
}

/** Φ(z), accurate in both tails: erfc by its continued fraction for |z| ≥ 2, else the series of erf. */
export function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  if (x < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum) && n < 100; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    const half = sum / Math.sqrt(Math.PI);
    return z < 0 ? 0.5 - half : 0.5 + half;
  }
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = k / 2 / (x + fraction);
  const tail = (0.5 * Math.exp(-x * x)) / Math.sqrt(Math.PI) / (x + fraction);
  return z < 0 ? tail : 1 - tail;
}

function clamp(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high);
}

function six(ints: Int32Array, p: number): readonly [number, number, number, number, number, number] {
  return [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!, ints[p + 4]!, ints[p + 5]!];
}
