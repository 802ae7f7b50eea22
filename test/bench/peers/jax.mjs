// Owns jax-js's side of the benchmark: kernels generated as WebAssembly, a step compiled by jit. Arrays are consumed by
// each use unless passed as `x.ref`. The networks: jaxModels.mjs.
import { readFileSync } from 'node:fs';
import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { oneByOne, serve } from '../serve.mjs';
import { BATCHES, gradientStatistics, labels } from '../workloads.mjs';

await init('wasm');
defaultDevice('wasm');
const { array, MODELS } = await import('./jaxModels.mjs');

/** By optimizer: (parameters, gradients, state) → new parameters and state. */
const UPDATES = {
  sgd: (p, g) => [tree.map((a, d) => a.sub(d.mul(0.01)), p, g), {}],
  momentum: (p, g, s, momentum) => {
    const v = tree.map((a, d) => a.mul(momentum).add(d), s.v, g);
    return [tree.map((a, d) => a.sub(d.mul(0.01)), p, tree.ref(v)), { v }];
  },
  // Without the bias corrections, which would cost it two more scalars a step.
  adam: (p, g, s) => {
    const m = tree.map((a, d) => a.mul(0.9).add(d.mul(0.1)), s.m, tree.ref(g));
    const v = tree.map((a, d) => a.mul(0.999).add(np.square(d).mul(0.001)), s.v, g);
    const moved = (a, mean, squares) => a.sub(mean.mul(1e-3).div(np.sqrt(squares).add(1e-8)));
    return [tree.map(moved, p, tree.ref(m), tree.ref(v)), { m, v }];
  },
};

function open(_name, workload) {
  const { output, targets, batch, optimizer, momentum } = workload;
  const { params: start, input, forward } = MODELS[workload.model](workload);
  const classes = targets === 'classes';
  const loss = (p, x, y) =>
    classes ? np.sum(nn.logSoftmax(forward(p, x)).mul(y)).mul(-1 / batch) : np.mean(np.square(forward(p, x).sub(y)));
  const update = UPDATES[momentum ? 'momentum' : optimizer];
  const train = jit((p, s, x, y) => {
    const [value, g] = valueAndGrad(loss)(tree.ref(p), x, y);
    const kept = tree.ref(g.w);
    const [next, state] = update(p, g, s, momentum);
    return [value, next, state, kept];
  });
  const oneHot = () => {
    const y = new Float32Array(batch * 10);
    for (const [i, c] of labels(batch).entries()) y[i * 10 + c] = 1;
    return np.array(y).reshape([batch, 10]);
  };
  const target = () => (classes ? oneHot() : array([batch, ...output]));
  const batches = Array.from({ length: BATCHES }, () => [array(input), target()]);
  const zeros = () => tree.map((a) => np.zeros(a.shape), start);
  let params = start;
  let state = optimizer === 'adam' ? { m: zeros(), v: zeros() } : momentum ? { v: zeros() } : {};
  let at = 0;
  return oneByOne(() => {
    const [x, y] = batches[at++ % BATCHES];
    const [value, next, nextState, gradients] = train(params, state, x.ref, y.ref);
    params = next;
    state = nextState;
    value.dataSync();
    for (const g of gradients) gradientStatistics(g.dataSync());
  });
}

const manifest = new URL('node_modules/@jax-js/jax/package.json', import.meta.url);
await serve(`jax-js ${JSON.parse(readFileSync(manifest, 'utf8')).version}`, open);
