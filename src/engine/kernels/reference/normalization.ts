// Owns the reference of batch, layer, root-mean-square and group normalization: each set of numbers that share a mean and
// a variance is looked at as a list of indexes, whatever the kind.
import { INT_HEAD, NORMALIZATION_CODE } from '../contract';
import { floorLog2 } from './activations';
import type { ReferenceContext } from './context';
import { scaleByPower } from './context';

/** Numbers that share a mean and a variance. */
interface NumberSet {
  /** Of each number: row and column. */
  readonly places: readonly (readonly [row: number, column: number])[];
  /** Where its statistics are saved: index of the mean's high part, and how far on the low part and the others are. */
  readonly saved: number;
  readonly plane: number;
}

/** Every set of the true columns. */
function setsOf(
  c: ReferenceContext,
  kind: number,
  channels: number,
  positions: number,
  groups: number,
  saved: number,
  ld: number,
): NumberSet[] {
  const batch = c.ints[INT_HEAD.batch]!;
  const all = (count: number) => Array.from({ length: count }, (_, k) => k);
  const grid = (rows: readonly number[], columns: readonly number[]) =>
    rows.flatMap((row) => columns.map((column) => [row, column] as const));
  if (kind === NORMALIZATION_CODE.batch || kind === NORMALIZATION_CODE.moving) {
    return all(channels).map((u) => {
      const rows = all(positions).map((p) => p * channels + u);
      return { places: grid(rows, all(batch)), saved: saved + u, plane: channels };
    });
  }
  const width = groups > 0 ? channels / groups : channels;
  const count = groups > 0 ? groups : positions;
  return all(count).flatMap((set) => {
    const rows =
      groups > 0
        ? all(positions).flatMap((p) => all(width).map((k) => p * channels + set * width + k))
        : all(width).map((k) => set * channels + k);
    return all(batch).map((j) => ({ places: grid(rows, [j]), saved: saved + set * ld + j, plane: count * ld }));
  });
}

