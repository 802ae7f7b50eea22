// Owns how much of a probe a network affords: an estimate of its milliseconds from the graph alone, and what is left out where
// that is too many. The constants are those of one core of an ordinary machine (measured, 2.5 GHz): orders, not promises.
import type { Graph, GraphLayer } from '../spec/network';

/** What a probe does. */
export interface ProbeSize {
  readonly seeds: number;
  /** Training steps of the first seed; one of each of the others. */
  readonly steps: number;
  readonly batches: number;
  readonly batchSize: number;
}

/** A probe that takes longer than this is made smaller … */
const WANTED_COST_MS = 250;
/** … and one that takes longer than this at its smallest is not made: somebody is typing. */
export const LARGEST_COST_MS = 500;
/** Samples of a batch where the whole of it is too much. */
const SMALL_BATCH = 8;

/** Multiply-adds a millisecond of the kernels, one thread. */
const MULTIPLY_ADDS = 8e6;
/** How many times that in a convolution, whose products are larger. */
const CONVOLUTION_SPEED = 2;
/** In multiply-adds: what an output costs beside them, with its activation, its statistics and the way back. */
const PER_OUTPUT = 16;
/** Compiling a layer, or one time step of it, into its plans. */
const COMPILE_MS = 0.15;
const COMPILE_STEP_MS = 0.12;
/** Statistics and update of a parameter. */
const PARAMETER_MS = 3e-6;
/** Drawing a parameter: uniform; normal; orthogonal, and for each vector that it is made orthogonal to. */
const DRAW_MS = { uniform: 1.2e-5, normal: 6e-5, orthogonal: 8e-5, vector: 3e-7 } as const;

/** The largest probe up to the wanted one that is quick enough; undefined where none is. */
export function affordableProbe(graph: Graph, wanted: ProbeSize): ProbeSize | undefined {
  const small = Math.min(SMALL_BATCH, wanted.batchSize);
  const fewer = { ...wanted, steps: Math.min(1, wanted.steps), batches: Math.min(2, wanted.batches) };
  const least = { ...fewer, seeds: 1, batches: 1 };
  const sizes = [wanted, fewer, { ...fewer, batchSize: small }, least, { ...least, batchSize: small }];
  return (
    sizes.find((size) => probeCost(graph, size) <= WANTED_COST_MS) ??
    sizes.find((size) => probeCost(graph, size) <= LARGEST_COST_MS)
  );
}

/** Milliseconds, roughly. */
export function probeCost(graph: Graph, { seeds, steps, batches, batchSize }: ProbeSize): number {
  let forward = 0;
  let drawing = 0;
  let compiling = 0;
  for (const layer of graph.layers) {
    forward += multiplyAdds(layer) + PER_OUTPUT * product(layer.outputShape);
    drawing += drawingCost(layer);
    compiling += COMPILE_MS + COMPILE_STEP_MS * (RECURRENT.has(layer.spec.type) ? positionsOf(layer) : 0);
  }
  // Back through a layer is twice the way forward: by its input, and by its kernel. Samples are computed eight at a time.
  const samples = Math.ceil(batchSize / 8) * 8;
  const pass = (3 * forward * samples) / MULTIPLY_ADDS + PARAMETER_MS * graph.parameterCount;
  const passes = 2 * seeds + Math.max(0, batches - 1) + Math.max(0, steps - 1) + steps / 3;
  return compiling + seeds * drawing + passes * pass;
}

const RECURRENT: ReadonlySet<string> = new Set(['simpleRNN', 'lstm', 'gru']);
const CONVOLUTIONS: ReadonlySet<string> = new Set(['conv1d', 'conv2d']);
const TABLES: ReadonlySet<string> = new Set(['embedding', 'positionalEmbedding']);

/** How many times a kernel is used for a sample: its time steps, or the places of the output. */
function positionsOf({ spec, inputShapes, outputShape }: GraphLayer): number {
  if (RECURRENT.has(spec.type)) return inputShapes[0]?.[0] ?? 1;
  return product(outputShape.slice(0, -1));
}

/** Of one sample on the way forward. */
function multiplyAdds(layer: GraphLayer): number {
  const { spec, parameters } = layer;
  if (TABLES.has(spec.type)) return 0;
  const positions = positionsOf(layer);
  const kernels = parameters
    .filter(({ shape }) => shape.length > 1)
    .reduce((sum, { shape }) => sum + product(shape), 0);
  // Of attention also its scores, and what they weigh.
  const looks = spec.type === 'multiHeadAttention' ? positions ** 2 * spec.numHeads * (spec.keyDim + spec.valueDim) : 0;
  return (positions * kernels) / (CONVOLUTIONS.has(spec.type) ? CONVOLUTION_SPEED : 1) + looks;
}

function drawingCost({ parameters }: GraphLayer): number {
  let cost = 0;
  for (const { initializer, shape } of parameters) {
    const count = product(shape);
    switch (initializer.type) {
      case 'zeros':
      case 'ones':
      case 'constant':
      case 'identity':
        break;
      case 'randomUniform':
      case 'glorotUniform':
      case 'heUniform':
      case 'leCunUniform':
        cost += count * DRAW_MS.uniform;
        break;
      case 'orthogonal':
      case 'lsuv': {
        const columns = shape[shape.length - 1] ?? 1;
        cost += count * (DRAW_MS.orthogonal + DRAW_MS.vector * Math.min(columns, count / columns));
        break;
      }
      default:
        cost += count * DRAW_MS.normal;
    }
  }
  return cost;
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
