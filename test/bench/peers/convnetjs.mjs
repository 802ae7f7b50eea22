// Owns ConvNetJS's side of the benchmark: float64, one sample at a time, gradients accumulated over the batch. It has no
// Adam; adadelta keeps as many states.
import { createRequire } from 'node:module';
import { cannot, oneByOne, serve } from '../serve.mjs';
import { BATCHES, gradientStatistics, normal, uniform } from '../workloads.mjs';

const require = createRequire(import.meta.url);
const { Net, Trainer, Vol } = require('convnetjs');

function layersOf({ model, sizes, activation }) {
  if (model === 'mlp') return sizes.slice(1, -1).map((n) => ({ type: 'fc', num_neurons: n, activation }));
  if (model !== 'cnn') throw cannot('ConvNetJS');
  const convolution = (filters) => ({ type: 'conv', sx: 5, filters, stride: 1, pad: 2, activation: 'relu' });
  const pool = { type: 'pool', sx: 2, stride: 2 };
  return [convolution(8), pool, convolution(16), pool, { type: 'fc', num_neurons: 128, activation: 'relu' }];
}

function open(_name, workload) {
  const { input, targets, batch, optimizer, momentum = 0 } = workload;
  const [width, height, depth] = input.length === 3 ? input : [1, 1, input[0]];
  const head = targets === 'classes' ? { type: 'softmax', num_classes: 10 } : { type: 'regression', num_neurons: 1 };
  const net = new Net();
  net.makeLayers([{ type: 'input', out_sx: width, out_sy: height, out_depth: depth }, ...layersOf(workload), head]);
  const method = optimizer === 'adam' ? 'adadelta' : 'sgd';
  const trainer = new Trainer(net, { method, learning_rate: 0.01, momentum, batch_size: batch });
  // Gradients exist only inside train(), just before the update.
  const parameters = net.getParamsAndGrads.bind(net);
  let statistics;
  net.getParamsAndGrads = () => {
    const list = parameters();
    statistics = list.map((p) => gradientStatistics(p.grads));
    return list;
  };
  const data = Array.from({ length: BATCHES * batch }, () => {
    const x = new Vol(width, height, depth, 0);
    for (let i = 0; i < x.w.length; i++) x.w[i] = normal();
    return [x, targets === 'classes' ? Math.floor(10 * uniform()) : [normal()]];
  });
  let at = 0;
  return oneByOne(() => {
    for (let s = 0; s < batch; s++) trainer.train(...data[at++ % data.length]);
    if (!statistics) throw new Error('no gradients were seen');
  });
}

await serve(`ConvNetJS ${require('convnetjs/package.json').version}`, open);
