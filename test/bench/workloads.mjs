// Owns the workloads that all engines are timed on: one training step each, float32. A new workload is one entry here
// and what its layers need in the engines.

/**
 * @typedef {object} Workload
 * @property {string} title
 * @property {'mlp' | 'cnn' | 'lstm' | 'block'} model
 * @property {number[]} input shape of a sample
 * @property {number[]} output shape of a sample's target; [] for a class
 * @property {'classes' | 'values'} targets 10 classes with softmax cross-entropy, or numbers with mean squared error
 * @property {number} batch
 * @property {'sgd' | 'adam'} optimizer learning rate 0.01 and 0.001
 * @property {number} [momentum] of SGD
 * @property {number[]} [sizes] mlp: features, then units of each dense layer
 * @property {'relu' | 'tanh' | 'sigmoid'} [activation] mlp: of all layers but the last
 * @property {number} [stddev] mlp: of the weights, where it matters
 * @property {Goals} [goals]
 * @property {Record<string, number>} [slow] seconds that a step takes, of peers that are left out for it
 *
 * @typedef {object} Goals what our rate should be at least, as a multiple
 * @property {[number, number?]} torch of PyTorch's on one and on two threads
 * @property {number} [jax]
 * @property {number} [tfjs]
 * @property {number} [brain]
 * @property {number} [javascript] of the best JavaScript peer's
 */

/** @param {number[]} sizes @param {Partial<Workload>} more */
const mlp = (sizes, more) => ({
  model: 'mlp',
  input: [sizes[0]],
  output: more.targets === 'classes' ? [] : [sizes.at(-1)],
  optimizer: 'sgd',
  momentum: 0,
  sizes,
  ...more,
});

/** @type {Record<string, Workload>} */
export const WORKLOADS = {
  W1: mlp([784, 256, 256, 10], {
    title: 'MLP 784-256-256-10 ReLU, batch 128, SGD',
    activation: 'relu',
    targets: 'classes',
    batch: 128,
    goals: { torch: [1.25, 1.6], jax: 2, tfjs: 12 },
  }),
  W2: mlp([2, ...Array(30).fill(64), 1], {
    title: 'MLP 2-(64×30)-1 tanh, batch 64, momentum',
    activation: 'tanh',
    targets: 'values',
    batch: 64,
    momentum: 0.9,
    goals: { torch: [3.4, 4.5], tfjs: 18 },
  }),
  W3: {
    title: 'conv 5×5×8, pool, conv 5×5×16, pool, 128, 10 on 28×28, batch 64, Adam',
    model: 'cnn',
    input: [28, 28, 1],
    output: [],
    targets: 'classes',
    batch: 64,
    optimizer: 'adam',
    goals: { torch: [1, 1.1], javascript: 40 },
  },
  W4: {
    title: 'LSTM 8→128 over 50 steps, batch 32, Adam',
    model: 'lstm',
    input: [50, 8],
    output: [1],
    targets: 'values',
    batch: 32,
    optimizer: 'adam',
    goals: { torch: [1, 1.5], jax: 7 },
  },
  W5: mlp([2, 8, 8, 1], {
    title: 'MLP 2-8-8-1 tanh, batch 16, SGD',
    activation: 'tanh',
    targets: 'values',
    batch: 16,
    goals: { torch: [350], brain: 40 },
  }),
  W6: mlp([1024, 2048, 2048, 10], {
    title: 'MLP 1024-2048-2048-10 ReLU, batch 256, SGD',
    activation: 'relu',
    targets: 'classes',
    batch: 256,
    goals: { torch: [0.75, 0.75] },
    slow: { convnetjs: 12, brain: 30 },
  }),
  W7: {
    // The peers take GELU in its tanh form, jax-js having no other; we the exact one, having no other.
    title: 'pre-norm transformer block, 64 positions, d 128, 4 heads, MLP 512 GELU, batch 16, Adam',
    model: 'block',
    input: [64, 128],
    output: [64, 128],
    targets: 'values',
    batch: 16,
    optimizer: 'adam',
    goals: { torch: [0.75, 0.8], jax: 2.5 },
  },
};

/** Sizes of W7. */
export const BLOCK = { positions: 64, features: 128, heads: 4, hidden: 512 };

/** Pairs of one net that differ in their weights' spread alone: in the first, gradients vanish far below float32. */
export const VANISHING = Object.fromEntries(
  [
    ['sigmoid', 0.005, 0.5],
    ['tanh', 0.005, 0.125],
  ].map(([activation, vanishing, sound]) => {
    const net = (stddev) =>
      mlp([2, ...Array(30).fill(64), 1], {
        title: `MLP 2-(64×30)-1 ${activation}, batch 64, momentum, weights of σ ${stddev}`,
        ...{ activation, targets: 'values', batch: 64, momentum: 0.9, stddev },
      });
    return [activation, [net(vanishing), net(sound)]];
  }),
);

/** Batches that every engine goes through in turn. */
export const BATCHES = 4;

let state = 1;
/** A seeded uniform number in (0, 1). */
export function uniform() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state + 0.5) / 2 ** 32;
}
export const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
/** @param {number} count @param {number} [scale] */
export const normals = (count, scale = 1) => Float32Array.from({ length: count }, () => scale * normal());
/** @param {number} count */
export const labels = (count) => Int32Array.from({ length: count }, () => Math.floor(10 * uniform()));
/** @param {number[]} shape */
export const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

/**
 * L2 norm, mean, standard deviation, largest magnitude and share of zeros of one gradient in one pass: "with statistics".
 * @param {ArrayLike<number>} gradient
 */
export function gradientStatistics(gradient) {
  const n = gradient.length;
  let sum = 0;
  let squares = 0;
  let largest = 0;
  let zeros = 0;
  for (let i = 0; i < n; i++) {
    const g = gradient[i];
    const a = Math.abs(g);
    sum += g;
    squares += g * g;
    if (a > largest) largest = a;
    if (g === 0) zeros++;
  }
  const mean = sum / n;
  return [Math.sqrt(squares), mean, Math.sqrt(Math.max(0, squares / n - mean * mean)), largest, zeros / n];
}
