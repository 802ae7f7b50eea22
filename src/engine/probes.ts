// Owns what is shown of a step: raw sums of the kernels become the numbers of `record.ts`, true far below float32's range
// since exponents are applied here, in float64. Derived only when somebody reads a record.
import type { Graph, GraphLayer } from '../spec/network';
import { activationFamily } from './activations';
import { ACTIVATION_RAW, CLIP_RAW, GRADIENT_RAW, PARAMETER_RAW, STEP_RAW, TIME_RAW } from './kernels/contract';
import { featureCount, timeSteps } from './layers/layer';
import type { LossPlan } from './losses';
import type { CompiledNetwork, InputNormSource, Plan } from './plan';
import { commonNorm, normRatio, normValue, type ScaledNorm, scaleByPower } from './powers';
import {
  ACTIVATION_MEASURES,
  FLOW_MEASURES,
  GRADIENT_MEASURES,
  type LayerLayout,
  PARAMETER_MEASURES,
  type RecordLayout,
  STEP_MEASURES,
} from './record';
import type { PlannedParameter } from './updatePlan';

/** Where everything stands in a record of this graph. */
export function recordLayout(graph: Graph, metric: RecordLayout['metric']): RecordLayout {
  let width: number = STEP_MEASURES.length;
  const takeColumns = (count: number) => {
    const at = width;
    width += count;
    return at;
  };
  const take = (columns: readonly string[]) => takeColumns(columns.length);
  const layers = graph.layers.map((layer): LayerLayout => {
    const activation = activationOf(layer);
    return {
      name: layer.name,
      type: layer.spec.type,
      ...(activation === undefined ? {} : { activation }),
      inputShape: layer.inputShapes[0] ?? graph.inputShape,
      outputShape: layer.outputShape,
      groups: layer.groups,
      outputGradient: take(GRADIENT_MEASURES),
      flow: take(FLOW_MEASURES),
      activationStats: take(ACTIVATION_MEASURES),
      ...timeGradient(layer, takeColumns),
      parameters: layer.parameters
        .filter((p) => !p.isState)
        .map(({ name, shape }) => ({ name, shape, offset: take(PARAMETER_MEASURES) })),
    };
  });
  return {
    width,
    measures: {
      step: STEP_MEASURES,
      outputGradient: GRADIENT_MEASURES,
      flow: FLOW_MEASURES,
      activation: ACTIVATION_MEASURES,
      parameter: PARAMETER_MEASURES,
    },
    layers,
    metric,
  };
}

const GATED: ReadonlySet<string> = new Set(['lstm', 'gru']);

function timeGradient(layer: GraphLayer, take: (count: number) => number): Pick<LayerLayout, 'timeGradient'> {
  const steps = timeSteps(layer);
  return steps === 0 ? {} : { timeGradient: { offset: take(steps), steps } };
}

function activationOf(layer: GraphLayer) {
  return 'activation' in layer.spec ? layer.spec.activation : undefined;
}

type TimeColumns = NonNullable<LayerLayout['timeGradient']>;

/** One step as the kernels left it. */
export interface RawStep {
  readonly stats: Float64Array;
  /** Where the step's statistics begin. */
  readonly at: number;
  /** True batch size. */
  readonly batch: number;
  /** Number of the record; 0 for a measurement without update. */
  readonly step: number;
  /** NaN for a measurement without update. */
  readonly learningRate: number;
}

/** Turns raw steps of one plan into records. */
export class Prober {
  readonly #graph: Graph;
  readonly #loss: LossPlan;
  readonly #layout: RecordLayout;
  readonly #network: CompiledNetwork;
  readonly #updates: boolean;
  readonly #inputNorms: readonly InputNormSource[];
  readonly #lastWithParameters: number;
  /** In the order of a record. */
  readonly #learned: readonly PlannedParameter[];
  readonly #trained: readonly PlannedParameter[];
  /** By layer: numbers of a sample's output. */
  readonly #outputs: readonly number[];
  readonly #families: readonly { readonly saturates: boolean; readonly rectifies: boolean }[];

