// Owns the fields that a walk starts from: the data's own second moments forward, the loss's backward.
import type { Dataset } from '../spec/dataset';
import type { Graph } from '../spec/network';
import type { Spec } from '../spec/schema';
import { labelPositions } from './lossPositions';
import {
  diagonalMean,
  type Field,
  type Gradient,
  NEAR,
  NEAR_SIDE,
  NO_NOISE,
  normalized,
  type Positions,
  type Signal,
} from './signal';

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** The axes of a shape that are positions; undefined where there are none, as in a vector. */
export function positionSizes(shape: readonly number[]): readonly number[] | undefined {
  return shape.length > 1 ? shape.slice(0, -1) : undefined;
}

/** Positions that have nothing to do with each other, all alike. */
export function independentPositions(sizes: readonly number[], gram: Float64Array): Positions {
  const count = product(sizes);
  const near = new Float64Array(NEAR_SIDE * NEAR_SIDE);
  near[NEAR * NEAR_SIDE + NEAR] = 1;
  return { sizes, near, pooled: gram.map((k) => k / count) };
}

/** Of how many training samples those that are followed are chosen. */
const CANDIDATES = 512;

/**
 * Samples that stand for all: by their size, from all over its range, since small ones and large ones may count for much.
 * @returns their numbers; without data 0, 1, …
 */
export function chooseSamples(dataset: Dataset | undefined, count: number): readonly number[] {
  const available = dataset ? Math.min(dataset.train.count, CANDIDATES) : 0;
  if (!dataset || available <= count) return Array.from({ length: available > 0 ? available : count }, (_, s) => s);
  const features = product(dataset.inputShape);
  const { inputs } = dataset.train;
  const sizes = Float64Array.from({ length: available }, (_, s) => {
    let sum = 0;
    for (let i = s * features; i < (s + 1) * features; i++) sum += inputs[i]! * inputs[i]!;
    return sum;
  });
  const order = Array.from(sizes.keys()).sort((a, b) => sizes[a]! - sizes[b]! || a - b);
  return Array.from({ length: count }, (_, k) => order[Math.floor(((k + 0.5) * available) / count)]!).sort(
    (a, b) => a - b,
  );
}

/** @param chosen numbers of the samples; without data they are independent standard-normal numbers */
export function dataSignal(graph: Graph, dataset: Dataset | undefined, chosen: readonly number[]): Signal {
  const samples = chosen.length;
  const shape = graph.inputShape;
  const sizes = positionSizes(shape);
  const units = shape.at(-1) ?? 1;
  const known = dataset && dataset.train.count > 0;
  if (!known) {
    const gram = new Float64Array(samples * samples);
    for (let s = 0; s < samples; s++) gram[s * samples + s] = 1;
    const field: Field = { samples, gram, ...(sizes ? { positions: independentPositions(sizes, gram) } : {}) };
    return { field, mean: new Float64Array(samples), units, isData: false, gaussian: 1, drift: 0, stray: 0 };
  }
  const features = product(shape);
  const x = new Float32Array(samples * features);
  chosen.forEach((sample, s) => {
    x.set(dataset.train.inputs.subarray(sample * features, (sample + 1) * features), s * features);
  });
  const gram = new Float64Array(samples * samples);
  const mean = new Float64Array(samples);
  for (let s = 0; s < samples; s++) {
    let sum = 0;
    for (let i = 0; i < features; i++) sum += x[s * features + i]!;
    mean[s] = sum / features;
    for (let t = 0; t <= s; t++) {
      let dot = 0;
      for (let i = 0; i < features; i++) dot += x[s * features + i]! * x[t * features + i]!;
      gram[s * samples + t] = dot / features;
      gram[t * samples + s] = dot / features;
    }
  }
  const field: Field = {
    samples,
    gram,
    ...(sizes ? { positions: dataPositions(x, samples, sizes, units, gram) } : {}),
  };
  return { field, mean, units, isData: true, gaussian: 0, drift: 0, stray: 0 };
}

function dataPositions(
  x: Float32Array,
  samples: number,
  sizes: readonly number[],
  units: number,
  gram: Float64Array,
): Positions {
  const count = product(sizes);
  const profile = new Float64Array(count);
  const pooled = new Float64Array(samples * samples);
  const sums = new Float64Array(samples * units);
  for (let s = 0; s < samples; s++) {
    for (let p = 0; p < count; p++) {
      for (let u = 0; u < units; u++) {
        const value = x[(s * count + p) * units + u]!;
        profile[p] = profile[p]! + value * value;
        sums[s * units + u] = sums[s * units + u]! + value / count;
      }
    }
  }
  for (let s = 0; s < samples; s++) {
    for (let t = 0; t < samples; t++) {
      let dot = 0;
      for (let u = 0; u < units; u++) dot += sums[s * units + u]! * sums[t * units + u]!;
      pooled[s * samples + t] = dot / units;
    }
  }
  const total = profile.reduce((a, b) => a + b, 0) / count;
  return {
    sizes,
    ...(total > 0 ? { profile: profile.map((p) => p / total) } : {}),
    near: nearCorrelations(x, samples, sizes, units, diagonalMean({ samples, gram })),
    pooled,
  };
}

