// Owns the workloads' networks in TensorFlow.js: the weights that gradients are measured of, and forward functions.
import { createRequire } from 'node:module';
import { BLOCK, normals, sizeOf } from '../workloads.mjs';

const tf = createRequire(import.meta.url)('@tensorflow/tfjs');

const weight = (shape, fanIn) => tf.variable(tf.tensor(normals(sizeOf(shape), fanIn ** -0.5), shape));
const bias = (n) => tf.variable(tf.zeros([n]));
const dense = (x, w, b) => tf.add(tf.matMul(x, w), b);

function mlp({ sizes, activation }) {
  const weights = sizes.slice(1).map((n, i) => weight([sizes[i], n], sizes[i]));
  const biases = sizes.slice(1).map(bias);
  const act = activation === 'relu' ? tf.relu : tf.tanh;
  const forward = (x) =>
    weights.reduce((h, w, i) => {
      const z = dense(h, w, biases[i]);
      return i < weights.length - 1 ? act(z) : z;
    }, x);
  return { weights, forward };
}

function cnn({ batch }) {
  const weights = [
    weight([5, 5, 1, 8], 25),
    weight([5, 5, 8, 16], 200),
    weight([784, 128], 784),
    weight([128, 10], 128),
  ];
  const biases = [8, 16, 128, 10].map(bias);
  const stage = (x, k) => tf.maxPool(tf.relu(tf.add(tf.conv2d(x, weights[k], 1, 'same'), biases[k])), 2, 2, 'valid');
  const forward = (x) => {
    const h = tf.relu(dense(tf.reshape(stage(stage(x, 0), 1), [batch, 784]), weights[2], biases[2]));
    return dense(h, weights[3], biases[3]);
  };
  return { weights, forward };
}

function lstm({ batch, input }) {
  const [steps, features] = input;
  const n = 128;
  const weights = [weight([features, 4 * n], features), weight([n, 4 * n], n), weight([n, 1], n)];
  const biases = [bias(4 * n), bias(1)];
  const forward = (x) => {
    // Time first, all steps' inputs in one product.
    const flat = tf.reshape(tf.transpose(x, [1, 0, 2]), [steps * batch, features]);
    const xs = tf.unstack(tf.reshape(dense(flat, weights[0], biases[0]), [steps, batch, 4 * n]));
    let h = tf.zeros([batch, n]);
    let c = tf.zeros([batch, n]);
    for (const xt of xs) {
      const [i, f, g, o] = tf.split(tf.add(xt, tf.matMul(h, weights[1])), 4, 1);
      c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      h = tf.mul(tf.sigmoid(o), tf.tanh(c));
    }
    return dense(h, weights[2], biases[1]);
  };
  return { weights, forward };
}

function block({ batch }) {
  const { positions, features: d, heads, hidden } = BLOCK;
  const size = d / heads;
  const [wq, wk, wv, wp] = [0, 0, 0, 0].map(() => weight([d, d], d));
  const [bq, bk, bv, bp] = [0, 0, 0, 0].map(() => bias(d));
  const [m1, m2] = [weight([d, hidden], d), weight([hidden, d], hidden)];
  const [c1, c2] = [bias(hidden), bias(d)];
  const gains = [0, 0].map(() => tf.variable(tf.ones([d])));
  const shifts = [0, 0].map(() => bias(d));
  const norm = (x, i) => {
    const difference = tf.sub(x, tf.mean(x, -1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(difference), -1, true), 1e-5));
    return tf.add(tf.mul(tf.mul(difference, inverse), gains[i]), shifts[i]);
  };
  const gelu = (x) => {
    const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
  };
  const split = (x) => tf.transpose(tf.reshape(x, [batch, positions, heads, size]), [0, 2, 1, 3]);
  const forward = (x3) => {
    const x = tf.reshape(x3, [batch * positions, d]);
    const n = norm(x, 0);
    const [q, k, v] = [split(dense(n, wq, bq)), split(dense(n, wk, bk)), split(dense(n, wv, bv))];
    const weights = tf.softmax(tf.mul(tf.matMul(q, k, false, true), size ** -0.5));
    const context = tf.reshape(tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]), [batch * positions, d]);
    const y = tf.add(x, dense(context, wp, bp));
    return tf.reshape(tf.add(y, dense(gelu(dense(norm(y, 1), m1, c1)), m2, c2)), [batch, positions, d]);
  };
  return { weights: [wq, wk, wv, wp, m1, m2], forward };
}

/** By `Workload.model`. */
export const MODELS = { mlp, cnn, lstm, block };
