// Owns the layers that look vectors up in a table: embedding, and positionalEmbedding, which adds one to each position.
import type { Dataset } from '../../spec/dataset';
import type { GraphLayer } from '../../spec/network';
import { biasIsCommon, biasMeanSquare } from '../kernelLaw';
import type { Term } from '../prediction';
import { NEAR, NEAR_SIDE, overlap, type Positions, type Rule, type Signal } from '../signal';
import { parameterOf } from './linear';

/** Vectors of equal numbers are the same, all others have nothing to do with each other. */
export const embeddingRule: Rule = (layer, [input], { batch, dataset }) => {
  const table = parameterOf(layer, 'embeddings');
  if (!table || !input || !dataset || !input.isData || biasIsCommon(table)) return undefined;
  const square = meanSquareOf(layer);
  if (square === undefined || square === 0) return undefined;
  const { samples } = input.field;
  const { gram, positions } = equality(dataset, samples, layer.inputShapes[0] ?? []);
  const scaled = (m: Float64Array) => m.map((value) => value * square);
  const field = {
    samples,
    gram: scaled(gram),
    ...(positions ? { positions: { ...positions, pooled: scaled(positions.pooled) } } : {}),
  };
  const units = layer.outputShape.at(-1) ?? 1;
  const own = (2 * overlap(field, batch)) / units;
  const { initializer } = table;
  const output: Signal = {
    ...{ field, mean: new Float64Array(samples), units, isData: false },
    gaussian: initializer.type === 'randomNormal' ? 1 : 0,
    drift: -0.5 * own,
    stray: own,
  };
  const term: Term = { term: 'whole numbers have no derivative', kind: 'fan', factor: 0 };
  return {
    output,
    basis: 'meanField',
    backward: (delta) => ({ delta, inputs: [undefined], terms: [term], isExact: true }),
  };
};

/** Adds a vector to each position, the same in all samples. */
export const positionalEmbeddingRule: Rule = (layer, [input]) => {
  const table = parameterOf(layer, 'embeddings');
  if (!table || !input?.field.positions || biasIsCommon(table)) return undefined;
  const added = meanSquareOf(layer);
  const { field } = input;
  const { positions } = field;
  if (!positions || added === undefined) return undefined;
  const count = positions.sizes.reduce((a, b) => a * b, 1);
  const before = mean(Array.from({ length: field.samples }, (_, s) => field.gram[s * field.samples + s]!));
  const share = before + added > 0 ? before / (before + added) : 1;
  // The vectors of two positions have nothing to do with each other.
  const near = positions.near.map((value, k) => (k === CENTRE ? 1 : share * value));
  const output: Signal = {
    ...input,
    field: {
      samples: field.samples,
      gram: field.gram.map((value) => value + added),
      positions: {
        sizes: positions.sizes,
        ...(positions.profile ? { profile: positions.profile.map((p) => share * p + 1 - share) } : {}),
        near,
        pooled: positions.pooled.map((value) => value + added / count),
      },
    },
    isData: false,
    drift: share * input.drift,
    stray: share * share * input.stray,
  };
  return {
    output,
    basis: 'meanField',
    backward: (delta) => ({ delta, inputs: [delta], terms: [], isExact: true }),
  };
};

const CENTRE = NEAR * NEAR_SIDE + NEAR;

/** E of a number of the table, squared; undefined where its initializer is no draw of such numbers. */
function meanSquareOf(layer: GraphLayer): number | undefined {
  const table = parameterOf(layer, 'embeddings');
  if (!table) return undefined;
  const { type } = table.initializer;
  return type === 'orthogonal' || type === 'identity' || type === 'lsuv' ? undefined : biasMeanSquare(table);
}

/** Shares of places at which two samples have the same number, and positions likewise. */
function equality(
  { train }: Dataset,
  samples: number,
  shape: readonly number[],
): { readonly gram: Float64Array; readonly positions?: Positions } {
  const count = shape.reduce((a, b) => a * b, 1);
  const x = train.inputs;
  const gram = new Float64Array(samples * samples);
  const pooled = new Float64Array(samples * samples);
  for (let s = 0; s < samples; s++) {
    for (let t = 0; t < samples; t++) {
      let [here, anywhere] = [0, 0];
      for (let p = 0; p < count; p++) {
        for (let q = 0; q < count; q++) {
          if (x[s * count + p] !== x[t * count + q]) continue;
          anywhere++;
          if (p === q) here++;
        }
      }
      gram[s * samples + t] = here / count;
      pooled[s * samples + t] = anywhere / (count * count);
    }
  }
  if (shape.length === 0) return { gram };
  const near = new Float64Array(NEAR_SIDE * NEAR_SIDE);
  // Sequences alone: numbers in a plane are taken to be unlike their neighbours.
  for (let d = 1; d <= NEAR && shape.length === 1; d++) {
    let [equal, all] = [0, 0];
    for (let s = 0; s < samples; s++) {
      for (let p = 0; p + d < count; p++) {
        if (x[s * count + p] === x[s * count + p + d]) equal++;
        all++;
      }
    }
    near[(NEAR + d) * NEAR_SIDE + NEAR] = all > 0 ? equal / all : 0;
    near[(NEAR - d) * NEAR_SIDE + NEAR] = near[(NEAR + d) * NEAR_SIDE + NEAR]!;
  }
  near[CENTRE] = 1;
  return { gram, positions: { sizes: shape, near, pooled } };
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
