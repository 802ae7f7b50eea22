// Owns the compilation of a graph into plans: flat lists of kernel records over one memory, in which nothing is allocated per
// step. What a layer's own records are, `layers/` says; what the raw statistics mean, `probes.ts`.
//
// Order within a plan: gather the batch, forward, loss, the backward chain from the loss to the input, and then, layer
// by layer, the parameters' gradients and their update, so that a gradient is measured and used while it is in cache. What
// changes a layer's state stands in front of those: up to there a training step can be given up as if it had not been.

import { hashText } from '../base/random';
import type { Dataset } from '../spec/dataset';
import { DATA_INPUT, type Graph, type GraphLayer } from '../spec/network';
import type { Spec } from '../spec/schema';
import { ACTIVATION_RAW, CLIP_RAW, GRADIENT_RAW, OP, STEP_RAW, TIME_RAW } from './kernels/contract';
import {
  type Backward,
  type CompiledLayer,
  featureCount,
  type GradientView,
  type InputNorm,
  type LayerContext,
  type PlanKind,
  timeSteps,
} from './layers/layer';
import { LAYER_COMPILERS } from './layers/table';
import type { LossPlan } from './losses';
import { type Allocator, PlanBuilder } from './planBuilder';
import { type OptimizerState, type PlannedParameter, placeParameter, UpdateEmitter } from './updatePlan';
import { calmPower } from './watch';

/** Where the sum of squares of a gradient and its exponent lie in a step's statistics. */
export interface SquaredNorm {
  readonly sumOfSquares: number;
  readonly exponent: number;
}

/** How the norm of ∂L/∂a of a layer follows from a step's statistics; undefined where it does not apply. */
export type InputNormSource =
  | { readonly kind: 'constant'; readonly factor: number }
  | { readonly kind: 'sums'; readonly parts: readonly SquaredNorm[] }
  | undefined;

export interface Plan {
  readonly kind: PlanKind;
  /** Index in ints of the first record, and how many there are. */
  readonly start: number;
  readonly count: number;
  /** Of those, the records that change no parameter and no state, and compute no parameter's gradient. */
  readonly split: number;
  /** Work of the records that threads may share, in `parallel.ts`'s unit. */
  readonly sharedWork: number;
  /** By layer; empty in plans without a backward pass. */
  readonly inputNorms: readonly InputNormSource[];
  /** By layer: where its output lies, rows of `ld` floats. */
  readonly outputs: readonly number[];
  /** By layer: how many records there are up to the end of its forward pass. */
  readonly forwardEnds: readonly number[];
  /** By layer: its contributions to the gradient by the data, where the plan computes them. */
  readonly dataGradients: readonly GradientView[];
}

/** Offsets within a step's statistics, the same in all plans. */
export interface RawLayout {
  readonly length: number;
  readonly step: number;
  /** CLIP_RAW; −1 without clipping by norm. */
  readonly clip: number;
  /** By layer: ACTIVATION_RAW and GRADIENT_RAW. */
  readonly activation: readonly number[];
  readonly gradient: readonly number[];
  /** By layer: TIME_RAW of its first time step, the others behind it; −1 for layers without. */
  readonly time: readonly number[];
}

export interface DataPlace {
  /** Floats: inputs, sample-major. */
  readonly inputs: number;
  /** Floats or ints, as `LossPlan.targets` says. */
  readonly targets: number;
}

export interface CompiledNetwork {
  readonly plans: Readonly<Partial<Record<PlanKind, Plan>>>;
  readonly raw: RawLayout;
  readonly parameters: readonly PlannedParameter[];
  readonly optimizerStates: readonly OptimizerState[];
  readonly train: DataPlace;
  readonly test: DataPlace | undefined;
  readonly ld: number;
  /** Index in ints of WATCH, for `plans.train`; −1 without. */
  readonly watch: number;
}

export interface CompileOptions {
  readonly graph: Graph;
  readonly spec: Spec;
  readonly loss: LossPlan;
  readonly dataset: Dataset;
  /** Samples of a full step. */
  readonly batchSize: number;
  readonly kinds: readonly PlanKind[];
}

export function compileNetwork(options: CompileOptions, allocator: Allocator): CompiledNetwork {
  return new Compiler(options, allocator).compile();
}

