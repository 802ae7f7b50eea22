// Owns the optimizers' rules (PyTorch's, lion by Chen et al. 2023) and gradient clipping of the reference.
import { CLIP_RAW, FLOAT_HEAD, HYPER, INT_HEAD, OPTIMIZER_CODE, PARAMETER_RAW, UPDATE_FLAG } from '../contract';
import type { ReferenceContext } from './context';
import { scaleByPower } from './context';
import { parameterStatistics } from './statistics';

/** The head and the hyper-parameters of one update. */
interface Rule {
  readonly kind: number;
  readonly nesterov: boolean;
  readonly learningRate: number;
  readonly momentum: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly rest1: number;
  readonly rest2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly clipValue: number;
  readonly clipScale: number;
  readonly biasCorrection1: number;
  readonly biasCorrection2: number;
  readonly mu: number;
  readonly muNext: number;
  readonly muProduct: number;
}

function readRule(c: ReferenceContext, kind: number, hyper: number, flags: number): Rule {
  const h = (k: number): number => c.floats[hyper + k]!;
  const head = (k: number): number => c.floats[k]!;
  return {
    kind,
    nesterov: (flags & UPDATE_FLAG.nesterov) !== 0,
    learningRate: head(FLOAT_HEAD.learningRate),
    momentum: h(HYPER.momentum),
    beta1: h(HYPER.beta1),
    beta2: h(HYPER.beta2),
    rest1: h(HYPER.rest1),
    rest2: h(HYPER.rest2),
    epsilon: h(HYPER.epsilon),
    weightDecay: h(HYPER.weightDecay),
    clipValue: h(HYPER.clipValue),
    clipScale: head(FLOAT_HEAD.clipScale),
    biasCorrection1: head(FLOAT_HEAD.biasCorrection1),
    biasCorrection2: head(FLOAT_HEAD.biasCorrection2),
    mu: head(FLOAT_HEAD.mu),
    muNext: head(FLOAT_HEAD.muNext),
    muProduct: head(FLOAT_HEAD.muProduct),
  };
}

/** OP.update */
export function update(c: ReferenceContext, p: number, base: number): void {
  const { floats, ints, stats } = c;
  const [kind, rows, columns, W, G] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!, ints[p + 4]!];
  const [state1, state2] = [ints[p + 5]!, ints[p + 6]!];
  const exponent = ints[ints[p + 8]!]!;
  const s = ints[p + 9]!;
  const unitNorms = ints[p + 10]!;
  const flags = ints[p + 11]!;
  const rule = readRule(c, kind, ints[p + 7]!, flags);
  if (s >= 0 && (flags & UPDATE_FLAG.gradientDone) === 0) {
    parameterStatistics(c, rows, columns, G, exponent, base + s, unitNorms);
  }
  let updateSquares = 0;
  let weightSquares = 0;
  for (let k = 0; k < rows * columns; k++) {
    const trueGradient = scaleByPower(floats[G + k]!, exponent);
    let g = Math.abs(trueGradient) < c.smallestNormal ? 0 : trueGradient * rule.clipScale;
    if (rule.clipValue > 0) g = Math.max(-rule.clipValue, Math.min(rule.clipValue, g));
    const w = floats[W + k]!;
    const step = stepOf(c, rule, g, w, state1 < 0 ? -1 : state1 + k, state2 < 0 ? -1 : state2 + k);
    weightSquares += w * w;
    updateSquares += step * step;
    floats[W + k] = w - step;
  }
  if (s < 0) return;
  stats[base + s + PARAMETER_RAW.updateSumOfSquares] = updateSquares;
  stats[base + s + PARAMETER_RAW.weightSumOfSquares] = weightSquares;
}

