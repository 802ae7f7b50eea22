// Owns multi-head self-attention (Vaswani et al. 2017): h = Wᵒ · concat over heads of softmax(q kᵀ ÷ √keyDim) v + bᵒ, where
// q, k and v are dense projections of every position. As Keras's MultiHeadAttention with one input for all three.
// PyTorch's has keyDim = valueDim = features ÷ heads, one tensor for the three projections, and the same arithmetic.
// Keras masks by adding −1e9 to scores; here, as with PyTorch's −∞, a masked weight is exactly 0.
//
// Rows: q, k, v [position][head][size]; weights [head][position that looks][position that is looked at].
import { ACTIVATION_CODE, OP } from '../kernels/contract';
import type { CompiledLayer, GradientView, LayerContext, ParameterPlace } from './layer';
import { measureGradient } from './statistics';

/** A dense projection of every position, `inputs` → `outputs` features. */
interface Projection {
  readonly inputs: number;
  readonly outputs: number;
  readonly x: number;
  readonly y: number;
  readonly kernel: ParameterPlace;
  readonly bias: ParameterPlace | undefined;
}

/** Some of the features of all positions: `row` of the first, and how far the next position is. */
interface HeadRows {
  readonly at: number;
  readonly width: number;
}

export function compileMultiHeadAttention(c: LayerContext): CompiledLayer {
  const spec = c.layer.spec;
  if (spec.type !== 'multiHeadAttention') throw new Error(`compileMultiHeadAttention got a ${spec.type}`);
  const { numHeads, keyDim, valueDim, causal } = spec;
  const [positions, features] = [c.positions, c.units];
  const [keys, values] = [numHeads * keyDim, numHeads * valueDim];
  const weightRows = numHeads * positions * positions;
  const projection = (name: string, x: number, inputs: number, y: number, outputs: number): Projection => ({
    ...{ inputs, outputs, x, y },
    kernel: c.parameter(`${name}Kernel`),
    bias: spec.useBias ? c.parameter(`${name}Bias`) : undefined,
  });
  const x = c.inputs[0]!;
  const query = projection('query', x, features, c.rows('query', positions * keys), keys);
  const key = projection('key', x, features, c.rows('key', positions * keys), keys);
  const value = projection('value', x, features, c.rows('value', positions * values), values);
  for (const p of [query, key, value]) emitProjection(c, p, -1);

  const products = new HeadProducts(c, numHeads);
  const scale = c.constant(1 / Math.sqrt(keyDim));
  const one = c.constant(1);
  const [q, k, v] = [query, key, value].map(({ y, outputs }): HeadRows => ({ at: y, width: outputs })) as [
    HeadRows,
    HeadRows,
    HeadRows,
  ];
  const weights = c.rows('weights', weightRows);
  products.scores(q, k, keyDim, weights, scale, causal);
  c.emit(OP.softmax, numHeads * positions, positions, weights, c.ld, -1, causal ? 1 : 0);
  const drops = spec.dropout > 0 && c.kind !== 'evaluate';
  const kept = drops ? c.rows('kept', weightRows) : weights;
  const none = c.exponent('none');
  const rate = c.constant(spec.dropout);
  if (drops) c.emit(OP.dropout, weightRows * c.ld, weights, kept, c.ld, rate, c.salt, 0, none, none);
  const context = { at: c.rows('context', positions * values), width: values };
  products.mix(kept, v, valueDim, context, one, causal);
  const output = projection('output', context.at, values, c.rows('h', positions * features), features);
  emitProjection(c, output, c.activationStatistics);

  return {
    output: output.y,
    backward(gradient) {
      const dh = measureGradient(c, gradient);
      const dContext = { at: emitInputGradient(c, output, dh, 'dContext'), width: values };
      // The context's gradient by the weights, through dropout and softmax to the scores.
      const dWeights = c.rows('dWeights', weightRows);
      products.scores(dContext, v, valueDim, dWeights, one, causal);
      if (drops) {
        c.emit(OP.dropout, weightRows * c.ld, dWeights, dWeights, c.ld, rate, c.salt, 1, dh.exponent, dh.exponent);
      }
      const scores = { at: dWeights, exponent: c.exponent('dScores') };
      c.emit(
        OP.softmaxBackward,
        ...[numHeads * positions, positions, dWeights, scores.at, weights, c.ld, dh.exponent, scores.exponent, -1, 1],
      );
      const dQuery = { at: c.rows('dQuery', positions * keys), width: keys };
      const dKey = { at: c.rows('dKey', positions * keys), width: keys };
      const dValue = { at: c.rows('dValue', positions * values), width: values };
      products.mix(scores.at, k, keyDim, dQuery, scale, causal);
      products.mixTransposed(scores.at, q, keyDim, dKey, scale, causal);
      products.mixTransposed(kept, dContext, valueDim, dValue, one, causal);
      const dq = normalized(c, 'dQuery', dQuery, scores.exponent);
      const dk = normalized(c, 'dKey', dKey, scores.exponent);
      const dv: GradientView = { at: dValue.at, exponent: dh.exponent };
      const parts: readonly (readonly [Projection, GradientView])[] = [
        [query, dq],
        [key, dk],
        [value, dv],
      ];
      const exponents: Readonly<Record<string, number>> = {
        ...{ queryKernel: dq.exponent, queryBias: dq.exponent, keyKernel: dk.exponent, keyBias: dk.exponent },
        ...{ valueKernel: dv.exponent, valueBias: dv.exponent, outputKernel: dh.exponent, outputBias: dh.exponent },
      };
      return {
        inputs: [c.wantsInputGradient(0) ? emitSum(c, parts) : undefined],
        inputNorm: { kind: 'measured' },
        parameterGradients: {
          exponent: (name) => exponents[name]!,
          emit: () => {
            for (const [p, dy] of [...parts, [output, dh] as const]) emitParameterGradients(c, p, dy);
          },
        },
      };
    },
  };
}

