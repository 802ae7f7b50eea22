// Owns TensorFlow.js's side of the benchmark, on its WebAssembly backend, one thread: under Node it starts no others. The
// backend has no gradient of a convolution by its kernel. The networks: tfjsModels.mjs.
import { createRequire } from 'node:module';
import { oneByOne, serve } from '../serve.mjs';
import { BATCHES, gradientStatistics, labels, normals, sizeOf } from '../workloads.mjs';
import { MODELS } from './tfjsModels.mjs';

const require = createRequire(import.meta.url);
const tf = require('@tensorflow/tfjs');
const { setThreadsCount } = require('@tensorflow/tfjs-backend-wasm');
setThreadsCount(1);
tf.env().set('PROD', true);
await tf.setBackend('wasm');
await tf.ready();

function optimizerOf({ optimizer, momentum }) {
  if (optimizer === 'adam') return tf.train.adam(0.001);
  return momentum ? tf.train.momentum(0.01, momentum) : tf.train.sgd(0.01);
}

function open(_name, workload) {
  const { input, output, targets, batch } = workload;
  const { weights, forward } = MODELS[workload.model](workload);
  const tensor = (shape) => tf.tensor(normals(sizeOf(shape)), shape);
  const classes = targets === 'classes';
  const target = () =>
    classes ? tf.cast(tf.oneHot(tf.tensor1d(labels(batch), 'int32'), 10), 'float32') : tensor([batch, ...output]);
  const batches = Array.from({ length: BATCHES }, () => [tensor([batch, ...input]), target()]);
  const loss = classes ? (p, y) => tf.losses.softmaxCrossEntropy(y, p) : (p, y) => tf.losses.meanSquaredError(y, p);
  const optimizer = optimizerOf(workload);
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