/** What is taken off the weight w; the states at indexes m and v are brought up to date. */
function stepOf(c: ReferenceContext, r: Rule, gradient: number, w: number, m: number, v: number): number {
  const { floats } = c;
  const keep = (index: number, value: number): number => {
    floats[index] = Math.abs(value) < c.smallestNormal ? 0 : value;
    return floats[index]!;
  };
  const lr = r.learningRate;
  const decoupled = r.kind === OPTIMIZER_CODE.adamw || r.kind === OPTIMIZER_CODE.lion;
  // Not 0 · w where there is no decay: w may be infinite.
  const decayed = r.weightDecay === 0 ? 0 : r.weightDecay * w;
  const g = decoupled ? gradient : gradient + decayed;
  const decay = decoupled ? lr * decayed : 0;
  switch (r.kind) {
    case OPTIMIZER_CODE.sgd: {
      if (m < 0) return lr * g;
      const buffer = keep(m, r.momentum * floats[m]! + g);
      return lr * (r.nesterov ? g + r.momentum * buffer : buffer);
    }
    case OPTIMIZER_CODE.rmsprop: {
      const square = keep(m, r.beta1 * floats[m]! + r.rest1 * g * g);
      const scaled = g / (Math.sqrt(square) + r.epsilon);
      return lr * (v < 0 ? scaled : keep(v, r.momentum * floats[v]! + scaled));
    }
    case OPTIMIZER_CODE.adagrad:
      return (lr * g) / (Math.sqrt(keep(m, floats[m]! + g * g)) + r.epsilon);
    case OPTIMIZER_CODE.adadelta: {
      const square = keep(m, r.beta1 * floats[m]! + r.rest1 * g * g);
      const delta = (Math.sqrt(floats[v]! + r.epsilon) / Math.sqrt(square + r.epsilon)) * g;
      keep(v, r.beta1 * floats[v]! + r.rest1 * delta * delta);
      return lr * delta;
    }
    case OPTIMIZER_CODE.lion: {
      const direction = Math.sign(r.beta1 * floats[m]! + r.rest1 * g);
      keep(m, r.beta2 * floats[m]! + r.rest2 * g);
      return decay + lr * direction;
    }
    default: {
      const mean = keep(m, r.beta1 * floats[m]! + r.rest1 * g);
      const square = keep(v, r.beta2 * floats[v]! + r.rest2 * g * g);
      const divisor = Math.sqrt(square) / Math.sqrt(r.biasCorrection2) + r.epsilon;
      if (r.kind !== OPTIMIZER_CODE.nadam) return decay + ((lr / r.biasCorrection1) * mean) / divisor;
      const ahead = r.muNext / (1 - r.muProduct * r.muNext);
      return (lr * (((1 - r.mu) / (1 - r.muProduct)) * g + ahead * mean)) / divisor;
    }
  }
}

/** OP.gradientStatistics */
export function gradientStatistics(c: ReferenceContext, p: number, base: number): void {
  const { ints } = c;
  const s = ints[p + 4]!;
  if (s < 0) return;
  parameterStatistics(c, ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[ints[p + 3]!]!, base + s, ints[p + 5]!);
}

/** OP.clip */
export function clip(c: ReferenceContext, p: number, base: number): void {
  const { floats, ints, stats } = c;
  const [list, count, limit, s] = [ints[p]!, ints[p + 1]!, floats[ints[p + 2]!]!, ints[p + 3]!];
  // Relative to the largest exponent, so that no square leaves float64's range.
  let top = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < count; k++) {
    const at = base + ints[list + k]!;
    if (stats[at + PARAMETER_RAW.sumOfSquares] !== 0) top = Math.max(top, stats[at + PARAMETER_RAW.exponent]!);
  }
  let sum = 0;
  for (let k = 0; k < count; k++) {
    const at = base + ints[list + k]!;
    const squares = stats[at + PARAMETER_RAW.sumOfSquares]!;
    if (squares !== 0) sum += scaleByPower(squares, 2 * (stats[at + PARAMETER_RAW.exponent]! - top));
  }
  const norm = sum === 0 ? 0 : scaleByPower(Math.sqrt(sum), top);
  floats[FLOAT_HEAD.clipScale] = Math.min(1, limit / (norm + 1e-6));
  if (s < 0) return;
  stats[base + s + CLIP_RAW.norm] = norm;
  stats[base + s + CLIP_RAW.scale] = floats[FLOAT_HEAD.clipScale]!;
}

/** OP.adaptiveClip: each row of G is at most limit · max(‖w‖, epsilon) long. */
export function adaptiveClip(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [rows, columns, W, G] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!];
  const limit = floats[ints[p + 4]!]!;
  const epsilon = floats[ints[p + 5]!]!;
  const exponent = ints[ints[p + 6]!]!;
  for (let r = 0; r < rows; r++) {
    let weightSquares = 0;
    let gradientSquares = 0;
    for (let k = r * columns; k < (r + 1) * columns; k++) {
      weightSquares += floats[W + k]! ** 2;
      gradientSquares += floats[G + k]! ** 2;
    }
    // Both sides divided by 2^exponent: the gradient's own scale.
    const longest = scaleByPower(limit * Math.max(Math.sqrt(weightSquares), epsilon), -exponent);
    const norm = Math.sqrt(gradientSquares);
    if (!(norm > longest)) continue;
    for (let k = r * columns; k < (r + 1) * columns; k++) floats[G + k] = floats[G + k]! * (longest / norm);
  }
}

/** Copies a step's heads from the tables to the front of both views. */
export function setHeads(c: ReferenceContext, intTable: number, floatTable: number, length: number): void {
  c.ints.copyWithin(INT_HEAD.batch, intTable, intTable + length);
  c.floats.copyWithin(FLOAT_HEAD.learningRate, floatTable, floatTable + length);
}