/** y (O, B) = W (O, I) · x (I, B) + b at every position; `statistics`: where ACTIVATION_RAW goes, or −1. */
function emitProjection(c: LayerContext, p: Projection, statistics: number): void {
  const { positions, ld } = c;
  const steps = c.integers([0, p.inputs * ld, p.outputs * ld]);
  c.emit(
    OP.gemm,
    ...[p.outputs, ld, p.inputs, p.kernel.weights, p.inputs, 1, p.x, ld, 1, p.y, ld, 0, positions, steps],
  );
  c.emit(
    OP.biasActivation,
    ...[p.outputs, positions, p.y, p.y, p.bias?.weights ?? -1, ACTIVATION_CODE.linear, c.constant(0), ld, statistics],
  );
}

/** dx (I, B) = Wᵀ (I, O) · dy (O, B) at every position, with dy's exponent. Answers where it lies. */
function emitInputGradient(c: LayerContext, p: Projection, dy: GradientView, name: string): number {
  const { positions, ld } = c;
  const dx = c.rows(name, positions * p.inputs);
  const steps = c.integers([0, p.outputs * ld, p.inputs * ld]);
  c.emit(
    OP.gemm,
    ...[p.inputs, ld, p.outputs, p.kernel.weights, 1, p.inputs, dy.at, ld, 1, dx, ld, 0, positions, steps],
  );
  return dx;
}

/** The sum of the projections' gradients by their common input. Their exponents may differ. */
function emitSum(c: LayerContext, parts: readonly (readonly [Projection, GradientView])[]): GradientView {
  const exponent = c.exponent('dx');
  let sum = -1;
  for (const [n, [p, dy]] of parts.entries()) {
    const at = emitInputGradient(c, p, dy, n === 0 ? 'dx' : 'dxPart');
    if (n === 0) sum = at;
    // The first is there already: it takes its exponent along.
    const count = n === 0 ? 0 : c.positions * p.inputs * c.ld;
    c.emit(OP.axpyGradient, count, at, sum, c.constant(1), dy.exponent, exponent, n === 0 ? 0 : 1);
  }
  return { at: sum, exponent };
}

/** dW (O, I) = Σ over positions of dy (O, B) · xᵀ (B, I); db (O) = Σ dy over positions and batch. */
function emitParameterGradients(c: LayerContext, p: Projection, dy: GradientView): void {
  const { positions, ld } = c;
  const steps = c.integers([p.outputs * ld, p.inputs * ld, 0]);
  c.emit(
    OP.gemm,
    ...[p.outputs, p.inputs, ld, dy.at, ld, 1, p.x, 1, ld, p.kernel.gradient, p.inputs, 2, positions, steps],
  );
  if (p.bias) c.emit(OP.biasGradient, p.outputs, positions, dy.at, ld, p.bias.gradient);
}

/** A product's gradient brought back to magnitude 1: keys or queries that are tiny would take it out of range. */
function normalized(c: LayerContext, name: string, rows: HeadRows, exponent: number): GradientView {
  const own = c.exponent(name);
  c.emit(
    OP.activationBackward,
    ...[rows.width, c.positions, rows.at, rows.at, rows.at, ACTIVATION_CODE.linear, c.constant(0), c.ld],
    ...[exponent, own, -1, 1],
  );
  return { at: rows.at, exponent: own };
}

/** The three products between positions, each done for every head. */
class HeadProducts {
  readonly #c: LayerContext;
  readonly #heads: number;

  constructor(c: LayerContext, heads: number) {
    this.#c = c;
    this.#heads = heads;
  }

  /** w[t][s] = scale · Σ_d a[t][d] · b[s][d]; causal: for s ≤ t alone. */
  scores(a: HeadRows, b: HeadRows, size: number, weights: number, scale: number, causal: boolean): void {
    const { positions } = this.#c;
    const strides = [a.width, 1, 1, b.width, positions, 1, size, size, positions * positions];
    this.#emit([positions, positions, size], a.at, b.at, weights, scale, causal ? 1 : 0, strides);
  }

  /** y[t][d] = scale · Σ_s w[t][s] · b[s][d]. */
  mix(weights: number, b: HeadRows, size: number, y: HeadRows, scale: number, causal: boolean): void {
    const { positions } = this.#c;
    const strides = [positions, 1, b.width, 1, y.width, 1, positions * positions, size, size];
    this.#emit([positions, size, positions], weights, b.at, y.at, scale, causal ? 2 : 0, strides);
  }

  /** y[s][d] = scale · Σ_t w[t][s] · b[t][d]. */
  mixTransposed(weights: number, b: HeadRows, size: number, y: HeadRows, scale: number, causal: boolean): void {
    const { positions } = this.#c;
    const strides = [1, positions, b.width, 1, y.width, 1, positions * positions, size, size];
    this.#emit([positions, size, positions], weights, b.at, y.at, scale, causal ? 3 : 0, strides);
  }

  #emit(
    sizes: readonly [number, number, number],
    a: number,
    b: number,
    y: number,
    scale: number,
    triangle: number,
    strides: readonly number[],
  ): void {
    const { ld } = this.#c;
    this.#c.emit(OP.columnProduct, ...[this.#heads, ...sizes, a, b, y, scale, ld, triangle, this.#c.integers(strides)]);
  }
}
