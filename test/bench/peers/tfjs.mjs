// Owns TensorFlow.js's side of the benchmark, on its WebAssembly backend, one thread.
import { createRequire } from 'node:module';
import { oneByOne, serve } from '../serve.mjs';
import { BATCHES, gradientStatistics, labels, normals, WORKLOADS } from '../workloads.mjs';

const require = createRequire(import.meta.url);
const tf = require('@tensorflow/tfjs');
const { setThreadsCount } = require('@tensorflow/tfjs-backend-wasm');
setThreadsCount(1);
tf.env().set('PROD', true);
await tf.setBackend('wasm');
await tf.ready();

function open(name) {
  const { sizes, activation, targets, batch, momentum } = WORKLOADS[name];
  const weights = sizes
    .slice(1)
    .map((n, i) => tf.variable(tf.tensor2d(normals(sizes[i] * n, sizes[i] ** -0.5), [sizes[i], n])));
  const biases = sizes.slice(1).map((n) => tf.variable(tf.zeros([n])));
  const act = activation === 'relu' ? tf.relu : tf.tanh;
  const forward = (x) =>
    weights.reduce((h, w, i) => {
      const z = tf.add(tf.matMul(h, w), biases[i]);
      return i < weights.length - 1 ? act(z) : z;
    }, x);
  const classes = targets === 'classes';
  const target = () =>
    classes
      ? tf.cast(tf.oneHot(tf.tensor1d(labels(batch), 'int32'), 10), 'float32')
      : tf.tensor2d(normals(batch), [batch, 1]);
  const batches = Array.from({ length: BATCHES }, () => [
    tf.tensor2d(normals(batch * sizes[0]), [batch, sizes[0]]),
    target(),
  ]);
  const loss = classes ? (p, y) => tf.losses.softmaxCrossEntropy(y, p) : (p, y) => tf.losses.meanSquaredError(y, p);
  const optimizer = momentum ? tf.train.momentum(0.01, momentum) : tf.train.sgd(0.01);
  let at = 0;
  return oneByOne(() => {
    tf.tidy(() => {
      const [x, y] = batches[at++ % BATCHES];
      const { grads } = tf.variableGrads(() => loss(forward(x), y));
      for (const w of weights) gradientStatistics(grads[w.name].dataSync());
      optimizer.applyGradients(grads);
    });
  });
}

await serve(`TensorFlow.js ${tf.version['tfjs-core']} wasm`, open);
