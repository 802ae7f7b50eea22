// Owns the form of a prediction: how large the gradient will be at initialization in every layer, and why. Made by
// `propagation.ts`, from the spec and moments of its data alone, or by `probe.ts`, from a measurement.
import type { GraphLayer } from '../spec/network';

/**
 * `meanField`: derived, for layers of many units. `probe`: measured on one batch at initialization over several seeds,
 * where theory has no honest answer.
 */
export type Basis = 'meanField' | 'probe';

export type TermKind =
  | 'activation'
  | 'initialization'
  | 'fan'
  | 'residual'
  | 'normalization'
  | 'dropout'
  | 'pooling'
  | 'attention'
  | 'time'
  | 'measured';

/** One factor of a layer's backward factor, as the explanation shows it: `sigmoid ×0.235`. */
export interface Term {
  /** Few words: `sigmoid`, `glorotUniform`, `fan-out ÷ fan-in`, `skip connection`. */
  readonly term: string;
  readonly kind: TermKind;
  /** Of the gradient's norm. The terms of a layer multiply to its `backwardFactor`. */
  readonly factor: number;
  /** The property of the layer's object that sets it, where there is one: `activation`, `kernelInitializer`, `units`. */
  readonly property?: string;
}

/** Of a layer's output h, over random weights, units, positions and samples. */
export interface PredictedSignal {
  /** E z² before the activation; absent where the layer has none. */
  readonly preActivationMeanSquare?: number;
  /** E h². */
  readonly meanSquare: number;
  /** E h. */
  readonly mean: number;
}

export interface LayerPrediction {
  readonly name: string;
  readonly type: GraphLayer['spec']['type'];
  /** Index into `Graph.layers`. */
  readonly index: number;
  /** ‖∂L/∂a‖ ÷ ‖∂L/∂h‖, as netspec.md defines it: `activationFactor` × `weightFactor`. NaN where nothing can be said. */
  readonly backwardFactor: number;
  /** ‖∂L/∂z‖ ÷ ‖∂L/∂h‖; 1 where the layer has no activation. */
  readonly activationFactor: number;
  /** ‖∂L/∂a‖ ÷ ‖∂L/∂z‖. */
  readonly weightFactor: number;
  /** ‖δ‖ of this layer ÷ ‖δ‖ of the last layer that has parameters; the typical (median) draw of the weights. */
  readonly cumulative: number;
  /** Where 95 % of single draws of the weights lie, of `cumulative`. */
  readonly band: readonly [number, number];
  readonly basis: Basis;
  readonly terms: readonly Term[];
  readonly signal?: PredictedSignal;
  /**
   * The `add` of a residual with an identity shortcut: what the whole block multiplies the gradient's mean square by,
   * 1 + `branch`, where `branch` is s²χ of its layers (a little else in nets of few units).
   */
  readonly block?: { readonly factor: number; readonly branch: number };
  /** Recurrent layers: ‖∂L/∂h_t‖ relative to the last time step's, first time step of the input first. */
  readonly timeProfile?: readonly number[];
}

export interface Prediction {
  /** In the order of the spec. */
  readonly layers: readonly LayerPrediction[];
  /** `cumulative` of the first layer that has parameters; 1 where there is one such layer, NaN where there is none. */
  readonly firstToLast: number;
  readonly firstToLastBand: readonly [number, number];
  /** Depth-normalized: firstToLast^(1 ÷ (L − 1)) over the L layers with parameters from the first to the last; 1 for L = 1. */
  readonly factorPerLayer: number;
}
