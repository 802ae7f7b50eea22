// Owns jax-js's side of the benchmark: kernels generated as WebAssembly, a step compiled by jit. Arrays are consumed by
// each use unless passed as `x.ref`.
import { readFileSync } from 'node:fs';
import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { oneByOne, serve } from '../serve.mjs';
import { BATCHES, gradientStatistics, labels, normals, WORKLOADS } from '../workloads.mjs';

await init('wasm');
defaultDevice('wasm');

function open(name) {
  const { sizes, activation, targets, batch, momentum } = WORKLOADS[name];
  const array = (rows, columns, scale = 1) => np.array(normals(rows * columns, scale)).reshape([rows, columns]);
  const w = sizes.slice(1).map((n, i) => array(sizes[i], n, sizes[i] ** -0.5));
  const act = activation === 'relu' ? nn.relu : np.tanh;
  const forward = (p, x) =>
    p.w.reduce((h, wi, i) => {
      const z = np.matmul(h, wi).add(p.b[i]);
      return i < w.length - 1 ? act(z) : z;
    }, x);
  const classes = targets === 'classes';
  const loss = (p, x, y) =>
    classes ? np.sum(nn.logSoftmax(forward(p, x)).mul(y)).mul(-1 / batch) : np.mean(np.square(forward(p, x).sub(y)));
  const update = momentum
    ? (p, g, s) => {
        const v = tree.map((a, d) => a.mul(momentum).add(d), s.v, g);
        return [tree.map((a, d) => a.sub(d.mul(0.01)), p, tree.ref(v)), { v }];
      }
    : (p, g) => [tree.map((a, d) => a.sub(d.mul(0.01)), p, g), {}];
  const train = jit((p, s, x, y) => {
    const [value, g] = valueAndGrad(loss)(tree.ref(p), x, y);
    const kept = tree.ref(g.w);
    const [next, state] = update(p, g, s);
    return [value, next, state, kept];
  });
  const oneHot = () => {
    const y = new Float32Array(batch * 10);
    for (const [i, c] of labels(batch).entries()) y[i * 10 + c] = 1;
    return np.array(y).reshape([batch, 10]);
  };
  const batches = Array.from({ length: BATCHES }, () => [array(batch, sizes[0]), classes ? oneHot() : array(batch, 1)]);
  let params = { w, b: sizes.slice(1).map((n) => np.zeros([n])) };
  let state = momentum ? { v: tree.map((a) => np.zeros(a.shape), params) } : {};
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