class Compiler {
  readonly #options: CompileOptions;
  readonly #builder: PlanBuilder;
  readonly #raw: RawLayout;
  readonly #parameters: PlannedParameter[] = [];
  #optimizerStates: readonly OptimizerState[] = [];
  /** By layer, indexes into `#parameters`. */
  readonly #parametersOf: number[][] = [];
  /** How many take each layer's output, the loss included. */
  readonly #consumers: number[];
  /** Of the plan being compiled. */
  readonly #stateChanges: (() => void)[] = [];

  constructor(options: CompileOptions, allocator: Allocator) {
    const { graph, spec } = options;
    this.#options = options;
    this.#builder = new PlanBuilder(allocator, Math.ceil(options.batchSize / 8) * 8);
    const step = this.#builder.statistics(STEP_RAW.length);
    const clip = spec.training.clipNorm === undefined ? -1 : this.#builder.statistics(CLIP_RAW.length);
    const activation = graph.layers.map(() => this.#builder.statistics(ACTIVATION_RAW.length));
    const gradient = graph.layers.map(() => this.#builder.statistics(GRADIENT_RAW.length));
    const time = graph.layers.map((layer) => {
      const steps = timeSteps(layer);
      return steps === 0 ? -1 : this.#builder.statistics(steps * TIME_RAW.length);
    });
    this.#raw = { length: 0, step, clip, activation, gradient, time };
    this.#consumers = graph.layers.map((_, i) => (i === graph.output ? 1 : 0));
    for (const layer of graph.layers) {
      for (const i of layer.inputs) if (i !== DATA_INPUT) this.#consumers[i]!++;
    }
  }

  compile(): CompiledNetwork {
    const { graph, dataset, kinds } = this.#options;
    const train = this.#data('train', dataset.train.count);
    const test = dataset.test.count > 0 ? this.#data('test', dataset.test.count) : undefined;
    for (const layer of graph.layers) this.#addParameters(layer);
    const plans: Partial<Record<PlanKind, Plan>> = {};
    for (const kind of kinds) {
      const source = kind === 'evaluate' ? test : train;
      if (source) plans[kind] = this.#plan(kind, source);
    }
    return {
      plans,
      watch: plans.train ? this.#watch(plans.train.split) : -1,
      raw: { ...this.#raw, length: this.#builder.statisticsLength },
      parameters: this.#parameters,
      optimizerStates: this.#optimizerStates,
      train,
      test,
      ld: this.#builder.ld,
    };
  }

  #plan(kind: PlanKind, source: DataPlace): Plan {
    const { graph } = this.#options;
    const { layers, forwardEnds } = this.#emitForward(kind, source);
    const outputs = layers.map(({ output }) => output);
    if (kind === 'initialize') {
      this.#stateChanges.length = 0;
      const nothing = { split: 0, inputNorms: [], dataGradients: [] };
      return { kind, ...this.#builder.finishPlan(), ...nothing, outputs, forwardEnds };
    }
    const { gradient: lossGradient, hasBackward } = this.#emitLoss(kind, source, layers[graph.output]!.output);
    const inputNorms: InputNormSource[] = [];
    const dataGradients: GradientView[] = [];
    let split = this.#builder.recordCount;
    if (hasBackward) {
      const backwards = this.#emitBackward(kind, layers, lossGradient, inputNorms);
      split = this.#builder.recordCount;
      if (kind === 'train') for (const emit of this.#stateChanges) emit();
      this.#emitParameters(kind, backwards);
      for (const layer of graph.layers) {
        for (const [k, source] of layer.inputs.entries()) {
          const gradient = backwards[layer.index]!.inputs[k];
          if (source === DATA_INPUT && gradient) dataGradients.push(gradient);
        }
      }
    }
    this.#stateChanges.length = 0;
    return { kind, ...this.#builder.finishPlan(), split, inputNorms, outputs, forwardEnds, dataGradients };
  }

  #watch(split: number): number {
    const { step, activation, gradient, time } = this.#raw;
    const { graph } = this.#options;
    const times = graph.layers.reduce((n, layer) => n + timeSteps(layer), 0);
    const firstTime = time.find((at) => at >= 0) ?? 0;
    const learned = this.#parameters.filter((p) => !p.info.isState);
    // In the order of WATCH.
    const layers = [activation.length, activation[0] ?? 0, gradient[0] ?? 0];
    const parameters = [learned.length, learned[0]?.statistics ?? 0];
    return this.#builder.integers([split, step, ...layers, times, firstTime, ...parameters, calmPower(graph)]);
  }

  #emitForward(kind: PlanKind, source: DataPlace): { layers: CompiledLayer[]; forwardEnds: number[] } {
    const { graph } = this.#options;
    const features = featureCount(graph.inputShape);
    const data = this.#builder.rows('data', features);
    this.#builder.emit(OP.gather, data, features, source.inputs, this.#builder.ld);
    const layers: CompiledLayer[] = [];
    const forwardEnds: number[] = [];
    for (const i of graph.order) {
      const layer = graph.layers[i]!;
      const compile = LAYER_COMPILERS[layer.spec.type];
      const inputs = layer.inputs.map((k) => (k === DATA_INPUT ? data : layers[k]!.output));
      layers[i] = compile(this.#context(layer, kind, inputs));
      forwardEnds[i] = this.#builder.recordCount;
    }
    return { layers, forwardEnds };
  }

  #emitLoss(kind: PlanKind, source: DataPlace, output: number): { gradient: GradientView; hasBackward: boolean } {
    const { loss } = this.#options;
    const { code, units, positions, targetsPerSample } = loss;
    const labels = loss.targets === 'labels';
    const targets = labels
      ? this.#builder.ints('targets', targetsPerSample * this.#builder.ld)
      : this.#builder.rows('targets', targetsPerSample);
    this.#builder.emit(
      labels ? OP.gatherLabels : OP.gather,
      targets,
      targetsPerSample,
      source.targets,
      this.#builder.ld,
    );
    const hasBackward = kind === 'train' || kind === 'gradients';
    const at = hasBackward ? this.#builder.rows('loss/dy', units * positions) : -1;
    const scale = this.#builder.constants(loss.scale);
    this.#builder.emit(OP.loss, code, units, positions, output, targets, at, this.#builder.ld, this.#raw.step, scale);
    return { gradient: { at, exponent: this.#builder.ints('loss/exponent', 1) }, hasBackward };
  }

  /** Emits the chain from the loss to the input; fills `inputNorms` by layer. */
  #emitBackward(
    kind: PlanKind,
    layers: readonly CompiledLayer[],
    lossGradient: GradientView,
    inputNorms: InputNormSource[],
  ): Backward[] {
    const { graph } = this.#options;
    const contributions: GradientView[][] = graph.layers.map((_, i) => (i === graph.output ? [lossGradient] : []));
    const backwards: Backward[] = [];
    for (const i of [...graph.order].reverse()) {
      const layer = graph.layers[i]!;
      const backward = layers[i]!.backward(this.#merged(layer, contributions[i]!));
      backwards[i] = backward;
      inputNorms[i] = this.#inputNorm(layer, kind, backward.inputNorm, backward.inputs);
      for (const [k, source] of layer.inputs.entries()) {
        const contribution = backward.inputs[k];
        if (contribution && source !== DATA_INPUT) contributions[source]!.push(contribution);
      }
    }
    return backwards;
  }

  /** The gradient by a layer's output: the sum of what its consumers contribute. */
  #merged(layer: GraphLayer, contributions: readonly GradientView[]): GradientView {
    if (contributions.length === 1) return contributions[0]!;
    const rows = featureCount(layer.outputShape);
    const sum = {
      at: this.#builder.rows(`${layer.index}/merged`, rows),
      exponent: this.#builder.ints(`${layer.index}/mergedExponent`, 1),
    };
    const one = this.#builder.constants(1);
    for (const [k, part] of contributions.entries()) {
      const accumulate = k === 0 ? 0 : 1;
      this.#builder.emit(
        OP.axpyGradient,
        rows * this.#builder.ld,
        part.at,
        sum.at,
        one,
        part.exponent,
        sum.exponent,
        accumulate,
      );
    }
    return sum;
  }

  #inputNorm(
    layer: GraphLayer,
    kind: PlanKind,
    norm: InputNorm,
    inputs: readonly (GradientView | undefined)[],
  ): InputNormSource {
    if (norm.kind === 'constant') return norm;
    const parts: SquaredNorm[] = [];
    for (const [k, source] of layer.inputs.entries()) {
      const gradient = inputs[k];
      if (!gradient) return undefined;
      if (source !== DATA_INPUT && this.#consumers[source] === 1) {
        // Nobody else contributes: what the layer before measures as coming in is this.
        const at = this.#raw.gradient[source]!;
        parts.push({ sumOfSquares: at + GRADIENT_RAW.incomingSumOfSquares, exponent: at + GRADIENT_RAW.exponent });
      } else {
        const at = this.#builder.remembered(`${kind}/${layer.index}/norm${k}`, () => this.#builder.statistics(2));
        const count = featureCount(layer.inputShapes[k]!) * this.#builder.ld;
        this.#builder.emit(OP.squaredNorm, count, gradient.at, gradient.exponent, at);
        parts.push({ sumOfSquares: at, exponent: at + 1 });
      }
    }
    return { kind: 'sums', parts };
  }

  /** The parameters' gradients and updates, layer by layer, the first one's δ being the last computed. */
  #emitParameters(kind: PlanKind, backwards: readonly Backward[]): void {
    const { graph, spec } = this.#options;
    const updates = new UpdateEmitter(this.#builder, spec, kind === 'train');
    for (const i of graph.order) {
      const gradients = backwards[i]!.parameterGradients;
      if (!gradients) continue;
      this.#builder.setOwner(i);
      gradients.emit();
      const { exponent } = gradients;
      for (const k of this.#parametersOf[i]!) {
        const known = this.#parameters[k]!;
        const parameter = { ...known, exponent: typeof exponent === 'number' ? exponent : exponent(known.info.name) };
        this.#parameters[k] = parameter;
        updates.add(parameter);
      }
    }
    this.#builder.setOwner(-1);
    updates.finish(this.#raw.clip);
    if (kind === 'train') this.#optimizerStates = updates.states;
  }

  #addParameters(layer: GraphLayer): void {
    this.#parametersOf[layer.index] = layer.parameters.map((_, k) => this.#parameters.length + k);
    for (const info of layer.parameters) this.#parameters.push(placeParameter(this.#builder, layer, info));
  }

  #context(layer: GraphLayer, kind: PlanKind, inputs: readonly number[]): LayerContext {
    const units = layer.outputShape[layer.outputShape.length - 1] ?? 1;
    const measured = kind === 'train' || kind === 'gradients' || kind === 'initialize';
    const key = (name: string) => `${layer.index}/${name}`;
    return {
      layer,
      kind,
      ld: this.#builder.ld,
      units,
      positions: featureCount(layer.outputShape) / units,
      inputs,
      wantsInputGradient: (k) => layer.inputs[k] !== DATA_INPUT || kind === 'gradients',
      rows: (name, rows) => this.#builder.rows(key(name), rows),
      exponent: (name) => this.#builder.ints(key(`${name}/exponent`), 1),
      constant: (value) => this.#builder.constants(value),
      integers: (values) => this.#builder.integers(values),
      parameter: (name) => {
        const own = this.#parametersOf[layer.index]!.map((k) => this.#parameters[k]!);
        const found = own.find((p) => p.info.name === name);
        if (!found) throw new Error(`layer ${layer.name} has no parameter ${name}`);
        return found;
      },
      activationStatistics: measured ? this.#raw.activation[layer.index]! : -1,
      gradientStatistics: measured ? this.#raw.gradient[layer.index]! : -1,
      timeStatistics: measured ? this.#raw.time[layer.index]! : -1,
      salt: hashText(layer.name) | 0,
      emit: (operation, ...args) => this.#builder.emit(operation, ...args),
      emitStateChange: (operation, ...args) =>
        void this.#stateChanges.push(() => this.#builder.emit(operation, ...args)),
    };
  }

  #data(key: string, count: number): DataPlace {
    const { graph, loss } = this.#options;
    const targets = count * loss.targetsPerSample;
    return {
      inputs: this.#builder.floats(`${key}/inputs`, count * featureCount(graph.inputShape)),
      targets:
        loss.targets === 'labels'
          ? this.#builder.ints(`${key}/targets`, targets)
          : this.#builder.floats(`${key}/targets`, targets),
    };
  }
}
