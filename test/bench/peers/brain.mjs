// Owns brain.js's side of the benchmark. It has dense layers alone and no mini-batches: weights change after every
// sample, always with momentum, and the loss is of activated outputs; a step here is as many samples as a batch has.
import { createRequire } from 'node:module';
import { cannot, oneByOne, serve } from '../serve.mjs';
import { BATCHES, gradientStatistics, normal, normals, uniform } from '../workloads.mjs';

const require = createRequire(import.meta.url);
const { NeuralNetwork } = require('brain.js');

function open(_name, workload) {
  if (workload.model !== 'mlp') throw cannot('brain.js');
  const { sizes, activation, targets, batch, momentum } = workload;
  const net = new NeuralNetwork({ activation, hiddenLayers: sizes.slice(1, -1) });
  net.updateTrainingOptions({ learningRate: 0.001, momentum: momentum || 0.1 });
  net.sizes = sizes;
  net.initialize();
  net.setActivation();
  const target = () => {
    if (targets === 'values') return Float32Array.of(Math.tanh(normal()));
    const oneHot = new Float32Array(10);
    oneHot[Math.floor(10 * uniform())] = 1;
    return oneHot;
  };
  const data = Array.from({ length: BATCHES * batch }, () => ({ input: normals(sizes[0]), output: target() }));
  let at = 0;
  return oneByOne(() => {
    for (let s = 0; s < batch; s++) net.trainPattern(data[at++ % data.length]);
    for (const layer of net.changes.slice(1)) for (const row of layer) gradientStatistics(row);
  });
}

await serve(`brain.js ${require('brain.js/package.json').version}`, open);