/** OP.normalize */
export function normalize(c: ReferenceContext, p: number): void {
  const { floats, ints, round } = c;
  const [kind, channels, positions, groups] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!];
  const [X, H, gamma, beta, saved] = [ints[p + 4]!, ints[p + 5]!, ints[p + 6]!, ints[p + 7]!, ints[p + 8]!];
  const epsilon = floats[ints[p + 9]!]!;
  const ld = ints[p + 10]!;
  const [movingMean, movingVariance] = [ints[p + 11]!, ints[p + 12]!];
  floats.fill(0, H, H + channels * positions * ld);
  for (const set of setsOf(c, kind, channels, positions, groups, saved, ld)) {
    const values = set.places.map(([row, j]) => floats[X + row * ld + j]!);
    let mean = 0;
    let variance: number;
    if (kind === NORMALIZATION_CODE.moving) {
      const channel = set.saved - saved;
      mean = floats[movingMean + channel]!;
      variance = floats[movingVariance + channel]!;
    } else {
      if (kind !== NORMALIZATION_CODE.rootMeanSquare) mean = average(values);
      variance = average(values.map((x) => (x - mean) ** 2));
    }
    const inverse = round(1 / Math.sqrt(variance + epsilon));
    if (kind !== NORMALIZATION_CODE.moving) {
      floats[set.saved] = mean;
      floats[set.saved + set.plane] = mean - round(mean);
      floats[set.saved + 2 * set.plane] = inverse;
    }
    if (kind === NORMALIZATION_CODE.batch) floats[set.saved + 3 * set.plane] = variance;
    for (const [k, [row, j]] of set.places.entries()) {
      const scale = gamma < 0 ? 1 : floats[gamma + (row % channels)]!;
      const offset = beta < 0 ? 0 : floats[beta + (row % channels)]!;
      const h = (values[k]! - mean) * inverse * scale + offset;
      floats[H + row * ld + j] = Math.abs(h) < c.flushBelow ? 0 : h;
    }
  }
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** OP.normalizeBackward */
export function normalizeBackward(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [kind, channels, positions, groups] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!];
  const [dH, dX, X, gamma, saved] = [ints[p + 4]!, ints[p + 5]!, ints[p + 6]!, ints[p + 7]!, ints[p + 8]!];
  const [dGamma, dBeta, ld, eIn, eOut] = [ints[p + 9]!, ints[p + 10]!, ints[p + 11]!, ints[p + 12]!, ints[p + 13]!];
  const sets = setsOf(c, kind, channels, positions, groups, saved, ld);
  const scaleOf = (row: number) => (gamma < 0 ? 1 : floats[gamma + (row % channels)]!);
  const inverseOf = (set: NumberSet) => floats[set.saved + 2 * set.plane]!;
  const largestInverse = sets.reduce((m, set) => Math.max(m, inverseOf(set)), 0);
  const power = backwardPower(largestInverse, largestScale(c, gamma, channels));
  const gammaSums = new Float64Array(channels);
  const betaSums = new Float64Array(channels);
  if (dX >= 0) floats.fill(0, dX, dX + channels * positions * ld);
  for (const set of sets) {
    const inverse = inverseOf(set);
    const normalized = set.places.map(
      ([row, j]) => (floats[X + row * ld + j]! - floats[set.saved]! - floats[set.saved + set.plane]!) * inverse,
    );
    const gradients = set.places.map(([row, j]) => floats[dH + row * ld + j]! * scaleOf(row));
    const meanGradient = kind === NORMALIZATION_CODE.rootMeanSquare ? 0 : average(gradients);
    const meanProduct = average(gradients.map((g, k) => g * normalized[k]!));
    for (const [k, [row, j]] of set.places.entries()) {
      const dh = floats[dH + row * ld + j]!;
      gammaSums[row % channels] = gammaSums[row % channels]! + dh * normalized[k]!;
      betaSums[row % channels] = betaSums[row % channels]! + dh;
      if (dX < 0) continue;
      const dx = scaleByPower(inverse * (gradients[k]! - meanGradient - normalized[k]! * meanProduct), power);
      floats[dX + row * ld + j] = Math.abs(dx) < c.flushBelow ? 0 : dx;
    }
  }
  if (dGamma >= 0) floats.set(gammaSums, dGamma);
  if (dBeta >= 0) floats.set(betaSums, dBeta);
  ints[eOut] = ints[eIn]! - power;
}

function largestScale(c: ReferenceContext, gamma: number, channels: number): number {
  if (gamma < 0) return 1;
  let largest = 0;
  for (let u = 0; u < channels; u++) largest = Math.max(largest, Math.abs(c.floats[gamma + u]!));
  return largest;
}

/** The power of two that dX is multiplied by. */
function backwardPower(largestInverse: number, largestGamma: number): number {
  const largest = largestInverse * largestGamma;
  if (!(largest > 0) || !Number.isFinite(largest) || (largest >= 2 ** -16 && largest <= 2 ** 16)) return 0;
  return Math.max(-120, Math.min(120, -floorLog2(largest)));
}

/** OP.movingAverage */
export function movingAverage(c: ReferenceContext, p: number): void {
  const { floats, ints } = c;
  const [channels, saved, movingMean, movingVariance] = [ints[p]!, ints[p + 1]!, ints[p + 2]!, ints[p + 3]!];
  const momentum = floats[ints[p + 4]!]!;
  const move = (at: number, value: number) => {
    const moved = momentum * floats[at]! + (1 - momentum) * value;
    floats[at] = Math.abs(moved) < c.flushBelow ? 0 : moved;
  };
  for (let u = 0; u < channels; u++) {
    move(movingMean + u, floats[saved + u]!);
    move(movingVariance + u, floats[saved + 3 * channels + u]!);
  }
}
