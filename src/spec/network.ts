// Owns the types of what a spec means: the expanded, named graph with its shapes and parameters. Built by `graph.ts`
// and `shapes.ts`; read by every room to the right.
import type { TextRange } from './problem';
import type { InitializerSpec, PlainLayerSpec } from './schema';

/** One parameter tensor of a layer. */
export interface ParameterInfo {
  /** `kernel`, `bias`, `recurrentKernel`, `gamma`, … */
  readonly name: string;
  /** As TensorFlow.js lays it out: a dense kernel is [in, out]. */
  readonly shape: readonly number[];
  readonly initializer: InitializerSpec;
  /** For the variance-scaling initializers: inputs and outputs of one unit, receptive field included. */
  readonly fanIn: number;
  readonly fanOut: number;
  readonly trainable: boolean;
  /**
   * Which axes number the units: n > 0 the last n (a kernel, [in…, units…]), n < 0 the first −n (a table, [units…, …]);
   * 0: there are none, as in biases of several axes. Default: 1. A vector has none.
   */
  readonly unitAxes?: number;
  /** Entries that start from 1, whatever the initializer: the forget gate's biases. */
  readonly ones?: { readonly from: number; readonly to: number };
  /** Not learned but kept up by the layer itself, such as a moving mean: it has no gradient. */
  readonly isState?: true;
}

/** The index that stands for the data in `GraphLayer.inputs`. */
export const DATA_INPUT = -1;

/** One layer of the expanded graph: composites are gone, defaults are filled in. */
export interface GraphLayer {
  /** Unique: `dense_1`, `dense_1/3` (third time of a repeat), `residual_1/dense_2`. */
  readonly name: string;
  /** Position in `Graph.layers`, which is the order of the spec. */
  readonly index: number;
  /** Never `repeat` or `residual`. */
  readonly spec: PlainLayerSpec;
  /** Layers whose outputs this one takes, as indexes; `DATA_INPUT` is the data. */
  readonly inputs: readonly number[];
  /** For the `add` of a residual: what each input is multiplied by, 1 where absent. */
  readonly coefficients?: readonly number[];
  /** The layer's object in the text; layers of a `repeat` share it, and a residual's own `add` has the composite's. */
  readonly range: TextRange;
  /** Names of the enclosing composites, outermost first, such as ['repeat_1'] (with `/2` for the time). */
  readonly groups: readonly string[];
  /** Shapes without the batch, one an input. */
  readonly inputShapes: readonly (readonly number[])[];
  readonly outputShape: readonly number[];
  /** In the order TensorFlow.js has them: kernel, bias. */
  readonly parameters: readonly ParameterInfo[];
}

export interface Graph {
  /** In the order of the spec, input first. */
  readonly layers: readonly GraphLayer[];
  /** Indexes into `layers` so that each comes after its inputs; equal to 0, 1, 2, … unless `inputs` names a later one. */
  readonly order: readonly number[];
  /** Index of the layer whose output goes into the loss: the last of the spec. */
  readonly output: number;
  /** Shape of one sample without the batch. */
  readonly inputShape: readonly number[];
  readonly parameterCount: number;
}

/**
 * What a spec's `data` says about shapes without reading its files in full: enough to check the graph. Absent fields are
 * unknown. The synthetic sources and the digits are known from the spec alone; the data room looks into files.
 */
export interface DataShape {
  readonly inputShape?: readonly number[];
  readonly targetKind?: 'classes' | 'values';
  /** Shape of one target without the batch: [] for one label. */
  readonly targetShape?: readonly number[];
  readonly classes?: number;
  /** Training and test samples. */
  readonly trainSamples?: number;
  readonly testSamples?: number;
}