  constructor(graph: Graph, loss: LossPlan, layout: RecordLayout, network: CompiledNetwork, plan: Plan) {
    this.#graph = graph;
    this.#loss = loss;
    this.#layout = layout;
    this.#network = network;
    this.#updates = plan.kind === 'train';
    this.#inputNorms = plan.inputNorms;
    this.#learned = network.parameters.filter((p) => !p.info.isState);
    this.#trained = network.parameters.filter((p) => p.info.trainable);
    this.#outputs = graph.layers.map((layer) => featureCount(layer.outputShape));
    this.#families = graph.layers.map((layer) => {
      const family = activationFamily(activationOf(layer));
      // What comes out of a gated cell is no function's value: neither end of it is flat.
      return GATED.has(layer.spec.type) ? { ...family, saturates: false } : family;
    });
    // In the order of computation, which is the spec's unless `inputs` names a later layer.
    this.#lastWithParameters =
      [...graph.order].reverse().find((i) => graph.layers[i]!.parameters.length > 0) ?? graph.output;
  }

  /** The mean loss of the batch. */
  loss(raw: RawStep): number {
    return raw.stats[raw.at + this.#network.raw.step + STEP_RAW.loss]!;
  }

  /** Accuracy, or the mean absolute error. */
  metric(raw: RawStep): number {
    const sum = raw.stats[raw.at + this.#network.raw.step + STEP_RAW.correct]!;
    return sum / (raw.batch * this.#loss.metricPerSample);
  }

  /** Writes the whole record into `into`, which is `RecordLayout.width` long. */
  derive(raw: RawStep, into: Float64Array): void {
    const { clip } = this.#network.raw;
    into[0] = raw.step;
    into[1] = this.loss(raw);
    into[2] = this.metric(raw);
    into[3] = raw.learningRate;
    into[4] = normValue(commonNorm(this.#trained.map((p) => this.#norm(raw, p.statistics))));
    into[5] = !this.#updates ? Number.NaN : clip < 0 ? 1 : raw.stats[raw.at + clip + CLIP_RAW.scale]!;
    const reference = this.#norm(raw, this.#network.raw.gradient[this.#lastWithParameters]!);
    let parameter = 0;
    for (const [i, layer] of this.#graph.layers.entries()) {
      const columns = this.#layout.layers[i]!;
      const count = this.#outputs[i]! * raw.batch;
      this.#deriveGradient(raw, this.#network.raw.gradient[i]!, count, into, columns.outputGradient);
      this.#deriveFlow(raw, i, reference, into, columns.flow);
      this.#deriveActivation(raw, layer, count, into, columns.activationStats);
      if (columns.timeGradient) this.#deriveTime(raw, i, columns.timeGradient, into);
      for (const place of columns.parameters) {
        this.#deriveParameter(raw, this.#learned[parameter++]!, into, place.offset);
      }
    }
  }

  /** GRADIENT_RAW and PARAMETER_RAW begin alike. */
  #norm(raw: RawStep, statistics: number): ScaledNorm {
    const at = raw.at + statistics;
    return {
      sumOfSquares: raw.stats[at + GRADIENT_RAW.sumOfSquares]!,
      exponent: raw.stats[at + GRADIENT_RAW.exponent]!,
    };
  }

  #deriveGradient(raw: RawStep, statistics: number, count: number, into: Float64Array, column: number): void {
    const { stats } = raw;
    const at = raw.at + statistics;
    const e = stats[at + GRADIENT_RAW.exponent]!;
    const squares = stats[at + GRADIENT_RAW.sumOfSquares]!;
    const mean = stats[at + GRADIENT_RAW.sum]! / count;
    const meanSquare = squares / count;
    const variance = meanSquare - mean * mean;
    into[column] = scaleByPower(Math.sqrt(squares), e);
    into[column + 1] = scaleByPower(Math.sqrt(meanSquare), e);
    into[column + 2] = scaleByPower(mean, e);
    // Rounding may leave a variance just below 0; NaN stays NaN.
    into[column + 3] = scaleByPower(Math.sqrt(variance < 0 ? 0 : variance), e);
    into[column + 4] = scaleByPower(stats[at + GRADIENT_RAW.min]!, e);
    into[column + 5] = scaleByPower(stats[at + GRADIENT_RAW.max]!, e);
    into[column + 6] = stats[at + GRADIENT_RAW.zeros]! / count;
    into[column + 7] = stats[at + GRADIENT_RAW.nonFinite]!;
  }

  #deriveFlow(raw: RawStep, layer: number, reference: ScaledNorm, into: Float64Array, column: number): void {
    const own = this.#network.raw.gradient[layer]!;
    const outgoing = this.#norm(raw, own);
    const incoming = {
      sumOfSquares: raw.stats[raw.at + own + GRADIENT_RAW.incomingSumOfSquares]!,
      exponent: outgoing.exponent,
    };
    const activationFactor = normRatio(outgoing, incoming);
    const source = this.#inputNorms[layer];
    let weightFactor = Number.NaN;
    if (source?.kind === 'constant') weightFactor = outgoing.sumOfSquares === 0 ? Number.NaN : source.factor;
    if (source?.kind === 'sums') {
      const parts = source.parts.map((part) => ({
        sumOfSquares: raw.stats[raw.at + part.sumOfSquares]!,
        exponent: raw.stats[raw.at + part.exponent]!,
      }));
      weightFactor = normRatio(commonNorm(parts), outgoing);
    }
    into[column] = activationFactor * weightFactor;
    into[column + 1] = activationFactor;
    into[column + 2] = weightFactor;
    into[column + 3] = normRatio(outgoing, reference);
  }

  #deriveTime(raw: RawStep, layer: number, { offset, steps }: TimeColumns, into: Float64Array): void {
    for (let t = 0; t < steps; t++) {
      const at = raw.at + this.#network.raw.time[layer]! + t * TIME_RAW.length;
      const squares = raw.stats[at + TIME_RAW.sumOfSquares]!;
      into[offset + t] = scaleByPower(Math.sqrt(squares), raw.stats[at + TIME_RAW.exponent]!);
    }
  }

  #deriveActivation(raw: RawStep, layer: GraphLayer, count: number, into: Float64Array, column: number): void {
    const at = raw.at + this.#network.raw.activation[layer.index]!;
    const { stats } = raw;
    const { saturates, rectifies } = this.#families[layer.index]!;
    const units = layer.outputShape[layer.outputShape.length - 1] ?? 1;
    const shifted = stats[at + ACTIVATION_RAW.sum]! / count;
    const variance = stats[at + ACTIVATION_RAW.sumOfSquares]! / count - shifted * shifted;
    into[column] = stats[at + ACTIVATION_RAW.pivot]! + shifted;
    into[column + 1] = Math.sqrt(variance < 0 ? 0 : variance);
    into[column + 2] = stats[at + ACTIVATION_RAW.zeros]! / count;
    into[column + 3] = saturates ? stats[at + ACTIVATION_RAW.saturated]! / count : Number.NaN;
    into[column + 4] = rectifies ? stats[at + ACTIVATION_RAW.deadUnits]! / units : Number.NaN;
  }

  #deriveParameter(raw: RawStep, parameter: PlannedParameter, into: Float64Array, column: number): void {
    const count = parameter.rows * parameter.columns;
    this.#deriveGradient(raw, parameter.statistics, count, into, column);
    const at = raw.at + parameter.statistics;
    into[column + GRADIENT_MEASURES.length] = raw.stats[at + PARAMETER_RAW.underflows]! / count;
    const update = Math.sqrt(raw.stats[at + PARAMETER_RAW.updateSumOfSquares]!);
    const weight = Math.sqrt(raw.stats[at + PARAMETER_RAW.weightSumOfSquares]!);
    // Nothing is a share of weights that are all 0, such as biases before the first step.
    let ratio = weight === 0 ? Number.NaN : update / weight;
    if (!Number.isFinite(update) || !Number.isFinite(weight)) ratio = Number.POSITIVE_INFINITY;
    if (!parameter.info.trainable) ratio = 0;
    into[column + GRADIENT_MEASURES.length + 1] = this.#updates ? ratio : Number.NaN;
  }
}
