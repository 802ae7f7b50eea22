// Owns recurrent layers as their formulas stand in the literature, number by number in float64, with gradients by a tape:
// nothing of how the engine does it. Weights are laid out as TensorFlow.js has them.

/** A tape of numbers: each knows which two it came from and its derivative by them. */
class Tape {
  readonly values: number[] = [];
  readonly #from: number[] = [];
  readonly #slopes: number[] = [];

  leaf(value: number): number {
    return this.#push(value, -1, 0, -1, 0);
  }
  add(a: number, b: number): number {
    return this.#push(this.values[a]! + this.values[b]!, a, 1, b, 1);
  }
  multiply(a: number, b: number): number {
    return this.#push(this.values[a]! * this.values[b]!, a, this.values[b]!, b, this.values[a]!);
  }
  map(a: number, value: number, slope: number): number {
    return this.#push(value, a, slope, -1, 0);
  }
  #push(value: number, a: number, da: number, b: number, db: number): number {
    this.#from.push(a, b);
    this.#slopes.push(da, db);
    return this.values.push(value) - 1;
  }

  /** Gradients of all by the numbers that `seeds` start from. */
  gradients(seeds: ReadonlyMap<number, number>): Float64Array {
    const g = new Float64Array(this.values.length);
    for (const [at, seed] of seeds) g[at] = seed;
    for (let k = g.length - 1; k >= 0; k--) {
      for (const side of [2 * k, 2 * k + 1]) {
        const from = this.#from[side]!;
        if (from >= 0) g[from] = g[from]! + g[k]! * this.#slopes[side]!;
      }
    }
    return g;
  }
}

export interface NaiveOptions {
  readonly type: 'simpleRNN' | 'lstm' | 'gru' | 'gruBefore';
  /** hardSigmoid gates in place of sigmoid ones. */
  readonly hardGates: boolean;
  readonly returnSequences: boolean;
  readonly goBackwards: boolean;
}

export interface NaiveWeights {
  readonly kernel: readonly number[];
  readonly recurrent: readonly number[];
  readonly bias: readonly number[];
}

export interface NaiveSizes {
  readonly units: number;
  readonly steps: number;
  readonly features: number;
  readonly batch: number;
}

export interface NaiveResult {
  readonly loss: number;
  /** By the names of the layer's parameters. */
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  /** l2 of ∂L/∂h_t, in the order of the input sequence. */
  readonly timeGradient: readonly number[];
}

/**
 * A recurrent layer with tanh, its mean squared error and all gradients.
 * @param inputs (batch, steps, features) @param targets (batch, outputs)
 */
export function naiveRecurrent(
  options: NaiveOptions,
  weights: NaiveWeights,
  { units, steps, features, batch }: NaiveSizes,
  inputs: readonly number[],
  targets: readonly number[],
): NaiveResult {
  const tape = new Tape();
  const kernel = weights.kernel.map((w) => tape.leaf(w));
  const recurrent = weights.recurrent.map((w) => tape.leaf(w));
  const bias = weights.bias.map((w) => tape.leaf(w));
  const columns = kernel.length / features;
  const tanh = (a: number) => tape.map(a, Math.tanh(tape.values[a]!), 1 - Math.tanh(tape.values[a]!) ** 2);
  const gate = (a: number) => {
    const z = tape.values[a]!;
    if (options.hardGates) {
      return tape.map(a, Math.min(1, Math.max(0, 0.2 * z + 0.5)), Math.abs(z) < 2.5 ? 0.2 : 0);
    }
    const s = 1 / (1 + Math.exp(-z));
    return tape.map(a, s, s * (1 - s));
  };
  const oneMinus = (a: number) => tape.map(a, 1 - tape.values[a]!, -1);
  /** Column of xᵀW, or of hᵀR, plus b. */
  const product = (x: readonly number[], w: readonly number[], column: number, b: number | undefined) => {
    let sum = b ?? tape.leaf(0);
    for (const [k, value] of x.entries()) sum = tape.add(sum, tape.multiply(value, w[k * columns + column]!));
    return sum;
  };

  /** One time step of one sample: the states after it. */
  const step = (x: readonly number[], h: readonly number[], c: readonly number[]): [number[], number[]] => {
    const both = (u: number, g: number) =>
      tape.add(product(x, kernel, g * units + u, bias[g * units + u]), product(h, recurrent, g * units + u, undefined));
    const all = Array.from({ length: units }, (_, u) => u);
    if (options.type === 'simpleRNN') return [all.map((u) => tanh(both(u, 0))), []];
    if (options.type === 'lstm') {
      const cells = all.map((u) => {
        const written = tape.multiply(gate(both(u, 0)), tanh(both(u, 2)));
        return tape.add(tape.multiply(gate(both(u, 1)), c[u]!), written);
      });
      return [all.map((u) => tape.multiply(gate(both(u, 3)), tanh(cells[u]!))), cells];
    }
    const after = options.type === 'gru';
    const second = after ? 3 * units : undefined;
    const sided = (u: number, g: number) => {
      const z = both(u, g);
      return second === undefined ? z : tape.add(z, bias[second + g * units + u]!);
    };
    const reset = all.map((u) => gate(sided(u, 1)));
    const open = all.map((u) => tape.multiply(reset[u]!, h[u]!));
    const hidden = all.map((u) => {
      const column = 2 * units + u;
      const side = after
        ? tape.multiply(reset[u]!, product(h, recurrent, column, bias[second! + column]))
        : product(open, recurrent, column, undefined);
      const candidate = tanh(tape.add(product(x, kernel, column, bias[column]), side));
      const z = gate(sided(u, 0));
      return tape.add(tape.multiply(z, h[u]!), tape.multiply(oneMinus(z), candidate));
    });
    return [hidden, []];
  };

  const states: number[][] = Array.from({ length: steps }, () => []);
  const seeds = new Map<number, number>();
  let loss = 0;
  const outputs = targets.length / batch;
  for (let j = 0; j < batch; j++) {
    let h = Array.from({ length: units }, () => tape.leaf(0));
    let c = h;
    const sequence: number[] = [];
    for (let k = 0; k < steps; k++) {
      const t = options.goBackwards ? steps - 1 - k : k;
      const from = (j * steps + t) * features;
      [h, c] = step(
        inputs.slice(from, from + features).map((x) => tape.leaf(x)),
        h,
        c,
      );
      states[t]!.push(...h);
      sequence.push(...h);
    }
    for (const [k, at] of (options.returnSequences ? sequence : h).entries()) {
      const off = tape.values[at]! - targets[j * outputs + k]!;
      loss += off ** 2 / (batch * outputs);
      seeds.set(at, (2 * off) / (batch * outputs));
    }
  }
  const g = tape.gradients(seeds);
  const of = (list: readonly number[]) => list.map((at) => g[at]!);
  return {
    loss,
    gradients: { kernel: of(kernel), recurrentKernel: of(recurrent), bias: of(bias) },
    timeGradient: states.map((list) => Math.hypot(...of(list))),
  };
}
