// Owns what the positions of a sequence's labels have in common: the loss's gradient at initialization is p − the one-hot
// label, p about equal over the classes, so that where labels are equal it is the same.
import { NEAR, NEAR_SIDE, type Positions } from './signal';

/**
 * @param labels sample-major, `places` each
 * @param samples how many of them are followed
 */
export function labelPositions(labels: ArrayLike<number>, samples: number, places: number, classes: number): Positions {
  const chance = 1 / Math.max(2, classes);
  const counts = Array.from({ length: samples }, (_, s) => {
    const own = new Map<number, number>();
    for (let p = 0; p < places; p++) own.set(labels[s * places + p]!, (own.get(labels[s * places + p]!) ?? 0) + 1);
    return own;
  });
  const pooled = new Float64Array(samples * samples);
  for (let s = 0; s < samples; s++) {
    for (let t = 0; t < samples; t++) {
      let equal = 0;
      for (const [label, count] of counts[s]!) equal += count * (counts[t]!.get(label) ?? 0);
      pooled[s * samples + t] = equal / places ** 2 - chance;
    }
  }
  const near = new Float64Array(NEAR_SIDE * NEAR_SIDE);
  for (let d = 0; d <= Math.min(NEAR, places - 1); d++) {
    let equal = 0;
    for (let s = 0; s < samples; s++) {
      for (let p = 0; p + d < places; p++) if (labels[s * places + p] === labels[s * places + p + d]) equal++;
    }
    const correlation = (equal / (samples * (places - d)) - chance) / (1 - chance);
    near[(NEAR + d) * NEAR_SIDE + NEAR] = correlation;
    near[(NEAR - d) * NEAR_SIDE + NEAR] = correlation;
  }
  return { sizes: [places], near, pooled };
}