/** Correlations with positions nearby, over the samples and all positions that have such a neighbour. */
function nearCorrelations(
  x: Float32Array,
  samples: number,
  sizes: readonly number[],
  units: number,
  square: number,
): Float64Array {
  const near = new Float64Array(NEAR_SIDE * NEAR_SIDE);
  const [height, width] = [sizes[0] ?? 1, product(sizes.slice(1))];
  const few = Math.min(samples, 8);
  for (let dy = 0; dy <= NEAR; dy++) {
    for (let dx = sizes.length === 2 ? -NEAR : 0; dx <= (sizes.length === 2 ? NEAR : 0); dx++) {
      let sum = 0;
      let pairs = 0;
      for (let s = 0; s < few; s++) {
        for (let y = 0; y + dy < height; y++) {
          for (let c = Math.max(0, -dx); c < width && c + dx < width; c++) {
            const a = ((s * height + y) * width + c) * units;
            const b = ((s * height + y + dy) * width + c + dx) * units;
            for (let u = 0; u < units; u++) sum += x[a + u]! * x[b + u]!;
            pairs += units;
          }
        }
      }
      const correlation = pairs > 0 && square > 0 ? Math.max(-1, Math.min(1, sum / pairs / square)) : 0;
      near[(NEAR + dy) * NEAR_SIDE + NEAR + dx] = correlation;
      near[(NEAR - dy) * NEAR_SIDE + NEAR - dx] = correlation;
    }
  }
  near[NEAR * NEAR_SIDE + NEAR] = 1;
  return near;
}

/**
 * ∂L/∂output at initialization, up to a common factor: which samples get how much, and how alike. Softmax cross-entropy
 * gives p − the one-hot label, with p about equal over the classes; a squared error gives output − target, with outputs
 * as large as the signal says.
 */
export function lossGradient(
  graph: Graph,
  spec: Spec,
  dataset: Dataset | undefined,
  output: Signal,
  chosen: readonly number[],
): Gradient {
  const { samples } = output.field;
  const shape = graph.layers[graph.output]!.outputShape;
  const sizes = positionSizes(shape);
  const units = shape.at(-1) ?? 1;
  const places = sizes ? product(sizes) : 1;
  const gram = new Float64Array(samples * samples);
  const known = dataset && dataset.train.count > 0;
  const targets = dataset?.train.targets;
  for (let s = 0; s < samples; s++) {
    for (let t = 0; t < samples; t++) {
      let value = s === t ? 1 : 0;
      if (known && targets && spec.loss === 'softmaxCrossEntropy') {
        let equal = 0;
        for (let p = 0; p < places; p++)
          equal += targets[chosen[s]! * places + p] === targets[chosen[t]! * places + p] ? 1 : 0;
        value = equal / places - 1 / Math.max(2, units);
      } else if (known && targets && dataset.targetKind === 'classes') {
        const sign = (i: number) => (targets[i] === targets[0] ? 1 : -1);
        value = sign(chosen[s]! * places) * sign(chosen[t]! * places);
      } else if (known && targets && spec.loss !== 'softmaxCrossEntropy') {
        let dot = 0;
        const count = places * units;
        for (let i = 0; i < count; i++) dot += targets[chosen[s]! * count + i]! * targets[chosen[t]! * count + i]!;
        value = dot / count + output.field.gram[s * samples + t]!;
        if (spec.loss === 'meanAbsoluteError') value /= Math.sqrt(within(s) * within(t));
      }
      gram[s * samples + t] = value;
    }
  }
  function within(s: number): number {
    const count = places * units;
    let square = output.field.gram[s * samples + s]!;
    for (let i = 0; i < count; i++) square += targets![chosen[s]! * count + i]! ** 2 / count;
    return square > 0 ? square : 1;
  }
  const labelled = known && targets && spec.loss === 'softmaxCrossEntropy' && sizes?.length === 1;
  const positions = labelled
    ? labelPositions(targets, samples, places, units)
    : sizes && independentPositions(sizes, gram);
  const field: Field = { samples, gram, ...(positions ? { positions } : {}) };
  const unit = normalized(field);
  if (unit.log > -1e300 && Number.isFinite(unit.log)) return { log: 0, field: unit.field, noise: NO_NOISE };
  const alike = new Float64Array(samples * samples);
  for (let s = 0; s < samples; s++) alike[s * samples + s] = 1;
  return {
    log: 0,
    field: { samples, gram: alike, ...(sizes ? { positions: independentPositions(sizes, alike) } : {}) },
    noise: NO_NOISE,
  };
}
