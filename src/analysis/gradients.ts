// Owns what happens to gradients where ways meet: what several takers of one value send back is added up.
import { type Field, type Gradient, NO_NOISE, type Noise, type Positions, type Radial, type Straying } from './signal';

/**
 * ∂L/∂h of a value that several layers take; their contributions have nothing to do with each other, so that
 * squares add, but for what they have along the value itself.
 * @param numbers of one sample of it
 */
export function mergeGradients(parts: readonly Gradient[], numbers: number): Gradient | undefined {
  const [first] = parts;
  if (parts.length < 2) return first;
  const most = Math.max(...parts.map((g) => g.log));
  if (!Number.isFinite(most)) return parts.find((g) => Number.isNaN(g.log)) ?? parts.find((g) => g.log === most);
  const weights = parts.map((g) => Math.exp(g.log - most));
  const total = weights.reduce((a, b) => a + b, 0);
  const shares = weights.map((w) => w / total);
  const straying = mixStraying(parts, shares);
  const { cross, radial } = mixRadial(parts, shares, numbers);
  return {
    log: most + Math.log(total * cross),
    ...(radial ? { radial } : {}),
    field: mixFields(parts, shares),
    noise: mixNoise(parts, shares),
    ...(straying ? { straying } : {}),
  };
}

function mixFields(parts: readonly Gradient[], shares: readonly number[]): Field {
  const samples = parts[0]!.field.samples;
  const mix = (rows: readonly Float64Array[]): Float64Array => {
    const sum = new Float64Array(rows[0]!.length);
    rows.forEach((row, k) => {
      for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + shares[k]! * row[i]!;
    });
    return sum;
  };
  const gram = mix(parts.map((g) => g.field.gram));
  const all = parts.map((g) => g.field.positions);
  const [first] = all;
  if (!first || !all.every((p): p is Positions => p !== undefined)) return { samples, gram };
  const flat = () => new Float64Array(first.sizes.reduce((a, b) => a * b, 1)).fill(1);
  const profiled = all.some((p) => p.profile);
  return {
    samples,
    gram,
    positions: {
      sizes: first.sizes,
      ...(profiled ? { profile: mix(all.map((p) => p.profile ?? flat())) } : {}),
      near: mix(all.map((p) => p.near)),
      pooled: mix(all.map((p) => p.pooled)),
    },
  };
}

/**
 * ln Σ eˣ to second order. Ways that split behind one layer have all in common that happened after it: of two spreads the
 * smaller is taken to be a part of the larger.
 */
function mixNoise(parts: readonly Gradient[], shares: readonly number[]): Noise {
  let { spread, shift, slope, bend, narrow } = NO_NOISE;
  parts.forEach(({ noise }, i) => {
    const p = shares[i]!;
    narrow = Math.max(narrow, noise.narrow);
    shift += p * (noise.shift + 0.5 * noise.spread);
    slope += p * noise.slope;
    bend += p * (noise.bend + noise.slope * noise.slope);
    parts.forEach((other, k) => {
      spread += p * shares[k]! * Math.min(noise.spread, other.noise.spread);
    });
  });
  return { spread, shift: shift - 0.5 * spread, slope, bend: bend - slope * slope, narrow };
}

/** As `mixNoise` takes spreads: what two ways have in common is the smaller of theirs. */
function mixStraying(parts: readonly Gradient[], shares: readonly number[]): Straying | undefined {
  const all = parts.map((g) => g.straying);
  const [first] = all;
  if (!first || !all.every((s): s is Straying => s !== undefined)) return first ?? all.find((s) => s);
  const mix = (rows: readonly Float64Array[]): Float64Array =>
    rows[0]!.map((_, at) =>
      rows.reduce(
        (sum, a, i) => sum + rows.reduce((b, c, k) => b + shares[i]! * shares[k]! * Math.min(a[at]!, c[at]!), 0),
        0,
      ),
    );
  return { norms: mix(all.map((s) => s.norms)), products: mix(all.map((s) => s.products)) };
}

/** What a change of the value's size does to the loss adds up, with its sign, over all that take it. */
function mixRadial(
  parts: readonly Gradient[],
  shares: readonly number[],
  numbers: number,
): { cross: number; radial?: Radial } {
  if (!parts.some((g) => g.radial)) return { cross: 1 };
  let [sum, squares, share, variance] = [0, 0, 0, 0];
  parts.forEach(({ radial }, k) => {
    const own = radial?.share ?? 1 / numbers;
    const beyond = shares[k]! * Math.max(0, own - 1 / numbers);
    sum += Math.sqrt(beyond);
    squares += beyond;
    share += shares[k]! * own;
    variance += shares[k]! * (radial?.variance ?? 0);
  });
  const extra = sum * sum - squares;
  return { cross: 1 + extra, radial: { share: (share + extra) / (1 + extra), variance } };
}
