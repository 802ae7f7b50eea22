// Owns what a probe measures of kernels beyond their records: how much of their gradient is noise, and whether their units
// are clones.
import type { Trainer } from '../engine/trainer';
import type { GraphLayer, ParameterInfo } from '../spec/network';

/** What stands for the layer: the first of its parameters that trains, its kernel as a rule. */
export function trainedParameter(layer: GraphLayer): ParameterInfo | undefined {
  return layer.parameters.find(({ trainable, isState }) => trainable && !isState);
}

type Measured = Pick<Trainer, 'gradientView'>;

/** Signal to noise of the gradient of a layer's kernel, from the gradients of several batches at the same weights. */
export class GradientNoise {
  readonly #trainer: Measured;
  readonly #layer: string;
  readonly #parameter: string | undefined;
  #sum = new Float64Array(0);
  #squares = 0;
  #batches = 0;
  /** Gradients are taken as multiples of 2^this, the first one's: however small they are, their squares are numbers. */
  #exponent = 0;

  constructor(trainer: Measured, layer: GraphLayer) {
    this.#trainer = trainer;
    this.#layer = layer.name;
    this.#parameter = trainedParameter(layer)?.name;
  }

  /** Adds the batch whose gradients were computed last. */
  add(): void {
    if (this.#parameter === undefined) return;
    const { gradient, exponent } = this.#trainer.gradientView(this.#layer, this.#parameter);
    if (this.#batches === 0) {
      this.#sum = new Float64Array(gradient.length);
      this.#exponent = exponent;
    }
    const scale = 2 ** (exponent - this.#exponent);
    const sum = this.#sum;
    let squares = 0;
    for (let i = 0; i < sum.length; i++) {
      const g = gradient[i]! * scale;
      sum[i] = sum[i]! + g;
      squares += g * g;
    }
    this.#squares += squares;
    this.#batches++;
  }

  /** Both estimated without bias; NaN where all gradients are 0, or there are not two of them. */
  signalToNoise(): number {
    const n = this.#batches;
    if (n < 2 || this.#squares === 0) return Number.NaN;
    let meanSquare = 0;
    const sum = this.#sum;
    for (let i = 0; i < sum.length; i++) meanSquare += sum[i]! * sum[i]!;
    meanSquare /= n * n;
    const noise = Math.max(0, this.#squares - n * meanSquare) / (n - 1);
    // Of the noise, an n-th is left in the mean.
    return Math.sqrt(Math.max(0, meanSquare - noise / n) / noise);
  }
}

const GATES: Readonly<Record<string, number>> = { lstm: 4, gru: 3 };

/**
 * How different the units of a layer are: the largest difference between any two in one place of the gradient ÷ the largest
 * gradient, or the same of the weights where that is more. NaN where there are no two units, or no kernel.
 */
export function unitSpread(trainer: Measured, layer: GraphLayer): number {
  const parameter = trainedParameter(layer);
  // A table's rows are no units: each belongs to a word, and most are not in a batch.
  if (!parameter || (parameter.unitAxes ?? 1) < 0) return Number.NaN;
  const { rows, columns, gradient, weights } = trainer.gradientView(layer.name, parameter.name);
  const units = rows / (GATES[layer.spec.type] ?? 1);
  if (units < 2) return Number.NaN;
  return Math.max(spread(gradient, columns, units), spread(weights, columns, units));
}

/** @param units rows that are compared with each other; the next ones are again among themselves */
function spread(values: Float32Array | Float64Array, columns: number, units: number): number {
  const lowest = new Float64Array(columns);
  const highest = new Float64Array(columns);
  let widest = 0;
  let largest = 0;
  for (let start = 0; start < values.length; start += units * columns) {
    lowest.fill(Number.POSITIVE_INFINITY);
    highest.fill(Number.NEGATIVE_INFINITY);
    const end = start + units * columns;
    for (let row = start; row < end; row += columns) {
      for (let c = 0; c < columns; c++) {
        const value = values[row + c]!;
        lowest[c] = Math.min(lowest[c]!, value);
        highest[c] = Math.max(highest[c]!, value);
      }
    }
    for (let c = 0; c < columns; c++) {
      widest = Math.max(widest, highest[c]! - lowest[c]!);
      largest = Math.max(largest, highest[c]!, -lowest[c]!);
    }
  }
  return largest === 0 ? 0 : widest / largest;
}
