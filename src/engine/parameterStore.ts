// Owns reading and writing parameters and their gradients by name, in TensorFlow.js's layout, from the engine's.
import { type Histogram, histogram } from './histogram';
import type { Arena } from './kernels/contract';
import { featureCount } from './layers/layer';
import { scaleByPower } from './powers';
import type { PlannedParameter } from './updatePlan';

export interface NamedTensor<T extends Float32Array | Float64Array = Float32Array | Float64Array> {
  /** `layer/parameter`, such as `dense_1/kernel`. */
  readonly name: string;
  /** As TensorFlow.js lays it out; `values` are row-major in it. */
  readonly shape: readonly number[];
  readonly values: T;
}

/** A parameter and its gradient in the engine's own layout, a row a unit; a vector is one row. */
export interface GradientRows {
  readonly rows: number;
  readonly columns: number;
  readonly weights: Float32Array | Float64Array;
  /** Times 2^exponent. */
  readonly gradient: Float32Array | Float64Array;
  readonly exponent: number;
}

export class ParameterStore {
  readonly #arena: Arena;
  readonly #parameters: readonly PlannedParameter[];
  /** Those that have a gradient. */
  readonly #learned: readonly PlannedParameter[];
  readonly #byName: ReadonlyMap<string, PlannedParameter>;

  constructor(arena: Arena, parameters: readonly PlannedParameter[]) {
    this.#arena = arena;
    this.#parameters = parameters;
    this.#learned = parameters.filter((p) => !p.info.isState);
    this.#byName = new Map(parameters.map((p) => [nameOf(p), p]));
  }

  /** Copies of all weights, in the arena's precision. */
  weights(): NamedTensor[] {
    const { floats } = this.#arena;
    return this.#parameters.map((p) => {
      const size = p.rows * p.columns;
      const values = floats instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);
      forEachPlace(p, (tensor, engine) => {
        values[tensor] = floats[p.weights + engine]!;
      });
      return { name: nameOf(p), shape: p.info.shape, values };
    });
  }

  /** Copies of all gradients as they were measured last, exponents applied. */
  gradients(): NamedTensor<Float64Array>[] {
    const { floats, ints } = this.#arena;
    return this.#learned.map((p) => {
      const values = new Float64Array(p.rows * p.columns);
      const exponent = ints[p.exponent]!;
      forEachPlace(p, (tensor, engine) => {
        values[tensor] = scaleByPower(floats[p.gradient + engine]!, exponent);
      });
      return { name: nameOf(p), shape: p.info.shape, values };
    });
  }

  /** The l2 of each unit's part of a gradient as it was measured last, exponent applied; of a bias, its entries' sizes. */
  unitGradient(layer: string, parameter: string): Float64Array {
    const p = this.#find(`${layer}/${parameter}`);
    const { floats, ints } = this.#arena;
    const exponent = ints[p.exponent]!;
    if (p.rows > 1) {
      return Float64Array.from({ length: p.rows }, (_, r) => scaleByPower(floats[p.unitNorms + r]!, exponent));
    }
    if (p.info.shape.length > 1) return Float64Array.of(Math.hypot(...this.#gradientOf(p, exponent)));
    return this.#gradientOf(p, exponent).map(Math.abs);
  }

  /** Views into the engine's memory. */
  gradientView(layer: string, parameter: string): GradientRows {
    const p = this.#find(`${layer}/${parameter}`);
    const { floats, ints } = this.#arena;
    const size = p.rows * p.columns;
    return {
      rows: p.rows,
      columns: p.columns,
      weights: floats.subarray(p.weights, p.weights + size),
      gradient: floats.subarray(p.gradient, p.gradient + size),
      exponent: ints[p.exponent]!,
    };
  }

  /** Magnitudes of a gradient's entries as it was measured last. */
  gradientHistogram(layer: string, parameter: string): Histogram {
    const p = this.#find(`${layer}/${parameter}`);
    const { floats, ints } = this.#arena;
    return histogram(floats.subarray(p.gradient, p.gradient + p.rows * p.columns), ints[p.exponent]!);
  }

  /**
   * Overwrites a parameter.
   * @param values row-major in TensorFlow.js's layout
   * @throws Error where there is no such parameter or the count is wrong
   */
  set(name: string, values: ArrayLike<number>): void {
    const p = this.#find(name);
    const size = featureCount(p.info.shape);
    if (values.length !== size) throw new Error(`${name} has ${size} values, not ${values.length}`);
    const { floats } = this.#arena;
    if (!p.turned) {
      floats.set(values, p.weights);
      return;
    }
    // Without a function a number: a network may be set anew for every seed of a probe.
    const { rows, columns, weights } = p;
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < rows; row++) floats[weights + row * columns + column] = values[column * rows + row]!;
    }
  }

  #gradientOf(p: PlannedParameter, exponent: number): Float64Array {
    const { floats } = this.#arena;
    return Float64Array.from({ length: p.rows * p.columns }, (_, k) => scaleByPower(floats[p.gradient + k]!, exponent));
  }

  #find(name: string): PlannedParameter {
    const found = this.#byName.get(name);
    if (!found) throw new Error(`there is no parameter ${name}`);
    return found;
  }
}

function nameOf(p: PlannedParameter): string {
  return `${p.layer.name}/${p.info.name}`;
}

/** TensorFlow.js has the units of a kernel last, the engine first. */
function forEachPlace(p: PlannedParameter, visit: (tensor: number, engine: number) => void): void {
  for (let row = 0; row < p.rows; row++) {
    for (let column = 0; column < p.columns; column++) {
      const at = row * p.columns + column;
      visit(p.turned ? column * p.rows + row : at, at);
    }
  }
}
