// Owns the workloads' networks in jax-js: parameters (`w`: what gradients are measured of) and forward functions. Arrays
// are consumed by each use unless passed as `x.ref`.
import { lax, nn, numpy as np } from '@jax-js/jax';
import { BLOCK, normals, sizeOf } from '../workloads.mjs';

/** Normal numbers times `scale`. @param {number[]} shape */
export const array = (shape, scale = 1) => np.array(normals(sizeOf(shape), scale)).reshape(shape);
const zeros = (...sizes) => sizes.map((n) => np.zeros([n].flat()));
const dense = (x, w, b) => np.matmul(x, w).add(b);

function mlp({ sizes, activation, batch, input }) {
  const act = activation === 'relu' ? nn.relu : np.tanh;
  const w = sizes.slice(1).map((n, i) => array([sizes[i], n], sizes[i] ** -0.5));
  const forward = (p, x) =>
    p.w.reduce((h, wi, i) => {
      const z = dense(h, wi, p.b[i]);
      return i < w.length - 1 ? act(z) : z;
    }, x);
  return { params: { w, b: zeros(...sizes.slice(1)) }, input: [batch, ...input], forward };
}

/** Channels first, as lax.conv has it; its pooling is a maximum over a reshaped array. */
function cnn({ batch }) {
  const params = {
    w: [array([8, 1, 5, 5], 0.2), array([16, 8, 5, 5], 0.07), array([784, 128], 0.036), array([128, 10], 0.088)],
    b: zeros([8, 1, 1], [16, 1, 1], 128, 10),
  };
  const stage = (x, w, b, channels, size) => {
    const h = nn.relu(lax.conv(x, w, [1, 1], 'SAME').add(b));
    return np.max(h.reshape([batch, channels, size / 2, 2, size / 2, 2]), [3, 5]);
  };
  const forward = ({ w, b }, x) => {
    const h = stage(stage(x, w[0], b[0], 8, 28), w[1], b[1], 16, 14).reshape([batch, 784]);
    return dense(nn.relu(dense(h, w[2], b[2])), w[3], b[3]);
  };
  return { params, input: [batch, 1, 28, 28], forward };
}

/** Without a scan, the time steps are unrolled inside jit. */
function lstm({ batch, input }) {
  const [steps, features] = input;
  const n = 128;
  const params = {
    w: [array([features, 4 * n], features ** -0.5), array([n, 4 * n], n ** -0.5), array([n, 1], n ** -0.5)],
    b: zeros(4 * n, 1),
  };
  const forward = ({ w, b }, x) => {
    const xs = dense(x, w[0], b[0]).reshape([steps, batch, 4 * n]);
    let h = np.zeros([batch, n]);
    let c = np.zeros([batch, n]);
    for (let t = 0; t < steps; t++) {
      const z = xs.ref.slice(t).add(np.matmul(h, w[1].ref));
      const gate = (k) => z.ref.slice([], [k * n, (k + 1) * n]);
      c = nn
        .sigmoid(gate(1))
        .mul(c)
        .add(nn.sigmoid(gate(0)).mul(np.tanh(gate(2))));
      h = nn.sigmoid(gate(3)).mul(np.tanh(c.ref));
    }
    return dense(h, w[2], b[1]);
  };
  return { params, input: [steps * batch, features], forward };
}

function block({ batch }) {
  const { positions, features: d, heads, hidden } = BLOCK;
  const size = d / heads;
  const square = () => array([d, d], d ** -0.5);
  const params = {
    w: [square(), square(), square(), square(), array([d, hidden], d ** -0.5), array([hidden, d], hidden ** -0.5)],
    b: zeros(d, d, d, d, hidden, d),
    gain: [np.ones([d]), np.ones([d])],
    shift: zeros(d, d),
  };
  const norm = (x, gain, shift) => nn.standardize(x, -1).mul(gain).add(shift);
  const split = (x) => np.transpose(x.reshape([batch, positions, heads, size]), [0, 2, 1, 3]);
  const forward = ({ w, b, gain, shift }, x3) => {
    const x = x3.reshape([batch * positions, d]);
    const n = norm(x.ref, gain[0], shift[0]);
    const q = split(dense(n.ref, w[0], b[0]));
    const k = split(dense(n.ref, w[1], b[1]));
    const v = split(dense(n, w[2], b[2]));
    const weights = nn.softmax(np.matmul(q, np.transpose(k, [0, 1, 3, 2])).mul(size ** -0.5), -1);
    const context = np.transpose(np.matmul(weights, v), [0, 2, 1, 3]).reshape([batch * positions, d]);
    const y = x.add(dense(context, w[3], b[3]));
    const inner = nn.gelu(dense(norm(y.ref, gain[1], shift[1]), w[4], b[4]));
    return y.add(dense(inner, w[5], b[5])).reshape([batch, positions, d]);
  };
  return { params, input: [batch, positions, d], forward };
}

/** By `Workload.model`. */
export const MODELS = { mlp, cnn, lstm, block };
