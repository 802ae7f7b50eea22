// Owns what happens to parameters at the end of a plan: their statistics, clipping, and the optimizer's update. How their
// gradients are computed is the layers'.

import type { GraphLayer, ParameterInfo } from '../spec/network';
import type { Spec } from '../spec/schema';
import { OP, PARAMETER_RAW, UPDATE_FLAG } from './kernels/contract';
import { featureCount, type ParameterPlace } from './layers/layer';
import { optimizerPlan } from './optimizers';
import type { PlanBuilder } from './planBuilder';

/** A parameter with its place and its statistics. */
export interface PlannedParameter extends ParameterPlace {
  readonly layer: GraphLayer;
  readonly info: ParameterInfo;
  /** Whether a tensor in TensorFlow.js's layout has its rows last, and is turned on its way into the arena. */
  readonly turned: boolean;
  /** Floats, one a row: l2 of the row's gradient, without the exponent; −1 for vectors. */
  readonly unitNorms: number;
  /** Offset of PARAMETER_RAW in a step's statistics; −1 for a layer's state, which has no gradient either. */
  readonly statistics: number;
  /** Slot of the gradient's exponent. */
  readonly exponent: number;
}

/** Where an optimizer keeps numbers beside a parameter's, as many as it has. */
export interface OptimizerState {
  readonly parameter: PlannedParameter;
  /** Index in floats. */
  readonly at: number;
}

/** Takes the memory of a parameter; its exponent's slot is known once its layer's backward pass is compiled. */
export function placeParameter(builder: PlanBuilder, layer: GraphLayer, info: ParameterInfo): PlannedParameter {
  const size = featureCount(info.shape);
  const rows = unitCount(info);
  const key = `${layer.index}/${info.name}`;
  const floats = (name: string, count: number) => builder.floats(`${key}/${name}`, count);
  const learned = info.isState === undefined;
  return {
    layer,
    info,
    rows,
    columns: size / rows,
    turned: rows > 1 && (info.unitAxes ?? 1) > 0,
    weights: floats('weights', size),
    gradient: learned ? floats('gradient', size) : -1,
    unitNorms: learned && rows > 1 ? floats('unitNorms', rows) : -1,
    statistics: learned ? builder.statistics(PARAMETER_RAW.length) : -1,
    exponent: -1,
  };
}

/** Rows of a parameter in the arena: its units; a vector is one row. */
function unitCount({ shape, unitAxes = 1 }: ParameterInfo): number {
  if (shape.length < 2 || unitAxes === 0) return 1;
  return featureCount(unitAxes > 0 ? shape.slice(-unitAxes) : shape.slice(0, -unitAxes));
}

/** Emits the end of one plan, parameter by parameter as their gradients are there. */
export class UpdateEmitter {
  readonly #builder: PlanBuilder;
  readonly #spec: Spec;
  readonly #trains: boolean;
  readonly #clips: boolean;
  readonly #waiting: PlannedParameter[] = [];
  /** Of all updates emitted so far. */
  readonly states: OptimizerState[] = [];

  /** @param trains whether the plan updates; otherwise gradients are measured alone */
  constructor(builder: PlanBuilder, spec: Spec, trains: boolean) {
    const { clipNorm, adaptiveClip } = spec.training;
    this.#builder = builder;
    this.#spec = spec;
    this.#trains = trains;
    this.#clips = trains && (clipNorm !== undefined || adaptiveClip !== undefined);
  }

  /** The records right behind those of the gradient, while it is in cache. */
  add(parameter: PlannedParameter): void {
    if (parameter.info.isState) return;
    const updates = this.#trains && parameter.info.trainable;
    if (!updates || this.#clips) this.#emitStatistics(parameter, parameter.statistics, parameter.unitNorms);
    if (!updates) return;
    if (this.#clips) this.#waiting.push(parameter);
    else this.#emitUpdate(parameter, false);
  }

  /** What has to wait for all gradients. @param clipStatistics offset of CLIP_RAW, or −1 */
  finish(clipStatistics: number): void {
    if (!this.#clips) return;
    const { clipNorm, adaptiveClip } = this.#spec.training;
    if (adaptiveClip !== undefined) this.#emitAdaptiveClip(adaptiveClip);
    if (clipNorm !== undefined) this.#emitClip(clipNorm, adaptiveClip !== undefined, clipStatistics);
    for (const parameter of this.#waiting) this.#emitUpdate(parameter, true);
  }

  #emitStatistics(p: PlannedParameter, statistics: number, unitNorms: number): void {
    this.#builder.emit(OP.gradientStatistics, p.rows, p.columns, p.gradient, p.exponent, statistics, unitNorms);
  }

  #emitAdaptiveClip(limit: number): void {
    // 1e−3 is the paper's lower bound of a unit's weight norm (Brock et al. 2021).
    const ends = [this.#builder.constants(limit), this.#builder.constants(1e-3)];
    for (const p of this.#waiting) {
      this.#builder.emit(OP.adaptiveClip, p.rows, p.columns, p.weights, p.gradient, ...ends, p.exponent);
    }
  }

  #emitClip(limit: number, clippedBefore: boolean, clipStatistics: number): void {
    const statistics = this.#waiting.map((p) => {
      if (!clippedBefore) return p.statistics;
      // The recorded statistics are those before any clipping; the norm to be clipped is the one after the first.
      const at = this.#builder.statistics(PARAMETER_RAW.length);
      this.#emitStatistics(p, at, -1);
      return at;
    });
    const list = this.#builder.integers([...statistics, ...this.#waiting.map((p) => p.rows * p.columns)]);
    this.#builder.emit(OP.clip, list, this.#waiting.length, this.#builder.constants(limit), clipStatistics);
  }

  #emitUpdate(p: PlannedParameter, gradientDone: boolean): void {
    const { optimizer, training } = this.#spec;
    const { code, states, flags, hyper } = optimizerPlan(optimizer, training.clipValue ?? 0);
    const count = p.rows * p.columns;
    const state = (k: number) => {
      if (k > states) return -1;
      const at = this.#builder.floats(`${p.layer.index}/${p.info.name}/state${k}`, count);
      this.states.push({ parameter: p, at });
      return at;
    };
    this.#builder.emit(
      OP.update,
      ...[code, p.rows, p.columns, p.weights, p.gradient, state(1), state(2), this.#builder.constants(...hyper)],
      ...[p.exponent, p.statistics, gradientDone ? -1 : p.unitNorms],
      flags | (gradientDone ? UPDATE_FLAG.gradientDone : 0),
    );
  }
}
