// Owns what a layer's file is written against: how it takes memory, emits records and names its statistics. Which layers
// there are is `table.ts`'s; in which order they are asked, and what is done about values that several layers share,
// `../plan.ts`'s.
//
// A layer is compiled once per plan, front to back: it emits its forward records and answers a function that emits the
// backward ones. Memory is asked for by key: the same key of the same layer is the same place in every plan.
import type { GraphLayer } from '../../spec/network';
import type { Op } from '../kernels/contract';

/**
 * `train`: forward, backward, update. `gradients`: forward, backward down to the data, no update. `loss`: the forward pass
 * of `train` alone. `evaluate`: the forward pass of the finished net (no dropout). `initialize`: the forward pass of
 * `train` up to the output, where a layer's statistics are those of its pre-activation (`../lsuv.ts`).
 */
export type PlanKind = 'train' | 'gradients' | 'loss' | 'evaluate' | 'initialize';

/** A gradient in the arena: its true value is floats[at…] · 2^ints[exponent]. Its receiver may overwrite the floats, not the exponent. */
export interface GradientView {
  readonly at: number;
  readonly exponent: number;
}

/** A parameter in the arena: `rows` × `columns` floats; a row is a unit, and a vector is one row. */
export interface ParameterPlace {
  readonly rows: number;
  readonly columns: number;
  readonly weights: number;
  readonly gradient: number;
}

/** How the norm of the gradient by the layer's inputs is known. */
export type InputNorm =
  /** It is measured: the plan finds or records its sum of squares. */
  | { readonly kind: 'measured' }
  /** It is this times that of the layer's `outputGradient`, always. */
  | { readonly kind: 'constant'; readonly factor: number };

export interface Backward {
  /** What this layer contributes to the gradient by each of its inputs; undefined where it is not wanted. */
  readonly inputs: readonly (GradientView | undefined)[];
  readonly inputNorm: InputNorm;
  /** For layers with parameters, emitted after the whole backward chain: writes all their gradients. */
  readonly parameterGradients?: {
    /** Slot of the exponent that all of them have, or that of each by name. */
    readonly exponent: number | ((name: string) => number);
    emit(): void;
  };
}

export interface CompiledLayer {
  /** Where h lies. */
  readonly output: number;
  /** Emits the backward records; not called in plans without a backward pass. */
  backward(gradient: GradientView): Backward;
}

export interface LayerContext {
  readonly layer: GraphLayer;
  readonly kind: PlanKind;
  /** Floats a row. */
  readonly ld: number;
  /** Last axis of the output, and the product of the others. */
  readonly units: number;
  readonly positions: number;
  /** Where the value of the k-th input lies. */
  readonly inputs: readonly number[];
  /** Whether the gradient by the k-th input is wanted. */
  wantsInputGradient(k: number): boolean;
  /** `rows` rows of `ld` floats. */
  rows(key: string, rows: number): number;
  /** An int for an exponent, written once a step. */
  exponent(key: string): number;
  /** Index of a float that has this value in every step. */
  constant(value: number): number;
  /** Index of the first of these ints, the same in every step. */
  integers(values: readonly number[]): number;
  parameter(name: string): ParameterPlace;
  /** Offsets of this layer's ACTIVATION_RAW and GRADIENT_RAW in a step's statistics; −1 in plans without. */
  readonly activationStatistics: number;
  readonly gradientStatistics: number;
  /**
   * Recurrent layers: offset of TIME_RAW of every time step, first step first, of the gradient by the hidden state;
   * −1 elsewhere.
   */
  readonly timeStatistics: number;
  /** A number that no other layer has, the same in every run: tells its dropout masks from others'. */
  readonly salt: number;
  emit(operation: Op, ...args: readonly number[]): void;
  /**
   * Emits a record that changes the layer's state, such as moving averages: it comes after the whole backward chain, in
   * plans that train alone, so that a step in which something was not finite leaves the state as it was.
   */
  emitStateChange(operation: Op, ...args: readonly number[]): void;
}

/** What a layer's file exports. */
export type LayerCompiler = (c: LayerContext) => CompiledLayer;

/** Product of a shape: the features of a value. */
export function featureCount(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

const RECURRENT: ReadonlySet<string> = new Set(['simpleRNN', 'lstm', 'gru']);
/** How many time steps a recurrent layer goes through; 0 for the others. */
export function timeSteps(layer: GraphLayer): number {
  return RECURRENT.has(layer.spec.type) ? (layer.inputShapes[0]?.[0] ?? 0) : 0;
}
