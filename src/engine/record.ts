// Owns the form of one step's record once derived: plain numbers with a layout that describes itself, so that whoever
// reads it needs the layout, not this code. Raw sums become these numbers in `probes.ts`.

/** Measures of a gradient tensor, in the order in which a record has them. Definitions: the language's documentation. */
export const GRADIENT_MEASURES = ['l2', 'rms', 'mean', 'std', 'min', 'max', 'zeroFraction', 'nonFinite'] as const;
/** Further measures of a parameter, behind its gradient's. */
export const PARAMETER_MEASURES = [...GRADIENT_MEASURES, 'underflowFraction', 'updateRatio'] as const;
export const FLOW_MEASURES = ['backwardFactor', 'activationFactor', 'weightFactor', 'cumulative'] as const;
export const ACTIVATION_MEASURES = ['mean', 'std', 'zeroFraction', 'saturatedFraction', 'deadFraction'] as const;
/** Of the whole step, at the start of a record. `metric` is what `RecordLayout.metric` names. */
export const STEP_MEASURES = ['step', 'loss', 'metric', 'learningRate', 'gradientNorm', 'clipScale'] as const;

export interface ParameterLayout {
  readonly name: string;
  /** As TensorFlow.js lays it out. */
  readonly shape: readonly number[];
  /** Column of the first of `RecordLayout.measures.parameter`. */
  readonly offset: number;
}

export interface LayerLayout {
  readonly name: string;
  readonly type: string;
  readonly activation?: string;
  /** Without the batch. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly groups: readonly string[];
  /** Columns of the first of `measures.outputGradient` (`outputGradient`), `.flow` (`flow`), `.activation` (`activationStats`). */
  readonly outputGradient: number;
  readonly flow: number;
  readonly activationStats: number;
  /** Recurrent layers: `steps` columns from `offset` on, l2 of the gradient by the hidden state, first time step first. */
  readonly timeGradient?: { readonly offset: number; readonly steps: number };
  readonly parameters: readonly ParameterLayout[];
}

/**
 * A record is a Float64Array of `width` numbers: first `measures.step`, then a block a layer. NaN stands where a number
 * does not apply (no saturation for ReLU, no factor back to the data) and where it truly is NaN; `nonFinite` tells which.
 */
export interface RecordLayout {
  readonly width: number;
  readonly measures: {
    readonly step: readonly string[];
    readonly outputGradient: readonly string[];
    readonly flow: readonly string[];
    readonly activation: readonly string[];
    readonly parameter: readonly string[];
  };
  /** In the order of the spec. */
  readonly layers: readonly LayerLayout[];
  readonly metric: 'accuracy' | 'meanAbsoluteError';
}
