// Owns the two forms in which a sequence's second moments are known: each pair of time steps for itself, as recurrent layers
// need them, and summed up by distance, as a `Field` has them.
import { type Field, NEAR, NEAR_SIDE, type Positions } from './signal';

/**
 * Covariances of two typical samples of a sequence: the even places are one's time steps, the odd ones the other's. Steps
 * further apart than a field knows get what is left of the mean over all pairs.
 * @param backwards the last time step first
 * @returns (2T × 2T)
 */
export function sequenceCovariance({ samples, gram, positions }: Field, backwards: boolean): Float64Array {
  if (!positions) throw new Error('a sequence has positions');
  const steps = positions.sizes[0]!;
  const side = 2 * steps;
  const [same, other] = diagonals(gram, samples);
  const [pooledSame, pooledOther] = diagonals(positions.pooled, samples);
  const size = (t: number) => same * (positions.profile?.[t] ?? 1);
  const near = (t: number, u: number) => positions.near[(NEAR + t - u) * NEAR_SIDE + NEAR]!;
  let [known, far] = [0, 0];
  for (let t = 0; t < steps; t++) {
    for (let u = 0; u < steps; u++) {
      const root = Math.sqrt(size(t) * size(u));
      if (Math.abs(t - u) <= NEAR) known += root * near(t, u);
      else far += root;
    }
  }
  const farCorrelation = far > 0 ? bounded((pooledSame * steps * steps - known) / far) : 0;
  const across = steps > 1 ? (pooledOther * steps - other) / (steps - 1) : 0;
  const covariance = new Float64Array(side * side);
  for (let t = 0; t < steps; t++) {
    for (let u = 0; u < steps; u++) {
      const [a, b] = backwards ? [steps - 1 - t, steps - 1 - u] : [t, u];
      const correlation = Math.abs(a - b) <= NEAR ? near(a, b) : farCorrelation;
      const own = Math.sqrt(size(a) * size(b)) * correlation;
      const cross = (a === b ? other : across) * Math.sqrt(size(a) * size(b)) * (same > 0 ? 1 / same : 0);
      covariance[2 * t * side + 2 * u] = own;
      covariance[(2 * t + 1) * side + 2 * u + 1] = own;
      covariance[2 * t * side + 2 * u + 1] = cross;
      covariance[(2 * t + 1) * side + 2 * u] = cross;
    }
  }
  return covariance;
}

/** @param at covariance of two time steps */
export function sequencePositions(
  steps: number,
  at: (t: number, u: number) => number,
): Pick<Positions, 'sizes' | 'profile' | 'near'> {
  const own = Float64Array.from({ length: steps }, (_, t) => at(t, t));
  const mean = own.reduce((a, b) => a + b, 0) / steps;
  const near = new Float64Array(NEAR_SIDE * NEAR_SIDE);
  for (let d = 0; d <= NEAR; d++) {
    let [covariances, sizes] = [0, 0];
    for (let t = 0; t + d < steps; t++) {
      covariances += at(t, t + d);
      sizes += Math.sqrt(own[t]! * own[t + d]!);
    }
    const correlation = sizes > 0 ? bounded(covariances / sizes) : 0;
    near[(NEAR + d) * NEAR_SIDE + NEAR] = correlation;
    near[(NEAR - d) * NEAR_SIDE + NEAR] = correlation;
  }
  near[NEAR * NEAR_SIDE + NEAR] = 1;
  return { sizes: [steps], ...(mean > 0 ? { profile: own.map((value) => value / mean) } : {}), near };
}

/** Covariances of one typical sample alone, (T × T); a field without positions is what the last of so many steps has. */
export function sampleCovariance(field: Field, steps: number): Float64Array {
  const own = new Float64Array(steps * steps);
  if (!field.positions) {
    own[steps * steps - 1] = 1;
    return own;
  }
  const both = sequenceCovariance(field, false);
  for (let t = 0; t < steps; t++) for (let u = 0; u < steps; u++) own[t * steps + u] = both[4 * t * steps + 2 * u]!;
  return own;
}

/** A Gram matrix with the same for each sample, and for each two. */
export function pairsOf(samples: number, same: number, other: number): Float64Array {
  const gram = new Float64Array(samples * samples).fill(other);
  for (let s = 0; s < samples; s++) gram[s * samples + s] = same;
  return gram;
}

/** Means of the diagonal and of what lies off it. */
function diagonals(gram: Float64Array, samples: number): [same: number, other: number] {
  let [same, all] = [0, 0];
  for (let s = 0; s < samples; s++) {
    same += gram[s * samples + s]!;
    for (let t = 0; t < samples; t++) all += gram[s * samples + t]!;
  }
  return [same / samples, samples > 1 ? (all - same) / (samples * (samples - 1)) : 0];
}

function bounded(correlation: number): number {
  return Math.max(-1, Math.min(1, correlation));
}
