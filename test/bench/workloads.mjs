// Owns the workloads that all engines are timed on: one training step each, float32. A new workload is one entry here
// and what its layers need in the engines.

/**
 * @typedef {object} Workload
 * @property {string} title
 * @property {number[]} sizes features, then units of each dense layer
 * @property {'relu' | 'tanh'} activation of all layers but the last
 * @property {'classes' | 'values'} targets 10 classes with softmax cross-entropy, or one number with mean squared error
 * @property {number} batch
 * @property {number} momentum of SGD, learning rate 0.01
 */

/** @type {Record<string, Workload>} */
export const WORKLOADS = {
  W1: {
    title: 'MLP 784-256-256-10 ReLU, batch 128, SGD',
    sizes: [784, 256, 256, 10],
    activation: 'relu',
    targets: 'classes',
    batch: 128,
    momentum: 0,
  },
  W2: {
    title: 'MLP 2-(64×30)-1 tanh, batch 64, momentum',
    sizes: [2, ...Array(30).fill(64), 1],
    activation: 'tanh',
    targets: 'values',
    batch: 64,
    momentum: 0.9,
  },
  W5: {
    title: 'MLP 2-8-8-1 tanh, batch 16, SGD',
    sizes: [2, 8, 8, 1],
    activation: 'tanh',
    targets: 'values',
    batch: 16,
    momentum: 0,
  },
};

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
